import { afterAll, beforeAll, expect, test } from 'vitest'
import { concept, freshVault, importCases, levels } from '../../../../test/fixtures/vault.ts'
import type { Vault } from '../store/vault.ts'
import { readCase, readCases, readTable } from './cases.ts'
import { findConcept, listConcepts, updateConcept } from './concepts.ts'
import { eachCase, encountersOf } from './encounters.ts'
import { describePatients, patientLabels, personOf } from './patients.ts'
import { getStudy, listStudies } from './studies.ts'

let vault: Vault
let remove: () => void
beforeAll(async () => {
  ;({ vault, remove } = await freshVault())
})
afterAll(() => remove())

const write = <T>(fn: Parameters<Vault['write']>[0]) => vault.write(fn) as Promise<T>
const column = (table: ReturnType<typeof readTable>, name: string) =>
  table.columns.find((entry) => entry.name === name)!

const pbc = [
  concept('age', 'number', { unit: 'a' }),
  concept('sex', 'category', { role: 'sex', levels: levels('m', 'f') }),
  concept('stage', 'category', { levels: levels('4', '3', '1', '2') }),
  concept('ascites', 'boolean'),
  concept('seen', 'date'),
  concept('note', 'text'),
]

test('a study comes back as the columns that went in, categories in R’s order, texts as they stood', async () => {
  await write((store) =>
    importCases(store, 'pbc', pbc, [
      {
        patientKey: '1',
        cells: { age: 58.7652292950034, sex: 'f', stage: '4', ascites: 1, seen: 19_000, note: 'varices' },
      },
      { patientKey: '2', cells: { age: 56, sex: 'm', stage: '3', ascites: 0, seen: null, note: '肝硬化' } },
      { patientKey: '3', cells: { age: null, sex: 'f', stage: null, note: 'varices' } },
    ]),
  )
  const table = readTable(vault.read, 'pbc')
  expect(table.rows).toBe(3)
  expect([...column(table, 'age').values]).toEqual([58.7652292950034, 56, Number.NaN])
  expect(column(table, 'age').unit).toBe('a')
  expect(column(table, 'sex')).toMatchObject({ levels: ['f', 'm'], kind: 'category' })
  expect([...column(table, 'sex').values]).toEqual([0, 1, 0])
  // Levels 1 and 2 are in the dictionary and occur nowhere: no column of zeros for a learner to trip over.
  expect(column(table, 'stage').levels).toEqual(['3', '4'])
  expect([...column(table, 'stage').values]).toEqual([1, 0, Number.NaN])
  expect([...column(table, 'ascites').values]).toEqual([1, 0, Number.NaN])
  expect([...column(table, 'seen').values]).toEqual([19_000, Number.NaN, Number.NaN])
  expect(column(table, 'note').levels).toEqual(['varices', '肝硬化'])
  expect([...column(table, 'note').values]).toEqual([0, 1, 0])
  for (const { values } of table.columns) expect(values.buffer).toBeInstanceOf(SharedArrayBuffer)
  expect(table.patients.buffer).toBeInstanceOf(SharedArrayBuffer)
  expect(new Set(table.patients).size).toBe(3)
  for (const [row, encounter] of table.encounters.entries())
    expect(readCase(vault.read, encounter).patient).toBe(table.patients[row])
})

test('only the columns asked for are read, in the order asked; one that is not there is named', () => {
  expect(readTable(vault.read, 'pbc', ['stage', 'age']).columns.map(({ name }) => name)).toEqual(['stage', 'age'])
  expect(() => readTable(vault.read, 'pbc', ['bilirubin'])).toThrow('no column bilirubin')
  expect(() => readTable(vault.read, 'nosuch')).toThrow('no study named nosuch')
})

test('a later file with other columns and new levels joins the study; what a row never had is missing, not zero', async () => {
  await write((store) =>
    importCases(
      store,
      'growing',
      [concept('a', 'number'), concept('grade', 'category', { levels: levels('low') })],
      [{ cells: { a: 1, grade: 'low' } }, { cells: { a: 2, grade: 'low' } }],
    ),
  )
  await write((store) =>
    importCases(
      store,
      'growing',
      [concept('grade', 'category', { levels: levels('high', 'low') }), concept('b', 'number')],
      [{ cells: { grade: 'high', b: 7 } }, { cells: { grade: 'low', b: 8 } }],
    ),
  )
  const table = readTable(vault.read, 'growing')
  expect([...column(table, 'a').values]).toEqual([1, 2, Number.NaN, Number.NaN])
  expect([...column(table, 'b').values]).toEqual([Number.NaN, Number.NaN, 7, 8])
  expect(column(table, 'grade').levels).toEqual(['high', 'low'])
  expect([...column(table, 'grade').values]).toEqual([1, 1, 0, 1])
  // Stored records hold indices: the level known first keeps its place.
  expect(findConcept(vault.read, getStudy(vault.read, 'growing').id, 'grade')?.levels?.map(({ code }) => code)).toEqual(
    ['low', 'high'],
  )
})

