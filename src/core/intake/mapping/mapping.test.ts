import { expect, test } from 'vitest'
import type { Mapping } from '../../../contract/intake.ts'
import { installation } from '../../installation.ts'
import { labelsFrom } from '../../terminology/labels.ts'
import { readCatalogues } from '../../texts.ts'
import { defaultConcept, reuseMapping } from './mapping.ts'
import { type PreviewRequest, previewHere } from './preview.ts'

const labels = labelsFrom(readCatalogues(installation().resources))

const preview = (text: string, more: Omit<PreviewRequest, 'source'> = {}) =>
  previewHere({ source: { kind: 'bytes', file: 'test.csv', data: Buffer.from(text) }, labels, ...more })

const rolesOf = ({ columns }: Mapping) =>
  Object.fromEntries(
    columns.map(({ column, concept }) => [column, concept.role]).filter(([, role]) => role !== 'observation'),
  )

test('an English export is mapped without a hand on it', async () => {
  const { mapping } = await preview(
    'MRN,Patient Name,DOB,Sex,Site,Visit Date,Bili (mg/dL),time,status\n' +
      'A1,Ann Lee,1950-02-03,F,North,2020-01-05,0.7,400,1\nA2,Bo Ng,1961-12-24,M,South,2020-02-11,1.3,900,0\n',
  )
  expect(rolesOf(mapping)).toEqual({
    MRN: 'patientKey',
    'Patient Name': 'patientName',
    DOB: 'birthDate',
    Sex: 'sex',
    Site: 'site',
    'Visit Date': 'encounterDate',
    time: 'outcomeTime',
    status: 'outcomeEvent',
  })
  const bili = mapping.columns[6].concept
  expect(bili).toMatchObject({
    name: 'Bili (mg/dL)',
    unit: 'mg/dL',
    label: { en: 'Bilirubin, total', zh: '总胆红素' },
    coding: [{ system: 'http://loinc.org', code: '1975-2' }],
  })
})

test('a Chinese export is mapped without a hand on it', async () => {
  const { mapping } = await preview(
    '病历号,姓名,出生日期,性别,就诊日期,总胆红素（umol/L）,吸烟,生存时间,死亡\n' +
      '0012,张伟,1950年2月3日,男,2020-01-05,12.5,是,400,1\n0013,李娜,1961年12月24日,女,2020-02-11,20.1,否,900,0\n',
  )
  expect(rolesOf(mapping)).toEqual({
    病历号: 'patientKey',
    姓名: 'patientName',
    出生日期: 'birthDate',
    性别: 'sex',
    就诊日期: 'encounterDate',
    生存时间: 'outcomeTime',
    死亡: 'outcomeEvent',
  })
  expect(mapping.columns[2].dateFormat).toBe('yyyy年MM月dd日')
  expect(mapping.columns[5].concept).toMatchObject({ unit: 'umol/L', coding: [{ code: '14631-6' }] })
  expect(mapping.columns[6].concept.levels).toEqual([
    { code: '否', label: { en: 'no', zh: '否' } },
    { code: '是', label: { en: 'yes', zh: '是' } },
  ])
})

test('a short header word alone does not name a substance', async () => {
  const { mapping } = await preview('id,pt,na\n1,3,4.5\n2,4,5.5\n')
  expect(mapping.columns[1].concept).toMatchObject({ label: { en: 'pt' }, coding: [], plausible: null })
})

test('without a key column each row is its own patient, and that is said', async () => {
  const { mapping, warnings } = await preview('glu,bp\n100,70\n120,80\n')
  expect(rolesOf(mapping)).toEqual({})
  expect(warnings.map(({ reason }) => reason)).toContain('noPatientKey')
})

test("the study's dictionary wins, and another unit is converted to its unit", async () => {
  const bili = defaultConcept('bili', {
    kind: 'number',
    unit: 'mg/dL',
    coding: [{ system: 'http://loinc.org', code: '1975-2' }],
    plausible: { low: 0, high: 100 },
  })
  const smoker = defaultConcept('smoker', { kind: 'boolean' })
  const { mapping, warnings } = await preview('id,bili (µmol/L),smoker,new\n1,17,0,x\n2,20,1,y\n', {
    dictionary: [bili, smoker, defaultConcept('albumin')],
  })
  expect(mapping.columns[1]).toMatchObject({ column: 'bili (µmol/L)', sourceUnit: 'umol/L', concept: bili })
  expect(mapping.columns[2].concept.kind).toBe('boolean')
  expect(warnings.find(({ reason }) => reason === 'columnsAbsent')?.message).toContain('albumin')
})

test('a unit that cannot be converted is said before anything is imported', async () => {
  const weight = defaultConcept('weight', { kind: 'number', unit: 'kg' })
  const { warnings } = await preview('id,weight (cm)\n1,70\n2,80\n', { dictionary: [weight] })
  expect(warnings.map(({ reason }) => reason)).toContain('unitMismatch')
})

test('a saved mapping is found again by the header, and new columns are not dropped silently', async () => {
  const first = await preview('id,bili,extra\n1,0.5,a\n2,0.7,b\n')
  const edited = structuredClone(first.mapping)
  edited.columns[1].concept.unit = 'mg/dL'
  edited.columns[2].use = 'ignore'
  const saved = [
    { name: 'other', mapping: (await preview('id,hb\n1,12\n2,13\n')).mapping },
    { name: 'liver', mapping: edited },
  ]
  const again = await preview('id,bili,crp\n7,0.9,5\n8,1.1,6\n', { saved })
  expect(again.savedAs).toBe('liver')
  expect(again.mapping.columns.map(({ column, concept }) => [column, concept.unit])).toEqual([
    ['id', null],
    ['bili', 'mg/dL'],
    ['crp', null],
  ])
  expect(again.warnings.find(({ reason }) => reason === 'columnsAdded')?.message).toContain('crp')
  expect(reuseMapping(['id', 'x', 'y', 'z'], saved, again.mapping)).toBeNull()
})

test('one measurement a row is recognised as repeated measurements', async () => {
  const rows = Array.from({ length: 30 }, (_, i) => `${i % 5},${i},${['hdl', 'sbp'][i % 2]},${40 + i}.5`)
  const { mapping } = await preview(`id,days,test,value\n${rows.join('\n')}\n`)
  expect(mapping.layout).toEqual({ shape: 'long', day: 'days', test: 'test', value: 'value' })
})

test('an empty column is left out, with its emptiness counted', async () => {
  const { mapping, columns } = await preview('id,a,b\n1,,5\n2,NA,6\n')
  expect(mapping.columns.map(({ use }) => use)).toEqual(['import', 'ignore', 'import'])
  expect(columns[1]).toMatchObject({ known: 0, missing: 2 })
})

test('a file with the columns of a bundled sample gets its units and ranges, a file with one column more does not', async () => {
  const known = [
    { name: 'liver', concepts: [defaultConcept('id'), defaultConcept('bili', { kind: 'number', unit: 'mg/dL' })] },
  ]
  const { mapping, warnings } = await preview('id,bili\n1,0.5\n2,0.7\n', { known })
  expect(mapping.columns[1].concept.unit).toBe('mg/dL')
  expect(warnings.map(({ reason }) => reason)).toContain('knownDictionary')
  expect((await preview('id,bili,x\n1,0.5,1\n2,0.7,2\n', { known })).mapping.columns[1].concept.unit).toBeNull()
})
