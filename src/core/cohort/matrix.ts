/**
 * What a learner sees: numbers only, column-major (`data[column * rows + row]`), made by a fitted preparation. NaN
 * stands only where the learner asked for native missing values.
 */
export interface Matrix {
  rows: number
  columns: number
  data: Float64Array
  /** One per column: R's treatment-contrast names (`age`, `sexm`), or `age:missing` for an indicator. */
  terms: readonly string[]
  /** Index of the source feature of each column; several columns of one category share theirs. */
  source: Int32Array | readonly number[]
  /** Name of each source feature. */
  features?: readonly string[]
  /** Of each column the number of levels whose index it holds; 0: numbers. Left out: all are numbers. */
  levels?: Int32Array
  /** Stratum of each row, for learners with a baseline a stratum; -1: a stratum not seen in training. */
  strata?: Int32Array
  /** What was measured over time, for learners whose `needs.sequences` says so. */
  sequences?: Sequences
  /** Columns made of other columns, where there are such. */
  derived?: readonly Derived[]
  /** A picture a row, for learners whose `needs.grids` says so. */
  grids?: Grids
}

/**
 * A column made of others: a spline term of the column `from`, or the product of `left` and `right`, whose means among
 * the training rows stand beside. `name`: the feature (`age`), or the two (`age × sex`).
 */
export type Derived =
  | { kind: 'spline'; name: string; column: number; from: number }
  | { kind: 'product'; name: string; column: number; left: number; right: number; leftMean: number; rightMean: number }

/**
 * Measurements over time: steps `offsets[row]` to `offsets[row + 1]` belong to a row, oldest first. A row may have
 * none.
 */
export interface Sequences {
  /** Names of what is measured, with its unit where it has one. */
  channels: readonly { name: string; unit: string | null }[]
  /** rows + 1 entries. */
  offsets: Int32Array
  /** When each step was, in `timeUnit` of whoever made the sequences; irregular gaps are kept. */
  times: Float64Array
  /** steps x channels, row-major; NaN: not measured at that step. */
  values: Float64Array
}

/** Pictures of one size: rows x height x width x channels, row-major. */
export interface Grids {
  height: number
  width: number
  channels: readonly string[]
  values: Float32Array
}

/**
 * The outcome of each row. Class indices, values, or times (in the design's unit) with event indicators. `cluster`: the
 * patient of each row, where some have several rows.
 */
export type Outcome =
  | { task: 'diagnosis'; classes: readonly string[]; y: Int32Array; cluster?: Int32Array }
  | {
      task: 'regression'
      y: Float64Array
      /** Of counts: time or persons at risk, above 0; learners of rates take its logarithm as offset. */
      exposure?: Float64Array
      cluster?: Int32Array
    }
  | {
      task: 'survival'
      time: Float64Array
      event: Uint8Array
      /** Start-stop rows: the row is at risk in (entry, time]. */
      entry?: Float64Array
      /** 1 where a competing event ended the follow-up (`event` is 0 there). */
      competing?: Uint8Array
      cluster?: Int32Array
    }

export const takeMatrixRows = (matrix: Matrix, rows: ArrayLike<number>): Matrix => {
  const count = rows.length
  const data = new Float64Array(new SharedArrayBuffer(count * matrix.columns * 8))
  for (let column = 0; column < matrix.columns; column++) {
    const from = column * matrix.rows
    const to = column * count
    for (let i = 0; i < count; i++) data[to + i] = matrix.data[from + rows[i]]
  }
  const { strata, sequences, grids } = matrix
  return {
    ...matrix,
    rows: count,
    data,
    ...(strata ? { strata: take(strata, rows) } : {}),
    ...(sequences ? { sequences: takeSequences(sequences, rows) } : {}),
    ...(grids ? { grids: takeGrids(grids, rows) } : {}),
  }
}

