import type { ColumnMapping, Mapping } from '../../contract/intake.ts'
import type { Concept, ConceptRole } from '../../contract/values.ts'

export const withColumn = (mapping: Mapping, at: number, change: Partial<ColumnMapping>): Mapping => ({
  ...mapping,
  columns: mapping.columns.map((column, index) => (index === at ? { ...column, ...change } : column)),
})

export const withConcept = (mapping: Mapping, at: number, change: Partial<Concept>): Mapping => {
  const column = mapping.columns[at]
  return column ? withColumn(mapping, at, { concept: { ...column.concept, ...change } }) : mapping
}

/**
 * A saved mapping laid over a file: columns of the same name take what was saved; columns the saved mapping does not
 * know keep the suggestion; columns the file does not have are left out. The file keeps its own dialect.
 */
export const withSaved = (suggested: Mapping, saved: Mapping): Mapping => {
  const known = new Map(saved.columns.map((column) => [column.column, column]))
  const names = new Set(suggested.columns.map((column) => column.column))
  const long = saved.layout.shape === 'long' ? saved.layout : null
  const layoutFits = !long || [long.day, long.test, long.value].every((name) => name === null || names.has(name))
  return {
    ...saved,
    dialect: suggested.dialect,
    layout: layoutFits ? saved.layout : suggested.layout,
    columns: suggested.columns.map((column) => known.get(column.column) ?? column),
  }
}

/** Roles that only one column may have. */
const single: readonly ConceptRole[] = ['patientKey', 'patientName', 'birthDate', 'sex', 'site', 'encounterDate']

export interface Fault {
  reason: 'nothingImported' | 'twice' | 'sameName' | 'rangeReversed' | 'emptyName' | 'sameLongColumn'
  /** Index of the column, where one is at fault. */
  at: number | null
  /** Name of the role or concept it is about. */
  about: string
}

/** What stands in the way of an import, before any row is read. */
export const faultsOf = (mapping: Mapping): Fault[] => {
  const faults: Fault[] = []
  const used = mapping.columns.map((column, at) => ({ ...column, at })).filter((column) => column.use === 'import')
  if (used.length === 0) faults.push({ reason: 'nothingImported', at: null, about: '' })
  for (const role of single) {
    const holders = used.filter((column) => column.concept.role === role)
    for (const holder of holders.slice(1)) faults.push({ reason: 'twice', at: holder.at, about: role })
  }
  const names = new Map<string, number>()
  for (const column of used) {
    const name = column.concept.name.trim()
    if (name === '') faults.push({ reason: 'emptyName', at: column.at, about: column.column })
    else if (names.has(name)) faults.push({ reason: 'sameName', at: column.at, about: name })
    names.set(name, column.at)
    for (const range of [column.concept.plausible, column.concept.reference])
      if (range && range.low !== null && range.high !== null && range.low > range.high)
        faults.push({ reason: 'rangeReversed', at: column.at, about: column.column })
  }
  if (mapping.layout.shape === 'long') {
    const { day, test, value } = mapping.layout
    if (test === value || test === day || value === day) faults.push({ reason: 'sameLongColumn', at: null, about: '' })
  }
  return faults
}

/** Date formats the core reads, offered where a column holds dates. */
export const dateFormats = [
  'yyyy-MM-dd',
  'yyyyMMdd',
  'yyyy年MM月dd日',
  'dd.MM.yyyy',
  'dd/MM/yyyy',
  'MM/dd/yyyy',
  'dd-MM-yyyy',
  'MM-dd-yyyy',
  'dd MMM yyyy',
  'year',
  'excel',
  'excel1904',
] as const
