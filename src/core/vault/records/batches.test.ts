import { afterEach, expect, test } from 'vitest'
import { concept, freshVault, importCases, pack } from '../../../../test/fixtures/vault.ts'
import { rejection } from '../../../contract/rejections.ts'
import { sha256 } from '../../numbers/digest.ts'
import { insertModel } from '../models/models.ts'
import { recordPrediction } from '../models/predictions.ts'
import { saveSnapshot } from '../models/snapshots.ts'
import type { WriteStore } from '../store/store.ts'
import type { Vault } from '../store/vault.ts'
import {
  addRejectedRows,
  beginBatch,
  finishBatch,
  getBatch,
  listBatches,
  listRejectedRows,
  undoBatch,
} from './batches.ts'
import { insertCases, readTable } from './cases.ts'
import { addConcepts } from './concepts.ts'
import { type ClinicalEvent, type EventKind, insertEvents, readEvents } from './events.ts'
import { insertObservations, readObservations } from './observations.ts'
import { createStudy, findStudy, getStudy } from './studies.ts'
import { searchPatients } from './worklist.ts'

const removals: (() => void)[] = []
afterEach(() => {
  for (const remove of removals.splice(0)) remove()
})
const fresh = async (): Promise<Vault> => {
  const { vault, remove } = await freshVault()
  removals.push(remove)
  return vault
}

const x = [concept('x', 'number')]
const one = (patientKey: string, more = {}) => ({ patientKey, cells: { x: 1 }, ...more })
const patientsIn = (vault: Vault) => vault.read.value<number>('SELECT count(*) FROM patient')
const everything = (vault: Vault) =>
  Object.fromEntries(
    ['patient', 'patient_identifier', 'patient_term', 'study_patient', 'encounter', 'observation', 'condition'].map(
      (table) => [table, vault.read.all(`SELECT * FROM ${table}`)],
    ),
  )

test('no row of a file goes missing: imported and rejected rows make up all rows, or the batch is refused whole', async () => {
  const vault = await fresh()
  const attempt = (counts: { rows: number; imported: number; rejected: number }) =>
    vault.write((store) => {
      const { id } = findStudy(store, 's') ?? createStudy(store, { name: 's', by: null })
      const fields = addConcepts(store, id, x)
      const handle = beginBatch(store, {
        study: id,
        file: 's.csv',
        sha256: '',
        mapping: {},
        by: null,
        concepts: fields.map((field) => field.id),
      })
      insertCases(store, handle, [
        { patientKey: '1', name: null, birthDate: null, sex: null, date: null, row: 1, record: pack(fields, { x: 1 }) },
      ])
      addRejectedRows(store, handle, [
        {
          row: 2,
          place: { kind: 'line', line: 3 },
          column: 'x',
          code: 'notANumber',
          said: rejection('notANumber', { column: 'x' }),
          text: 'abc',
        },
        {
          row: 2,
          place: { kind: 'line', line: 3 },
          column: null,
          code: 'columnCount',
          said: rejection('fieldCount', { fields: 3, columns: 2 }),
          text: null,
        },
      ])
      return finishBatch(store, handle, { ...counts, sha256: 'abc' })
    })
  await expect(attempt({ rows: 3, imported: 1, rejected: 1 })).rejects.toThrow('is not 3 rows')
  await expect(attempt({ rows: 3, imported: 2, rejected: 1 })).rejects.toThrow('1 records stored, 2 told')
  expect(listBatches(vault.read)).toEqual([])
  const batch = await attempt({ rows: 2, imported: 1, rejected: 1 })
  expect(batch).toMatchObject({
    study: 's',
    file: 's.csv',
    sha256: 'abc',
    rows: 2,
    imported: 1,
    rejected: 1,
    undoneAt: null,
  })
  expect(listRejectedRows(vault.read, batch.batch, 1, 10)).toEqual({
    total: 2,
    errors: [
      {
        row: 2,
        place: { kind: 'line', line: 3 },
        column: null,
        code: 'columnCount',
        message: 'The row has 3 fields where the header has 2.',
        said: rejection('fieldCount', { fields: 3, columns: 2 }),
        text: null,
      },
    ],
  })
  // A Bedside of before kept the English sentence.
  await vault.write((store) =>
    store.run("UPDATE rejected_row SET message = 'too many' WHERE batch = ? AND code = 'columnCount'", batch.batch),
  )
  const [old] = listRejectedRows(vault.read, batch.batch, 1, 10).errors
  expect(old).toMatchObject({ code: 'columnCount', message: 'too many' })
  expect(old).not.toHaveProperty('said')
  expect(() => listRejectedRows(vault.read, 99, 0, 10)).toThrow('no import batch 99')
  await expect(
    vault.write((store) => store.run('UPDATE batch SET rows = 9 WHERE id = ?', batch.batch)),
  ).rejects.toThrow('CHECK')
})

