import { expect, test } from 'vitest'
import { randomOf } from '../../numbers/random.ts'
import { openTensorFlow } from './backend.ts'
import { fusedEngine, fusedOutputs } from './fused.ts'
import { hasNoLevel } from './losses.ts'
import {
  dropoutOf,
  type Engine,
  initialWeights,
  type LossKind,
  type NetData,
  type NetOptions,
  optimisers,
} from './net.ts'
import type { Front, NetShape } from './shape.ts'
import { tensorflowEngine } from './tensorflow.ts'

const rows = 203

/**
 * Rows of smooth, crossed effects with courses of 0 to 9 steps and pictures; odd sizes so that every padding of the
 * kernels is met.
 */
const invented = (loss: LossKind, outputs: number, front?: Front): { data: NetData; shape: NetShape } => {
  const columns = 7
  const random = randomOf(5)
  const values = Float32Array.from({ length: rows * columns }, () => random.normal())
  const scores = Array.from({ length: rows }, (_, row) => {
    const at = row * columns
    return values[at] + values[at + 1] * values[at + 2]
  })
  const events = Uint8Array.from(scores, () => +(random.uniform() < 0.6))
  const targets = Float32Array.from(scores, (score) => {
    if (loss === 'squared') return score
    if (loss === 'binary') return +(score > 0)
    const bin = Math.floor(score + 2)
    if (loss === 'softmax') return Math.min(outputs - 1, Math.max(0, bin))
    // Ties among the times of events, and rows that lived through no interval.
    return Math.min(loss === 'logisticHazard' ? outputs : 9, Math.max(0, bin + 2))
  })
  if (loss === 'logisticHazard') for (let row = 0; row < rows; row++) if (targets[row] === 0) events[row] = 0
  const weights = Float32Array.from({ length: rows }, () => 0.5 + random.uniform())
  const data: NetData = { rows, columns, values, targets, weights, events }
  if (front?.kind === 'recurrent') {
    const offsets = new Int32Array(rows + 1)
    for (let row = 0; row < rows; row++) offsets[row + 1] = offsets[row] + random.below(10)
    data.steps = {
      offsets,
      values: Float32Array.from({ length: offsets[rows] * front.inputs }, () => random.normal()),
    }
  }
  if (front?.kind === 'convolutional')
    data.pictures = Float32Array.from({ length: rows * front.height * front.width * front.channels }, () =>
      random.normal(),
    )
  return { data, shape: { inputs: columns, hidden: [13, 20], outputs, ...(front ? { front } : {}) } }
}

const runSteps = (engine: Engine, data: NetData, shape: NetShape, rate: number) => {
  const losses: number[] = []
  const dropout = dropoutOf(shape, 0.3, 9)
  for (let step = 0; step < 40; step++) {
    const batch = Uint32Array.from({ length: 31 }, (_, i) => (step * 31 + i * 5) % data.rows)
    losses.push(engine.step(batch, dropout(batch.length, step), rate / (1 + step / 50)))
  }
  const every = Uint32Array.from({ length: data.rows }, (_, row) => row)
  const result = { losses, weights: engine.weights(), outputs: engine.outputs(every) }
  engine.close()
  return result
}

const largestDifference = (one: ArrayLike<number>, other: ArrayLike<number>) => {
  expect(one.length).toBe(other.length)
  return Math.max(...Array.from(one, (value, i) => Math.abs(value - other[i])))
}

const agree = async (
  backend: 'cpu' | 'wasm',
  loss: LossKind,
  outputs: number,
  front?: Front,
  over: Partial<NetOptions> = {},
) => {
  const { data, shape } = invented(loss, outputs, front)
  const start = initialWeights(shape, new Array(outputs).fill(0.1), randomOf(3))
  const options: NetOptions = { loss, batchSize: 31, optimiser: 'adam', l2: 0.003, weightDecay: 0.01, ...over }
  const own = runSteps(fusedEngine(data, shape, start, options), data, shape, 0.01)
  const tf = await openTensorFlow(backend)
  expect(tf.name).toBe(backend)
  const reference = runSteps(tensorflowEngine(tf, data, shape, start, options), data, shape, 0.01)
  // Rounding differs in the last bit and Adam's division carries it on: tight at first, loose after 40 steps.
  expect(Math.abs(own.losses[0] - reference.losses[0])).toBeLessThan(2e-6)
  expect(largestDifference(own.losses.slice(0, 5), reference.losses.slice(0, 5))).toBeLessThan(1e-4)
  expect(largestDifference(own.losses, reference.losses)).toBeLessThan(1e-3)
  own.weights.forEach((weights, i) => {
    expect(largestDifference(weights, reference.weights[i])).toBeLessThan(2e-3)
    // Every array has learned something, but a level that the loss does not know.
    if (!(hasNoLevel(loss) && i === own.weights.length - 1))
      expect(largestDifference(weights, start[i])).toBeGreaterThan(1e-3)
  })
  expect(largestDifference(own.outputs, reference.outputs)).toBeLessThan(5e-3)
  expect(largestDifference(fusedOutputs(data, shape, own.weights), own.outputs)).toBe(0)
}

for (const backend of ['cpu', 'wasm'] as const)
  for (const [loss, outputs] of [
    ['binary', 1],
    ['softmax', 4],
    ['squared', 1],
    ['logisticHazard', 6],
    ['efron', 1],
    ['breslow', 1],
  ] as const)
    test(`the fused step is TensorFlow.js's own (${backend}, ${loss}), with dropout, penalty and weights`, () =>
      agree(backend, loss, outputs))

for (const optimiser of optimisers)
  test(`${optimiser} takes the steps TensorFlow.js takes`, () => agree('wasm', 'binary', 1, undefined, { optimiser }))

for (const cell of ['gru', 'lstm'] as const)
  for (const backend of ['cpu', 'wasm'] as const)
    test(`a ${cell} over courses of unequal length is TensorFlow.js's (${backend}), also of rows without a step`, () =>
      agree(backend, cell === 'gru' ? 'binary' : 'logisticHazard', cell === 'gru' ? 1 : 6, {
        kind: 'recurrent',
        cell,
        inputs: 5,
        units: 11,
      }))

const conv = { kind: 'convolutional', channels: 3, kernel: 3 } as const
for (const [what, front] of [
  ['a signal, read by its mean', { ...conv, height: 1, width: 23, filters: [6, 10], kernel: 5, readout: 'average' }],
  ['a signal, read whole', { ...conv, height: 1, width: 23, filters: [6, 10], readout: 'flatten' }],
  ['a picture, read by its mean', { ...conv, height: 9, width: 11, filters: [5, 12, 9], readout: 'average' }],
  [
    'a picture of one channel, read whole',
    { ...conv, height: 7, width: 8, channels: 1, filters: [4, 8], readout: 'flatten' },
  ],
  [
    'a picture with a kernel of even size',
    { ...conv, height: 6, width: 6, kernel: 4, filters: [8], readout: 'average' },
  ],
] as const)
  test(`convolutions are TensorFlow.js's: ${what}`, () => agree('wasm', 'softmax', 4, front))

test('convolutions are those of its plain backend too', () =>
  agree('cpu', 'binary', 1, { ...conv, height: 7, width: 8, channels: 1, filters: [4, 8], readout: 'flatten' }))
