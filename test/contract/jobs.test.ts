import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import reasons from '../../resources/texts/reasons.zh-CN.json' with { type: 'json' }
import { type StudyDesignInput, StudyDesignSchema } from '../../src/contract/design.ts'
import type { Failure } from '../../src/contract/errors.ts'
import type { Job } from '../../src/contract/jobs.ts'
import { createApp } from '../../src/core/app.ts'
import { installation } from '../../src/core/installation.ts'
import { leastKeyDerivation } from '../../src/core/vault/keys/slots.ts'
import { type StoredJob, saveJob } from '../../src/core/vault/models/jobs.ts'
import { openVault } from '../../src/core/vault/store/vault.ts'
import { ended, importSample } from '../crash/acts.ts'
import { answerOf, bedside } from '../e2e/command.ts'
import { passphrase } from '../fixtures/vault.ts'

/**
 * Long work can be seen, held, stopped and taken up again, across restarts, and what comes out does not depend on it.
 */
const folder = mkdtempSync(join(tmpdir(), 'bedside-jobs-'))
const vaultPath = join(folder, 'vault')
let app: ReturnType<typeof createApp>
let client: ReturnType<typeof app.client>
let free = 8e9

const start = async () => {
  app = createApp({
    vaultPath,
    resources: join(import.meta.dirname, '..', '..', 'resources'),
    workers: installation().workers,
    build: '0.0.0+test',
    threads: 2,
    keyDerivation: leastKeyDerivation,
    freeBytes: () => free,
  })
  client = app.client(app.connect('cli'))
}
const again = async () => {
  await app.close()
  await start()
  await client.vault.unlock({ passphrase })
}

const night = (more: Partial<StudyDesignInput> = {}) =>
  StudyDesignSchema.parse({
    study: 'pima',
    name: 'night',
    outcome: { task: 'diagnosis', target: 'type' },
    learner: 'forest',
    parameters: { nTrees: 400 },
    validation: { folds: 8 },
    ...more,
  })
const hashOf = async (model: unknown) => (await client.models.get({ model: model as number })).hash
const failureOf = async (work: Promise<unknown>): Promise<Failure> =>
  work.then(
    () => {
      throw new Error('It was not refused')
    },
    (error: { data: Failure }) => error.data,
  )
/** The first state of a job that fits. */
const reaches = async (job: string, fits: (job: Job) => boolean): Promise<Job> => {
  for await (const state of await client.jobs.watch({ job })) if (fits(state)) return state
  throw new Error('The job ended before')
}
const secondFold = ({ stage, detail }: Job) => stage === 'crossValidating' && Number(detail?.fold) >= 3

let undisturbed: string

beforeAll(async () => {
  await start()
  await client.vault.create({ displayName: 'Dr. Adams', passphrase })
  await importSample(client, 'pima.csv', 'pima')
  const job = await ended(client, await client.models.train(night()))
  expect(job.state).toBe('done')
  undisturbed = await hashOf(job.result?.model)
  expect(job.curve?.x).toBe('trees')
  expect(Object.values(job.curve?.series ?? {})[0]?.length).toBeGreaterThan(1)
}, 120_000)
afterAll(async () => {
  await app.close()
  rmSync(folder, { recursive: true, force: true })
})

const unitsIn = async (): Promise<number> => {
  await app.close()
  const { vault } = await openVault(vaultPath, { passphrase })
  const count = vault.read.value<number>('SELECT count(*) FROM job_unit') ?? 0
  vault.close()
  await start()
  await client.vault.unlock({ passphrase })
  return count
}

test('a training that Bedside ended in the middle of shows as interrupted, goes on where it was, and makes the same model', async () => {
  const { job } = await client.models.train(night())
  await reaches(job, secondFold)
  await again()
  const [found] = await client.jobs.list()
  expect(found).toMatchObject({ job, state: 'interrupted', resumable: true, title: 'night' })
  expect(await unitsIn()).toBeGreaterThanOrEqual(2)
  await client.jobs.resume({ job })
  const done = await ended(client, { job })
  expect(done.state).toBe('done')
  expect(await hashOf(done.result?.model)).toBe(undisturbed)
  // What it had kept is of no more use.
  expect(await unitsIn()).toBe(0)
  expect((await client.jobs.list())[0]).toMatchObject({ job, state: 'done' })
})

