import type { Estimate } from '../../contract/values.ts'
import { estimateOf, level, normalQuantile, undefinedEstimate } from './intervals.ts'
import { orderOf } from './ranking.ts'

/** A step curve: S at each distinct time, and Greenwood's sum of d / (n (n - d)) up to it. */
export interface StepCurve {
  times: Float64Array
  survival: Float64Array
  /** Var(S) = S^2 * greenwood. Infinite once S is 0. */
  greenwood: Float64Array
}

/**
 * Kaplan-Meier estimator. Those censored at the time of an event are still at risk at it. `order`: rows by ascending time;
 * `weights` may be bootstrap counts.
 */
export const kaplanMeier = (
  time: ArrayLike<number>,
  event: ArrayLike<number>,
  order: ArrayLike<number> = orderOf(time),
  weights: ArrayLike<number> | null = null,
): StepCurve => stepCurve(time, order, weights, (row) => event[row] !== 0, false)

/**
 * Kaplan-Meier estimator of staying uncensored, G(t): those with an event at a time are no longer at risk of being censored
 * at it (as survival::concordance and prodlim's reverse = TRUE).
 */
export const censoringCurve = (
  time: ArrayLike<number>,
  event: ArrayLike<number>,
  order: ArrayLike<number> = orderOf(time),
): StepCurve => stepCurve(time, order, null, (row) => event[row] === 0, true)

const stepCurve = (
  time: ArrayLike<number>,
  order: ArrayLike<number>,
  weights: ArrayLike<number> | null,
  counts: (row: number) => boolean,
  othersLeaveFirst: boolean,
): StepCurve => {
  const n = order.length
  const times = new Float64Array(n)
  const survivals = new Float64Array(n)
  const sums = new Float64Array(n)
  let steps = 0
  let atRisk = n
  if (weights) {
    atRisk = 0
    for (let i = 0; i < n; i++) atRisk += weights[order[i]]
  }
  let survival = 1
  let greenwood = 0
  for (let start = 0; start < n; ) {
    const at = time[order[start]]
    let end = start
    let fell = 0
    let left = 0
    for (; end < n && time[order[end]] === at; end++) {
      const weight = weights ? weights[order[end]] : 1
      left += weight
      if (counts(order[end])) fell += weight
    }
    if (fell > 0) {
      const exposed = othersLeaveFirst ? atRisk - (left - fell) : atRisk
      greenwood = fell >= exposed ? Number.POSITIVE_INFINITY : greenwood + fell / (exposed * (exposed - fell))
      survival = fell >= exposed ? 0 : survival * (1 - fell / exposed)
    }
    times[steps] = at
    survivals[steps] = survival
    sums[steps++] = greenwood
    atRisk -= left
    start = end
  }
  return {
    times: times.subarray(0, steps),
    survival: survivals.subarray(0, steps),
    greenwood: sums.subarray(0, steps),
  }
}

/** Index of the last step at or before `at` (`before`: strictly before); -1 where there is none. */
export const stepIndex = (times: ArrayLike<number>, at: number, before = false): number => {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (before ? times[middle] < at : times[middle] <= at) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** S(t), or S(t-) with `before`. 1 before the first step, flat after the last. */
export const survivalAt = (curve: StepCurve, at: number, before = false): number => {
  const index = stepIndex(curve.times, at, before)
  return index < 0 ? 1 : curve.survival[index]
}

/** Standard error of S(t) by Greenwood; 0 before the first event, NaN once S is 0. */
export const standardErrorAt = (curve: StepCurve, at: number): number => {
  const index = stepIndex(curve.times, at)
  return index < 0 ? 0 : curve.survival[index] * Math.sqrt(curve.greenwood[index])
}

/**
 * S(t) with its log(-log) interval (Kalbfleisch & Prentice; R's conf.type = "log-log"), which stays within [0, 1]. Where
 * nobody or everybody has had the event Greenwood's variance says nothing: the interval is then null.
 */
export const survivalEstimate = (curve: StepCurve, at: number, of = level): Estimate => {
  const index = stepIndex(curve.times, at)
  if (index < 0) return curve.times.length > 0 ? estimateOf(1) : undefinedEstimate
  const survival = curve.survival[index]
  if (survival <= 0 || survival >= 1) return estimateOf(survival)
  const reach = (normalQuantile(of) * Math.sqrt(curve.greenwood[index])) / Math.abs(Math.log(survival))
  return estimateOf(survival, survival ** Math.exp(reach), survival ** Math.exp(-reach))
}

/** The risk 1 - S(t) with the same interval, ends exchanged. */
export const riskEstimate = (curve: StepCurve, at: number, of = level): Estimate => {
  const { value, low, high } = survivalEstimate(curve, at, of)
  return value === null
    ? undefinedEstimate
    : { value: 1 - value, low: high === null ? null : 1 - high, high: low === null ? null : 1 - low }
}
