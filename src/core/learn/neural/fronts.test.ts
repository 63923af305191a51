import { expect, test } from 'vitest'
import type { Grids, Matrix, Sequences } from '../../cohort/matrix.ts'
import { takeMatrixRows } from '../../cohort/matrix.ts'
import { randomOf } from '../../numbers/random.ts'
import type { FitContext, Learner, Parameters } from '../learner.ts'
import { completeParameters } from '../parameters.ts'
import { classPredictor } from '../predictor.ts'
import { openTensorFlow } from './backend.ts'
import { convolutional } from './convolutional.ts'
import { layersModelOf } from './model.ts'
import { fitPictures, picturesOf } from './pictures.ts'
import { rateSchedule, type schedules } from './rates.ts'
import { recurrent } from './recurrent.ts'
import { fitSteps, type StepScaling, stepInputs, stepsOf } from './steps.ts'

const context = (): FitContext => ({
  seed: 1,
  threads: 1,
  signal: new AbortController().signal,
  progress: () => {},
  parallel: () => Promise.reject(new Error('no tasks')),
})

const channels = (...names: string[]) => names.map((name) => ({ name, unit: null }))
const matrixOf = (rows: number, over: Partial<Matrix>): Matrix => ({
  rows,
  columns: 0,
  data: new Float64Array(0),
  terms: [],
  source: [],
  ...over,
})
const sequencesOf = (names: string[], rows: [time: number, ...values: number[]][][]): Sequences => ({
  channels: channels(...names),
  offsets: Int32Array.from([0, ...rows.map((_, i) => rows.slice(0, i + 1).flat().length)]),
  times: Float64Array.from(rows.flat(), ([time]) => time),
  values: Float64Array.from(rows.flat().flatMap(([, ...values]) => values)),
})
const none = Number.NaN

test('a step says what is known by then, what is new, and how long ago it and the step before were', () => {
  const sequences = sequencesOf(
    ['a', 'b'],
    [
      [
        [-10, 1, none],
        [-4, none, 5],
        [-4, none, none],
        [0, 3, none],
      ],
      [],
    ],
  )
  const plain = { log: false, least: 0, mean: 0, scale: 1 }
  const scaling: StepScaling = {
    channels: [
      { name: 'a', ...plain },
      { name: 'b', ...plain, mean: 1, scale: 2 },
    ],
    gap: [0, 1],
    left: [0, 1],
    steps: 100,
  }
  const { offsets, values } = stepsOf(sequences, scaling)
  // The step at which nothing was measured is none; the second row has no step at all.
  expect([...offsets]).toEqual([0, 3, 3])
  const width = stepInputs(2)
  const expected = [
    [1, 0, 1, 0, 0, Math.log1p(10)],
    [1, 2, 0, 1, Math.log1p(6), Math.log1p(4)],
    [3, 2, 1, 0, Math.log1p(4), 0],
  ]
  expected.flat().forEach((value, i) => {
    expect(values[i]).toBeCloseTo(value, 6)
  })
  expect(values.length).toBe(3 * width)
  // Of the last step alone, what was known before still is.
  const [last] = [stepsOf(sequences, { ...scaling, steps: 1 })]
  expect([...last.values.subarray(0, 4)]).toEqual([3, 2, 1, 0])
})

test('values are standardised by what was measured in training rows, skewed positive ones by their logarithm', () => {
  const skewed = [1, 1, 1, 2, 2, 50]
  const sequences = sequencesOf(['lab', 'level'], [skewed.map((value, i) => [i - 5, value, i % 2 === 0 ? i : none])])
  const { channels: found } = fitSteps(sequences, 10)
  const logs = skewed.map(Math.log)
  const mean = logs.reduce((sum, value) => sum + value, 0) / 6
  expect(found[0].log).toBe(true)
  expect(found[0].mean).toBeCloseTo(mean, 12)
  expect(found[1]).toMatchObject({ log: false, mean: 2 })
  expect(found[1].scale).toBeCloseTo(Math.sqrt(8 / 3), 12)
})

test('a signal at even times is read point by point as it is; between uneven ones it is interpolated, and short ones end where they end', () => {
  const even = sequencesOf('x'.split(''), [
    [
      [0, 1],
      [0.25, 4],
      [0.5, -2],
      [0.75, 0],
    ],
    [
      [7, 2],
      [7.5, 4],
    ],
  ])
  const scaling = fitPictures(matrixOf(2, { sequences: even }), 0)
  expect(scaling).toMatchObject({ of: 'signals', points: 4, interval: 0.25 })
  const flat = { ...scaling, channels: [{ name: 'x', log: false, least: 0, mean: 0, scale: 1 }] }
  expect([...picturesOf(matrixOf(2, { sequences: even }), flat)]).toEqual([1, 4, -2, 0, 0, 2, 3, 4])
})

test('a picture of another size than the model learned from is refused', () => {
  const grids: Grids = { height: 2, width: 2, channels: ['grey'], values: new Float32Array(8) }
  const scaling = fitPictures(matrixOf(2, { grids }), 0)
  const other = { ...grids, height: 1, width: 4 }
  expect(() => picturesOf(matrixOf(2, { grids: other }), scaling)).toThrow(/2 x 2/)
})

