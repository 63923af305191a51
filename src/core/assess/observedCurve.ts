import { aalenJohansen, causesOf } from '../cohort/curves/aalenJohansen.ts'
import { productLimit } from '../cohort/curves/productLimit.ts'
import { alignTimes, alignWithEntry, checkTimes } from '../cohort/curves/times.ts'
import { criticalValue } from '../numbers/distributions.ts'

export type IntervalKind = 'log' | 'logLog' | 'plain'

/**
 * The observed curve of a cohort at every distinct time, events and censorings alike: Kaplan-Meier as R's
 * `survfit(Surv(time, event) ~ 1)`, or, where competing events are given, one less the Aalen-Johansen incidence of the
 * event. Right-continuous: an event at t counts in S(t). Censored at t are at risk at t.
 */
export interface ObservedCurve {
  times: Float64Array
  /** By weight, where there are weights. */
  atRisk: Float64Array
  events: Float64Array
  /** Competing events; all 0 where none are given. */
  competing: Float64Array
  censored: Float64Array
  survival: Float64Array
  /** Standard error of log S (Greenwood 1926): sqrt of the sum of d / (n (n - d)); infinite once S is 0. */
  logError: Float64Array
  /** Where S is 0 the interval is undefined (R: NA); here low is 0 and high stays as at the step before. */
  low: Float64Array
  high: Float64Array
  level: number
  interval: IntervalKind
}

interface Observed {
  time: Float64Array
  event: Uint8Array
  entry?: Float64Array
  competing?: Uint8Array
}

/** `event`: 1 where the event was seen, 0 otherwise. `level` 0.95 and log intervals as R by default. */
export const observedCurve = (
  { time, event, entry, competing }: Observed,
  {
    level = 0.95,
    interval = 'log',
    weights = null,
  }: { level?: number; interval?: IntervalKind; weights?: ArrayLike<number> | null } = {},
): ObservedCurve => {
  checkTimes('Kaplan-Meier', time, event, entry)
  const [aligned, entered] = entry ? alignWithEntry(time, entry) : [alignTimes(time), null]
  const rival = competing?.some((one) => one === 1) ? competing : null
  const made = rival
    ? incidenceCurve(aligned, event, rival, entered, weights, level, interval)
    : kaplanMeierCurve(aligned, event, entered, weights, level, interval)
  return { ...made, level, interval }
}

type Made = Omit<ObservedCurve, 'level' | 'interval'>

const kaplanMeierCurve = (
  time: Float64Array,
  event: Uint8Array,
  entry: Float64Array | null,
  weights: ArrayLike<number> | null,
  level: number,
  interval: IntervalKind,
): Made => {
  const curve = productLimit({ time, entry, weights, event: (row) => event[row] === 1 })
  const { times, survival } = curve
  const count = times.length
  const logError = curve.greenwood.map(Math.sqrt)
  const low = new Float64Array(count)
  const high = new Float64Array(count)
  const quantile = criticalValue(level)
  let lastHigh = 1
  for (let i = 0; i < count; i++) {
    if (survival[i] === 0) {
      high[i] = lastHigh
      continue
    }
    const [from, to] = shareInterval(survival[i], logError[i], quantile, interval)
    low[i] = from
    high[i] = to
    lastHigh = to
  }
  return {
    times,
    atRisk: curve.atRisk,
    events: curve.events,
    competing: new Float64Array(count),
    censored: curve.others,
    survival,
    logError,
    low,
    high,
  }
}

