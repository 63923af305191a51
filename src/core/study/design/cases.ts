import type { StudyDesign } from '../../../contract/design.ts'
import { invalidInput, issue } from '../../../contract/errors.ts'
import type { Concept, ConceptRole } from '../../../contract/values.ts'
import { summaryName } from '../../cohort/history.ts'
import type { Outcome } from '../../cohort/matrix.ts'
import type { Column, Table } from '../../cohort/table.ts'
import { cellText, codeTest, required } from '../cells.ts'
import { clusterOf, recordedTest, survivalColumns, survivalOutcome, timeColumns } from './survivalOutcome.ts'

export interface FlowStep {
  step: string
  detail: string | null
  excluded: number
  remaining: number
}

export interface Cases {
  /** Rows of the table that are eligible and have an outcome, ascending. */
  rows: Int32Array
  /** Outcome of each of `rows`, in their order. */
  outcome: Outcome
  features: string[]
  flow: FlowStep[]
}

const notPredictors: readonly ConceptRole[] = [
  'patientKey',
  'patientName',
  'birthDate',
  'encounterDate',
  'site',
  'outcome',
  'outcomeTime',
  'outcomeEvent',
]

/** Columns that make up the outcome, its strata among them: never predictors of it. */
export const outcomeColumns = (design: StudyDesign): string[] => {
  const { outcome } = design
  return outcome.task === 'survival' ? survivalColumns(outcome) : [outcome.target]
}

const nearest = (name: string, known: readonly string[]): string => {
  const lower = name.toLowerCase()
  const close = known.filter((other) => other.toLowerCase() === lower || other.toLowerCase().includes(lower))
  return (close.length > 0 ? close : known).slice(0, 12).join(', ')
}

/**
 * Predictors of a design: those it names, else all observations and sex of the dictionary but its outcome, identifiers,
 * dates and free text; less those it excludes. Throws `invalidInput` naming the columns that are not there.
 */
export const featuresOf = (design: StudyDesign, concepts: readonly Concept[]): string[] => {
  const byName = new Map(concepts.map((concept) => [concept.name, concept]))
  const outcome = outcomeColumns(design)
  const asked = [...(design.features ?? []), ...design.exclude]
  const unknown = asked.filter((name) => !byName.has(name))
  if (unknown.length > 0)
    throw invalidInput(
      'unknownColumns',
      { study: design.study, columns: unknown, near: nearest(unknown[0], [...byName.keys()]) },
      unknown.map((name) => issue(name, 'notInStudy')),
    )
  const leaking = (design.features ?? []).filter((name) => outcome.includes(name))
  if (leaking.length > 0) throw invalidInput('outcomeAsFeature', { columns: leaking })
  const pixels = new Set(design.grids?.columns)
  const summaries = (design.summaries ?? []).map(summaryName)
  const named = design.features ? [...new Set([...design.features, ...summaries])] : null
  const excluded = new Set([...design.exclude, ...outcome, ...(design.weights ? [design.weights] : [])])
  const names =
    named ??
    concepts
      .filter(({ name }) => !pixels.has(name))
      .filter(({ role, kind }) => !notPredictors.includes(role) && kind !== 'text' && kind !== 'date')
      .map(({ name }) => name)
  const features = names.filter((name) => !excluded.has(name))
  const text = features.filter((name) => byName.get(name)?.kind === 'text')
  if (text.length > 0) throw invalidInput('textFeature', { columns: text })
  if (features.length === 0 && !design.sequences && !design.grids) throw invalidInput('noFeatures')
  return features
}

/**
 * Columns a run needs of the study: predictors, outcome, filters, split, pictures, weights. `concepts` hold the
 * summaries too.
 */
export const columnsOf = (design: StudyDesign, concepts: readonly Concept[]): string[] => {
  const names = [
    ...featuresOf(design, concepts),
    ...outcomeColumns(design),
    ...design.filters.map(({ column }) => column),
    ...(design.validation.splitColumn ? [design.validation.splitColumn] : []),
    ...(design.grids?.columns ?? []),
    ...(design.weights ? [design.weights] : []),
  ]
  const known = new Set(concepts.map(({ name }) => name))
  const missing = names.filter((name) => !known.has(name))
  if (missing.length > 0)
    throw invalidInput(
      'unknownColumns',
      { study: design.study, columns: missing, near: nearest(missing[0], [...known]) },
      missing.map((name) => issue(name, 'notInStudy')),
    )
  return [...new Set(names)]
}

