/**
 * What encryption costs: the vault's own import and its own extraction of columns, on plain SQLite and on each cipher
 * that SQLite3 Multiple Ciphers offers for the purpose, the same cases in the same run, interleaved, median of several
 * rounds.
 * Run: npx node bench/encryption.ts [--cases 1000000] [--rounds 3]
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import Database from 'better-sqlite3'
import type { Concept, ConceptKind } from '../src/contract/values.ts'
import { defaultCipher } from '../src/core/vault/keys/processor.ts'
import { defaultKeyDerivation, makeSlot, openSlot } from '../src/core/vault/keys/slots.ts'
import { beginBatch, finishBatch } from '../src/core/vault/records/batches.ts'
import { type CaseRow, insertCases, readTable } from '../src/core/vault/records/cases.ts'
import { addConcepts } from '../src/core/vault/records/concepts.ts'
import { encodeRecord } from '../src/core/vault/records/record.ts'
import { createStudy } from '../src/core/vault/records/studies.ts'
import { type Connection, pageSize, tune } from '../src/core/vault/store/database.ts'
import { migrate } from '../src/core/vault/store/schema.ts'
import { writeStore } from '../src/core/vault/store/store.ts'

const columns = 20
const slice = 5000
const kinds: ConceptKind[] = Array(columns).fill('number')

/** Plain first: what the others are measured against. */
const contenders = [
  { name: 'plain SQLite', cipher: null, literal: (_hex: string) => '' },
  { name: 'AEGIS-256', cipher: 'aegis', literal: (hex: string) => `raw:${hex}` },
  { name: 'ChaCha20-Poly1305', cipher: 'chacha20', literal: (hex: string) => `raw:${hex}` },
  { name: 'SQLCipher AES-256', cipher: 'sqlcipher', literal: (hex: string) => `x'${hex}'` },
]

const concepts: Concept[] = kinds.map((kind, at) => ({
  name: `c${at}`,
  label: { en: `c${at}` },
  kind,
  role: 'observation',
  unit: null,
  plausible: null,
  reference: null,
  levels: null,
  coding: [],
  modifiable: false,
  description: null,
}))

const casesOf = (count: number): CaseRow[] => {
  let state = 1
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  const values = new Float64Array(columns)
  return Array.from({ length: count }, (_, at) => {
    for (let column = 0; column < columns; column++) {
      const scale = [1, 10, 100, 1000][column % 4]
      values[column] = random() < 0.1 ? Number.NaN : Math.floor(random() * 200 * scale) / scale
    }
    return {
      patientKey: String(at + 1),
      name: null,
      birthDate: null,
      sex: null,
      date: null,
      row: at + 1,
      record: encodeRecord({ kinds }, values),
    }
  })
}

interface Measured {
  import: number
  extract: number
  megabytes: number
}

const measure = (
  file: string,
  { cipher, literal }: (typeof contenders)[number],
  cases: readonly CaseRow[],
): Measured => {
  const key = literal(randomBytes(32).toString('hex'))
  const open = (create: boolean): Connection => {
    const db = new Database(file)
    if (cipher) {
      db.pragma(`cipher = '${cipher}'`)
      ;(db as Connection & { key: (key: Buffer) => number }).key(Buffer.from(key))
    }
    if (create) db.pragma(`page_size = ${pageSize}`)
    tune(db, { readonly: false, create })
    return db
  }
  const first = open(true)
  migrate(first, file)
  const { store } = writeStore(first, file, undefined, new Map())
  let start = performance.now()
  first.exec('BEGIN IMMEDIATE')
  const study = createStudy(store, { name: 'bench', by: null })
  const fields = addConcepts(store, study.id, concepts).map(({ id }) => id)
  const handle = beginBatch(store, {
    study: study.id,
    file: 'bench',
    sha256: '',
    mapping: {},
    by: null,
    concepts: fields,
  })
  for (let at = 0; at < cases.length; at += slice) insertCases(store, handle, cases.slice(at, at + slice))
  finishBatch(store, handle, { rows: cases.length, imported: cases.length, rejected: 0 })
  first.exec('COMMIT')
  first.close()
  const imported = (performance.now() - start) / 1000
  // A fresh connection: no page is in memory yet.
  const second = open(false)
  const reading = writeStore(second, file, undefined, new Map()).store
  start = performance.now()
  const table = readTable(reading, 'bench')
  const extracted = (performance.now() - start) / 1000
  if (table.rows !== cases.length) throw new Error('Not all cases came back')
  second.close()
  const megabytes = statSync(file).size / 1e6
  rmSync(file)
  return { import: imported, extract: extracted, megabytes }
}

