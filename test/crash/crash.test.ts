import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sha256 } from '../../src/core/numbers/digest.ts'
import { openAuditLog } from '../../src/core/vault/audit/auditLog.ts'
import { listBackups, makeBackup, verifyBackup } from '../../src/core/vault/backup/backup.ts'
import { restoreBackup } from '../../src/core/vault/backup/restore.ts'
import { readVaultFile } from '../../src/core/vault/keys/vaultFile.ts'
import { listModels, modelArtifact, modelDetail } from '../../src/core/vault/models/models.ts'
import { readSnapshot } from '../../src/core/vault/models/snapshots.ts'
import { listBatches } from '../../src/core/vault/records/batches.ts'
import { readTable } from '../../src/core/vault/records/cases.ts'
import { listStudies } from '../../src/core/vault/records/studies.ts'
import { schemaVersion } from '../../src/core/vault/store/schema.ts'
import { openVault, type Vault } from '../../src/core/vault/store/vault.ts'
import { passphrase } from '../fixtures/vault.ts'
import { type Act, acts, importSample, startApp } from './acts.ts'
import { makeOldVault } from './old.ts'

/**
 * Pulls the plug: kills the process that holds the vault (SIGKILL) at random moments of what it does, and looks at what
 * it finds afterwards. BEDSIDE_CRASH_KILLS says how often (20; `npm run crash`: 200), BEDSIDE_CRASH_SEED repeats a run.
 */
const kills = Number(process.env.BEDSIDE_CRASH_KILLS ?? 20)
const seed = Number(process.env.BEDSIDE_CRASH_SEED ?? Date.now() % 2 ** 31)
console.log(`${kills} kills, BEDSIDE_CRASH_SEED=${seed}`)

let state = seed >>> 0
/** 0 to 1. */
const share = (): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32
}
/** Drawn before the first kill, so that a seed stands for the same moments however long anything takes. */
const plan = Array.from({ length: kills }, (_, at) => ({ act: acts[at % acts.length] as Act, at: share() }))

const folder = mkdtempSync(join(tmpdir(), 'bedside-crash-'))
const templates: Record<Act, string> = {
  import: join(folder, 'present'),
  training: join(folder, 'present'),
  rekey: join(folder, 'present'),
  backup: join(folder, 'present'),
  migration: join(folder, 'old'),
}
/** How long each act takes when nothing comes in between, in milliseconds. */
const lasts = {} as Record<Act, number>

