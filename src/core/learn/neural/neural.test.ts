import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Matrix, takeMatrixRows } from '../../cohort/matrix.ts'
import { decodeArtifact, encodeArtifact, sha256 } from '../../numbers/bytes.ts'
import { randomOf } from '../../numbers/random.ts'
import type { FitContext, Parameters } from '../learner.ts'
import { completeParameters } from '../parameters.ts'
import { classPredictor, valuePredictor } from '../predictor.ts'
import { openTensorFlow } from './backend.ts'
import { layersModelOf } from './model.ts'
import { neural } from './neural.ts'
import { temperatureOf } from './train.ts'

const context = (over: Partial<FitContext> = {}): FitContext => ({
  seed: 1,
  threads: 1,
  signal: new AbortController().signal,
  progress: () => {},
  parallel: () => Promise.reject(new Error('no tasks')),
  ...over,
})

const largestDifference = (one: ArrayLike<number>, other: ArrayLike<number>) => {
  expect(one.length).toBe(other.length)
  return Math.max(...Array.from(one, (value, i) => Math.abs(value - other[i])))
}

const breastCancer = () => {
  const text = readFileSync(new URL('../../../../test/golden/neural.json', import.meta.url), 'utf8')
  const { rows, columns, data, y } = JSON.parse(text)
  const terms = Array.from({ length: columns }, (_, i) => `x${i}`)
  const x: Matrix = { rows, columns, data: Float64Array.from(data), terms, source: terms.map((_, i) => i) }
  return { x, outcome: { task: 'diagnosis' as const, classes: ['malignant', 'benign'], y: Int32Array.from(y) } }
}
const fitBiopsies = (given: Parameters, over: Partial<FitContext> = {}) => {
  const { x, outcome } = breastCancer()
  return neural.fit(x, outcome, completeParameters(neural, given), context(over))
}

test("a stored net predicts what TensorFlow.js predicts from the same file, so the model is nobody's private format", async () => {
  const { x } = breastCancer()
  const { state } = await fitBiopsies({ epochs: 8 })
  const kept = decodeArtifact(encodeArtifact(state))
  const own = classPredictor(await neural.load(kept)).probabilities(x)
  const { tf } = await openTensorFlow('cpu')
  const model = await tf.loadLayersModel(tf.io.fromMemory(layersModelOf(kept)))
  const rowMajor = Float32Array.from({ length: x.rows * x.columns }, (_, i) => {
    const row = Math.floor(i / x.columns)
    return x.data[(i % x.columns) * x.rows + row]
  })
  const theirs = (
    model.predict(tf.tensor2d(rowMajor, [x.rows, x.columns])) as ReturnType<typeof tf.tensor2d>
  ).dataSync()
  const second = Float64Array.from({ length: x.rows }, (_, row) => own[row * 2 + 1])
  expect(largestDifference(second, theirs)).toBeLessThan(1e-5)
})

test('both engines learn breast cancer from its needle biopsies alike', async () => {
  const { x, outcome } = breastCancer()
  for (const engine of ['fused', 'tensorflow']) {
    const fitted = await fitBiopsies({ engine, epochs: 6 })
    expect(fitted.backend).toBe(engine === 'fused' ? 'fused' : (await openTensorFlow()).name)
    const p = classPredictor(await neural.load(fitted.state)).probabilities(x)
    const right = outcome.y.filter((label, row) => +(p[row * 2 + 1] > 0.5) === label).length
    expect(right / x.rows).toBeGreaterThan(0.95)
  }
})

test('the same seed gives the same net, another seed another', async () => {
  const hashOf = async (seed: number) => sha256(encodeArtifact((await fitBiopsies({ epochs: 3 }, { seed })).state))
  expect(await hashOf(4)).toBe(await hashOf(4))
  expect(await hashOf(4)).not.toBe(await hashOf(5))
})

test('training stops when the held-back patients no longer gain, and keeps the best epoch', async () => {
  const { state } = await fitBiopsies({ epochs: 400, patience: 5, learningRate: 0.01, dropout: 0, l2: 0 })
  const losses = state.header.validationLosses as number[]
  expect(losses.length).toBeLessThan(400)
  const best = state.header.bestEpoch as number
  expect(losses[best - 1]).toBe(Math.min(...losses))
  expect(losses.length).toBe(best + 5)
})

