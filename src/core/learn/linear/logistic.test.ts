import { expect, test } from 'vitest'
import {
  asCategory,
  classOutcome,
  columnFrom,
  completeCases,
  derived,
  quietContext,
  readGolden,
  relativeDifference,
  sampleTable,
  valuesOf,
} from '../../../../test/golden/sampleTable.ts'
import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import { takeMatrixRows, takeOutcomeRows } from '../../cohort/matrix.ts'
import type { Table } from '../../cohort/table.ts'
import { decodeArtifact, encodeArtifact } from '../../numbers/bytes.ts'
import { randomOf } from '../../numbers/random.ts'
import { classPredictor } from '../predictor.ts'
import { logistic } from './logistic.ts'

interface Binary {
  target: string
  features: string[]
  n: number
  term: string[]
  estimate: number[]
  standardError: number[]
  p: number[]
  aliased: string[]
  logLikelihood: number
  nullLogLikelihood: number
  iterations: number
  firstFive: number[]
  low: number[]
  high: number[]
}
interface Ridge {
  target: string
  features: string[]
  l2: number
  estimate: number[]
  slopeErrors: number[]
  logLikelihood: number
}
interface Multinomial {
  target: string
  features: string[]
  classes: string[]
  term: string[]
  estimate: number[]
  standardError: number[]
  logLikelihood: number
  nullLogLikelihood: number
  firstRow: number[]
}
const golden = readGolden<
  Record<'biopsy' | 'pima' | 'pimaWeighted' | 'wcgs' | 'wcgsCollinear', Binary> & {
    ridge: Ridge[]
    ectopic: Multinomial
    boysRegion: Multinomial
  }
>('glm')

const wcgs = (): Table => {
  const table = derived(sampleTable('wcgs'), 'pulse', ['sbp0', 'dbp0'], (systolic, diastolic) => systolic - diastolic)
  return asCategory(asCategory(table, 'dibpat0'), 'behpat0', (code) => ['A1', 'A2', 'B3', 'B4'][code - 1])
}
const tables = {
  biopsy: () => sampleTable('biopsy'),
  pima: () => sampleTable('pima'),
  pimaWeighted: () => sampleTable('pima'),
  wcgs,
  wcgsCollinear: wcgs,
}

for (const name of ['biopsy', 'pima', 'pimaWeighted', 'wcgs', 'wcgsCollinear'] as const)
  test(`odds ratios a paper would print: ${name}, as R's glm to nine digits`, async () => {
    const expected = golden[name]
    const table = tables[name]()
    const { x, rows } = completeCases(table, expected.features, [expected.target])
    expect(x.rows).toBe(expected.n)
    const weights =
      name === 'pimaWeighted'
        ? Float64Array.from(rows, (row) => 1 + Number(valuesOf(table, 'age')[row] > 30))
        : undefined
    const outcome = classOutcome(table, expected.target, rows)
    const { fit, state, warnings } = await logistic.fit(x, outcome, { l2: 0 }, quietContext, weights)
    if (!fit) throw new Error('no fit')
    expect(fit.coefficients.map(({ term }) => term)).toEqual(expected.term)
    const of = (key: 'estimate' | 'standardError' | 'p') => fit.coefficients.map((row) => row[key] ?? Number.NaN)
    expect(relativeDifference(of('estimate'), expected.estimate)).toBeLessThan(1e-9)
    expect(relativeDifference(of('standardError'), expected.standardError)).toBeLessThan(1e-9)
    expect(relativeDifference(of('p'), expected.p)).toBeLessThan(1e-8)
    expect(fit.logLikelihood).toBeCloseTo(expected.logLikelihood, 9)
    expect(fit.nullLogLikelihood).toBeCloseTo(expected.nullLogLikelihood, 9)
    expect([fit.iterations, fit.converged]).toEqual([expected.iterations, true])
    expect(warnings.map(({ message }) => message)).toEqual(
      expected.aliased.map((term) => expect.stringContaining(term)),
    )

    const predictor = await logistic.load(decodeArtifact(encodeArtifact(state)))
    const first = takeMatrixRows(x, [0, 1, 2, 3, 4])
    const second = (values?: Float64Array) => [0, 1, 2, 3, 4].map((row) => values?.[row * 2 + 1] ?? Number.NaN)
    const interval = classPredictor(predictor).interval?.(first, 0.95)
    expect(relativeDifference(second(classPredictor(predictor).probabilities(first)), expected.firstFive)).toBeLessThan(
      1e-9,
    )
    expect(relativeDifference(second(interval?.low), expected.low)).toBeLessThan(1e-8)
    expect(relativeDifference(second(interval?.high), expected.high)).toBeLessThan(1e-8)
  })