test('taking a batch back leaves the vault as it was before, to the row', async () => {
  const vault = await fresh()
  await vault.write((store) => importCases(store, 's', x, [one('1', { name: 'Li Na' }), one('2')]))
  const before = everything(vault)
  const { batch } = await vault.write((store) =>
    importCases(store, 's', x, [
      one('2'),
      one('3', { name: '王小明', birthDate: '1990-01-02' }),
      { cells: { x: 5 } },
      one('3'),
    ]),
  )
  expect(searchPatients(vault.read, { query: '小明', study: null, offset: 0, limit: 9 }).total).toBe(1)
  const undone = await vault.write((store) => undoBatch(store, batch, null))
  expect(undone.undoneAt).toMatch(/^\d{4}-/)
  expect(everything(vault)).toEqual(before)
  expect(readTable(vault.read, 's').rows).toBe(2)
  expect(getStudy(vault.read, 's')).toMatchObject({ cases: 2, patients: 2 })
  expect(searchPatients(vault.read, { query: '小明', study: null, offset: 0, limit: 9 }).total).toBe(0)
  expect(searchPatients(vault.read, { query: '', study: null, offset: 0, limit: 9 }).total).toBe(2)
  await expect(vault.write((store) => undoBatch(store, batch, null))).rejects.toMatchObject({
    failure: { code: 'conflict', reason: 'batchUndone' },
  })
})

test('a patient whom another batch also knows stays when the batch that made it is taken back', async () => {
  const vault = await fresh()
  const first = await vault.write((store) => importCases(store, 's', x, [one('1'), one('2')]))
  await vault.write((store) => importCases(store, 't', x, [one('1')], { identifierSystem: 'study:s' }))
  await vault.write((store) => undoBatch(store, first.batch, null))
  expect(patientsIn(vault)).toBe(1)
  expect(readTable(vault.read, 's').rows).toBe(0)
  expect(readTable(vault.read, 't').rows).toBe(1)
  expect(getStudy(vault.read, 's')).toMatchObject({ cases: 0, patients: 0 })
  expect(searchPatients(vault.read, { query: '1', study: 't', offset: 0, limit: 9 }).total).toBe(1)
  expect(searchPatients(vault.read, { query: '1', study: 's', offset: 0, limit: 9 }).total).toBe(0)
})

test('a number once given to a patient or a case is never given to another', async () => {
  const vault = await fresh()
  const first = await vault.write((store) => importCases(store, 's', x, [one('1'), one('2')]))
  const old = readTable(vault.read, 's')
  await vault.write((store) => undoBatch(store, first.batch, null))
  await vault.write((store) => importCases(store, 's', x, [one('1')]))
  const table = readTable(vault.read, 's')
  expect(Math.min(...table.patients)).toBeGreaterThan(Math.max(...old.patients))
  expect(Math.min(...table.encounters)).toBeGreaterThan(Math.max(...old.encounters))
})

