import { expect, test } from 'vitest'
import { derived, readGolden, relativeDifference, sampleTable, valuesOf } from '../../../test/golden/sampleTable.ts'
import { aalenJohansen } from '../cohort/curves/aalenJohansen.ts'
import { nelsonAalen, productLimit, stepIndex } from '../cohort/curves/productLimit.ts'
import { alignWithEntry } from '../cohort/curves/times.ts'
import { grayTest, logRankTest } from './groupTests.ts'
import { observedCurve } from './observedCurve.ts'

interface Curve {
  time: string
  entry: string | null
  at: number[]
  incidence: number[]
  error: number[]
  low: number[]
  high: number[]
  logLogLow: number[]
  logLogHigh: number[]
  weights: number[] | null
  survival: number[]
  survivalError: number[]
  hazard: number[]
  hazardError: number[]
}
interface Groups {
  time: string
  gray: number[]
  grayP: number[]
  logRank: number
  stratified: number
  expected: number[]
  observed: number[]
}
const golden = readGolden<{ curves: Record<string, Curve>; groups: Record<string, Groups> }>('competing')
let pbc = derived(sampleTable('pbc'), 'months', ['time'], (days) => Math.ceil(days / 30.4375))
pbc = derived(pbc, 'end', ['age', 'time'], (age, days) => age + days / 365.25)
const status = valuesOf(pbc, 'status')
const death = Uint8Array.from(status, (value) => (value === 2 ? 1 : 0))
const transplant = Uint8Array.from(status, (value) => (value === 1 ? 1 : 0))

for (const [name, expected] of Object.entries(golden.curves))
  test(`the chance of death where transplants compete, and survival, are R's survfit: ${name}`, () => {
    const time = valuesOf(pbc, expected.time)
    const entry = expected.entry ? valuesOf(pbc, expected.entry) : undefined
    const { weights } = expected
    const rows = { time, event: death, competing: transplant, ...(entry ? { entry } : {}) }
    const pick = (curve: { times: Float64Array }, values: Float64Array) =>
      expected.at.map((at) => values[stepIndex(curve.times, at)])
    for (const [interval, low, high] of [
      ['log', expected.low, expected.high],
      ['logLog', expected.logLogLow, expected.logLogHigh],
    ] as const) {
      const curve = observedCurve(rows, { interval, weights })
      const incidence = pick(curve, curve.survival).map((value) => 1 - value)
      expect(relativeDifference(incidence, expected.incidence)).toBeLessThan(1e-10)
      // With weights, and under late entry, R's error of several states is a robust one; ours is Greenwood's.
      if (weights || entry) continue
      const error = pick(curve, curve.logError).map((value, i) => value * (1 - incidence[i]))
      expect(relativeDifference(error, expected.error)).toBeLessThan(1e-8)
      expect(
        relativeDifference(
          pick(curve, curve.high).map((value) => 1 - value),
          low,
        ),
      ).toBeLessThan(1e-8)
      expect(
        relativeDifference(
          pick(curve, curve.low).map((value) => 1 - value),
          high,
        ),
      ).toBeLessThan(1e-8)
    }
    const [ends, entries] = entry ? alignWithEntry(time, entry) : [time, null]
    const curve = productLimit({ time: ends, entry: entries, weights, event: (row) => death[row] === 1 })
    expect(relativeDifference(pick(curve, curve.survival), expected.survival)).toBeLessThan(1e-10)
    const spread = curve.greenwood.map((value, i) => Math.sqrt(value) * curve.survival[i])
    expect(relativeDifference(pick(curve, spread), expected.survivalError)).toBeLessThan(1e-8)
    const { hazard, variance } = nelsonAalen(curve)
    expect(relativeDifference(pick(curve, hazard), expected.hazard)).toBeLessThan(1e-10)
    expect(relativeDifference(pick(curve, variance.map(Math.sqrt)), expected.hazardError)).toBeLessThan(1e-8)
  })

for (const [name, expected] of Object.entries(golden.groups))
  test(`stages are told apart as survdiff and cuminc tell them: ${name}`, () => {
    const stage = valuesOf(pbc, 'stage')
    const rows = Array.from(stage.keys()).filter((row) => !Number.isNaN(stage[row]))
    const take = (values: ArrayLike<number>) => rows.map((row) => values[row])
    const time = take(valuesOf(pbc, expected.time))
    const rank = logRankTest({ time, event: take(death), group: take(stage) })!
    expect(rank.chisq).toBeCloseTo(expected.logRank, 8)
    expect(rank.observed).toEqual(expected.observed)
    expect(relativeDifference(rank.expected, expected.expected)).toBeLessThan(1e-10)
    const sex = pbc.columns.find((column) => column.name === 'sex')!.values
    const stratified = logRankTest({ time, event: take(death), group: take(sex), strata: take(stage) })!
    expect(stratified.chisq).toBeCloseTo(expected.stratified, 8)
    for (const [k, of] of [death, transplant].entries()) {
      const other = k === 0 ? transplant : death
      const cause = rows.map((row) => (of[row] ? 1 : other[row] ? 2 : 0))
      const gray = grayTest({ time, cause, group: take(stage) })!
      expect(gray.chisq).toBeCloseTo(expected.gray[k], 8)
      // cuminc takes p from 1, so that the smallest have few digits.
      expect(gray.p).toBeCloseTo(expected.grayP[k], 11)
      expect(gray.df).toBe(3)
    }
  })

test('under late entry the error of an incidence without rivals is Greenwood’s', () => {
  const [time, entry] = [valuesOf(pbc, 'end'), valuesOf(pbc, 'age')]
  const cause = Uint8Array.from(death)
  const { incidence, variance } = aalenJohansen({ time, cause, entry })
  const curve = productLimit({ time, entry, event: (row) => death[row] === 1 })
  const last = curve.survival.findLastIndex((value) => value > 0)
  const expected = curve.greenwood.map((value, i) => value * curve.survival[i] ** 2)
  expect(relativeDifference(variance.slice(0, last), expected.slice(0, last), 1e-9)).toBeLessThan(1e-8)
  expect(
    relativeDifference(
      incidence,
      curve.survival.map((value) => 1 - value),
      1e-9,
    ),
  ).toBeLessThan(1e-10)
})

test('one group cannot be compared with itself, and no event says nothing', () => {
  const time = [1, 2, 3, 4]
  expect(logRankTest({ time, event: [1, 0, 1, 1], group: [1, 1, 1, 1] })).toBeNull()
  expect(logRankTest({ time, event: [0, 0, 0, 0], group: [1, 1, 2, 2] })).toBeNull()
  expect(grayTest({ time, cause: [0, 2, 0, 0], group: [1, 1, 2, 2] })).toBeNull()
})
