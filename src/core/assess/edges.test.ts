import { expect, test } from 'vitest'
import { AssessmentSchema } from '../../contract/models.ts'
import { randomOf } from '../numbers/random.ts'
import { compareModels } from './compare.ts'
import { concordance } from './concordance.ts'
import { assessDiagnosis } from './diagnosis.ts'
import { wilson } from './intervals.ts'
import { auroc } from './ranking.ts'
import { assessRegression } from './regression.ts'
import { assessSurvival } from './survival.ts'

const two = (p: readonly number[]) => Float64Array.from(p.flatMap((one) => [1 - one, one]))
const diagnose = (y: number[], p: number[]) =>
  assessDiagnosis({ y: Int32Array.from(y), probabilities: two(p), classes: ['a', 'b'], positive: null, seed: 3 })

const uniform = (n: number, seed: number) => {
  const random = randomOf(seed)
  return Array.from({ length: n }, () => random.uniform())
}

/** The contract's schema lets no NaN or infinity through. */
const sound = (assessed: unknown) => expect(AssessmentSchema.safeParse(assessed).error?.issues).toBeUndefined()

test('held-out rows of one class only give nulls, not an area of NaN on a screen', () => {
  const assessed = diagnose([1, 1, 1, 1], [0.2, 0.6, 0.7, 0.9])
  sound(assessed)
  expect(assessed.metrics.auroc.value).toBeNull()
  expect(assessed.metrics.specificity.value).toBeNull()
  expect(assessed.metrics.calibrationSlope.value).toBeNull()
  expect(assessed.roc).toBeNull()
  expect(assessed.metrics.sensitivity.value).toBe(0.75)
})

test('constant predictions, perfect predictions, one row and no rows are assessed without a crash', () => {
  const constant = diagnose([0, 1, 0, 1, 0], [0.4, 0.4, 0.4, 0.4, 0.4])
  sound(constant)
  expect(constant.metrics.auroc.value).toBe(0.5)
  expect(constant.metrics.calibrationSlope.value).toBeNull()
  expect(constant.metrics.calibrationIntercept.value).toBeCloseTo(0, 9)
  expect(constant.metrics.ici.value).toBeCloseTo(0, 9)
  const perfect = diagnose([0, 0, 1, 1, 1], [0, 0, 1, 1, 1])
  sound(perfect)
  expect(perfect.metrics.calibrationSlope.value).toBeNull()
  sound(diagnose([1], [0.3]))
  sound(diagnose([], []))
  sound(diagnose([0, 1], [0.1, 0.9]))
})

test('a perfect area does not claim certainty: its lower limit is that of so few cases', () => {
  const { value, low, high } = auroc([0, 0, 0, 0, 1, 1, 1], [1, 2, 3, 4, 5, 6, 7])
  expect(value).toBe(1)
  expect(high).toBe(1)
  expect(low).toBeCloseTo(0.025 ** (1 / 3), 12)
})

test('an absent class among several leaves the mean over the classes that are there', () => {
  const assessed = assessDiagnosis({
    y: Int32Array.from([0, 0, 1, 1]),
    probabilities: Float64Array.from([0.7, 0.2, 0.1, 0.5, 0.3, 0.2, 0.2, 0.6, 0.2, 0.1, 0.8, 0.1]),
    classes: ['a', 'b', 'c'],
    positive: null,
    seed: 1,
  })
  sound(assessed)
  expect(assessed.metrics.auroc.value).toBe(1)
})

const survive = (time: number[], event: number[], risk: number[], horizon: number) =>
  assessSurvival({
    time: Float64Array.from(time),
    event,
    risk: Float64Array.from(risk),
    survival: Float64Array.from(risk.flatMap((one) => [Math.exp(-one), Math.exp(-2 * one)])),
    times: Float64Array.from([1, 2]),
    horizon,
    training: null,
    seed: 5,
  })