test('a patient for whom a prediction was shown stays, so that the prediction can be answered for', async () => {
  const vault = await fresh()
  const { batch } = await vault.write((store) => importCases(store, 's', x, [one('1'), one('2')]))
  const table = readTable(vault.read, 's')
  await vault.write((store) => {
    const artifact = new Uint8Array([1])
    const snapshot = saveSnapshot(store, {
      study: getStudy(store, 's').id,
      rows: 2,
      columns: 1,
      bytes: new Uint8Array([2]),
    })
    const model = insertModel(store, {
      name: 'm',
      task: 'diagnosis',
      learner: 'logistic',
      study: getStudy(store, 's').id,
      target: 'x',
      artifact,
      reference: artifact,
      hash: sha256(artifact),
      design: {},
      snapshot,
      detail: {},
      by: null,
    })
    recordPrediction(store, {
      patient: table.patients[0],
      encounter: table.encounters[0],
      model: model.id,
      user: null,
      inputs: {},
      summary: { class: { en: '' }, probability: 0.9 },
      payload: {},
    })
    undoBatch(store, batch, null)
  })
  expect(vault.read.column('SELECT id FROM patient')).toEqual([table.patients[0]])
  expect(vault.read.column('SELECT encounter FROM prediction')).toEqual([null])
})

const longBatch = (
  store: WriteStore,
  study: string,
  rows: { patientKey: string; test: string; day: number; value: number; raw?: string }[],
) => {
  const { id } = findStudy(store, study) ?? createStudy(store, { name: study, by: null })
  const tests = new Map(
    addConcepts(
      store,
      id,
      [...new Set(rows.map(({ test }) => test))].map((name) => concept(name, 'number')),
    ).map((entry) => [entry.name, entry.id]),
  )
  const handle = beginBatch(store, { study: id, file: 'long.csv', sha256: '', mapping: {}, by: null, concepts: [] })
  insertObservations(
    store,
    handle,
    rows.map(({ test, raw, ...rest }, at) => ({ ...rest, concept: tests.get(test)!, raw: raw ?? null, row: at + 1 })),
  )
  return finishBatch(store, handle, { rows: rows.length, imported: rows.length, rejected: 0 })
}

test('repeated measurements come back in order of patient and day, and go with their batch', async () => {
  const vault = await fresh()
  const rows = [
    { patientKey: 'b', test: 'chol', day: 30, value: 5.2 },
    { patientKey: 'a', test: 'chol', day: -459, value: 75 },
    { patientKey: 'a', test: 'hdl', day: 1, value: 1.1 },
    { patientKey: 'a', test: 'chol', day: 183, value: Number.NaN, raw: 'hemolysed' },
    { patientKey: 'b', test: 'chol', day: 30, value: 5.3 },
  ]
  const first = await vault.write((store) => longBatch(store, 'labs', rows))
  const chol = readObservations(vault.read, 'labs', 'chol')
  // Patient b came first in the file and has the lower number.
  expect([...chol.days]).toEqual([30, 30, -459, 183])
  expect([...chol.values]).toEqual([5.2, 5.3, 75, Number.NaN])
  expect(chol.patients[0]).toBe(chol.patients[1])
  expect(chol.values.buffer).toBeInstanceOf(SharedArrayBuffer)
  expect(getStudy(vault.read, 'labs')).toMatchObject({ cases: 0, patients: 2, columns: 2 })
  expect(searchPatients(vault.read, { query: 'a', study: 'labs', offset: 0, limit: 9 }).rows[0]).toMatchObject({
    label: 'labs a',
    studies: ['labs'],
  })
  const before = everything(vault)
  const second = await vault.write((store) =>
    longBatch(store, 'labs', [
      { patientKey: 'a', test: 'chol', day: 183, value: 6 },
      { patientKey: 'c', test: 'hdl', day: 0, value: 1 },
    ]),
  )
  expect(readObservations(vault.read, 'labs', 'chol').values.length).toBe(5)
  await vault.write((store) => undoBatch(store, second.batch, null))
  expect(everything(vault)).toEqual(before)
  await vault.write((store) => undoBatch(store, first.batch, null))
  expect(patientsIn(vault)).toBe(0)
  expect(readObservations(vault.read, 'labs', 'chol').values.length).toBe(0)
  expect(() => readObservations(vault.read, 'labs', 'ldl')).toThrow('no column ldl')
})

