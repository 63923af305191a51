import type { Fit } from '../../../contract/models.ts'
import { sandwich } from '../../numbers/solve.ts'

type Coefficient = Fit['coefficients'][number]

/** y = map * gamma, row-major map. */
export const multiply = (map: Float64Array, rows: number, size: number, gamma: ArrayLike<number>, from = 0) => {
  const result = new Float64Array(rows)
  for (let i = 0; i < rows; i++) for (let j = 0; j < size; j++) result[i] += map[i * size + j] * gamma[from + j]
  return result
}

/** Several blocks of the same square map along the diagonal. */
const blockDiagonal = (map: Float64Array, size: number, blocks: number): Float64Array => {
  const dimension = size * blocks
  const result = new Float64Array(dimension * dimension)
  for (let block = 0; block < blocks; block++)
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) result[(block * size + i) * dimension + block * size + j] = map[i * size + j]
  return result
}

/** Covariance of (value at the means, coefficients) from that of the design's coordinates, block by block. */
export const mapCovariance = (map: Float64Array, size: number, blocks: number, covariance: Float64Array) =>
  blocks === 1
    ? sandwich(map, size, size, covariance)
    : sandwich(blockDiagonal(map, size, blocks), size * blocks, size * blocks, covariance)

/** Standard errors of (intercept at 0, coefficients) of one block, from the covariance about the means. */
export const standardErrors = (
  covariance: Float64Array,
  dimension: number,
  block: number,
  size: number,
  means: ArrayLike<number>,
): Float64Array => {
  const at = block * size
  const element = (i: number, j: number) => covariance[(at + i) * dimension + at + j]
  const errors = new Float64Array(size)
  let variance = element(0, 0)
  for (let i = 1; i < size; i++) {
    errors[i] = Math.sqrt(element(i, i))
    variance -= 2 * means[i - 1] * element(0, i)
    for (let j = 1; j < size; j++) variance += means[i - 1] * means[j - 1] * element(i, j)
  }
  errors[0] = Math.sqrt(variance)
  return errors
}

/**
 * One line of a fit's table. `tail` gives the two-sided p of the Wald statistic; null where a penalty makes it
 * meaningless, and its interval too. `quantile` is that of the interval.
 */
export const coefficientOf = (
  term: string,
  estimate: number,
  standardError: number,
  tail: ((z: number) => number) | null,
  quantile = 1.959963984540054,
): Coefficient => {
  const known = Number.isFinite(standardError)
  const z = known && tail && standardError > 0 ? estimate / standardError : null
  const half = z === null || !Number.isFinite(quantile) ? null : quantile * standardError
  return {
    term,
    estimate,
    standardError: known ? standardError : null,
    z,
    p: z === null ? null : (tail?.(z) ?? null),
    low: half === null ? null : estimate - half,
    high: half === null ? null : estimate + half,
  }
}
