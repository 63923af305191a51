import { expect, test } from 'vitest'
import {
  completeCases,
  derived,
  quietContext,
  readGolden,
  relativeDifference,
  sampleTable,
  valuesOf,
} from '../../../../test/golden/sampleTable.ts'
import { type Matrix, takeMatrixRows } from '../../cohort/matrix.ts'
import { decodeArtifact, encodeArtifact } from '../../numbers/bytes.ts'
import { randomOf } from '../../numbers/random.ts'
import { valuePredictor } from '../predictor.ts'
import { linear } from './linear.ts'

interface Golden {
  target: string
  features: string[]
  n: number
  term: string[]
  estimate: number[]
  standardError: number[]
  p: number[]
  aliased: string[]
  sigma: number
  logLikelihood: number
  nullLogLikelihood: number
  firstFive: number[]
  low: number[]
  high: number[]
}
const golden = readGolden<Record<'bodyfat' | 'diabetes' | 'diabetesWeighted' | 'boysCollinear', Golden>>('glm')
const tables = {
  bodyfat: () => sampleTable('bodyfat'),
  diabetes: () => sampleTable('diabetes'),
  diabetesWeighted: () => sampleTable('diabetes'),
  boysCollinear: () => derived(sampleTable('boys'), 'double', ['age'], (age) => 2 * age + 1),
}

for (const name of Object.keys(tables) as (keyof typeof tables)[])
  test(`coefficients, tests and prediction intervals: ${name}, as R's lm to nine digits`, async () => {
    const expected = golden[name]
    const table = tables[name]()
    const { x, rows } = completeCases(table, expected.features, [expected.target])
    expect(x.rows).toBe(expected.n)
    const y = Float64Array.from(rows, (row) => valuesOf(table, expected.target)[row])
    const weights =
      name === 'diabetesWeighted' ? Float64Array.from(rows, (row) => 1 + valuesOf(table, 'sex')[row]) : undefined
    const { fit, state, warnings } = await linear.fit(x, { task: 'regression', y }, { l2: 0 }, quietContext, weights)
    expect(fit?.coefficients.map(({ term }) => term)).toEqual(expected.term)
    const of = (key: 'estimate' | 'standardError' | 'p') => fit?.coefficients.map((row) => row[key] ?? Number.NaN) ?? []
    expect(relativeDifference(of('estimate'), expected.estimate)).toBeLessThan(1e-9)
    expect(relativeDifference(of('standardError'), expected.standardError)).toBeLessThan(1e-9)
    expect(relativeDifference(of('p'), expected.p, 1e-200)).toBeLessThan(1e-8)
    expect(fit?.logLikelihood).toBeCloseTo(expected.logLikelihood, 8)
    expect(fit?.nullLogLikelihood).toBeCloseTo(expected.nullLogLikelihood, 8)
    expect(state.header.sigma).toBeCloseTo(expected.sigma, 9)
    expect(warnings.map(({ message }) => message)).toEqual(
      expected.aliased.map((term) => expect.stringContaining(term)),
    )

    const predictor = await linear.load(decodeArtifact(encodeArtifact(state)))
    const first = takeMatrixRows(x, [0, 1, 2, 3, 4])
    expect(relativeDifference(valuePredictor(predictor).values(first) ?? [], expected.firstFive)).toBeLessThan(1e-9)
    const interval = valuePredictor(predictor).interval?.(first, 0.95)
    expect(relativeDifference(interval?.low ?? [], expected.low, 1)).toBeLessThan(1e-9)
    expect(relativeDifference(interval?.high ?? [], expected.high)).toBeLessThan(1e-9)
    const shares = predictor.contributions?.(first, { value: true })
    for (let i = 0; i < 5; i++) {
      let sum = shares?.baseline ?? Number.NaN
      for (let j = 0; j < x.columns; j++) sum += shares?.values[i * x.columns + j] ?? Number.NaN
      expect(sum).toBeCloseTo(expected.firstFive[i], 8)
    }
  })