test('the default penalty is the stated one: standardised columns, intercept free, l2/2 on the log-likelihood', async () => {
  for (const expected of golden.ridge) {
    const table = expected.target === 'type' ? sampleTable('pima') : sampleTable('biopsy')
    const { x, rows } = completeCases(table, expected.features, [expected.target])
    const outcome = classOutcome(table, expected.target, rows)
    const { fit } = await logistic.fit(x, outcome, { l2: expected.l2 }, quietContext)
    const rowsOf = fit?.coefficients ?? []
    expect(
      relativeDifference(
        rowsOf.map(({ estimate }) => estimate),
        expected.estimate,
      ),
    ).toBeLessThan(1e-8)
    const errors = rowsOf.slice(1).map(({ standardError }) => standardError ?? Number.NaN)
    expect(relativeDifference(errors, expected.slopeErrors)).toBeLessThan(1e-6)
    expect(fit?.logLikelihood).toBeCloseTo(expected.logLikelihood, 8)
    expect(rowsOf.every(({ p }) => p === null)).toBe(true)
  }
})

for (const name of ['ectopic', 'boysRegion'] as const)
  test(`several diagnoses at once: ${name}, as nnet's multinom at its maximum`, async () => {
    const expected = golden[name]
    const table = sampleTable(name === 'ectopic' ? 'ectopic' : 'boys')
    const { x, rows } = completeCases(table, expected.features, [expected.target])
    const outcome = classOutcome(table, expected.target, rows)
    const { fit, state, warnings } = await logistic.fit(x, outcome, { l2: 0 }, quietContext)
    expect(fit?.coefficients.map(({ term }) => term)).toEqual(expected.term)
    const of = (key: 'estimate' | 'standardError') => fit?.coefficients.map((row) => row[key] ?? Number.NaN) ?? []
    expect(relativeDifference(of('estimate'), expected.estimate, 1e-3)).toBeLessThan(1e-8)
    expect(relativeDifference(of('standardError'), expected.standardError)).toBeLessThan(1e-8)
    expect(fit?.logLikelihood).toBeCloseTo(expected.logLikelihood, 9)
    expect(fit?.nullLogLikelihood).toBeCloseTo(expected.nullLogLikelihood, 9)
    expect(warnings).toEqual([])
    const predictor = await logistic.load(state)
    const first = takeMatrixRows(x, [0])
    expect(relativeDifference(classPredictor(predictor).probabilities(first) ?? [], expected.firstRow)).toBeLessThan(
      1e-9,
    )
    const interval = classPredictor(predictor).interval?.(first, 0.95)
    expected.firstRow.forEach((probability, label) => {
      expect(interval?.low[label]).toBeLessThan(probability)
      expect(interval?.high[label]).toBeGreaterThan(probability)
    })
  })

const matrixOf = (columns: Record<string, ArrayLike<number>>): Matrix => {
  const terms = Object.keys(columns)
  return {
    rows: columns[terms[0]].length,
    columns: terms.length,
    terms,
    source: terms.map((_, index) => index),
    data: Float64Array.from(terms.flatMap((term) => Array.from(columns[term]))),
  }
}
const labels = (y: ArrayLike<number>, classes = ['no', 'yes']): Outcome => ({
  task: 'diagnosis',
  classes,
  y: Int32Array.from(y),
})
const reasons = (warnings: { reason: string }[]) => warnings.map(({ reason }) => reason)

const random = randomOf(5)
const noise = Array.from({ length: 60 }, () => random.normal())

