import {
  type GridsDesign,
  type PreparationDesign,
  PreparationDesignSchema,
  type StudyDesignInput,
  type SummaryDesign,
  type TuningDesign,
  TuningDesignSchema,
} from '../../contract/design.ts'
import type { LearnerInput } from '../../contract/models.ts'
import type { Concept, Task } from '../../contract/values.ts'

type Filter = NonNullable<StudyDesignInput['filters']>[number]
export type FilterOp = Filter['op']

/** A condition as it stands in the form; its value is text until the design is made. */
export interface FilterDraft {
  column: string | null
  op: FilterOp
  value: string
}

export interface SplineDraft {
  column: string | null
  knots: number
}

/** What few designs need: all that the form keeps folded. Where nothing is asked, nothing of it is in the design. */
export interface More {
  filters: FilterDraft[]
  weights: string | null
  /** Column of competing events; null: that of the event. */
  competingColumn: string | null
  competingValues: string[]
  entry: string | null
  strata: string | null
  from: string | null
  /** All but `missing`, which stands with the features. */
  preparation: Omit<PreparationDesign, 'missing'>
  tuning: TuningDesign
  splines: SplineDraft[]
  interactions: [string | null, string | null][]
  summaries: (Omit<SummaryDesign, 'concept' | 'window'> & { concept: string | null; window: number | null })[]
  channels: string[]
  channelWindow: number | null
  caseTime: string | null
  grids: { height: number; width: number; channels: string; columns: string[] } | null
  /** Of small cohorts: whether a forest of another implementation is asked as well. */
  secondOpinion: boolean
}

const { missing: _, ...plainPreparation } = PreparationDesignSchema.parse({})

export const noMore = (): More => ({
  filters: [],
  weights: null,
  competingColumn: null,
  competingValues: [],
  entry: null,
  strata: null,
  from: null,
  preparation: structuredClone(plainPreparation),
  tuning: TuningDesignSchema.parse({}),
  splines: [],
  interactions: [],
  summaries: [],
  channels: [],
  channelWindow: null,
  caseTime: null,
  grids: null,
  secondOpinion: true,
})

/** What of it stays when another task is chosen: whatever does not speak of the outcome. */
export const keptMore = ({
  filters,
  weights,
  preparation,
  summaries,
  channels,
  channelWindow,
  caseTime,
  grids,
}: More) => ({
  filters,
  weights,
  preparation: { ...preparation, balance: 'none' as const },
  summaries,
  channels,
  channelWindow,
  caseTime,
  grids,
})

/** Largest study of which a second opinion is asked. */
export const mostForOpinion = 500

/** Columns that it names for something else than learning. */
export const columnsBeside = ({ weights, entry, strata, from, competingColumn }: More, task: Task): string[] =>
  [weights, ...(task === 'survival' ? [entry, strata, from, competingColumn] : [])].filter((name) => name !== null)

export type MoreFault =
  | 'filters'
  | 'splines'
  | 'interactions'
  | 'summaries'
  | 'channels'
  | 'competing'
  | 'grids'
  | 'space'

/**
 * What keeps it from being sent. `needs`: what the chosen learner refuses to do without.
 */
export const moreFaults = (
  more: More,
  task: Task,
  concepts: readonly Concept[],
  needs: { reads: readonly LearnerInput[]; requires: readonly LearnerInput[] },
): MoreFault[] => {
  const faults: MoreFault[] = []
  if (more.filters.some((filter) => !isWhole(filter, concepts))) faults.push('filters')
  const reads = (input: LearnerInput) => needs.reads.includes(input)
  if (reads('terms')) {
    const bent = more.splines.map(({ column }) => column)
    if (bent.includes(null) || new Set(bent).size < bent.length) faults.push('splines')
    if (more.interactions.some(([a, b]) => a === null || b === null || a === b)) faults.push('interactions')
  }
  if (more.summaries.some(({ concept }) => concept === null)) faults.push('summaries')
  if (needs.requires.includes('sequences') && more.channels.length === 0) faults.push('channels')
  if (task === 'survival' && needs.requires.includes('competing') && more.competingValues.length === 0)
    faults.push('competing')
  const { grids } = more
  if (
    grids &&
    reads('grids') &&
    grids.columns.length !== grids.height * grids.width * channelNames(grids.channels).length
  )
    faults.push('grids')
  const ranges = Object.values(more.tuning.space)
  if (more.tuning.method !== 'none' && ranges.some((range) => 'low' in range && !(range.low < range.high)))
    faults.push('space')
  return faults
}

