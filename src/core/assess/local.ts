import type { Estimate } from '../../contract/values.ts'
import { causesOf } from '../cohort/curves/aalenJohansen.ts'
import { type StepCurve, survivalAt } from '../cohort/curves/productLimit.ts'
import { criticalValue } from '../numbers/distributions.ts'
import { level, wilson } from './intervals.ts'
import { sparedSteps, standardErrorAt, survivalEstimate } from './kaplanMeier.ts'
import { orderOf } from './ranking.ts'

/** What became of the held-out cases whose prediction was nearest to this one. */
export interface Local {
  /** Least, greatest and mean prediction among them. */
  predictedLow: number
  predictedHigh: number
  predicted: number
  /** Share with the event (by the horizon), with interval. */
  observed: Estimate
  n: number
  events: number
}

/** How many neighbours: a tenth of the cases, at least 50 and at most 500, never more than there are. */
const neighbourCount = (rows: number): number => Math.min(rows, Math.max(50, Math.min(500, Math.round(rows / 10))))

/**
 * "Patients like this one" for a class: the observed frequency, with Wilson's interval, among the `k` held-out (or
 * out-of-fold) cases whose predicted probability is nearest. `isCase[i]` 1 for the class. Null without any.
 */
export const localFrequency = (
  prediction: number,
  predictions: ArrayLike<number>,
  isCase: ArrayLike<number>,
  k = neighbourCount(predictions.length),
  of = level,
): Local | null => {
  const rows = nearest(prediction, predictions, k)
  if (rows.length === 0) return null
  let events = 0
  for (const row of rows) events += isCase[row] ? 1 : 0
  return { ...rangeOf(rows, predictions), observed: wilson(events, rows.length, of), n: rows.length, events }
}

/**
 * "Patients like this one" for survival: Kaplan-Meier's curve with its log(-log) Greenwood band at `times` among the
 * `k` held-out cases whose predicted risk is nearest, and the risk by the horizon; under competing events
 * Aalen-Johansen's. Where a band is not defined (nobody or everybody had the event) it runs to the limit of a share of
 * the same size.
 */
export const localSurvival = (
  prediction: number,
  predictions: ArrayLike<number>,
  time: ArrayLike<number>,
  event: ArrayLike<number>,
  times: ArrayLike<number>,
  horizon: number,
  k = neighbourCount(predictions.length),
  of = level,
  ended: Ended = {},
): (Local & { survival: Float64Array; low: Float64Array; high: Float64Array }) | null => {
  const rows = nearest(prediction, predictions, k)
  if (rows.length === 0) return null
  const curve = curveOf(rows, time, event, ended)
  const survival = new Float64Array(times.length)
  const low = new Float64Array(times.length)
  const high = new Float64Array(times.length)
  for (let i = 0; i < times.length; i++) {
    const at = bandAt(curve, times[i], rows.length, of)
    survival[i] = at.value
    low[i] = at.low
    high[i] = at.high
  }
  let events = 0
  for (const row of rows) if (event[row] && time[row] <= horizon) events++
  const at = bandAt(curve, horizon, rows.length, of)
  const observed = { value: 1 - at.value, low: 1 - at.high, high: 1 - at.low }
  return { ...rangeOf(rows, predictions), observed, n: rows.length, events, survival, low, high }
}

/**
 * Measured coverage of these intervals. The cases, in order of their prediction, are cut into blocks of the most alike;
 * for each block the interval comes from its k nearest neighbours outside and is asked whether it holds the frequency
 * seen inside. That frequency is a sample too, so the score test of two equal shares, at the interval's level, stands
 * for the
 * question: where neighbours are alike, the share of blocks that agree is the level; where k neighbours reach too far,
 * it falls. The coverage's own interval counts each block once. Null with fewer than 10 blocks.
 */
export const frequencyCoverage = (
  predictions: ArrayLike<number>,
  isCase: ArrayLike<number>,
  k = neighbourCount(predictions.length),
  of = level,
): Estimate | null => {
  const z = criticalValue(of)
  return agreement(predictions, k, (block, neighbours) => {
    const count = (rows: Uint32Array) => rows.reduce((sum, row) => sum + (isCase[row] ? 1 : 0), 0)
    const [a, b] = [count(block), count(neighbours)]
    const pooled = (a + b) / (block.length + neighbours.length)
    const error = Math.sqrt(pooled * (1 - pooled) * (1 / block.length + 1 / neighbours.length))
    return Math.abs(a / block.length - b / neighbours.length) <= z * error + 1e-12
  })
}

