import { beforeAll, expect, test } from 'vitest'
import { sampleTable } from '../../../../test/golden/sampleTable.ts'
import { type StudyDesignInput, StudyDesignSchema } from '../../../contract/design.ts'
import type { Concept } from '../../../contract/values.ts'
import { type Table, takeRows } from '../../cohort/table.ts'
import { oneByOne } from '../../learn/parallel.ts'
import { workerTasks } from '../../learn/workers.ts'
import { randomOf } from '../../numbers/random.ts'
import { answerDiagnosis, answerSurvival } from '../ask/answer.ts'
import { type ModelAtHand, takeInHand } from '../ask/hand.ts'
import { predictionNames, predictTable } from '../ask/rows.ts'
import { whatIf } from '../ask/whatIf.ts'
import { evaluateStudy } from './evaluate.ts'
import { runStudy, type StudyResult } from './run.ts'

const conceptsOf = (table: Table, key: string | null = null, modifiable: string[] = []): Concept[] =>
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
    modifiable: modifiable.includes(name),
    description: null,
  }))

const run = (table: Table, concepts: Concept[], input: StudyDesignInput): Promise<StudyResult> =>
  runStudy(
    { design: StudyDesignSchema.parse(input), concepts, table, snapshotHash: '', build: '', threads: 1 },
    {
      signal: new AbortController().signal,
      stage: () => {},
      parallel: oneByOne(workerTasks),
    },
  )

const pbc = sampleTable('pbc', 'id')
const pbcDesign: StudyDesignInput = {
  study: 'pbc',
  outcome: { task: 'survival', time: 'time', event: { column: 'status', values: ['2'] } },
  learner: 'cox',
}
const biopsy = sampleTable('biopsy', 'ID')
const biopsyDesign: StudyDesignInput = {
  study: 'biopsy',
  outcome: { task: 'diagnosis', target: 'class' },
  learner: 'forest',
  parameters: { nTrees: 60 },
}

let cox: StudyResult
let forest: StudyResult
let coxModel: ModelAtHand
let forestModel: ModelAtHand

beforeAll(async () => {
  cox = await run(pbc, conceptsOf(pbc, 'id', ['bili']), pbcDesign)
  forest = await run(biopsy, conceptsOf(biopsy, 'ID'), biopsyDesign)
  coxModel = await takeInHand(cox.artifact, cox.reference, pbc, cox.setCoverage)
  forestModel = await takeInHand(forest.artifact, forest.reference, biopsy, forest.setCoverage)
})

test('neither the outcome nor the patient key becomes a predictor', () => {
  expect(cox.features.map(({ name }) => name)).not.toContain('time')
  expect(cox.features.map(({ name }) => name)).not.toContain('status')
  expect(cox.features.map(({ name }) => name)).not.toContain('id')
})

test('every exclusion is counted in the participant flow', async () => {
  const result = await run(pbc, conceptsOf(pbc, 'id'), {
    ...pbcDesign,
    filters: [{ column: 'age', op: '>=', value: 50 }],
    preparation: { missing: 'drop' },
    validation: { test: 0, folds: 0 },
  })
  const [all, filtered, outcome, dropped] = result.flow
  expect(all).toMatchObject({ step: 'inStudy', excluded: 0, remaining: 418 })
  expect(filtered.remaining).toBe(
    pbc.columns.find(({ name }) => name === 'age')!.values.filter((age) => age >= 50).length,
  )
  expect(outcome.excluded).toBe(0)
  expect(dropped.remaining).toBe(result.rows)
  expect(dropped.excluded + dropped.remaining).toBe(filtered.remaining)
})

test('labels at random are not predicted: nothing leaks from the held-out rows', async () => {
  const random = randomOf(2026)
  for (const learner of ['forest', 'logistic']) {
    const areas: number[] = []
    for (let seed = 1; seed <= 8; seed++) {
      const values = biopsy.patients.map(() => random.below(2))
      const noise: Table = {
        ...biopsy,
        columns: biopsy.columns.map((column) =>
          column.name === 'class' ? { ...column, values: Float64Array.from(values) } : column,
        ),
      }
      const { assessment } = await run(noise, conceptsOf(noise, 'ID'), {
        ...biopsyDesign,
        learner,
        parameters: learner === 'forest' ? { nTrees: 30 } : {},
        validation: { test: 0.25, folds: 0 },
        seed,
      })
      areas.push(assessment.metrics.auroc.value as number)
    }
    // Eight areas on 175 cases each: their mean has a standard error of 0.016.
    const mean = areas.reduce((sum, area) => sum + area, 0) / areas.length
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.05)
  }
})

