import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Failure } from '../../src/contract/errors.ts'
import { ExportChoicesSchema } from '../../src/contract/exports.ts'
import type { Role } from '../../src/contract/procedure.ts'
import { createApp } from '../../src/core/app.ts'
import { deidentify } from '../../src/core/export/deidentify.ts'
import { exportKey } from '../../src/core/export/key.ts'
import { writeExport } from '../../src/core/export/write.ts'
import { studySource } from '../../src/core/extract/studySource.ts'
import { installation } from '../../src/core/installation.ts'
import { beginBatch, finishBatch } from '../../src/core/vault/records/batches.ts'
import { type ClinicalEvent, type EventKind, insertEvents } from '../../src/core/vault/records/events.ts'
import { createStudy } from '../../src/core/vault/records/studies.ts'
import { concept, freshVault, importCases, levels } from '../fixtures/vault.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bedside-exports-'))
const app = createApp({
  vaultPath: join(folder, 'vault'),
  resources: join(root, 'resources'),
  workers: installation().workers,
  build: '0.0.0+test',
  threads: 1,
  keyDerivation: { memoryKiB: 47104, iterations: 1, parallelism: 1 },
})
const connection = app.connect('cli')
const client = app.client(connection)

const failure = async (work: Promise<unknown>): Promise<Failure> => {
  const error = await work.then(
    () => null,
    (reason: { data: Failure }) => reason,
  )
  expect(error).not.toBeNull()
  return (error as { data: Failure }).data
}

/** Calls as a user of another role would. */
const as = async <T>(role: Role, work: () => Promise<T>): Promise<T> => {
  const session = connection.session!
  connection.session = { ...session, role }
  try {
    return await work()
  } finally {
    connection.session = session
  }
}

beforeAll(async () => {
  await client.vault.create({ displayName: 'Dr. Adams', passphrase: 'correct horse battery staple' })
  const { job } = await client.samples.load({ names: ['pbc', 'pbcseq'], train: false })
  for await (const { failure: failed } of await client.jobs.watch({ job })) expect(failed).toBeNull()
  await client.exports.createKey({ key: 'shared' })
})
afterAll(async () => {
  await app.close()
  rmSync(folder, { recursive: true, force: true })
})

const collect = async (input: Parameters<typeof client.exports.write>[0]) => {
  const files: Record<string, string> = {}
  for await (const { file, text } of await client.exports.write(input)) files[file] = (files[file] ?? '') + text
  return files
}

test('nothing is written whose report nobody has seen, or that is no longer what the report said', async () => {
  const choices = { study: 'pbc', key: 'shared' }
  expect((await failure(collect({ ...choices, report: '' }))).issues?.[0].path).toBe('report')
  const { digest } = await client.exports.preview(choices)
  const other = await failure(collect({ ...choices, minimumK: 5, report: digest }))
  expect(other.message).toContain('report')
  const unkeyed = await client.exports.preview({ study: 'pbc' })
  expect((await failure(collect({ ...choices, report: unkeyed.digest }))).issues?.[0].path).toBe('report')
  const files = await collect({ ...choices, report: digest })
  expect(Object.keys(files)).toEqual(['cases.csv'])
  expect(files['cases.csv'].trim().split('\r\n')).toHaveLength(419)
})

test('a doctor or a clerk can export nothing, an auditor sees the report but no row', async () => {
  const { digest } = await client.exports.preview({ study: 'pbc', key: 'shared' })
  for (const role of ['doctor', 'clerk', 'auditor'] as const) {
    const write = () => failure(collect({ study: 'pbc', key: 'shared', report: digest }))
    expect((await as(role, write)).code, role).toBe('notAllowed')
    expect((await as(role, () => failure(client.exports.createKey({ key: role })))).code).toBe('notAllowed')
    if (role !== 'auditor')
      expect((await as(role, () => failure(client.exports.preview({ study: 'pbc' })))).code).toBe('notAllowed')
  }
  const seen = await as('auditor', () => client.exports.preview({ study: 'pbc', key: 'shared' }))
  expect(seen.digest).toBe(digest)
})

test('the log names study and key, never a value; the key itself is in no answer', async () => {
  const { entries } = await client.audit.list({ limit: 1000 })
  const written = entries.find(({ act, outcome }) => act === 'export.write' && outcome === 'done')
  expect(written?.record).toBe('study/1 key/shared')
  expect(entries.find(({ act, outcome }) => act === 'export.createKey' && outcome === 'done')?.record).toBe(
    'key/shared',
  )
  const keys = await client.exports.keys()
  expect(Object.keys(keys[0])).toEqual(['key', 'createdAt', 'createdBy'])
  expect(JSON.stringify([keys, await client.settings.get()])).not.toMatch(/[A-Za-z0-9+/]{43}=/)
})

test('a mistyped key does not quietly become a new one, and a key is never written over', async () => {
  expect((await failure(client.exports.preview({ study: 'pbc', key: 'sharde' }))).issues?.[0].path).toBe('key')
  expect((await failure(client.exports.createKey({ key: 'shared' }))).message).toContain('already')
  expect((await client.exports.keys()).map(({ key }) => key)).toEqual(['shared'])
})