/** As `frequencyCoverage`, for the Kaplan-Meier risk by the horizon, with Greenwood's variances. */
export const survivalCoverage = (
  predictions: ArrayLike<number>,
  time: ArrayLike<number>,
  event: ArrayLike<number>,
  horizon: number,
  k = neighbourCount(predictions.length),
  of = level,
  ended: Ended = {},
): Estimate | null => {
  const z = criticalValue(of)
  return agreement(predictions, k, (block, neighbours) => {
    const [a, b] = [curveOf(block, time, event, ended), curveOf(neighbours, time, event, ended)]
    const difference = survivalAt(a, horizon) - survivalAt(b, horizon)
    const far = standardErrorAt(b, horizon) || 0
    // A block in which nobody (or everybody) had the event has no variance of its own: its size with the neighbours'
    // has.
    const near = standardErrorAt(a, horizon) || far * Math.sqrt(neighbours.length / block.length)
    return Math.abs(difference) <= z * Math.hypot(near, far) + 1e-12
  })
}

const agreement = (
  predictions: ArrayLike<number>,
  k: number,
  agree: (block: Uint32Array, neighbours: Uint32Array) => boolean,
): Estimate | null => {
  const order = orderOf(predictions)
  const rows = order.length
  const size = Math.max(20, Math.round(k / 4))
  const blocks = Math.floor(rows / size)
  if (blocks < 10) return null
  const around = Math.min(k, rows - size)
  let agreed = 0
  for (let block = 0; block < blocks; block++) {
    const start = block * size
    const centre = predictions[order[start + (size >> 1)]]
    let [below, above] = [start, start + size]
    while (below > 0 || above < rows) {
      if (start - below + above - start - size >= around) break
      const left = below > 0 ? centre - predictions[order[below - 1]] : Number.POSITIVE_INFINITY
      const right = above < rows ? predictions[order[above]] - centre : Number.POSITIVE_INFINITY
      if (left < right) below--
      else above++
    }
    const neighbours = new Uint32Array(around)
    neighbours.set(order.subarray(below, start))
    neighbours.set(order.subarray(start + size, above), start - below)
    if (agree(order.subarray(start, start + size), neighbours)) agreed++
  }
  return wilson(agreed, blocks)
}

/** Rows of the k nearest predictions, ties by row. */
const nearest = (prediction: number, predictions: ArrayLike<number>, k: number): Uint32Array => {
  const distance = Float64Array.from(predictions, (one) => Math.abs(one - prediction))
  return orderOf(distance).subarray(0, k)
}

const rangeOf = (rows: Uint32Array, predictions: ArrayLike<number>) => {
  let [low, high, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
  for (const row of rows) {
    low = Math.min(low, predictions[row])
    high = Math.max(high, predictions[row])
    sum += predictions[row]
  }
  return { predictedLow: low, predictedHigh: high, predicted: sum / rows.length }
}

/** How follow-up ended other than by the event or by censoring, and whether it began late. */
interface Ended {
  competing?: ArrayLike<number>
  entry?: ArrayLike<number>
}

const curveOf = (
  rows: Uint32Array,
  time: ArrayLike<number>,
  event: ArrayLike<number>,
  { competing, entry }: Ended,
): StepCurve =>
  sparedSteps(
    time,
    event,
    competing ? causesOf(event, competing) : null,
    Uint32Array.from(rows).sort((a, b) => time[a] - time[b]),
    null,
    entry ?? null,
  )

const bandAt = (curve: StepCurve, at: number, n: number, of: number) => {
  const { value, low, high } = survivalEstimate(curve, at, of)
  const survival = value ?? 1
  const limit = 1 - ((1 - of) / 2) ** (1 / n)
  return { value: survival, low: low ?? (survival >= 1 ? 1 - limit : 0), high: high ?? (survival >= 1 ? 1 : limit) }
}
