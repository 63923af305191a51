import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type StudyDesignInput, StudyDesignSchema } from '../../src/contract/design.ts'
import type { Failure } from '../../src/contract/errors.ts'
import type { Job } from '../../src/contract/jobs.ts'
import { type App, type Connection, createApp } from '../../src/core/app.ts'
import { installation } from '../../src/core/installation.ts'

/** Models of what was measured over time and of pictures, from the vault and back to the bedside. */

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bedside-courses-'))
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
const passphrase = 'correct horse battery staple'
let client = open(1)

const done = async ({ job }: { job: string }): Promise<Job> => {
  let last: Job | null = null
  for await (const state of await client.jobs.watch({ job })) last = state
  return last as Job
}
const design = (input: StudyDesignInput) => StudyDesignSchema.parse(input)
const train = async (input: StudyDesignInput) => {
  const job = await done(await client.models.train(design(input)))
  if (job.failure) throw new Error(`${job.failure.reason}: ${job.failure.message}`)
  return client.models.get({ model: Number(job.result?.model) })
}
const failure = async (work: Promise<unknown>): Promise<Failure> => {
  const error = await work.then(
    () => null,
    (reason: { data: Failure }) => reason,
  )
  expect(error).not.toBeNull()
  return (error as { data: Failure }).data
}
/** A patient of a study with several cases in it. */
const someone = async (study: string, least = 1) => {
  const { rows } = await client.patients.search({ study })
  for (const { patient } of rows) {
    const { encounters } = await client.patients.chart({ patient })
    if (encounters.filter((one) => one.study === study).length >= least) return patient
  }
  throw new Error(`nobody in ${study} has ${least} cases`)
}

beforeAll(async () => {
  await client.vault.create({ displayName: 'Dr. Adams', passphrase })
  await done(await client.samples.load({ names: ['pbcseq', 'infant-sleep', 'digits'], train: false }))
})
afterAll(async () => {
  await app.close()
  rmSync(folder, { recursive: true, force: true })
})

const visits: StudyDesignInput = {
  study: 'pbcseq',
  outcome: { task: 'survival', time: 'futime', from: 'day', event: { column: 'status', values: ['2'] } },
  horizons: [365.25, 1095.75],
  filters: [],
  features: ['age', 'sex', 'trt'],
  caseTime: 'day',
  sequences: { channels: ['bili', 'albumin', 'protime', 'platelet', 'edema'] },
  learner: 'recurrent',
  parameters: { epochs: 8, batchSize: 64, state: 16 },
  validation: { folds: 0, test: 0.25 },
}

test('a recurrent net learns from the visits up to each visit, and answers for a patient by the same visits', async () => {
  const model = await train(visits)
  expect(model.backend).toBe('fused')
  expect(model.assessment.metrics.harrellC.value).toBeGreaterThan(0.75)

  const patient = await someone('pbcseq', 4)
  const chart = await client.patients.chart({ patient })
  const own = chart.encounters.filter(({ study }) => study === 'pbcseq')
  expect(own.length).toBeGreaterThan(2)
  const answers = await Promise.all(
    own.map(({ encounter }) => client.predictions.survive({ patient, model: model.model, encounter })),
  )
  for (const answer of answers) {
    expect(answer.curve.survival[0]).toBe(1)
    const courses = answer.explanation.contributions.filter(({ feature }) => feature.endsWith(':course'))
    expect(courses.map(({ feature }) => feature).sort()).toEqual(
      ['bili', 'albumin', 'protime', 'platelet', 'edema'].map((name) => `${name}:course`).sort(),
    )
    const sum = answer.explanation.contributions.reduce((total, { contribution }) => total + contribution, 0)
    expect(answer.explanation.baseline + sum).toBeCloseTo(answer.explanation.prediction, 9)
    expect(answer.similar).toHaveLength(5)
  }
  // Another visit has another course behind it, so another answer.
  expect(new Set(answers.map(({ risks }) => risks[0].risk.value)).size).toBe(own.length)
  // The latest visit is asked about where none is named.
  const models = await client.predictions.models({ patient })
  expect(models.map(({ model: id }) => id)).toContain(model.model)
})