test('a study that is not there is said so', async () => {
  expect((await failure(client.exports.preview({ study: 'nobody' }))).reason).toBe('studyMissing')
})

/** Elements of R4 with cardinality, types and required codes, from HL7's StructureDefinitions (test/golden/fhir.py). */
interface Element {
  min: number
  max: string
  types: string[]
  codes?: string[]
  same?: string
}
const definitions = JSON.parse(readFileSync(join(root, 'test/golden/fhir.json'), 'utf8')) as Record<
  string,
  Record<string, Element>
>
const primitive: Record<string, RegExp> = {
  id: /^[A-Za-z0-9\-.]{1,64}$/,
  string: /^[\s\S]*\S[\s\S]*$/,
  code: /^\S+( \S+)*$/,
  uri: /^\S+$/,
  url: /^\S+$/,
  canonical: /^\S+$/,
  date: /^\d{4}(-\d\d(-\d\d)?)?$/,
  dateTime: /^\d{4}(-\d\d(-\d\d)?)?$/,
  boolean: /^(true|false)$/,
  decimal: /^-?\d+(\.\d+)?(e[+-]?\d+)?$/,
  integer: /^-?\d+$/,
}

/** Faults of a value against a type, or against the part of a type below `path`. */
const faultsOf = (type: string, value: unknown, at: string, path = ''): string[] => {
  if (primitive[type])
    return primitive[type].test(String(value)) ? [] : [`${at}: ${JSON.stringify(value)} is no ${type}`]
  const elements = definitions[type]
  if (!elements) return [`${at}: type ${type} was not expected`]
  const faults: string[] = []
  const prefix = path === '' ? '' : `${path}.`
  const own = Object.entries(elements).filter(
    ([name]) => name.startsWith(prefix) && !name.slice(prefix.length).includes('.'),
  )
  const given = value as Record<string, unknown>
  const known = new Set(['resourceType'])
  for (const [name, element] of own) {
    const last = name.slice(prefix.length)
    const names = last.endsWith('[x]')
      ? element.types.map((kind) => [last.slice(0, -3) + kind[0].toUpperCase() + kind.slice(1), kind] as const)
      : [[last, element.types[0]] as const]
    let found = 0
    for (const [key, kind] of names) {
      known.add(key)
      if (kind && primitive[kind]) known.add(`_${key}`)
      const there = given[key]
      if (there === undefined) continue
      found++
      if (Array.isArray(there) !== (element.max === '*')) faults.push(`${at}.${key}: ${element.max} allowed`)
      for (const one of [there].flat()) {
        if (element.codes && !element.codes.includes(String(one))) faults.push(`${at}.${key}: code ${one}`)
        faults.push(
          ...(kind === 'BackboneElement' || kind === 'Element'
            ? faultsOf(type, one, `${at}.${key}`, name)
            : faultsOf(key === 'id' ? 'id' : (kind ?? ''), one, `${at}.${key}`)),
        )
      }
    }
    if (found < element.min) faults.push(`${at}.${last} is missing`)
    if (last.endsWith('[x]') && found > 1) faults.push(`${at}.${last} stands twice`)
  }
  for (const key of Object.keys(given)) if (!known.has(key)) faults.push(`${at}.${key} is no element of ${type}`)
  return faults
}

type Resource = { resourceType: string; id: string } & Record<string, unknown>

const checkBundle = (files: Record<string, string>): Resource[] => {
  const resources = Object.entries(files).flatMap(([file, text]) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => ({ file, line, resource: JSON.parse(line) as Resource })),
  )
  const ids = new Set(resources.map(({ resource: { resourceType, id } }) => `${resourceType}/${id}`))
  expect(ids.size).toBe(resources.length)
  const faults = resources.flatMap(({ file, line, resource }) => [
    ...faultsOf(resource.resourceType, resource, resource.resourceType),
    ...(`${resource.resourceType}.ndjson` === file ? [] : [`${resource.resourceType} in ${file}`]),
    ...(line.includes('"code":"PSEUDED"') ? [] : [`${resource.id} bears no label`]),
    ...[...line.matchAll(/"reference":"([^"]+)"/g)].flatMap(([, to = '']) =>
      ids.has(to) ? [] : [`${to} is not there`],
    ),
  ])
  expect(faults).toEqual([])
  return resources.map(({ resource }) => resource)
}

test('the check of R4 shapes sees what is wrong with a resource', () => {
  const faults = (resource: object) => faultsOf('Encounter', resource, 'Encounter')
  const encounter = { resourceType: 'Encounter', id: 'a', status: 'unknown', class: { code: 'UNK' } }
  expect(faults(encounter)).toEqual([])
  expect(faults({ ...encounter, status: 'over' })).toHaveLength(1)
  expect(faults({ ...encounter, class: undefined })).toEqual(['Encounter.class is missing'])
  expect(faults({ ...encounter, id: 'a b' })).toHaveLength(1)
  expect(faults({ ...encounter, name: 'x' })).toEqual(['Encounter.name is no element of Encounter'])
  expect(faults({ ...encounter, subject: [{ reference: 'Patient/1' }] })).toHaveLength(1)
})