test('labels at random stay unpredicted through target encoding, imputation, transforms and balance: nothing of a fold leaks', async () => {
  const random = randomOf(31)
  const rows = 240
  const areas: number[] = []
  for (let seed = 1; seed <= 6; seed++) {
    const cells = Array.from({ length: rows }, () => random.below(60))
    const y = Float64Array.from(cells, () => random.below(2))
    // Two rows a level on average: a level's mean outcome, learned from all rows, tells the labels apart with an area
    // near 0.8.
    const table: Table = {
      rows,
      columns: [
        {
          name: 'ward',
          kind: 'category',
          unit: null,
          levels: Array.from({ length: 60 }, (_, level) => `w${level}`),
          values: Float64Array.from(cells),
        },
        {
          name: 'lab',
          kind: 'number',
          unit: null,
          levels: null,
          values: Float64Array.from(cells, () => (random.below(3) === 0 ? Number.NaN : Math.exp(random.normal()))),
        },
        { name: 'y', kind: 'number', unit: null, levels: null, values: y },
      ],
      patients: Int32Array.from({ length: rows }, (_, row) => row),
      encounters: new Int32Array(rows),
    }
    const { assessment } = await run(table, conceptsOf(table), {
      study: 's',
      outcome: { task: 'diagnosis', target: 'y' },
      learner: 'logistic',
      preparation: {
        missing: 'chained',
        imputations: 2,
        encoding: 'target',
        transform: 'robust',
        indicators: true,
        balance: 'balanced',
      },
      validation: { test: 0, folds: 4 },
      secondOpinion: false,
      seed,
    })
    areas.push(assessment.metrics.auroc.value as number)
  }
  // Six areas on 240 cases each: their mean has a standard error of 0.015.
  const mean = areas.reduce((sum, area) => sum + area, 0) / areas.length
  expect(mean).toBeLessThan(0.5 + 3 * 0.015)
})

test('repeated visits of one patient never stand on both sides of a split', async () => {
  const visits = sampleTable('pbcseq', 'id')
  const { reference, split } = await run(visits, conceptsOf(visits, 'id'), {
    ...pbcDesign,
    study: 'pbcseq',
    outcome: { task: 'survival', time: 'futime', event: { column: 'status', values: ['2'] } },
    exclude: ['day'],
    validation: { test: 0.3, folds: 0 },
  })
  expect(split.test).toBeGreaterThan(0)
  const { decodeReference } = await import('../ask/reference.ts')
  const rows = new Set(decodeReference(reference).rows)
  const sides = new Map<number, Set<boolean>>()
  for (let row = 0; row < visits.rows; row++) {
    const patient = visits.patients[row]
    sides.set(patient, (sides.get(patient) ?? new Set()).add(rows.has(row)))
  }
  expect([...sides.values()].filter((side) => side.size > 1)).toHaveLength(0)
})

test('a column that gives the outcome away is named', async () => {
  const wcgs = sampleTable('wcgs', 'id')
  const { warnings } = await run(wcgs, conceptsOf(wcgs, 'id'), {
    study: 'wcgs',
    outcome: { task: 'diagnosis', target: 'chd69' },
    learner: 'logistic',
    validation: { test: 0.25, folds: 0 },
  })
  const leaks = warnings.filter(({ reason }) => reason === 'possibleLeak')
  expect(leaks.map(({ message }) => message.split(' ')[0])).toEqual(['typechd'])
})

test('the model is held against the permanent comparator on the same rows, and the result is said either way', () => {
  expect(cox.comparator).toBeNull()
  expect(forest.comparator).toMatchObject({ learner: 'logistic', metric: 'auroc' })
  const { difference, beats, estimate } = forest.comparator!
  expect(forest.assessment.metrics.auroc.value! - estimate.value!).toBeCloseTo(difference.value!, 10)
  expect(beats).toBe(difference.low! > 0)
})

test("a patient's contributions add up to the prediction that is shown", () => {
  for (let row = 0; row < 20; row++) {
    const diagnosis = answerDiagnosis(forestModel, row, takeRows(biopsy, [row]), {}, null)
    const { baseline, contributions, prediction, class: explained } = diagnosis.explanation
    const sum = contributions.reduce((total, { contribution }) => total + contribution, baseline)
    expect(sum).toBeCloseTo(prediction, 8)
    expect(prediction).toBeCloseTo(diagnosis.classes.find((one) => one.class === explained)!.probability, 6)
  }
})