test('a patient with measurements cannot be removed from under them, nor a measurement stored for nobody', async () => {
  const vault = await fresh()
  await vault.write((store) => longBatch(store, 'labs', [{ patientKey: 'a', test: 'chol', day: 0, value: 1 }]))
  const [patient] = vault.read.column<number>('SELECT id FROM patient')
  await expect(vault.write((store) => store.run('DELETE FROM patient WHERE id = ?', patient))).rejects.toThrow(
    'FOREIGN KEY',
  )
  await expect(
    vault.write((store) =>
      store.run(
        'INSERT INTO observation (concept, patient, day, batch, row, value) SELECT concept, 999, day, batch, row, value FROM observation',
      ),
    ),
  ).rejects.toThrow('FOREIGN KEY')
})

const event = (kind: EventKind, patientKey: string, more: Partial<ClinicalEvent> = {}) => ({
  kind,
  patientKey,
  row: 1,
  system: null,
  code: null,
  label: '',
  status: null,
  startDate: null,
  endDate: null,
  startDay: null,
  endDay: null,
  value: null,
  unit: null,
  raw: null,
  ...more,
})

test('conditions, procedures, medications and outcomes are kept with their codes, read in time order, and go with their batch', async () => {
  const vault = await fresh()
  const batch = await vault.write((store) => {
    const { id } = createStudy(store, { name: 'events', by: null })
    const handle = beginBatch(store, { study: id, file: 'events.csv', sha256: '', mapping: {}, by: null, concepts: [] })
    insertEvents(store, handle, [
      event('outcome', 'a', { label: 'death', startDay: 900 }),
      event('condition', 'a', {
        label: 'Primary biliary cholangitis',
        system: 'http://hl7.org/fhir/sid/icd-10',
        code: 'K74.3',
        startDay: -3,
        status: 'active',
      }),
      event('medication', 'a', {
        label: 'ursodiol',
        startDay: 4,
        endDay: 400,
        value: 15,
        unit: 'mg/kg/d',
        raw: '15mg/kg',
      }),
      event('procedure', 'b', { label: 'liver biopsy', startDate: '1984-02-01' }),
    ])
    return finishBatch(store, handle, { rows: 4, imported: 4, rejected: 0 })
  })
  const [a, b] = vault.read.column<number>('SELECT id FROM patient ORDER BY id')
  expect(readEvents(vault.read, a).map(({ kind, label }) => [kind, label])).toEqual([
    ['condition', 'Primary biliary cholangitis'],
    ['medication', 'ursodiol'],
    ['outcome', 'death'],
  ])
  expect(readEvents(vault.read, a)[1]).toMatchObject({
    study: 'events',
    value: 15,
    unit: 'mg/kg/d',
    raw: '15mg/kg',
    endDay: 400,
  })
  expect(readEvents(vault.read, b)).toHaveLength(1)
  await vault.write((store) => undoBatch(store, batch.batch, null))
  expect(patientsIn(vault)).toBe(0)
})

test('where records came from is noted when they come and when they are taken back', async () => {
  const vault = await fresh()
  const { batch } = await vault.write((store) => importCases(store, 's', x, [one('1')], { file: 'ward7.csv' }))
  await vault.write((store) => undoBatch(store, batch, null))
  expect(vault.read.all('SELECT target, activity, source FROM provenance ORDER BY id')).toEqual([
    { target: `batch/${batch}`, activity: 'import', source: 'ward7.csv' },
    { target: `batch/${batch}`, activity: 'undo', source: 'ward7.csv' },
  ])
  expect(getBatch(vault.read, batch).undoneAt).not.toBeNull()
})
