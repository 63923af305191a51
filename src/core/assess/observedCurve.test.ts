import { expect, test } from 'vitest'
import { readGolden, relativeDifference, sampleTable, valuesOf } from '../../../test/golden/sampleTable.ts'
import { survivalAt } from '../cohort/curves/productLimit.ts'
import { type IntervalKind, numbersAtRisk, observedCurve, restrictedMean, survivalQuantile } from './observedCurve.ts'

interface Golden {
  n: number
  steps: number
  step: number[]
  times: number[]
  atRisk: number[]
  events: number[]
  censored: number[]
  survival: number[]
  logError: (number | null | string)[]
  intervals: Record<
    IntervalKind,
    {
      low: (number | null)[]
      high: (number | null)[]
      median: Record<'value' | 'low' | 'high', number | null>
    }
  >
  at: number[]
  atRiskAt: number[]
  shares: number[]
  quantiles: (number | null)[]
  tau: number
  mean: number
  meanError: number
}
const golden = readGolden<Record<string, Golden>>('km')

const cohort = (name: string): { time: Float64Array; event: Uint8Array } => {
  if (name === 'flat') return { time: Float64Array.of(1, 2, 3, 4), event: Uint8Array.of(1, 1, 0, 1) }
  if (name === 'small')
    return { time: Float64Array.of(1, 1, 2, 2, 3, 4, 4, 5), event: Uint8Array.of(1, 0, 1, 1, 0, 1, 0, 0) }
  const table = sampleTable(name)
  const gbsg = name === 'gbsg'
  const seen = gbsg ? 1 : 2
  return {
    time: valuesOf(table, gbsg ? 'rfstime' : 'time'),
    event: Uint8Array.from(valuesOf(table, 'status'), (status) => (status === seen ? 1 : 0)),
  }
}

for (const [name, expected] of Object.entries(golden))
  test(`the curve a doctor compares a patient with is R's survfit: ${name}`, () => {
    const { time, event } = cohort(name)
    for (const interval of ['log', 'logLog', 'plain'] as const) {
      const curve = observedCurve({ time, event }, { interval })
      expect(curve.times.length).toBe(expected.steps)
      const pick = (values: Float64Array) => expected.step.map((step) => values[step])
      expect(pick(curve.times)).toEqual(expected.times)
      expect(pick(curve.atRisk)).toEqual(expected.atRisk)
      expect(pick(curve.events)).toEqual(expected.events)
      expect(pick(curve.censored)).toEqual(expected.censored)
      expect(relativeDifference(pick(curve.survival), expected.survival)).toBeLessThan(1e-12)
      const { low, high, median } = expected.intervals[interval]
      expected.step.forEach((step, i) => {
        // R says NA where S is 0; with log-log also where it is still 1.
        if (low[i] !== null) expect(curve.low[step]).toBeCloseTo(low[i], 12)
        else if (curve.survival[step] === 0) expect([curve.low[step], curve.high[step] > 0]).toEqual([0, true])
        else expect([curve.low[step], curve.high[step]]).toEqual([1, 1])
        if (high[i] !== null) expect(curve.high[step]).toBeCloseTo(high[i], 12)
        if (typeof expected.logError[i] === 'number') expect(curve.logError[step]).toBeCloseTo(expected.logError[i], 12)
      })
      expect(survivalQuantile(curve)).toEqual(median)
      expected.shares.forEach((share, i) => {
        expect(survivalQuantile(curve, share).value).toBe(expected.quantiles[i])
      })
    }
    const curve = observedCurve({ time, event })
    expect(Array.from(numbersAtRisk(curve, expected.at))).toEqual(expected.atRiskAt)
    const mean = restrictedMean(curve, expected.tau)
    expect(mean.value).toBeCloseTo(expected.mean, 9)
    expect(mean.standardError).toBeCloseTo(expected.meanError, 9)
  })

test('survival before the first event is 1 and stays flat after the last follow-up', () => {
  const { time, event } = cohort('lung')
  const curve = observedCurve({ time, event })
  expect(survivalAt(curve, 0)).toBe(1)
  expect(survivalAt(curve, 1e6)).toBe(curve.survival.at(-1))
})

test('nobody has the event: the curve stays at 1 and no median is made up', () => {
  const curve = observedCurve({ time: Float64Array.of(3, 5, 8), event: new Uint8Array(3) })
  expect(Array.from(curve.survival)).toEqual([1, 1, 1])
  expect(Array.from(curve.low)).toEqual([1, 1, 1])
  expect(survivalQuantile(curve)).toEqual({ value: null, low: null, high: null })
})

test('negative times and empty cohorts are refused in words', () => {
  expect(() => observedCurve({ time: Float64Array.of(-1, 2), event: Uint8Array.of(1, 1) })).toThrow(/negative time/)
  expect(() => observedCurve({ time: new Float64Array(0), event: new Uint8Array(0) })).toThrow(/no row/)
})
