import { expect, test } from 'vitest'
import {
  asCategory,
  completeCases,
  derived,
  quietContext,
  readGolden,
  relativeDifference,
  sampleTable,
  survivalOutcome,
  valuesOf,
} from '../../../../test/golden/sampleTable.ts'
import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import { takeMatrixRows, takeOutcomeRows } from '../../cohort/matrix.ts'
import { decodeArtifact, encodeArtifact } from '../../numbers/bytes.ts'
import { randomOf } from '../../numbers/random.ts'
import { survivalPredictor } from '../predictor.ts'
import { cox } from './cox.ts'

interface Golden {
  time: string
  status: string
  events: number[]
  features: string[]
  ties: 'efron' | 'breslow'
  n: number
  term: string[]
  estimate: (number | null)[]
  standardError: number[]
  p: number[]
  logLikelihood: number
  nullLogLikelihood: number
  iterations: number
  means: number[]
  aliased: string[]
  linearPredictor: number[]
  rows: number[]
  at: number[]
  survival: number[][]
  low: number[][]
  high: number[][]
  baselineTimes: number
  baselineLast: number
}
interface Ridge extends Pick<Golden, 'time' | 'status' | 'events' | 'features' | 'ties'> {
  theta: number
  estimate: number[]
}
const golden = readGolden<Record<string, Record<'efron' | 'breslow', Golden>> & { ridge: Ridge[] }>('coxph')

const tables = {
  pbc: () => derived(sampleTable('pbc'), 'copy', ['age'], (age) => 3 * age - 2),
  lung: () => sampleTable('lung'),
  gbsg: () => asCategory(sampleTable('gbsg'), 'grade', (grade) => `G${grade}`),
  rotterdam: () => derived(sampleTable('rotterdam'), 'months', ['rtime'], (days) => Math.ceil(days / 30.4375)),
}
const tableOf = (model: string) => {
  const name = (Object.keys(tables) as (keyof typeof tables)[]).find((known) => model.startsWith(known))
  return tables[name ?? 'pbc']()
}

const models = ['pbc', 'pbcFull', 'pbcCollinear', 'pbcWeighted', 'lung', 'gbsg', 'rotterdam', 'rotterdamMonths']
for (const model of models)
  for (const ties of ['efron', 'breslow'] as const)
    test(`hazard ratios a paper would print: ${model}, ${ties}, as R's coxph to nine digits`, async () => {
      const expected = golden[model][ties]
      const table = tableOf(model)
      const { x, rows } = completeCases(table, expected.features, [expected.time, expected.status])
      expect(x.rows).toBe(expected.n)
      const outcome = survivalOutcome(table, expected.time, expected.status, expected.events, rows)
      const ages = valuesOf(table, 'age')
      const weights = model === 'pbcWeighted' ? Float64Array.from(rows, (row) => 0.5 + ages[row] / 50) : undefined
      const { fit, state, warnings } = await cox.fit(
        x,
        outcome,
        { ties, l2: 0, variance: 'model' },
        quietContext,
        weights,
      )
      if (!fit) throw new Error('no fit')

      const known = expected.term.map((_, i) => i).filter((i) => expected.estimate[i] !== null)
      const pick = (values: (number | null)[]) => known.map((i) => values[i] as number)
      expect(fit.coefficients.map(({ term }) => term)).toEqual(known.map((i) => expected.term[i]))
      expect(
        relativeDifference(
          fit.coefficients.map(({ estimate }) => estimate),
          pick(expected.estimate),
        ),
      ).toBeLessThan(1e-9)
      expect(
        relativeDifference(
          fit.coefficients.map(({ standardError }) => standardError ?? Number.NaN),
          pick(expected.standardError),
        ),
      ).toBeLessThan(1e-9)
      expect(
        relativeDifference(
          fit.coefficients.map(({ p }) => p ?? Number.NaN),
          pick(expected.p),
        ),
      ).toBeLessThan(1e-8)
      expect(fit.logLikelihood).toBeCloseTo(expected.logLikelihood, 8)
      expect(fit.nullLogLikelihood).toBeCloseTo(expected.nullLogLikelihood, 8)
      expect(fit.iterations).toBe(expected.iterations)
      expect(fit.converged).toBe(true)
      expect(warnings.filter(({ reason }) => reason === 'aliased').map(({ message }) => message)).toEqual(
        expected.aliased.map((term) => expect.stringContaining(term)),
      )

      const predictor = await cox.load(decodeArtifact(encodeArtifact(state)))
      expect(
        relativeDifference(survivalPredictor(predictor).risk(x).slice(0, 8) ?? [], expected.linearPredictor, 1e-3),
      ).toBeLessThan(1e-9)
      expect(survivalPredictor(predictor).times?.length).toBe(expected.baselineTimes)
      const patients = takeMatrixRows(
        x,
        expected.rows.map((row) => row - 1),
      )
      const survival = survivalPredictor(predictor).survival(patients, expected.at) ?? []
      expected.rows.forEach((_, patient) => {
        const column = (values: number[][]) => values.map((row) => row[patient])
        const own = expected.at.map((_, t) => survival[patient * expected.at.length + t])
        expect(relativeDifference(own, column(expected.survival))).toBeLessThan(1e-9)
        const band = survivalPredictor(predictor).band?.(patients, patient, expected.at, 0.95)
        expect(relativeDifference(band?.low ?? [], column(expected.low))).toBeLessThan(1e-8)
        expect(relativeDifference(band?.high ?? [], column(expected.high))).toBeLessThan(1e-8)
      })
    })

