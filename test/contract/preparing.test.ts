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

/** Preparation, search and choice by design, from the vault and back to the bedside. */

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bedside-preparing-'))
let app: App
let connection: Connection

const open = (threads: number) => {
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
const client = open(2)

const done = async ({ job }: { job: string }, seen: (state: Job) => void = () => {}): Promise<Job> => {
  let last: Job | null = null
  for await (const state of await client.jobs.watch({ job })) {
    last = state
    seen(state)
  }
  return last as Job
}
const design = (input: StudyDesignInput) => StudyDesignSchema.parse(input)
const train = async (input: StudyDesignInput, seen?: (state: Job) => void) => {
  const job = await done(await client.models.train(design(input)), seen)
  if (job.failure) throw new Error(`${job.failure.reason}: ${job.failure.message}`)
  return client.models.get({ model: Number(job.result?.model) })
}
const pbc: StudyDesignInput = {
  study: 'pbc',
  outcome: { task: 'survival', time: 'time', event: { column: 'status', values: ['2'] } },
  learner: 'cox',
  features: ['age', 'sex', 'bili', 'albumin', 'chol', 'copper', 'stage'],
}
/** A patient of PBC whose cholesterol is not recorded, and one with everything. */
const patients = async () => {
  const { rows } = await client.patients.search({ study: 'pbc' })
  const found: { without?: number; complete?: number } = {}
  for (const { patient } of rows) {
    const { encounters } = await client.patients.chart({ patient })
    const values = new Map(encounters[0].values.map((one) => [one.concept, one.value]))
    const has = (name: string) => (values.get(name) ?? null) !== null
    if (!has('chol')) found.without ??= patient
    else if (pbc.features!.every(has)) found.complete ??= patient
  }
  return found as { without: number; complete: number }
}

beforeAll(async () => {
  await client.vault.create({ displayName: 'Dr. Adams', passphrase: 'correct horse battery staple' })
  await done(await client.samples.load({ names: ['pbc', 'wcgs', 'pima'], train: false }))
})
afterAll(async () => {
  await app.close()
  rmSync(folder, { recursive: true, force: true })
})

test('before training the doctor hears whether there are enough cases and which column gives the outcome away', async () => {
  const found = await client.models.check(
    design({
      study: 'wcgs',
      outcome: { task: 'diagnosis', target: 'chd69' },
      features: ['age0', 'chol0', 'sbp0', 'typechd'],
      learner: 'logistic',
    }),
  )
  expect(found.sampleSize.verdict).toBe('pass')
  expect(found.leaks.map(({ column }) => column)).toEqual(['typechd'])
  const wrong = client.models.check(design({ ...pbc, learner: 'svm' }))
  const { data } = await wrong.then(
    () => ({ data: null }),
    (error: { data: Failure }) => error,
  )
  expect(data?.reason).toBe('learnerTask')
})

test('a model on imputed, transformed columns answers about one patient: what was filled, in its own unit, and what would change', async () => {
  const model = await train({
    ...pbc,
    preparation: {
      missing: 'chained',
      imputations: 3,
      transforms: { bili: 'log' },
      winsorise: 0.01,
      transform: 'standardise',
    },
    validation: { test: 0.25, folds: 0 },
  })
  expect(model.fit!.coefficients.map(({ term }) => term)).toEqual(
    expect.arrayContaining(['log(bili)', 'standardise(age)', 'sexm']),
  )
  expect(model.fit!.coefficients.every(({ standardError }) => standardError !== null)).toBe(true)
  const { without, complete } = await patients()
  const answer = await client.predictions.survive({ patient: without, model: model.model })
  const filled = answer.belief.missing.find(({ feature }) => feature === 'chol')!
  // Filled from the patient's other values: within the range of the cohort, in mg/dL, and the same when asked again.
  expect(Number.parseFloat(filled.filledWith.en)).toBeGreaterThan(120)
  expect(Number.parseFloat(filled.filledWith.en)).toBeLessThan(1775)
  const again = await client.predictions.survive({ patient: without, model: model.model })
  expect(again.belief.missing).toEqual(answer.belief.missing)
  const { contributions, baseline, prediction } = answer.explanation
  expect(contributions.reduce((sum, { contribution }) => sum + contribution, baseline)).toBeCloseTo(prediction, 8)

  const whole = await client.predictions.survive({ patient: complete, model: model.model })
  const bili = whole.explanation.contributions.find(({ feature }) => feature === 'bili')!
  const { encounters } = await client.patients.chart({ patient: complete })
  const recorded = encounters[0].values.find(({ concept }) => concept === 'bili')!
  // As measured, not its logarithm.
  expect(bili.value).toBe(recorded.value)
  expect(bili.text.en).toContain(String(recorded.value))
})

test('a search shows its best so far while it runs, and every trial is kept with the model', async () => {
  const details: NonNullable<Job['detail']>[] = []
  const model = await train(
    { ...pbc, tuning: { method: 'bayesian', trials: 10, folds: 3 }, validation: { test: 0.25, folds: 2 } },
    ({ stage, detail }) => {
      if (stage === 'searching' && detail) details.push(detail)
    },
  )
  expect(details.some(({ best }) => typeof best === 'number')).toBe(true)
  expect(model.tuning!.trials).toHaveLength(10)
  const taken = model.tuning!.trials[model.tuning!.chosen - 1]
  expect(model.hash).toHaveLength(64)
  expect(taken.parameters.l2).toBeGreaterThan(0)
})

test('auto stores the learner it took, under its name, with why', async () => {
  const model = await train({
    study: 'pima',
    outcome: { task: 'diagnosis', target: 'type' },
    learner: 'auto',
    tuning: { folds: 3 },
    validation: { test: 0.25, folds: 0 },
  })
  expect(model.choice!.chosen).toBe(model.learner)
  expect(model.design.learner).toBe('auto')
  expect(model.name).toContain(model.learner)
  expect(model.secondOpinion).toMatchObject({ learner: 'ml-random-forest' })
})
