import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BedsideError } from '../../../contract/errors.ts'
import type { ImportReport, Mapping, Place } from '../../../contract/intake.ts'
import { listBatches, listRejectedRows, undoBatch } from '../../vault/records/batches.ts'
import { readCase, readTable } from '../../vault/records/cases.ts'
import { listConcepts } from '../../vault/records/concepts.ts'
import { listMappings } from '../../vault/records/mappings.ts'
import { readObservations } from '../../vault/records/observations.ts'
import { findStudy, getStudy } from '../../vault/records/studies.ts'
import { createVault, type Vault } from '../../vault/store/vault.ts'
import type { FileSource } from '../source.ts'
import { type ImportRequest, importFile, previewFile, validateFile } from './importFile.ts'

let folder: string
let vault: Vault
let user: string
let studies = 0

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bedside-import-'))
  const made = await createVault(join(folder, 'vault'), {
    displayName: 'Clerk',
    passphrase: 'correct horse battery',
    keyDerivation: { memoryKiB: 47104, iterations: 1, parallelism: 1 },
  })
  vault = made.vault
  user = made.user.id
})
afterAll(() => {
  vault.close()
  rmSync(folder, { recursive: true })
})

const fileOf = (content: string | Uint8Array, name = 'test.csv'): FileSource => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return { kind: 'path', file: name, path }
}
const newStudy = () => `study${++studies}`

type More = Partial<Omit<ImportRequest, 'vault' | 'source'>> & { edit?: (mapping: Mapping) => unknown }

/** Previews, lets the mapping be edited, imports; in this thread unless said otherwise. */
const importText = async (content: string | Uint8Array, { edit, ...more }: More = {}) => {
  const source = fileOf(content)
  const study = more.study ?? newStudy()
  const stored = findStudy(vault.read, study)
  const dictionary = stored ? listConcepts(vault.read, stored.id) : null
  const { mapping, warnings } = await previewFile({ source, dictionary }, { workerUrl: null })
  edit?.(mapping)
  const report = await importFile({ vault, source, mapping, user, workerUrl: null, ...more, study })
  return { report, study, mapping, warnings }
}

const column = (study: string, name: string): unknown[] => {
  const [found] = readTable(vault.read, study, [name]).columns
  return Array.from(found.values, (value) => (Number.isNaN(value) ? null : found.levels ? found.levels[value] : value))
}
const reasons = ({ errors }: ImportReport) => errors.map(({ row, column: of, code }) => `${row} ${of} ${code}`)
const lineOf = (place: Place) => (place.kind === 'line' ? place.line : null)
const reasonOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work
  } catch (error) {
    if (error instanceof BedsideError) return error.failure.reason
    throw error
  }
  return 'nothing was thrown'
}
const footprint = () =>
  [
    'study',
    'concept',
    'batch',
    'rejected_row',
    'patient',
    'patient_identifier',
    'encounter',
    'observation',
    'mapping',
  ].map((table) => vault.read.value<number>(`SELECT count(*) FROM ${table}`))

test('every value arrives as it stood, in its row and column', async () => {
  const { report, study } = await importText(
    'id,age,sex,visit,smoker,note\n7,58.7652292950034,f,2020-02-29,TRUE,"a, ""b"""\n8,,m,2021-12-31,FALSE,NA\n9,61,f,,NA,说明\n',
  )
  expect(report).toMatchObject({ rows: 3, imported: 3, rejected: 0, errors: [] })
  expect(column(study, 'age')).toEqual([58.7652292950034, null, 61])
  expect(column(study, 'sex')).toEqual(['f', 'm', 'f'])
  expect(column(study, 'visit')).toEqual([18321, 18992, null])
  expect(column(study, 'smoker')).toEqual([1, 0, null])
  expect(column(study, 'note')).toEqual(['a, "b"', null, '说明'])
})

test('a bad row is rejected with its row, line, column and reason, and the others stay', async () => {
  const { report, study } = await importText(
    'id,age,stage\n1,"50\n",1\n2,fifty,2\n3,60\n4,70,1\n,71,2\n5,72,"x\n6,73,1\n7,74,2\n',
    { edit: (mapping) => (mapping.columns[1].concept.kind = 'number') },
  )
  expect(report).toMatchObject({ rows: 8, imported: 4, rejected: 4 })
  expect(report.errors.map(({ row, place, column: of, code, text }) => [row, lineOf(place), of, code, text])).toEqual([
    [2, 4, 'age', 'notANumber', 'fifty'],
    [3, 5, null, 'columnCount', '3,60'],
    [5, 7, 'id', 'missingKey', null],
    [6, 8, null, 'unclosedQuote', '5,72,"x'],
  ])
  expect(column(study, 'id')).toEqual(['1', '4', '6', '7'])
  const { errors, total } = listRejectedRows(vault.read, report.batch ?? 0, 0, 10)
  expect(total).toBe(4)
  expect(errors).toEqual(report.errors)
})

