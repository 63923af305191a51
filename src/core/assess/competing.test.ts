import { expect, test } from 'vitest'
import { readGolden, relativeDifference } from '../../../test/golden/sampleTable.ts'
import { compareModels } from './compare.ts'
import { concordance, harrellConcordance, unoConcordance } from './concordance.ts'
import { assessSurvival } from './survival.ts'

interface Golden {
  horizon: number
  grid: number[]
  time: number[]
  cause: number[]
  risk: number[][]
  other: number[]
  auc: number[]
  brier: number
  ipa: number
  otherBrier: number
  each: number[][]
  wolbers: number[]
  uno: number
  observed: number
  observedError: number
  expected: number
  slope: number
  benefit: number[][]
}
interface History {
  id: number[]
  day: number[]
  stop: number[]
  event: number[]
  bili: number[]
  value: number
  error: number
  patientError: number
}
const golden = readGolden<{ days: Golden; months: Golden; history: History }>('assessCompeting')
const z = 1.959963984540054

const setUp = (one: Golden) => {
  const at = one.grid.indexOf(one.horizon)
  return {
    time: Float64Array.from(one.time),
    event: Uint8Array.from(one.cause, (cause) => (cause === 1 ? 1 : 0)),
    competing: Uint8Array.from(one.cause, (cause) => (cause === 2 ? 1 : 0)),
    risk: Float64Array.from(one.risk, (row) => row[at]),
    survival: Float64Array.from(one.risk.flatMap((row) => row.map((value) => 1 - value))),
    times: Float64Array.from(one.grid),
    horizon: one.horizon,
    training: null,
    seed: 1,
    replicates: 40,
  }
}

for (const name of ['days', 'months'] as const)
  test(`a risk of death is judged among patients of whom some are transplanted, as riskRegression's Score does: ${name}`, () => {
    const one = golden[name]
    const given = setUp(one)
    const { metrics, decision, calibration } = assessSurvival(given)
    const value = (key: string) => metrics[key].value as number
    expect(value('auc')).toBeCloseTo(one.auc[0], 9)
    expect(value('brier')).toBeCloseTo(one.brier, 9)
    expect(value('scaledBrier')).toBeCloseTo(one.ipa, 9)
    expect(value('harrellC')).toBeCloseTo(one.wolbers[0], 9)
    expect(metrics.harrellC.high).toBeCloseTo(one.wolbers[0] + z * one.wolbers[1], 8)
    const uno = unoConcordance(given, given.risk, one.horizon, null)
    expect(uno.value).toBeCloseTo(one.uno, 9)
    expect(value('observedRisk')).toBeCloseTo(one.observed, 9)
    expect(value('observedExpected')).toBeCloseTo(one.observed / one.expected, 9)
    const reach = Math.exp((z * one.observedError) / one.observed)
    expect(metrics.observedExpected.high).toBeCloseTo((one.observed / one.expected) * reach, 8)
    expect(value('calibrationSlope')).toBeCloseTo(one.slope, 6)
    for (const [threshold, benefit] of one.benefit) {
      const at = decision!.find((point) => Math.abs(point.threshold - threshold) < 1e-9)
      expect(at?.model).toBeCloseTo(benefit, 9)
    }
    // Trapezoids from 0 over Score's own values, as far as anybody is followed.
    const mean = (values: number[]) => {
      let sum = (values[0] * one.grid[0]) / 2
      for (let k = 1; k < values.length; k++) sum += ((values[k] + values[k - 1]) / 2) * (one.grid[k] - one.grid[k - 1])
      return sum / one.grid[one.grid.length - 1]
    }
    const [reference, model] = [one.each[0], one.each[1]]
    expect(value('integratedBrier')).toBeCloseTo(mean(model), 8)
    expect(value('scaledIntegratedBrier')).toBeCloseTo(1 - mean(model) / mean(reference), 8)
    expect(calibration!.groups.reduce((sum, { n }) => sum + n, 0)).toBe(one.time.length)
  })

