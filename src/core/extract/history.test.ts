import { afterAll, beforeAll, expect, test } from 'vitest'
import { concept, freshVault, importCases } from '../../../test/fixtures/vault.ts'
import { BedsideError } from '../../contract/errors.ts'
import type { Table } from '../cohort/table.ts'
import { beginBatch, finishBatch } from '../vault/records/batches.ts'
import { readTable } from '../vault/records/cases.ts'
import { addConcepts } from '../vault/records/concepts.ts'
import { insertObservations } from '../vault/records/observations.ts'
import { createStudy, findStudy, getStudy } from '../vault/records/studies.ts'
import type { WriteStore } from '../vault/store/store.ts'
import type { Vault } from '../vault/store/vault.ts'
import { withHistory } from './history.ts'

let vault: Vault
let remove: () => void
beforeAll(async () => {
  const made = await freshVault()
  vault = made.vault
  remove = made.remove
  await vault.write((store) => {
    importCases(
      store,
      'dated',
      [concept('outcome', 'boolean')],
      [
        { patientKey: 'a', date: '2020-01-10', cells: { outcome: 1 } },
        { patientKey: 'b', date: '2020-01-10', cells: { outcome: 0 } },
        { patientKey: 'a', date: '2020-03-01', cells: { outcome: 0 } },
        { patientKey: 'c', cells: { outcome: 0 } },
      ],
    )
    measure(store, 'dated', true, [
      ['a', '2020-01-01', 1],
      // The same day as the case, in the afternoon.
      ['a', '2020-01-10', 2, 0.75],
      ['a', '2020-01-11', 900],
      ['b', '2020-02-01', 800],
      ['c', '2020-01-01', 700],
    ])
    importCases(
      store,
      'undated',
      [concept('outcome', 'boolean'), concept('visit', 'integer')],
      [
        { patientKey: 'a', cells: { outcome: 1, visit: 30 } },
        { patientKey: 'a', cells: { outcome: 1, visit: 10 } },
      ],
    )
    measure(store, 'undated', false, [
      ['a', 5, 1],
      ['a', 10.25, 2],
      ['a', 40, 3],
    ])
  })
})
afterAll(() => remove())

type Measured = [patient: string, day: string | number, value: number, fraction?: number]

const measure = (store: WriteStore, name: string, dated: boolean, rows: readonly Measured[]) => {
  const study = findStudy(store, name) ?? createStudy(store, { name, by: null })
  const [crp] = addConcepts(store, study.id, [concept('crp', 'number', { unit: 'mg/L' })])
  const column = (title: string, kind: string) => ({
    column: title,
    use: 'import',
    concept: concept(title, kind as never),
    sourceUnit: null,
    dateFormat: null,
  })
  const handle = beginBatch(store, {
    study: study.id,
    file: 'long.csv',
    sha256: 'e'.repeat(64),
    mapping: {
      dialect: { encoding: 'utf-8', delimiter: ',', quote: '"', decimal: '.', header: true },
      missing: [''],
      identifierSystem: null,
      layout: { shape: 'long', test: 'test', value: 'value', day: 'day' },
      columns: [
        column('id', 'text'),
        column('test', 'text'),
        column('value', 'number'),
        column('day', dated ? 'date' : 'number'),
      ],
    },
    by: null,
    concepts: [],
    identifierSystem: null,
  })
  insertObservations(
    store,
    handle,
    rows.map(([patientKey, day, value, fraction = 0], at) => ({
      patientKey,
      concept: crp.id,
      day: (typeof day === 'string' ? Date.parse(day) / 86_400_000 : day) + fraction,
      value,
      raw: null,
      row: at + 1,
    })),
  )
  finishBatch(store, handle, { rows: rows.length, imported: rows.length, rejected: 0 })
}

const design = { features: null, sequences: { channels: ['crp'] }, summaries: [{ concept: 'crp', of: 'max' as const }] }
const told = (study: string, over: object = {}) => {
  const found = getStudy(vault.read, study)
  return withHistory(vault.read, found, { ...design, study, ...over }, readTable(vault.read, found.id))
}
const coursesOf = ({ sequences }: Table) =>
  Array.from({ length: sequences!.offsets.length - 1 }, (_, row) => [
    ...sequences!.values.subarray(sequences!.offsets[row], sequences!.offsets[row + 1]),
  ])
const summaryOf = ({ columns }: Table) => [...columns.find(({ name }) => name === 'crp:max')!.values]
const reasonOf = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    return error instanceof BedsideError ? error.failure.reason : String(error)
  }
  return 'nothing was refused'
}

test('a measurement made after a case’s date never reaches the model that learns from the case', () => {
  const { table, warnings } = told('dated')
  expect(coursesOf(table)).toEqual([[1, 2], [], [1, 2, 900], []])
  expect(summaryOf(table)).toEqual([2, Number.NaN, 900, Number.NaN])
  expect(warnings).toEqual([])
})

test('a patient at the bedside is read as the same case was in training, from that patient’s records alone', () => {
  const { table } = told('dated')
  const study = getStudy(vault.read, 'dated')
  table.patients.forEach((patient, row) => {
    const one = {
      rows: 1,
      columns: [],
      patients: Int32Array.of(patient),
      encounters: Int32Array.of(table.encounters[row]),
    }
    const bedside = withHistory(vault.read, study, { ...design, study: 'dated' }, one, patient).table
    expect(coursesOf(bedside)[0]).toEqual(coursesOf(table)[row])
    expect(summaryOf(bedside)[0]).toEqual(summaryOf(table)[row])
    expect([...bedside.sequences!.times]).toEqual([
      ...table.sequences!.times.subarray(table.sequences!.offsets[row], table.sequences!.offsets[row + 1]),
    ])
  })
})

test('days since a patient’s own start are held against a column in that clock, to the fraction of a day', () => {
  const { table } = told('undated', { caseTime: 'visit' })
  expect(coursesOf(table)).toEqual([[1, 2], [1]])
})

test('days and dates are never compared as if they were one clock', () => {
  expect(reasonOf(() => told('dated', { caseTime: 'outcome' }))).toBe('clockOfDays')
})

test('without any time of the cases all measurements count, and that is said', () => {
  const { table, warnings } = told('undated')
  expect(coursesOf(table)).toEqual([
    [1, 2, 3],
    [1, 2, 3],
  ])
  expect(warnings.map(({ reason }) => reason)).toEqual(['noCaseTime'])
})

test('columns of the cases are a course too: a patient’s earlier cases, in order of time and not of import', () => {
  const sequences = { channels: ['outcome', 'visit'] }
  const { table } = told('undated', { caseTime: 'visit', sequences, summaries: [] })
  expect(
    coursesOf({
      ...table,
      sequences: { ...table.sequences!, values: table.sequences!.values.filter((_, i) => i % 2 === 1) },
    }),
  ).toEqual([[10, 30], [10]])
  expect(reasonOf(() => told('undated', { sequences, summaries: [] }))).toBe('noCaseTime')
})