export const isOrdered = (op: FilterOp): boolean => op === '<' || op === '<=' || op === '>' || op === '>='

/** Comparisons that a column has: only numbers have an order. */
export const opsOf = (concept: Concept | undefined): FilterOp[] =>
  concept && (concept.kind === 'number' || concept.kind === 'integer')
    ? ['=', '!=', '<', '<=', '>', '>=', 'known']
    : ['=', '!=', 'known']

const isWhole = ({ column, op, value }: FilterDraft, concepts: readonly Concept[]): boolean => {
  const concept = concepts.find(({ name }) => name === column)
  if (!concept || !opsOf(concept).includes(op)) return false
  if (op === 'known') return true
  if (value.trim() === '') return false
  return !isOrdered(op) || Number.isFinite(Number(value))
}

export const channelNames = (text: string): string[] => text.split(/[\s,;，；、]+/).filter(Boolean)

/** The parts of the design it stands for; whatever is at its default is left out, so that designs stay comparable. */
export const moreDesign = (
  more: More,
  task: Task,
  event: string | null,
  reads: readonly LearnerInput[],
): {
  design: Partial<StudyDesignInput>
  outcome: object
  preparation: Partial<PreparationDesign>
} => {
  const { filters, splines, interactions, summaries, channels, channelWindow, caseTime, grids, weights } = more
  const terms = {
    ...(splines.length > 0 ? { splines: splines.map(({ column, knots }) => ({ column: column ?? '', knots })) } : {}),
    ...(interactions.length > 0
      ? { interactions: interactions.map(([a, b]): [string, string] => [a ?? '', b ?? '']) }
      : {}),
  }
  const tuning = changed(more.tuning, TuningDesignSchema.parse({}))
  const pictures: GridsDesign | null =
    grids && reads.includes('grids') ? { ...grids, channels: channelNames(grids.channels) } : null
  return {
    design: {
      filters: filters.map(({ column, op, value }) => ({
        column: column ?? '',
        op,
        value: op === 'known' ? null : isOrdered(op) ? Number(value) : value.trim(),
      })),
      ...(weights ? { weights } : {}),
      ...(caseTime ? { caseTime } : {}),
      ...(summaries.length > 0
        ? {
            summaries: summaries.map(({ concept, of, window }) => ({
              concept: concept ?? '',
              of,
              ...(window === null ? {} : { window }),
            })),
          }
        : {}),
      ...(channels.length > 0 && reads.includes('sequences')
        ? { sequences: { channels, ...(channelWindow === null ? {} : { window: channelWindow }) } }
        : {}),
      ...(pictures ? { grids: pictures } : {}),
      ...(reads.includes('terms') && Object.keys(terms).length > 0 ? { terms } : {}),
      ...(more.tuning.method !== 'none' ? { tuning } : {}),
      ...(more.secondOpinion || task === 'survival' ? {} : { secondOpinion: false }),
    },
    outcome:
      task === 'survival'
        ? {
            ...(more.competingValues.length > 0
              ? {
                  competing: {
                    ...(more.competingColumn && more.competingColumn !== event ? { column: more.competingColumn } : {}),
                    values: more.competingValues,
                  },
                }
              : {}),
            ...(more.entry ? { entry: more.entry } : {}),
            ...(more.strata ? { strata: more.strata } : {}),
            ...(more.from ? { from: more.from } : {}),
          }
        : {},
    preparation: changed(
      { ...more.preparation, balance: task === 'diagnosis' ? more.preparation.balance : 'none' },
      plainPreparation,
    ),
  }
}

/** The entries of a value that differ from its defaults. */
const changed = <T extends object>(value: T, plain: T): Partial<T> =>
  Object.fromEntries(
    Object.entries(value).filter(([name, each]) => JSON.stringify(each) !== JSON.stringify(plain[name as keyof T])),
  ) as Partial<T>

/** How many things are asked for in a folded part, to say so on its fold. */
export const countPreparation = ({ preparation }: More, task: Task): number =>
  Object.keys(moreDesign({ ...noMore(), preparation }, task, null, []).preparation).length

export const countOutcome = (more: More, task: Task): number =>
  (more.weights ? 1 : 0) + Object.keys(moreDesign(more, task, null, []).outcome).length
