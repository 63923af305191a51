/**
 * A backup of a vault in use: how long it takes, how long writes and everything else wait meanwhile, and how long
 * restoring and comparing take; beside `VACUUM INTO`, which does it in one statement that nothing gets past.
 * Run: npx node bench/backup.ts [--cases 1000000]
 */
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { openAuditLog } from '../src/core/vault/audit/auditLog.ts'
import { makeBackup } from '../src/core/vault/backup/backup.ts'
import { restoreBackup } from '../src/core/vault/backup/restore.ts'
import { leastKeyDerivation } from '../src/core/vault/keys/slots.ts'
import { beginBatch, finishBatch } from '../src/core/vault/records/batches.ts'
import { insertCases } from '../src/core/vault/records/cases.ts'
import { addConcepts } from '../src/core/vault/records/concepts.ts'
import { encodeRecord } from '../src/core/vault/records/record.ts'
import { createStudy } from '../src/core/vault/records/studies.ts'
import { writeSettings } from '../src/core/vault/store/settings.ts'
import { createVault, type Vault } from '../src/core/vault/store/vault.ts'

const columns = 20
const slice = 5000

const fill = (vault: Vault, cases: number): Promise<void> =>
  vault.exclusive(async (store) => {
    const study = createStudy(store, { name: 'ward', by: null })
    const concepts = addConcepts(
      store,
      study.id,
      Array.from({ length: columns }, (_, at) => ({
        name: `x${at}`,
        label: { en: `x${at}` },
        kind: 'number' as const,
        role: 'observation' as const,
        unit: null,
        plausible: null,
        reference: null,
        levels: null,
        coding: [],
        modifiable: false,
        description: null,
      })),
    )
    const handle = beginBatch(store, {
      study: study.id,
      file: 'ward.csv',
      sha256: '',
      mapping: {},
      by: null,
      concepts: concepts.map(({ id }) => id),
    })
    const kinds = concepts.map(() => 'number' as const)
    for (let from = 0; from < cases; from += slice)
      insertCases(
        store,
        handle,
        Array.from({ length: Math.min(slice, cases - from) }, (_, at) => {
          const row = from + at
          return {
            patientKey: `MRN${10_000_000 + row * 7}`,
            name: `Person Number${row}`,
            birthDate: `19${10 + (row % 90)}-0${1 + (row % 9)}-1${row % 10}`,
            sex: null,
            date: null,
            row: row + 1,
            record: encodeRecord(
              { kinds },
              kinds.map((_, column) => ((row * 31 + column * 17) % 10_000) / 10),
            ),
          }
        }),
      )
    finishBatch(store, handle, { rows: cases, imported: cases, rejected: 0 })
  })

const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))]

/** While `work` goes on: a small write again and again, and a beat that shows how long the thread was taken. */
const watched = async (vault: Vault, work: () => Promise<unknown>) => {
  const writes: number[] = []
  const beats: number[] = []
  let going = true
  const writing = async () => {
    for (let at = 0; going; at++) {
      const start = performance.now()
      await vault.write((store) => writeSettings(store, null, { bench: at }))
      writes.push(performance.now() - start)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  const beating = async () => {
    let last = performance.now()
    while (going) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      beats.push(performance.now() - last)
      last = performance.now()
    }
  }
  const others = [writing(), beating()]
  const start = performance.now()
  await work()
  const seconds = (performance.now() - start) / 1000
  going = false
  await Promise.all(others)
  return { seconds, writes, beats }
}

const line = (name: string, { seconds, writes, beats }: Awaited<ReturnType<typeof watched>>) =>
  console.log(
    name.padEnd(30) +
      seconds.toFixed(2).padStart(9) +
      quantile(writes, 0.5).toFixed(1).padStart(13) +
      quantile(writes, 0.99).toFixed(1).padStart(9) +
      Math.max(...writes)
        .toFixed(0)
        .padStart(9) +
      Math.max(...beats)
        .toFixed(0)
        .padStart(12),
  )

export async function run({ cases } = { cases: 100_000 }): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'bedside-backup-bench-'))
  try {
    const made = await createVault(join(dir, 'vault'), {
      displayName: 'Bench',
      passphrase: 'bench',
      keyDerivation: leastKeyDerivation,
    })
    const { vault } = made
    await openAuditLog(vault)
    await fill(vault, cases)
    await new Promise((resolve) => setTimeout(resolve, 600))
    const size = statSync(join(dir, 'vault', 'bedside.db')).size / 1e6
    console.log(`${cases} cases of ${columns} values, ${size.toFixed(0)} MB`)
    console.log(
      `${''.padEnd(30)}${'seconds'.padStart(9)}${'write: median'.padStart(13)}${'p99'.padStart(9)}${'longest'.padStart(9)}${'any longest'.padStart(12)}  (ms)`,
    )
    line('nothing else', await watched(vault, () => new Promise((resolve) => setTimeout(resolve, 3000))))
    const folder = join(dir, 'backups')
    mkdirSync(folder)
    let path = ''
    let copied = 0
    const start = performance.now()
    line(
      'backup',
      await watched(vault, async () => {
        const report = (stage: string) => {
          if (stage === 'copying') copied = performance.now() - start
        }
        ;({ path } = await makeBackup({ vault, folder, reason: 'asked', build: 'bench', report }))
      }),
    )
    line(
      'VACUUM INTO, one statement',
      await watched(vault, () =>
        vault.still(async ({ database, openCopy }) => {
          const db = openCopy(database)
          db.prepare('VACUUM INTO ?').run(join(dir, 'vacuumed.db'))
          db.close()
        }),
      ),
    )
    console.log(`of the backup, copying the pages: ${(copied / 1000).toFixed(2)} s; the rest is reading every row back`)
    const from = performance.now()
    const { tables } = await restoreBackup({ path, into: join(dir, 'restored'), user: null, passphrase: 'bench' })
    const rows = tables.reduce((sum, table) => sum + table.rows, 0)
    console.log(
      `restore, with ${rows} rows of ${tables.length} tables compared: ${((performance.now() - from) / 1000).toFixed(2)} s`,
    )
    vault.close()
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { cases: { type: 'string' } } })
  await run({ cases: Number(values.cases ?? 100_000) })
}