/** Intervals are those of the incidence itself, as `survfit` on several states and prodlim give them, turned over. */
const incidenceCurve = (
  time: Float64Array,
  event: Uint8Array,
  competing: Uint8Array,
  entry: Float64Array | null,
  weights: ArrayLike<number> | null,
  level: number,
  interval: IntervalKind,
): Made => {
  const cause = causesOf(event, competing)
  const curve = aalenJohansen({ time, cause, entry, weights })
  const { times, incidence, variance, events, anyEvents } = curve
  const left = productLimit({ time, entry, weights, event: (row) => cause[row] > 0 })
  const quantile = criticalValue(level)
  const low = new Float64Array(times.length)
  const high = new Float64Array(times.length)
  incidence.forEach((value, i) => {
    const [from, to] = value > 0 ? shareInterval(value, Math.sqrt(variance[i]) / value, quantile, interval) : [0, 0]
    low[i] = 1 - to
    high[i] = 1 - from
  })
  return {
    times,
    atRisk: curve.atRisk,
    events,
    competing: anyEvents.map((any, i) => any - events[i]),
    censored: left.others,
    survival: incidence.map((value) => 1 - value),
    logError: variance.map((value, i) => Math.sqrt(value) / (1 - incidence[i])),
    low,
    high,
  }
}

/** Interval of a probability from the standard error of its logarithm, as R's `survfit_confint`; within 0 and 1. */
const shareInterval = (
  share: number,
  logError: number,
  quantile: number,
  kind: IntervalKind,
): [low: number, high: number] => {
  if (logError === 0) return [share, share]
  const half = quantile * logError
  if (kind === 'log') return [share * Math.exp(-half), Math.min(1, share * Math.exp(half))]
  if (kind === 'plain') return [Math.max(0, share * (1 - half)), Math.min(1, share * (1 + half))]
  const log = Math.log(share)
  return [share ** Math.exp(-half / log), share ** Math.exp(half / log)]
}

/** Cases still under observation just before each time. */
export const numbersAtRisk = ({ times, atRisk }: ObservedCurve, at: ArrayLike<number>): Int32Array => {
  const result = new Int32Array(at.length)
  for (let i = 0; i < at.length; i++) {
    let low = 0
    let high = times.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (times[middle] < at[i]) low = middle + 1
      else high = middle
    }
    result[i] = low < times.length ? atRisk[low] : 0
  }
  return result
}

/**
 * First time at which a curve is at or below 1 - `share`; the middle of the flat piece where it lies exactly there, as
 * R does. Null where the curve stays above: not reached within follow-up.
 */
export const timeAtSurvival = (times: ArrayLike<number>, curve: ArrayLike<number>, share: number): number | null => {
  const tolerance = 2 ** -26
  const target = 1 - share
  for (let i = 0; i < times.length; i++) {
    if (!(curve[i] < target + tolerance)) continue
    if (Math.abs(curve[i] - target) < tolerance)
      for (let j = i + 1; j < times.length; j++) if (curve[j] < curve[i]) return (times[i] + times[j]) / 2
    return times[i]
  }
  return null
}

/**
 * Time by which `share` (0.5: median) have had the event, with the interval read off the curve's limits (Brookmeyer &
 * Crowley).
 */
export const survivalQuantile = (
  curve: ObservedCurve,
  share = 0.5,
): { value: number | null; low: number | null; high: number | null } => {
  // Where S is 0 R has no limits; the steps there say nothing about the interval.
  let known = curve.times.length
  while (known > 0 && curve.survival[known - 1] === 0) known--
  const times = curve.times.subarray(0, known)
  return {
    value: timeAtSurvival(curve.times, curve.survival, share),
    low: timeAtSurvival(times, curve.low.subarray(0, known), share),
    high: timeAtSurvival(times, curve.high.subarray(0, known), share),
  }
}

/** Mean time lived up to `until`, with its standard error, as R's `print(survfit, rmean = until)`. */
export const restrictedMean = (curve: ObservedCurve, until: number): { value: number; standardError: number } => {
  const { times, survival, atRisk, events } = curve
  let last = 0
  while (last < times.length && times[last] <= until) last++
  let area = 0
  let variance = 0
  // From the end: the area to the right of each step weighs its Greenwood term.
  for (let i = last - 1; i >= 0; i--) {
    const end = i === last - 1 ? until : times[i + 1]
    area += (end - times[i]) * survival[i]
    const n = atRisk[i]
    const d = events[i]
    if (n > d) variance += (area * area * d) / (n * (n - d))
  }
  return { value: area + (last > 0 ? times[0] : until), standardError: Math.sqrt(variance) }
}
