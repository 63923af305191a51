import type { Estimate } from '../../contract/values.ts'
import { aalenJohansen, sparedCurve } from '../cohort/curves/aalenJohansen.ts'
import { productLimit, type StepCurve, stepIndex } from '../cohort/curves/productLimit.ts'
import { criticalValue } from '../numbers/distributions.ts'
import { estimateOf, level, undefinedEstimate } from './intervals.ts'
import { orderOf } from './ranking.ts'

/**
 * Kaplan-Meier estimator. Those censored at the time of an event are still at risk at it. `order`: rows by ascending
 * time; `weights` may be bootstrap counts; `entry`: late entry.
 */
export const kaplanMeier = (
  time: ArrayLike<number>,
  event: ArrayLike<number>,
  order: ArrayLike<number> = orderOf(time),
  weights: ArrayLike<number> | null = null,
  entry: ArrayLike<number> | null = null,
): StepCurve => productLimit({ time, order, weights, entry, event: (row) => event[row] !== 0 })

/**
 * Kaplan-Meier estimator of staying uncensored, G(t): those with an event at a time are no longer at risk of being
 * censored at it (as survival::concordance and prodlim's reverse = TRUE). `event`: of any kind, competing ones among
 * them.
 */
export const censoringCurve = (
  time: ArrayLike<number>,
  event: ArrayLike<number>,
  order: ArrayLike<number> = orderOf(time),
): StepCurve => productLimit({ time, order, event: (row) => event[row] === 0, othersLeaveFirst: true })

/**
 * The share spared the event at each time: Kaplan-Meier, or, where `cause` says of each row 0 (censored), 1 (the event)
 * or 2 (a competing one), one less the Aalen-Johansen incidence of the event.
 */
export const sparedSteps = (
  time: ArrayLike<number>,
  event: ArrayLike<number>,
  cause: ArrayLike<number> | null,
  order: ArrayLike<number> = orderOf(time),
  weights: ArrayLike<number> | null = null,
  entry: ArrayLike<number> | null = null,
): StepCurve =>
  cause
    ? sparedCurve(aalenJohansen({ time, cause, order, weights, entry }))
    : kaplanMeier(time, event, order, weights, entry)

/** Standard error of S(t) by Greenwood; 0 before the first event, NaN once S is 0. */
export const standardErrorAt = (curve: StepCurve, at: number): number => {
  const index = stepIndex(curve.times, at)
  return index < 0 ? 0 : curve.survival[index] * Math.sqrt(curve.greenwood[index])
}

/**
 * S(t) with its log(-log) interval (Kalbfleisch & Prentice; R's conf.type = "log-log"), which stays within [0, 1].
 * Where nobody or everybody has had the event Greenwood's variance says nothing: the interval is then null.
 */
export const survivalEstimate = (curve: StepCurve, at: number, of = level): Estimate => {
  const index = stepIndex(curve.times, at)
  if (index < 0) return curve.times.length > 0 ? estimateOf(1) : undefinedEstimate
  const survival = curve.survival[index]
  if (survival <= 0 || survival >= 1) return estimateOf(survival)
  const reach = (criticalValue(of) * Math.sqrt(curve.greenwood[index])) / Math.abs(Math.log(survival))
  return estimateOf(survival, survival ** Math.exp(reach), survival ** Math.exp(-reach))
}

/** The risk 1 - S(t) with the same interval, ends exchanged. */
export const riskEstimate = (curve: StepCurve, at: number, of = level): Estimate => {
  const { value, low, high } = survivalEstimate(curve, at, of)
  return value === null
    ? undefinedEstimate
    : { value: 1 - value, low: high === null ? null : 1 - high, high: low === null ? null : 1 - low }
}