test('a missing value is filled as in training, and the doctor is told with what', () => {
  const column = (name: string) => pbc.columns.find((one) => one.name === name)!
  const row = column('chol').values.findIndex((value) => Number.isNaN(value))
  const { belief, explanation } = answerSurvival(coxModel, row, takeRows(pbc, [row]), null, { en: 'death' })
  const filled = belief.missing.find(({ feature }) => feature === 'chol')!
  const known = Array.from(coxModel.rows, (at) => column('chol').values[at])
    .filter((value) => !Number.isNaN(value))
    .sort((a, b) => a - b)
  const median = (known[Math.floor((known.length - 1) / 2)] + known[Math.ceil((known.length - 1) / 2)]) / 2
  expect(Number(filled.filledWith.en)).toBeCloseTo(median, 1)
  expect(explanation.contributions.find(({ feature }) => feature === 'chol')!.missing).toBe(true)
})

test('a value never seen in training puts the prediction in doubt', () => {
  const sane = takeRows(pbc, [10])
  const strange = {
    ...sane,
    columns: sane.columns.map((one) => (one.name === 'bili' ? { ...one, values: Float64Array.of(400) } : one)),
  }
  const { belief } = answerSurvival(coxModel, 10, strange, null, { en: 'death' })
  expect(belief.domain.verdict).toBe('outside')
  expect(belief.domain.outOfRange.map(({ feature }) => feature)).toContain('bili')
})

test("the survival curve falls, stays within its band, and its risks are the curve's", () => {
  const { curve, risks } = answerSurvival(coxModel, 3, takeRows(pbc, [3]), null, { en: 'death' })
  for (let i = 0; i < curve.times.length; i++) {
    expect(curve.low[i]).toBeLessThanOrEqual(curve.survival[i] + 1e-12)
    expect(curve.high[i]).toBeGreaterThanOrEqual(curve.survival[i] - 1e-12)
    if (i > 0) expect(curve.survival[i]).toBeLessThanOrEqual(curve.survival[i - 1] + 1e-12)
  }
  for (const { time, risk } of risks) {
    const at = curve.times.findLastIndex((one) => one <= time)
    expect(risk.value).toBeCloseTo(1 - curve.survival[at], 10)
  }
})

test('a what-if moves one factor only, passes through the prediction as it is, and refuses what cannot be changed', () => {
  const patient = takeRows(pbc, [5])
  const value = patient.columns.find(({ name }) => name === 'bili')!.values[0]
  const answer = whatIf(coxModel, patient, { feature: 'bili', value, horizon: null })
  expect(answer.after).toBeCloseTo(answer.before, 12)
  const predictions = answer.points.map(({ prediction }) => prediction)
  expect(predictions).toEqual([...predictions].sort((a, b) => a - b))
  expect(() => whatIf(coxModel, patient, { feature: 'age', value: 40, horizon: null })).toThrow(/not marked/)
})

test('predictions of a table are those of the chart, row by row, in the order of the table', () => {
  const order = [5, 3, 9, 3]
  expect(predictionNames(forestModel, null)).toEqual(['probability_benign', 'probability_malignant'])
  const { rows } = predictTable(forestModel, takeRows(biopsy, order), null)
  expect(rows).toHaveLength(4)
  rows.forEach(([, malignant], i) => {
    const shown = answerDiagnosis(forestModel, order[i], takeRows(biopsy, [order[i]]), {}, null)
    expect(malignant).toBeCloseTo(shown.classes.find((one) => one.class === 'malignant')!.probability, 12)
  })
})

test('a model applied to a study with other columns says which, instead of guessing', async () => {
  const without = { ...biopsy, columns: biopsy.columns.filter(({ name }) => name !== 'V6') }
  const evaluating = evaluateStudy(
    { artifact: forest.artifact, study: 'other', table: without, outcome: null },
    { stage: () => {} },
  )
  await expect(evaluating).rejects.toThrow(/V6/)
})

test('evaluating on the study the model learned from is called what it is', async () => {
  const { warnings, assessment } = await evaluateStudy(
    { artifact: forest.artifact, study: 'biopsy', table: biopsy, outcome: null },
    { stage: () => {} },
  )
  expect(assessment.rows).toBe(699)
  expect(warnings.map(({ reason }) => reason)).toContain('sameStudy')
})

test('sets and intervals hold about as often as they say', () => {
  expect(forest.setCoverage!.high).toBeGreaterThan(0.9)
  expect(forestModel.intervalCoverage()!.high).toBeGreaterThan(0.9)
})