test('the same visits give the same model, with one thread and with two', async () => {
  const first = await train({ ...visits, parameters: { ...visits.parameters, epochs: 2 } })
  await app.close()
  client = open(2)
  await client.vault.unlock({ passphrase })
  const again = await train({ ...visits, parameters: { ...visits.parameters, epochs: 2 } })
  expect(again.hash).toBe(first.hash)
})

test('histories summed up are features of any learner, and a file may hold them by name', async () => {
  const model = await train({
    study: 'pbcseq',
    outcome: visits.outcome,
    horizons: [365.25],
    features: ['age'],
    caseTime: 'day',
    summaries: [
      { concept: 'bili', of: 'last' },
      { concept: 'bili', of: 'slope', window: 730 },
      { concept: 'albumin', of: 'min' },
    ],
    learner: 'cox',
    validation: { folds: 0, test: 0.25 },
  })
  expect(model.features.map(({ name }) => name)).toEqual(['age', 'bili:last', 'bili:slope@730', 'albumin:min'])
  expect(model.assessment.metrics.harrellC.value).toBeGreaterThan(0.75)
  const patient = await someone('pbcseq')
  const answer = await client.predictions.survive({ patient, model: model.model, encounter: null })
  expect(answer.explanation.contributions.map(({ feature }) => feature)).toContain('bili:slope@730')
  const rows = await client.predictions.rows({
    model: model.model,
    header: ['age', 'bili:last', 'bili:slope@730', 'albumin:min'],
    rows: [
      ['50', '1.2', '0', '3.5'],
      ['500', '1.2', '0', '3.5'],
      ['50', '<1.2', '0', '3.5'],
      ['50', '1.2'],
      ['50', '', '0', 'NA'],
    ],
    times: null,
  })
  // Given cells are read and held against ranges as those of a file: an age of 500 has no prediction.
  expect(rows.rows.map(([risk]) => risk !== null)).toEqual([true, false, false, false, true])
  expect(rows.rejected.map(({ row, column, code }) => [row, column, code])).toEqual([
    [2, 'age', 'outOfRange'],
    [3, 'bili:last', 'notANumber'],
    [4, null, 'columnCount'],
  ])
  expect(rows.problems.filter(({ code }) => code === 'missing').map(({ row, column }) => [row, column])).toEqual([
    [5, 'bili:last'],
    [5, 'albumin:min'],
  ])
})

test('a model of courses says that a table of one row a case cannot be predicted from', async () => {
  const model = await train({ ...visits, parameters: { ...visits.parameters, epochs: 1 } })
  const refused = await failure(
    client.predictions.rows({ model: model.model, header: ['age'], rows: [['50']], times: null }),
  )
  expect(refused).toMatchObject({ code: 'invalidInput', reason: 'needsCourse' })
})

test('a learner that does not read courses refuses them by name, and one that needs them asks for them', async () => {
  const reasonOf = async (input: StudyDesignInput) =>
    (await done(await client.models.train(design(input)))).failure?.reason
  expect(await reasonOf({ ...visits, learner: 'cox', parameters: {} })).toBe('sequencesNotRead')
  expect(await reasonOf({ ...visits, sequences: null })).toBe('sequencesNeeded')
  expect(await reasonOf({ ...visits, sequences: { channels: ['status'] } })).toBe('outcomeAsFeature')
  expect(await reasonOf({ ...visits, caseTime: null })).toBe('noCaseTime')
})