test('one that waited when Bedside ended is not lost either', async () => {
  const first = await client.models.train(night())
  const second = await client.models.train(night({ name: 'next' }))
  await reaches(first.job, ({ state }) => state === 'running')
  await again()
  const states = (await client.jobs.list()).slice(0, 2).map(({ job, state }) => [job, state])
  expect(states).toContainEqual([first.job, 'interrupted'])
  expect(states).toContainEqual([second.job, 'interrupted'])
  await client.jobs.cancel(first)
  await client.jobs.cancel(second)
  await again()
  const after = (await client.jobs.list()).slice(0, 2)
  expect(after.map(({ state }) => state)).toEqual(['cancelled', 'cancelled'])
  expect(await failureOf(client.jobs.resume(first))).toMatchObject({ reason: 'jobNotPaused' })
})

test('an import goes past a paused training, which goes on afterwards and makes the same model', async () => {
  const { job } = await client.models.train(night())
  await reaches(job, secondFold)
  await client.jobs.pause({ job })
  expect((await importSample(client, 'biopsy.csv', 'biopsy')).state).toBe('done')
  expect((await client.jobs.list()).find((each) => each.job === job)?.state).toBe('paused')
  await client.jobs.resume({ job })
  const done = await ended(client, { job })
  expect(await hashOf(done.result?.model)).toBe(undisturbed)
})

test('locking does not wait for a training that is paused: it is interrupted, and can be taken up by who comes next', async () => {
  const { job } = await client.models.train(night())
  await reaches(job, secondFold)
  await client.jobs.pause({ job })
  await client.vault.lock()
  await client.vault.unlock({ passphrase })
  expect((await client.jobs.list())[0]).toMatchObject({ job, state: 'interrupted' })
  await client.jobs.cancel({ job })
})

/** As if Bedside had been killed in the middle of these. */
const cutOff = async (jobs: (Pick<StoredJob, 'kind' | 'spec'> & { job: string })[]) => {
  await app.close()
  const { vault } = await openVault(vaultPath, { passphrase })
  const stood = { state: 'running' as const, endedAt: null, worked: 0, result: null, failure: null, user: null }
  const startedAt = new Date().toISOString()
  await vault.write((store) => {
    for (const job of jobs) saveJob(store, { ...stood, ...job, startedAt, title: job.job })
  })
  vault.close()
  await start()
  await client.vault.unlock({ passphrase })
}
const found = async (job: string) => (await client.jobs.list()).find((each) => each.job === job)

test('an evaluation that was cut off is begun again from what is kept of it, and is made once', async () => {
  const trained = await ended(client, await client.models.train(night({ parameters: { nTrees: 20 } })))
  const model = Number(trained.result?.model)
  const { job } = await client.models.evaluate({ model, study: 'pima' })
  await again()
  expect(await found(job)).toMatchObject({ state: 'interrupted', resumable: true, kind: 'evaluate' })
  await client.jobs.resume({ job })
  expect(await ended(client, { job })).toMatchObject({ state: 'done', result: { model } })
  expect(await client.models.evaluations({ model })).toHaveLength(1)
})

test('what cannot be begun again says so: a file that is gone, a change of key, a spec that cannot be read', async () => {
  const mapping = { columns: [] }
  await cutOff([
    { job: 'file', kind: 'import', spec: { kind: 'import', input: { upload: 'gone', study: 'pima', mapping } } },
    { job: 'key', kind: 'rekey', spec: { kind: 'rekey', input: { cipher: null } } },
    { job: 'newer', kind: 'train', spec: { kind: 'train', input: { plan: 'of another version' } } },
  ])
  for (const job of ['file', 'key', 'newer']) {
    expect(await found(job)).toMatchObject({ state: 'interrupted', resumable: false })
    expect(await failureOf(client.jobs.resume({ job }))).toMatchObject({ reason: 'jobNotResumable' })
  }
})

