import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type StudyDesignInput, StudyDesignSchema } from '../../src/contract/design.ts'
import type { Job } from '../../src/contract/jobs.ts'
import type { TermEditInput } from '../../src/contract/terms.ts'
import { createApp } from '../../src/core/app.ts'
import { installation } from '../../src/core/installation.ts'

/** The curves of an additive model, read and changed through the API. */

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bedside-terms-'))
const app = createApp({
  vaultPath: join(folder, 'vault'),
  resources: join(root, 'resources'),
  workers: installation().workers,
  build: '0.0.0+test',
  threads: 1,
  keyDerivation: { memoryKiB: 47104, iterations: 1, parallelism: 1 },
})
const client = app.client(app.connect('cli'))

const done = async ({ job }: { job: string }): Promise<Job> => {
  let last: Job | null = null
  for await (const state of await client.jobs.watch({ job })) last = state
  return last as Job
}
const made = async (started: Promise<{ job: string }>) => {
  const job = await done(await started)
  if (job.failure) throw new Error(`${job.failure.reason}: ${job.failure.message}`)
  return client.models.get({ model: Number(job.result?.model) })
}
const train = (input: Partial<StudyDesignInput>) =>
  made(
    client.models.train(
      StudyDesignSchema.parse({
        study: 'pbc',
        outcome: { task: 'survival', time: 'time', event: { column: 'status', values: ['2'] } },
        features: ['bili', 'albumin', 'sex', 'edema'],
        learner: 'additive',
        parameters: { rounds: 60, bags: 2, pairs: 1 },
        validation: { test: 0.3, folds: 0 },
        ...input,
      }),
    ),
  )
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: { data: { code: string; reason: string; message: string } }) => error.data,
  )

beforeAll(async () => {
  await client.vault.create({ displayName: 'Dr. Adams', passphrase: 'correct horse battery staple' })
  await done(await client.samples.load({ names: ['pbc'], train: false }))
})
afterAll(async () => {
  await app.close()
  rmSync(folder, { recursive: true, force: true })
})

test('a curve is shown in its feature’s unit and levels, and a change makes a new, assessed version on record that says by whom and why', async () => {
  const model = await train({})
  const { terms, scale, edited } = await client.models.terms({ model: model.model })
  expect([scale, edited]).toEqual(['logHazard', null])
  const bili = terms.find(({ term }) => term === 'bili')
  const cuts = bili?.sides[0].map(({ to }) => to).filter((to) => to !== null) ?? []
  expect(Math.min(...cuts)).toBeGreaterThan(0.2)
  expect(Math.max(...cuts)).toBeLessThan(29)
  expect(bili?.sides[0].at(-1)?.missing).toBe(true)
  expect(bili?.curves[0].scores.length).toBe(bili?.sides[0].length)
  const sex = terms.find(({ term }) => term === 'sex')
  expect(sex?.sides[0].flatMap(({ levels }) => levels ?? []).sort()).toEqual(['f', 'm'])
  const pair = terms.find(({ kind }) => kind === 'pair')
  expect(pair?.features.length).toBe(2)

  const edits: TermEditInput[] = [
    { change: 'monotone', term: 'bili', direction: 'rising' },
    { change: 'set', term: 'sex', where: { levels: ['m'] }, value: 0.3 },
    { change: 'remove', term: pair?.term ?? '' },
  ]
  const reason = 'Bilirubin harms the more, the higher it is.'
  const next = await made(client.models.editTerms({ model: model.model, edits, reason }))
  expect([next.name, next.version]).toEqual([model.name, model.version + 1])
  expect(next.edited).toMatchObject({ model: model.model, parent: model.hash, by: 'Dr. Adams', reason, edits })
  expect(next.hash).not.toBe(model.hash)
  expect([next.assessedOn, next.assessment.rows]).toEqual(['heldOut', model.assessment.rows])
  expect(next.warnings.map((warning) => warning.reason)).toContain('editedByHand')
  expect(next.comparator).toBeNull()

  const changed = await client.models.terms({ model: next.model })
  const scores = changed.terms.find(({ term }) => term === 'bili')?.curves[0].scores.slice(0, -1) ?? []
  expect(scores.every((score, i) => i === 0 || score >= scores[i - 1])).toBe(true)
  const male = sex?.sides[0].findIndex(({ levels }) => levels?.includes('m')) ?? -1
  expect(changed.terms.find(({ term }) => term === 'sex')?.curves[0].scores[male]).toBe(0.3)
  expect(changed.terms.some(({ kind }) => kind === 'pair')).toBe(false)
  expect((await client.models.terms({ model: model.model })).terms).toEqual(terms)
  const { entries } = await client.audit.list({ act: 'model.edit' })
  expect(entries.some(({ record }) => record === `model/${model.model}`)).toBe(true)

  // The same change of the same model gives the same model.
  const again = await made(client.models.editTerms({ model: model.model, edits, reason: 'Once more.' }))
  expect(again.hash).toBe(next.hash)
})

test('without held-out cases a changed model says that its figures are too good', async () => {
  const model = await train({ validation: { test: 0, folds: 0 } })
  const edits: TermEditInput[] = [{ change: 'flatten', term: 'albumin', where: { from: null, to: null } }]
  const next = await made(client.models.editTerms({ model: model.model, edits, reason: 'A test.' }))
  expect(next.assessedOn).toBe('apparent')
  expect(next.warnings.map(({ reason }) => reason)).toEqual(expect.arrayContaining(['editedByHand', 'editedApparent']))
})

test('a change that fits nothing, or of a model without terms, is refused in words before a job begins', async () => {
  const [{ model }] = await client.models.list()
  const edit = (change: TermEditInput) =>
    failureOf(client.models.editTerms({ model, edits: [change], reason: 'A test.' }))
  expect(await edit({ change: 'remove', term: 'bilirubin' })).toMatchObject({
    code: 'invalidInput',
    reason: 'badEdit',
    message: expect.stringContaining('bilirubin'),
  })
  expect(await edit({ change: 'set', term: 'sex', where: { levels: ['x'] }, value: 1 })).toMatchObject({
    reason: 'badEdit',
  })
  const cox = await train({ learner: 'cox', parameters: {} })
  expect(await failureOf(client.models.terms({ model: cox.model }))).toMatchObject({
    code: 'conflict',
    reason: 'noTerms',
  })
}, 30_000)
