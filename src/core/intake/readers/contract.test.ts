import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readerFixtures, type WrittenFile } from '../../../../test/fixtures/readers.ts'
import { freshVault } from '../../../../test/fixtures/vault.ts'
import { BedsideError } from '../../../contract/errors.ts'
import { MappingSchema, type Place, PlaceSchema } from '../../../contract/intake.ts'
import { checkRows } from '../check/rows.ts'
import { importFile } from '../import/importFile.ts'
import { defaultConcept } from '../mapping/mapping.ts'
import { planImport } from '../mapping/plan.ts'
import { previewHere } from '../mapping/preview.ts'
import type { AnyReader, Fault, Sink } from '../reader.ts'
import type { OpenSource } from '../source.ts'
import { readers } from './readers.ts'

/**
 * What every reader owes: a record is imported or rejected, never lost, shifted, merged with another, or read twice.
 */

let vault: Awaited<ReturnType<typeof freshVault>>['vault']
let remove: () => void
beforeAll(async () => {
  const made = await freshVault()
  vault = made.vault
  remove = made.remove
})
afterAll(() => remove())

interface Read {
  header: readonly string[] | null
  records: unknown[]
  faults: Fault[]
  /** Of records and faults, in the order they came. */
  places: Place[]
  kinds: ('record' | 'fault')[]
}

/** The bytes in pieces of a size, as a disk, an upload or a worker might give them; `closed`: they were let go of. */
const sourceOf = ({ name, bytes }: Pick<WrittenFile, 'name' | 'bytes'>, piece = bytes.length) => {
  const state = { closed: 0 }
  const source: OpenSource = {
    ...{ file: name, bytes: bytes.length, sha256: async () => '' },
    pieces: async function* () {
      try {
        for (let at = 0; at < bytes.length; at += Math.max(1, piece)) yield bytes.slice(at, at + Math.max(1, piece))
      } finally {
        state.closed++
      }
    },
  }
  return { source, state }
}

const listen = (): { sink: Sink; read: Read } => {
  const read: Read = { header: null, records: [], faults: [], places: [], kinds: [] }
  const note = (kind: 'record' | 'fault', place: Place) => {
    read.kinds.push(kind)
    read.places.push(place)
  }
  const sink: Sink = {
    header: (cells) => {
      expect(read.header).toBeNull()
      expect(read.kinds).toEqual([])
      read.header = [...cells]
    },
    row: (cells, place) => {
      note('record', place)
      read.records.push([...cells])
    },
    resource: (resource, place) => {
      note('record', place)
      read.records.push(resource)
    },
    broken: (fault, place) => {
      note('fault', place)
      read.faults.push(fault)
    },
  }
  return { sink, read }
}

const readAll = async (reader: AnyReader, file: WrittenFile, piece?: number): Promise<Read> => {
  const { sink, read } = listen()
  let before = 0
  for await (const share of reader.read(sourceOf(file, piece).source, file.dialect, sink)) {
    expect(share >= before && share <= 1).toBe(true)
    before = share
  }
  return read
}

/** Every column as text, so that nothing but the reader can reject a row. */
const mappingOf = (file: WrittenFile, header: readonly string[]) =>
  MappingSchema.parse({
    dialect: file.dialect,
    layout: { shape: file.header ? 'wide' : 'resources' },
    columns: header.map((column) => ({
      ...{ column, use: 'import', concept: defaultConcept(column), sourceUnit: null, dateFormat: null },
    })),
  })

/** Rows as an import counts them. */
const counted = async (file: WrittenFile) => {
  const total = { rows: 0, rejected: 0, accepted: 0, faulty: new Set<number>(), read: 0 }
  const source = { kind: 'bytes', file: file.name, data: file.bytes } as const
  const columns = file.header === null ? [] : await headerOf(file)
  const mapping = mappingOf(file, columns)
  const reading = checkRows({ source, mapping, pack: true }, (header) => planImport(mapping, header, []))
  for (;;) {
    const next = await reading.next()
    if (next.done) {
      total.read = next.value.rows
      return total
    }
    const { rows, rejected, errors, wide, resources } = next.value
    total.rows += rows
    total.rejected += rejected
    total.accepted += wide?.rows.length ?? resources?.rows.length ?? 0
    for (const { row } of errors) total.faulty.add(row)
  }
}
const headerOf = async (file: WrittenFile): Promise<string[]> => {
  const source = { kind: 'bytes', file: file.name, data: file.bytes } as const
  const { mapping } = await previewHere({ source, dialect: file.dialect })
  return mapping.columns.map(({ column }) => column)
}

test('every reader in the list has files to be tried on', () => {
  expect(readers.length).toBeGreaterThan(0)
  expect(readers.map(({ format }) => format).filter((format) => !readerFixtures[format])).toEqual([])
  expect(new Set(readers.map(({ format }) => format)).size).toBe(readers.length)
})

