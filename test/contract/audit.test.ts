import { createHash, createPublicKey, verify } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { api } from '../../src/contract/api.ts'
import type { Checkpoint } from '../../src/contract/audit.ts'
import type { Failure } from '../../src/contract/errors.ts'
import { metaOf } from '../../src/contract/procedure.ts'
import { type App, type Connection, createApp } from '../../src/core/app.ts'
import { installation } from '../../src/core/installation.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bedside-audit-'))
const vaultPath = join(folder, 'vault')
const passphrase = 'correct horse battery staple'
let app: App
let connection: Connection
/** Wrong passphrases cost waiting: here the time passes by itself. */
let clock = Date.now()

const open = () => {
  app = createApp({
    vaultPath,
    resources: join(root, 'resources'),
    workers: installation().workers,
    build: '0.0.0+test',
    threads: 1,
    keyDerivation: { memoryKiB: 47104, iterations: 1, parallelism: 1 },
    now: () => (clock += 1000),
  })
  connection = app.connect('cli')
  return app.client(connection)
}
let client = open()

const failure = async (work: Promise<unknown>): Promise<Failure> => {
  const error = await work.then(
    () => null,
    (reason: { data: Failure }) => reason,
  )
  expect(error).not.toBeNull()
  return (error as { data: Failure }).data
}
const textOf = async (format: 'csv' | 'jsonl', filter = {}) => {
  let text = ''
  for await (const piece of await client.audit.export({ format, ...filter })) text += piece
  return text
}

beforeAll(async () => {
  await client.vault.create({ displayName: '=cmd|Dr. Adams', passphrase })
  const { upload } = await app.registerFile(join(root, 'resources/samples/pbc.csv'))
  const { mapping } = await client.intake.preview({ upload, study: 'pbc' })
  const { job } = await client.intake.import({ upload, study: 'pbc', mapping })
  for await (const _ of await client.jobs.watch({ job })) {
    // Until it has ended.
  }
})
afterAll(async () => {
  await app.close()
  rmSync(folder, { recursive: true, force: true })
})

test('whoever tried a wrong passphrase stands in the log, whether the vault was open or locked', async () => {
  const stranger = app.client(app.connect('http'))
  await failure(stranger.vault.unlock({ passphrase: 'wrong' }))
  const { user } = (await client.vault.status()).session as { user: string }
  await failure(stranger.vault.unlock({ user, passphrase: 'wrong' }))
  await client.vault.lock()
  clock += 3_600_000
  await failure(client.vault.unlock({ passphrase: 'wrong' }))
  clock += 3_600_000
  // What was typed as a name may be the passphrase.
  await failure(client.vault.unlock({ user: passphrase, passphrase: 'wrong' }))
  expect(existsSync(join(vaultPath, 'refused.jsonl'))).toBe(true)
  expect(readFileSync(join(vaultPath, 'refused.jsonl'), 'utf8')).not.toContain('horse')
  clock += 3_600_000
  await client.vault.unlock({ passphrase })
  expect(existsSync(join(vaultPath, 'refused.jsonl'))).toBe(false)
  const { entries, matching } = await client.audit.list({ act: 'vault.unlock' })
  expect(matching).toBe(5)
  expect(entries.map(({ actor, outcome }) => [actor, outcome])).toEqual([
    ['=cmd|Dr. Adams', 'done'],
    ['unknown', 'refused'],
    ['unknown', 'refused'],
    ['=cmd|Dr. Adams', 'refused'],
    ['unknown', 'refused'],
  ])
})

