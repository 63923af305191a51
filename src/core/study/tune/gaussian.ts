import { normalTail } from '../../numbers/distributions.ts'
import type { Random } from '../../numbers/random.ts'

interface Settings {
  /** Length scale of each coordinate. */
  lengths: number[]
  /** Variance of the noise, as a share of the variance of the values. */
  noise: number
}

export interface GaussianProcess {
  settings: Settings
  /** Mean and standard deviation of the function at a point, in the units of the values given. */
  predict(at: readonly number[]): { mean: number; sd: number }
}

/**
 * Gaussian process regression with a Matérn 5/2 kernel (Snoek, Larochelle & Adams 2012): values are standardised,
 * length scales and noise are those of the largest marginal likelihood among `draws` random ones, or `settings` where
 * given.
 */
export const fitProcess = (
  points: readonly (readonly number[])[],
  values: readonly number[],
  random: Random,
  { draws = 80, settings = null }: { draws?: number; settings?: Settings | null } = {},
): GaussianProcess => {
  const n = points.length
  const centre = values.reduce((sum, value) => sum + value, 0) / n
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / n) || 1
  const y = Float64Array.from(values, (value) => (value - centre) / spread)
  let best: { likelihood: number; settings: Settings; factor: Float64Array; alpha: Float64Array } | null = null
  const size = points[0].length
  for (let draw = 0; draw < (settings ? 1 : draws); draw++) {
    const tried = settings ?? {
      lengths: Array.from({ length: size }, () => 0.05 * 60 ** random.uniform()),
      noise: 1e-4 * 5000 ** random.uniform(),
    }
    const factor = new Float64Array(n * n)
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++)
        factor[i * n + j] = kernel(points[i], points[j], tried.lengths) + (i === j ? tried.noise + 1e-10 : 0)
    if (!factorise(factor, n)) continue
    const alpha = solve(factor, n, y)
    let likelihood = 0
    for (let i = 0; i < n; i++) likelihood -= 0.5 * y[i] * alpha[i] + Math.log(factor[i * n + i])
    if (best === null || likelihood > best.likelihood) best = { likelihood, settings: tried, factor, alpha }
  }
  if (best === null) throw new Error('no length scale gave a positive definite kernel')
  const { factor, alpha, settings: chosen } = best
  return {
    settings: chosen,
    predict: (at) => {
      const k = Float64Array.from(points, (point) => kernel(point, at, chosen.lengths))
      let mean = 0
      for (let i = 0; i < n; i++) mean += k[i] * alpha[i]
      // L v = k; the variance left is 1 - v'v.
      let explained = 0
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < i; j++) k[i] -= factor[i * n + j] * k[j]
        k[i] /= factor[i * n + i]
        explained += k[i] * k[i]
      }
      return { mean: centre + spread * mean, sd: spread * Math.sqrt(Math.max(0, 1 - explained)) }
    },
  }
}

const kernel = (a: readonly number[], b: readonly number[], lengths: readonly number[]): number => {
  let squares = 0
  for (let d = 0; d < a.length; d++) squares += ((a[d] - b[d]) / lengths[d]) ** 2
  const r = Math.sqrt(5 * squares)
  return (1 + r + (r * r) / 3) * Math.exp(-r)
}

/** How much a point is expected to better the best value known (larger is better; Mockus 1978). */
export const expectedImprovement = ({ mean, sd }: { mean: number; sd: number }, best: number): number => {
  if (!(sd > 0)) return Math.max(0, mean - best)
  const z = (mean - best) / sd
  return (mean - best) * normalTail(-z) + (sd * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI)
}

/** Lower Cholesky factor in place; false where the matrix is not positive definite. */
const factorise = (a: Float64Array, n: number): boolean => {
  for (let j = 0; j < n; j++)
    for (let i = j; i < n; i++) {
      let sum = a[i * n + j]
      for (let k = 0; k < j; k++) sum -= a[i * n + k] * a[j * n + k]
      if (i > j) a[i * n + j] = sum / a[j * n + j]
      else if (!(sum > 0)) return false
      else a[i * n + i] = Math.sqrt(sum)
    }
  return true
}

const solve = (factor: Float64Array, n: number, y: Float64Array): Float64Array => {
  const x = y.slice()
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= factor[i * n + k] * x[k]
    x[i] /= factor[i * n + i]
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= factor[k * n + i] * x[k]
    x[i] /= factor[i * n + i]
  }
  return x
}