test('FHIR of every visit of pbcseq fits the structure of R4, and every reference leads somewhere', async () => {
  const choices = { study: 'pbcseq', key: 'shared', format: 'fhir' as const }
  const { digest, files: named } = await client.exports.preview(choices)
  const files = await collect({ ...choices, report: digest })
  expect(Object.keys(files)).toEqual(named)
  const resources = checkBundle(files)
  const count = (type: string) => resources.filter(({ resourceType }) => resourceType === type).length
  expect([count('Patient'), count('Encounter')]).toEqual([312, 1945])
  // All cells of the file that are neither key, sex nor missing.
  const cells = readFileSync(join(root, 'resources/samples/pbcseq.csv'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .flatMap((line) => line.split(',').filter((cell, at) => at !== 0 && at !== 5 && cell !== '' && cell !== 'NA'))
  expect(count('Observation')).toBe(cells.length)
})

test('conditions, procedures, medications and outcomes leave in their R4 shapes, dates moved, a remark on one person withheld', async () => {
  const { vault, remove } = await freshVault()
  const event = (kind: EventKind, more: Partial<ClinicalEvent> & { patientKey: string; row: number }) => ({
    kind,
    system: null,
    code: null,
    label: kind,
    status: null,
    startDate: null,
    endDate: null,
    startDay: null,
    endDay: null,
    value: null,
    unit: null,
    raw: 'as the nurse wrote it',
    ...more,
  })
  await vault.write((store) => {
    const { id } = createStudy(store, { name: 'events', by: null })
    const handle = beginBatch(store, {
      study: id,
      file: 'events.csv',
      sha256: 'f'.repeat(64),
      mapping: { version: 1 },
      by: null,
      concepts: [],
    })
    const rows = Array.from({ length: 12 }, (_, at) => `p${at}`).flatMap((patientKey, at) => [
      event('condition', {
        patientKey,
        row: at + 1,
        system: 'http://hl7.org/fhir/sid/icd-10',
        code: 'K74.3',
        label: 'Primary biliary cirrhosis',
        status: 'active',
        startDate: '2003-04',
      }),
      event('procedure', { patientKey, row: at + 1, label: 'biopsy', startDate: '2004-05-06', status: 'done' }),
      event('medication', {
        patientKey,
        row: at + 1,
        label: 'ursodiol',
        startDay: 3,
        value: 500,
        unit: 'mg',
        status: 'active',
      }),
      event('outcome', {
        patientKey,
        row: at + 1,
        label: at === 5 ? 'died at his brother Karl’s' : 'death',
        startDay: 900 + at,
      }),
    ])
    insertEvents(store, handle, rows)
    finishBatch(store, handle, { rows: rows.length, imported: rows.length, rejected: 0 })
  })
  for (const [format, dates] of [
    ['fhir', 'shift'],
    ['fhir', 'year'],
    ['csv', 'shift'],
  ] as const) {
    const choices = ExportChoicesSchema.parse({ study: 'events', format, dates })
    const { released, report } = deidentify(
      studySource(vault.read, 'events'),
      choices,
      exportKey(new Uint8Array(32)),
      'k',
    )
    const files: Record<string, string> = {}
    for await (const { file, text } of writeExport(released, report)) files[file] = (files[file] ?? '') + text
    expect(Object.keys(files)).toEqual(report.files)
    const text = Object.values(files).join('')
    expect(text).not.toMatch(/Karl|nurse|2004-05-06/)
    expect(text).toContain('K74.3')
    if (format === 'csv') continue
    const resources = checkBundle(files)
    const types = ['Condition', 'MedicationStatement', 'Observation', 'Patient', 'Procedure']
    expect([...new Set(resources.map(({ resourceType }) => resourceType))].sort()).toEqual(types)
    const onset = resources.find(({ resourceType }) => resourceType === 'Condition')?.onsetDateTime
    expect(onset).toMatch(dates === 'year' ? /^2003$/ : /^200[2-4]-\d\d$/)
  }
  remove()
})

test('a cell that a spreadsheet would run as a formula is not one in the export', async () => {
  const { vault, remove } = await freshVault()
  await vault.write((store) =>
    importCases(
      store,
      'cells',
      [concept('grade', 'category', { levels: levels('=1+1', '"a", b') })],
      Array.from({ length: 12 }, (_, at) => ({ patientKey: `p${at}`, cells: { grade: at % 2 ? '=1+1' : '"a", b' } })),
    ),
  )
  const choices = ExportChoicesSchema.parse({ study: 'cells' })
  const { released, report } = deidentify(studySource(vault.read, 'cells'), choices, exportKey(new Uint8Array(32)), 'k')
  let text = ''
  for await (const piece of writeExport(released, report)) text += piece.text
  expect(text).toContain(",'=1+1\r\n")
  expect(text).toContain(',"""a"", b"\r\n')
  remove()
})
