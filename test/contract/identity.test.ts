import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { type StudyDesignInput, StudyDesignSchema } from '../../src/contract/design.ts'
import { createApp } from '../../src/core/app.ts'
import { installation } from '../../src/core/installation.ts'
import { leastKeyDerivation } from '../../src/core/vault/keys/slots.ts'
import { ended } from '../crash/acts.ts'
import { passphrase } from '../fixtures/vault.ts'

/**
 * Whoever checks a model trains it again from the same file, design and seed: elsewhere, later, on another machine.
 * Where it gets another hash by that alone, the hash proves nothing.
 */
const folder = mkdtempSync(join(tmpdir(), 'bedside-identity-'))
const open = async (vault: string, { threads = 2, build = '0.1.0+same' } = {}) => {
  const app = createApp({
    vaultPath: join(folder, vault),
    resources: join(import.meta.dirname, '..', '..', 'resources'),
    workers: installation().workers,
    build,
    threads,
    keyDerivation: leastKeyDerivation,
  })
  const client = app.client(app.connect('cli'))
  if ((await client.vault.status()).state === 'absent')
    await client.vault.create({ displayName: 'Dr. Adams', passphrase })
  else await client.vault.unlock({ passphrase })
  return { app, client }
}
type Client = Awaited<ReturnType<typeof open>>['client']
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Ninety patients with two visits each; every marker stands in one visit alone. */
const patients = Array.from({ length: 90 }, (_, index) => `P${String((index * 37) % 90).padStart(3, '0')}`)
const visits = [0, 1].flatMap((visit) =>
  patients.map((patient, index) => {
    const age = 30 + ((index * 17) % 50)
    const marker = ((index * 29 + visit * 11) % 90) + visit / 2
    return `${patient},2020-0${visit + 1}-15,${age},${marker},${age + marker > 90 ? 'ill' : 'well'}`
  }),
)
const file = ['patient_id,visit_date,age,marker,state', ...visits].join('\n')
const register = [
  'patient_id,height',
  ...[...patients].sort().map((patient, at) => `${patient},${150 + (at % 40)}`),
].join('\n')

const bring = async (client: Client, study: string, text: string) => {
  const bytes = new Blob([text])
  const { upload } = await client.intake.upload({ upload: null, file: `${study}.csv`, bytes, last: true })
  const { mapping } = await client.intake.preview({ upload, study })
  const job = await ended(client, await client.intake.import({ upload, study, mapping, again: true }))
  expect(job.result).toMatchObject({ rejected: 0 })
  return Number(job.result?.batch)
}
const train = async (client: Client, more: Partial<StudyDesignInput> = {}) => {
  const design = StudyDesignSchema.parse({
    study: 'visits',
    outcome: { task: 'diagnosis', target: 'state' },
    features: ['age', 'marker'],
    learner: 'forest',
    parameters: { nTrees: 40 },
    validation: { test: 0.3, folds: 3 },
    seed: 5,
    ...more,
  })
  const job = await ended(client, await client.models.train(design))
  expect(job.failure).toBeNull()
  return client.models.get({ model: Number(job.result?.model) })
}

/** Every similar case that is shown must be the visit that it says it is: its marker stands nowhere else. */
const expectRightCases = async (client: Client, model: number) => {
  const { rows } = await client.patients.search({ study: 'visits' })
  const { similar } = await client.predictions.diagnose({ model, patient: rows[10].patient })
  expect(similar.length).toBeGreaterThan(2)
  for (const one of similar) {
    const { encounters } = await client.patients.chart({ patient: one.patient as number })
    const markers = encounters.map(({ values }) => values.find(({ concept }) => concept === 'marker')?.text)
    expect(markers).toContain(one.values.find(({ feature }) => feature === 'marker')?.text.en)
  }
}

test('the same file, design and seed make the same model in a new vault, after an undo, on any number of threads', async () => {
  const first = await open('first')
  const batch = await bring(first.client, 'visits', file)
  const { hash, model, snapshotHash, build } = await train(first.client)
  expect(build).toBe('0.1.0+same')
  await expectRightCases(first.client, model)

  // Taken back and imported again, its cases have other numbers.
  await first.client.intake.undo({ batch })
  await bring(first.client, 'visits', file)
  const later = await train(first.client, { name: 'Renamed', secondOpinion: false })
  expect(later).toMatchObject({ hash, snapshotHash, name: 'Renamed' })
  await expectRightCases(first.client, later.model)
  expect((await train(first.client, { seed: 6 })).hash).not.toBe(hash)
  await first.app.close()

  // The same patients are known there already, in another order.
  const second = await open('second', { threads: 1, build: '0.2.0+same' })
  await bring(second.client, 'register', register)
  await bring(second.client, 'visits', file)
  const elsewhere = await train(second.client)
  expect(elsewhere).toMatchObject({ hash, snapshotHash, build: '0.2.0+same' })
  await expectRightCases(second.client, elsewhere.model)
  await second.app.close()

  // One value read otherwise is another model.
  const third = await open('third')
  await bring(third.client, 'visits', file.replace(',ill', ',well'))
  expect((await train(third.client)).hash).not.toBe(hash)
  await third.app.close()
})

test('a model changed by hand still leads to the right cases', async () => {
  const { app, client } = await open('edited')
  await bring(client, 'register', register)
  await bring(client, 'visits', file)
  const { model } = await train(client, { learner: 'additive', parameters: { bags: 2, rounds: 50 } })
  const job = await ended(
    client,
    await client.models.editTerms({
      model,
      edits: [{ change: 'remove', term: 'age' }],
      reason: 'not causal',
    }),
  )
  expect(job.failure).toBeNull()
  await expectRightCases(client, Number(job.result?.model))
  await app.close()
})
