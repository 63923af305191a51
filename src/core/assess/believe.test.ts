import { expect, test } from 'vitest'
import { randomOf } from '../numbers/random.ts'
import {
  calibrateClasses,
  calibrateValues,
  crossValidationInterval,
  measureClassCoverage,
  measureValueCoverage,
  predictionSet,
  valueInterval,
} from './conformal.ts'
import { frequencyCoverage, localFrequency, localSurvival, survivalCoverage } from './local.ts'

/** Three classes, the third rare and hard; probabilities are the true ones. */
const cases = (n: number, seed: number) => {
  const random = randomOf(seed)
  const probabilities = new Float64Array(n * 3)
  const y = new Int32Array(n)
  for (let row = 0; row < n; row++) {
    const weights = [random.uniform() ** 3, random.uniform() ** 3, 0.15 * random.uniform()]
    const sum = weights[0] + weights[1] + weights[2]
    weights.forEach((weight, k) => {
      probabilities[row * 3 + k] = weight / sum
    })
    const u = random.uniform()
    y[row] = u < weights[0] / sum ? 0 : u < (weights[0] + weights[1]) / sum ? 1 : 2
  }
  return { probabilities, y }
}

test('prediction sets hold the truth in the share of new patients they promise, whichever score', () => {
  const known = cases(2000, 1)
  const fresh = cases(4000, 2)
  for (const score of ['leastAmbiguous', 'adaptive'] as const) {
    const conformal = calibrateClasses(known.probabilities, known.y, 3, { score })
    let held = 0
    for (let row = 0; row < fresh.y.length; row++)
      if (predictionSet(conformal, fresh.probabilities, row * 3).includes(fresh.y[row])) held++
    expect(held / fresh.y.length).toBeGreaterThan(0.88)
    const measured = measureClassCoverage(known.probabilities, known.y, 3, 1, { score })
    expect(measured!.coverage.low).toBeLessThan(held / fresh.y.length)
    expect(measured!.coverage.high).toBeGreaterThan(held / fresh.y.length - 0.01)
    expect(measured!.size).toBeLessThan(3)
  }
})

test('a rare class is missed more often than promised unless sets are calibrated within each class', () => {
  const known = cases(3000, 3)
  const pooled = measureClassCoverage(known.probabilities, known.y, 3, 1)!
  const within = measureClassCoverage(known.probabilities, known.y, 3, 1, { perClass: true })!
  expect(pooled.byClass[2].value).toBeLessThan(0.8)
  expect(within.byClass[2].high).toBeGreaterThan(0.89)
  expect(within.byClass[2].value).toBeGreaterThan(0.84)
})

test('a prediction set is never empty, ranks by probability, and with too few cases rules nothing out', () => {
  const sure = calibrateClasses(
    Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 0.99 : 0.01)),
    new Int32Array(30),
    2,
  )
  expect(predictionSet(sure, [0.5, 0.5])).toEqual([0])
  const few = calibrateClasses([0.9, 0.1, 0.8, 0.2], [0, 0], 2)
  expect(predictionSet(few, [0.3, 0.7])).toEqual([1, 0])
})

test('intervals of values hold the truth as promised, and are open where too few cases stand behind them', () => {
  const random = randomOf(11)
  const values = Array.from({ length: 1000 }, () => random.normal())
  const y = values.map((value) => value + random.normal())
  const { reach } = calibrateValues(values, y)
  expect(reach).toBeGreaterThan(1.5)
  expect(reach).toBeLessThan(1.8)
  const measured = measureValueCoverage(values, y, 1)!
  expect(measured.coverage.low).toBeLessThan(0.9)
  expect(measured.coverage.high).toBeGreaterThan(0.9)
  expect(valueInterval(calibrateValues([1, 2], [1, 2]), 3)).toEqual({ low: null, high: null })
})

test('the CV+ interval is the one of its definition', () => {
  const residuals = Array.from({ length: 19 }, (_, i) => i + 1)
  const folds = residuals.map((_, i) => i % 2)
  const { low, high } = crossValidationInterval(residuals, folds, [100, 110])
  const lows = residuals.map((one, i) => [100, 110][folds[i]] - one).sort((a, b) => a - b)
  const highs = residuals.map((one, i) => [100, 110][folds[i]] + one).sort((a, b) => a - b)
  expect(low).toBe(lows[Math.floor(20 * 0.1 + 1e-9) - 1])
  expect(high).toBe(highs[Math.ceil(20 * 0.9 - 1e-9) - 1])
})

test('"patients like this one" counts the nearest predictions and the interval has the coverage it claims', () => {
  const random = randomOf(21)
  const predictions = Array.from({ length: 3000 }, () => random.uniform())
  const y = predictions.map((p) => (random.uniform() < p ? 1 : 0))
  const local = localFrequency(0.2, predictions, y)!
  expect(local.n).toBe(300)
  expect(local.predictedLow).toBeGreaterThan(0.1)
  expect(local.predictedHigh).toBeLessThan(0.3)
  expect(local.observed.low).toBeLessThan(0.2)
  expect(local.observed.high).toBeGreaterThan(0.2)
  const coverage = frequencyCoverage(predictions, y, 100)!
  expect(coverage.value).toBeGreaterThan(0.9)
  expect(coverage.value).toBeLessThan(0.99)
  expect(localFrequency(0.2, [], [])).toBeNull()
  expect(frequencyCoverage(predictions.slice(0, 40), y)).toBeNull()
})

test('neighbours that are not alike show as a coverage far below the claim', () => {
  const random = randomOf(31)
  const predictions = Array.from({ length: 4000 }, (_, i) => i / 4000)
  const uneven = predictions.map((_, i) => (random.uniform() < (Math.floor(i / 100) % 2 === 0 ? 0.1 : 0.9) ? 1 : 0))
  expect(frequencyCoverage(predictions, uneven, 400)!.value).toBeLessThan(0.3)
  expect(frequencyCoverage(predictions, uneven, 40)!.value).toBeGreaterThan(0.5)
})

test('survival among patients like this one falls from 1, stays within its band, and covers as claimed', () => {
  const random = randomOf(41)
  const n = 2000
  const predictions = Array.from({ length: n }, () => random.uniform())
  const death = predictions.map((p) => -Math.log(1 - random.uniform()) / (0.2 + p))
  const censored = predictions.map(() => 3 * random.uniform())
  const time = death.map((at, i) => Math.min(at, censored[i]))
  const event = death.map((at, i) => (at <= censored[i] ? 1 : 0))
  const local = localSurvival(0.5, predictions, time, event, [0, 0.5, 1, 2], 1)!
  expect(local.survival[0]).toBe(1)
  for (let i = 0; i < 4; i++) {
    expect(local.low[i]).toBeLessThanOrEqual(local.survival[i])
    expect(local.high[i]).toBeGreaterThanOrEqual(local.survival[i])
  }
  expect(local.observed.value).toBeCloseTo(1 - local.survival[2], 12)
  expect(local.observed.low).toBeLessThan(1 - Math.exp(-0.7))
  expect(local.observed.high).toBeGreaterThan(1 - Math.exp(-0.7))
  const coverage = survivalCoverage(predictions, time, event, 1, 100)!
  expect(coverage.value).toBeGreaterThan(0.88)
  expect(coverage.value).toBeLessThan(0.99)
})
