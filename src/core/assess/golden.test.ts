import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Estimate } from '../../contract/values.ts'
import { compareModels } from './compare.ts'
import { concordance, unoConcordance } from './concordance.ts'
import { assessDiagnosis } from './diagnosis.ts'
import { kaplanMeier, standardErrorAt, survivalEstimate } from './kaplanMeier.ts'
import { lowess } from './lowess.ts'
import { orderOf } from './ranking.ts'
import { assessRegression } from './regression.ts'
import { assessSurvival } from './survival.ts'

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../test/golden/${name}.json`, import.meta.url), 'utf8'))
const r = read('assess')
const sklearn = read('assess-sklearn')
const z = 1.959963984540054

const twoColumns = (p: readonly number[]) => Float64Array.from(p.flatMap((one) => [1 - one, one]))
const y = Int32Array.from(r.diagnosis.y)
const classes = ['No', 'Yes']
const diagnosed = (p: readonly number[]) =>
  assessDiagnosis({ y, probabilities: twoColumns(p), classes, positive: null, seed: 1 })
const near = (estimate: Estimate, expected: { value: number; low: number; high: number }, digits = 9) => {
  expect(estimate.value).toBeCloseTo(expected.value, digits)
  expect(estimate.low).toBeCloseTo(expected.low, digits)
  expect(estimate.high).toBeCloseTo(expected.high, digits)
}
const nearWald = (estimate: Estimate, value: number, error: number, digits = 7) =>
  near(estimate, { value, low: value - z * error, high: value + z * error }, digits)

test('a diagnosis model is judged as R and scikit-learn judge it', () => {
  const { expected } = r.diagnosis
  const { metrics, decision } = diagnosed(r.diagnosis.full)
  near(metrics.auroc, expected.auroc)
  nearWald(metrics.calibrationSlope, expected.slope.value, expected.slope.se)
  nearWald(metrics.calibrationIntercept, expected.intercept.value, expected.intercept.se)
  near(metrics.observedExpected, expected.observedExpected)
  for (const key of ['ici', 'e50', 'e90', 'brier'] as const) expect(metrics[key].value).toBeCloseTo(expected[key], 9)
  for (const key of ['sensitivity', 'specificity', 'ppv', 'npv', 'accuracy'] as const)
    near(metrics[key], r.diagnosis[key])
  for (const key of ['auroc', 'auprc', 'brier', 'logLoss', 'f1'] as const)
    expect(metrics[key].value).toBeCloseTo(sklearn.diagnosis[key], 9)
  for (const [threshold, model, treatAll] of expected.decision) {
    const at = decision?.find((point) => Math.abs(point.threshold - threshold) < 1e-9)
    expect(at?.model).toBeCloseTo(model, 9)
    expect(at?.treatAll).toBeCloseTo(treatAll, 9)
  }
})

test('tied predictions, as forests make them, do not inflate the area or bend the calibration', () => {
  const { tied } = r.diagnosis
  const p = r.diagnosis.full.map((one: number) => Math.round(one * 10) / 10)
  const assessed = diagnosed(p.map((one: number) => one * 0.9 + 0.05)).metrics
  near(assessed.auroc, tied.auroc)
  nearWald(assessed.calibrationSlope, tied.slope.value, tied.slope.se)
  for (const key of ['ici', 'e50', 'e90'] as const) expect(assessed[key].value).toBeCloseTo(tied[key], 9)
  const raw = diagnosed(sklearn.diagnosis.tied).metrics
  expect(raw.auprc.value).toBeCloseTo(sklearn.diagnosis.tiedAuprc, 9)
  expect(raw.auroc.value).toBeCloseTo(sklearn.diagnosis.tiedAuroc, 9)
})

test('the calibration curve is R lowess', () => {
  const order = orderOf(r.diagnosis.full)
  const x = Float64Array.from(order, (row) => r.diagnosis.full[row])
  const fitted = lowess(
    x,
    Float64Array.from(order, (row) => y[row]),
  )
  r.diagnosis.expected.lowess.x.forEach((at: number, i: number) => {
    const place = x.findIndex((one) => Math.abs(one - at) < 1e-12)
    expect(fitted[place]).toBeCloseTo(r.diagnosis.expected.lowess.y[i], 9)
  })
})

test('two diagnosis models on the same patients are compared as DeLong compares them', () => {
  const of = (p: readonly number[]) => ({ task: 'diagnosis' as const, classes: 2, probabilities: twoColumns(p) })
  const outcome = { task: 'diagnosis' as const, y }
  const difference = compareModels('auroc', of(r.diagnosis.full), of(r.diagnosis.small), outcome, 1)
  near(difference, r.diagnosis.difference)
  const brier = compareModels('brier', of(r.diagnosis.full), of(r.diagnosis.small), outcome, 1)
  expect(brier.high).toBeLessThan(0)
})

test('several classes are judged by Hand and Till as pROC does', () => {
  const given = r.classes
  const { metrics, roc, calibration } = assessDiagnosis({
    y: Int32Array.from(given.y),
    probabilities: Float64Array.from(given.probabilities),
    classes: given.classes,
    positive: null,
    seed: 1,
  })
  expect(metrics.auroc.value).toBeCloseTo(given.handTill, 9)
  expect(metrics.aurocOneVersusRest.value).toBeCloseTo(given.oneVersusRest, 9)
  for (const key of ['logLoss', 'accuracy', 'f1'] as const)
    expect(metrics[key].value).toBeCloseTo(sklearn.classes[key], 9)
  expect(metrics.auroc.low).toBeLessThan(given.handTill)
  expect(metrics.auroc.high).toBeGreaterThan(given.handTill)
  expect(roc).toBeNull()
  expect(calibration?.curve.length).toBeGreaterThan(1)
})

test('a named class among several gets its own curves beside the figures over all', () => {
  const given = r.classes
  const { metrics, roc, events } = assessDiagnosis({
    y: Int32Array.from(given.y),
    probabilities: Float64Array.from(given.probabilities),
    classes: given.classes,
    positive: 1,
    seed: 1,
  })
  expect(metrics.auroc.value).toBeCloseTo(given.handTill, 9)
  expect(events).toBe(given.y.filter((one: number) => one === 1).length)
  expect(roc?.at(-1)).toMatchObject({ falsePositiveRate: 1, truePositiveRate: 1 })
  expect(metrics.sensitivity.value).not.toBeNull()
})

for (const name of ['german', 'mayo'] as const) {
  const given = r[name]
  const time = Float64Array.from(given.time)
  const event = Uint8Array.from(given.event)
  const curves = (lp: number[], hazard: number[]) =>
    Float64Array.from(lp.flatMap((one) => hazard.map((h) => Math.exp(-h * Math.exp(one)))))
  const times = Float64Array.from(given.times)
  const model = {
    time,
    event,
    risk: Float64Array.from(given.lp),
    survival: curves(given.lp, given.hazard),
    times,
    horizon: given.horizon,
    training: null,
    seed: 1,
  }

  test(`a survival model (${name}) is judged as R judges it`, () => {
    const { metrics, decision, calibration } = assessSurvival(model)
    nearWald(metrics.harrellC, given.harrell[0], given.harrell[1], 9)
    nearWald(metrics.unoC, given.uno[0], given.uno[1], 9)
    expect(metrics.tau.value).toBe(times.at(-1))
    expect(metrics.auc.value).toBeCloseTo(given.auc.AUC, 9)
    expect(metrics.brier.value).toBeCloseTo(given.brier.Brier, 9)
    expect(metrics.scaledBrier.value).toBeCloseTo(given.brier.IPA, 9)
    expect(metrics.integratedBrier.value).toBeCloseTo(given.integrated, 9)
    expect(metrics.scaledIntegratedBrier.value).toBeCloseTo(1 - given.integrated / given.integratedNull, 9)
    expect(metrics.observedRisk.value).toBeCloseTo(1 - given.km[0], 9)
    const [value, low, high] = given.observedExpected
    near(metrics.observedExpected, { value, low, high })
    nearWald(metrics.calibrationSlope, given.slope[0], given.slope[1], 6)
    expect(metrics.calibrationIntercept.value).toBeCloseTo(given.intercept, 8)
    for (const key of ['ici', 'e50', 'e90'] as const) expect(metrics[key].value).toBeCloseTo(given[key], 6)
    for (const [threshold, net, treatAll] of given.decision) {
      const at = decision?.find((point) => Math.abs(point.threshold - threshold) < 1e-9)
      expect(at?.model).toBeCloseTo(net, 9)
      expect(at?.treatAll).toBeCloseTo(treatAll, 9)
    }
    expect(calibration?.groups.reduce((sum, group) => sum + group.n, 0)).toBe(time.length)
  })

  test(`bootstrap intervals (${name}) are about as wide as riskRegression's`, () => {
    const { metrics } = assessSurvival(model)
    for (const [key, low, high] of [
      ['auc', given.auc.lower, given.auc.upper],
      ['brier', given.brier.lower, given.brier.upper],
    ] as const) {
      const width = metrics[key].high! - metrics[key].low!
      expect(width / (high - low)).toBeGreaterThan(0.75)
      expect(width / (high - low)).toBeLessThan(1.35)
    }
  })

  test(`tied times and risks (${name}) count as in survival::concordance`, () => {
    const coarse = time.map((one) => Math.ceil(one / 90))
    // R rounds half to even in binary too: both sides round the same decimal text here.
    const risk = Float64Array.from(given.lp, (one: number) => Number(one.toFixed(1)))
    const harrell = concordance(coarse, event, risk)
    expect(harrell.value).toBeCloseTo(given.coarse[0], 9)
    expect(harrell.standardError).toBeCloseTo(given.coarse[1], 9)
    const uno = unoConcordance({ time: coarse, event }, risk, Number.POSITIVE_INFINITY, null)
    expect(uno.value).toBeCloseTo(given.unoCoarse[0], 9)
    expect(uno.standardError).toBeCloseTo(given.unoCoarse[1], 9)
  })

  test(`Uno's C (${name}) takes its censoring weights from the training patients where they are given`, () => {
    const uno = unoConcordance({ time, event }, model.risk, times.at(-1)!, given.training)
    expect(uno.value).toBeCloseTo(given.unoTraining, 9)
  })

  test(`two survival models (${name}) on the same patients are compared as survival::concordance compares fits`, () => {
    const of = (lp: number[], hazard: number[]) =>
      ({ task: 'survival', times, risk: Float64Array.from(lp), survival: curves(lp, hazard) }) as const
    const [first, second] = [of(given.lp, given.hazard), of(given.lp2, given.hazard2)]
    const outcome = { task: 'survival', time, event } as const
    const difference = compareModels('harrellC', first, second, outcome, 1)
    nearWald(difference, given.difference[0], given.difference[1], 9)
    const own = assessSurvival(model).metrics
    const other = assessSurvival({ ...model, survival: second.survival, risk: second.risk }).metrics
    const brier = compareModels('brier', first, second, outcome, 1, { horizon: given.horizon })
    expect(brier.value).toBeCloseTo(own.brier.value! - other.brier.value!, 12)
    const auc = compareModels('auc', first, second, outcome, 1, { horizon: given.horizon })
    expect(auc.value).toBeCloseTo(own.auc.value! - other.auc.value!, 12)
  })
}

test('the cohort curve and its band are survfit with log-log limits', () => {
  const { lung } = r
  const curve = kaplanMeier(lung.time, lung.event)
  lung.times.forEach((at: number, i: number) => {
    near(survivalEstimate(curve, at), { value: lung.survival[i], low: lung.low[i], high: lung.high[i] })
    expect(standardErrorAt(curve, at)).toBeCloseTo(lung.standardError[i], 9)
  })
})

test('predicted values are judged as by lm', () => {
  const given = r.regression
  const { metrics } = assessRegression({
    y: Float64Array.from(given.y),
    values: Float64Array.from(given.values),
    seed: 1,
  })
  for (const key of ['rmse', 'mae', 'r2'] as const) expect(metrics[key].value).toBeCloseTo(given[key], 9)
  nearWald(metrics.calibrationSlope, given.slope[0], given.slope[1], 8)
  nearWald(metrics.calibrationIntercept, given.intercept[0], given.intercept[1], 8)
})