/** What encryption may cost, on the import and on the extraction. */
const promised = 1.15

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]

export async function run({ cases: count, rounds } = { cases: 100_000, rounds: 5 }): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'bedside-encryption-'))
  try {
    const cases = casesOf(count)
    const measured = new Map(contenders.map(({ name }) => [name, [] as Measured[]]))
    measure(join(dir, 'warm.db'), contenders[0], cases.slice(0, 10_000))
    for (let round = 0; round < rounds; round++)
      for (const contender of contenders)
        measured.get(contender.name)?.push(measure(join(dir, 'bench.db'), contender, cases))
    const of = (name: string, what: keyof Measured) => median((measured.get(name) ?? []).map((one) => one[what]))
    console.log(
      `${count} cases of ${columns} values, median of ${rounds}; chosen for this processor: ${defaultCipher()}`,
    )
    console.log(
      `${'cipher'.padEnd(22)}${'import s'.padStart(10)}${'ratio'.padStart(8)}${'extract s'.padStart(12)}${'ratio'.padStart(8)}${'both'.padStart(8)}${'MB'.padStart(8)}`,
    )
    const [{ name: plain }] = contenders
    // Round by round, so that what slows the machine for a while slows both.
    const ratioOf = (name: string, what: keyof Measured) => {
      const plainly = measured.get(plain) ?? []
      return median((measured.get(name) ?? []).map((one, round) => one[what] / plainly[round][what]))
    }
    const both = (name: string) => of(name, 'import') + of(name, 'extract')
    for (const { name } of contenders)
      console.log(
        name.padEnd(22) +
          of(name, 'import').toFixed(2).padStart(10) +
          ratioOf(name, 'import').toFixed(2).padStart(8) +
          of(name, 'extract').toFixed(3).padStart(12) +
          ratioOf(name, 'extract').toFixed(2).padStart(8) +
          (both(name) / both(plain)).toFixed(2).padStart(8) +
          of(name, 'megabytes').toFixed(1).padStart(8),
      )
    const chosen = contenders[defaultCipher() === 'aegis-256' ? 1 : 2].name
    for (const what of ['import', 'extract'] as const) {
      const ratio = ratioOf(chosen, what)
      console.log(
        `${ratio <= promised ? 'PASS' : 'FAIL'} ${chosen} costs ${ratio.toFixed(2)} times plain SQLite on ${what} (promised: at most ${promised})`,
      )
    }
    const key = randomBytes(32)
    const vault = crypto.randomUUID()
    const slot = await makeSlot({ vault, user: crypto.randomUUID(), secret: 'passphrase', key })
    const start = performance.now()
    await openSlot(vault, slot, 'passphrase')
    const { memoryKiB, iterations, parallelism } = defaultKeyDerivation
    console.log(
      `Argon2id, ${memoryKiB / 1024} MiB, t=${iterations}, p=${parallelism}: ${(performance.now() - start).toFixed(0)} ms to derive a key and open its slot`,
    )
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { cases: { type: 'string' }, rounds: { type: 'string' } } })
  await run({ cases: Number(values.cases ?? 100_000), rounds: Number(values.rounds ?? 5) })
}
