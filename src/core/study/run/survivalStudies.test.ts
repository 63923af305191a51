import { beforeAll, expect, test } from 'vitest'
import { derived, sampleTable, valuesOf } from '../../../../test/golden/sampleTable.ts'
import { type StudyDesignInput, StudyDesignSchema } from '../../../contract/design.ts'
import type { Concept } from '../../../contract/values.ts'
import { type Table, takeRows } from '../../cohort/table.ts'
import { oneByOne } from '../../learn/parallel.ts'
import { workerTasks } from '../../learn/workers.ts'
import { answerSurvival } from '../ask/answer.ts'
import { takeInHand } from '../ask/hand.ts'
import { predictTable } from '../ask/rows.ts'
import { evaluateStudy } from './evaluate.ts'
import { runStudy, type StudyResult } from './run.ts'

const conceptsOf = (table: Table, key: string): Concept[] =>
  table.columns.map(({ name, kind, levels }) => ({
    name,
    label: { en: name },
    kind,
    role: name === key ? 'patientKey' : 'observation',
    unit: null,
    plausible: null,
    reference: null,
    levels: levels?.map((code) => ({ code, label: { en: code } })) ?? null,
    coding: [],
    modifiable: false,
    description: null,
  }))

const run = (table: Table, input: StudyDesignInput): Promise<StudyResult> =>
  runStudy(
    {
      design: StudyDesignSchema.parse(input),
      concepts: conceptsOf(table, 'id'),
      table,
      snapshotHash: '',
      build: '',
      threads: 1,
    },
    {
      signal: new AbortController().signal,
      stage: () => {},
      parallel: oneByOne(workerTasks),
    },
  )
const reasons = ({ warnings }: StudyResult) => warnings.map(({ reason }) => reason)

const pbc = sampleTable('pbc', 'id')
const event = { column: 'status', values: ['2'] }
const features = ['age', 'bili', 'albumin', 'protime', 'edema']
const competing = (learner: string, over: object = {}): StudyDesignInput => ({
  study: 'pbc',
  outcome: { task: 'survival', time: 'time', event, competing: { values: ['1'] }, ...over },
  features,
  learner,
  validation: { test: 0.3, folds: 3 },
})

let gray: StudyResult
beforeAll(async () => {
  gray = await run(pbc, competing('fineGray'))
})

test('under competing events the standing comparator accounts for them too', async () => {
  const specific = await run(pbc, competing('competingCox'))
  expect(gray.comparator).toBeNull()
  expect(specific.comparator?.learner).toBe('fineGray')
  const { harrellC } = specific.assessment.metrics
  expect(harrellC.value! - specific.comparator!.estimate.value!).toBeCloseTo(specific.comparator!.difference.value!, 10)
  expect(reasons(specific)).not.toContain('competingCensored')
})

test('a model blind to competing events says so, and is caught predicting too much', async () => {
  const blind = await run(pbc, competing('cox'))
  expect(reasons(blind)).toContain('competingCensored')
  expect(blind.comparator?.learner).toBe('fineGray')
  expect(blind.assessment.metrics.observedExpected.value!).toBeLessThan(gray.assessment.metrics.observedExpected.value!)
})

test('a model that needs competing events is not trained without any', async () => {
  const without: StudyDesignInput = { ...competing('fineGray'), outcome: { task: 'survival', time: 'time', event } }
  await expect(run(pbc, without)).rejects.toMatchObject({ failure: { reason: 'competingNeeded' } })
})

test('what a doctor is shown is the chance of the event, the cohort’s beside it, within its interval', async () => {
  const hand = await takeInHand(gray.artifact, gray.reference, pbc, gray.setCoverage)
  const answer = answerSurvival(hand, 3, takeRows(pbc, [3]), null, { en: 'death' }, { en: 'transplant' })
  expect(answer.competing).toEqual({ en: 'transplant' })
  const { curve, cohort, risks } = answer
  const status = valuesOf(pbc, 'status')
  for (const { patient, outcome } of answer.similar)
    expect([outcome.event, outcome.competing]).toEqual([status[patient!] === 2, status[patient!] === 1])
  for (let i = 0; i < curve.times.length; i++) {
    expect(curve.low[i]).toBeLessThanOrEqual(curve.survival[i])
    expect(curve.high[i]).toBeGreaterThanOrEqual(curve.survival[i])
  }
  // With transplants counted as censored the cohort would seem to die more often.
  const last = risks[risks.length - 1]
  const net = hand.outcome.task === 'survival' ? { ...hand.outcome, competing: undefined } : null
  const { observedCurve } = await import('../../assess/observedCurve.ts')
  const blind = observedCurve(net!)
  const at = blind.times.findLastIndex((time) => time <= last.time)
  expect(last.cohortRisk.value!).toBeLessThan(1 - blind.survival[at])
  expect(cohort.events).toBe(gray.events)
})