test('a byte order mark does not become part of the first column name', async () => {
  for (const content of [
    `\uFEFFid,age\n1,50\n`,
    iconv.encode('id,age\n1,50\n', 'utf-16le', { addBOM: true }),
    iconv.encode('id,age\n1,50\n', 'utf-16be', { addBOM: true }),
  ]) {
    const { mapping, report } = await importText(content)
    expect(mapping.columns.map(({ column: name }) => name)).toEqual(['id', 'age'])
    expect(report).toMatchObject({ imported: 1 })
  }
})

test('names in GB18030 are not mangled on the way into the record', async () => {
  const { study, report } = await importText(
    iconv.encode('病历号,姓名,性别\n1,欧阳修,男\n2,朱镕基,男\n3,李清照,女\n', 'gb18030'),
  )
  expect(report.imported).toBe(3)
  const { id } = getStudy(vault.read, study)
  expect(
    vault.read.column(
      'SELECT p.name FROM patient p JOIN encounter e ON e.patient = p.id WHERE e.study = ? ORDER BY e.id',
      id,
    ),
  ).toEqual(['欧阳修', '朱镕基', '李清照'])
  expect(
    vault.read.column(
      'SELECT p.sex FROM patient p JOIN encounter e ON e.patient = p.id WHERE e.study = ? ORDER BY e.id',
      id,
    ),
  ).toEqual(['male', 'male', 'female'])
})

test('bytes that are no text are reported, never replaced silently', async () => {
  const rows = Array.from({ length: 50 }, (_, i) => `${i},Müller\n`).join('')
  const content = Buffer.concat([Buffer.from(`id,name\n${rows}`), Buffer.from('50,M\xfcller\n51,Nul\0l\n', 'latin1')])
  const { report } = await importText(content)
  expect(reasons(report)).toEqual(['51 name badEncoding', '52 name badEncoding'])
})

test('a decimal comma is not read as a thousand, nor a thousand as a decimal', async () => {
  const { report, study } = await importText('id;wbc\n1;0,7\n2;12,25\n3;1.234\n4;1.234,5\n')
  expect(column(study, 'wbc')).toEqual([0.7, 12.25, 1234.5])
  expect(reasons(report)).toEqual(['3 wbc notANumber'])
  expect(report.errors[0].message).toContain('thousands')
})

test('an unescaped quote does not shift values into the next column', async () => {
  const { report, study } = await importText('id,note,age\n1,"says "no",50\n2,"fine",60\n3,ok,70\n')
  expect(column(study, 'age')).toEqual([60, 70])
  expect(report).toMatchObject({ rows: 3, imported: 2, rejected: 1 })
})

test('a unit is converted to that of the study, and what the file said is kept', async () => {
  const study = newStudy()
  const first = await importText('id,bili (mg/dL)\n1,1.5\n2,2\n', {
    study,
    edit: (mapping) => (mapping.columns[1].concept = { ...mapping.columns[1].concept, name: 'bili' }),
  })
  expect(first.report.imported).toBe(2)
  await importText('id,bili (µmol/L)\n3,17.1\n4,34.2\n', { study })
  expect(column(study, 'bili').map((value) => Number(Number(value).toFixed(4)))).toEqual([1.5, 2, 0.9998, 1.9995])
  const { encounter } = vault.read.get<{ encounter: number }>('SELECT max(id) AS encounter FROM encounter') ?? {
    encounter: 0,
  }
  expect(readCase(vault.read, encounter).fields.find(({ concept }) => concept.name === 'bili')?.raw).toBe('34.2 umol/L')
})

test('a unit inside a cell is converted, one that cannot be is an error', async () => {
  const { report, study } = await importText(
    'id,temp (°C)\n1,36.6\n2,98.6 °F\n3,40 kg\n4,37\n5,38\n6,39\n7,36\n8,36\n9,36\n10,36\n',
    {
      edit: (mapping) => Object.assign(mapping.columns[1].concept, { kind: 'number', unit: 'Cel', levels: null }),
    },
  )
  expect(column(study, 'temp (°C)').slice(0, 2)).toEqual([36.6, 37])
  expect(reasons(report)).toEqual(['3 temp (°C) unknownUnit'])
})

