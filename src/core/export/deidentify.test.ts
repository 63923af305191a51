import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { concept, freshVault, importCases, levels } from '../../../test/fixtures/vault.ts'
import { ExportChoicesSchema, type ExportReport } from '../../contract/exports.ts'
import { studySource } from '../extract/studySource.ts'
import { importFile, previewFile } from '../intake/import/importFile.ts'
import { openSample } from '../intake/import/samples.ts'
import { listConcepts } from '../vault/records/concepts.ts'
import { findStudy } from '../vault/records/studies.ts'
import type { Vault } from '../vault/store/vault.ts'
import { deidentify } from './deidentify.ts'
import { exportKey } from './key.ts'
import { writeExport } from './write.ts'

const resources = fileURLToPath(new URL('../../../resources', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bedside-export-'))
let vault: Vault
let user: string
let remove: () => void

const secret = (seed: number) => exportKey(new Uint8Array(32).fill(seed))

/** A clinic's own file: dated visits, Chinese names, everything that identifies. */
const clinic = Array.from({ length: 60 }, (_, at) => {
  const day = (year: number, offset: number) => new Date(Date.UTC(year, 0, 1 + offset)).toISOString().slice(0, 10)
  const oldest = at === 7
  return [0, 1].map((visit) => ({
    住院号: `ZY${100200 + at * 7}`,
    姓名: `${'赵钱孙李周吴郑王冯陈'[at % 10]}${'伟芳娜敏静强磊军洋勇'[(at * 3) % 10]}${'一二三四五六'[Math.floor(at / 10)]}`,
    电话: `138${String(10_000_000 + at * 7919)}`,
    身份证号: `11010119${500101 + at * 10_007}123${at % 10}`,
    出生日期: oldest ? '1915-03-04' : day(1930 + (at % 50), (at * 37) % 365),
    性别: at % 2 ? '男' : '女',
    年龄: oldest ? 94 : 2009 - (1930 + (at % 50)) - 1,
    就诊日期: day(2009, (at * 53 + visit * 40) % 330),
    出院日期: day(2009, ((at * 53 + visit * 40) % 330) + 5 + (at % 9)),
    医院: ['协和医院', '同济医院', '湘雅医院'][at % 3],
    城市: ['北京', '武汉', '长沙'][at % 3],
    总胆红素: ((at * 31) % 97) / 10 + 0.5,
    备注: `${at}号患者自述与邻居王大妈同住，电话 1390000${1000 + at}`,
  }))
}).flat()

const csv = (rows: Record<string, unknown>[]) =>
  `${[Object.keys(rows[0]), ...rows.map((row) => Object.values(row))].map((cells) => cells.join(',')).join('\n')}\n`

const importText = async (study: string, text: string) => {
  const path = join(folder, `${study}.csv`)
  writeFileSync(path, text)
  const source = { kind: 'path', file: `${study}.csv`, path } as const
  const stored = findStudy(vault.read, study)
  const dictionary = stored ? listConcepts(vault.read, stored.id) : null
  const { mapping } = await previewFile({ source, dictionary }, { workerUrl: null })
  return importFile({ vault, source, mapping, user, study, workerUrl: null })
}

const loadSample = async (study: string) => {
  const { source, mapping } = openSample(resources, study)
  await importFile({ vault, source, mapping, user, study, workerUrl: null })
}

beforeAll(async () => {
  const made = await freshVault()
  vault = made.vault
  user = made.user.id
  remove = made.remove
  const { rejected } = await importText('clinic', csv(clinic))
  expect(rejected).toBe(0)
  for (const study of ['pbc', 'pbcseq', 'nafld1', 'lung']) await loadSample(study)
})
afterAll(() => {
  remove()
  rmSync(folder, { recursive: true })
})

const choose = (study: string, more: object = {}) => ExportChoicesSchema.parse({ study, ...more })

const exported = async (study: string, { seed = 1, ...more }: { seed?: number } & Record<string, unknown> = {}) => {
  const { report, released } = deidentify(studySource(vault.read, study), choose(study, more), secret(seed), 'test')
  const files: Record<string, string> = {}
  for await (const { file, text } of writeExport(released, report)) files[file] = (files[file] ?? '') + text
  const rowsOf = (file: string) =>
    parse(files[file] ?? '', { columns: true, relax_column_count: false }) as Record<string, string>[]
  return {
    report,
    files,
    rows: report.format === 'csv' ? rowsOf('cases.csv') : [],
    rowsOf,
    text: Object.values(files).join('\n'),
  }
}
const columnOf = (report: ExportReport, name: string) => report.columns.find(({ column }) => column === name)
const days = (text: string) => Date.parse(text) / 86_400_000

/** Rows of the file by the pseudonym the key gives their patient. */
const originals = (study: string, key: string, seed = 1) => {
  const system = vault.read.rows<[string, number]>(
    `SELECT i.value, i.patient FROM patient_identifier i JOIN study_patient m ON m.patient = i.patient
     JOIN study s ON s.id = m.study WHERE s.name = ?`,
    study,
  )
  return new Map(
    system.map(([value, patient]) => [
      secret(seed).patient(patient),
      clinic.filter((row) => row[key as keyof typeof row] === value),
    ]),
  )
}

test('nothing that names a person leaves: name, number, telephone, identity card, town, hospital, note, file name', async () => {
  for (const format of ['csv', 'fhir']) {
    const { text, report } = await exported('clinic', { format })
    for (const row of clinic)
      for (const name of ['住院号', '姓名', '电话', '身份证号', '城市', '医院', '备注'] as const)
        expect(text.includes(row[name]), `${name} ${row[name]}`).toBe(false)
    expect(text).not.toContain('王大妈')
    expect(text).not.toContain('clinic.csv')
    for (const name of ['住院号', '姓名', '电话', '身份证号', '城市', '备注'])
      expect(columnOf(report, name)?.treatment, name).toBe('dropped')
    expect(columnOf(report, '医院')?.treatment).toBe('pseudonymised')
    expect(new Set(text.match(/site-[0-9a-f]{12}/g)).size).toBe(3)
  }
})

test('an age of 94 does not leave the vault, nor the birth year that gives it away', async () => {
  const { rows, report, text } = await exported('clinic')
  const ages = rows.map((row) => Number(row.年龄))
  expect(Math.max(...ages)).toBe(90)
  expect(ages.filter((age) => age === 90)).toHaveLength(2)
  expect(report.ages).toEqual({ stated: 1, implied: 0 })
  // Seen in 2009: moved, the year is 90 before the last, whatever the true one.
  expect(text).not.toMatch(/\b191[0-7]\b/)
  for (const row of rows)
    expect(
      Math.max(Number(row.就诊日期.slice(0, 4)), Number(row.出院日期.slice(0, 4))) - Number(row.出生日期),
    ).toBeLessThanOrEqual(90)
  const { files } = await exported('clinic', { format: 'fhir' })
  const people = files['Patient.ndjson']
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(people.filter(({ _birthDate }) => _birthDate)).toHaveLength(1)
  expect(people.every(({ birthDate }) => birthDate === undefined || /^\d{4}$/.test(birthDate))).toBe(true)
  expect(files['Observation.ndjson']).toContain('"comparator":">="')
})

test('in nafld1 every age of 90 and more, and every age that reaches it by follow-up, is in one group', async () => {
  const truth = parse(readFileSync(join(resources, 'samples/nafld1.csv'), 'utf8'), { columns: true }) as Record<
    string,
    string
  >[]
  const old = truth.filter(({ age, futime }) => Number(age) + Number(futime) / 365.25 >= 90)
  const stated = truth.filter(({ age }) => Number(age) >= 90)
  expect(stated.length).toBeGreaterThan(20)
  expect(old.length).toBeGreaterThan(stated.length)
  const { rows, report } = await exported('nafld1')
  expect(rows).toHaveLength(truth.length)
  expect(rows.filter(({ age }) => age === '90')).toHaveLength(old.length)
  expect(Math.max(...rows.map(({ age }) => Number(age)))).toBe(90)
  expect(report.ages).toEqual({ stated: stated.length, implied: old.length - stated.length })
  expect(columnOf(report, 'case.id')?.treatment).toBe('dropped')
})

test('an age with decimals, which dates the birth to a day, leaves as whole years', async () => {
  const { rows } = await exported('pbc')
  for (const { age } of rows) expect(age).toMatch(/^\d+$/)
  const banded = await exported('pbc', { ageBand: 10 })
  for (const { age } of banded.rows) expect(Number(age) % 10).toBe(0)
})

test('no date is the true day, and all of a patient moved alike: intervals between any two stay', async () => {
  const { rows } = await exported('clinic')
  const truth = originals('clinic', '住院号')
  const offsets = new Map<string, number>()
  for (const patient of new Set(rows.map((row) => row.patient))) {
    const released = rows.filter((row) => row.patient === patient)
    const known = truth.get(patient)!
    expect(released).toHaveLength(2)
    const first = (of: readonly { 就诊日期: string }[]) => Math.min(...of.map((row) => days(row.就诊日期)))
    const offset = first(released as unknown as { 就诊日期: string }[]) - first(known)
    offsets.set(patient, offset)
    expect(offset).not.toBe(0)
    expect(Math.abs(offset)).toBeLessThanOrEqual(365)
    const shifted = (name: '就诊日期' | '出院日期') => known.map((row) => days(row[name]) + offset).sort()
    for (const name of ['就诊日期', '出院日期'] as const)
      expect(released.map((row) => days(row[name])).sort()).toEqual(shifted(name))
  }
  expect(new Set(offsets.values()).size).toBeGreaterThan(40)
})

test('with years alone no month or day of any date leaves, and Safe Harbor is said to be met only then', async () => {
  for (const format of ['csv', 'fhir']) {
    const { text, report } = await exported('clinic', { format, dates: 'year' })
    expect(text).not.toMatch(/\b(19|20)\d\d-\d\d/)
    expect(report.safeHarbor.met).toBe(true)
  }
  const { report } = await exported('clinic')
  expect(report.safeHarbor.met).toBe(false)
  expect(report.safeHarbor.because).toEqual([{ text: 'export:because.datesMoved' }])
})

test('two exports with one key agree to the byte; with another key nothing links them', async () => {
  const [first, again, other] = [
    await exported('clinic'),
    await exported('clinic'),
    await exported('clinic', { seed: 2 }),
  ]
  expect(again.text).toBe(first.text)
  expect(again.report.digest).toBe(first.report.digest)
  const values = (rows: Record<string, string>[], name: string) => new Set(rows.map((row) => row[name]))
  for (const name of ['patient', '医院'])
    expect([...values(other.rows, name)].filter((value) => values(first.rows, name).has(value))).toEqual([])
  const order = (rows: Record<string, string>[]) => rows.map((row) => row.总胆红素).join()
  expect(order(other.rows)).not.toBe(order(first.rows))
  expect(other.report.digest).not.toBe(first.report.digest)
})

test('a patient in two studies has one pseudonym under one key', async () => {
  const [cases, visits] = [await exported('pbc'), await exported('pbcseq')]
  const known = new Set(cases.rows.map(({ patient }) => patient))
  const seen = new Set(visits.rows.map(({ patient }) => patient))
  expect(seen.size).toBe(312)
  expect([...seen].every((patient) => known.has(patient))).toBe(true)
})

test('the order of the rows says nothing of the order of the file', async () => {
  const { rows } = await exported('nafld1')
  // Subjects of nafld1 are numbered in the order of the file: ranks of it along the export.
  const secretOf = secret(1)
  const ranks = new Map(
    studySource(vault.read, 'nafld1')
      .people()
      .map(({ patient }, at) => [secretOf.patient(patient), at]),
  )
  const n = rows.length
  const squares = rows.reduce((sum, { patient }, at) => sum + (ranks.get(patient)! - at) ** 2, 0)
  const spearman = 1 - (6 * squares) / (n * (n * n - 1))
  expect(Math.abs(spearman)).toBeLessThan(4 / Math.sqrt(n))
})

test('every case that can be told apart in pbc and pbcseq is counted, against a count by hand', async () => {
  for (const study of ['pbc', 'pbcseq', 'lung']) {
    const { rows, report } = await exported(study)
    expect(report.quasi).toEqual(study === 'lung' ? ['inst', 'age', 'sex'] : ['age', 'sex'])
    const classes = new Map<string, Set<string>>()
    const classOf = (row: Record<string, string>) => report.quasi.map((name) => row[name]).join('|')
    for (const row of rows) classes.set(classOf(row), (classes.get(classOf(row)) ?? new Set()).add(row.patient))
    const under = (k: number) => {
      const found = rows.filter((row) => classes.get(classOf(row))!.size < k)
      return { cases: found.length, patients: new Set(found.map(({ patient }) => patient)).size }
    }
    expect(report.before).toMatchObject({
      cases: rows.length,
      classes: classes.size,
      smallest: Math.min(...[...classes.values()].map(({ size }) => size)),
      unique: under(2),
      under5: under(5),
      under11: under(11),
    })
    expect(report.before.unique.patients).toBeGreaterThan(0)
  }
})

test('with a minimum of 5, no released case stands in a class of fewer, counted in the file itself', async () => {
  const { rows, report } = await exported('pbc', { minimumK: 5 })
  const classes = new Map<string, Set<string>>()
  for (const row of rows) {
    const name = `${row.age}|${row.sex}`
    classes.set(name, (classes.get(name) ?? new Set()).add(row.patient))
  }
  expect(Math.min(...[...classes.values()].map(({ size }) => size))).toBeGreaterThanOrEqual(5)
  expect(rows).toHaveLength(418 - report.before.under5.cases)
  expect(report.after).toMatchObject({ cases: rows.length, under5: { cases: 0, patients: 0 } })
  const fhir = await exported('pbc', { minimumK: 5, format: 'fhir' })
  expect(fhir.files['Patient.ndjson'].trim().split('\n')).toHaveLength(rows.length)
  expect(fhir.files['Encounter.ndjson'].trim().split('\n')).toHaveLength(rows.length)
})

test('a value that few have is reported by its column, never by itself', async () => {
  const { report, rows } = await exported('lung')
  const counts = new Map<string, number>()
  for (const { inst } of rows) if (inst !== '') counts.set(inst, (counts.get(inst) ?? 0) + 1)
  const small = [...counts.values()].filter((count) => count < 10)
  expect(report.smallCells.find(({ column }) => column === 'inst')).toEqual({
    column: 'inst',
    cells: small.length,
    patients: small.reduce((sum, count) => sum + count, 0),
  })
})

test('a column that only looks like an identifier is dropped until a person has looked; a name never is kept', async () => {
  await vault.write((store) =>
    importCases(
      store,
      'guises',
      [
        concept('name', 'text', { role: 'patientName' }),
        concept('contact', 'category', { levels: levels('ann@example.org', 'none') }),
        concept('seen', 'category', { levels: levels('2012-03-04', '2012-03-05') }),
        concept('seen.by', 'integer', { levels: [{ code: '1', label: { en: 'Dr. Gregory House' } }] }),
        concept('record', 'integer'),
        concept('specimen.id', 'integer'),
        concept('entered', 'integer'),
        concept('size', 'category', { levels: levels('<=20', '20-50', '>50') }),
        concept('zip', 'integer'),
        concept('phone', 'number'),
        concept('birth.year', 'integer'),
        concept('comment', 'text'),
      ],
      Array.from({ length: 20 }, (_, at) => ({
        patientKey: `k${at}`,
        name: `Person ${at}`,
        cells: {
          name: `Person ${at}`,
          contact: at === 3 ? 'ann@example.org' : 'none',
          seen: at % 2 ? '2012-03-04' : '2012-03-05',
          'seen.by': 1,
          record: 700_000 + at * 13,
          'specimen.id': at + 1,
          entered: 20_120_300 + (at % 28) + 1,
          size: ['<=20', '20-50', '>50'][at % 3],
          zip: 10_000 + at,
          phone: 5_550_100 + at,
          'birth.year': at === 0 ? 1920 : 1950 + at,
          comment: 'she is the mayor',
        },
      })),
    ),
  )
  const { report, text, rows } = await exported('guises')
  const released = report.columns.filter(({ treatment }) => treatment !== 'dropped').map(({ column }) => column)
  expect(released).toEqual(['size', 'birth.year'])
  expect(text).not.toMatch(/ann@|mayor|Person|7000|2012/)
  // Nothing is dated, so the year is held against today.
  expect(rows.map((row) => Number(row['birth.year'])).filter((year) => year < 1935)).toEqual([])

  const kept = await exported('guises', { keep: ['contact', 'record', 'name', 'comment', 'phone'] })
  expect(columnOf(kept.report, 'contact')).toMatchObject({ treatment: 'kept', suspected: true })
  expect(columnOf(kept.report, 'name')?.treatment).toBe('dropped')
  expect(columnOf(kept.report, 'comment')?.treatment).toBe('dropped')
  expect(columnOf(kept.report, 'phone')?.treatment).toBe('dropped')
  expect(kept.report.safeHarbor.met).toBe(false)
  expect(kept.text).not.toMatch(/mayor|Person/)
})

test('the last day of a study, which all share, does not give away how far dates were moved', async () => {
  const start = days('2001-01-01')
  await vault.write((store) =>
    importCases(
      store,
      'ended',
      [
        concept('entry', 'date', { role: 'encounterDate' }),
        concept('exit', 'date'),
        concept('futime', 'integer', { role: 'outcomeTime', unit: 'd' }),
      ],
      Array.from({ length: 40 }, (_, at) => {
        const entry = start + at * 17
        const exit = at % 4 === 0 ? entry + 100 + at : days('2009-12-31')
        return { patientKey: `e${at}`, cells: { entry, exit, futime: exit - entry } }
      }),
    ),
  )
  const { rows, report } = await exported('ended')
  expect(columnOf(report, 'exit')).toMatchObject({ treatment: 'generalised', suspected: true })
  for (const { exit } of rows) expect(exit).toMatch(/^\d{4}$/)
  expect(columnOf(report, 'futime')?.look).toEqual([
    { text: 'export:look.endOnOneDay', values: { start: 'entry', time: 'futime', count: 30 } },
  ])
  const kept = await exported('ended', { keep: ['exit'] })
  for (const { entry, exit, futime } of kept.rows) expect(days(exit) - days(entry)).toBe(Number(futime))
})

test('a dated measurement moves with its patient; an undated one keeps its day; row numbers stay behind', async () => {
  const lab = Array.from({ length: 30 }, (_, at) =>
    [0, 1, 2].map(
      (n) =>
        `M${at % 10},${new Date(Date.UTC(2015, n, 1 + at)).toISOString().slice(0, 10)},${['ldl', 'hdl'][at % 2]},${100 + at + n}`,
    ),
  ).flat()
  const { rejected } = await importText('labs', `patient,date,test,value\n${lab.join('\n')}\n`)
  expect(rejected).toBe(0)
  const { rowsOf, report, rows } = await exported('labs')
  expect(rows).toEqual([])
  expect(report).toMatchObject({ measurements: 90, files: ['measurements.csv'] })
  const released = rowsOf('measurements.csv')
  const source = studySource(vault.read, 'labs')
  const key = secret(1)
  for (const { patient } of source.people()) {
    const offset = key.shift(patient)
    for (const name of ['ldl', 'hdl']) {
      const { patients, days: at, values } = source.measurements(name)
      const truth = [...values.keys()]
        .filter((i) => patients[i] === patient)
        .map((i) => `${at[i] + offset} ${values[i]}`)
      const own = released.filter((row) => row.patient === key.patient(patient) && row.measurement === name)
      expect(own.map((row) => `${days(row.date)} ${row.value}`)).toEqual(truth)
    }
  }
})

test('whatever ages, birth dates and visits a file holds, no released age or pair of years tells of more than 90', async () => {
  let studies = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          born: fc.integer({ min: days('1900-01-01'), max: days('2010-12-31') }),
          visits: fc.array(fc.integer({ min: 0, max: 110 * 365 }), { minLength: 1, maxLength: 3 }),
          months: fc.boolean(),
        }),
        { minLength: 1, maxLength: 8 },
      ),
      fc.integer({ min: 1, max: 255 }),
      fc.constantFrom('shift', 'year'),
      async (people, seed, dates) => {
        const study = `ages${++studies}`
        await vault.write((store) =>
          importCases(
            store,
            study,
            [
              concept('dob', 'date', { role: 'birthDate' }),
              concept('visit', 'date', { role: 'encounterDate' }),
              concept('age', 'number', { unit: 'a' }),
              concept('age.months', 'number', { unit: 'mo' }),
            ],
            people.flatMap(({ born, visits, months }, at) =>
              visits.map((after) => ({
                patientKey: `p${at}`,
                birthDate: new Date(born * 86_400_000).toISOString().slice(0, 10),
                cells: {
                  dob: born,
                  visit: born + after,
                  age: months ? null : after / 365.25,
                  'age.months': months ? (after / 365.25) * 12 : null,
                },
              })),
            ),
          ),
        )
        const { rows } = await exported(study, { seed, dates, keep: ['visit'] })
        const born = new Map(rows.map((row) => [row.patient, Number(row.dob)]))
        for (const row of rows) {
          expect(Number(row.age)).toBeLessThanOrEqual(90)
          expect(Number(row['age.months'])).toBeLessThanOrEqual(1080)
          expect(Number(row.visit.slice(0, 4)) - born.get(row.patient)!).toBeLessThanOrEqual(90)
        }
        people.forEach(({ visits, born: day }, at) => {
          const oldest = Math.max(...visits) / 365.25
          const source = studySource(vault.read, study)
          const own = rows.filter((row) => row.patient === secret(seed).patient(source.people()[at].patient))
          if (oldest >= 90)
            for (const row of own)
              expect([row.age, row['age.months']]).toEqual(row.age === '' ? ['', '1080'] : ['90', ''])
          // Whoever stays well under it keeps age and year of birth, moved by a year at most.
          else if (oldest < 88) {
            for (const row of own) {
              expect(Math.abs(Number(row.dob) - new Date(day * 86_400_000).getUTCFullYear())).toBeLessThanOrEqual(
                dates === 'year' ? 0 : 1,
              )
              expect([row.age, row['age.months']]).not.toContain('90')
            }
          }
        })
      },
    ),
    { numRuns: 40 },
  )
})

test('a choice that names no column, or one that is not released, is refused before anything is read', () => {
  const reasonOf = (more: object) => {
    try {
      deidentify(studySource(vault.read, 'pbc'), choose('pbc', more), secret(1), null)
    } catch (error) {
      return (error as { failure: { reason: string; message: string } }).failure
    }
    return null
  }
  expect(reasonOf({ quasi: ['sexx'] })).toMatchObject({ reason: 'columnMissing' })
  expect(reasonOf({ drop: ['nothing'] })).toMatchObject({ reason: 'columnMissing' })
  expect(reasonOf({ quasi: ['id'] })?.message).toContain('not released')
  expect(reasonOf({ sensitive: 'id' })?.message).toContain('not released')
  expect(reasonOf({ quasi: ['sex', 'stage'], sensitive: 'status' })).toBeNull()
})