test('a net too sure of itself is cooled, one well calibrated is left alone', () => {
  const random = randomOf(8)
  const rows = 4000
  const logits = Float32Array.from({ length: rows }, () => 2 * random.normal())
  const targets = Float32Array.from(logits, (z) => +(random.uniform() < 1 / (1 + Math.exp(-z))))
  const data = { rows, columns: 0, values: new Float32Array(0), targets, weights: new Float32Array(rows).fill(1) }
  const all = Uint32Array.from({ length: rows }, (_, i) => i)
  expect(temperatureOf('binary', logits, 1, data, all)).toBeCloseTo(1, 0)
  const sure = logits.map((z) => 2.5 * z)
  expect(temperatureOf('binary', sure, 1, data, all)).toBeGreaterThan(2.2)
  expect(temperatureOf('binary', sure, 1, data, all)).toBeLessThan(2.8)
})

test('values come back in their own unit', async () => {
  const random = randomOf(2)
  const rows = 300
  const data = Float64Array.from({ length: rows * 3 }, () => random.normal())
  const x: Matrix = { rows, columns: 3, data, terms: ['a', 'b', 'c'], source: [0, 1, 2] }
  const y = Float64Array.from({ length: rows }, (_, row) => 5000 + 300 * data[row] - 200 * Math.abs(data[rows + row]))
  const outcome = { task: 'regression' as const, y }
  const { state } = await neural.fit(x, outcome, completeParameters(neural, { dropout: 0 }), context())
  const values = valuePredictor(await neural.load(state)).values(x)
  const error = Math.sqrt(values.reduce((sum, value, row) => sum + (value - y[row]) ** 2, 0) / rows)
  expect(error).toBeLessThan(100)
})

test('a learning rate that blows up is said, not stored as a model of NaN', async () => {
  const { x } = breastCancer()
  const outcome = { task: 'regression' as const, y: Float64Array.from({ length: x.rows }, (_, i) => i) }
  const huge = { ...x, data: x.data.map((value) => value * 1e25) }
  await expect(
    neural.fit(huge, outcome, completeParameters(neural, { learningRate: 1, epochs: 50 }), context()),
  ).rejects.toMatchObject({ failure: { code: 'invalidInput', reason: 'diverged' } })
})

test('one row is predicted as it is among others', async () => {
  const { x } = breastCancer()
  const predictor = await neural.load((await fitBiopsies({ epochs: 2 })).state)
  const all = classPredictor(predictor).probabilities(x)
  const one = classPredictor(predictor).probabilities(takeMatrixRows(x, [17]))
  expect([...one]).toEqual([all[34], all[35]])
})

test('the loss that ends training is watched on patients who are not learned from, not on other rows of the same', async () => {
  // 60 patients of 10 rows each, whose class is a coin's: rows of a patient share a mark that tells it.
  const random = randomOf(12)
  const rows = 600
  const marks = Array.from({ length: 60 }, () => Array.from({ length: 8 }, () => random.normal()))
  const coins = Array.from({ length: 60 }, () => random.below(2))
  const cluster = Int32Array.from({ length: rows }, (_, row) => row % 60)
  const data = Float64Array.from({ length: rows * 8 }, (_, i) => marks[(i % rows) % 60][Math.floor(i / rows)])
  const x: Matrix = { rows, columns: 8, data, terms: 'abcdefgh'.split(''), source: [0, 1, 2, 3, 4, 5, 6, 7] }
  const outcome = { task: 'diagnosis' as const, classes: ['a', 'b'], y: Int32Array.from(cluster, (own) => coins[own]) }
  const given = { epochs: 40, learningRate: 0.01, patience: 5, dropout: 0, l2: 0 }
  const lossOf = async (known: object) => {
    const { state } = await neural.fit(x, { ...outcome, ...known }, completeParameters(neural, given), context())
    return Math.min(...(state.header.validationLosses as number[]))
  }
  // Seen rows of a patient give the others away; unseen patients are a coin's toss.
  expect(await lossOf({})).toBeLessThan(0.1)
  expect(await lossOf({ cluster })).toBeGreaterThan(0.6)
})
