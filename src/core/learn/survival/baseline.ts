import type { Prepared, Ties } from './partialLikelihood.ts'

/**
 * The baseline cumulative hazard of a Cox model for a case whose columns lie at `Prepared.centre`, with what R's `survfit.coxph`
 * needs for the variance of a predicted curve. Increments are consistent with the ties: sum over the d tied events of
 * mean weight / (risk set less l/d of the tied risks) (Efron), or total weight / risk set (Breslow).
 */
export interface Baseline {
  /** Distinct event times, ascending. */
  times: Float64Array
  hazard: Float64Array
  /** Cumulative variance of the hazard, the part that does not depend on beta. */
  variance: Float64Array
  /** Index into `times` of each knot; every event time where there are at most `maximumKnots`. */
  knots: Uint32Array
  /** Row-major knots x size: integral of the risk set's mean columns over the hazard, in the units of `z`. */
  means: Float64Array
}

/** Keeps the artifact small: 4,000 x 20 columns are 0.6 MB, and between knots the integral is near linear in the hazard. */
const maximumKnots = 4000

export const baselineOf = (
  { rows, size, z, event, weight, starts, times, deaths }: Prepared,
  beta: Float64Array,
  ties: Ties,
): Baseline => {
  const groups = times.length
  let count = 0
  for (let group = 0; group < groups; group++) if (deaths[group] > 0) count++
  const bins = Math.min(count, maximumKnots)
  const hazard = new Float64Array(count)
  const variance = new Float64Array(count)
  const eventTimes = new Float64Array(count)
  const means = new Float64Array(bins * size)
  const knots = Uint32Array.from({ length: bins }, (_, bin) => Math.ceil(((bin + 1) * count) / bins) - 1)

  const sum = new Float64Array(size)
  const tied = new Float64Array(size)
  let atRisk = 0
  let at = count
  let bin = bins - 1
  for (let group = 0; group < groups; group++) {
    tied.fill(0)
    let tiedRisk = 0
    let tiedWeight = 0
    const end = group + 1 < groups ? starts[group + 1] : rows
    for (let i = starts[group]; i < end; i++) {
      let eta = 0
      for (let j = 0; j < size; j++) eta += beta[j] * z[i * size + j]
      const r = weight[i] * Math.exp(eta)
      atRisk += r
      for (let j = 0; j < size; j++) sum[j] += r * z[i * size + j]
      if (event[i] === 1) {
        tiedRisk += r
        tiedWeight += weight[i]
        for (let j = 0; j < size; j++) tied[j] += r * z[i * size + j]
      }
    }
    const died = deaths[group]
    if (died === 0) continue
    at--
    while (bin > 0 && at <= knots[bin - 1]) bin--
    eventTimes[at] = times[group]
    const terms = ties === 'efron' ? died : 1
    const mean = tiedWeight / terms
    for (let l = 0; l < terms; l++) {
      const s = l / terms
      const denominator = atRisk - s * tiedRisk
      hazard[at] += mean / denominator
      const factor = mean / (denominator * denominator)
      variance[at] += factor
      for (let j = 0; j < size; j++) means[bin * size + j] += factor * (sum[j] - s * tied[j])
    }
  }
  for (let i = 1; i < count; i++) {
    hazard[i] += hazard[i - 1]
    variance[i] += variance[i - 1]
  }
  for (let i = size; i < means.length; i++) means[i] += means[i - size]
  return { times: eventTimes, hazard, variance, knots, means }
}

/**
 * The integral of the risk set's means at one event time, between knots in proportion to the hazard. `means` may be in any
 * units; writes `size` numbers to `into`.
 */
export const meansAt = (
  { hazard, knots, means }: Pick<Baseline, 'hazard' | 'knots' | 'means'>,
  size: number,
  at: number,
  into: Float64Array,
): void => {
  let low = 0
  let high = knots.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (knots[middle] < at) low = middle + 1
    else high = middle
  }
  const upper = hazard[knots[low]]
  const lower = low > 0 ? hazard[knots[low - 1]] : 0
  const share = knots[low] === at ? 1 : (hazard[at] - lower) / (upper - lower)
  for (let j = 0; j < size; j++) {
    const before = low > 0 ? means[(low - 1) * size + j] : 0
    into[j] = before + share * (means[low * size + j] - before)
  }
}
