import { expect, test } from 'vitest'
import type { ColumnMapping, CsvDialect, Mapping } from '../../contract/intake.ts'
import { levelsOf } from './levels.ts'
import { faultsOf, withConcept, withSaved } from './mapping.ts'

const column = (
  name: string,
  change: Partial<ColumnMapping['concept']> = {},
  use: ColumnMapping['use'] = 'import',
) => ({
  column: name,
  use,
  sourceUnit: null,
  dateFormat: null,
  concept: {
    name,
    label: { en: name },
    kind: 'number' as const,
    role: 'observation' as const,
    unit: null,
    plausible: null,
    reference: null,
    levels: null,
    coding: [],
    modifiable: false,
    description: null,
    ...change,
  },
})
const dialect: CsvDialect = {
  ...{ format: 'csv', encoding: 'utf-8', delimiter: ',', quote: '"', decimal: '.', header: true },
}
const mapping = (...columns: ColumnMapping[]): Mapping => ({
  version: 1,
  dialect,
  layout: { shape: 'wide' },
  missing: ['', 'NA'],
  identifierSystem: null,
  columns,
})

test('two patient keys are stopped before rows are mixed up', () => {
  const faults = faultsOf(mapping(column('id', { role: 'patientKey' }), column('mrn', { role: 'patientKey' })))
  expect(faults).toEqual([{ reason: 'twice', at: 1, about: 'patientKey' }])
})

test('two columns that would overwrite each other are stopped', () => {
  expect(faultsOf(mapping(column('a'), column('b', { name: 'a' }))).map((fault) => fault.reason)).toEqual(['sameName'])
})

test('a range that ends before it starts would reject every row', () => {
  expect(faultsOf(mapping(column('bili', { plausible: { low: 10, high: 1 } })))[0]?.reason).toBe('rangeReversed')
})

test('columns left out do not count', () => {
  expect(faultsOf(mapping(column('a'), column('b', { name: 'a' }, 'ignore')))).toEqual([])
  expect(faultsOf(mapping(column('a', {}, 'ignore')))[0]?.reason).toBe('nothingImported')
})

test('a long file needs three different columns', () => {
  const long: Mapping = {
    ...mapping(column('t'), column('v')),
    layout: { shape: 'long', day: null, test: 't', value: 't' },
  }
  expect(faultsOf(long)[0]?.reason).toBe('sameLongColumn')
})

test('a saved mapping keeps its meaning for known columns and the suggestion for new ones', () => {
  const suggested = mapping(column('bili'), column('new'))
  const saved: Mapping = {
    ...mapping(column('bili', { unit: 'mg/dL' }), column('gone')),
    dialect: { ...dialect, delimiter: ';' },
    identifierSystem: 'urn:clinic',
  }
  const merged = withSaved(suggested, saved)
  expect(merged.columns.map((each) => [each.column, each.concept.unit])).toEqual([
    ['bili', 'mg/dL'],
    ['new', null],
  ])
  expect(merged.dialect).toEqual(dialect)
  expect(merged.identifierSystem).toBe('urn:clinic')
})

test('a saved long layout is not laid over a file without its columns', () => {
  const saved: Mapping = { ...mapping(column('x')), layout: { shape: 'long', day: null, test: 'x', value: 'y' } }
  expect(withSaved(mapping(column('x')), saved).layout.shape).toBe('wide')
})

test('a change of one column leaves the others as they are', () => {
  const before = mapping(column('a'), column('b'))
  const after = withConcept(before, 1, { unit: 'g/L' })
  expect(after.columns[1]?.concept.unit).toBe('g/L')
  expect(after.columns[0]).toBe(before.columns[0])
})

test('allowed values are read line by line, with labels in both languages', () => {
  expect(levelsOf('1 = treated = 已治疗\n0 = control\n\n2')).toEqual([
    { code: '1', label: { en: 'treated', zh: '已治疗' } },
    { code: '0', label: { en: 'control' } },
    { code: '2', label: { en: '2' } },
  ])
  expect(levelsOf(' \n')).toBeNull()
})
