import { type Issue, invalidInput, issue, named } from '../../../contract/errors.ts'
import type { Mapping } from '../../../contract/intake.ts'
import type { Concept } from '../../../contract/values.ts'
import { loadUnits, molarMass } from '../../terminology/units.ts'
import { headerWords } from '../../terminology/words.ts'
import { dateReader } from '../check/cells.ts'
import { defaultConcept } from './mapping.ts'

/** One column of the file on its way into a field of the record. Plain data: it goes to a worker thread. */
export interface PlannedField {
  column: string
  /** The study's dictionary entry where it has one, else the mapping's. */
  concept: Concept
  /** Unit to convert from; null: the file's numbers are in the concept's unit. */
  sourceUnit: string | null
  dateFormat: string | null
  /** A category whose levels are not known beforehand: those that come are added. */
  open: boolean
}

export interface WidePlan {
  shape: 'wide'
  /** All imported columns, in the order of the mapping. */
  fields: PlannedField[]
}

export interface LongPlan {
  shape: 'long'
  key: string
  test: string
  value: string
  day: string | null
  dayFormat: string | null
  /** Days are dates, not numbers. */
  dated: boolean
  /** Column with the unit of each value, where the file has one. */
  unit: string | null
  /** What the study knows of tests, by name. */
  tests: Concept[]
  /** What a test met for the first time starts from. */
  newTest: Concept
}

/** Clinical records of several kinds, each complete in itself. */
export interface ResourcesPlan {
  shape: 'resources'
  /** What the study knows of tests. */
  tests: Concept[]
}

export type Plan = WidePlan | LongPlan | ResourcesPlan

/**
 * Makes sure that a mapping can be carried out on a file with this header and into a study with this dictionary (empty
 * for a new one). Throws `invalidInput` `mappingDoesNotFit` that names each fault.
 */
export const planImport = (mapping: Mapping, header: readonly string[], dictionary: readonly Concept[]): Plan => {
  const issues: Issue[] = []
  const there = new Set(header)
  const stored = new Map(dictionary.map((concept) => [concept.name, concept]))
  const used = mapping.columns.filter(({ use }) => use === 'import')
  const { layout } = mapping
  if (layout.shape !== 'resources')
    for (const { column } of used) if (!there.has(column)) issues.push(issue(column, 'notInFile'))
  for (const [index, { column }] of mapping.columns.entries())
    if (mapping.columns.findIndex((other) => other.column === column) !== index)
      issues.push(issue(column, 'mappedTwice'))
  const plan =
    layout.shape === 'resources'
      ? { shape: layout.shape, tests: dictionary.map((concept) => structuredClone(concept)) }
      : layout.shape === 'long'
        ? planLong(mapping, layout, used, there, dictionary, issues)
        : planWide(used, stored, issues)
  if (issues.length > 0) throw invalidInput('mappingDoesNotFit', { faults: named(issues) }, issues)
  return plan
}

type Issues = Issue[]
type Used = Mapping['columns']

const planWide = (used: Used, stored: ReadonlyMap<string, Concept>, issues: Issues): WidePlan => {
  const fields: PlannedField[] = []
  const filled = new Set<string>()
  const holders = new Map<string, string>()
  for (const { column, concept: mapped, sourceUnit, dateFormat } of used) {
    const known = stored.get(mapped.name)
    const concept = known ?? mapped
    if (filled.has(concept.name)) issues.push(issue(column, 'alreadyFilled', { name: concept.name }))
    filled.add(concept.name)
    if (known && known.kind !== mapped.kind)
      issues.push(issue(column, 'kindInStudy', { kind: known.kind, kind2: mapped.kind }))
    const { role } = concept
    if (role === 'patientKey' || role === 'patientName' || role === 'birthDate' || role === 'encounterDate') {
      const before = holders.get(role)
      if (before) issues.push(issue(column, 'sameRole', { before, role }))
      holders.set(role, column)
    }
    if ((role === 'birthDate' || role === 'encounterDate') && concept.kind !== 'date')
      issues.push(issue(column, 'roleNeedsDate', { role }))
    if (concept.kind === 'date' && !dateReader(dateFormat))
      issues.push(issue(column, 'dateFormatUnknown', { dateFormat }))
    if (role === 'outcomeTime' && concept.kind !== 'number' && concept.kind !== 'integer')
      issues.push(issue(column, 'timeNeedsNumber'))
    const from = sourceUnit ?? mapped.unit
    fields.push({
      column,
      concept: structuredClone(concept),
      sourceUnit: sourceUnitOf(column, from, concept, issues),
      dateFormat,
      open: concept.kind === 'category' && (concept.levels === null || concept.levels.length === 0),
    })
  }
  if (fields.length === 0 && issues.length === 0) issues.push(issue('columns', 'noneImported'))
  return { shape: 'wide', fields }
}

const sourceUnitOf = (column: string, from: string | null, concept: Concept, issues: Issues): string | null => {
  if (from === null || concept.unit === null || from === concept.unit) return null
  if (concept.kind !== 'number' && concept.kind !== 'integer') return null
  const units = loadUnits()
  const code = units.ucum(from)
  if (code === concept.unit) return null
  if (code !== null && units.conversion(code, concept.unit, molarMass(concept))) return code
  issues.push(
    code === null
      ? issue(column, 'unitNotUcum', { unit: from })
      : issue(column, 'notConvertible', { from, to: concept.unit }),
  )
  return null
}

const planLong = (
  mapping: Mapping,
  layout: Extract<Mapping['layout'], { shape: 'long' }>,
  used: Used,
  there: ReadonlySet<string>,
  dictionary: readonly Concept[],
  issues: Issues,
): LongPlan => {
  const key = used.find(({ concept }) => concept.role === 'patientKey')
  if (!key) issues.push(issue('columns', 'keyNeeded'))
  for (const column of [layout.test, layout.value, layout.day])
    if (column !== null && !there.has(column)) issues.push(issue(column, 'notInFile'))
  const day = mapping.columns.find(({ column }) => column === layout.day)
  const dated = day?.concept.kind === 'date'
  if (dated && !dateReader(day.dateFormat))
    issues.push(issue(day.column, 'dateFormatUnknown', { dateFormat: day.dateFormat }))
  const unit = used.find(({ column }) => /^(unit|units|uom|单位)$/.test(headerWords(column)))
  return {
    shape: 'long',
    key: key?.column ?? '',
    test: layout.test,
    value: layout.value,
    day: layout.day,
    dayFormat: day?.dateFormat ?? null,
    dated,
    unit: unit?.column ?? null,
    tests: dictionary.map((concept) => structuredClone(concept)),
    newTest: defaultConcept('', { kind: 'number' }),
  }
}
