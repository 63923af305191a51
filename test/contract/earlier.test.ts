import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Job } from '../../src/contract/jobs.ts'
import { createApp } from '../../src/core/app.ts'
import { installation } from '../../src/core/installation.ts'
import { leastKeyDerivation } from '../../src/core/vault/keys/slots.ts'
import expected from '../fixtures/earlier/expected.json' with { type: 'json' }

/**
 * A vault, three models and what they said, made by commit 0a74607 (test/fixtures/earlier/make.mjs). A clinic that
 * updates must find its records, its models and its audit log as they were, and the same answers about the same
 * patients.
 */
const root = join(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'bedside-earlier-'))
cpSync(join(root, 'test/fixtures/earlier/vault'), join(folder, 'vault'), { recursive: true })
const app = createApp({
  vaultPath: join(folder, 'vault'),
  resources: join(root, 'resources'),
  workers: installation().workers,
  build: '0.0.0+later',
  threads: 2,
  keyDerivation: leastKeyDerivation,
})
const client = app.client(app.connect('cli'))

beforeAll(async () => {
  await client.vault.unlock({ passphrase: 'correct horse battery staple' })
})
afterAll(async () => {
  await app.close()
  rmSync(folder, { recursive: true, force: true })
})

test('the studies and what is recorded of a patient are as they were', async () => {
  expect(await client.studies.list()).toMatchObject(expected.studies)
  const chart = await client.patients.chart({ patient: expected.chart.patient.patient })
  expect(chart.patient).toMatchObject(expected.chart.patient)
  expect(chart.encounters).toMatchObject(expected.chart.encounters)
  expect(chart.dictionaries).toMatchObject(expected.chart.dictionaries)
})

test('what each batch imported and rejected is still known', async () => {
  const batches = (await client.intake.batches({})).filter(({ study }) => study === 'clinic')
  expect(batches).toHaveLength(1)
  expect(batches[0]).toMatchObject({ rows: 4, imported: 4, rejected: 0 })
})

test('the models keep their hashes', async () => {
  for (const { model, name, hash, task, learner, study } of expected.models)
    expect(await client.models.get({ model })).toMatchObject({ name, hash, task, learner, study })
})

test.each(expected.answers)('model $model says of patient $patient what it said', async (before) => {
  const { model, task, patient } = before
  if (task === 'survival') {
    const { curve, explanation } = await client.predictions.survive({ model, patient })
    expect(curve.survival).toEqual(before.numbers)
    expect(explanation.contributions.map((one) => [one.feature, one.contribution])).toEqual(before.contributions)
  } else if (task === 'diagnosis') {
    const { classes, explanation } = await client.predictions.diagnose({ model, patient })
    expect(classes.map((one) => [one.class, one.probability])).toEqual(before.numbers)
    expect(explanation.contributions.map((one) => [one.feature, one.contribution])).toEqual(before.contributions)
  } else {
    const { value, explanation } = await client.predictions.estimate({ model, patient })
    expect([value.value]).toEqual(before.numbers)
    expect(explanation.contributions.map((one) => [one.feature, one.contribution])).toEqual(before.contributions)
  }
})

test('what was answered to a prediction, and why, stays in the history', async () => {
  const history = await client.predictions.history({ patient: expected.answers[0].patient })
  const [{ prediction, outcome, reason, comment, modelName, at }] = expected.history
  const found = history.find((one) => one.prediction === prediction)
  expect(found).toMatchObject({ outcome, reason, comment, modelName, at })
  // Stored as a sentence then; it may not be lost now.
  expect(JSON.stringify(found)).toContain('about 80 of 100')
})

test('the audit log, written on, still verifies from its first entry', async () => {
  const found = await client.audit.verify({})
  expect(found).toMatchObject({ intact: true, findings: [] })
  expect(found.count).toBeGreaterThanOrEqual(expected.verification.count)
})

test('jobs of before are listed, and trainings that were cut off can be taken up again', async () => {
  const jobs = await client.jobs.list()
  for (const { kind, state } of expected.jobs) expect(jobs).toContainEqual(expect.objectContaining({ kind, state }))
  const cut = jobs.filter(({ state }) => state === 'interrupted')
  expect(cut.map(({ title }) => title).sort()).toEqual(['night, first', 'night, second'])
  for (const { job } of cut) {
    await client.jobs.resume({ job })
    let last: Job | null = null
    for await (const state of await client.jobs.watch({ job })) last = state
    expect(last).toMatchObject({ state: 'done' })
  }
})

test('a patient’s tabs stand at one time and call the event by one name', async () => {
  const [{ model }] = expected.models
  const { patient } = expected.answers[0]
  const { horizons, mainHorizon, event } = await client.models.get({ model })
  const answer = await client.predictions.survive({ model, patient })
  expect(mainHorizon).toBe(horizons?.at(-1))
  expect(answer.explanation.horizon).toBe(mainHorizon)
  expect(answer.risks.at(-1)?.time).toBe(mainHorizon)
  expect(answer.event).toEqual(event)
  expect(event).toMatchObject({ en: 'dead', zh: '死亡' })
})