test('two models are told apart on the same competing events', () => {
  const one = golden.days
  const given = setUp(one)
  const { times, time, event, competing, horizon } = given
  const model = { task: 'survival' as const, times, risk: given.risk, survival: given.survival }
  const at = one.grid.indexOf(horizon)
  const survival = given.survival.map((value, i) =>
    i % times.length === at ? 1 - one.other[Math.floor(i / times.length)] : value,
  )
  const other = { task: 'survival' as const, times, risk: Float64Array.from(one.other), survival }
  const outcome = { task: 'survival' as const, time, event, competing }
  const of = (metric: string) => compareModels(metric, model, other, outcome, 1, { horizon, replicates: 20 }).value
  expect(of('auc')).toBeCloseTo(one.auc[0] - one.auc[1], 9)
  expect(of('brier')).toBeCloseTo(one.brier - one.otherBrier, 9)
})

test('counting transplants as censored would call the same predictions too low', () => {
  const given = setUp(golden.days)
  const blind = assessSurvival({ ...given, competing: null })
  const seen = assessSurvival(given)
  expect(blind.metrics.observedRisk.value!).toBeGreaterThan(seen.metrics.observedRisk.value! + 0.003)
})

test("start-stop rows are compared only with whom they were at risk with, as R's concordance of Surv(start, stop, event)", () => {
  const { id, day, stop, event, bili, value, error, patientError } = golden.history
  const rows = concordance(stop, event, bili, undefined, { entry: day })
  expect(rows.value).toBeCloseTo(value, 12)
  expect(rows.standardError).toBeCloseTo(error, 12)
  const patients = concordance(stop, event, bili, undefined, { entry: day, cluster: id })
  expect(patients.standardError).toBeCloseTo(patientError, 12)
})

test('rows that enter late get no figure that is not defined for them', () => {
  const { id, day, stop, event, bili } = golden.history
  const times = Float64Array.of(1000, 2000)
  const survival = new Float64Array(2 * stop.length).fill(0.9)
  const { metrics, calibration, decision } = assessSurvival({
    time: Float64Array.from(stop),
    event,
    entry: day,
    cluster: id,
    risk: Float64Array.from(bili),
    survival,
    times,
    horizon: 2000,
    training: null,
    seed: 1,
  })
  expect(metrics.harrellC.value).toBeCloseTo(golden.history.value, 12)
  expect(metrics.observedRisk.value).toBeGreaterThan(0.2)
  for (const name of ['auc', 'brier', 'observedExpected', 'calibrationSlope', 'integratedBrier', 'unoC'])
    expect(metrics[name]).toEqual({ value: null, low: null, high: null })
  expect([calibration, decision]).toEqual([null, null])
})

test('pairs written out agree with the fast count, competing events and ties among them', () => {
  let state = 7
  const random = () => {
    state = (state * 1103515245 + 12345) % 2147483648
    return state / 2147483648
  }
  for (let round = 0; round < 30; round++) {
    const n = 6 + Math.floor(random() * 30)
    const time = Array.from({ length: n }, () => 1 + Math.floor(random() * 8))
    const cause = time.map(() => Math.floor(random() * 3))
    const risk = time.map(() => Math.floor(random() * 5))
    const event = cause.map((one) => (one === 1 ? 1 : 0))
    const competing = cause.map((one) => (one === 2 ? 1 : 0))
    let [right, all] = [0, 0]
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        if (i === j || !event[i]) continue
        const later = time[j] > time[i] || (time[j] === time[i] && cause[j] === 0) || competing[j] === 1
        if (!later) continue
        all++
        right += risk[j] < risk[i] ? 1 : risk[j] === risk[i] ? 0.5 : 0
      }
    const { value } = harrellConcordance({ time, event, competing }, risk)
    if (all === 0) expect(value).toBeNaN()
    else expect(value).toBeCloseTo(right / all, 12)
  }
})

test('an interval of Brier’s score does not depend on the order of the rows', () => {
  const given = setUp(golden.months)
  const order = Array.from(given.time.keys()).reverse()
  const width = given.times.length
  const turned = {
    ...given,
    time: Float64Array.from(order, (row) => given.time[row]),
    event: Uint8Array.from(order, (row) => given.event[row]),
    competing: Uint8Array.from(order, (row) => given.competing[row]),
    risk: Float64Array.from(order, (row) => given.risk[row]),
    survival: Float64Array.from(order.flatMap((row) => [...given.survival.slice(row * width, (row + 1) * width)])),
  }
  const [one, other] = [assessSurvival(given).metrics, assessSurvival(turned).metrics]
  expect(relativeDifference([other.brier.value!, other.auc.value!], [one.brier.value!, one.auc.value!])).toBeLessThan(
    1e-12,
  )
})