test('a column cannot be a number in one batch and a text in the next', async () => {
  await expect(
    write((store) => importCases(store, 'growing', [concept('a', 'text')], [{ cells: { a: 'x' } }])),
  ).rejects.toMatchObject({ failure: { code: 'conflict', reason: 'conceptKindDiffers' } })
  expect(readTable(vault.read, 'growing').rows).toBe(4)
})

test('the raw text is kept beside the normalised value', async () => {
  await write((store) =>
    importCases(
      store,
      'raw',
      [concept('bili', 'number', { unit: 'mg/dL' })],
      [{ cells: { bili: 1.4 }, raws: { bili: '24 µmol/l' } }, { cells: { bili: 2 } }],
    ),
  )
  const table = readTable(vault.read, 'raw')
  const [first, second] = readCases(vault.read, [...table.encounters])
  expect(first.fields[0]).toMatchObject({ value: 1.4, raw: '24 µmol/l' })
  expect(second.fields[0]).toMatchObject({ value: 2, raw: null })
})

test('many cases keep their order and their patients, beyond one run of reading', async () => {
  const count = 2600
  await write((store) =>
    importCases(
      store,
      'visits',
      [concept('visit', 'integer')],
      // Every patient comes four times: patients and encounters do not run in step.
      Array.from({ length: count }, (_, at) => ({ patientKey: String(at % 650), cells: { visit: at } })),
    ),
  )
  const table = readTable(vault.read, 'visits')
  expect([...column(table, 'visit').values]).toEqual(Array.from({ length: count }, (_, at) => at))
  expect(new Set(table.patients).size).toBe(650)
  for (const at of [0, 1023, 1024, 2599]) {
    const stored = readCase(vault.read, table.encounters[at])
    expect(stored).toMatchObject({ patient: table.patients[at], row: at + 1 })
    expect(stored.fields[0].value).toBe(at)
  }
  expect(getStudy(vault.read, 'visits')).toMatchObject({ cases: count, patients: 650, columns: 1 })
  expect([...eachCase(vault.read, getStudy(vault.read, 'visits').id)].flat().map(({ row }) => row)).toEqual(
    Array.from({ length: count }, (_, at) => at + 1),
  )
})

test('the same key is the same patient across studies of one identifier system, and another in the next study of its own', async () => {
  const of = (study: string, identifierSystem: string | null) =>
    write<{ handle: { study: number } }>((store) =>
      importCases(store, study, [concept('x', 'number')], [{ patientKey: 'MRN-1', cells: { x: 1 } }], {
        identifierSystem,
      }),
    )
  await of('ward', 'urn:hospital:mrn')
  await of('clinic', 'urn:hospital:mrn')
  await of('registry', null)
  const [ward, clinic, registry] = ['ward', 'clinic', 'registry'].map(
    (study) => readTable(vault.read, study).patients[0],
  )
  expect(clinic).toBe(ward)
  expect(registry).not.toBe(ward)
  const [row] = describePatients(vault.read, [ward])
  expect(row).toMatchObject({
    studies: ['clinic', 'ward'],
    encounters: 2,
    identifiers: [{ system: 'urn:hospital:mrn', value: 'MRN-1' }],
  })
  expect(patientLabels(vault.read, [ward, registry])).toEqual(
    new Map([
      [ward, 'urn:hospital:mrn MRN-1'],
      [registry, 'registry MRN-1'],
    ]),
  )
})

test('rows without a key are patients of their own, never merged with one another', async () => {
  const rows = [{ cells: { x: 1 } }, { cells: { x: 1 } }]
  for (let time = 0; time < 2; time++)
    await write((store) => importCases(store, 'lung', [concept('x', 'number')], rows))
  const { patients } = readTable(vault.read, 'lung')
  expect(new Set(patients).size).toBe(4)
  expect(patientLabels(vault.read, [patients[1]]).get(patients[1])).toBe('lung #2')
})