test('rates go as they are named', () => {
  const rates = (schedule: (typeof schedules)[number]) => {
    const rate = rateSchedule({ schedule, rate: 1, factor: 0.5, every: 2, epochs: 4 })
    return [1, 2, 3, 4].map((epoch) => {
      const now = rate.at(epoch)
      // A loss that never gets better than the first.
      rate.told(1)
      return now
    })
  }
  expect(rates('constant')).toEqual([1, 1, 1, 1])
  expect(rates('step')).toEqual([1, 1, 0.5, 0.5])
  rates('exponential').forEach((rate, i) => {
    expect(rate).toBeCloseTo(0.5 ** (i / 2), 12)
  })
  rates('cosine').forEach((rate, i) => {
    expect(rate).toBeCloseTo((1 + Math.cos((Math.PI * i) / 4)) / 2, 12)
  })
  expect(rates('plateau')).toEqual([1, 1, 1, 0.5])
})

/** Rows whose class is the order of two values in time, which no summary of them tells. */
const ordered = (rows: number, seed = 3): { x: Matrix; y: Int32Array } => {
  const random = randomOf(seed)
  const y = Int32Array.from({ length: rows }, () => random.below(2))
  const courses = Array.from(y, (label) => {
    const before = random.below(5)
    const steps: [number, number][] = []
    for (let i = 0; i < before; i++) steps.push([0, 0.1 * random.normal()])
    steps.push([0, label === 1 ? 2 : -2])
    for (let i = 0; i < random.below(4); i++) steps.push([0, 0.1 * random.normal()])
    steps.push([0, label === 1 ? -2 : 2])
    return steps.map(([, value], i): [number, number] => [i - steps.length + 1, value])
  })
  return { x: matrixOf(rows, { sequences: sequencesOf(['x'], courses) }), y }
}

const accuracy = async (
  learner: Learner,
  given: Parameters,
  make: (rows: number, seed?: number) => { x: Matrix; y: Int32Array },
) => {
  const { x, y } = make(300)
  const outcome = { task: 'diagnosis' as const, classes: ['down', 'up'], y }
  const { state } = await learner.fit(x, outcome, completeParameters(learner, given), context())
  const predictor = await learner.load(state)
  const fresh = make(200, 77)
  const p = classPredictor(predictor).probabilities(fresh.x)
  return { state, right: fresh.y.filter((label, row) => +(p[2 * row + 1] > 0.5) === label).length / 200 }
}

for (const cell of ['gru', 'lstm'])
  test(`what came first is learned, where every summary of the values is the same (${cell})`, async () => {
    expect((await accuracy(recurrent, { cell, epochs: 30, learningRate: 0.02 }, ordered)).right).toBeGreaterThan(0.95)
  })

/** Pictures with a bar that stands or lies, anywhere. */
const bars = (rows: number, seed = 5): { x: Matrix; y: Int32Array } => {
  const random = randomOf(seed)
  const y = Int32Array.from({ length: rows }, () => random.below(2))
  const values = new Float32Array(rows * 100)
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < 100; i++) values[row * 100 + i] = 0.3 * random.normal()
    const [at, across] = [random.below(7), random.below(10)]
    for (let i = 0; i < 4; i++) values[row * 100 + (y[row] ? (at + i) * 10 + across : across * 10 + at + i)] += 2
  }
  return { x: matrixOf(rows, { grids: { height: 10, width: 10, channels: ['grey'], values } }), y }
}

test('a pattern is found wherever it lies in a picture', async () => {
  const { right } = await accuracy(convolutional, { epochs: 30, learningRate: 0.01 }, bars)
  expect(right).toBeGreaterThan(0.95)
})

const ofModel = async (
  state: Parameters[0] extends never ? never : Awaited<ReturnType<Learner['fit']>>['state'],
  inputs: (tf: Awaited<ReturnType<typeof openTensorFlow>>['tf']) => unknown,
) => {
  const { tf } = await openTensorFlow('cpu')
  const model = await tf.loadLayersModel(tf.io.fromMemory(layersModelOf(state)))
  const out = model.predict(inputs(tf) as never) as ReturnType<typeof tf.tensor2d>
  return out.dataSync()
}

