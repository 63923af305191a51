import type { ColumnMapping, Dialect, Mapping } from '../../../contract/intake.ts'
import type { Concept, ConceptRole } from '../../../contract/values.ts'
import { type Warning, warn } from '../../../contract/warnings.ts'
import { analyteOf, loincSystem } from '../../terminology/analytes.ts'
import { answerOf, type Labels, noLabels } from '../../terminology/labels.ts'
import { roleHeaders } from '../../terminology/roles.ts'
import { molarMass, type Units, unitInHeader } from '../../terminology/units.ts'
import { headerWords } from '../../terminology/words.ts'
import { dateReader } from '../check/cells.ts'
import type { InferredColumn } from './infer.ts'

export interface MappingRequest {
  dialect: Dialect
  columns: readonly InferredColumn[]
  /** Texts that mean "not recorded". */
  missing: string[]
  /** Dictionary of the study the file goes to (or of a bundled sample); it wins over what was inferred. */
  dictionary: readonly Concept[] | null
  /** Mappings of the study's files before, newest first: a column of their name means what it meant there. */
  before?: readonly Mapping[]
  units: Units
  /** What columns and levels are called that the vocabulary knows. */
  labels?: Labels
}

export interface SuggestedMapping {
  mapping: Mapping
  warnings: Warning[]
}

/**
 * Suggests what becomes of each column: the study's dictionary where it knows the column, else what header words
 * (English and Chinese), units in headers and the cells themselves say. Without a column for the patient key each row
 * is a patient of its own.
 */
export const suggestMapping = ({
  dialect,
  columns,
  missing: inferredMissing,
  dictionary,
  before = [],
  units,
  labels = noLabels,
}: MappingRequest): SuggestedMapping => {
  const warnings: SuggestedMapping['warnings'] = []
  const known = dictionary ?? []
  const roles = suggestRoles(columns)
  const taken = new Set<string>()
  const mapped = columns.map((column): ColumnMapping => {
    const inHeader = unitInHeader(column.name, units)
    const earlier = asBefore(column, before, known)
    if (earlier && !taken.has(earlier.concept.name)) {
      taken.add(earlier.concept.name)
      if (inHeader)
        return { ...earlier, sourceUnit: sourceUnitOf(column, earlier.concept, inHeader.unit, units, warnings) }
      if (earlier.sourceUnit !== null)
        warnings.push(warn('unitAsBefore', { column: column.name, from: earlier.sourceUnit, to: earlier.concept.unit }))
      return earlier
    }
    const concept = knownConcept(column.name, inHeader?.name ?? null, known, taken)
    if (concept) {
      taken.add(concept.name)
      return fromDictionary(column, concept, inHeader?.unit ?? null, units, warnings)
    }
    return fromInference(column, roles.get(column.name) ?? 'observation', inHeader, { units, labels })
  })
  // A file of empty rows: they are to be counted and rejected one by one, not refused as a whole.
  if (mapped.every(({ use }) => use === 'ignore')) for (const column of mapped) column.use = 'import'
  dropSecondRoles(mapped, known)
  const absent = known.filter(({ name }) => !taken.has(name))
  if (absent.length > 0 && taken.size > 0)
    warnings.push(warn('columnsAbsent', { columns: absent.map(({ name }) => name) }))
  const layout = suggestLayout(columns, mapped)
  const missing = missingAsBefore(inferredMissing, columns, before)
  if (missing.added.length > 0)
    warnings.push(warn('missingAsBefore', { texts: missing.added.map((text) => JSON.stringify(text)) }))
  if (layout.shape === 'wide' && !mapped.some(({ concept }) => concept.role === 'patientKey'))
    warnings.push(warn('noPatientKey'))
  return {
    mapping: { version: 1, dialect, layout, missing: missing.texts, identifierSystem: null, columns: mapped },
    warnings,
  }
}

/**
 * The saved mapping that fits a header best: all columns it imports must be there. Columns it does not know are taken
 * from the suggestion. Null: none fits.
 */
export const reuseMapping = (
  header: readonly string[],
  saved: readonly { name: string; mapping: Mapping }[],
  suggestion: Mapping,
): { name: string; mapping: Mapping; added: string[] } | null => {
  const there = new Set(header)
  let best: { name: string; mapping: Mapping } | null = null
  let bestShared = 0
  for (const candidate of saved) {
    const used = candidate.mapping.columns.filter(({ use }) => use === 'import')
    if (used.length === 0 || !used.every(({ column }) => there.has(column))) continue
    const shared = candidate.mapping.columns.filter(({ column }) => there.has(column)).length
    // A file that is mostly something else, with an `id` in common, is not the same kind of file.
    if (shared * 2 < header.length || shared <= bestShared) continue
    best = candidate
    bestShared = shared
  }
  if (!best) return null
  const byColumn = new Map(best.mapping.columns.map((column) => [column.column, column]))
  const bySuggestion = new Map(suggestion.columns.map((column) => [column.column, column]))
  const added = header.filter((name) => !byColumn.has(name))
  const columns = header.flatMap((name) => byColumn.get(name) ?? bySuggestion.get(name) ?? [])
  return { name: best.name, mapping: { ...best.mapping, dialect: suggestion.dialect, columns }, added }
}