test('digits beyond what a number holds are kept as they were written', async () => {
  const { study } = await importText('id,x\n1,123456789012345678\n2,0.1\n', {
    edit: ({ columns }) => Object.assign(columns[1].concept, { kind: 'number', levels: null }),
  })
  const { id } = getStudy(vault.read, study)
  const raws = vault.read
    .column<number>('SELECT id FROM encounter WHERE study = ? ORDER BY id', id)
    .map((encounter) => readCase(vault.read, encounter).fields[1].raw)
  expect(raws).toEqual(['123456789012345678', null])
})

test('values outside the plausible range, unknown levels and fractions of whole numbers are rejected', async () => {
  const { report } = await importText(
    'id,age,grade,nodes\n1,50,low,2\n2,500,high,3\n3,60,hihg,4\n4,61,Low,2.5\n5,62,低,1\n',
    {
      edit: ({ columns }) => {
        columns[1].concept = { ...columns[1].concept, kind: 'number', plausible: { low: 0, high: 120 } }
        columns[2].concept = {
          ...columns[2].concept,
          kind: 'category',
          levels: [
            { code: 'low', label: { en: 'low grade', zh: '低' } },
            { code: 'high', label: { en: 'high grade', zh: '高' } },
          ],
        }
        columns[3].concept.kind = 'integer'
      },
    },
  )
  expect(reasons(report)).toEqual(['2 age outOfRange', '3 grade notAllowed', '4 nodes notAnInteger'])
  expect(report.byReason).toEqual([
    { column: 'age', code: 'outOfRange', count: 1 },
    { column: 'grade', code: 'notAllowed', count: 1 },
    { column: 'nodes', code: 'notAnInteger', count: 1 },
  ])
})

test('a negative time, or a time without its event, does not become a survival time', async () => {
  const { report } = await importText('id,time,status\n1,100,1\n2,-5,0\n3,50,\n4,,1\n5,,\n', {
    edit: ({ columns }) => {
      columns[1].concept.role = 'outcomeTime'
      columns[2].concept.role = 'outcomeEvent'
    },
  })
  expect(reasons(report)).toEqual(['2 time negativeTime', '3 status missingOutcome', '4 time missingOutcome'])
  expect(report.warnings.map(({ reason }) => reason)).toEqual(['withoutOutcome'])
})

test('impossible dates of a life are rejected', async () => {
  const { report } = await importText(
    'id,dob,visit date\n1,1950-01-01,2020-01-01\n2,2990-01-01,2020-01-01\n3,1990-05-05,1980-01-01\n4,1950-02-30,2020-01-01\n',
    {
      edit: ({ columns }) => {
        for (const { concept } of columns.slice(1)) concept.kind = 'date'
        columns[1].concept.role = 'birthDate'
        columns[2].concept.role = 'encounterDate'
      },
    },
  )
  expect(reasons(report)).toEqual(['2 dob outOfRange', '3 visit date outOfRange', '4 dob notADate'])
})

test('the same key in one identifier system is one patient across studies, otherwise not', async () => {
  const system = (of: string | null) => ({
    edit: (mapping: Mapping) => Object.assign(mapping, { identifierSystem: of }),
  })
  const patients = (study: string) => Array.from(readTable(vault.read, study, []).patients)
  const one = await importText('id,x\n1,5\n2,6\n1,7\n', system('urn:hospital'))
  const two = await importText('id,y\n2,5\n', system('urn:hospital'))
  const other = await importText('id,z\n2,5\n', system(null))
  const [a, b, again] = patients(one.study)
  expect(again).toBe(a)
  expect(patients(two.study)).toEqual([b])
  expect(patients(other.study)).not.toEqual([b])
})

test('rows that repeat an earlier one are kept and pointed out', async () => {
  const { report } = await importText('id,x\n1,5\n2,6\n1,5\n')
  expect(report).toMatchObject({ imported: 3 })
  expect(report.warnings).toMatchObject([{ reason: 'duplicateRows' }])
})

test('demographics that contradict the record are told, the record stays', async () => {
  const { report } = await importText('id,sex,x\n1,f,5\n1,m,6\n')
  expect(report.warnings).toMatchObject([{ reason: 'contradictions' }])
})

test('the same file twice into one study is refused unless it is meant', async () => {
  const text = 'id,x\n1,5\n2,6\n'
  const { study, report } = await importText(text)
  expect(await reasonOf(importText(text, { study }))).toBe('sameFile')
  expect((await importText(text, { study, again: true })).report.warnings.map(({ reason }) => reason)).toContain(
    'sameFile',
  )
  const { id } = getStudy(vault.read, study)
  for (const { batch } of listBatches(vault.read).filter((entry) => entry.study === study))
    await vault.write((store) => undoBatch(store, batch, user))
  expect(vault.read.value('SELECT count(*) FROM encounter WHERE study = ?', id)).toBe(0)
  expect((await importText(text, { study })).report).toMatchObject({ imported: 2 })
  expect(report.batch).not.toBeNull()
})