test("a ridge penalty shrinks as R's ridge(scale = TRUE) does, and offers no tests it cannot back", async () => {
  for (const expected of golden.ridge) {
    const table = tableOf(expected.features.includes('bili') ? 'pbc' : 'lung')
    const { x, rows } = completeCases(table, expected.features, [expected.time, expected.status])
    const outcome = survivalOutcome(table, expected.time, expected.status, expected.events, rows)
    const { fit } = await cox.fit(x, outcome, { ties: expected.ties, l2: expected.theta }, quietContext)
    expect(relativeDifference(fit?.coefficients.map(({ estimate }) => estimate) ?? [], expected.estimate)).toBeLessThan(
      1e-6,
    )
    expect(fit?.coefficients.every(({ p, z }) => p === null && z === null)).toBe(true)
  }
})

const matrixOf = (columns: Record<string, ArrayLike<number>>): Matrix => {
  const terms = Object.keys(columns)
  const rows = columns[terms[0]].length
  return {
    rows,
    columns: terms.length,
    terms,
    source: terms.map((_, index) => index),
    data: Float64Array.from(terms.flatMap((term) => Array.from(columns[term]))),
  }
}
const outcomeOf = (time: number[], event: number[]): Outcome => ({
  task: 'survival',
  time: Float64Array.from(time),
  event: Uint8Array.from(event),
})
const plain = { ties: 'efron', l2: 0 }

test('likelihood, ties and risk sets agree with the definition written out, on random data with many ties', async () => {
  const random = randomOf(7)
  for (let round = 0; round < 20; round++) {
    const rows = 12 + random.below(20)
    const a = Array.from({ length: rows }, () => random.normal())
    const b = Array.from({ length: rows }, () => random.below(3))
    const time = Array.from({ length: rows }, () => 1 + random.below(6))
    const event = Array.from({ length: rows }, (_, i) => (i === 0 ? 1 : random.below(2)))
    for (const ties of ['efron', 'breslow']) {
      const { fit } = await cox.fit(matrixOf({ a, b }), outcomeOf(time, event), { ties, l2: 0.5 }, quietContext)
      const [first, second] = fit?.coefficients.map(({ estimate }) => estimate) ?? []
      const eta = a.map((value, i) => first * value + second * b[i])
      let expected = 0
      for (const now of new Set(time)) {
        const dead = time.flatMap((value, i) => (value === now && event[i] === 1 ? [i] : []))
        const atRisk = time.reduce((sum, value, i) => sum + (value >= now ? Math.exp(eta[i]) : 0), 0)
        const tied = dead.reduce((sum, i) => sum + Math.exp(eta[i]), 0)
        dead.forEach((i, l) => {
          expected += eta[i] - Math.log(atRisk - (ties === 'efron' ? (l / dead.length) * tied : 0))
        })
      }
      expect(fit?.logLikelihood).toBeCloseTo(expected, 9)
    }
  }
})

test('rounding of times from another unit does not break ties', async () => {
  const x = matrixOf({ a: [1, 0, 2, 1, 3, 0, 1, 2] })
  const event = [1, 1, 1, 0, 1, 1, 0, 1]
  const whole = await cox.fit(x, outcomeOf([1, 1, 2, 2, 3, 3, 4, 5], event), plain, quietContext)
  const noisy = [1, 1 + 1e-12, 2, 2 - 1e-12, 3, 3, 4, 5]
  const rounded = await cox.fit(x, outcomeOf(noisy, event), plain, quietContext)
  expect(rounded.fit?.coefficients).toEqual(whole.fit?.coefficients)
})

