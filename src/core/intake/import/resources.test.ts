import { afterAll, beforeAll, expect, test } from 'vitest'
import { jsonDialect, plantJsonReader } from '../../../../test/fixtures/jsonReader.ts'
import { freshVault } from '../../../../test/fixtures/vault.ts'
import { type Mapping, MappingSchema } from '../../../contract/intake.ts'
import { studySource } from '../../extract/studySource.ts'
import { undoBatch } from '../../vault/records/batches.ts'
import { readTable } from '../../vault/records/cases.ts'
import { readChart } from '../../vault/records/chart.ts'
import { listConcepts } from '../../vault/records/concepts.ts'
import { readDocuments } from '../../vault/records/documents.ts'
import { readEvents } from '../../vault/records/events.ts'
import { readObservations } from '../../vault/records/observations.ts'
import { getStudy } from '../../vault/records/studies.ts'
import type { EventResource, Resource } from '../resource.ts'
import type { FileSource } from '../source.ts'
import { importFile } from './importFile.ts'
import { previewFile } from './rowsThread.ts'

let vault: Awaited<ReturnType<typeof freshVault>>['vault']
let remove: () => void
let unplant: () => void
let user: string
beforeAll(async () => {
  unplant = plantJsonReader()
  const made = await freshVault()
  vault = made.vault
  remove = made.remove
  user = vault.read.value<string>('SELECT id FROM user LIMIT 1') as string
})
afterAll(() => {
  unplant()
  remove()
})

const loinc = (code: string) => ({ system: 'http://loinc.org', code })
const snomed = (code: string) => ({ system: 'http://snomed.info/sct', code })
const observation = (patient: string, more: Partial<Extract<Resource, { kind: 'observation' }>>): Resource => ({
  ...{ kind: 'observation', patient, coding: null, label: null, date: '2021-03-04', value: null, unit: null },
  ...{ result: null, text: null },
  ...more,
})
const event = (
  kind: 'condition' | 'procedure' | 'medication' | 'outcome',
  patient: string,
  more: Partial<EventResource>,
): Resource => ({
  ...{
    kind,
    patient,
    coding: null,
    label: null,
    status: null,
    startDate: null,
    endDate: null,
    value: null,
    unit: null,
  },
  ...more,
})
const fileOf = (resources: (Resource | '?')[]): FileSource => ({
  kind: 'bytes',
  file: 'records.ndjson',
  data: Buffer.from(resources.map((one) => (one === '?' ? one : JSON.stringify(one))).join('\n')),
})
const load = async (study: string, resources: (Resource | '?')[], more: Partial<Mapping> = {}) => {
  const source = fileOf(resources)
  const { mapping } = await previewFile({ source }, { workerUrl: null })
  return importFile({
    ...{ vault, source, study, user, workerUrl: null },
    mapping: { ...mapping, ...more },
  })
}
const footprint = () =>
  vault.read
    .column<string>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('batch', 'provenance', 'counter', 'concept', 'form', 'study', 'identifier_system', 'rejected_row') AND name NOT LIKE 'sqlite%'",
    )
    .map((table) => `${table} ${vault.read.value<number>(`SELECT count(*) FROM ${table}`)}`)

const mary: Resource[] = [
  { kind: 'person', patient: 'mary', name: 'Mary Roe', birthDate: '1958-03', sex: 'female' },
  { kind: 'encounter', patient: 'mary', date: '2021-03-04T09:30:00Z' },
  observation('mary', { coding: loinc('2160-0'), label: 'Creatinine', value: 88.4, unit: 'umol/L' }),
  observation('mary', { coding: loinc('2160-0'), label: 'Creatinine', date: '2021-06-01', value: 1.2, unit: 'mg/dL' }),
  observation('mary', { coding: loinc('5195-3'), label: 'HBsAg', result: snomed('10828004'), text: 'Positive' }),
  observation('mary', { coding: loinc('18748-4'), label: 'Imaging', text: 'No focal lesion.' }),
  event('condition', 'mary', {
    ...{ coding: { system: 'http://hl7.org/fhir/sid/icd-10', code: 'K74.3' }, label: 'Primary biliary cirrhosis' },
    ...{ status: 'active', startDate: '2019' },
  }),
  event('procedure', 'mary', { label: 'Liver biopsy', startDate: '2019-05-06', endDate: '2019-05-06' }),
  event('medication', 'mary', { label: 'Ursodiol', value: 900, unit: 'mg/d', startDate: '2019-06' }),
  event('outcome', 'mary', { label: 'Transplant', startDate: '2022-01-01' }),
  {
    ...{ kind: 'document', patient: 'mary', coding: loinc('18842-5'), title: 'Discharge summary', date: '2021-03-09' },
    ...{ mediaType: 'text/plain', content: 'Sent home well.' },
  },
]