const bigCsv = (rows: number) =>
  `id,site,a,b\n${Array.from({ length: rows }, (_, i) => `${i},s${i % 7},${i / 8},${i % 3}`).join('\n')}\n`

test('a cancelled import leaves nothing behind, whenever it is cancelled', async () => {
  const source = fileOf(bigCsv(30_000), 'big.csv')
  const { mapping } = await previewFile({ source })
  const before = footprint()
  for (const workerUrl of [undefined, null])
    for (const after of [0, 1, 3]) {
      const controller = new AbortController()
      let seen = 0
      const onProgress = () => {
        if (++seen === after) controller.abort()
      }
      if (after === 0) controller.abort()
      const study = newStudy()
      const work = importFile({ vault, source, study, mapping, user, signal: controller.signal, onProgress, workerUrl })
      expect(await reasonOf(work)).toBe('cancelled')
      expect(findStudy(vault.read, study)).toBeUndefined()
    }
  expect(footprint()).toEqual(before)
})

test('an import that fails in the middle leaves nothing behind', async () => {
  const source = fileOf(bigCsv(30_000), 'failing.csv')
  const { mapping } = await previewFile({ source }, { workerUrl: null })
  const before = footprint()
  const onProgress = () => {
    throw new Error('disk on fire')
  }
  await expect(importFile({ vault, source, study: newStudy(), mapping, user, onProgress })).rejects.toThrow(
    'disk on fire',
  )
  expect(footprint()).toEqual(before)
})

test('on a thread of its own a file gives the same as here, and the core goes on meanwhile', async () => {
  const source = fileOf(bigCsv(30_000), 'thread.csv')
  const { mapping } = await previewFile({ source })
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  const there = await importFile({ vault, source, study: newStudy(), mapping, user })
  clearInterval(timer)
  const here = await importFile({ vault, source, study: newStudy(), mapping, user, workerUrl: null })
  expect({ ...there, batch: 0, study: '', seconds: 0 }).toEqual({ ...here, batch: 0, study: '', seconds: 0 })
  expect(column(there.study, 'site')).toEqual(column(here.study, 'site'))
  expect(turns).toBeGreaterThan(3)
})

test('levels met only in a late row of a large file are kept in order', async () => {
  const { study } = await importText(bigCsv(5000), { edit: ({ columns }) => (columns[1].concept.levels = null) })
  expect(column(study, 'site').slice(0, 9)).toEqual(['s0', 's1', 's2', 's3', 's4', 's5', 's6', 's0', 's1'])
})

test("an import without the thread's file still works", async () => {
  const source = fileOf('id,x\n1,2\n')
  const workerUrl = new URL('./nowhere.js', import.meta.url)
  const { mapping } = await previewFile({ source }, { workerUrl })
  expect(await importFile({ vault, source, study: newStudy(), mapping, user, workerUrl })).toMatchObject({
    imported: 1,
  })
})

test('a dry run says what the import will, and writes nothing', async () => {
  const source = fileOf('id,age\n1,50\n2,x\n3,60\n4,50\n5,51\n6,52\n7,53\n8,54\n9,55\n10,56\n11,57\n')
  const { mapping } = await previewFile({ source }, { workerUrl: null })
  const before = footprint()
  const study = newStudy()
  const dry = await validateFile({ store: vault.read, source, study, mapping })
  expect(footprint()).toEqual(before)
  const real = await importFile({ vault, source, study, mapping, user })
  expect(dry).toEqual({ ...real, batch: null, seconds: dry.seconds })
  expect(dry.rejected).toBe(1)
})

test('repeated measurements, one a row, are kept by patient, test and day', async () => {
  const { report, study } = await importText(
    `id,days,test,value\n${Array.from({ length: 20 }, (_, i) => `${i % 4},${i - 5},${i % 2 ? 'sbp' : 'hdl'},${50 + i}.5`).join('\n')}\n,3,hdl,5\n1,x,hdl,5\n1,3,hdl,NA\n1,3,hdl,high\n`,
    { edit: (mapping) => (mapping.layout = { shape: 'long', day: 'days', test: 'test', value: 'value' }) },
  )
  expect(report).toMatchObject({ rows: 24, imported: 20, rejected: 4 })
  expect(reasons(report)).toEqual([
    '21 id missingKey',
    '22 days notADate',
    '23 value notANumber',
    '24 value notANumber',
  ])
  const { values, days } = readObservations(vault.read, study, 'hdl')
  expect(Array.from(values)).toHaveLength(10)
  expect(days.length).toBe(10)
  expect(values.reduce((sum, value) => sum + value, 0)).toBe(
    Array.from({ length: 10 }, (_, i) => 50.5 + 2 * i).reduce((sum, value) => sum + value, 0),
  )
})

