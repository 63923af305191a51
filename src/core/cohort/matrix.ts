/**
 * What a learner sees: numbers only, column-major (`data[column * rows + row]`), made by a fitted preparation. NaN stands
 * only where the learner asked for native missing values.
 */
export interface Matrix {
  rows: number
  columns: number
  data: Float64Array
  /** One per column: R's treatment-contrast names (`age`, `sexm`), or `age:missing` for an indicator. */
  terms: readonly string[]
  /** Index of the source feature of each column; several columns of one category share theirs. */
  source: Int32Array | readonly number[]
}

/** The outcome of each row. Class indices, values, or times (in the design's unit) with event indicators. */
export type Outcome =
  | { task: 'diagnosis'; classes: readonly string[]; y: Int32Array }
  | { task: 'regression'; y: Float64Array }
  | { task: 'survival'; time: Float64Array; event: Uint8Array }

export const takeMatrixRows = (matrix: Matrix, rows: ArrayLike<number>): Matrix => {
  const count = rows.length
  const data = new Float64Array(new SharedArrayBuffer(count * matrix.columns * 8))
  for (let column = 0; column < matrix.columns; column++) {
    const from = column * matrix.rows
    const to = column * count
    for (let i = 0; i < count; i++) data[to + i] = matrix.data[from + rows[i]]
  }
  return { ...matrix, rows: count, data }
}

export const takeOutcomeRows = (outcome: Outcome, rows: ArrayLike<number>): Outcome => {
  const pick = <T extends Float64Array | Int32Array | Uint8Array>(values: T, into: T): T => {
    for (let i = 0; i < rows.length; i++) into[i] = values[rows[i]]
    return into
  }
  if (outcome.task === 'diagnosis') return { ...outcome, y: pick(outcome.y, new Int32Array(rows.length)) }
  if (outcome.task === 'regression') return { task: 'regression', y: pick(outcome.y, new Float64Array(rows.length)) }
  return {
    task: 'survival',
    time: pick(outcome.time, new Float64Array(rows.length)),
    event: pick(outcome.event, new Uint8Array(rows.length)),
  }
}
