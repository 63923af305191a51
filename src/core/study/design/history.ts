import type { StudyDesign, SummaryDesign } from '../../../contract/design.ts'
import { invalidInput, issue } from '../../../contract/errors.ts'
import type { Concept, Text } from '../../../contract/values.ts'
import { summaryName } from '../../cohort/history.ts'
import type { Grids } from '../../cohort/matrix.ts'
import type { Table } from '../../cohort/table.ts'
import type { Learner } from '../../learn/learner.ts'
import { learners } from '../../learn/learners.ts'
import { required } from '../cells.ts'

type History = Pick<StudyDesign, 'study' | 'features' | 'sequences' | 'summaries' | 'caseTime' | 'grids'>

/** Names of the measurements whose course a design reads, as sequences or summed up. */
export const historyNames = ({ sequences, summaries }: History): string[] => [
  ...new Set([...(sequences?.channels ?? []), ...(summaries ?? []).map(({ concept }) => concept)]),
]

const summed: Record<SummaryDesign['of'], Text> = {
  last: { en: 'last', zh: '末次' },
  mean: { en: 'mean', zh: '平均' },
  min: { en: 'lowest', zh: '最低' },
  max: { en: 'highest', zh: '最高' },
  slope: { en: 'slope a day', zh: '每日斜率' },
  count: { en: 'measurements', zh: '测量次数' },
  sinceLast: { en: 'days since last', zh: '距末次天数' },
}

const unitOf = (of: SummaryDesign['of'], unit: string | null): string | null => {
  if (of === 'count') return null
  if (of === 'sinceLast') return 'd'
  return of === 'slope' && unit ? `${unit}/d` : of === 'slope' ? '/d' : unit
}

/** Dictionary entries of a design's summaries: features like any other, `bili:slope`. */
export const summaryConcepts = ({ summaries }: History, concepts: readonly Concept[]): Concept[] => {
  const made = new Map<string, Concept>()
  for (const summary of summaries ?? []) {
    const source = concepts.find(({ name }) => name === summary.concept)
    if (!source) continue
    const { label, unit } = source
    const { of, window } = summary
    const within: Text = window ? { en: ` in ${window} days`, zh: `（${window} 天内）` } : { en: '', zh: '' }
    made.set(summaryName(summary), {
      name: summaryName(summary),
      label: {
        en: `${label.en}, ${summed[of].en}${within.en}`,
        zh: `${label.zh ?? label.en}，${summed[of].zh}${within.zh}`,
      },
      kind: of === 'count' ? 'integer' : 'number',
      role: 'observation',
      unit: unitOf(of, unit),
      plausible: null,
      reference: null,
      levels: null,
      coding: [],
      modifiable: false,
      description: null,
    })
  }
  return [...made.values()]
}

const measured: readonly Concept['kind'][] = ['number', 'integer', 'boolean']

/**
 * Refuses a history that cannot be read: a measurement that is not there, is no number or is the outcome; a picture
 * whose columns do not fill it.
 */
export const checkHistory = (design: History, concepts: readonly Concept[], outcome: readonly string[]): void => {
  const byName = new Map(concepts.map((concept) => [concept.name, concept]))
  const { study, caseTime, grids } = design
  const names = [...historyNames(design), ...(caseTime ? [caseTime] : []), ...(grids?.columns ?? [])]
  const unknown = names.filter((name) => !byName.has(name))
  if (unknown.length > 0)
    throw invalidInput(
      'unknownMeasurements',
      { study, columns: unknown.slice(0, 5) },
      unknown.map((name) => issue(name, 'notInDictionary')),
    )
  const read = [...historyNames(design), ...(grids?.columns ?? [])]
  const leaking = read.filter((name) => outcome.includes(name))
  if (leaking.length > 0) throw invalidInput('outcomeAsFeature', { columns: leaking })
  const strange = read.filter((name) => !measured.includes(byName.get(name)!.kind))
  if (strange.length > 0) throw invalidInput('channelKind', { columns: strange })
  if (caseTime && ![...measured, 'date'].includes(byName.get(caseTime)!.kind))
    throw invalidInput('caseTimeKind', { column: caseTime })
  if (!grids) return
  const { height, width, channels, columns } = grids
  const cells = height * width * channels.length
  if (columns.length !== cells || new Set(columns).size !== cells)
    throw invalidInput('gridColumns', {
      height,
      width,
      channels: channels.length,
      cells,
      columns: new Set(columns).size,
    })
}

/** A table with its pictures in place of the columns that make them up; those that are features as well stay. */
export const withGrids = (table: Table, { grids, features }: History): Table => {
  if (!grids) return table
  const pixels = new Set(grids.columns.filter((name) => !features?.includes(name)))
  return {
    ...table,
    columns: table.columns.filter(({ name }) => !pixels.has(name)),
    grids: gridsOf(table, grids),
  }
}

const gridsOf = (table: Table, { height, width, channels, columns }: NonNullable<StudyDesign['grids']>): Grids => {
  const size = columns.length
  const values = new Float32Array(new SharedArrayBuffer(table.rows * size * 4))
  columns.forEach((name, at) => {
    const column = required(table, name)
    for (let row = 0; row < table.rows; row++) values[row * size + at] = column.values[row]
  })
  return { height, width, channels, values }
}

const whoReads = (need: 'sequences' | 'grids'): string =>
  learners
    .filter(({ needs }) => needs[need])
    .map(({ id }) => id)
    .join(', ')

/** Refuses a design that names what its learner does not read, or lacks what it needs. */
export const refuseUnreadHistory = ({ id, needs }: Learner, { sequences, grids }: History): void => {
  if (sequences && !needs.sequences)
    throw invalidInput('sequencesNotRead', { learner: id, others: whoReads('sequences') })
  if (grids && !needs.grids) throw invalidInput('gridsNotRead', { learner: id, others: whoReads('grids') })
  if (!sequences && needs.sequences === 'required')
    throw invalidInput('sequencesNeeded', { learner: id }, [issue('sequences', 'missing')])
  if (!grids && needs.grids === 'required')
    throw invalidInput('gridsNeeded', { learner: id }, [issue('grids', 'missing')])
}

/** A table with its summaries as further columns. */
export const withColumns = (table: Table, concepts: readonly Concept[], values: readonly Float64Array[]): Table => ({
  ...table,
  columns: [
    ...table.columns,
    ...concepts.map(({ name, kind, unit }, at) => ({ name, kind, unit, values: values[at], levels: null })),
  ],
})
