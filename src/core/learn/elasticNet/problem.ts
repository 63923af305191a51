import type { Matrix } from '../../cohort/matrix.ts'

/** Data of an elastic-net path: columns centred and scaled as glmnet's, one path's settings apart. */
export interface Problem {
  rows: number
  columns: number
  /** Column-major, centred by weighted means and divided by weighted SDs (1/n); constant columns are 0. */
  z: Float64Array
  mean: Float64Array
  /** SDs; 1 where columns keep their scale. */
  scale: Float64Array
  /** Columns that vary. */
  usable: number[]
  /** Sum 1. */
  weights: Float64Array
  /** As glmnet's: rescaled to sum to the number of columns; 0: never penalised. */
  penaltyFactors: Float64Array
}

export interface PathSettings {
  /** Share of the absolute penalty: 1 lasso, 0 ridge. */
  alpha: number
  /**
   * Own sequence, descending; null: `count` values from the smallest that leaves no column down to its `minimumRatio`.
   */
  lambdas: Float64Array | null
  count: number
  /** Null: 0.0001, with fewer rows than columns 0.01. */
  minimumRatio: number | null
  /** A value is solved for when no coefficient's step changes the loss by more than this share of the null deviance. */
  threshold: number
  /** Where the path ends early: the smallest gain in explained deviance, and the largest explained deviance. */
  smallestGain: number
  largestShare: number
}

export const usualSettings: PathSettings = {
  alpha: 1,
  lambdas: null,
  count: 100,
  minimumRatio: null,
  threshold: 1e-7,
  smallestGain: 1e-5,
  largestShare: 0.999,
}

export interface Path {
  lambda: Float64Array
  /** Blocks of each lambda: 1, or one a class. Row-major lambdas x blocks x columns, on the original scale. */
  coefficients: Float64Array
  /** Row-major lambdas x blocks; 0 where the model has none. */
  intercepts: Float64Array
  blocks: number
  /** Share of the null deviance explained. */
  explained: Float64Array
  /** Whether every value was solved for to the threshold. */
  converged: boolean
}

const chunk = 2048

/** Weighted means and 1/n SDs, and the columns standardised by them, in the order of `order` where one is given. */
export const standardiseColumns = (
  x: Matrix,
  given: Float64Array | undefined,
  {
    standardise = true,
    penaltyFactors,
    order,
  }: { standardise?: boolean; penaltyFactors?: Float64Array; order?: Uint32Array } = {},
): Problem => {
  const { rows, columns, data } = x
  let total = 0
  for (let i = 0; i < rows; i++) total += given ? given[i] : 1
  const weights = new Float64Array(rows)
  for (let i = 0; i < rows; i++) weights[i] = (given ? given[order ? order[i] : i] : 1) / total
  const z = new Float64Array(rows * columns)
  const mean = new Float64Array(columns)
  const scale = new Float64Array(columns).fill(1)
  const usable: number[] = []
  for (let column = 0; column < columns; column++) {
    const from = column * rows
    const own = z.subarray(from, from + rows)
    if (order) for (let i = 0; i < rows; i++) own[i] = data[from + order[i]]
    else own.set(data.subarray(from, from + rows))
    const first = own[0]
    let varies = false
    for (let i = 1; i < rows && !varies; i++) varies = own[i] !== first
    if (!varies) {
      mean[column] = first
      own.fill(0)
      continue
    }
    // Differences from the first value keep their digits where values are large and close together.
    let [s0, s1] = [0, 0]
    const even = rows - (rows % 2)
    for (let i = 0; i < even; i += 2) {
      s0 += weights[i] * (own[i] - first)
      s1 += weights[i + 1] * (own[i + 1] - first)
    }
    if (even < rows) s0 += weights[even] * (own[even] - first)
    const middle = first + s0 + s1
    mean[column] = middle
    let [q0, q1] = [0, 0]
    for (let start = 0; start < rows; start += chunk) {
      const end = Math.min(rows, start + chunk)
      let i = start
      for (; i + 1 < end; i += 2) {
        const a = own[i] - middle
        const b = own[i + 1] - middle
        own[i] = a
        own[i + 1] = b
        q0 += weights[i] * a * a
        q1 += weights[i + 1] * b * b
      }
      if (i < end) {
        const a = own[i] - middle
        own[i] = a
        q0 += weights[i] * a * a
      }
    }
    usable.push(column)
    if (!standardise) continue
    const sd = Math.sqrt(q0 + q1)
    scale[column] = sd
    const factor = 1 / sd
    for (let i = 0; i < rows; i++) own[i] *= factor
  }
  return { rows, columns, z, mean, scale, usable, weights, penaltyFactors: rescaled(penaltyFactors, columns) }
}

const rescaled = (given: Float64Array | undefined, columns: number): Float64Array => {
  if (!given) return new Float64Array(columns).fill(1)
  const positive = given.map((factor) => Math.max(0, factor))
  const sum = positive.reduce((total, factor) => total + factor, 0)
  return sum > 0 ? positive.map((factor) => (factor * columns) / sum) : positive
}

/** The ratio between neighbours of the path's own sequence. */
export const ratioOf = ({ count, minimumRatio }: PathSettings, { rows, columns }: Problem): number => {
  const smallest = minimumRatio ?? (rows < columns ? 0.01 : 0.0001)
  return count > 1 ? Math.max(1e-6, smallest) ** (1 / (count - 1)) : 1
}

/**
 * Smallest lambda that leaves every penalised column at 0, from the gradient with none of them; alpha counts as at
 * least 0.001.
 */
export const largestLambda = (
  { usable, penaltyFactors }: Problem,
  gradientOf: (column: number) => number,
  alpha: number,
): number => {
  let largest = 0
  for (const column of usable)
    if (penaltyFactors[column] > 0) largest = Math.max(largest, Math.abs(gradientOf(column)) / penaltyFactors[column])
  return largest / Math.max(alpha, 1e-3)
}
