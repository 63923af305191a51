import { afterAll, beforeAll, expect, test } from 'vitest'
import { concept, freshVault, importCases, type WrittenCase } from '../../../../test/fixtures/vault.ts'
import type { Vault } from '../store/vault.ts'
import { readTable } from './cases.ts'
import { normaliseName, termsOf } from './searchTerms.ts'
import { interpretationsOf, searchPatients } from './worklist.ts'

let vault: Vault
let remove: () => void
const x = [concept('x', 'number')]

const people: WrittenCase[] = [
  { patientKey: 'MRN-4711', name: 'Anne-Marie Müller', birthDate: '1958-03-12', sex: 'female' },
  { patientKey: 'MRN-4712', name: 'Smith, John', birthDate: '1958-12-03', sex: 'male' },
  { patientKey: 'MRN-471', name: 'Johanna Smithers', birthDate: '1960-01' },
  { patientKey: '1958', name: 'John Johnson', birthDate: '1971' },
  { patientKey: '19580312', name: '王小明' },
  { patientKey: 'W 9', name: '李王伟', birthDate: '1958-03-01' },
  { patientKey: 'k', name: "Siobhán O'Brien" },
  { patientKey: '17' },
  { patientKey: '170' },
]

beforeAll(async () => {
  ;({ vault, remove } = await freshVault())
  await vault.write((store) => importCases(store, 'ward', x, people, { identifierSystem: 'mrn' }))
  await vault.write((store) => importCases(store, 'pbc', x, [{ patientKey: '17' }, { patientKey: 'MRN-4711' }]))
})
afterAll(() => remove())

const search = (query: string, study: string | null = null) =>
  searchPatients(vault.read, { query, study, offset: 0, limit: 50 })
const found = (query: string, study: string | null = null) =>
  search(query, study)
    .rows.map(({ label }) => label)
    .sort()

test('a patient is found by any word of the name, in any order, without accents or hyphens', () => {
  expect(found('muller')).toEqual(['Anne-Marie Müller'])
  expect(found('MÜLLER anne')).toEqual(['Anne-Marie Müller'])
  expect(found('marie')).toEqual(['Anne-Marie Müller'])
  expect(found('anne-marie')).toEqual(['Anne-Marie Müller'])
  expect(found('john smith')).toEqual(['Smith, John'])
  expect(found('smith, john')).toEqual(['Smith, John'])
  expect(found('jo smi')).toEqual(['Johanna Smithers', 'Smith, John'])
  expect(found('obrien')).toEqual(["Siobhán O'Brien"])
  expect(found('o’brien siobhan')).toEqual(["Siobhán O'Brien"])
  expect(found('ohn')).toEqual([])
})

test('a Chinese name is found by any part of it', () => {
  expect(found('王')).toEqual(['李王伟', '王小明'])
  expect(found('王小明')).toEqual(['王小明'])
  expect(found('小明')).toEqual(['王小明'])
  expect(found('明')).toEqual(['王小明'])
  expect(found('王明')).toEqual([])
  expect(found('伟 李')).toEqual(['李王伟'])
})

test('a patient is found by an identifier or its beginning, the exact one first', () => {
  expect(found('mrn-4711')).toContain('Anne-Marie Müller')
  expect(found('MRN-471')).toEqual(['Anne-Marie Müller', 'Johanna Smithers', 'Smith, John', 'pbc MRN-4711'])
  expect(search('17').rows.map(({ label }) => label)).toEqual(['mrn 17', 'pbc 17', 'mrn 170'])
  expect(found('w 9')).toEqual(['李王伟'])
})

test('a patient is found by the birth date as any of us writes it', () => {
  for (const written of ['1958-03-12', '12.03.1958', '12.3.1958', '1958/3/12', '1958年3月12日', '1958.03.12'])
    expect(found(written)).toEqual(['Anne-Marie Müller'])
  expect(found('03/12/1958')).toEqual(['Anne-Marie Müller', 'Smith, John'])
  expect(found('1958-03')).toEqual(['Anne-Marie Müller', '李王伟'])
  expect(found('19580312')).toEqual(['Anne-Marie Müller', '王小明'])
  expect(found('1958')).toEqual(['Anne-Marie Müller', 'John Johnson', 'Smith, John', '李王伟', '王小明'])
})

test('name, birth date and identifier can be given together', () => {
  expect(found('smith 1958')).toEqual(['Smith, John'])
  expect(found('伟 1958-03')).toEqual(['李王伟'])
  expect(found('müller mrn-47')).toEqual(['Anne-Marie Müller'])
  expect(found('john 1958')).toEqual(['John Johnson', 'Smith, John'])
  expect(found('müller mrn-4712')).toEqual([])
})