test('every kind of clinical record is there again on the chart, and gone when its file is taken back', async () => {
  const before = footprint()
  const report = await load('fhir', mary, {
    columns: MappingSchema.shape.columns.parse([
      {
        ...{ column: '2160-0', use: 'import', sourceUnit: null, dateFormat: null },
        concept: {
          ...{ name: 'creatinine', label: { en: 'Creatinine' }, kind: 'number', role: 'observation', unit: 'mg/dL' },
          ...{ plausible: { low: 0.1, high: 30 }, reference: null, levels: null, coding: [loinc('2160-0')] },
          ...{ modifiable: false, description: null },
        },
      },
    ]),
  })
  expect(report).toMatchObject({ rows: 11, imported: 11, rejected: 0, errors: [] })
  const { id, cases, patients } = getStudy(vault.read, 'fhir')
  expect([cases, patients]).toEqual([1, 1])
  const patient = vault.read.value<number>("SELECT patient FROM patient_identifier WHERE value = 'mary'") as number

  const chart = readChart(vault.read, patient)
  expect(chart.patient).toMatchObject({ name: 'Mary Roe', birthDate: '1958-03', sex: 'female' })
  expect(chart.encounters).toMatchObject([{ date: '2021-03-04', row: 2, values: [] }])
  const series = new Map(chart.series.map((one) => [one.concept, one]))
  // 88.4 umol/L are 1 mg/dL of creatinine (113.12 g/mol).
  expect(series.get('creatinine')?.points.map(({ value }) => value.toFixed(3))).toEqual(['1.000', '1.200'])
  expect(series.get('creatinine')?.dated).toBe(true)
  const day = Date.UTC(2021, 2, 4) / 86_400_000
  expect(series.get('HBsAg')).toMatchObject({
    points: [],
    results: [{ day, code: 'http://snomed.info/sct|10828004', text: 'Positive' }],
  })
  expect(series.get('Imaging')?.results).toEqual([{ day, code: null, text: 'No focal lesion.' }])
  expect(chart.events.map(({ kind, label, startDate }) => [kind, label, startDate])).toEqual([
    ['condition', 'Primary biliary cirrhosis', '2019'],
    ['procedure', 'Liver biopsy', '2019-05-06'],
    ['medication', 'Ursodiol', '2019-06'],
    ['outcome', 'Transplant', '2022-01-01'],
  ])
  expect(readEvents(vault.read, patient)[2]).toMatchObject({ value: 900, unit: 'mg/d', row: 9 })
  expect(chart.documents).toMatchObject([{ title: 'Discharge summary', content: 'Sent home well.', code: '18842-5' }])
  expect(chart.provenance.map(({ file }) => file)).toEqual(['records.ndjson'])

  // What a cohort, and an export without names, may read: numbers, codes as levels, no words.
  expect(Array.from(readObservations(vault.read, 'fhir', 'creatinine').values, (value) => value.toFixed(1))).toEqual([
    '1.0',
    '1.2',
  ])
  expect(readTable(vault.read, 'fhir').rows).toBe(1)
  const source = studySource(vault.read, 'fhir')
  expect(source.events()).toHaveLength(4)
  expect(Array.from(source.measurements('HBsAg').values)).toEqual([0])
  expect(Array.from(source.measurements('Imaging').values)).toEqual([Number.NaN])
  expect(listConcepts(vault.read, id).find(({ name }) => name === 'HBsAg')?.levels).toEqual([
    { code: '10828004', label: { en: 'Positive' } },
  ])

  await vault.write((store) => undoBatch(store, report.batch as number, user))
  expect(footprint()).toEqual(before)
  expect(getStudy(vault.read, 'fhir')).toMatchObject({ cases: 0, patients: 0 })
})