const matrixOf = (columns: number[][]): Matrix => ({
  rows: columns[0].length,
  columns: columns.length,
  terms: columns.map((_, j) => `x${j}`),
  source: columns.map((_, j) => j),
  data: Float64Array.from(columns.flat()),
})
const random = randomOf(21)
const normals = (count: number) => Array.from({ length: count }, () => random.normal())

test('a ridge fit has a zero gradient of the stated objective', async () => {
  const columns = [normals(40), normals(40).map((value) => 100 + 20 * value), normals(40)]
  const y = Float64Array.from(columns[0], (value, i) => 3 * value + columns[1][i] / 10 + random.normal())
  const l2 = 7
  const { fit } = await linear.fit(matrixOf(columns), { task: 'regression', y }, { l2 }, quietContext)
  const [intercept, ...slopes] = fit?.coefficients.map(({ estimate }) => estimate) ?? []
  const residual = Array.from(
    y,
    (value, i) => value - intercept - slopes.reduce((sum, slope, j) => sum + slope * columns[j][i], 0),
  )
  expect(residual.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 8)
  columns.forEach((column, j) => {
    const mean = column.reduce((sum, value) => sum + value, 0) / 40
    const sd = Math.sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 39)
    const gradient = column.reduce((sum, value, i) => sum + ((value - mean) / sd) * residual[i], 0)
    expect(gradient).toBeCloseTo(l2 * slopes[j] * sd, 8)
  })
})

test('years near 1990 lose no digits to their size', async () => {
  const year = Array.from({ length: 30 }, (_, i) => 1980 + (i % 13))
  const y = Float64Array.from(year, (value, i) => 2 * (value - 1980) + (i % 2 === 0 ? 0.5 : -0.5))
  const near = await linear.fit(
    matrixOf([year.map((value) => value - 1980)]),
    { task: 'regression', y },
    { l2: 0 },
    quietContext,
  )
  const far = await linear.fit(matrixOf([year]), { task: 'regression', y }, { l2: 0 }, quietContext)
  expect(far.fit?.coefficients[1].estimate).toBeCloseTo(near.fit?.coefficients[1].estimate ?? Number.NaN, 12)
  expect(far.fit?.coefficients[1].standardError).toBeCloseTo(near.fit?.coefficients[1].standardError ?? Number.NaN, 12)
})

test('as many coefficients as rows: no standard errors are made up', async () => {
  const { fit, warnings, state } = await linear.fit(
    matrixOf([normals(4), normals(4), normals(4), normals(4)]),
    { task: 'regression', y: Float64Array.from(normals(4)) },
    { l2: 0 },
    quietContext,
  )
  expect(warnings.map(({ reason }) => reason)).toEqual(['aliased', 'saturated'])
  expect(fit?.coefficients.every(({ standardError }) => standardError === null)).toBe(true)
  expect(JSON.stringify(state.header)).not.toContain('NaN')
})

test('a feature that is the target under another name is said', async () => {
  const column = normals(20)
  const y = Float64Array.from(column, (value) => 2 * value + 1)
  const { warnings } = await linear.fit(
    matrixOf([column, normals(20)]),
    { task: 'regression', y },
    { l2: 0 },
    quietContext,
  )
  expect(warnings.map(({ reason }) => reason)).toEqual(['perfectFit'])
})

test('a missing target or nothing but constants is refused in words', async () => {
  const reason = (columns: number[][], y: number[]) =>
    linear.fit(matrixOf(columns), { task: 'regression', y: Float64Array.from(y) }, { l2: 0 }, quietContext).then(
      () => 'fitted',
      (error) => error.failure?.reason,
    )
  expect(await reason([[1, 2, 3]], [1, Number.NaN, 2])).toBe('missingOutcome')
  expect(await reason([[4, 4, 4]], [1, 2, 3])).toBe('noUsableFeature')
})
