import { normalQuantile } from '../linear/distributions.ts'
import { alignTimes, checkTimes, stepAt } from './times.ts'

export type IntervalKind = 'log' | 'logLog' | 'plain'

/**
 * Kaplan & Meier (1958) estimate at every distinct time, events and censorings alike, as R's `survfit(Surv(time, event) ~ 1)`.
 * S is right-continuous: an event at t counts in S(t). Censored at t are at risk at t.
 */
export interface KaplanMeier {
  times: Float64Array
  atRisk: Float64Array
  events: Float64Array
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

/** `event`: 1 where the event was seen, 0 censored. `level` 0.95 and log intervals as R by default. */
export const kaplanMeier = (
  time: Float64Array,
  event: Uint8Array,
  { level = 0.95, interval = 'log' }: { level?: number; interval?: IntervalKind } = {},
): KaplanMeier => {
  checkTimes('Kaplan-Meier', time, event)
  const aligned = alignTimes(time)
  const order = Uint32Array.from(aligned.keys()).sort((a, b) => aligned[a] - aligned[b])
  const times: number[] = []
  const atRisk: number[] = []
  const events: number[] = []
  const censored: number[] = []
  for (let i = 0; i < order.length; ) {
    const now = aligned[order[i]]
    times.push(now)
    atRisk.push(order.length - i)
    let died = 0
    const from = i
    for (; i < order.length && aligned[order[i]] === now; i++) died += event[order[i]]
    events.push(died)
    censored.push(i - from - died)
  }
  const count = times.length
  const survival = new Float64Array(count)
  const logError = new Float64Array(count)
  const low = new Float64Array(count)
  const high = new Float64Array(count)
  const quantile = normalQuantile(0.5 + level / 2)
  let alive = 1
  let sum = 0
  let lastHigh = 1
  for (let i = 0; i < count; i++) {
    const n = atRisk[i]
    const d = events[i]
    alive *= (n - d) / n
    if (d > 0) sum += n === d ? Number.POSITIVE_INFINITY : d / (n * (n - d))
    survival[i] = alive
    logError[i] = Math.sqrt(sum)
    if (alive === 0) high[i] = lastHigh
    else {
      const [from, to] = survivalInterval(alive, logError[i], quantile, interval)
      low[i] = from
      high[i] = to
      lastHigh = to
    }
  }
  return {
    times: Float64Array.from(times),
    atRisk: Float64Array.from(atRisk),
    events: Float64Array.from(events),
    censored: Float64Array.from(censored),
    survival,
    logError,
    low,
    high,
    level,
    interval,
  }
}

/** Interval of a survival probability from the standard error of its logarithm, as R's `survfit_confint`; within 0 and 1. */
const survivalInterval = (
  survival: number,
  logError: number,
  quantile: number,
  kind: IntervalKind,
): [low: number, high: number] => {
  if (logError === 0) return [survival, survival]
  const half = quantile * logError
  if (kind === 'log') return [survival * Math.exp(-half), Math.min(1, survival * Math.exp(half))]
  if (kind === 'plain') return [Math.max(0, survival * (1 - half)), Math.min(1, survival * (1 + half))]
  const log = Math.log(survival)
  return [survival ** Math.exp(-half / log), survival ** Math.exp(half / log)]
}

/** S at a time: 1 before the first step, the last value after the last. */
export const survivalAt = ({ times, survival }: Pick<KaplanMeier, 'times' | 'survival'>, time: number): number => {
  const at = stepAt(times, time)
  return at < 0 ? 1 : survival[at]
}

/** Cases still under observation just before each time. */
export const numbersAtRisk = ({ times, atRisk }: KaplanMeier, at: ArrayLike<number>): Int32Array => {
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

/** Time by which `share` (0.5: median) have had the event, with the interval read off the curve's limits (Brookmeyer & Crowley). */
export const survivalQuantile = (
  curve: KaplanMeier,
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
export const restrictedMean = (curve: KaplanMeier, until: number): { value: number; standardError: number } => {
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