/** Runs an act in a process of its own on a copy of the vault. `after`: milliseconds until the kill; null: none. */
const runAct = async (act: Act, after: number | null) => {
  const at = mkdtempSync(join(folder, 'run-'))
  const places = { at, vault: join(at, 'vault'), backups: join(at, 'backups'), temporary: join(at, 'temporary') }
  cpSync(templates[act], places.vault, { recursive: true })
  mkdirSync(places.backups)
  mkdirSync(places.temporary)
  const words = [fileURLToPath(new URL('./acts.ts', import.meta.url)), act, places.vault, places.backups]
  const child = spawn(process.execPath, [...words, ...(after === null ? [] : [String(after)])], {
    env: { ...process.env, TMPDIR: places.temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (text) => {
    out += text
  })
  child.stderr.on('data', (text) => {
    err += text
  })
  const signal = await new Promise<NodeJS.Signals | null>((resolve) => child.on('close', (_, by) => resolve(by)))
  if (signal !== 'SIGKILL' && out === '') throw new Error(`${act} went wrong by itself: ${err}`)
  return { ...places, killed: signal === 'SIGKILL', milliseconds: out === '' ? null : JSON.parse(out).milliseconds }
}

const rowsOf = (vault: Vault, study: string): number =>
  listStudies(vault.read).some(({ name }) => name === study) ? readTable(vault.read, study).rows : 0

const own = ['bedside.db', 'bedside.lock', 'checkpoints.jsonl', 'vault.json']

/** All that has to hold whatever was cut off and when. Returns what became of the act. */
const judge = async (act: Act, { vault: path, backups, temporary, at }: Awaited<ReturnType<typeof runAct>>) => {
  const { vault } = await openVault(path, { passphrase })
  let became = 'nothing'
  try {
    expect(vault.read.value('PRAGMA integrity_check')).toBe('ok')
    expect(vault.read.all('PRAGMA foreign_key_check')).toEqual([])
    expect(vault.read.value('PRAGMA user_version')).toBe(schemaVersion)
    const log = await openAuditLog(vault)
    expect(log.alarms).toEqual([])
    expect(await log.verify()).toMatchObject({ intact: true })

    // Each batch is there whole or not at all, whichever it is.
    for (const batch of listBatches(vault.read)) {
      expect(batch.imported + batch.rejected).toBe(batch.rows)
      const cases = vault.read.value('SELECT count(*) FROM encounter WHERE batch = ?', batch.batch)
      expect(cases).toBe(batch.imported)
    }
    expect(rowsOf(vault, 'pima')).toBe(act === 'migration' ? 0 : 300)
    expect([0, 2982]).toContain(rowsOf(vault, 'rotterdam'))
    if (rowsOf(vault, 'rotterdam') > 0) became = 'whole'

    // And so is each model.
    for (const { id: model, hash, snapshotHash } of listModels(vault.read)) {
      became = 'whole'
      expect(sha256(modelArtifact(vault.read, model))).toBe(hash)
      expect(sha256(readSnapshot(vault.read, snapshotHash))).toBe(snapshotHash)
      expect(modelDetail(vault.read, model)).toBeTruthy()
    }
    if (act === 'rekey' && vault.keyring.rekeyedAt() !== null) became = 'whole'
    if (act === 'migration') became = 'whole'

    // What bears the name of a backup is one.
    for (const { path: backup, state: found } of listBackups(backups, readVaultFile(path).vault)) {
      expect(found).toBe('complete')
      await verifyBackup(backup)
      const into = join(at, 'restored')
      const { auditFaults, tables } = await restoreBackup({ path: backup, into, user: null, passphrase })
      expect(auditFaults).toEqual([])
      expect(tables.every(({ same }) => same)).toBe(true)
      became = 'whole'
    }

    // Nothing stays for ever: the next of its kind takes away what was cut off, once nobody can be at work on it.
    for (const place of [backups, temporary]) for (const name of readdirSync(place)) utimesSync(join(place, name), 1, 1)
    if (act === 'backup') {
      await makeBackup({ vault, folder: backups, reason: 'asked', build: 'after' })
      expect(readdirSync(backups).filter((name) => name.endsWith('.part'))).toEqual([])
    }
    // Work goes on.
    await vault.write((store) => store.run("INSERT INTO setting (user, name, value) VALUES (NULL, 'after', '1')"))
  } finally {
    vault.close()
  }
  if (act === 'import' && readdirSync(temporary).length > 0) {
    const { createUploads } = await import('../../src/core/intake/import/uploads.ts')
    const uploads = createUploads({ folder: temporary })
    await uploads.append({ upload: null, file: 'next.csv', bytes: new Uint8Array(1), last: true })
    uploads.close()
    expect(readdirSync(temporary)).toEqual([])
  }
  // The next to sign in leaves the folder tidy: a kill while a key is derived has counted as a try until then.
  const app = startApp(path)
  const client = app.client(app.connect('cli'))
  await client.vault.unlock({ passphrase })
  // What was under way says that it was cut off; a training can be taken up again.
  for (const { kind, state, resumable } of await client.jobs.list()) {
    expect(['done', 'interrupted']).toContain(state)
    if (kind === 'train') expect(resumable).toBe(true)
  }
  await app.close()
  expect(readdirSync(path).filter((name) => !own.includes(name))).toEqual([])
  expect(existsSync(join(path, 'vault.json'))).toBe(true)
  return became
}

beforeAll(async () => {
  const app = startApp(templates.import)
  const client = app.client(app.connect('cli'))
  await client.vault.create({ displayName: 'Dr. Adams', passphrase })
  await importSample(client, 'pima.csv', 'pima')
  await app.close()
  await makeOldVault(templates.migration)
  for (const act of acts) {
    const run = await runAct(act, null)
    expect(run.killed).toBe(false)
    lasts[act] = run.milliseconds
    expect(await judge(act, run)).toBe('whole')
    rmSync(run.at, { recursive: true })
  }
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const tally = new Map<string, number>()

test.each(acts)(
  'killed in the middle of %s, the vault opens, whole and proved, and nothing is left lying about',
  async (act) => {
    for (const { at } of plan.filter((each) => each.act === act)) {
      // A little beyond what it took when nobody disturbed it, so that its last moments have their turn.
      const after = 1.2 * at * lasts[act]
      const run = await runAct(act, after)
      const became = await judge(act, run).catch((error) => {
        throw new Error(`${act}, killed after ${after.toFixed(1)} ms (seed ${seed}): ${run.at}`, { cause: error })
      })
      const outcome = `${act}: ${run.killed ? 'killed' : 'ended before'}, ${became}`
      tally.set(outcome, (tally.get(outcome) ?? 0) + 1)
      rmSync(run.at, { recursive: true })
    }
  },
  1_800_000,
)

test('the kills did hit: of each act some were cut off before they were done', () => {
  console.log(
    [...tally]
      .map(([outcome, count]) => `${String(count).padStart(4)}  ${outcome}`)
      .sort()
      .join('\n'),
  )
  const killed = [...tally].filter(([outcome]) => outcome.includes('killed')).reduce((sum, [, count]) => sum + count, 0)
  expect(killed).toBeGreaterThanOrEqual(0.5 * kills)
})
