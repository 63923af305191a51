import { invalidInput } from '../../../contract/errors.ts'
import type { Outcome } from '../../cohort/matrix.ts'
import type { ForestTarget } from './forestTask.ts'

/** Step times kept at most; beyond, events are booked at the next of this many quantiles of the event times. */
export const mostTimes = 2048

/** Throws `invalidInput` where trees cannot learn from an outcome. */
export const checkOutcome = (outcome: Outcome, rows: number, weights?: Float64Array): void => {
  const counts = (row: number) => !weights || weights[row] > 0
  const length = outcome.task === 'survival' ? outcome.time.length : outcome.y.length
  if (length !== rows)
    throw invalidInput('outcomeLength', `There are ${length} outcomes for ${rows} rows; give one per row.`)
  if (weights && !weights.some((weight) => weight > 0))
    throw invalidInput('noRows', 'All rows have weight zero; give at least one a weight.')
  if (outcome.task === 'diagnosis') {
    const { classes, y } = outcome
    if (classes.length > 255)
      throw invalidInput(
        'tooManyClasses',
        `A forest tells at most 255 classes apart, not ${classes.length}; group them.`,
      )
    const present = new Set<number>()
    for (let row = 0; row < rows; row++) {
      if (!(y[row] >= 0 && y[row] < classes.length))
        throw invalidInput('badOutcome', 'A row has no class; leave rows of unknown outcome out.')
      if (counts(row)) present.add(y[row])
    }
    if (present.size < 2) {
      const name = classes[[...present][0]]
      throw invalidInput(
        'oneClass',
        `All rows are of one class (${name}); a diagnosis needs at least two to learn from.`,
      )
    }
  } else if (outcome.task === 'regression') {
    if (!outcome.y.every((value) => Number.isFinite(value)))
      throw invalidInput('badOutcome', 'A row has no value to learn; leave rows of unknown outcome out.')
  } else {
    if (outcome.event.length !== rows)
      throw invalidInput(
        'outcomeLength',
        `There are ${outcome.event.length} event marks for ${rows} rows; give one per row.`,
      )
    if (!outcome.time.every((time) => Number.isFinite(time) && time >= 0))
      throw invalidInput('badOutcome', 'A row has no follow-up time or a negative one; correct it or leave it out.')
    if (!outcome.event.some((event, row) => event === 1 && counts(row)))
      throw invalidInput('noEvents', 'No patient had the event; survival cannot be learned without any.')
  }
}

/**
 * An outcome as trees take it, on shared memory. Survival rows are put in ascending order of time (`order[position]` is the
 * row), so that every node's rows are too; `times` are the step times of the forest's curves.
 */
export const targetOf = (
  outcome: Outcome,
  weights: Float64Array | null,
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
  order.sort((a, b) => outcome.time[a] - outcome.time[b] || a - b)

  const time = new Int32Array(new SharedArrayBuffer(rows * 4))
  const event = new Uint8Array(new SharedArrayBuffer(rows))
  const weightOf = (position: number) => (weights ? weights[order[position]] : 1)
  const distinct: number[] = []
  const events: number[] = []
  const leaving: number[] = []
  for (let position = 0; position < rows; position++) {
    const now = outcome.time[order[position]]
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
  return {
    target: { task: 'survival', time, event, slot, atRisk: Float64Array.from(atRisk) },
    order,
    times: Float64Array.from(times),
  }
}

/** Which distinct times are step times: all with events, or where there are too many the last of each equal share of events. */
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