test('a doctor takes up no work that only an administrator may ask for', async () => {
  const backups = join(folder, 'backups')
  mkdirSync(backups)
  await cutOff([{ job: 'copy', kind: 'backup', spec: { kind: 'backup', input: { folder: backups, reason: 'asked' } } }])
  const given = {
    displayName: 'Dr. Brown',
    login: 'brown',
    role: 'doctor' as const,
    passphrase: 'velvet otter ladder moon',
  }
  await client.users.add(given)
  const doctor = app.client(app.connect('cli'))
  await doctor.vault.unlock({ user: 'brown', passphrase: given.passphrase })
  expect(await failureOf(doctor.jobs.resume({ job: 'copy' }))).toMatchObject({ code: 'notAllowed', reason: 'role' })
  expect(readdirSync(backups)).toEqual([])
  await client.jobs.resume({ job: 'copy' })
  expect(await ended(client, { job: 'copy' })).toMatchObject({ state: 'done' })
  expect(readdirSync(backups)).toHaveLength(1)
})

test('cases that came or went since then are not slipped under an interrupted training', async () => {
  const { job } = await client.models.train(night())
  await reaches(job, secondFold)
  await again()
  await importSample(client, 'pima.csv', 'pima')
  await client.jobs.resume({ job })
  const failed = await ended(client, { job })
  expect(failed).toMatchObject({ state: 'failed', failure: { code: 'conflict', reason: 'casesChanged' } })
  expect(reasons).toHaveProperty('casesChanged')
})

test('a training that would not fit into memory is refused in numbers, before anything is read', async () => {
  free = 0.2e9
  const failure = await failureOf(client.models.train(night()))
  expect(failure).toMatchObject({ code: 'conflict', reason: 'notEnoughMemory', details: { free: 0.2 } })
  expect(failure.message).toMatch(/needs about 0\.\d GB of memory for \d+ cases, and 0\.2 GB are free\. Close/)
  expect(reasons).toHaveProperty('notEnoughMemory')
  const { needs, free: told } = await client.models.memory(night())
  expect(told).toBe(free)
  expect(needs).toBeGreaterThan(free)
  free = 8e9
})

test('only what is at work can be paused, and only what was designed can be taken up again', async () => {
  const [last] = await client.jobs.list()
  const job = last?.job ?? ''
  expect(await failureOf(client.jobs.pause({ job }))).toMatchObject({ code: 'conflict', reason: 'jobNotPausable' })
  expect(await failureOf(client.jobs.resume({ job }))).toMatchObject({ code: 'conflict', reason: 'jobNotPaused' })
  expect(await failureOf(client.jobs.pause({ job: 'no' }))).toMatchObject({ code: 'notFound', reason: 'job' })
})

test('in the shell: a training that the system ended is listed, and goes on by the command that the list gives', async () => {
  await app.close()
  const design = ['--study', 'biopsy', '--task', 'diagnosis', '--target', 'class', '--learner', 'forest']
  const words = ['train', ...design, '--set', 'nTrees=3000', '--folds', '10', '--name', 'long']
  const entry = join(import.meta.dirname, '..', '..', 'src', 'cli', 'bedside.ts')
  const child = spawn(process.execPath, [entry, '--vault', vaultPath, ...words], {
    env: { ...process.env, BEDSIDE_PASSPHRASE: passphrase },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
  })
  const code = new Promise((resolve) => child.on('close', resolve))
  // Until the first fold's forest is kept, which the log tells by its size.
  const log = join(vaultPath, 'bedside.db-wal')
  while ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) < 300_000) await setTimeout(20)
  child.kill('SIGTERM')
  expect(await code).toBe(130)
  expect(said).toMatch(/Interrupted\. Go on with it by: bedside jobs resume [0-9a-f]{8}/)
  const [listed] = await answerOf(vaultPath, ['jobs'])
  expect(listed).toMatchObject({ state: 'interrupted', resumable: true, title: 'long' })
  const shown = await bedside(vaultPath, ['jobs'])
  const [, id = ''] = /bedside jobs resume ([0-9a-f]{8})/.exec(shown.stdout) ?? []
  expect(listed.job).toMatch(new RegExp(`^${id}`))
  expect(await answerOf(vaultPath, ['jobs', 'resume', id])).toMatchObject({
    job: listed.job,
    model: expect.any(Number),
  })
  expect((await answerOf(vaultPath, ['jobs']))[0]).toMatchObject({ job: listed.job, state: 'done' })
  expect((await bedside(vaultPath, ['jobs', 'pause', id])).stderr).toMatch(/cannot be paused/)
  expect((await bedside(vaultPath, ['jobs', 'stop'])).code).toBe(2)
}, 120_000)