test('a record that cannot be kept as it is meant is rejected with its place and field, and the others stay', async () => {
  const report = await load('faults', [
    { kind: 'person', patient: 'a', name: null, birthDate: '1958-13', sex: null },
    { kind: 'person', patient: 'b', name: null, birthDate: '2999-01-01', sex: null },
    { kind: 'encounter', patient: '', date: null },
    observation('a', { label: 'Sodium', date: '2021', value: 140, unit: 'mmol/L' }),
    observation('a', { label: 'Sodium', value: 140, unit: 'mmol/L' }),
    observation('a', { label: 'Sodium', value: 141, unit: 'kg' }),
    observation('a', { label: 'Sodium', value: 141, unit: 'spoons' }),
    observation('a', { label: 'Sodium', text: '<120' }),
    observation('a', { label: 'Sodium' }),
    observation('a', { value: 1 }),
    event('condition', 'a', { label: 'Asthma', startDate: '2020-02-02', endDate: '2019-01-01' }),
    event('condition', 'a', { startDate: '2020' }),
    '?',
    { kind: 'document', patient: 'a', coding: null, title: 'Letter', date: null, mediaType: 'text/plain', content: '' },
    observation('a', { label: 'Note', text: 'torn \uFFFD' }),
    event('outcome', 'a', { label: 'Death', startDate: '2022-05' }),
  ])
  expect(report).toMatchObject({ rows: 16, imported: 2, rejected: 14 })
  expect(report.errors.map(({ row, place, column, code }) => [row, place, column, code])).toEqual(
    [
      [1, 'birthDate', 'notADate'],
      [2, 'birthDate', 'outOfRange'],
      [3, 'patient', 'missingKey'],
      [4, 'date', 'notADate'],
      [6, 'unit', 'unknownUnit'],
      [7, 'unit', 'unknownUnit'],
      [8, 'result', 'notANumber'],
      [9, 'value', 'notANumber'],
      [10, 'label', 'notAllowed'],
      [11, 'endDate', 'outOfRange'],
      [12, 'label', 'notAllowed'],
      [13, null, 'badEncoding'],
      [14, 'content', 'notAllowed'],
      [15, 'text', 'badEncoding'],
    ].map(([row, column, code]) => [row, { kind: 'path', path: `entry[${Number(row) - 1}]` }, column, code]),
  )
})

test('what another file knows of a patient stays when a file of persons and letters is taken back', async () => {
  const john: Resource = { kind: 'person', patient: 'john', name: 'John Doe', birthDate: null, sex: 'male' }
  const first = await load('john', [john, observation('john', { label: 'Weight', value: 80, unit: 'kg' })])
  const patient = vault.read.value<number>("SELECT patient FROM patient_identifier WHERE value = 'john'") as number
  const kept = footprint()
  const letter = { kind: 'document', coding: null, title: 'Letter', date: null, mediaType: 'text/plain' } as const
  const second = await load('john', [
    { ...john, name: 'Joan Doe' },
    { ...letter, patient: 'john', content: 'Dear …' },
  ])
  expect(second.warnings.map(({ reason }) => reason)).toContain('contradictions')
  expect(readDocuments(vault.read, patient)).toHaveLength(1)
  await vault.write((store) => undoBatch(store, second.batch as number, user))
  expect(footprint()).toEqual(kept)
  expect(readChart(vault.read, patient).patient.name).toBe('John Doe')
  await vault.write((store) => undoBatch(store, first.batch as number, user))
  expect(vault.read.value("SELECT 1 FROM patient_identifier WHERE value = 'john'")).toBeUndefined()
})

test('an import of records that is stopped midway leaves nothing', async () => {
  const many = Array.from({ length: 400 }, (_, i) => observation(`p${i}`, { label: 'Weight', value: i, unit: 'kg' }))
  const before = footprint()
  const stop = new AbortController()
  const source = fileOf(many)
  const { mapping } = await previewFile({ source }, { workerUrl: null })
  expect(mapping).toMatchObject({ dialect: jsonDialect, layout: { shape: 'resources' } })
  const work = importFile({
    ...{ vault, source, study: 'stopped', user, workerUrl: null, mapping, signal: stop.signal },
    onProgress: ({ rows }) => rows > 100 && stop.abort(),
  })
  await expect(work).rejects.toThrow(/cancelled/)
  expect(footprint()).toEqual(before)
  expect(vault.read.value("SELECT 1 FROM study WHERE name = 'stopped'")).toBeUndefined()
})
