import { type Matrix, type Outcome, takeMatrixRows, takeOutcomeRows } from '../src/core/cohort/matrix.ts'
import { randomOf } from '../src/core/numbers/random.ts'

/**
 * Made-up rows of normal columns in two classes; the class depends on six columns by a line, a threshold, a square and
 * an interaction.
 */
export const cohort = (training: number, held: number, columns: number) => {
  const rows = training + held
  const random = randomOf(7)
  const data = new Float64Array(new SharedArrayBuffer(rows * columns * 8))
  for (let i = 0; i < data.length; i++) data[i] = random.normal()
  const y = new Int32Array(rows)
  const at = (column: number, row: number) => data[column * rows + row]
  for (let row = 0; row < rows; row++) {
    const threshold = at(4, row) > 0.5 ? 1.2 : 0
    const z = at(0, row) - 0.7 * at(1, row) + at(2, row) * at(3, row) + threshold + 0.5 * at(5, row) ** 2 - 1
    y[row] = random.uniform() < 1 / (1 + Math.exp(-z)) ? 1 : 0
  }
  const terms = Array.from({ length: columns }, (_, column) => `x${column}`)
  const x: Matrix = { rows, columns, data, terms, source: terms.map((_, column) => column) }
  const outcome: Outcome = { task: 'diagnosis', classes: ['no', 'yes'], y }
  const part = (first: number, count: number) => {
    const list = Array.from({ length: count }, (_, i) => first + i)
    return { x: takeMatrixRows(x, list), outcome: takeOutcomeRows(outcome, list), y: y.subarray(first, first + count) }
  }
  return { train: part(0, training), test: part(training, held) }
}
