import type { MissingPolicy, StudyDesignInput } from '../../contract/design.ts'
import type { LearnerInput, Parameter } from '../../contract/models.ts'
import type { Concept, Task, TimeUnit } from '../../contract/values.ts'
import { candidates, type Summary, suggestEvents, suggestTask, timeUnitOf } from '../parts/suggest.ts'
import { columnsBeside, type More, type MoreFault, moreDesign, moreFaults, noMore } from './more.ts'

/** The train form as it stands; `designOf` makes the study design of it. */
export interface Draft extends More {
  name: string
  task: Task
  target: string | null
  positive: string | null
  time: string | null
  timeUnit: TimeUnit
  event: string | null
  eventValues: string[]
  horizons: string
  learner: string
  parameters: Record<string, number | string | boolean>
  /** Columns left out of those offered. */
  excluded: string[]
  missing: MissingPolicy | null
  test: number
  split: 'random' | 'stratified' | 'time' | 'site'
  splitColumn: string | null
  folds: number
  seed: number
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

/** Where the form starts: what the dictionary suggests. */
export const draftFor = (
  columns: readonly Summary[],
  learners: readonly { id: string; tasks: readonly Task[]; comparator: readonly Task[] }[],
  task: Task = suggestTask(columns),
): Draft => {
  const time = byRole(columns, 'outcomeTime')
  const event = byRole(columns, 'outcomeEvent')
  const outcome = byRole(columns, 'outcome') ?? event
  const target =
    task === 'regression'
      ? numberColumns(columns).find((column) => column === byRole(columns, 'outcome'))
      : classColumns(columns).find((column) => column === outcome)
  const fitting = learners.filter((learner) => learner.tasks.includes(task))
  return {
    ...noMore(),
    name: '',
    task,
    target: target?.concept.name ?? null,
    positive: null,
    time: time?.concept.name ?? null,
    timeUnit: timeUnitOf(time?.concept.unit ?? null),
    event: event?.concept.name ?? null,
    eventValues: event ? suggestEvents(event) : [],
    horizons: '',
    learner: (fitting.find(({ comparator }) => comparator.includes(task)) ?? fitting[0])?.id ?? '',
    parameters: {},
    excluded: [],
    missing: null,
    test: 0.25,
    split: 'stratified',
    splitColumn: null,
    folds: 5,
    seed: 1,
  }
}

/** Columns of the outcome, and those that are used for something else, which are never offered as features. */
export const outcomeColumns = (draft: Draft): string[] => [
  ...(draft.task === 'survival' ? [draft.time, draft.event] : [draft.target]).filter((name) => name !== null),
  ...columnsBeside(draft, draft.task),
]

/** Times as typed (`365, 1096; 1826`); null where one is no positive number. */
export const horizonsOf = (text: string): number[] | null => {
  const parts = text.split(/[\s,;，；、]+/).filter(Boolean)
  const times = parts.map(Number)
  return times.every((time) => Number.isFinite(time) && time > 0) ? times : null
}

export type Fault =
  | MoreFault
  | 'target'
  | 'time'
  | 'event'
  | 'eventValues'
  | 'learner'
  | 'features'
  | 'splitColumn'
  | 'horizons'

/** What a learner reads of a design; nothing beyond features unless said. */
export interface Reading {
  reads: readonly LearnerInput[]
  requires: readonly LearnerInput[]
}
const features: Reading = { reads: [], requires: [] }

/** `concepts`: those that can be measured more than once come besides the columns. */
export const faultsOf = (
  draft: Draft,
  columns: readonly Summary[],
  reading: Reading = features,
  concepts: readonly Concept[] = columns.map(({ concept }) => concept),
): Fault[] => {
  const faults: Fault[] = []
  if (draft.task === 'survival') {
    if (!draft.time) faults.push('time')
    if (!draft.event) faults.push('event')
    else if (draft.eventValues.length === 0) faults.push('eventValues')
    if (horizonsOf(draft.horizons) === null) faults.push('horizons')
  } else if (!draft.target) faults.push('target')
  if (!draft.learner) faults.push('learner')
  const offered = candidates(columns, outcomeColumns(draft))
  const reads = (input: LearnerInput) => reading.reads.includes(input)
  const otherwise =
    draft.summaries.length > 0 ||
    (reads('sequences') && draft.channels.length > 0) ||
    (reads('grids') && draft.grids !== null)
  if (!otherwise && !offered.some(({ concept }) => !draft.excluded.includes(concept.name))) faults.push('features')
  if ((draft.split === 'time' || draft.split === 'site') && !draft.splitColumn) faults.push('splitColumn')
  return [...faults, ...moreFaults(draft, draft.task, concepts, reading)]
}

/**
 * The design the form stands for. What the dictionary already leaves out is left to the core; what was unticked by hand is
 * named in `exclude`. Parameters at their default are left out.
 */
export const designOf = (
  draft: Draft,
  study: string,
  parameters: readonly Parameter[],
  { reads }: Reading = features,
): StudyDesignInput => {
  const times = horizonsOf(draft.horizons) ?? []
  const changed = Object.fromEntries(
    parameters
      .filter(({ name, default: value }) => draft.parameters[name] !== undefined && draft.parameters[name] !== value)
      .map(({ name }) => [name, draft.parameters[name]!]),
  )
  const { task } = draft
  const more = moreDesign(draft, task, draft.event, reads)
  return {
    version: 1,
    name: draft.name.trim(),
    study,
    ...more.design,
    outcome:
      task === 'survival'
        ? {
            task,
            time: draft.time ?? '',
            timeUnit: draft.timeUnit,
            event: { column: draft.event ?? '', values: draft.eventValues },
            ...more.outcome,
          }
        : task === 'diagnosis'
          ? { task, target: draft.target ?? '', positive: draft.positive }
          : { task, target: draft.target ?? '' },
    horizons: task === 'survival' && times.length > 0 ? times : null,
    features: null,
    exclude: draft.excluded.filter((name) => !outcomeColumns(draft).includes(name)),
    preparation: { missing: draft.missing, ...more.preparation },
    learner: draft.learner,
    parameters: changed,
    validation: {
      test: draft.test,
      split: draft.split,
      splitColumn: draft.split === 'time' || draft.split === 'site' ? draft.splitColumn : null,
      folds: draft.folds,
    },
    seed: draft.seed,
  }
}

/** Events (rarest class; cases) among the development rows, as far as the counts of the study tell. */
export const eventsOf = (draft: Draft, columns: readonly Summary[], rows: number): number | null => {
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