describe.each(readers.map((reader) => [reader.format, reader] as const))('%s', (format, reader) => {
  const fixture = readerFixtures[format]
  if (!fixture) return

  test('every record arrives as it was written, in its place, in pieces of any size', async () => {
    await fc.assert(
      fc.asyncProperty(fixture.files, fc.integer({ min: 1, max: 40 }), async (file, piece) => {
        const read = await readAll(reader, file)
        expect(read.faults).toEqual([])
        expect(read.header).toEqual(file.header)
        expect(read.records).toEqual(file.records)
        expect(await readAll(reader, file, piece)).toEqual(read)
      }),
      { numRuns: 600 },
    )
  })

  test('a record that is spoilt is reported at its place, and takes none of the others along', async () => {
    await fc.assert(
      fc.asyncProperty(fixture.spoilt, fc.integer({ min: 1, max: 40 }), async (file, piece) => {
        const read = await readAll(reader, file, piece)
        expect(read.records).toEqual(file.records)
        expect(read.faults).toHaveLength(1)
        expect(read.kinds.indexOf('fault')).toBe(file.at)
      }),
      { numRuns: 600 },
    )
  })

  test('a file that was cut off keeps all records before the cut', async () => {
    await fc.assert(
      fc.asyncProperty(fixture.files, fc.nat(), async (file, place) => {
        const cut = place % (file.bytes.length + 1)
        const whole = file.ends.filter((end) => end <= cut).length
        const read = await readAll(reader, { ...file, bytes: file.bytes.slice(0, cut) })
        expect(read.records.slice(0, whole)).toEqual(file.records.slice(0, whole))
      }),
      { numRuns: 600 },
    )
  })

  test('whatever became of the bytes, imported and rejected rows make up all that was read', async () => {
    const harm = fc.record({
      at: fc.nat(),
      do: fc.constantFrom('flip', 'drop', 'insert', 'repeat'),
      byte: fc.integer({ min: 0, max: 255 }),
    })
    await fc.assert(
      fc.asyncProperty(fixture.files, fc.array(harm, { minLength: 1, maxLength: 6 }), async (file, harms) => {
        const damaged = { ...file, bytes: harms.reduce(harmed, file.bytes) }
        const read = await readAll(reader, damaged)
        expect(await readAll(reader, damaged, 7)).toEqual(read)
        for (const place of read.places) expect(PlaceSchema.safeParse(place).success).toBe(true)
        expect(new Set(read.places.map((place) => JSON.stringify(place))).size).toBe(read.kinds.length)
        const width = read.header?.length
        for (const record of read.records) if (Array.isArray(record)) expect(record).toHaveLength(width ?? -1)
        try {
          const { rows, rejected, accepted, faulty, read: told } = await counted(damaged)
          expect([rows, told, accepted + rejected]).toEqual([read.kinds.length, rows, rows])
          expect(faulty.size).toBe(rejected)
        } catch (error) {
          // Nothing is left to import, which is said; anything else would be a bug.
          if (!(error instanceof BedsideError)) throw error
          expect(['emptyFile', 'rowsBroken', 'mappingDoesNotFit']).toContain(error.failure.reason)
        }
      }),
      { numRuns: 400 },
    )
  })

  test('a long file comes in slices, and one that is left in the midst is let go of', async () => {
    const file = fixture.long()
    const { source, state } = sourceOf(file)
    const { sink, read } = listen()
    const reading = reader.read(source, file.dialect, sink)
    await reading.next()
    const { length } = read.records
    expect(length).toBeGreaterThan(0)
    expect(length).toBeLessThan(file.records.length)
    await reading.return()
    expect(state.closed).toBe(1)
    expect(read.records).toHaveLength(length)
  })

  test('its own files are taken for its own, and their dialect for what it is', async () => {
    const file = fixture.long()
    const own = reader.recognise(file.bytes.subarray(0, 65536), file.name)
    expect(own).toBeGreaterThan(0)
    expect(own).toBeLessThanOrEqual(1)
    for (const other of readers)
      expect(other.recognise(file.bytes.subarray(0, 65536), file.name)).toBeLessThanOrEqual(own)
    expect((await reader.look(sourceOf(file).source, {})).dialect).toEqual(file.dialect)
  })

  test('an import that is stopped midway leaves nothing, and one that is not leaves every record', async () => {
    const file = fixture.long()
    const source = { kind: 'bytes', file: file.name, data: file.bytes } as const
    const { mapping } = await previewHere({ source })
    const rowsOf = (table: string) => vault.read.value<number>(`SELECT count(*) FROM ${table}`)
    const tables = ['study', 'batch', 'patient', 'encounter', 'observation', 'person', 'rejected_row', 'concept']
    const stop = new AbortController()
    const ask = { vault, source, study: format, mapping, user: null, workerUrl: null }
    const work = importFile({ ...ask, signal: stop.signal, onProgress: ({ rows }) => rows > 5000 && stop.abort() })
    await expect(work).rejects.toMatchObject({ failure: { code: 'cancelled' } })
    expect(tables.map(rowsOf)).toEqual(tables.map(() => 0))
    expect(await importFile(ask)).toMatchObject({ rows: file.records.length, imported: file.records.length })
  })
})

const harmed = (bytes: Uint8Array, { at, do: what, byte }: { at: number; do: string; byte: number }): Uint8Array => {
  const place = at % (bytes.length + 1)
  const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)]
  if (what === 'insert') return Buffer.concat([before, Uint8Array.of(byte), after])
  if (what === 'drop') return Buffer.concat([before, after.subarray(1 + (byte % 8))])
  if (what === 'repeat') return Buffer.concat([before, after.subarray(0, byte % 16), after])
  return Buffer.concat([before, after.subarray(0, 1).map((old) => old ^ (byte || 1)), after.subarray(1)])
}