for (const cell of ['gru', 'lstm'])
  test(`a stored ${cell} net predicts in TensorFlow.js what it predicts here, columns beside the courses`, async () => {
    const { x: courses, y } = ordered(60)
    const random = randomOf(8)
    const x: Matrix = {
      ...courses,
      columns: 2,
      terms: ['a', 'b'],
      source: [0, 1],
      data: Float64Array.from({ length: 120 }, () => random.normal()),
    }
    const { state } = await recurrent.fit(
      x,
      { task: 'diagnosis', classes: ['a', 'b'], y },
      completeParameters(recurrent, { cell, epochs: 3 }),
      context(),
    )
    const own = classPredictor(await recurrent.load(state)).probabilities(x)
    const { offsets, values } = stepsOf(x.sequences!, state.header.courses as StepScaling)
    const longest = Math.max(...Array.from({ length: 60 }, (_, row) => offsets[row + 1] - offsets[row]))
    const width = stepInputs(1)
    const padded = new Float32Array(60 * longest * width)
    for (let row = 0; row < 60; row++)
      padded.set(values.subarray(offsets[row] * width, offsets[row + 1] * width), row * longest * width)
    const columns = Float32Array.from({ length: 120 }, (_, i) => x.data[(i % 2) * 60 + Math.floor(i / 2)])
    const theirs = await ofModel(state, (tf) => [
      tf.tensor3d(padded, [60, longest, width]),
      tf.tensor2d(columns, [60, 2]),
    ])
    theirs.forEach((value, row) => {
      expect(Math.abs(value - own[2 * row + 1])).toBeLessThan(1e-5)
    })
  })

test('a stored convolutional net predicts in TensorFlow.js what it predicts here, of pictures and of signals', async () => {
  const { x, y } = bars(40)
  const outcome = { task: 'diagnosis' as const, classes: ['a', 'b'], y }
  for (const readout of ['average', 'flatten']) {
    const { state } = await convolutional.fit(
      x,
      outcome,
      completeParameters(convolutional, { epochs: 2, readout }),
      context(),
    )
    const own = classPredictor(await convolutional.load(state)).probabilities(x)
    const pictures = picturesOf(x, state.header.pictures as never)
    const theirs = await ofModel(state, (tf) => tf.tensor4d(pictures, [40, 10, 10, 1]))
    theirs.forEach((value, row) => {
      expect(Math.abs(value - own[2 * row + 1])).toBeLessThan(1e-5)
    })
  }
  const signals = matrixOf(40, {
    sequences: sequencesOf(
      ['x'],
      Array.from({ length: 40 }, (_, row) =>
        Array.from({ length: 25 }, (_, i): [number, number] => [i, Math.sin(i * (1 + (row % 3)))]),
      ),
    ),
  })
  const { state } = await convolutional.fit(
    signals,
    outcome,
    completeParameters(convolutional, { epochs: 2 }),
    context(),
  )
  const own = classPredictor(await convolutional.load(state)).probabilities(signals)
  const points = picturesOf(signals, state.header.pictures as never)
  const theirs = await ofModel(state, (tf) => tf.tensor3d(points, [40, 25, 1]))
  theirs.forEach((value, row) => {
    expect(Math.abs(value - own[2 * row + 1])).toBeLessThan(1e-5)
  })
})

test('one patient’s course gives what it gives among others', async () => {
  const { x, y } = ordered(80)
  const { state } = await recurrent.fit(
    x,
    { task: 'diagnosis', classes: ['a', 'b'], y },
    completeParameters(recurrent, { epochs: 2 }),
    context(),
  )
  const predictor = await recurrent.load(state)
  const all = classPredictor(predictor).probabilities(x)
  for (const row of [0, 41, 79])
    expect([...classPredictor(predictor).probabilities(takeMatrixRows(x, [row]))]).toEqual([
      all[2 * row],
      all[2 * row + 1],
    ])
})

test('balanced classes learn the rare one, and the probabilities still say how rare it is', async () => {
  const random = randomOf(21)
  const rows = 1500
  const data = Float64Array.from({ length: rows }, () => random.normal())
  const y = Int32Array.from(data, (value) => +(random.uniform() < 1 / (1 + Math.exp(3 - value))))
  const x = matrixOf(rows, { columns: 1, data, terms: ['a'], source: [0] })
  const outcome = { task: 'diagnosis' as const, classes: ['no', 'yes'], y }
  const { neural } = await import('./neural.ts')
  const { state } = await neural.fit(
    x,
    outcome,
    completeParameters(neural, { classWeights: 'balanced', epochs: 25, learningRate: 0.01 }),
    context(),
  )
  const p = classPredictor(await neural.load(state)).probabilities(x)
  const mean = Array.from(y, (_, row) => p[2 * row + 1]).reduce((sum, one) => sum + one, 0) / rows
  const share = y.reduce((sum, one) => sum + one, 0) / rows
  expect(share).toBeLessThan(0.1)
  expect(Math.abs(mean - share)).toBeLessThan(0.02)
})

test('a net that no memory holds is refused in words, not by a crash', async () => {
  const grids: Grids = { height: 1024, width: 1024, channels: ['grey'], values: new Float32Array(2 * 1024 * 1024) }
  const x = matrixOf(2, { grids })
  const outcome = { task: 'diagnosis' as const, classes: ['a', 'b'], y: Int32Array.of(0, 1) }
  for (const convolutions of [1, 8]) {
    const given = completeParameters(convolutional, { filters: 256, convolutions, patience: 0, epochs: 1 })
    await expect(convolutional.fit(x, outcome, given, context())).rejects.toMatchObject({
      failure: { code: 'invalidInput', reason: 'netTooLarge' },
    })
  }
})
