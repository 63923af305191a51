import type { Prepared, Ties } from './partialLikelihood.ts'
import { sweepRiskSets } from './riskSets.ts'

/**
 * The baseline cumulative hazard of a Cox model for a case whose columns lie at `Prepared.centre`, with what R's
 * `survfit.coxph` needs for the variance of a predicted curve. Increments are consistent with the ties: sum over the d
 * tied events of mean weight / (risk set less l/d of the tied risks) (Efron), or total weight / risk set (Breslow).
 * Strata stand one after another.
 */
export interface Baseline {
  /** Distinct event times, ascending within each stratum. */
  times: Float64Array
  hazard: Float64Array
  /** Cumulative variance of the hazard, the part that does not depend on beta. */
  variance: Float64Array
  /** First of `times` of each stratum, and one past the last. */
  offsets: Uint32Array
  /** Index into `times` of each knot; every event time where a stratum has at most `maximumKnots`. */
  knots: Uint32Array
  /** First of `knots` of each stratum, and one past the last. */
  knotOffsets: Uint32Array
  /** Row-major knots x size: integral of the risk set's mean columns over the hazard, in the units of `z`. */
  means: Float64Array
}

/**
 * Keeps the artifact small: 4,000 x 20 columns are 0.6 MB, and between knots the integral is near linear in the hazard.
 */
const maximumKnots = 4000

export const baselineOf = (data: Prepared, beta: Float64Array, ties: Ties): Baseline => {
  const { size, times, deaths, strataStarts } = data
  const strata = strataStarts.length - 1
  const offsets = new Uint32Array(strata + 1)
  const knotOffsets = new Uint32Array(strata + 1)
  for (let stratum = 0; stratum < strata; stratum++) {
    let count = 0
    for (let group = strataStarts[stratum]; group < strataStarts[stratum + 1]; group++) if (deaths[group] > 0) count++
    offsets[stratum + 1] = offsets[stratum] + count
    knotOffsets[stratum + 1] = knotOffsets[stratum] + Math.min(count, maximumKnots)
  }
  const knots = new Uint32Array(knotOffsets[strata])
  for (let stratum = 0; stratum < strata; stratum++) {
    const count = offsets[stratum + 1] - offsets[stratum]
    const bins = knotOffsets[stratum + 1] - knotOffsets[stratum]
    for (let bin = 0; bin < bins; bin++)
      knots[knotOffsets[stratum] + bin] = offsets[stratum] + Math.ceil(((bin + 1) * count) / bins) - 1
  }
  const eventTimes = new Float64Array(offsets[strata])
  const hazard = new Float64Array(offsets[strata])
  const variance = new Float64Array(offsets[strata])
  const means = new Float64Array(knots.length * size)

  let last = -1
  let at = 0
  let bin = 0
  sweepRiskSets(data, beta, ties, ({ stratum, group, atRisk, sum, tiedRisk, tiedWeight, tied, terms }) => {
    if (stratum !== last) {
      last = stratum
      at = offsets[stratum + 1]
      bin = knotOffsets[stratum + 1] - 1
    }
    at--
    while (bin > knotOffsets[stratum] && at <= knots[bin - 1]) bin--
    eventTimes[at] = times[group]
    const mean = tiedWeight / terms
    for (let l = 0; l < terms; l++) {
      const s = l / terms
      const denominator = atRisk - s * tiedRisk
      hazard[at] += mean / denominator
      const factor = mean / (denominator * denominator)
      variance[at] += factor
      for (let j = 0; j < size; j++) means[bin * size + j] += factor * (sum[j] - s * tied[j])
    }
  })
  for (let stratum = 0; stratum < strata; stratum++) {
    for (let i = offsets[stratum] + 1; i < offsets[stratum + 1]; i++) {
      hazard[i] += hazard[i - 1]
      variance[i] += variance[i - 1]
    }
    for (let i = (knotOffsets[stratum] + 1) * size; i < knotOffsets[stratum + 1] * size; i++)
      means[i] += means[i - size]
  }
  return { times: eventTimes, hazard, variance, offsets, knots, knotOffsets, means }
}

/**
 * The integral of the risk set's means at one event time, between knots in proportion to the hazard. `from` and `to`:
 * the knots of the stratum that `at` is in. `means` may be in any units; writes `size` numbers to `into`.
 */
export const meansAt = (
  { hazard, knots, means }: Pick<Baseline, 'hazard' | 'knots' | 'means'>,
  size: number,
  at: number,
  into: Float64Array,
  from = 0,
  to = knots.length,
): void => {
  let low = from
  let high = to - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (knots[middle] < at) low = middle + 1
    else high = middle
  }
  const upper = hazard[knots[low]]
  const lower = low > from ? hazard[knots[low - 1]] : 0
  const share = knots[low] === at ? 1 : (hazard[at] - lower) / (upper - lower)
  for (let j = 0; j < size; j++) {
    const before = low > from ? means[(low - 1) * size + j] : 0
    into[j] = before + share * (means[low * size + j] - before)
  }
}