test('no event before the horizon, no event at all, nobody followed so far: nulls where nothing can be said', () => {
  const later = survive([3, 4, 5, 6], [1, 1, 0, 1], [0.4, 0.3, 0.2, 0.1], 2)
  sound(later)
  expect(later.metrics.auc.value).toBeNull()
  expect(later.metrics.observedExpected.value).toBe(0)
  expect(later.metrics.harrellC.value).toBe(1)
  const none = survive([3, 4, 5, 6], [0, 0, 0, 0], [0.4, 0.3, 0.2, 0.1], 2)
  sound(none)
  expect(none.metrics.harrellC.value).toBeNull()
  const beyond = survive([0.5, 0.7, 0.9], [1, 0, 1], [0.4, 0.3, 0.2], 2)
  sound(beyond)
  expect(beyond.metrics.brier.value).toBeNull()
  expect(beyond.calibration).toBeNull()
  expect(beyond.decision).toBeNull()
  sound(survive([1], [1], [0.5], 1))
  sound(survive([], [], [], 1))
  const constant = survive([0.5, 1, 1.5, 2, 2.5, 3], [1, 0, 1, 1, 0, 1], [0.3, 0.3, 0.3, 0.3, 0.3, 0.3], 2)
  sound(constant)
  expect(constant.metrics.harrellC.value).toBe(0.5)
  expect(constant.metrics.calibrationSlope.value).toBeNull()
})

test('values: one row, constant truth, constant prediction', () => {
  const assess = (y: number[], values: number[]) =>
    assessRegression({ y: Float64Array.from(y), values: Float64Array.from(values), seed: 1 })
  for (const assessed of [assess([1], [2]), assess([], []), assess([1, 1, 1], [1, 2, 3]), assess([1, 2, 3], [2, 2, 2])])
    sound(assessed)
  expect(assess([1, 1, 1], [1, 2, 3]).metrics.r2.value).toBeNull()
  expect(assess([1, 2, 3], [2, 2, 2]).metrics.calibrationSlope.value).toBeNull()
})

test('concordance by trees equals concordance by all pairs, ties and censoring included', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const n = 60
    const time = uniform(n, seed).map((u) => Math.ceil(u * 15))
    const event = uniform(n, seed + 100).map((u) => (u < 0.6 ? 1 : 0))
    const risk = uniform(n, seed + 200).map((u) => Math.ceil(u * 10))
    let [right, wrong, tied] = [0, 0, 0]
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        if (!event[i] || !(time[j] > time[i] || (time[j] === time[i] && !event[j]))) continue
        if (risk[i] > risk[j]) right++
        else if (risk[i] < risk[j]) wrong++
        else tied++
      }
    const fast = concordance(time, event, risk)
    expect([fast.concordant, fast.discordant, fast.tied]).toEqual([right, wrong, tied])
  }
})

test('a model compared with itself differs by nothing', () => {
  const p = uniform(80, 4)
  const y = Int32Array.from(uniform(80, 5), (u) => (u < 0.4 ? 1 : 0))
  const model = { task: 'diagnosis' as const, classes: 2, probabilities: two(p) }
  for (const metric of ['auroc', 'brier', 'logLoss', 'accuracy'])
    expect(compareModels(metric, model, model, { task: 'diagnosis', y }, 1)).toEqual({ value: 0, low: 0, high: 0 })
  expect(() => compareModels('nothing', model, model, { task: 'diagnosis', y }, 1)).toThrow(TypeError)
})

test('the same seed gives the same intervals', () => {
  const p = uniform(100, 8)
  const y = uniform(100, 9).map((u, i) => (u < p[i] ? 1 : 0))
  expect(diagnose(y, p)).toEqual(diagnose(y, p))
})

test('Wilson’s interval stands at known values', () => {
  const { low, high } = wilson(0, 10)
  expect(low).toBe(0)
  expect(high).toBeCloseTo(0.2775, 4)
  expect(wilson(0, 0)).toEqual({ value: null, low: null, high: null })
})
