import { afterAll, beforeAll, expect, test } from 'vitest'
import { concept, freshVault, importCases, levels } from '../../../../test/fixtures/vault.ts'
import { ChartSchema } from '../../../contract/patients.ts'
import type { Vault } from '../store/vault.ts'
import { beginBatch, finishBatch } from './batches.ts'
import { readTable } from './cases.ts'
import { readChart } from './chart.ts'
import { addConcepts } from './concepts.ts'
import { insertObservations } from './observations.ts'
import { createStudy } from './studies.ts'

let vault: Vault
let remove: () => void
beforeAll(async () => {
  ;({ vault, remove } = await freshVault())
})
afterAll(() => remove())

test('the chart shows every value as recorded, its raw text, flags outside the reference range, series and where all came from', async () => {
  const dictionary = [
    concept('bili', 'number', { unit: 'mg/dL', reference: { low: 0.2, high: 1.2 } }),
    concept('albumin', 'number', { reference: { low: 3.5, high: null } }),
    concept('stage', 'category', { levels: [{ code: '4', label: { en: 'cirrhosis' } }] }),
    concept('trt', 'integer', { levels: levels('1').map(({ code }) => ({ code, label: { en: 'D-penicillamine' } })) }),
    concept('ascites', 'boolean'),
    concept('seen', 'date'),
    concept('note', 'text'),
    concept('copper', 'number'),
  ]
  await vault.write((store) =>
    importCases(store, 'pbc', dictionary, [
      {
        patientKey: '1',
        sex: 'female',
        date: '1984-01-09',
        cells: { bili: 14.5, albumin: 2.6, stage: '4', trt: 1, ascites: 1, seen: 5121, note: 'itch', copper: null },
        raws: { bili: '248 µmol/L' },
      },
      { patientKey: '1', date: '1985-01-09', cells: { bili: 0.9, albumin: 3.5, trt: 2, ascites: 0 } },
      { patientKey: '2', cells: { bili: 3 } },
    ]),
  )
  const [patient] = readTable(vault.read, 'pbc').patients
  await vault.write((store) => {
    const { id } = createStudy(store, { name: 'labs', by: null })
    const [chol] = addConcepts(store, id, [concept('chol', 'number')])
    const handle = beginBatch(store, {
      study: id,
      file: 'labs.csv',
      sha256: '',
      mapping: {},
      by: null,
      concepts: [],
      identifierSystem: 'study:pbc',
    })
    const row = { patientKey: '1', concept: chol.id, raw: null }
    insertObservations(store, handle, [
      { ...row, day: 30, value: 5.5, row: 1 },
      { ...row, day: 1, value: 5, row: 2 },
      { ...row, day: 60, value: Number.NaN, raw: 'lost', row: 3 },
    ])
    finishBatch(store, handle, { rows: 3, imported: 3, rejected: 0 })
  })
  const chart = readChart(vault.read, patient)
  expect(ChartSchema.parse(chart)).toEqual(chart)
  expect(chart.patient).toMatchObject({ label: 'pbc 1', sex: 'female', encounters: 2, studies: ['labs', 'pbc'] })
  expect(chart.encounters.map(({ date, row }) => [date, row])).toEqual([
    ['1985-01-09', 2],
    ['1984-01-09', 1],
  ])
  const [later, earlier] = chart.encounters.map(({ values }) =>
    Object.fromEntries(values.map((value) => [value.concept, value])),
  )
  expect(earlier).toMatchObject({
    bili: { value: 14.5, text: '14.5', raw: '248 µmol/L', flag: 'high' },
    albumin: { value: 2.6, raw: null, flag: 'low' },
    stage: { value: '4', text: 'cirrhosis', flag: null },
    trt: { value: 1, text: 'D-penicillamine' },
    ascites: { value: true, text: 'yes' },
    seen: { value: '1984-01-09', text: '1984-01-09' },
    note: { value: 'itch', text: 'itch' },
    copper: { value: null, text: '', flag: null },
  })
  expect(later).toMatchObject({
    bili: { flag: null },
    albumin: { flag: null },
    trt: { value: 2, text: '2' },
    ascites: { value: false, text: 'no' },
    stage: { value: null },
  })
  expect(chart.series).toEqual([
    {
      concept: 'chol',
      study: 'labs',
      points: [
        { day: 1, value: 5 },
        { day: 30, value: 5.5 },
      ],
      results: [{ day: 60, code: null, text: 'lost' }],
      dated: false,
    },
  ])
  expect(Object.keys(chart.dictionaries)).toEqual(['labs', 'pbc'])
  expect(chart.provenance.map(({ study, file }) => [study, file])).toEqual([
    ['pbc', 'pbc.csv'],
    ['labs', 'labs.csv'],
  ])
  expect(() => readChart(vault.read, 99)).toThrow('no patient 99')
})

test('a day of measurement is a date only where the file gave dates: day 183 is not the second of July 1970', async () => {
  const patients = await vault.write((store) =>
    (['date', 'integer'] as const).map((kind) => {
      const { id } = createStudy(store, { name: `visits by ${kind}`, by: null })
      const [chol] = addConcepts(store, id, [concept('chol', 'number')])
      const column = (name: string, of: ReturnType<typeof concept>) => ({
        column: name,
        use: 'import',
        concept: of,
        sourceUnit: null,
        dateFormat: null,
      })
      const handle = beginBatch(store, {
        study: id,
        file: 'visits.csv',
        sha256: '',
        mapping: {
          version: 1,
          dialect: { encoding: 'utf-8', delimiter: ',', quote: '"', decimal: '.', header: true },
          layout: { shape: 'long', day: 'when', test: 'test', value: 'value' },
          missing: [''],
          identifierSystem: null,
          columns: [column('when', concept('when', kind)), column('test', concept('test', 'text'))],
        },
        by: null,
        concepts: [],
        identifierSystem: `study:${kind}`,
      })
      insertObservations(store, handle, [{ patientKey: 'a', concept: chol.id, day: 183, value: 5, raw: null, row: 1 }])
      finishBatch(store, handle, { rows: 1, imported: 1, rejected: 0 })
      return store.value<number>('SELECT max(patient) FROM observation WHERE concept = ?', chol.id)!
    }),
  )
  expect(patients.map((patient) => readChart(vault.read, patient).series.map(({ dated }) => dated))).toEqual([
    [true],
    [false],
  ])
})
