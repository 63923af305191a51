import { expect, test } from 'vitest'
import {
  classOutcome,
  completeCases,
  quietContext,
  readGolden,
  sampleTable,
  valuesOf,
} from '../../../../test/golden/sampleTable.ts'
import { type Matrix, takeMatrixRows } from '../../cohort/matrix.ts'
import type { FitContext } from '../learner.ts'
import { completeParameters } from '../parameters.ts'
import { classPredictor, valuePredictor } from '../predictor.ts'
import { fitMachine } from './fitTask.ts'
import type { Kernel } from './kernel.ts'
import { couple, fitSigmoid } from './platt.ts'
import { svm } from './svm.ts'

interface Common {
  sample: string
  features: string[]
  target: string
  kernel: 'rbf' | 'linear'
  cost: number
  gamma: number
  n: number
  supportVectors: number
}
interface Golden {
  classes: (Common & { classes: string[]; weights: number[] | null; decisions: number[][] })[]
  values: (Common & { epsilon: number; predicted: number[] })[]
  sigmoid: { decisions: number[]; positive: number[]; a: number; b: number }
}
const golden = readGolden<Golden>('svm')

const context: FitContext = {
  ...quietContext,
  parallel: async (_, inputs) => inputs.map((input) => fitMachine(input as never) as never),
}

const standardised = (x: Matrix): Matrix => {
  const data = Float64Array.from(x.data)
  for (let column = 0; column < x.columns; column++) {
    const own = data.subarray(column * x.rows, (column + 1) * x.rows)
    const mean = own.reduce((sum, value) => sum + value, 0) / x.rows
    const sd = Math.sqrt(own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (x.rows - 1))
    own.forEach((value, row) => {
      own[row] = (value - mean) / sd
    })
  }
  return { ...x, data }
}
const casesOf = (expected: Common) => {
  const table = sampleTable(expected.sample)
  const { x, rows } = completeCases(table, expected.features, [expected.target])
  expect(x.rows).toBe(expected.n)
  return { table, x: standardised(x), rows }
}
const kernelOf = ({ kernel, gamma }: Common): Kernel => (kernel === 'rbf' ? { kind: 'rbf', gamma } : { kind: 'linear' })
const largest = (actual: ArrayLike<number>, expected: ArrayLike<number>) => {
  expect(actual.length).toBe(expected.length)
  let most = 0
  for (let i = 0; i < expected.length; i++) most = Math.max(most, Math.abs(actual[i] - expected[i]))
  return most
}

for (const expected of golden.classes)
  test(`decisions as libsvm's: ${expected.sample}, ${expected.kernel}${expected.weights ? ', weighted' : ''}`, () => {
    const { table, x, rows } = casesOf(expected)
    const outcome = classOutcome(table, expected.target, rows)
    if (outcome.task !== 'diagnosis') throw new TypeError('not classes')
    expect(outcome.classes).toEqual(expected.classes)
    const all = Int32Array.from(outcome.y.keys())
    const pairs = expected.classes.flatMap((_, i) => expected.classes.slice(i + 1).map((_one, j) => [i, i + 1 + j]))
    const support = new Set<number>()
    pairs.forEach(([first, second], pair) => {
      const own = all.filter((row) => outcome.y[row] === first || outcome.y[row] === second)
      const machine = fitMachine({
        x,
        rows: own,
        y: Float64Array.from(own, (row) => (outcome.y[row] === first ? 1 : -1)),
        task: 'diagnosis',
        kernel: kernelOf(expected),
        cost: Float64Array.from(own, (row) => expected.cost * (expected.weights?.[row] ?? 1)),
        epsilon: 0,
        tolerance: 1e-10,
        decide: all,
      })
      for (const row of machine.support) support.add(row)
      expect(machine.converged).toBe(true)
      // Both hold the kernel in float32; what is lost there is multiplied by the cost.
      const allowed = 5e-6 * Math.max(1, expected.cost)
      expect(largest(machine.decisions as Float64Array, expected.decisions[pair])).toBeLessThan(allowed)
    })
    expect(support.size).toBe(expected.supportVectors)
  })

for (const expected of golden.values)
  test(`values as libsvm's: ${expected.sample}, ${expected.kernel}`, async () => {
    const { table, x, rows } = casesOf(expected)
    const y = Float64Array.from(rows, (row) => valuesOf(table, expected.target)[row])
    const { kernel, cost, gamma, epsilon } = expected
    const parameters = completeParameters(svm, { kernel, cost, gamma, epsilon, tolerance: 1e-10 })
    const { state } = await svm.fit(x, { task: 'regression', y }, parameters, context)
    const predictor = await svm.load(state)
    const spread = Math.max(...y) - Math.min(...y)
    expect(largest(valuePredictor(predictor).values(x), expected.predicted) / spread).toBeLessThan(1e-6)
    expect((state.header.supportVectors as number[])[0]).toBe(expected.supportVectors)
  })

test("Platt's sigmoid finds the likeliest curve, as scikit-learn's", () => {
  const { decisions, positive, a, b } = golden.sigmoid
  const fitted = fitSigmoid(decisions, positive)
  expect(fitted.a).toBeCloseTo(a, 4)
  expect(fitted.b).toBeCloseTo(b, 4)
})

test('coupled pairs give back the probabilities that made them', () => {
  const p = [0.5, 0.3, 0.15, 0.05]
  const r = Float64Array.from({ length: 16 }, (_, at) => {
    const [i, j] = [Math.floor(at / 4), at % 4]
    return i === j ? 0 : p[i] / (p[i] + p[j])
  })
  couple(r, 4).forEach((value, i) => {
    expect(value).toBeCloseTo(p[i], 2)
  })
})

test('the default gamma of a matrix of unit variance is one over its columns', async () => {
  const { x, table, rows } = casesOf(golden.classes[0])
  const outcome = classOutcome(table, 'class', rows)
  const { state } = await svm.fit(x, outcome, completeParameters(svm, {}), context)
  const { gamma } = state.header.kernel as { gamma: number }
  expect(gamma).toBeCloseTo(1 / 9, 3)
})

test('probabilities are calibrated out of sample: on other patients they neither over- nor understate', async () => {
  const { x, table, rows } = casesOf(golden.classes[2])
  const outcome = classOutcome(table, 'type', rows)
  if (outcome.task !== 'diagnosis') throw new TypeError('not classes')
  const [even, odd] = [0, 1].map((rest) => Int32Array.from(rows.keys()).filter((row) => row % 2 === rest))
  const half = { ...outcome, y: Int32Array.from(even, (row) => outcome.y[row]) }
  const { state } = await svm.fit(takeMatrixRows(x, even), half, completeParameters(svm, {}), context)
  const p = classPredictor(await svm.load(state)).probabilities(takeMatrixRows(x, odd))
  const expectedEvents = odd.reduce((sum, _, i) => sum + p[2 * i + 1], 0)
  const events = odd.reduce((sum, row) => sum + outcome.y[row], 0)
  expect(events).toBeGreaterThan(20)
  expect(expectedEvents / events).toBeGreaterThan(0.75)
  expect(expectedEvents / events).toBeLessThan(1.33)
})
