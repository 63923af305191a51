import { expect, test } from 'vitest'
import type { Chart } from '../../contract/patients.ts'
import type { Concept } from '../../contract/values.ts'
import { formatsOf } from '../language/formats.ts'
import { entriesOf, newestFirst, readingOf, referenceOf, trendsOf, visitDaysOf } from './record.ts'

const concept = (name: string, change: Partial<Concept> = {}): Concept => ({
  name,
  label: { en: name, zh: `${name}（中）` },
  kind: 'number',
  role: 'observation',
  unit: null,
  plausible: null,
  reference: null,
  levels: null,
  coding: [],
  modifiable: false,
  description: null,
  ...change,
})
const value = (name: string, of: string | number | boolean | null, text = String(of)) => ({
  concept: name,
  value: of,
  text,
  raw: null,
  flag: null,
})
const dictionary = [
  concept('id', { role: 'patientKey', kind: 'text' }),
  concept('bili', { unit: 'mg/dL', reference: { low: null, high: 1.2 } }),
  concept('stage', { kind: 'integer', levels: [{ code: '4', label: { en: 'cirrhosis', zh: '肝硬化' } }] }),
  concept('ascites', { kind: 'boolean' }),
  concept('status', { role: 'outcomeEvent', kind: 'category' }),
  concept('chol'),
]
const encounter = (id: number, date: string | null, bili: number) => ({
  encounter: id,
  study: 'pbc',
  batch: 1,
  row: id,
  date,
  values: [
    value('chol', null),
    value('stage', 4),
    value('bili', bili),
    value('id', '17'),
    value('ascites', true),
    value('status', '2'),
  ],
})
const en = formatsOf('en')
const words = { yes: 'yes', no: 'no' }

test('values stand in the order of the dictionary, in their groups, without what the header already says', () => {
  const { entries, missing } = entriesOf(encounter(1, null, 14.5), dictionary, 'en')
  expect(entries.map((entry) => [entry.name, entry.group])).toEqual([
    ['bili', 'measurements'],
    ['stage', 'findings'],
    ['ascites', 'findings'],
    ['status', 'outcome'],
  ])
  expect(missing).toEqual(['chol'])
})

test('codes read as their labels, in the language of the app', () => {
  const [, stage, ascites] = entriesOf(encounter(1, null, 14.5), dictionary, 'zh-CN').entries
  expect(readingOf(stage!, 'zh-CN', formatsOf('zh-CN'), words)).toBe('肝硬化')
  expect(readingOf(stage!, 'en', en, words)).toBe('cirrhosis')
  expect(readingOf(ascites!, 'en', en, words)).toBe('yes')
})

test('a text that is a number is not given separators: an identifier must be found again as it is read', () => {
  expect(
    readingOf({ value: value('case', '1234567'), concept: concept('case', { kind: 'text' }) }, 'en', en, words),
  ).toBe('1234567')
})

test('a reference range is written as a doctor does', () => {
  expect(referenceOf(concept('a', { reference: { low: 3.5, high: 5 } }), en)).toBe('3.5–5')
  expect(referenceOf(concept('a', { reference: { low: null, high: 1.2 } }), en)).toBe('≤ 1.2')
  expect(referenceOf(concept('a'), en)).toBeNull()
})

const chart = (change: Partial<Chart>): Chart => ({
  patient: {
    patient: 1,
    label: 'pbc 1',
    name: null,
    identifiers: [],
    sex: 'female',
    birthDate: null,
    age: 58,
    studies: ['pbc'],
    encounters: 1,
  },
  encounters: [],
  series: [],
  events: [],
  documents: [],
  dictionaries: { pbc: dictionary },
  provenance: [],
  ...change,
})

test('dated encounters become a trend; a single value does not', () => {
  const two = chart({ encounters: [encounter(2, '2020-02-01', 21.3), encounter(1, '2020-01-01', 14.5)] })
  expect(
    trendsOf(two, 'en').map((trend) => [trend.label, trend.dated, trend.points.map((point) => point.value)]),
  ).toEqual([['bili', true, [14.5, 21.3]]])
  expect(trendsOf(chart({ encounters: [encounter(1, '2020-01-01', 14.5)] }), 'en')).toEqual([])
})

test('days that a file counts are not taken for dates of 1970', () => {
  const points = [
    { day: 183, value: 1 },
    { day: 2030, value: 2 },
  ]
  const series = [
    { concept: 'bili', study: 'pbc', points, results: [], dated: false },
    { concept: 'chol', study: 'pbc', points, results: [], dated: true },
  ]
  expect(trendsOf(chart({ series }), 'en').map((trend) => trend.dated)).toEqual([false, true])
})

test("the newest encounter comes first, whatever order the core sends, so that old values are not read as today's", () => {
  const sent = [
    encounter(2, '2020-02-01', 1),
    encounter(5, null, 1),
    encounter(3, '2021-01-01', 1),
    encounter(4, '2019-01-01', 1),
  ]
  for (const order of [sent, sent.toReversed()])
    expect(newestFirst(order).map((each) => each.encounter)).toEqual([3, 2, 4, 5])
})

test('visits counted in days since the first are put in their order and drawn over time', () => {
  const counted = [...dictionary, concept('day', { unit: 'd' }), concept('delay', { unit: 'd' })]
  const visit = (id: number, day: number, bili: number) => {
    const plain = encounter(id, null, bili)
    return { ...plain, values: [...plain.values, value('day', day), value('delay', 3)] }
  }
  const seen = chart({ encounters: [visit(2, 192, 21.3), visit(1, 0, 14.5)], dictionaries: { pbc: counted } })
  expect([...visitDaysOf(seen)].sort()).toEqual([
    [1, 0],
    [2, 192],
  ])
  expect(
    trendsOf(seen, 'en').map((trend) => [trend.label, trend.dated, trend.points.map((point) => point.day)]),
  ).toEqual([['bili', false, [0, 192]]])
})