test('no entry holds anything but acts, numbers and reasons, whatever a procedure is called with', async () => {
  const secret = 'Wilhelmina Unmistakable'
  const fields = ['patient', 'model', 'study', 'batch', 'job', 'prediction', 'user', 'slot', 'query', 'name', 'file']
  const stuffed = Object.fromEntries(
    [...fields, 'upload', 'displayName', 'column', 'comment', 'reason', 'text', 'title', 'record', 'passphrase'].map(
      (field) => [field, secret],
    ),
  )
  const acts = new Set<string>()
  const calls: [string, (input: unknown) => Promise<unknown>][] = []
  for (const [group, procedures] of Object.entries(api))
    for (const [name, procedure] of Object.entries(procedures)) {
      const { audit } = metaOf(procedure)
      if (audit !== false) acts.add(audit)
      if (
        ['vault.lock', 'vault.create', 'vault.recover', 'samples.load', 'users.rekey', 'backup.restore'].includes(
          `${group}.${name}`,
        )
      )
        continue
      const groups = client as unknown as Record<string, Record<string, (input: unknown) => Promise<unknown>>>
      calls.push([`${group}.${name}`, groups[group][name]])
    }
  expect(calls.length).toBeGreaterThan(40)
  const [{ patient }] = (await client.patients.search({})).rows
  for (const [, call] of calls)
    for (const input of [
      stuffed,
      { ...stuffed, study: 'pbc', patient, model: 1 },
      { study: 'pbc', patient },
      { query: secret },
    ]) {
      const answer = await call(input).catch(() => null)
      // Streams are told to end.
      if (answer && typeof answer === 'object' && 'return' in answer)
        await (answer as AsyncGenerator).return(undefined).catch(() => {})
    }
  const lines = (await textOf('jsonl')).trim().split('\n')
  expect(lines.length).toBeGreaterThan(60)
  const id = String.raw`(\d+|new|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})`
  for (const line of lines) {
    expect(line).not.toContain('Wilhelmina')
    const { actor, act, record, outcome } = JSON.parse(line)
    expect(actor).toMatch(new RegExp(`^(system|unknown|${id})$`))
    expect([...acts, 'audit.alarm', 'backup.create']).toContain(act)
    if (record !== null) expect(record).toMatch(new RegExp(`^(reason/[a-z]+|[a-z]+/${id}( [a-z]+/${id})*)$`))
    expect(outcome).toMatch(/^(done|started|refused|failed: [a-zA-Z]+|found: [a-zA-Z]+)$/)
  }
  // What an act is about is what its procedure declares: a study in the input of another act is no part of it.
  expect(lines.some((line) => line.includes(`"patient/${patient} model/1"`))).toBe(true)
  expect(lines.some((line) => line.includes('"study/1"'))).toBe(true)
  expect(lines.some((line) => line.includes('patient/') && line.includes('study/'))).toBe(false)
}, 120_000)

test('an exported log can be verified by anyone, with nothing but SHA-256', async () => {
  const lines = (await textOf('jsonl')).trim().split('\n')
  let previous = ''
  for (const [at, line] of lines.entries()) {
    const entry = JSON.parse(line)
    expect(entry.sequence).toBe(at + 1)
    const { sequence, at: when, actor, act, record, outcome } = entry
    const text = JSON.stringify([sequence, when, actor, act, record, outcome, previous])
    previous = createHash('sha256').update(text).digest('hex')
    expect(entry.hash).toBe(previous)
  }
  const csv = (await textOf('csv', { act: 'vault.create' })).split('\r\n')
  expect(csv[0]).toBe('sequence,at,actor,name,act,record,outcome,previous,hash')
  expect(csv).toHaveLength(3)
  // A name that a spreadsheet would run.
  expect(csv[1]).toContain(",'=cmd|Dr. Adams,")
})

test('a checkpoint can be checked with the public key alone, and held against the log later', async () => {
  const { checkpoint } = await client.audit.checkpoint()
  const { publicKey, fingerprint } = await client.audit.key()
  const { signature, ...content } = checkpoint as Checkpoint
  const sorted = Object.fromEntries(Object.entries(content).sort(([a], [b]) => (a < b ? -1 : 1)))
  const key = createPublicKey(publicKey)
  expect(verify(null, Buffer.from(JSON.stringify(sorted)), key, Buffer.from(signature, 'base64'))).toBe(true)
  expect(
    createHash('sha256')
      .update(key.export({ format: 'der', type: 'spki' }))
      .digest('hex'),
  ).toBe(fingerprint)
  expect(content.key).toBe(fingerprint)
  expect(await client.audit.verify({ against: [checkpoint] })).toMatchObject({ intact: true, findings: [] })
  const forged = { ...checkpoint, count: checkpoint.count - 1 }
  expect(await client.audit.verify({ against: [forged] })).toMatchObject({
    intact: false,
    findings: [{ fault: 'signatureWrong' }],
  })
  expect((await client.audit.list({ act: 'audit.alarm' })).entries).toMatchObject([
    { outcome: 'found: signatureWrong' },
  ])
})

test('locking and exporting sign a checkpoint, so that what came before cannot be cut', async () => {
  const count = async () => (await client.audit.status()).checkpoint as Checkpoint
  await textOf('csv')
  expect((await count()).reason).toBe('export')
  await client.patients.search({})
  await app.close()
  const lines = readFileSync(join(vaultPath, 'checkpoints.jsonl'), 'utf8').trim().split('\n')
  expect(JSON.parse(lines.at(-1) as string)).toMatchObject({ reason: 'lock' })
  client = open()
  await client.vault.unlock({ passphrase })
  expect(await count()).toMatchObject({ reason: 'lock' })
  expect((await client.audit.status()).alarms).toEqual([])
  expect(await client.audit.verify()).toMatchObject({ intact: true })
})