test('a feature that foretells every event is named, not shown as a huge hazard ratio without a word', async () => {
  const time = Array.from({ length: 40 }, (_, i) => i + 1)
  const event = time.map((t) => (t <= 12 ? 1 : 0))
  const marker = time.map((t) => (t <= 12 ? 1 : 0))
  const age = time.map((t) => 40 + ((t * 37) % 23))
  const { warnings } = await cox.fit(matrixOf({ marker, age }), outcomeOf(time, event), plain, quietContext)
  const said = warnings.find(({ reason }) => reason === 'infiniteCoefficient')?.message ?? ''
  expect(said).toContain('marker')
  expect(said).not.toContain('age')
  const eased = await cox.fit(matrixOf({ marker, age }), outcomeOf(time, event), { ...plain, l2: 1 }, quietContext)
  expect(eased.warnings).toEqual([])
})

test('an event at time 0 counts, and survival starts below 1 there', async () => {
  const x = matrixOf({ a: [1, 2, 3, 4, 2, 1] })
  const { state } = await cox.fit(x, outcomeOf([0, 3, 1, 2, 4, 5], [1, 1, 1, 0, 1, 0]), plain, quietContext)
  const predictor = await cox.load(state)
  const curve = survivalPredictor(predictor).survival(x, [0, 2.5, 100]) ?? []
  expect(curve[0]).toBeLessThan(1)
  expect(curve[2]).toBe(survivalPredictor(predictor).survival(x, [4])[0])
  expect(survivalPredictor(predictor).band?.(x, 0, [-1], 0.95)).toEqual({
    low: Float64Array.of(1),
    high: Float64Array.of(1),
  })
})

test('data that cannot be learned from is refused in words', async () => {
  const x = matrixOf({ a: [1, 2, 3, 4] })
  const reason = async (matrix: Matrix, time: number[], event: number[], weights?: Float64Array) =>
    cox.fit(matrix, outcomeOf(time, event), plain, quietContext, weights).then(
      () => 'fitted',
      (error) => error.failure?.reason,
    )
  expect(await reason(x, [1, 2, 3, 4], [0, 0, 0, 0])).toBe('noEvents')
  expect(await reason(x, [1, -2, 3, 4], [1, 0, 1, 0])).toBe('negativeTime')
  expect(await reason(x, [1, Number.NaN, 3, 4], [1, 0, 1, 0])).toBe('missingOutcome')
  expect(await reason(matrixOf({ a: [1, Number.NaN, 3, 4] }), [1, 2, 3, 4], [1, 0, 1, 0])).toBe('missingValues')
  expect(await reason(matrixOf({ a: [5, 5, 5, 5] }), [1, 2, 3, 4], [1, 0, 1, 0])).toBe('noUsableFeature')
  expect(await reason(matrixOf({ a: [] }), [], [])).toBe('noRows')
  expect(await reason(x, [1, 2, 3, 4], [1, 0, 1, 0], Float64Array.of(0, 0, 0, 0))).toBe('noWeight')
  expect(await reason(x, [1, 2, 3, 4], [1, 0, 1, 0], Float64Array.of(1, -1, 1, 1))).toBe('badWeights')
})

test('a case weight of 2 is the same as the row twice, one of 0 as no row', async () => {
  const random = randomOf(3)
  const rows = 60
  const x = matrixOf({
    a: Array.from({ length: rows }, () => random.normal()),
    b: Array.from({ length: rows }, () => random.below(2)),
  })
  const outcome = outcomeOf(
    Array.from({ length: rows }, () => random.uniform() * 10),
    Array.from({ length: rows }, () => random.below(2)),
  )
  const weights = Float64Array.from({ length: rows }, (_, i) => i % 3)
  const twice = [...weights.keys()].flatMap((row) => new Array<number>(weights[row]).fill(row))
  const breslow = { ties: 'breslow', l2: 0 }
  const weighted = await cox.fit(x, outcome, breslow, quietContext, weights)
  const repeated = await cox.fit(takeMatrixRows(x, twice), takeOutcomeRows(outcome, twice), breslow, quietContext)
  weighted.fit?.coefficients.forEach(({ estimate, standardError }, j) => {
    expect(estimate).toBeCloseTo(repeated.fit?.coefficients[j].estimate ?? Number.NaN, 9)
    expect(standardError).toBeCloseTo(repeated.fit?.coefficients[j].standardError ?? Number.NaN, 9)
  })
})

test('contributions add up to the risk shown', async () => {
  const table = sampleTable('pbc')
  const { x, rows } = completeCases(table, ['age', 'sex', 'bili', 'albumin'], ['time', 'status'])
  const { state } = await cox.fit(x, survivalOutcome(table, 'time', 'status', [2], rows), plain, quietContext)
  const predictor = await cox.load(state)
  const shares = predictor.contributions?.(x, { horizon: 365 })
  const risk = survivalPredictor(predictor).risk(x) ?? []
  for (let i = 0; i < x.rows; i++) {
    let sum = shares?.baseline ?? Number.NaN
    for (let j = 0; j < x.columns; j++) sum += shares?.values[i * x.columns + j] ?? Number.NaN
    expect(sum).toBeCloseTo(risk[i], 10)
  }
})

