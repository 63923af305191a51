import { expect, test } from 'vitest'
import {
  completeCases,
  quietContext,
  readGolden,
  relativeDifference,
  sampleTable,
  survivalOutcome,
  valuesOf,
} from '../../../../test/golden/sampleTable.ts'
import { takeMatrixRows } from '../../cohort/matrix.ts'
import { decodeArtifact, encodeArtifact } from '../../numbers/bytes.ts'
import { survivalPredictor } from '../predictor.ts'
import { aft } from './aft.ts'

interface Golden {
  data: string
  time: string
  status: string
  events: number[]
  features: string[]
  distribution: string
  weighted: boolean
  n: number
  term: string[]
  estimate: number[]
  standardError: number[]
  p: number[]
  logLikelihood: number
  nullLogLikelihood: number
  rows: number[]
  at: number[]
  survival: number[][]
  low: number[][]
  high: number[][]
  median: number[]
}
const tables = Object.fromEntries(['pbc', 'lung', 'gbsg'].map((name) => [name, sampleTable(name)]))
const setUp = (one: Golden) => {
  const table = tables[one.data]
  const { x, rows } = completeCases(table, one.features, [one.time, one.status])
  const ages = valuesOf(table, 'age')
  return {
    x,
    outcome: survivalOutcome(table, one.time, one.status, one.events, rows),
    weights: one.weighted ? Float64Array.from(rows, (row) => 0.5 + ages[row] / 50) : undefined,
  }
}

for (const one of readGolden<Golden[]>('aft'))
  test(`times are stretched as R's survreg stretches them: ${one.data}, ${one.distribution}${one.weighted ? ', weighted' : ''}`, async () => {
    const { x, outcome, weights } = setUp(one)
    expect(x.rows).toBe(one.n)
    const parameters = { distribution: one.distribution, l2: 0 }
    const { fit, state, warnings } = await aft.fit(x, outcome, parameters, quietContext, weights)
    const column = (key: 'estimate' | 'standardError' | 'p') => fit!.coefficients.map((line) => line[key] ?? Number.NaN)
    expect(fit!.coefficients.map(({ term }) => term)).toEqual(one.term)
    expect(relativeDifference(column('estimate'), one.estimate)).toBeLessThan(1e-7)
    expect(relativeDifference(column('standardError'), one.standardError)).toBeLessThan(1e-7)
    expect(relativeDifference(column('p'), one.p, 1e-12)).toBeLessThan(1e-6)
    expect(fit!.logLikelihood).toBeCloseTo(one.logLikelihood, 7)
    expect(fit!.nullLogLikelihood).toBeCloseTo(one.nullLogLikelihood, 7)
    expect([fit!.converged, warnings]).toEqual([true, []])
    const predictor = await aft.load(decodeArtifact(encodeArtifact(state)))
    const patients = takeMatrixRows(
      x,
      one.rows.map((row) => row - 1),
    )
    const survival = survivalPredictor(predictor).survival(patients, one.at)
    one.rows.forEach((_, patient) => {
      const theirs = (values: number[][]) => values.map((line) => line[patient])
      const own = one.at.map((_, t) => survival[patient * one.at.length + t])
      expect(relativeDifference(own, theirs(one.survival), 1e-6)).toBeLessThan(1e-6)
      const { low, high } = survivalPredictor(predictor).band!(patients, patient, one.at, 0.95)
      expect(relativeDifference(low, theirs(one.low), 1e-6)).toBeLessThan(1e-6)
      expect(relativeDifference(high, theirs(one.high), 1e-6)).toBeLessThan(1e-6)
    })
    expect(relativeDifference(survivalPredictor(predictor).timeOf!(patients, 0.5), one.median)).toBeLessThan(1e-7)
  })

test('a time of 0 or a late entry is refused in words, as the logarithm and the likelihood need', async () => {
  const { x, outcome } = setUp(readGolden<Golden[]>('aft')[0])
  if (outcome.task !== 'survival') throw new TypeError('not survival')
  const parameters = { distribution: 'weibull', l2: 0 }
  const time = outcome.time.slice()
  time[3] = 0
  const refused = (given: typeof outcome) =>
    aft.fit(x, given, parameters, quietContext).then(
      () => 'fitted',
      (error) => error.failure?.reason,
    )
  expect(await refused({ ...outcome, time })).toBe('timeZero')
  expect(await refused({ ...outcome, entry: new Float64Array(x.rows) })).toBe('entryNotTaken')
  expect(await refused({ ...outcome, event: new Uint8Array(x.rows) })).toBe('noEvents')
})

test('a penalty pulls coefficients towards no effect, and offers no tests it cannot back', async () => {
  const { x, outcome } = setUp(readGolden<Golden[]>('aft')[0])
  const fitted = async (l2: number) =>
    (await aft.fit(x, outcome, { distribution: 'lognormal', l2 }, quietContext)).fit!.coefficients.slice(1, -1)
  const [free, eased, strong] = [await fitted(0), await fitted(50), await fitted(1e8)]
  const length = (lines: typeof free) => Math.hypot(...lines.map(({ estimate }) => estimate))
  expect(length(eased)).toBeLessThan(length(free))
  expect(length(strong)).toBeLessThan(1e-4)
  expect(eased.every(({ p }) => p === null)).toBe(true)
})