test('a feature that separates the classes is named instead of shown with an odds ratio of millions', async () => {
  const marker = Array.from({ length: 60 }, (_, i) => i + (i < 30 ? 0 : 0.5))
  const y = marker.map((_, i) => (i < 30 ? 0 : 1))
  const complete = await logistic.fit(matrixOf({ noise, marker }), labels(y), { l2: 0 }, quietContext)
  expect(reasons(complete.warnings)).toContain('completeSeparation')
  expect(complete.warnings.find(({ reason }) => reason === 'completeSeparation')?.message).toMatch(/marker.*l2/)

  const eased = await logistic.fit(matrixOf({ noise, marker }), labels(y), { l2: 1 }, quietContext)
  expect(eased.fit?.converged).toBe(true)
  expect(Math.abs(eased.fit?.coefficients[2].estimate ?? Number.NaN)).toBeLessThan(1)
  const probabilities = classPredictor(await logistic.load(eased.state)).probabilities(matrixOf({ noise, marker }))
  expect(probabilities?.every((p) => p > 1e-6 && p < 1 - 1e-6)).toBe(true)
})

test('a finding that only the diseased have (quasi-separation) is named, the other features are not', async () => {
  const finding = noise.map((_, i) => (i % 6 === 0 ? 1 : 0))
  const y = noise.map((value, i) => (i % 6 === 0 || value + random.normal() > 0.5 ? 1 : 0))
  const { warnings } = await logistic.fit(matrixOf({ noise, finding }), labels(y), { l2: 0 }, quietContext)
  const said = warnings.find(({ reason }) => reason === 'quasiSeparation')?.message ?? ''
  expect(said).toContain('finding')
  expect(said).not.toContain('noise')

  const three = y.map((value, i) => (i % 6 === 0 ? 2 : value))
  const several = await logistic.fit(
    matrixOf({ noise, finding }),
    labels(three, ['a', 'b', 'c']),
    { l2: 0 },
    quietContext,
  )
  expect(reasons(several.warnings).some((reason) => reason.endsWith('Separation'))).toBe(true)
})

test('strong but overlapping predictors are not accused of separation', async () => {
  for (let round = 0; round < 30; round++) {
    const a = Array.from({ length: 200 }, () => random.normal())
    const y = a.map((value) => (random.uniform() < 1 / (1 + Math.exp(-6 * value)) ? 1 : 0))
    const flipped = y.map((value, i) => (i === 0 ? (a[0] > 0 ? 0 : 1) : value))
    const { warnings, fit } = await logistic.fit(matrixOf({ a }), labels(flipped), { l2: 0 }, quietContext)
    expect(fit?.converged).toBe(true)
    expect(reasons(warnings).filter((reason) => reason.endsWith('Separation'))).toEqual([])
  }
})

test('biopsy has probabilities at the edge but no separation, pima a constant column: neither crashes nor misleads', async () => {
  const table = sampleTable('pima')
  const { x, rows } = completeCases(table, ['glu', 'age'], ['type'])
  const wide: Matrix = {
    ...x,
    columns: 4,
    terms: ['glu', 'age', 'one', 'glu2'],
    source: [0, 1, 2, 3],
    data: Float64Array.of(
      ...x.data,
      ...new Array(x.rows).fill(7),
      ...x.data.slice(0, x.rows).map((value) => value * 2),
    ),
  }
  const outcome = classOutcome(table, 'type', rows)
  const plain = await logistic.fit(x, outcome, { l2: 0 }, quietContext)
  const { fit, warnings, state } = await logistic.fit(wide, outcome, { l2: 0 }, quietContext)
  expect(fit?.coefficients.map(({ term }) => term)).toEqual(['(Intercept)', 'glu', 'age'])
  expect(reasons(warnings)).toEqual(['constantColumn', 'aliased'])
  fit?.coefficients.forEach(({ estimate }, j) => {
    expect(estimate).toBeCloseTo(plain.fit?.coefficients[j].estimate ?? Number.NaN, 10)
  })
  expect(classPredictor(await logistic.load(state)).probabilities(wide)[0]).toBeGreaterThan(0)
})

test('more features than rows: a penalised fit still predicts, an unpenalised one says what is wrong', async () => {
  const columns: Record<string, number[]> = {}
  for (let j = 0; j < 30; j++) columns[`x${j}`] = Array.from({ length: 12 }, () => random.normal())
  const y = Array.from({ length: 12 }, (_, i) => i % 2)
  const penalised = await logistic.fit(matrixOf(columns), labels(y), { l2: 1 }, quietContext)
  expect(penalised.fit?.converged).toBe(true)
  expect(penalised.fit?.coefficients.length).toBe(31)
  const bare = await logistic.fit(matrixOf(columns), labels(y), { l2: 0 }, quietContext)
  expect(reasons(bare.warnings)).toEqual(expect.arrayContaining(['aliased', 'completeSeparation']))
})