test("a row that contradicts the patient's record is told, and the record stays; what was unknown is filled in", async () => {
  const person = { patientKey: '17', name: 'Wang Wei', birthDate: '1958-03-12', sex: 'male' as const }
  const rows = [
    { patientKey: '17', cells: { x: 1 } },
    { ...person, cells: { x: 2 } },
    { ...person, sex: 'female' as const, birthDate: '1985-03-12', cells: { x: 3 } },
  ]
  const first = await write<{ conflicts: unknown }>((store) =>
    importCases(store, 'twice', [concept('x', 'number')], rows),
  )
  expect(first.conflicts).toEqual([
    { row: 3, field: 'birthDate' },
    { row: 3, field: 'sex' },
  ])
  const [patient] = readTable(vault.read, 'twice').patients
  expect(personOf(vault.read, patient)).toEqual({ patient, name: 'Wang Wei', birthDate: '1958-03-12', sex: 'male' })
  const later = await write<{ conflicts: unknown }>((store) =>
    importCases(store, 'twice', [concept('x', 'number')], [{ patientKey: '17', name: 'Wang Fang', cells: { x: 4 } }]),
  )
  expect(later.conflicts).toEqual([{ row: 1, field: 'name' }])
  expect(personOf(vault.read, patient).name).toBe('Wang Wei')
})

test('age on the worklist is the age at the latest encounter, or what the case states', async () => {
  await write((store) =>
    importCases(
      store,
      'ages',
      [concept('age', 'number', { unit: 'a' })],
      [
        { patientKey: 'a', birthDate: '1958-03-12', date: '2020-03-11', cells: { age: 1 } },
        { patientKey: 'a', birthDate: '1958-03-12', date: '2021-03-12', cells: { age: 1 } },
        { patientKey: 'a', birthDate: '1958-03-12', date: null, cells: { age: 1 } },
        { patientKey: 'b', birthDate: '1958', date: '2021-03-12', cells: { age: 62.5 } },
        { patientKey: 'c', cells: { age: null } },
      ],
    ),
  )
  const { patients } = readTable(vault.read, 'ages')
  expect(describePatients(vault.read, [patients[0], patients[3], patients[4]]).map(({ age }) => age)).toEqual([
    63,
    62.5,
    null,
  ])
  expect(encountersOf(vault.read, patients[0]).map(({ date }) => date)).toEqual(['2021-03-12', '2020-03-11', null])
})

test('a dictionary entry can be described better, but never so that stored values change their meaning', async () => {
  const { id } = getStudy(vault.read, 'pbc')
  const stage = findConcept(vault.read, id, 'stage')!
  const edited = {
    ...concept('stage', 'category'),
    label: { en: 'Histologic stage', zh: '组织学分期' },
    modifiable: false,
    levels: [...levels('1', '2', '3'), { code: '4', label: { en: 'cirrhosis' } }, ...levels('5')],
  }
  await write((store) => updateConcept(store, id, edited))
  const stored = listConcepts(vault.read, id).find(({ name }) => name === 'stage')!
  expect(stored.levels?.map(({ code }) => code)).toEqual([...stage.levels!.map(({ code }) => code), '5'])
  expect(stored.levels?.[0].label.en).toBe('cirrhosis')
  expect(stored.label.zh).toBe('组织学分期')
  const refused = (entry: typeof edited) => write((store) => updateConcept(store, id, entry))
  await expect(refused({ ...edited, kind: 'number' })).rejects.toMatchObject({
    failure: { reason: 'conceptKindFixed' },
  })
  await expect(refused({ ...edited, levels: levels('1') })).rejects.toMatchObject({ failure: { reason: 'levelInUse' } })
  await expect(refused({ ...edited, name: 'none' })).rejects.toMatchObject({ failure: { reason: 'conceptMissing' } })
})

test('study names are unique and listed with their counts', async () => {
  await expect(
    write((store) => store.run("INSERT INTO study (name, title, created_at) VALUES ('pbc', '', '')")),
  ).rejects.toThrow('UNIQUE')
  const pbcStudy = listStudies(vault.read).find(({ name }) => name === 'pbc')
  expect(pbcStudy).toMatchObject({ cases: 3, patients: 3, columns: 6 })
})
