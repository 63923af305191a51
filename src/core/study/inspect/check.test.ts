import { expect, test } from 'vitest'
import { columnFrom, readGolden, sampleTable, withColumn } from '../../../../test/golden/sampleTable.ts'
import { type StudyDesignInput, StudyDesignSchema } from '../../../contract/design.ts'
import type { Concept } from '../../../contract/values.ts'
import type { Matrix } from '../../cohort/matrix.ts'
import { columnOf, type Table } from '../../cohort/table.ts'
import { randomOf } from '../../numbers/random.ts'
import { checkDesign } from './check.ts'
import { collinearityOf } from './collinearity.ts'
import { binaryCriteria, sampleSizeOf, survivalCriteria, valueCriteria } from './sampleSize.ts'

const conceptsOf = (table: Table): Concept[] =>
  table.columns.map(({ name, kind, levels }) => ({
    name,
    label: { en: name },
    kind,
    role: 'observation',
    unit: null,
    plausible: null,
    reference: null,
    levels: levels?.map((code) => ({ code, label: { en: code } })) ?? null,
    coding: [],
    modifiable: false,
    description: null,
  }))
const check = (table: Table, input: StudyDesignInput) =>
  checkDesign({ design: StudyDesignSchema.parse(input), concepts: conceptsOf(table), table })
const rowsOf = (criteria: { rows: number }[]) => criteria.map(({ rows }) => rows)

test("the rows a model needs are those of Riley's examples, as pmsampsize prints them", () => {
  // pmsampsize(type = "b", csrsquared = 0.288, parameters = 24, prevalence = 0.174): 623, 662, 221.
  expect(rowsOf(binaryCriteria(24, 0.174, 0.288))).toEqual([623, 662, 221])
  // pmsampsize(type = "c", rsquared = 0.2, parameters = 25, ...): 918, 401, 259; rsquared = 0.5, parameters = 100:
  // 1264, 1001, 334.
  expect(rowsOf(valueCriteria(25, 0.2))).toEqual([918, 401, 259])
  expect(rowsOf(valueCriteria(100, 0.5))).toEqual([1264, 1001, 334])
  // pmsampsize(type = "s", csrsquared = 0.051, parameters = 30, rate = 0.065, timepoint = 2, meanfup = 2.07): 5143; 25
  // parameters: 4286.
  const times = { rate: 0.065, followUp: 2.07, horizon: 2 }
  expect(survivalCriteria(30, times, 0.051)[0].rows).toBe(5143)
  expect(survivalCriteria(25, times, 0.051)[0].rows).toBe(4286)
})

test('the mean risk is within 0.05 at the rows that are asked for it, and not at fewer', () => {
  const times = { rate: 0.065, followUp: 2.07, horizon: 2 }
  const [, , { rows }] = survivalCriteria(30, times, 0.051)
  const reach = (n: number) =>
    Math.exp(-times.rate * 2) - Math.exp(-(times.rate + 1.96 * Math.sqrt(times.rate / (n * times.followUp))) * 2)
  expect(reach(rows)).toBeLessThanOrEqual(0.05)
  expect(reach(rows - 1)).toBeGreaterThan(0.05)
})

test('whether there are enough cases is answered before training: pass, fail, or unknown with its reason', () => {
  const wcgs = check(sampleTable('wcgs', 'id'), {
    study: 'wcgs',
    outcome: { task: 'diagnosis', target: 'chd69' },
    features: ['age0', 'chol0', 'sbp0', 'ncigs0'],
    learner: 'logistic',
  })
  expect(wcgs.sampleSize).toMatchObject({ verdict: 'pass', parameters: 4, unknown: null })
  expect(wcgs.sampleSize.events).toBeGreaterThan(180)
  const pbc = check(sampleTable('pbc'), {
    study: 'pbc',
    outcome: { task: 'survival', time: 'time', event: { column: 'status', values: ['2'] } },
    exclude: ['id'],
    learner: 'forest',
  })
  expect(pbc.sampleSize).toMatchObject({ verdict: 'fail', parameters: 17 })
  const boys = check(sampleTable('boys'), {
    study: 'boys',
    outcome: { task: 'diagnosis', target: 'gen' },
    learner: 'forest',
  })
  expect(boys.sampleSize).toMatchObject({ verdict: 'unknown', unknown: 'severalClasses', needed: null })
  const y = Float64Array.of(1, 2, 3)
  expect(sampleSizeOf({ task: 'regression', y }, 0, null).verdict).toBe('unknown')
})

test('a column that gives the outcome away, or is recorded only with it, is named before anything is trained', () => {
  const wcgs = sampleTable('wcgs', 'id')
  const chd = columnOf(wcgs, 'chd69')!
  const random = randomOf(3)
  const dated = withColumn(wcgs, {
    name: 'deathYear',
    kind: 'number',
    unit: null,
    levels: null,
    values: Float64Array.from(chd.values, (event) =>
      event === 1 || random.uniform() < 0.02 ? 60 + random.below(10) : Number.NaN,
    ),
  })
  const found = check(dated, {
    study: 'wcgs',
    outcome: { task: 'diagnosis', target: 'chd69' },
    exclude: ['id'],
    learner: 'auto',
  })
  expect(found.leaks.map(({ column, kind }) => [column, kind])).toEqual([
    ['typechd', 'separates'],
    ['deathYear', 'recorded'],
  ])
  expect(found.leaks[0].area).toBeGreaterThan(0.99)
  expect(found.warnings.map(({ reason }) => reason)).toEqual(expect.arrayContaining(['possibleLeak', 'recordedLeak']))
})

