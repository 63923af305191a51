import { invalidInput } from '../../../contract/errors.ts'
import { checkTimes } from '../../cohort/curves/times.ts'
import type { Outcome } from '../../cohort/matrix.ts'
import type { ForestTarget } from './forestTask.ts'
import type { SurvivalTarget } from './logRank.ts'

/** Step times kept at most; beyond, events are booked at the next of this many quantiles of the event times. */
const mostTimes = 2048

/** Throws `invalidInput` where trees cannot learn from an outcome. */
export const checkOutcome = (outcome: Outcome, rows: number, weights?: Float64Array): void => {
  const counts = (row: number) => !weights || weights[row] > 0
  const length = outcome.task === 'survival' ? outcome.time.length : outcome.y.length
  if (length !== rows) throw invalidInput('outcomeLength', { outcomes: length, rows })
  if (weights && !weights.some((weight) => weight > 0)) throw invalidInput('noWeight')
  if (outcome.task === 'diagnosis') {
    const { classes, y } = outcome
    if (classes.length > 255) throw invalidInput('tooManyClasses', { classes: classes.length })
    const present = new Set<number>()
    for (let row = 0; row < rows; row++) {
      if (!(y[row] >= 0 && y[row] < classes.length)) throw invalidInput('classMissing')
      if (counts(row)) present.add(y[row])
    }
    if (present.size < 2) throw invalidInput('oneClass', { class: classes[[...present][0]] ?? '–' })
  } else if (outcome.task === 'regression') {
    if (!outcome.y.every((value) => Number.isFinite(value))) throw invalidInput('badOutcome')
  } else {
    if (outcome.event.length !== rows) throw invalidInput('outcomeLength', { outcomes: outcome.event.length, rows })
    if (!outcome.time.every((time) => Number.isFinite(time) && time >= 0)) throw invalidInput('timeMissing')
    if (outcome.entry) checkTimes('Trees', outcome.time, outcome.event, outcome.entry)
    if (!outcome.event.some((event, row) => event === 1 && counts(row))) throw invalidInput('noEvents')
  }
}

/** How splits are judged where competing events end follow-up. */
export type CompetingRule = 'gray' | 'causeSpecific'

/**
 * An outcome as trees take it, on shared memory. Survival rows are put in ascending order of time (`order[position]` is
 * the row), so that every node's rows are too; `times` are the step times of the forest's curves. Under the rule `gray`
 * rows with a competing event stay at risk to the last time, as in the subdistribution (Ishwaran et al. 2014); under
 * `causeSpecific` they are censored in splits. Leaves count them as what they are under both.
 */
export const targetOf = (
  outcome: Outcome,
  weights: Float64Array | null,
  rule: CompetingRule = 'gray',
): { target: ForestTarget; order: Int32Array | null; times: Float64Array | null } => {
  if (outcome.task === 'diagnosis') {
    const y = new Uint8Array(new SharedArrayBuffer(outcome.y.length))
    y.set(outcome.y)
    return { target: { task: 'diagnosis', classes: outcome.classes.length, y }, order: null, times: null }
  }
  if (outcome.task === 'regression') {
    const y = new Float64Array(new SharedArrayBuffer(outcome.y.length * 8))
    y.set(outcome.y)
    return { target: { task: 'regression', y }, order: null, times: null }
  }
  const rows = outcome.time.length
  const order = new Int32Array(new SharedArrayBuffer(rows * 4))
  for (let row = 0; row < rows; row++) order[row] = row
  const { competing } = outcome
  let end = 0
  for (let row = 0; row < rows; row++) end = Math.max(end, outcome.time[row])
  const timeOf = (row: number) => (rule === 'gray' && competing?.[row] === 1 ? end : outcome.time[row])
  order.sort((a, b) => timeOf(a) - timeOf(b) || a - b)

  const time = new Int32Array(new SharedArrayBuffer(rows * 4))
  const event = new Uint8Array(new SharedArrayBuffer(rows))
  const weightOf = (position: number) => (weights ? weights[order[position]] : 1)
  const distinct: number[] = []
  const events: number[] = []
  const leaving: number[] = []
  for (let position = 0; position < rows; position++) {
    const now = timeOf(order[position])
    if (distinct.length === 0 || distinct[distinct.length - 1] !== now) {
      distinct.push(now)
      events.push(0)
      leaving.push(0)
    }
    const rank = distinct.length - 1
    time[position] = rank
    event[position] = outcome.event[order[position]] === 1 ? 1 : 0
    if (event[position] === 1) events[rank] += weightOf(position)
    leaving[rank] += weightOf(position)
  }

  const slot = new Uint16Array(new SharedArrayBuffer(distinct.length * 2))
  const times: number[] = []
  const atRisk: number[] = []
  const steps = gridOf(events)
  let followed = leaving.reduce((sum, weight) => sum + weight, 0)
  for (let rank = 0; rank < distinct.length; rank++) {
    slot[rank] = Math.min(times.length, 0xffff)
    if (steps[rank]) {
      times.push(distinct[rank])
      atRisk.push(followed)
    }
    followed -= leaving[rank]
  }
  if (!competing)
    return {
      target: { task: 'survival', time, event, slot, atRisk: Float64Array.from(atRisk) },
      order,
      times: Float64Array.from(times),
    }
  const last = times[times.length - 1]
  return {
    target: {
      task: 'survival',
      time,
      event,
      slot,
      atRisk: Float64Array.from(times, (at) => last - at),
      competing: competingOf(outcome.time, event, competing, order),
    },
    order,
    times: Float64Array.from(times),
  }
}

/** Ranks of the rows' own times and their causes, by position. */
const competingOf = (
  time: Float64Array,
  event: Uint8Array,
  competing: Uint8Array,
  order: Int32Array,
): NonNullable<SurvivalTarget['competing']> => {
  const distinct = [...new Set(time)].sort((a, b) => a - b)
  const rank = new Map(distinct.map((at, index) => [at, index]))
  const own = new Int32Array(new SharedArrayBuffer(order.length * 4))
  const cause = new Uint8Array(new SharedArrayBuffer(order.length))
  for (let position = 0; position < order.length; position++) {
    own[position] = rank.get(time[order[position]]) as number
    cause[position] = event[position] === 1 ? 1 : competing[order[position]] === 1 ? 2 : 0
  }
  return { time: own, cause }
}

/**
 * Which distinct times are step times: all with events, or where there are too many the last of each equal share of
 * events.
 */
const gridOf = (events: number[]): boolean[] => {
  const withEvents = events.filter((weight) => weight > 0).length
  if (withEvents <= mostTimes) return events.map((weight) => weight > 0)
  const total = events.reduce((sum, weight) => sum + weight, 0)
  const last = events.findLastIndex((weight) => weight > 0)
  let seen = 0
  let taken = 0
  return events.map((weight, rank) => {
    seen += weight
    const due = weight > 0 && (rank === last || (taken < mostTimes - 1 && seen * mostTimes >= (taken + 1) * total))
    if (due) taken++
    return due
  })
}
