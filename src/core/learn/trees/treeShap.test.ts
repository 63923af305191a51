import { expect, test } from 'vitest'
import { fitForest, madeUp } from '../../../../test/fixtures/trees.ts'
import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import { takeMatrixRows } from '../../cohort/matrix.ts'
import { classPredictor, survivalPredictor, valuePredictor } from '../predictor.ts'
import { type Forest, linkForest } from './forestModel.ts'
import { nodeCovers, treeShap } from './treeShap.ts'

/**
 * Expected output of one tree when only some columns are known (Lundberg 2020, algorithm 1, written as it is defined).
 */
const expectedGiven = (
  f: Forest,
  cover: Float64Array,
  leafValues: Float64Array,
  x: Matrix,
  row: number,
  known: number,
) => {
  const visit = (node: number): number => {
    const column = f.links[4 * node + 2]
    if (column < 0) return leafValues[-1 - column]
    const [left, right] = [node + 1, Math.abs(f.links[4 * node + 3])]
    if (known & (1 << column)) {
      const value = x.data[column * x.rows + row]
      return visit(value <= f.numbers[2 * node] || (Number.isNaN(value) && f.links[4 * node + 3] < 0) ? left : right)
    }
    return (cover[left] * visit(left) + cover[right] * visit(right)) / cover[node]
  }
  let sum = 0
  for (let tree = 0; tree < f.trees; tree++) sum += visit(f.roots[tree])
  return sum / f.trees
}

/**
 * Shapley values by their definition: the mean, over all orders of the columns, of what each adds when its turn comes.
 */
const shapley = (columns: number, worth: (known: number) => number) => {
  const worths = Array.from({ length: 1 << columns }, (_, known) => worth(known))
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1))
  const bits = (known: number): number => (known === 0 ? 0 : (known & 1) + bits(known >> 1))
  return Array.from({ length: columns }, (_, column) =>
    worths.reduce((sum, without, known) => {
      if (known & (1 << column)) return sum
      const chance = (factorial(bits(known)) * factorial(columns - bits(known) - 1)) / factorial(columns)
      return sum + chance * (worths[known | (1 << column)] - without)
    }, 0),
  )
}

test('contributions are the Shapley values that trying every set of columns gives, also for missing values and repeated splits', async () => {
  const { x, regression } = madeUp(300)
  for (const [nTrees, maxDepth, minLeaf] of [
    [1, 2, 1],
    [1, 0, 1],
    [4, 6, 3],
  ]) {
    const { fitted } = await fitForest(x, regression, { nTrees, maxDepth, minLeaf })
    const linked = linkForest(fitted.state)
    const cover = nodeCovers(linked, fitted.state.arrays.weights)
    const values = fitted.state.arrays.values as Float64Array
    const rows = takeMatrixRows(x, [0, 1, 2, 10, 57])
    const shap = treeShap(linked, cover, values, rows)
    for (let row = 0; row < rows.rows; row++) {
      const expected = shapley(6, (known) => expectedGiven(linked, cover, values, rows, row, known))
      expected.forEach((share, column) => {
        expect(shap.values[row * 6 + column]).toBeCloseTo(share, 9)
      })
      expect(shap.baseline).toBeCloseTo(expectedGiven(linked, cover, values, rows, row, 0), 9)
    }
  }
})

const sumOf = (baseline: number, values: Float64Array, row: number, columns: number) =>
  values.subarray(row * columns, (row + 1) * columns).reduce((sum, share) => sum + share, baseline)

test('the reasons shown add up to the number shown, for every task, in deep forests too', async () => {
  const { x, diagnosis, many, regression, survival } = madeUp(900)
  const some = takeMatrixRows(x, [0, 3, 20, 21, 22, 500])
  const settings = { nTrees: 30, minLeaf: 1, mtry: 1 }
  const load = async (outcome: Outcome) => (await fitForest(x, outcome, settings)).predictor

  for (const [outcome, classes] of [
    [diagnosis, 2],
    [many, 3],
  ] as const) {
    const predictor = await load(outcome)
    const shown = classPredictor(predictor).probabilities(some)
    for (let c = 0; c < classes; c++) {
      const { baseline, values, scale } = predictor.contributions!(some, { class: c })
      expect(scale).toBe('probability')
      for (let row = 0; row < some.rows; row++)
        expect(sumOf(baseline, values, row, 6)).toBeCloseTo(shown[row * classes + c], 10)
    }
  }

  const values = await load(regression)
  const value = values.contributions!(some, { value: true })
  const curves = await load(survival)
  const risk = curves.contributions!(some, { horizon: 400 })
  const alive = survivalPredictor(curves).survival(some, [400])
  const mortality = curves.contributions!(some, { value: true })
  for (let row = 0; row < some.rows; row++) {
    expect(sumOf(value.baseline, value.values, row, 6)).toBeCloseTo(
      valuePredictor(values).values(some)[row] as number,
      8,
    )
    expect(sumOf(risk.baseline, risk.values, row, 6)).toBeCloseTo(1 - alive[row], 10)
    expect(sumOf(mortality.baseline, mortality.values, row, 6)).toBeCloseTo(
      survivalPredictor(curves).risk(some)[row] as number,
      6,
    )
  }
  expect(risk.scale).toBe('risk')
})

test('a column no tree splits on is given no share, and a stump explains nothing', async () => {
  const { x, regression } = madeUp(200)
  const constant = { ...x, data: Float64Array.from(x.data).fill(7, 5 * x.rows) }
  const { predictor } = await fitForest(constant, regression, { nTrees: 20 })
  const { values } = predictor.contributions!(constant, { value: true })
  for (let row = 0; row < x.rows; row++) expect(values[row * 6 + 5]).toBe(0)
  const stump = await fitForest(x, { task: 'regression', y: new Float64Array(200).fill(3) }, { nTrees: 5 })
  const none = stump.predictor.contributions!(x, { value: true })
  expect(none.baseline).toBe(3)
  expect(none.values.every((share) => share === 0)).toBe(true)
})
