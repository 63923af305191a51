import type { StudyDesignInput } from '../../../contract/design.ts'
import type { Task, TimeUnit } from '../../../contract/values.ts'
import { type Summary, suggestEvents, timeUnitOf } from '../../parts/suggest.ts'
import { type Concern, listed } from '../concern.ts'

/** What is foretold, and how much each case counts. */
export interface OutcomeDraft {
  task: Task
  target: string | null
  positive: string | null
  time: string | null
  timeUnit: TimeUnit
  event: string | null
  eventValues: string[]
  horizons: string
  /** Column of competing events; null: that of the event. */
  competingColumn: string | null
  competingValues: string[]
  entry: string | null
  strata: string | null
  from: string | null
  weights: string | null
}

const byRole = (columns: readonly Summary[], role: string) => columns.find(({ concept }) => concept.role === role)

/** Columns that can name a class: categories, yes/no, and numbers of few values. */
export const classColumns = (columns: readonly Summary[]): Summary[] =>
  columns.filter(
    ({ concept, counts }) =>
      concept.role !== 'patientKey' &&
      (concept.kind === 'category' ||
        concept.kind === 'boolean' ||
        ((concept.kind === 'integer' || concept.kind === 'number') && counts !== null && counts.length <= 12)),
  )

export const numberColumns = (columns: readonly Summary[]): Summary[] =>
  columns.filter(
    ({ concept }) => concept.role !== 'patientKey' && (concept.kind === 'number' || concept.kind === 'integer'),
  )

/** Times as typed (`365, 1096; 1826`); null where one is no positive number. */
export const horizonsOf = (text: string): number[] | null => {
  const times = listed(text).map(Number)
  return times.every((time) => Number.isFinite(time) && time > 0) ? times : null
}

/** Columns of the outcome, and those that are used for something else, which are never offered as features. */
export const outcomeColumns = (draft: OutcomeDraft): string[] => {
  const { task, target, time, event, weights, entry, strata, from, competingColumn } = draft
  const names = task === 'survival' ? [time, event, weights, entry, strata, from, competingColumn] : [target, weights]
  return names.filter((name) => name !== null)
}

export const outcome: Concern<
  OutcomeDraft,
  'target' | 'time' | 'event' | 'eventValues' | 'horizons' | 'competing',
  OutcomeDraft
> = {
  start({ task, columns }) {
    const time = byRole(columns, 'outcomeTime')
    const event = byRole(columns, 'outcomeEvent')
    const named = byRole(columns, 'outcome')
    const target =
      task === 'regression'
        ? numberColumns(columns).find((column) => column === named)
        : classColumns(columns).find((column) => column === (named ?? event))
    return {
      task,
      target: target?.concept.name ?? null,
      positive: null,
      time: time?.concept.name ?? null,
      timeUnit: timeUnitOf(time?.concept.unit ?? null),
      event: event?.concept.name ?? null,
      eventValues: event ? suggestEvents(event) : [],
      horizons: '',
      competingColumn: null,
      competingValues: [],
      entry: null,
      strata: null,
      from: null,
      weights: null,
    }
  },
  kept: ({ weights }) => ({ weights }),
  faults(draft, { reading }) {
    if (draft.task !== 'survival') return draft.target ? [] : ['target']
    const faults: ('time' | 'event' | 'eventValues' | 'horizons' | 'competing')[] = []
    if (!draft.time) faults.push('time')
    if (!draft.event) faults.push('event')
    else if (draft.eventValues.length === 0) faults.push('eventValues')
    if (horizonsOf(draft.horizons) === null) faults.push('horizons')
    if (reading.requires.includes('competing') && draft.competingValues.length === 0) faults.push('competing')
    return faults
  },
  design(draft) {
    const times = horizonsOf(draft.horizons) ?? []
    return {
      outcome: outcomeOf(draft),
      horizons: draft.task === 'survival' && times.length > 0 ? times : null,
      ...(draft.weights ? { weights: draft.weights } : {}),
    }
  },
}

const outcomeOf = (draft: OutcomeDraft): StudyDesignInput['outcome'] => {
  const { task, target, positive, time, timeUnit, event, eventValues } = draft
  if (task === 'diagnosis') return { task, target: target ?? '', positive }
  if (task === 'regression') return { task, target: target ?? '' }
  return {
    task,
    time: time ?? '',
    timeUnit,
    event: { column: event ?? '', values: eventValues },
    ...followUpOf(draft),
  }
}

/** What else may decide a follow-up. */
const followUpOf = ({ event, competingColumn, competingValues, entry, strata, from }: OutcomeDraft) => ({
  ...(competingValues.length > 0
    ? {
        competing: {
          ...(competingColumn && competingColumn !== event ? { column: competingColumn } : {}),
          values: competingValues,
        },
      }
    : {}),
  ...(entry ? { entry } : {}),
  ...(strata ? { strata } : {}),
  ...(from ? { from } : {}),
})

/** How many things are asked for in the folded part of the outcome, to say so on its fold. */
export const countOutcome = (draft: OutcomeDraft): number =>
  (draft.weights ? 1 : 0) + (draft.task === 'survival' ? Object.keys(followUpOf(draft)).length : 0)

/** Events (rarest class; cases) among the development rows, as far as the counts of the study tell. */
export const eventsOf = (
  draft: OutcomeDraft & { test: number },
  columns: readonly Summary[],
  rows: number,
): number | null => {
  const share = 1 - draft.test
  if (draft.task === 'regression') return Math.round(rows * share)
  const name = draft.task === 'survival' ? draft.event : draft.target
  const counts = columns.find(({ concept }) => concept.name === name)?.counts
  if (!counts || counts.length === 0) return null
  if (draft.task === 'survival') {
    const events = counts.filter(({ value }) => draft.eventValues.includes(value))
    return Math.round(events.reduce((sum, { count }) => sum + count, 0) * share)
  }
  return Math.round(Math.min(...counts.map(({ count }) => count)) * share)
}
