import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type StudyDesignInput, StudyDesignSchema } from '../../src/contract/design.ts'
import type { Failure } from '../../src/contract/errors.ts'
import type { Job } from '../../src/contract/jobs.ts'
import { type App, type Connection, createApp } from '../../src/core/app.ts'
import { installation } from '../../src/core/installation.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bedside-app-'))
const passphrase = 'correct horse battery staple'
let app: App
let connection: Connection

const open = (threads = 2) => {
  app = createApp({
    vaultPath: join(folder, 'vault'),
    resources: join(root, 'resources'),
    workers: installation().workers,
    build: '0.0.0+test',
    threads,
    keyDerivation: { memoryKiB: 47104, iterations: 1, parallelism: 1 },
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

const done = async ({ job }: { job: string }): Promise<Job> => {
  let last: Job | null = null
  for await (const state of await client.jobs.watch({ job })) last = state
  return last as Job
}

const load = async (file: string, study: string) => {
  const { upload } = await app.registerFile(join(root, 'resources/samples', file))
  const { mapping } = await client.intake.preview({ upload, study })
  return done(await client.intake.import({ upload, study, mapping }))
}

const design = (input: StudyDesignInput) => StudyDesignSchema.parse(input)

beforeAll(async () => {
  await client.vault.create({ displayName: 'Dr. Adams', passphrase })
})

afterAll(async () => {
  await app.close()
  rmSync(folder, { recursive: true, force: true })
})

test('a CSV of patients becomes a worklist, a chart, a model and a prediction with its reasons', async () => {
  const job = await load('pbc.csv', 'pbc')
  expect(job.failure).toBeNull()
  expect(job.result).toMatchObject({ rows: 418, imported: 418, rejected: 0 })

  const { rows, total } = await client.patients.search({})
  expect(total).toBe(418)
  const chart = await client.patients.chart({ patient: rows[0].patient })
  expect(chart.encounters).toHaveLength(1)

  const trained = await done(
    await client.models.train(
      design({
        study: 'pbc',
        outcome: { task: 'survival', time: 'time', event: { column: 'status', values: ['2'] } },
        learner: 'cox',
      }),
    ),
  )
  expect(trained.failure).toBeNull()
  const model = await client.models.get({ model: trained.result?.model })
  expect(model.flow[0].remaining).toBe(418)
  expect(model.assessedOn).toBe('heldOut')
  expect(model.assessment.metrics.harrellC.value).toBeGreaterThan(0.75)

  const patient = rows[0].patient
  expect((await client.predictions.models({ patient })).map(({ model: id }) => id)).toContain(model.model)
  const prediction = await client.predictions.survive({ patient, model: model.model })
  const { explanation } = prediction
  const sum = explanation.contributions.reduce((total, { contribution }) => total + contribution, explanation.baseline)
  expect(sum).toBeCloseTo(explanation.prediction, 8)
  expect(prediction.similar.every((one) => one.patient !== patient)).toBe(true)
  expect(prediction.risks.map(({ years }) => Math.round(years))).toEqual([1, 3, 5])

  await client.predictions.respond({ prediction: prediction.prediction as string, outcome: 'accepted' })
  const [latest] = await client.predictions.history({ patient })
  expect(latest).toMatchObject({ prediction: prediction.prediction, outcome: 'accepted', by: 'Dr. Adams' })
})

test('an override without a reason is refused', async () => {
  const [{ patient }] = (await client.patients.search({})).rows
  const [{ model }] = await client.predictions.models({ patient })
  const { prediction } = await client.predictions.survive({ patient, model })
  const refused = await failure(client.predictions.respond({ prediction: prediction as string, outcome: 'overridden' }))
  expect(refused.reason).toBe('reasonNeeded')
})

test('the same design on the same cases gives the same model hash, whatever the number of threads', async () => {
  const cancer = await load('biopsy.csv', 'biopsy')
  expect(cancer.result).toMatchObject({ rows: 699, rejected: 0 })
  const forest = design({
    study: 'biopsy',
    outcome: { task: 'diagnosis', target: 'class' },
    learner: 'forest',
    parameters: { nTrees: 50 },
    seed: 7,
  })
  const first = await done(await client.models.train(forest))
  expect(first.failure).toBeNull()
  await app.close()
  client = open(1)
  await client.vault.unlock({ passphrase })
  const second = await done(await client.models.train(forest))
  expect(second.result?.hash).toBe(first.result?.hash)
  const patient = (await client.patients.search({ study: 'biopsy' })).rows[3].patient
  const diagnosis = await client.predictions.diagnose({ patient, model: second.result?.model })
  const total = diagnosis.classes.reduce((sum, { probability }) => sum + probability, 0)
  expect(total).toBeCloseTo(1, 10)
  for (const { low, probability, high } of diagnosis.classes) {
    expect(low).toBeLessThanOrEqual(probability)
    expect(high).toBeGreaterThanOrEqual(probability)
  }
})

test('a cancelled training leaves no model behind', async () => {
  const before = (await client.models.list()).length
  const { job } = await client.models.train(
    design({
      study: 'biopsy',
      outcome: { task: 'diagnosis', target: 'class' },
      learner: 'forest',
      parameters: { nTrees: 2000 },
    }),
  )
  for await (const { state, progress } of await client.jobs.watch({ job }))
    if (state === 'running' && (progress ?? 0) > 0) await client.jobs.cancel({ job })
  expect((await client.jobs.list()).find((one) => one.job === job)?.state).toBe('cancelled')
  expect(await client.models.list()).toHaveLength(before)
})

test('a training that cannot work says why, in words, and names the column', async () => {
  const unknown = await done(
    await client.models.train(
      design({ study: 'biopsy', outcome: { task: 'diagnosis', target: 'klass' }, learner: 'forest' }),
    ),
  )
  expect(unknown.failure).toMatchObject({ code: 'invalidInput', reason: 'unknownColumns' })
  expect(unknown.failure?.message).toContain('klass')
  const noEvent = await done(
    await client.models.train(
      design({
        study: 'pbc',
        outcome: { task: 'survival', time: 'time', event: { column: 'status', values: ['9'] } },
        learner: 'cox',
      }),
    ),
  )
  expect(noEvent.failure?.reason).toBe('eventNeverSeen')
})

test('nothing can be read before unlock, after lock, or with a wrong passphrase', async () => {
  const stranger = app.client(app.connect('http'))
  expect((await failure(stranger.patients.search({}))).code).toBe('locked')
  expect((await failure(stranger.vault.unlock({ passphrase: 'wrong' }))).reason).toBe('wrongPassphrase')
  expect((await failure(stranger.studies.list())).code).toBe('locked')
  expect((await stranger.vault.status()).state).toBe('locked')
  await client.vault.lock()
  expect((await failure(client.patients.search({}))).code).toBe('locked')
  await client.vault.unlock({ passphrase })
  expect((await client.studies.list()).map(({ name }) => name)).toEqual(['biopsy', 'pbc'])
})

test('what was read is in the audit log, without a name or a value', async () => {
  const { entries } = await client.audit.list({ limit: 1000 })
  const acts = new Set(entries.map(({ act }) => act))
  for (const act of ['vault.create', 'batch.import', 'model.train', 'patient.read', 'prediction.survive'])
    expect(acts).toContain(act)
  expect(entries.find(({ act }) => act === 'patient.read')?.record).toMatch(/^patient\/\d+$/)
})

test('a request of the wrong shape names the field at fault', async () => {
  const refused = await failure(client.patients.search({ limit: 100000 }))
  expect(refused).toMatchObject({ code: 'invalidInput', issues: [{ path: 'limit' }] })
})

test('the sample clinic loads with one call: every case of every cohort of patients, and starter models that answer', async () => {
  const job = await done(await client.samples.load({}))
  expect(job.failure).toBeNull()
  const samples = await client.samples.list()
  const studies = await client.studies.list()
  expect(samples.filter(({ clinic }) => clinic)).toHaveLength(16)
  for (const { name, rows, loaded, clinic } of samples) {
    expect(loaded, name).toBe(clinic)
    if (!clinic) continue
    expect(studies.find((study) => study.name === name)?.cases, name).toBe(rows)
  }
  const batches = await client.intake.batches()
  expect(batches.reduce((sum, { rejected }) => sum + rejected, 0)).toBe(0)
  const again = await done(await client.samples.load({}))
  expect(again.result).toEqual({ studies: [], models: [] })

  const [{ patient }] = (await client.patients.search({ study: 'pbc', query: '' })).rows
  const [mayo] = await client.advice.scores({ patient })
  expect(mayo.result).not.toBeNull()
})

test('a patient is found by what the worklist calls them', async () => {
  const [{ label, patient }] = (await client.patients.search({ study: 'pbc', offset: 41, limit: 1 })).rows
  expect(label).toMatch(/^pbc \d+$/)
  const { rows } = await client.patients.search({ query: label })
  expect(rows[0].patient).toBe(patient)
})