test('units of repeated measurements are converted to one unit a test', async () => {
  const { report, study } = await importText(
    'id,day,test,value,unit\n1,0,glucose,90,mg/dL\n1,5,glucose,5,mmol/L\n1,6,glucose,5,kg\n1,7,glucose,5,??\n',
    {
      edit: (mapping) => (mapping.layout = { shape: 'long', day: 'day', test: 'test', value: 'value' }),
    },
  )
  expect(Array.from(readObservations(vault.read, study, 'glucose').values)).toEqual([90, 90.078])
  expect(reasons(report)).toEqual(['3 unit unknownUnit', '4 unit unknownUnit'])
})

test('a mapping is saved with the import and found again', async () => {
  await importText('id,ferritin\n1,50\n2,60\n', { saveMappingAs: 'iron' })
  const saved = listMappings(vault.read)
  const { savedAs } = await previewFile({ source: fileOf('id,ferritin\n9,70\n'), saved }, { workerUrl: null })
  expect(savedAs).toBe('iron')
})

test('a mapping that does not fit the file or the study is refused with each fault named', async () => {
  const { study, mapping } = await importText('id,x\n1,5\n2,6\n')
  const source = fileOf('id,y\n1,5\n')
  expect(await reasonOf(importFile({ vault, source, study: newStudy(), mapping, user }))).toBe('mappingDoesNotFit')
  const other = fileOf('id,x\n1,a\n2,b\n')
  const { mapping: text } = await previewFile({ source: other }, { workerUrl: null })
  expect(await reasonOf(importFile({ vault, source: other, study, mapping: text, user }))).toBe('mappingDoesNotFit')
})

test('an empty file, or a header alone, is an error and not an import of nothing', async () => {
  for (const content of ['', '\n\n', 'id,x\n', '\uFEFF']) expect(await reasonOf(importText(content))).toBe('emptyFile')
  const missing: FileSource = { kind: 'path', file: 'gone.csv', path: join(folder, 'gone.csv') }
  expect(await reasonOf(previewFile({ source: missing }))).toBe('file')
})

test('imported and rejected rows always add up to the rows of the file, however broken it is', async () => {
  const cell = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('1', '2.5', '-3', '', 'NA', 'a', '是') },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        '"q,q"',
        '"a\nb"',
        '"',
        'a"b',
        '"a"b',
        '""',
        '1,234',
        '2020-02-30',
        '\uFFFD',
        '\0',
        ' ',
        '\r',
      ),
    },
    { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
  )
  const row = fc.array(cell, { minLength: 1, maxLength: 5 }).map((cells) => cells.join(','))
  const body = fc.array(row, { minLength: 1, maxLength: 25 })
  await fc.assert(
    fc.asyncProperty(body, fc.constantFrom('\n', '\r\n', '\r'), async (rows, ending) => {
      const source = fileOf(`id,a,b${ending}${rows.join(ending)}`, 'fuzz.csv')
      let report: ImportReport
      const study = newStudy()
      try {
        const { mapping } = await previewFile(
          { source, dialect: { delimiter: ',', header: true } },
          { workerUrl: null },
        )
        report = await importFile({ vault, source, study, mapping, user, workerUrl: null })
      } catch (error) {
        // Nothing in it but blank lines: refused as a whole.
        if (error instanceof BedsideError && ['emptyFile', 'rowsBroken'].includes(error.failure.reason)) return
        throw error
      }
      expect(report.imported + report.rejected).toBe(report.rows)
      const stored = readTable(vault.read, study, [])
      expect(stored.rows).toBe(report.imported)
      const { errors } = listRejectedRows(vault.read, report.batch ?? 0, 0, 1000)
      expect(new Set(errors.map((error) => error.row)).size).toBe(report.rejected)
      const { id } = getStudy(vault.read, study)
      const kept = vault.read.column<number>('SELECT row FROM encounter WHERE study = ? ORDER BY id', id)
      const told = [...kept, ...new Set(errors.map((error) => error.row))].sort((a, b) => a - b)
      expect(told).toEqual(Array.from({ length: report.rows }, (_, i) => i + 1))
    }),
    { numRuns: 150 },
  )
})