test('a signal that no other column stands beside is learned from, and a picture', async () => {
  const asleep = await train({
    study: 'infant-sleep',
    outcome: { task: 'diagnosis', target: 'state' },
    exclude: ['second', 'heart_rate'],
    caseTime: 'second',
    sequences: { channels: ['heart_rate'], window: 480 },
    learner: 'convolutional',
    parameters: { epochs: 3 },
    validation: { folds: 0, test: 0.25 },
  })
  expect(asleep.features).toEqual([])
  expect(asleep.warnings.map(({ reason }) => reason)).toContain('comparatorFailed')
  const stretch = await someone('infant-sleep')
  const said = await client.predictions.diagnose({ patient: stretch, model: asleep.model, encounter: null })
  expect(said.classes).toHaveLength(4)

  const digits = await train({
    study: 'digits',
    outcome: { task: 'diagnosis', target: 'digit' },
    grids: { height: 8, width: 8, channels: ['ink'], columns: Array.from({ length: 64 }, (_, i) => `p${i}`) },
    learner: 'convolutional',
    parameters: { epochs: 6, readout: 'flatten' },
    validation: { folds: 0, test: 0.25 },
  })
  expect(digits.assessment.metrics.accuracy.value).toBeGreaterThan(0.85)
  const { rows } = await client.patients.search({ study: 'digits' })
  const seen = await client.predictions.diagnose({ patient: rows[0].patient, model: digits.model, encounter: null })
  expect(seen.classes).toHaveLength(10)
  expect(seen.explanation.contributions.map(({ feature }) => feature)).toEqual(['picture'])
})

test('a study whose only features are a long file of measurements is learned from, and what came after the visit tells nothing', async () => {
  // Whether CRP rose until the visit decides; after it everyone's does the opposite, ten times as much.
  const patients = Array.from({ length: 120 }, (_, i) => ({
    id: `p${i}`,
    rose: (i * 7) % 3 === 0,
    visit: 20 + (i % 5),
  }))
  const noise = (i: number, k: number) => Math.sin(12.9898 * i + 78.233 * k)
  const cases = ['id,visit,ill', ...patients.map(({ id, visit, rose }) => `${id},${visit},${rose ? 'yes' : 'no'}`)]
  const long = ['id,day,test,value,unit']
  patients.forEach(({ id, rose, visit }, i) => {
    for (let k = 0; k < 5; k++) {
      const before = visit - 5 + k + 0.25
      long.push(`${id},${before},crp,${(20 + (rose ? 2 : -2) * k + noise(i, k)).toFixed(3)},mg/L`)
      long.push(`${id},${visit + 1 + k},crp,${(20 + (rose ? -20 : 20) * k + noise(k, i) + 90).toFixed(3)},mg/L`)
    }
  })
  writeFileSync(join(folder, 'cases.csv'), `${cases.join('\n')}\n`)
  writeFileSync(join(folder, 'long.csv'), `${long.join('\n')}\n`)
  for (const file of ['cases.csv', 'long.csv']) {
    const { upload } = await app.registerFile(join(folder, file))
    const { mapping } = await client.intake.preview({ upload, study: 'crp' })
    const job = await done(await client.intake.import({ upload, study: 'crp', mapping }))
    expect(job.failure).toBeNull()
    expect(job.result).toMatchObject({ rejected: 0 })
  }
  const common = {
    study: 'crp',
    outcome: { task: 'diagnosis' as const, target: 'ill' },
    exclude: ['visit'],
    caseTime: 'visit',
    validation: { folds: 0, test: 0.3 },
  } satisfies Partial<StudyDesignInput>
  const summed = await train({ ...common, summaries: [{ concept: 'crp', of: 'slope' }], learner: 'logistic' })
  expect(summed.features.map(({ name }) => name)).toEqual(['crp:slope'])
  expect(summed.assessment.metrics.auroc.value).toBe(1)
  // Whoever read on would find slopes of ten times the size and the other sign.
  expect(Math.abs(summed.features[0].high ?? 99)).toBeLessThan(3)
  const course = await train({
    ...common,
    sequences: { channels: ['crp'] },
    learner: 'recurrent',
    parameters: { epochs: 60, patience: 0, learningRate: 0.02 },
  })
  expect(course.assessment.metrics.auroc.value).toBeGreaterThan(0.95)
})