export const takeSequences = (sequences: Sequences, rows: ArrayLike<number>): Sequences => {
  const { offsets, channels } = sequences
  const width = channels.length
  const taken = shared(Int32Array, rows.length + 1)
  for (let i = 0; i < rows.length; i++) taken[i + 1] = taken[i] + offsets[rows[i] + 1] - offsets[rows[i]]
  const times = shared(Float64Array, taken[rows.length])
  const values = shared(Float64Array, taken[rows.length] * width)
  for (let i = 0; i < rows.length; i++) {
    const from = offsets[rows[i]]
    const to = offsets[rows[i] + 1]
    times.set(sequences.times.subarray(from, to), taken[i])
    values.set(sequences.values.subarray(from * width, to * width), taken[i] * width)
  }
  return { channels, offsets: taken, times, values }
}

export const takeGrids = (grids: Grids, rows: ArrayLike<number>): Grids => {
  const size = grids.height * grids.width * grids.channels.length
  const values = shared(Float32Array, rows.length * size)
  for (let i = 0; i < rows.length; i++)
    values.set(grids.values.subarray(rows[i] * size, (rows[i] + 1) * size), i * size)
  return { ...grids, values }
}

export const takeOutcomeRows = (outcome: Outcome, rows: ArrayLike<number>): Outcome => {
  const patients = outcome.cluster ? { cluster: take(outcome.cluster, rows) } : {}
  if (outcome.task === 'diagnosis') return { ...outcome, y: take(outcome.y, rows), ...patients }
  if (outcome.task === 'regression') {
    const { y, exposure } = outcome
    const exposed = exposure ? { exposure: take(exposure, rows) } : {}
    return { task: 'regression', y: take(y, rows), ...exposed, ...patients }
  }
  const { time, event, entry, competing } = outcome
  return {
    task: 'survival',
    time: take(time, rows),
    event: take(event, rows),
    ...(entry ? { entry: take(entry, rows) } : {}),
    ...(competing ? { competing: take(competing, rows) } : {}),
    ...patients,
  }
}

type Typed = Float64Array | Float32Array | Int32Array | Uint8Array

/** On shared memory, so that a worker thread reads it without a copy. */
const shared = <T extends Typed>(
  kind: { new (buffer: SharedArrayBuffer): T; BYTES_PER_ELEMENT: number },
  length: number,
): T => new kind(new SharedArrayBuffer(length * kind.BYTES_PER_ELEMENT))

const take = <T extends Typed>(values: T, rows: ArrayLike<number>): T => {
  const into = shared(
    values.constructor as { new (buffer: SharedArrayBuffer): T; BYTES_PER_ELEMENT: number },
    rows.length,
  )
  for (let i = 0; i < rows.length; i++) into[i] = values[rows[i]]
  return into
}

/** What preparation the learner's matrix needs. */
export interface MatrixNeeds {
  /**
   * `contrasts`: treatment contrasts (first level left out); `oneHot`: every level a column; `codes`: categories as
   * level index.
   */
  categories: 'contrasts' | 'oneHot' | 'codes'
  /** Whether columns are standardised (mean 0, SD 1, by training rows) before the learner sees them. */
  standardise: boolean
  /** Whether NaN may reach the learner. */
  native: boolean
  /** Missing policy where the design names none. */
  missing: 'native' | 'median' | 'drop'
  /** Whether the learner reads `Matrix.sequences`; `required`: it refuses a matrix without. */
  sequences?: 'reads' | 'required'
  /** Whether the learner reads `Matrix.grids`; `required`: it refuses a matrix without. */
  grids?: 'reads' | 'required'
  /** Whether the learner reads `Outcome.entry` (delayed entry, start-stop rows); without, such a study is refused. */
  entry?: 'reads'
  /** Whether the learner reads `Outcome.competing`; without, competing events count as censored, and that is said. */
  competing?: 'reads' | 'required'
  /** Whether values must be counts: none below 0. */
  counts?: 'required'
  /**
   * Whether splines and interactions (`design.terms`) make sense to it; its exact contributions, if any, are then
   * linear in each column.
   */
  terms?: 'reads'
  /** Whether the learner reads `Matrix.strata`; without, such a study is refused. */
  strata?: 'reads'
}
