import type { Estimate } from '../../contract/values.ts'
import { randomOf } from '../numbers/random.ts'

/** Level of every interval in this room unless said otherwise. */
export const level = 0.95

/** Two-sided normal quantile for a level: 1.959964 for 0.95. */
export const normalQuantile = (of = level): number => inverseNormal((1 + of) / 2)

/** An estimate that never holds NaN or infinity: what is not defined is null, and an interval needs both ends. */
export const estimateOf = (value: number, low = Number.NaN, high = Number.NaN): Estimate => {
  if (!Number.isFinite(value)) return { value: null, low: null, high: null }
  const bounded = Number.isFinite(low) && Number.isFinite(high)
  return { value, low: bounded ? low : null, high: bounded ? high : null }
}

export const undefinedEstimate: Estimate = { value: null, low: null, high: null }

/** value +- z * standardError, cut to [least, most] (as pROC and survival do for areas and concordances). */
export const waldEstimate = (
  value: number,
  standardError: number,
  least = Number.NEGATIVE_INFINITY,
  most = Number.POSITIVE_INFINITY,
): Estimate => {
  const reach = normalQuantile() * standardError
  return estimateOf(value, Math.max(least, value - reach), Math.min(most, value + reach))
}

/**
 * Wilson's score interval for `successes` of `n` (Wilson 1927; R's `prop.test(correct = FALSE)`). Undefined where n is 0.
 * `successes` may be fractional.
 */
export const wilson = (successes: number, n: number, of = level): Estimate => {
  if (!(n > 0)) return undefinedEstimate
  const z = normalQuantile(of)
  const share = successes / n
  const shrink = 1 + (z * z) / n
  const centre = (share + (z * z) / (2 * n)) / shrink
  const reach = (z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n))) / shrink
  return estimateOf(share, Math.max(0, centre - reach), Math.min(1, centre + reach))
}

/** Quantile of ascending values by linear interpolation (R's type 7). NaN where there are none. */
export const quantileOf = (ascending: ArrayLike<number>, share: number): number => {
  const n = ascending.length
  if (n === 0) return Number.NaN
  const place = share * (n - 1)
  const below = Math.floor(place)
  const above = Math.min(n - 1, below + 1)
  return ascending[below] + (place - below) * (ascending[above] - ascending[below])
}

/**
 * How often each of n rows is drawn in each of `replicates` bootstrap samples (n draws with replacement); `use` gets the
 * same array each time. Seeded: the same n, seed and replicates give the same samples.
 */
export const bootstrap = (n: number, replicates: number, seed: number, use: (counts: Int32Array) => void): void => {
  const counts = new Int32Array(n)
  for (let replicate = 0; replicate < replicates; replicate++) {
    const random = randomOf(seed, 7001 + replicate)
    counts.fill(0)
    for (let draw = 0; draw < n; draw++) counts[random.below(n)]++
    use(counts)
  }
}

/** Bootstrap samples to draw: those asked for, but not more than 10 million rows in all, and at least 100 (or as asked). */
export const affordable = (rows: number, replicates: number): number =>
  Math.min(replicates, Math.max(100, Math.floor(1e7 / Math.max(1, rows))))

/** Collects bootstrap values of named figures and gives percentile intervals; samples where a figure is not defined are left out. */
export const replicatesOf = () => {
  const seen = new Map<string, number[]>()
  return {
    add: (name: string, value: number) => {
      const values = seen.get(name)
      if (values) values.push(value)
      else seen.set(name, [value])
    },
    /** Percentile interval around `value`; no interval where the figure was defined in fewer than half of the samples. */
    estimate: (name: string, value: number): Estimate => {
      const all = seen.get(name) ?? []
      const finite = Float64Array.from(all.filter((one) => Number.isFinite(one))).sort()
      if (finite.length < 20 || finite.length * 2 < all.length) return estimateOf(value)
      return estimateOf(value, quantileOf(finite, (1 - level) / 2), quantileOf(finite, (1 + level) / 2))
    },
  }
}

/**
 * Inverse of the standard normal distribution function: Acklam's rational approximation, sharpened by one Halley step on
 * the complementary error function; correct to about 1e-15 for 1e-300 < p < 1.
 */
export const inverseNormal = (p: number): number => {
  if (!(p > 0 && p < 1)) return p === 0 ? Number.NEGATIVE_INFINITY : p === 1 ? Number.POSITIVE_INFINITY : Number.NaN
  const tail = Math.min(p, 1 - p)
  let x: number
  if (tail > 0.02425) {
    const q = p - 0.5
    const r = q * q
    x = (polynomial(centralTop, r) * q) / (polynomial(centralBottom, r) * r + 1)
  } else {
    const q = Math.sqrt(-2 * Math.log(tail))
    x = polynomial(tailTop, q) / (polynomial(tailBottom, q) * q + 1)
    if (p > 0.5) x = -x
  }
  const error = normalDistribution(x) - p
  const step = error * Math.sqrt(2 * Math.PI) * Math.exp((x * x) / 2)
  return x - step / (1 + (x * step) / 2)
}

/** Standard normal distribution function, by erfc's series (|x| < 3) and continued fraction beyond. */
export const normalDistribution = (x: number): number => {
  const size = Math.abs(x)
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)
  if (size < 3) {
    let term = x
    let sum = x
    for (let k = 1; k < 200 && Math.abs(term) > 1e-17 * Math.abs(sum); k++) {
      term *= (x * x) / (2 * k + 1)
      sum += term
    }
    return 0.5 + density * sum
  }
  let fraction = 0
  for (let k = 120; k > 0; k--) fraction = k / (size + fraction)
  const upper = density / (size + fraction)
  return x > 0 ? 1 - upper : upper
}

const polynomial = (coefficients: readonly number[], at: number) => {
  let value = 0
  for (const coefficient of coefficients) value = value * at + coefficient
  return value
}
const centralTop = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
]
const centralBottom = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572]
const tailTop = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
]
const tailBottom = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416]