test('a category of many levels without meaning is no leak, though its levels tell the training rows apart', () => {
  const random = randomOf(4)
  const rows = 300
  const table: Table = {
    rows,
    columns: [
      columnFrom(
        'ward',
        Array.from({ length: rows }, () => `w${random.below(290)}`),
        'category',
      ),
      columnFrom(
        'y',
        Array.from({ length: rows }, () => String(random.below(2))),
      ),
      columnFrom(
        'x',
        Array.from({ length: rows }, () => String(random.normal())),
      ),
    ],
    patients: Int32Array.from({ length: rows }, (_, row) => row),
    encounters: new Int32Array(rows),
  }
  const { leaks } = check(table, { study: 's', outcome: { task: 'diagnosis', target: 'y' }, learner: 'logistic' })
  expect(leaks).toEqual([])
})

test('leaks into a time and into a value are found as well, and real findings are not called leaks', () => {
  const pbc = sampleTable('pbc')
  const time = columnOf(pbc, 'time')!.values
  const leaky = withColumn(pbc, {
    name: 'visits',
    kind: 'number',
    unit: null,
    levels: null,
    values: time.map((t) => Math.ceil(t / 30)),
  })
  const survival: StudyDesignInput = {
    study: 'pbc',
    outcome: { task: 'survival', time: 'time', event: { column: 'status', values: ['2'] } },
    exclude: ['id'],
    learner: 'cox',
  }
  expect(check(leaky, survival).leaks.map(({ column }) => column)).toEqual(['visits'])
  const biopsy = check(sampleTable('biopsy', 'ID'), {
    study: 'biopsy',
    outcome: { task: 'diagnosis', target: 'class' },
    exclude: ['ID'],
    learner: 'forest',
  })
  expect(biopsy.leaks).toEqual([])
  const boys = sampleTable('boys')
  const value: StudyDesignInput = {
    study: 'boys',
    outcome: { task: 'regression', target: 'wgt' },
    features: ['reg', 'tv', 'pounds'],
    learner: 'linear',
  }
  const wgt = columnOf(boys, 'wgt')!.values
  const pounds = withColumn(boys, {
    name: 'pounds',
    kind: 'number',
    unit: null,
    levels: null,
    values: wgt.map((kg) => kg * 2.2),
  })
  expect(check(pounds, value).leaks.map(({ column }) => column)).toEqual(['pounds'])
})

const matrixOf = (columns: number[][], terms: string[], source = terms.map((_, at) => at)): Matrix => ({
  rows: columns[0].length,
  columns: columns.length,
  data: Float64Array.from(columns.flat()),
  terms,
  source,
})

test("variance inflation and the condition number are R's (car::vif, kappa of the scaled columns)", () => {
  const golden = readGolden<{ x: number[][]; terms: string[]; vif: number[]; condition: number; correlation: number }>(
    'collinearity',
  )
  const found = collinearityOf(matrixOf(golden.x, golden.terms))!
  const large = golden.terms
    .map((term, at) => ({ term, factor: golden.vif[at] }))
    .filter(({ factor }) => factor > 10)
    .sort((a, b) => b.factor - a.factor)
  expect(large.length).toBeGreaterThan(1)
  expect(found.inflation.map(({ term }) => term)).toEqual(large.map(({ term }) => term))
  found.inflation.forEach(({ factor }, at) => {
    expect(factor! / large[at].factor).toBeCloseTo(1, 9)
  })
  expect(found.condition! / golden.condition).toBeCloseTo(1, 9)
  expect(found.pairs[0].correlation).toBeCloseTo(golden.correlation, 12)
})

test('a column that is a sum of others is called that, and a one-hot category is not held against itself', () => {
  const random = randomOf(5)
  const draw = () => Array.from({ length: 60 }, () => random.normal())
  const [a, b] = [draw(), draw()]
  const sum = a.map((value, at) => value + b[at])
  const found = collinearityOf(matrixOf([a, b, sum], ['a', 'b', 'sum']))!
  expect(found.condition).toBeNull()
  expect(found.inflation.map(({ factor }) => factor)).toEqual([null, null, null])
  const level = Array.from({ length: 60 }, () => random.below(3))
  const oneHot = [0, 1, 2].map((k) => level.map((value) => Number(value === k)))
  const clean = collinearityOf(matrixOf([a, ...oneHot], ['a', 'x0', 'x1', 'x2'], [0, 1, 1, 1]))!
  expect(clean.pairs).toEqual([])
  expect(clean.inflation).toEqual([])
  expect(clean.condition!).toBeLessThan(5)
})
