import type { StudyDesignInput } from '../../contract/design.ts'
import type { Parameter } from '../../contract/models.ts'
import type { Concept, Task } from '../../contract/values.ts'
import { type Summary, suggestTask } from '../parts/suggest.ts'
import { cases } from './cases/draft.ts'
import type { Concern, Judged, Reading, Start } from './concern.ts'
import { features } from './features/draft.ts'
import { history } from './history/draft.ts'
import { learner } from './learner/draft.ts'
import { outcome } from './outcome/draft.ts'
import { preparation } from './preparation/draft.ts'
import { terms } from './terms/draft.ts'
import { tuning } from './tuning/draft.ts'
import { validation } from './validation/draft.ts'

/** All that a design is made of, in the order in which faults are told. */
const concerns = [outcome, learner, features, validation, cases, preparation, terms, history, tuning] as const

type Parts = ReturnType<(typeof concerns)[number]['start']>
type Whole<Union> = (Union extends unknown ? (part: Union) => void : never) extends (part: infer All) => void
  ? All
  : never

/** The train form as it stands; `designOf` makes the study design of it. */
export type Draft = { name: string } & Whole<Parts>
export type Fault = ReturnType<NonNullable<(typeof concerns)[number]['faults']>>[number]

const every: readonly Concern<object, Fault, Draft>[] = concerns

const merged = <T extends object>(parts: readonly Partial<T>[]): T => Object.assign({}, ...parts)

/** Where the form starts: what the dictionary suggests. */
export const draftFor = (
  columns: readonly Summary[],
  learners: Start['learners'],
  task: Task = suggestTask(columns),
): Draft => merged<Draft>([{ name: '' }, ...every.map(({ start }) => start({ task, columns, learners }))])

/** What stays of a draft when another task is chosen: whatever does not speak of the outcome. */
export const keptOf = (draft: Draft): Partial<Draft> =>
  merged<Partial<Draft>>([{ name: draft.name }, ...every.map(({ kept }) => kept?.(draft) ?? {})])

const featuresAlone: Reading = { reads: [], requires: [] }

/** `concepts`: those that can be measured more than once come besides the columns. */
export const faultsOf = (
  draft: Draft,
  columns: readonly Summary[],
  reading: Reading = featuresAlone,
  concepts: readonly Concept[] = columns.map(({ concept }) => concept),
): Fault[] => {
  const judged: Judged = { columns, concepts, reading }
  return every.flatMap(({ faults }) => faults?.(draft, judged) ?? [])
}

/** The design the form stands for. */
export const designOf = (
  draft: Draft,
  study: string,
  parameters: readonly Parameter[],
  { reads }: Reading = featuresAlone,
): StudyDesignInput =>
  merged<StudyDesignInput>([
    { version: 1, name: draft.name.trim(), study },
    ...every.map(({ design }) => design(draft, { parameters, reads })),
  ])