test('predictions of a file stay within their stratum, and a row of none gets no number', async () => {
  const stage = valuesOf(pbc, 'stage')
  const known = takeRows(
    pbc,
    Array.from(stage.keys()).filter((row) => stage[row] > 1),
  )
  const result = await run(known, {
    study: 'pbc',
    outcome: { task: 'survival', time: 'time', event, strata: 'stage' },
    features,
    learner: 'cox',
    validation: { test: 0, folds: 3 },
  })
  expect(result.features.map(({ name }) => name)).not.toContain('stage')
  const hand = await takeInHand(result.artifact, result.reference, known, null)
  const columns = takeRows(pbc, [3, 3, 3]).columns.map((column) =>
    column.name === 'stage' ? { ...column, values: Float64Array.of(4, 2, 1) } : column,
  )
  const given = { ...takeRows(pbc, [3, 3, 3]), columns }
  const table = predictTable(hand, given, [1000])
  const [fourth, second, first] = table.rows.map(([, survival]) => survival)
  expect(fourth).not.toBe(second)
  expect(first).toBeNull()
  expect(table.problems.filter(({ column }) => column === 'stage').map(({ row }) => row)).toEqual([3])
  const unknown = takeRows(pbc, [Array.from(stage).indexOf(1)])
  expect(() => answerSurvival(hand, 0, unknown, null, { en: 'death' })).toThrow(/among them|none recorded/)
  const without = { ...given, columns: columns.filter(({ name }) => name !== 'stage') }
  expect(() => predictTable(hand, without, null)).toThrow(/stage/)
})

test('visits become start-stop rows of which no patient’s part, and only what is defined for them is measured', async () => {
  const visits = sampleTable('pbcseq', 'id')
  const day = valuesOf(visits, 'day')
  const stops = Float64Array.from(day, (_, row) =>
    visits.patients[row] === visits.patients[row + 1] ? day[row + 1] : valuesOf(visits, 'futime')[row],
  )
  const died = Float64Array.from(day, (_, row) =>
    visits.patients[row] !== visits.patients[row + 1] && valuesOf(visits, 'status')[row] === 2 ? 1 : 0,
  )
  const plain = { kind: 'number' as const, unit: null, levels: null }
  const table: Table = {
    ...visits,
    columns: [...visits.columns, { name: 'stop', ...plain, values: stops }, { name: 'died', ...plain, values: died }],
  }
  const design: StudyDesignInput = {
    study: 'pbcseq',
    outcome: { task: 'survival', time: 'stop', entry: 'day', event: { column: 'died', values: ['1'] } },
    features: ['age', 'bili', 'albumin', 'protime'],
    learner: 'cox',
    validation: { test: 0, folds: 3 },
  }
  const result = await run(table, design)
  expect(reasons(result)).toContain('entryAssessment')
  expect(result.assessment.metrics.harrellC.value!).toBeGreaterThan(0.8)
  expect(result.assessment.metrics.brier.value).toBeNull()
  expect(result.fit?.robust).toBe(false)
  await expect(run(table, { ...design, learner: 'forest' })).rejects.toMatchObject({
    failure: { reason: 'entryNotRead' },
  })
  const { assessment } = await evaluateStudy(
    { artifact: result.artifact, study: 'other', table, outcome: null },
    { stage: () => {} },
  )
  expect(assessment.metrics.harrellC.value!).toBeGreaterThan(0.8)
})

test('hazards that do not stay proportional are named in words', async () => {
  const made = derived(pbc, 'logBili', ['bili'], Math.log)
  const result = await run(made, {
    study: 'pbc',
    outcome: { task: 'survival', time: 'time', event },
    features: ['age', 'bili', 'edema', 'protime'],
    learner: 'cox',
    validation: { test: 0, folds: 0 },
  })
  expect(result.fit?.proportionality?.global.df).toBe(4)
  const said = result.warnings.find(({ reason }) => reason === 'hazardsNotProportional')?.message ?? ''
  expect(said).toMatch(/bili \(p/)
})

test('strata and competing events together leave every patient with a risk, also where a stratum had no competing event', async () => {
  const result = await run(pbc, competing('competingCox', { strata: 'stage' }))
  expect(result.assessment.metrics.harrellC.value!).toBeGreaterThan(0.7)
  expect(result.comparator).toBeNull()
})
