import type { Estimate } from '../../contract/values.ts'
import { criticalValue } from '../numbers/distributions.ts'
import { quantileOf } from '../numbers/quantile.ts'
import { randomOf } from '../numbers/random.ts'

/** Level of every interval in this room unless said otherwise. */
export const level = 0.95

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
  const reach = criticalValue(level) * standardError
  return estimateOf(value, Math.max(least, value - reach), Math.min(most, value + reach))
}

/**
 * Wilson's score interval for `successes` of `n` (Wilson 1927; R's `prop.test(correct = FALSE)`). Undefined where n is
 * 0. `successes` may be fractional.
 */
export const wilson = (successes: number, n: number, of = level): Estimate => {
  if (!(n > 0)) return undefinedEstimate
  const z = criticalValue(of)
  const share = successes / n
  const shrink = 1 + (z * z) / n
  const centre = (share + (z * z) / (2 * n)) / shrink
  const reach = (z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n))) / shrink
  // At none and at all of n the ends are 0 and 1 exactly; rounding must not move them.
  const low = successes <= 0 ? 0 : Math.max(0, centre - reach)
  const high = successes >= n ? 1 : Math.min(1, centre + reach)
  return estimateOf(share, low, high)
}

/**
 * How often each of n rows is drawn in each of `replicates` bootstrap samples (n draws with replacement); `use` gets
 * the same array each time. Seeded: the same n, seed and replicates give the same samples.
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

/**
 * Bootstrap samples to draw: those asked for, but not more than 10 million rows in all, and at least 100 (or as asked).
 */
export const affordable = (rows: number, replicates: number): number =>
  Math.min(replicates, Math.max(100, Math.floor(1e7 / Math.max(1, rows))))

/**
 * Collects bootstrap values of named figures and gives percentile intervals; samples where a figure is not defined are
 * left out.
 */
export const replicatesOf = () => {
  const seen = new Map<string, number[]>()
  return {
    add: (name: string, value: number) => {
      const values = seen.get(name)
      if (values) values.push(value)
      else seen.set(name, [value])
    },
    /**
     * Percentile interval around `value`; no interval where the figure was defined in fewer than half of the samples.
     */
    estimate: (name: string, value: number): Estimate => {
      const all = seen.get(name) ?? []
      const finite = Float64Array.from(all.filter((one) => Number.isFinite(one))).sort()
      if (finite.length < 20 || finite.length * 2 < all.length) return estimateOf(value)
      return estimateOf(value, quantileOf(finite, (1 - level) / 2), quantileOf(finite, (1 + level) / 2))
    },
  }
}