/** A dictionary entry with nothing known but its name. */
export const defaultConcept = (name: string, more: Partial<Concept> = {}): Concept => ({
  name,
  label: { en: name },
  kind: 'text',
  role: 'observation',
  unit: null,
  plausible: null,
  reference: null,
  levels: null,
  coding: [],
  modifiable: false,
  description: null,
  ...more,
})

/** One column a role, by the order of the words above; outcome time and event only as a pair. */
const suggestRoles = (columns: readonly InferredColumn[]): Map<string, ConceptRole> => {
  const roles = new Map<string, ConceptRole>()
  for (const [role, words] of Object.entries(roleHeaders) as [ConceptRole, readonly string[]][]) {
    const found = words
      .flatMap((word) => columns.filter(({ name }) => withoutUnit(name) === word))
      .find((column) => !roles.has(column.name) && fits(role, column))
    if (found) roles.set(found.name, role)
  }
  const of = (role: ConceptRole) => [...roles].find(([, given]) => given === role)?.[0]
  const [time, event] = [of('outcomeTime'), of('outcomeEvent')]
  if (time && !event) roles.delete(time)
  if (event && !time) roles.set(event, 'outcome')
  return roles
}

const withoutUnit = (header: string): string => headerWords(header.replace(/\s*[([（【［].*$/u, '') || header)

const fits = (role: ConceptRole, { kind, sexes, distinct, low }: InferredColumn): boolean => {
  if (role === 'patientKey') return kind === 'integer' || kind === 'text' || kind === 'category' || kind === 'number'
  if (role === 'patientName') return kind === 'text' || kind === 'category'
  if (role === 'birthDate' || role === 'encounterDate') return kind === 'date'
  if (role === 'sex') return sexes
  if (role === 'site') return kind === 'category' || kind === 'integer' || kind === 'text'
  if (role === 'outcomeTime') return (kind === 'integer' || kind === 'number') && (low ?? 0) >= 0
  if (role === 'outcomeEvent')
    return distinct <= 20 && (kind === 'integer' || kind === 'boolean' || kind === 'category')
  return kind !== 'text' && kind !== 'date'
}

const knownConcept = (
  name: string,
  bare: string | null,
  dictionary: readonly Concept[],
  taken: ReadonlySet<string>,
): Concept | undefined => {
  const free = dictionary.filter((concept) => !taken.has(concept.name))
  const words = [headerWords(name), ...(bare === null ? [] : [headerWords(bare)])]
  return (
    free.find((concept) => concept.name === name) ??
    free.find((concept) => concept.name === bare) ??
    free.find((concept) => words.includes(headerWords(concept.name)))
  )
}

const fromDictionary = (
  column: InferredColumn,
  concept: Concept,
  unit: string | null,
  units: Units,
  warnings: SuggestedMapping['warnings'],
): ColumnMapping => {
  const { name, kind, dateFormat } = column
  const isNumeric = (of: string) => of === 'number' || of === 'integer'
  if (isNumeric(concept.kind) && !isNumeric(kind) && kind !== 'boolean')
    warnings.push(warn('kindMismatch', { column: name, concept: concept.name }))
  return {
    column: name,
    use: 'import',
    concept,
    sourceUnit: sourceUnitOf(column, concept, unit, units, warnings),
    dateFormat: concept.kind === 'date' ? dateFormat : null,
  }
}

/** The unit that a header states, where it is another than the study's and can be converted to it. */
const sourceUnitOf = (
  { name }: InferredColumn,
  concept: Concept,
  unit: string | null,
  units: Units,
  warnings: SuggestedMapping['warnings'],
): string | null => {
  if (unit === null || concept.unit === null || unit === concept.unit) return null
  if (units.conversion(unit, concept.unit, molarMass(concept))) return unit
  warnings.push(warn('unitMismatch', { column: name, from: unit, to: concept.unit, concept: concept.name }))
  return null
}

/** What the study's latest file with a column of this name took it for, where the study still has that. */
const asBefore = (
  { name, dateFormat, examples }: InferredColumn,
  before: readonly Mapping[],
  dictionary: readonly Concept[],
): ColumnMapping | null => {
  for (const { columns } of before) {
    const earlier = columns.find(({ column, use }) => column === name && use === 'import')
    const concept = earlier && dictionary.find((known) => known.name === earlier.concept.name)
    if (!earlier || !concept) continue
    // A date that may be read in two ways means what it meant before, as long as all look like it.
    const read = concept.kind === 'date' ? dateReader(earlier.dateFormat) : null
    const fits = read !== null && examples.every((text) => !Number.isNaN(read(text)))
    return {
      column: name,
      use: 'import',
      concept,
      sourceUnit: earlier.sourceUnit ?? (earlier.concept.unit === concept.unit ? null : earlier.concept.unit),
      dateFormat: concept.kind === 'date' ? (fits ? earlier.dateFormat : dateFormat) : null,
    }
  }
  return null
}

/** Texts for "not recorded" of the study's latest file with a column of this one's, beside those that were found. */
const missingAsBefore = (
  found: string[],
  columns: readonly InferredColumn[],
  before: readonly Mapping[],
): { texts: string[]; added: string[] } => {
  const names = new Set(columns.map(({ name }) => name))
  const latest = before.find((mapping) =>
    mapping.columns.some(({ column, use }) => use === 'import' && names.has(column)),
  )
  const added = (latest?.missing ?? []).filter((text) => !found.includes(text))
  return { texts: [...found, ...added], added }
}

const fromInference = (
  column: InferredColumn,
  role: ConceptRole,
  inHeader: { name: string; unit: string } | null,
  { units, labels }: { units: Units; labels: Labels },
): ColumnMapping => {
  const { name, dateFormat, levels } = column
  const kind = role === 'patientKey' || role === 'patientName' ? 'text' : column.kind
  const isNumeric = kind === 'number' || kind === 'integer'
  const unit = isNumeric ? (inHeader?.unit ?? null) : null
  const concept = defaultConcept(name, {
    kind,
    role,
    unit,
    label: { en: inHeader?.name ?? name },
    levels: kind === 'category' && role !== 'patientKey' ? labelled(levels, labels) : null,
  })
  if (isNumeric && role === 'observation') describe(concept, inHeader?.name ?? name, { units, labels })
  return {
    column: name,
    // Nothing in it: nothing to import, and no kind to give it. An empty key column is another matter.
    use: column.known === 0 && column.missing > 0 && role === 'observation' ? 'ignore' : 'import',
    concept,
    sourceUnit: null,
    dateFormat: kind === 'date' ? dateFormat : null,
  }
}

/** What the catalogue knows of a measurement: its codes and limits only where the header states a unit that fits. */
const describe = (concept: Concept, header: string, { units, labels }: { units: Units; labels: Labels }): void => {
  const measurement = analyteOf(header)
  if (!measurement) return
  const { id, low, high, loinc, modifiable } = measurement
  const conversion =
    concept.unit === null ? null : units.conversion(measurement.unit, concept.unit, measurement.molarMass ?? null)
  if (concept.unit === null ? headerWords(header).length < 3 : !conversion) return
  concept.label = labels.analyte[id] ?? concept.label
  concept.modifiable = modifiable ?? false
  if (!conversion) return
  const { factor, offset } = conversion
  const limit = (value: number) => Number((value * factor + offset).toPrecision(4))
  concept.plausible = { low: limit(low), high: limit(high) }
  concept.coding = loinc
    .filter(({ unit }) => concept.unit !== null && units.conversion(unit, concept.unit))
    .slice(0, 1)
    .map(({ code }) => ({ system: loincSystem, code }))
}

const labelled = (levels: readonly string[] | null, { answer }: Labels): Concept['levels'] =>
  levels?.map((code) => {
    const known = answerOf(code)
    return { code, label: (known && answer[known]) ?? { en: code } }
  }) ?? null

/** Of roles that are the patient's, there is one each: the dictionary's before a suggested one. */
const dropSecondRoles = (columns: ColumnMapping[], dictionary: readonly Concept[]): void => {
  const own = new Set(dictionary)
  for (const role of ['patientKey', 'patientName', 'birthDate', 'sex', 'site', 'encounterDate'] as const) {
    const holders = columns.filter(({ concept }) => concept.role === role)
    if (holders.length < 2) continue
    const first = holders.find(({ concept }) => own.has(concept)) ?? holders[0]
    for (const holder of holders) if (holder !== first) holder.concept = { ...holder.concept, role: 'observation' }
  }
}

const longWords = {
  test: 'test|parameter|analyte|item|lab|measurement|variable|observation|检验项目|项目|指标|检测项目',
  value: 'value|result|val|measure|结果|数值|检验结果|检测值|值',
  day: 'days|day|date|time|test date|result date|检验日期|日期|天数|时间',
}

/** One measurement a row: a key, a test, a value, perhaps a day, and hardly anything else. */
const suggestLayout = (columns: readonly InferredColumn[], mapped: readonly ColumnMapping[]): Mapping['layout'] => {
  const find = (words: string, kinds: readonly string[]) =>
    columns.find(({ name, kind }) => words.split('|').includes(withoutUnit(name)) && kinds.includes(kind))
  const test = find(longWords.test, ['category', 'text'])
  const value = find(longWords.value, ['number', 'integer'])
  const key = mapped.find(({ concept }) => concept.role === 'patientKey')
  if (!test || !value || !key || columns.length > 6) return { shape: 'wide' }
  const day = find(longWords.day, ['number', 'integer', 'date'])
  return { shape: 'long', day: day?.name ?? null, test: test.name, value: value.name }
}
