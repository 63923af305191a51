import type { StudyDesign } from '../../contract/design.ts'
import { notFound, outOfDomain } from '../../contract/errors.ts'
import type { Cell, Concept, Text } from '../../contract/values.ts'
import { summaryName } from '../cohort/history.ts'
import type { Column, Table } from '../cohort/table.ts'
import { historyNames } from '../study/design/history.ts'
import { inputsOf, type ModelHeader } from '../study/model.ts'
import { readCase, type StoredCase } from '../vault/records/cases.ts'
import { listConcepts } from '../vault/records/concepts.ts'
import { encountersOf } from '../vault/records/encounters.ts'
import { getStudy, listStudies } from '../vault/records/studies.ts'
import type { ReadStore } from '../vault/store/store.ts'
import { withHistory } from './history.ts'

type ReadDesign = Pick<StudyDesign, 'study' | 'features' | 'outcome' | 'sequences' | 'summaries' | 'caseTime' | 'grids'>
type FeatureLike = Pick<ModelHeader['features'][number], 'name' | 'kind' | 'seen'>

/**
 * Whether a study's dictionary holds everything that a model takes, numbers as numbers and categories as categories.
 */
const studyFits = (features: readonly FeatureLike[], design: ReadDesign, concepts: readonly Concept[]): boolean => {
  const kinds = new Map(concepts.map(({ name, kind }) => [name, kind]))
  const summaries = new Set((design.summaries ?? []).map(summaryName))
  const read = [
    ...historyNames(design),
    ...(design.grids?.columns ?? []),
    ...(design.caseTime ? [design.caseTime] : []),
    ...(design.outcome.task === 'survival' && design.outcome.strata ? [design.outcome.strata] : []),
  ]
  if (read.some((name) => !kinds.has(name))) return false
  return features.every(({ name, seen }) => {
    if (summaries.has(name)) return true
    const kind = kinds.get(name)
    return kind !== undefined && (seen !== null) === (kind === 'category')
  })
}

/** Names of the studies that a model can be asked about. */
export const fittingStudies = (store: ReadStore, features: readonly FeatureLike[], design: ReadDesign): Set<string> =>
  new Set(
    listStudies(store)
      .filter(({ id }) => studyFits(features, design, listConcepts(store, id)))
      .map(({ name }) => name),
  )

const columnOf = (stored: StoredCase, { name, kind, seen }: FeatureLike): Column => {
  const field = stored.fields.find(({ concept }) => concept.name === name)
  return {
    name,
    kind,
    unit: field?.concept.unit ?? null,
    values: Float64Array.of(field?.value ?? Number.NaN),
    levels: seen === null ? null : (field?.concept.levels?.map(({ code }) => code) ?? []),
  }
}

/** A case's value as a person wrote it: the level of a category, true or false, the number; null: not recorded. */
export const fieldCell = ({ concept, value, text }: StoredCase['fields'][number]): Cell => {
  if (concept.kind === 'text') return text
  if (Number.isNaN(value)) return null
  if (concept.kind === 'category') return concept.levels?.[value]?.code ?? null
  return concept.kind === 'boolean' ? value === 1 : value
}

/**
 * One patient as a table of one row, by the same columns a model was trained on: the encounter asked for, else the
 * latest in the model's study, else in another study that records the same.
 */
export const patientTable = (
  store: ReadStore,
  header: ModelHeader,
  patient: number,
  asked: number | null,
): { table: Table; stored: StoredCase; study: string } => {
  const own = encountersOf(store, patient)
  if (own.length === 0) throw notFound('patientMissing', { patient })
  const fitting = fittingStudies(store, inputsOf(header), header.design)
  const order = (study: string) => (study === header.design.study ? 0 : fitting.has(study) ? 1 : 2)
  const candidates = own
    .filter(({ encounter }) => asked === null || encounter === asked)
    .sort((a, b) => order(a.study) - order(b.study))
  const [chosen] = candidates
  if (!chosen || order(chosen.study) === 2) throw outOfDomain('modelDoesNotApply')
  const stored = readCase(store, chosen.encounter)
  const { design } = header
  const summaries = new Set((design.summaries ?? []).map(summaryName))
  const inputs = inputsOf(header)
  const pixels = (design.grids?.columns ?? [])
    .filter((name) => !inputs.some((input) => input.name === name))
    .map((name) => ({ name, kind: 'number' as const, seen: null }))
  const columns = [...inputs.filter(({ name }) => !summaries.has(name)), ...pixels].map((input) =>
    columnOf(stored, input),
  )
  const row = { rows: 1, columns, patients: Int32Array.of(patient), encounters: Int32Array.of(chosen.encounter) }
  const { table } = withHistory(store, getStudy(store, chosen.study), design, row, patient)
  return { table, stored, study: chosen.study }
}

/** Levels of the outcome's column by code, for the labels of classes. */
export const outcomeConcept = (store: ReadStore, study: string, column: string): Concept | undefined =>
  listConcepts(store, getStudy(store, study).id).find(({ name }) => name === column)

/** Several values of a column as one label, as the study's dictionary calls them: what happens at an event. */
export const valuesLabel = (
  store: ReadStore,
  study: string,
  { column, values }: { column: string; values: readonly string[] },
): Text => {
  const levels = outcomeConcept(store, study, column)?.levels ?? []
  const said = values.map(
    (value): Text => levels.find(({ code }) => code === value)?.label ?? { en: `${column} ${value}` },
  )
  return { en: said.map(({ en }) => en).join(', '), zh: said.map(({ en, zh }) => zh ?? en).join('、') }
}