test('bands stay right where the hazard has more steps than the artifact keeps knots', async () => {
  const random = randomOf(11)
  const rows = 9000
  const a = Array.from({ length: rows }, () => random.normal())
  const time = a.map((value) => -Math.log(1 - random.uniform()) * Math.exp(-0.5 * value))
  const event = time.map(() => 1)
  const x = matrixOf({ a })
  const { state } = await cox.fit(x, outcomeOf(time, event), plain, quietContext)
  expect(state.arrays.knots.length).toBeLessThan(state.arrays.times.length)
  const predictor = await cox.load(state)
  // The band's own formula with the integral of the risk set's mean computed in full.
  const beta = state.arrays.coefficients[0]
  const mean = state.arrays.means[0]
  const order = [...time.keys()].sort((i, j) => time[j] - time[i])
  const steps: { time: number; hazard: number; variance: number; mean: number }[] = []
  let atRisk = 0
  let sum = 0
  for (const i of order) {
    const r = Math.exp(beta * (a[i] - mean))
    atRisk += r
    sum += r * (a[i] - mean)
    steps.push({ time: time[i], hazard: 1 / atRisk, variance: 1 / atRisk ** 2, mean: sum / atRisk ** 2 })
  }
  steps.reverse()
  const at = [0.0005, 0.0311, 0.7, 2.2, 4]
  const band = survivalPredictor(predictor).band?.(x, 5, at, 0.95)
  at.forEach((t, k) => {
    const past = steps.filter((step) => step.time <= t)
    const total = (key: 'hazard' | 'variance' | 'mean') => past.reduce((all, step) => all + step[key], 0)
    const direction = (a[5] - mean) * total('hazard') - total('mean')
    const ratio = Math.exp(beta * (a[5] - mean))
    const error = ratio * Math.sqrt(total('variance') + direction ** 2 * state.arrays.covariance[0])
    const low = Math.exp(-total('hazard') * ratio - 1.959963984540054 * error)
    expect(band?.low[k]).toBeCloseTo(low, 8)
  })
})

test('training stops when it is cancelled', async () => {
  const abort = new AbortController()
  abort.abort()
  const x = matrixOf({ a: [1, 2, 3, 4] })
  const context = { ...quietContext, signal: abort.signal }
  await expect(cox.fit(x, outcomeOf([1, 2, 3, 4], [1, 0, 1, 1]), plain, context)).rejects.toThrow(/cancelled/)
})

test('a cohort that says nothing about the hazard is fitted as 0, not iterated for ever', async () => {
  const { fit, warnings } = await cox.fit(
    matrixOf({ a: [1, 2] }),
    outcomeOf([1, 2], [0, 1]),
    { ...plain, l2: 1 },
    quietContext,
  )
  expect([fit?.coefficients[0].estimate, fit?.converged, warnings]).toEqual([0, true, []])
})

test('curves and bands hold numbers between 0 and 1 also where the coefficients run away', async () => {
  const random = randomOf(13)
  let runaways = 0
  for (let round = 0; round < 60; round++) {
    const rows = 6 + random.below(10)
    const columns = Object.fromEntries(
      ['a', 'b', 'c', 'd'].map((name) => [name, Array.from({ length: rows }, () => random.normal())]),
    )
    const time = Array.from({ length: rows }, () => random.below(6))
    const event = time.map((_, i) => (i === 0 ? 1 : random.below(2)))
    const x = matrixOf(columns)
    const result = await cox.fit(x, outcomeOf(time, event), plain, quietContext).catch((error) => error.failure)
    if (!result.state) {
      expect(['infiniteCoefficient', 'noUsableFeature']).toContain(result.reason)
      continue
    }
    if (result.warnings.length > 0) runaways++
    const predictor = await cox.load(result.state)
    const at = [0, 1, 3, 9]
    const curve = survivalPredictor(predictor).survival(x, at) ?? []
    const { low, high } = survivalPredictor(predictor).band?.(x, 0, at, 0.95) ?? {
      low: [Number.NaN],
      high: [Number.NaN],
    }
    at.forEach((_, t) => {
      expect(low[t]).toBeGreaterThanOrEqual(0)
      expect(low[t]).toBeLessThanOrEqual(curve[t])
      expect(high[t]).toBeGreaterThanOrEqual(curve[t])
      expect(high[t]).toBeLessThanOrEqual(1)
    })
  }
  expect(runaways).toBeGreaterThan(5)
})
