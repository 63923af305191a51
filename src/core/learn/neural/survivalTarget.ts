import { invalidInput } from '../../../contract/errors.ts'
import { alignTimes, checkTimes } from '../../cohort/curves/times.ts'
import type { Outcome } from '../../cohort/matrix.ts'
import type { NetSettings } from './parameters.ts'
import type { Target } from './target.ts'

type Survival = Extract<Outcome, { task: 'survival' }>

export const survivalTarget = (
  outcome: Survival,
  weights: Float64Array | undefined,
  settings: NetSettings,
  learner: string,
): Target => {
  const { event, cluster } = outcome
  checkTimes(learner, outcome.time, event)
  if (!event.includes(1)) throw invalidInput('noEvents', { rows: event.length })
  const time = alignTimes(outcome.time)
  const common = { scale: 1, strata: event, events: event, ...(cluster ? { cluster } : {}) }
  if (settings.loss === 'cox') {
    const distinct = Array.from(new Set(time)).sort((a, b) => a - b)
    const rank = new Map(distinct.map((value, index) => [value, index]))
    return {
      ...common,
      loss: settings.ties,
      outputs: 1,
      targets: Float32Array.from(time, (value) => rank.get(value) ?? 0),
      outputBias: [0],
      shifts: [0],
      header: {},
    }
  }
  const cuts = cutsOf(time, event, weights, settings.intervals)
  const { targets, events } = intervalsOf(time, event, cuts)
  return {
    ...common,
    loss: 'logisticHazard',
    outputs: cuts.length,
    targets,
    events,
    outputBias: marginalLogits(targets, events, weights, cuts.length),
    shifts: new Array<number>(cuts.length).fill(0),
    header: { interpolation: settings.interpolation },
    arrays: { cuts },
  }
}

/**
 * Ends of at most `count` intervals, the first from 0: times at which the Kaplan-Meier curve has gone down by even
 * parts of its way (Kvamme & Borgan 2021), as pycox's `cuts_quantiles`; the last is the longest time.
 */
export const cutsOf = (
  time: Float64Array,
  event: Uint8Array,
  weights: Float64Array | undefined,
  count: number,
): Float64Array => {
  const order = Array.from(time.keys()).sort((a, b) => time[a] - time[b])
  let atRisk = 0
  for (let row = 0; row < time.length; row++) atRisk += weights ? weights[row] : 1
  const times: number[] = []
  const survival: number[] = []
  let curve = 1
  for (let from = 0; from < order.length; ) {
    let [to, died, left] = [from, 0, 0]
    for (; to < order.length && time[order[to]] === time[order[from]]; to++) {
      const weight = weights ? weights[order[to]] : 1
      left += weight
      if (event[order[to]]) died += weight
    }
    curve *= 1 - died / atRisk
    atRisk -= left
    times.push(time[order[from]])
    survival.push(curve)
    from = to
  }
  const least = survival[survival.length - 1]
  const cuts = new Set<number>()
  for (let k = 1; k <= count; k++) {
    const level = 1 - (k * (1 - least)) / count
    // The latest time at which the curve is not below the level.
    let at = -1
    while (at + 1 < times.length && survival[at + 1] >= level - 1e-12) at++
    const cut = k === count ? times[times.length - 1] : (times[at] ?? 0)
    if (cut > 0) cuts.add(cut)
  }
  return Float64Array.from(cuts).sort()
}

/**
 * Intervals each row lived through. An event belongs to the interval it fell in; a row censored within an interval
 * counts for those before it (pycox's `LabTransDiscreteTime`).
 */
export const intervalsOf = (time: Float64Array, event: Uint8Array, cuts: Float64Array) => {
  const targets = new Float32Array(time.length)
  for (let row = 0; row < time.length; row++) {
    let before = 0
    while (before < cuts.length && (event[row] ? cuts[before] < time[row] : cuts[before] <= time[row])) before++
    targets[row] = event[row] ? Math.min(before + 1, cuts.length) : before
  }
  return { targets, events: event }
}

/** Logit of each interval's hazard over all rows, half an event added, so that the first epochs are not spent on it. */
const marginalLogits = (
  targets: Float32Array,
  events: Uint8Array,
  weights: Float64Array | undefined,
  intervals: number,
): number[] => {
  const died = new Float64Array(intervals)
  const lived = new Float64Array(intervals)
  targets.forEach((target, row) => {
    const weight = weights ? weights[row] : 1
    for (let k = 0; k < target; k++) lived[k] += weight
    if (events[row]) died[target - 1] += weight
  })
  return Array.from(died, (count, k) => Math.log((count + 0.5) / (lived[k] - count + 0.5)))
}