const filterTest = (table: Table, filter: StudyDesign['filters'][number]): ((row: number) => boolean) => {
  const column = required(table, filter.column)
  if (filter.op === 'known') return (row) => !Number.isNaN(column.values[row])
  if (filter.op === '=' || filter.op === '!=') {
    const is = codeTest(column, [String(filter.value)])
    const wanted = filter.op === '='
    return (row) => !Number.isNaN(column.values[row]) && is(column.values[row]) === wanted
  }
  const limit = Number(filter.value)
  if (!Number.isFinite(limit) || column.levels)
    throw invalidInput('badFilter', { column: filter.column, op: filter.op, value: filter.value })
  const compare = {
    '<': (value: number) => value < limit,
    '<=': (value: number) => value <= limit,
    '>': (value: number) => value > limit,
    '>=': (value: number) => value >= limit,
  }[filter.op]
  return (row) => compare(column.values[row])
}

const keep = (rows: Int32Array<ArrayBuffer>, test: (row: number) => boolean) => rows.filter(test)

const mostClasses = 50

const diagnosisOutcome = (column: Column, rows: Int32Array, given: readonly string[] | null): Outcome => {
  const seen = new Set<number>()
  for (const row of rows) seen.add(column.values[row])
  const found = [...seen].sort((a, b) => a - b).map((value) => String(cellText(column, value)))
  const classes = given ?? found
  if (!given && classes.length > mostClasses)
    throw invalidInput('tooManyValues', { column: column.name, classes: classes.length, most: mostClasses })
  const strange = found.filter((name) => !classes.includes(name))
  if (strange.length > 0) throw invalidInput('unknownClass', { column: column.name, strange, classes })
  const y = new Int32Array(new SharedArrayBuffer(rows.length * 4))
  for (let i = 0; i < rows.length; i++) y[i] = classes.indexOf(String(cellText(column, column.values[rows[i]])))
  return { task: 'diagnosis', classes, y }
}

/**
 * Who is in a study run, and with what outcome: filters first, then rows without an outcome leave, each step counted.
 * `classes` fixes the classes of a diagnosis (external validation).
 */
export const defineCases = (
  table: Table,
  design: StudyDesign,
  features: string[],
  classes: readonly string[] | null = null,
): Cases => {
  let rows: Int32Array<ArrayBuffer> = Int32Array.from({ length: table.rows }, (_, row) => row)
  const flow: FlowStep[] = [{ step: 'inStudy', detail: null, excluded: 0, remaining: rows.length }]
  const exclude = (step: string, detail: string | null, test: (row: number) => boolean) => {
    const left = keep(rows, test)
    flow.push({ step, detail, excluded: rows.length - left.length, remaining: left.length })
    rows = left
  }
  for (const filter of design.filters)
    exclude('filter', `${filter.column} ${filter.op} ${filter.value ?? ''}`.trim(), filterTest(table, filter))
  if (design.weights) {
    const weights = required(table, design.weights)
    exclude('weightMissing', design.weights, (row) => !Number.isNaN(weights.values[row]))
  }
  const { outcome } = design
  const empty = (columns: readonly string[]) => invalidInput('noCases', { study: design.study, columns })

  if (outcome.task === 'survival') {
    if (outcome.strata) {
      const strata = required(table, outcome.strata)
      exclude('strataMissing', outcome.strata, (row) => !Number.isNaN(strata.values[row]))
    }
    const known = recordedTest(table, outcome)
    exclude('outcomeMissing', timeColumns(outcome).join(', '), known)
    if (rows.length === 0) throw empty(timeColumns(outcome))
    return { rows, outcome: survivalOutcome(table, outcome, rows), features, flow }
  }

  const target = required(table, outcome.target)
  exclude('outcomeMissing', outcome.target, (row) => !Number.isNaN(target.values[row]))
  if (rows.length === 0) throw empty([outcome.target])
  if (outcome.task === 'diagnosis') {
    const made = diagnosisOutcome(target, rows, classes)
    if (made.task === 'diagnosis' && made.classes.length < 2)
      throw invalidInput('oneClassInStudy', { target: outcome.target, class: made.classes[0] })
    if (made.task === 'diagnosis' && outcome.positive !== null && !made.classes.includes(outcome.positive))
      throw invalidInput('positiveNeverSeen', {
        target: outcome.target,
        positive: outcome.positive,
        classes: made.classes,
      })
    return { rows, outcome: { ...made, ...clusterOf(table, rows) }, features, flow }
  }
  if (target.levels) throw invalidInput('targetNotANumber', { column: outcome.target })
  const y = new Float64Array(new SharedArrayBuffer(rows.length * 8))
  for (let i = 0; i < rows.length; i++) y[i] = target.values[rows[i]]
  return { rows, outcome: { task: 'regression', y, ...clusterOf(table, rows) }, features, flow }
}
