import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RestoreEvent } from '../../src/contract/backup.ts'
import type { Failure } from '../../src/contract/errors.ts'
import type { Job } from '../../src/contract/jobs.ts'
import { type App, createApp } from '../../src/core/app.ts'
import { installation } from '../../src/core/installation.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bedside-backup-'))
const backups = join(folder, 'backups')
const passphrase = 'correct horse battery staple'
const apps: App[] = []

const open = (vaultPath: string) => {
  const app = createApp({
    vaultPath,
    resources: join(root, 'resources'),
    workers: installation().workers,
    build: '0.0.0+test',
    threads: 1,
    keyDerivation: { memoryKiB: 47104, iterations: 1, parallelism: 1 },
  })
  apps.push(app)
  return { app, client: app.client(app.connect('cli')) }
}
const { app, client } = open(join(folder, 'vault'))
type Client = typeof client

const failure = async (work: Promise<unknown>): Promise<Failure> => {
  const error = await work.then(
    () => null,
    (reason: { data: Failure }) => reason,
  )
  expect(error).not.toBeNull()
  return (error as { data: Failure }).data
}
const done = async ({ job }: { job: string }): Promise<Job> => {
  let last: Job | null = null
  for await (const state of await client.jobs.watch({ job })) last = state
  return last as Job
}
const restore = async (by: Client, input: Parameters<Client['backup']['restore']>[0]) => {
  const events: RestoreEvent[] = []
  for await (const event of await by.backup.restore(input)) events.push(event)
  return events.at(-1)?.result
}

beforeAll(async () => {
  mkdirSync(backups)
  await client.vault.create({ displayName: 'Dr. Adams', passphrase })
  const { upload } = await app.registerFile(join(root, 'resources/samples/pbc.csv'))
  const { mapping } = await client.intake.preview({ upload, study: 'pbc' })
  await done(await client.intake.import({ upload, study: 'pbc', mapping }))
})
afterAll(async () => {
  for (const each of apps) await each.close()
  rmSync(folder, { recursive: true, force: true })
})

test('a clinic whose disk has died opens its last backup elsewhere, with every patient in it', async () => {
  const job = await done(await client.backup.create({ folder: backups }))
  expect(job.failure).toBeNull()
  const { path } = job.result as { path: string }
  const listed = await client.backup.list({ folder: backups })
  expect(listed).toMatchObject([{ path, state: 'complete', own: true, reason: 'asked' }])
  const verified = await done(await client.backup.verify({ path }))
  expect(verified.result).toMatchObject({ own: true, backup: listed[0].backup })

  const elsewhere = open(join(folder, 'new computer', 'vault')).client
  expect((await failure(restore(elsewhere, { path, passphrase: 'wrong' }))).reason).toBe('wrongPassphrase')
  expect((await elsewhere.vault.status()).state).toBe('absent')
  const result = await restore(elsewhere, { path, passphrase })
  expect(result?.tables.length).toBeGreaterThan(20)
  expect(result?.tables.every(({ same }) => same)).toBe(true)
  expect(result?.auditFaults).toEqual([])
  await elsewhere.vault.unlock({ passphrase })
  expect((await elsewhere.patients.search({})).total).toBe(418)
  expect(await elsewhere.audit.verify()).toMatchObject({ intact: true })
  const [entry] = (await elsewhere.audit.list({ act: 'backup.restore' })).entries
  expect(entry).toMatchObject({ actor: 'Dr. Adams', record: `backup/${listed[0].backup}`, outcome: 'done' })
  // What the backup was made from has signed for more since; held against that, the restored vault is the older one.
  const { checkpoint } = await client.audit.checkpoint()
  const verdict = await elsewhere.audit.verify({ against: [checkpoint] })
  expect(verdict.findings.map(({ fault }) => fault)).toEqual(['olderCopy'])
})

test('the log tells that a backup was made, by whom and how it ended, and the backup itself is signed for', async () => {
  const { entries } = await client.audit.list({ act: 'backup.create' })
  expect(entries.map(({ actor, outcome }) => [actor, outcome])).toEqual([
    ['Dr. Adams', 'done'],
    ['Dr. Adams', 'started'],
  ])
  const failed = await done(await client.backup.create({ folder: join(folder, 'not there') }))
  expect(failed.failure?.reason).toBe('backupFolderMissing')
  expect((await client.audit.list({ act: 'backup.create' })).entries[0].outcome).toBe('failed: backupFolderMissing')
  const [{ path }] = await client.backup.list({ folder: backups })
  const reasons = readFileSync(join(path, 'checkpoints.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).reason)
  expect(reasons.at(-1)).toBe('backup')
})

test('nobody restores over a vault, and nobody but an administrator to a place of their choice', async () => {
  const [{ path }] = await client.backup.list({ folder: backups })
  expect((await failure(restore(client, { path, passphrase }))).reason).toBe('vaultExists')
  const stranger = app.client(app.connect('http'))
  const into = join(folder, 'planted')
  expect((await failure(restore(stranger, { path, into, passphrase }))).reason).toBe('restoreElsewhere')
  expect(existsSync(into)).toBe(false)
  // Where there is a vault, a stranger is refused alike whether the folder they name exists or not.
  for (const named of [path, join(folder, 'nothing'), folder])
    expect((await failure(restore(stranger, { path: named, passphrase }))).reason).toBe('vaultExists')
  expect((await failure(restore(client, { path: 'backups/x', into, passphrase }))).reason).toBe('pathNotAbsolute')
  expect((await failure(client.backup.create({}))).reason).toBe('noBackupFolder')
  expect((await restore(client, { path, into, passphrase }))?.path).toBe(into)
})