test('a search within a study finds its patients only', () => {
  expect(found('17', 'pbc')).toEqual(['pbc 17'])
  expect(found('', 'pbc')).toEqual(['pbc 17', 'pbc MRN-4711'])
  expect(found('smith 1958', 'pbc')).toEqual([])
  expect(search('', 'nosuch')).toEqual({ rows: [], total: 0 })
})

test('no query finds everyone, page by page', () => {
  expect(search('').total).toBe(11)
  const pages = [0, 4, 8].flatMap(
    (offset) => searchPatients(vault.read, { query: ' ', study: null, offset, limit: 4 }).rows,
  )
  expect(new Set(pages.map(({ patient }) => patient)).size).toBe(11)
})

test('text that means something to a database finds nothing and breaks nothing', () => {
  for (const query of [
    "'; DROP TABLE patient; --",
    '%',
    '_',
    '*',
    '"',
    '\\',
    '\u0000',
    '\ud800',
    '😀',
    'x'.repeat(200),
    ', - .',
  ])
    expect(search(query).total).toBeLessThanOrEqual(11)
  expect(search('').total).toBe(11)
})

/** Every word of one reading must begin a term of the patient: searched without an index, as a check on it. */
const bruteForce = (
  all: { patient: number; name: string | null; birthDate: string | null; identifiers: string[] }[],
  query: string,
) =>
  all
    .filter((person) => {
      const terms = termsOf(person).map(({ term }) => term)
      const identifiers = person.identifiers.map((value) => value.toLowerCase())
      return interpretationsOf(query).some((words) =>
        words.every((word) => [...terms, ...identifiers].some((term) => term.startsWith(word))),
      )
    })
    .map(({ patient }) => patient)

test('over thousands of patients each is counted and listed exactly once, whatever the query', async () => {
  const { vault, remove } = await freshVault()
  let state = 7
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const parts = ['jo', 'john', 'johnson', 'smith', 'smi', 'anna', 'ann', 'wei', '王', '伟', '小明', '王伟', '1958x']
  const cases: WrittenCase[] = Array.from({ length: 4000 }, () => ({
    patientKey: random(8) === 0 ? null : `${['', 'a', '19', '195'][random(4)]}${random(9000)}`,
    name: random(5) === 0 ? null : Array.from({ length: 1 + random(4) }, () => parts[random(parts.length)]).join(' '),
    birthDate: random(4) === 0 ? null : `${1955 + random(6)}-0${1 + random(9)}-1${random(10)}`,
  }))
  await vault.write((store) => importCases(store, 'big', x, cases))
  const all = vault.read
    .all<{ patient: number; name: string | null; birthDate: string | null }>(
      'SELECT id AS patient, name, birth_date AS birthDate FROM patient',
    )
    .map((person) => ({
      ...person,
      identifiers: vault.read.column<string>('SELECT value FROM patient_identifier WHERE patient = ?', person.patient),
    }))
  const queries = [
    'j',
    'jo',
    'john',
    'john smith',
    'smi jo',
    '王',
    '伟 王',
    '小明',
    '明',
    'a',
    'a1',
    '1',
    '19',
    '195',
    '1958',
    '1958-0',
    '1958-03-1',
    'ann wei 1958',
    'jo 19',
    'wei a',
    'smith a12',
    '19 195',
    '1958x jo',
    'zzz',
  ]
  for (const query of queries) {
    const expected = bruteForce(all, query)
    const paged: number[] = []
    const { total } = searchPatients(vault.read, { query, study: null, offset: 0, limit: 1 })
    for (let offset = 0; offset < total; offset += 500)
      paged.push(
        ...searchPatients(vault.read, { query, study: null, offset, limit: 500 }).rows.map(({ patient }) => patient),
      )
    expect({ query, total, paged: [...paged].sort((a, b) => a - b) }).toEqual({
      query,
      total: expected.length,
      paged: expected,
    })
  }
  expect(readTable(vault.read, 'big').rows).toBe(4000)
  remove()
})

test('a name learned later is found, and the old way to the patient still works', async () => {
  await vault.write((store) =>
    importCases(store, 'ward', x, [{ patientKey: '170', name: 'Grace Hopper', birthDate: '1906-12-09' }], {
      identifierSystem: 'mrn',
    }),
  )
  expect(found('hopper')).toEqual(['Grace Hopper'])
  expect(found('170')).toEqual(['Grace Hopper'])
  expect(found('1906')).toEqual(['Grace Hopper'])
})

test('names are compared without what differs between keyboards', () => {
  expect(normaliseName('  Ｍüller‐Lüdenscheidt,  Dr. ')).toBe('muller ludenscheidt dr')
  expect(normaliseName('王伟Wei')).toBe('王伟 wei')
  expect(normaliseName('Øster—Åse')).toBe(normaliseName('øster åse'))
})