test('a class without training rows gets probability 0 and a warning; one class alone is refused', async () => {
  const y = noise.map((value) => (value > 0.3 ? 2 : 0))
  const mixed = y.map((value, i) => (i % 5 === 0 ? 2 - value : value))
  const fitted = await logistic.fit(matrixOf({ noise }), labels(mixed, ['a', 'b', 'c']), { l2: 1 }, quietContext)
  expect(reasons(fitted.warnings)).toEqual(['absentClass'])
  const probabilities =
    classPredictor(await logistic.load(fitted.state)).probabilities(matrixOf({ noise: [0.1] })) ?? []
  expect(probabilities[1]).toBe(0)
  expect(probabilities[0] + probabilities[2]).toBeCloseTo(1, 12)
  const alone = logistic.fit(
    matrixOf({ noise }),
    labels(
      noise.map(() => 1),
      ['a', 'b'],
    ),
    { l2: 1 },
    quietContext,
  )
  await expect(alone).rejects.toMatchObject({ failure: { code: 'invalidInput', reason: 'oneClassOnly' } })
})

test('a case weight of 2 is the same as the row twice, one of 0 as no row', async () => {
  const x = matrixOf({ noise, other: noise.map((value, i) => value * ((i % 7) - 3)) })
  const outcome = labels(noise.map((value, i) => ((i * 7) % 5 < 2 + value ? 1 : 0)))
  const weights = Float64Array.from(noise, (_, i) => i % 3)
  const twice = [...weights.keys()].flatMap((row) => new Array<number>(weights[row]).fill(row))
  const weighted = await logistic.fit(x, outcome, { l2: 0 }, quietContext, weights)
  const repeated = await logistic.fit(
    takeMatrixRows(x, twice),
    takeOutcomeRows(outcome, twice),
    { l2: 0 },
    quietContext,
  )
  // Two different starts, so equal only to the convergence rule.
  weighted.fit?.coefficients.forEach(({ estimate }, j) => {
    expect(estimate).toBeCloseTo(repeated.fit?.coefficients[j].estimate ?? Number.NaN, 4)
  })
  expect(weighted.fit?.logLikelihood).toBeCloseTo(repeated.fit?.logLikelihood ?? Number.NaN, 6)
})

test('contributions add up to the log odds of the class asked about', async () => {
  for (const classes of [2, 3]) {
    const y = noise.map((_, i) => i % classes)
    const x = matrixOf({ noise, other: noise.map((value, i) => value + (i % 4)) })
    const { state } = await logistic.fit(x, labels(y, ['a', 'b', 'c'].slice(0, classes)), { l2: 0.5 }, quietContext)
    const predictor = await logistic.load(state)
    const probabilities = classPredictor(predictor).probabilities(x) ?? new Float64Array(0)
    for (let label = 0; label < classes; label++) {
      const shares = predictor.contributions?.(x, { class: label })
      for (let i = 0; i < x.rows; i++) {
        const own = probabilities.slice(i * classes, (i + 1) * classes)
        const sum = (shares?.baseline ?? 0) + (shares?.values[i * 2] ?? 0) + (shares?.values[i * 2 + 1] ?? 0)
        const logs = Array.from(own, Math.log)
        const expected =
          classes === 2
            ? logs[label] - logs[1 - label]
            : logs[label] - logs.reduce((total, value) => total + value, 0) / classes
        expect(sum).toBeCloseTo(expected, 9)
      }
    }
  }
})

test('missing values never reach the arithmetic', async () => {
  const broken = logistic.fit(matrixOf({ a: [1, Number.NaN, 3] }), labels([0, 1, 0]), { l2: 1 }, quietContext)
  await expect(broken).rejects.toMatchObject({ failure: { reason: 'missingValues' } })
})

test('columnFrom keeps code-unit order of levels, as R with method = radix', () => {
  expect(columnFrom('size', ['<=20', '20-50', '>50', 'a', 'B', '']).levels).toEqual(['20-50', '<=20', '>50', 'B', 'a'])
})
