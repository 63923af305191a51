import type { Backend, Tensor2, TensorFlow } from './backend.ts'
import { convolutions } from './convolutions.ts'
import { hasNoLevel } from './losses.ts'
import {
  adamEpsilon,
  beta1,
  beta2,
  type Engine,
  isBias,
  momentumShare,
  type NetData,
  type NetOptions,
  type Weights,
  weightSpecs,
} from './net.ts'
import type { ConvolutionalFront, NetShape, RecurrentFront } from './shape.ts'
import { tensorLosses } from './tensorLosses.ts'

type Variable = ReturnType<TensorFlow['variable']>

/**
 * The same training on TensorFlow.js: its operations, its gradients, its optimisers. The reference fused.ts is tested
 * against, and the choice where the native library is installed and nets are wide.
 */
export const tensorflowEngine = (
  { tf, name }: Backend,
  data: NetData,
  shape: NetShape,
  weights: Weights,
  options: NetOptions,
): Engine => {
  const specs = weightSpecs(shape)
  const variables = specs.map(({ shape: size }, i) => tf.variable(tf.tensor(weights[i], size)))
  const optimiser = optimiserOf(tf, options.optimiser)
  const { front, hidden } = shape
  const dense = variables.slice(variables.length - 2 * (hidden.length + 1))

  const columnsOf = (rows: Uint32Array) => {
    const { columns, values } = data
    const batch = new Float32Array(rows.length * columns)
    rows.forEach((row, i) => {
      batch.set(values.subarray(row * columns, (row + 1) * columns), i * columns)
    })
    return tf.tensor2d(batch, [rows.length, columns])
  }
  const forward = (rows: Uint32Array, dropout: Float32Array[] | null): Tensor2 => {
    let units = columnsOf(rows)
    let masks = dropout
    if (front) {
      let features =
        front.kind === 'recurrent'
          ? recurrentFeatures(tf, front, variables, data, rows)
          : convolutionalFeatures(tf, front, variables, data, rows)
      if (dropout) features = tf.mul(features, tf.tensor2d(dropout[0], features.shape))
      masks = dropout?.slice(1) ?? null
      units = tf.concat([features, units], 1)
    }
    hidden.forEach((to, layer) => {
      units = tf.relu(tf.add(tf.matMul(units, dense[2 * layer] as unknown as Tensor2), dense[2 * layer + 1]))
      if (masks) units = tf.mul(units, tf.tensor2d(masks[layer], [rows.length, to]))
    })
    return tf.add(tf.matMul(units, dense[2 * hidden.length] as unknown as Tensor2), dense[2 * hidden.length + 1])
  }

  return {
    name,
    step: (rows, dropout, rate) =>
      tf.tidy(() => {
        let loss = 0
        setRate(optimiser, rate)
        const { grads } = optimiser.computeGradients(() => {
          const mean = tf.div(tensorLosses(tf, options.loss, forward(rows, dropout), data, rows), rows.length)
          loss = mean.dataSync()[0]
          if (options.l2 === 0) return mean.asScalar()
          const squares = variables.filter((_, i) => !isBias(specs[i])).map((kernel) => tf.sum(tf.square(kernel)))
          return tf.add(mean, tf.mul(tf.addN(squares), options.l2)).asScalar()
        })
        if (hasNoLevel(options.loss)) {
          const level = variables[variables.length - 1].name
          grads[level] = tf.zerosLike(grads[level])
        }
        if (options.weightDecay > 0)
          variables.forEach((variable, i) => {
            if (!isBias(specs[i])) variable.assign(tf.mul(variable, 1 - rate * options.weightDecay))
          })
        optimiser.applyGradients(grads)
        return loss
      }),
    outputs: (rows) => {
      const all = new Float32Array(rows.length * shape.outputs)
      const size = front ? 128 : 4096
      for (let start = 0; start < rows.length; start += size)
        all.set(
          tf.tidy(() => forward(rows.subarray(start, start + size), null).dataSync() as Float32Array),
          start * shape.outputs,
        )
      return all
    },
    weights: () => variables.map((variable) => Float32Array.from(variable.dataSync())),
    close: () => {
      for (const variable of variables) variable.dispose()
      optimiser.dispose()
    },
  }
}

type TensorOptimiser = ReturnType<TensorFlow['train']['sgd']>

const optimiserOf = (tf: TensorFlow, name: NetOptions['optimiser']): TensorOptimiser => {
  if (name === 'adam') return tf.train.adam(1, beta1, beta2, adamEpsilon) as unknown as TensorOptimiser
  return name === 'momentum' ? tf.train.momentum(1, momentumShare) : tf.train.sgd(1)
}

/** Adam keeps its rate in a field; the others, as a tensor, have a method for it. */
const setRate = (optimiser: TensorOptimiser, rate: number) => {
  if (typeof optimiser.setLearningRate === 'function') optimiser.setLearningRate(rate)
  else (optimiser as unknown as { learningRate: number }).learningRate = rate
}

/** The state after each row's last step; padded steps leave it as it is. */
const recurrentFeatures = (
  tf: TensorFlow,
  { cell, inputs, units }: RecurrentFront,
  variables: readonly Variable[],
  data: NetData,
  rows: Uint32Array,
): Tensor2 => {
  const [kernel, recurrent, bias] = variables as unknown as [Tensor2, Tensor2, Tensor2]
  const { offsets, values } = data.steps as NonNullable<NetData['steps']>
  const longest = rows.reduce((most, row) => Math.max(most, offsets[row + 1] - offsets[row]), 0)
  const gate = (all: Tensor2, index: number) => tf.slice(all, [0, index * units], [-1, units]) as Tensor2
  let state = tf.zeros([rows.length, units]) as Tensor2
  let memory = state
  for (let step = 0; step < longest; step++) {
    const input = new Float32Array(rows.length * inputs)
    const runs = new Float32Array(rows.length)
    rows.forEach((row, i) => {
      const at = offsets[row] + step
      if (at >= offsets[row + 1]) return
      runs[i] = 1
      input.set(values.subarray(at * inputs, (at + 1) * inputs), i * inputs)
    })
    const x = tf.add(tf.matMul(tf.tensor2d(input, [rows.length, inputs]), kernel), bias) as Tensor2
    let next: Tensor2
    let nextMemory = memory
    if (cell === 'gru') {
      const h = tf.matMul(state, tf.slice(recurrent, [0, 0], [-1, 2 * units]) as Tensor2)
      const z = tf.sigmoid(tf.add(gate(x, 0), gate(h as Tensor2, 0)))
      const r = tf.sigmoid(tf.add(gate(x, 1), gate(h as Tensor2, 1)))
      const passed = tf.matMul(tf.mul(r, state) as Tensor2, tf.slice(recurrent, [0, 2 * units], [-1, units]) as Tensor2)
      const candidate = tf.tanh(tf.add(gate(x, 2), passed))
      next = tf.add(candidate, tf.mul(z, tf.sub(state, candidate))) as Tensor2
    } else {
      const all = tf.add(x, tf.matMul(state, recurrent)) as Tensor2
      const [i, f] = [tf.sigmoid(gate(all, 0)), tf.sigmoid(gate(all, 1))]
      nextMemory = tf.add(tf.mul(f, memory), tf.mul(i, tf.tanh(gate(all, 2)))) as Tensor2
      next = tf.mul(tf.sigmoid(gate(all, 3)), tf.tanh(nextMemory)) as Tensor2
    }
    const mask = tf.tensor2d(runs, [rows.length, 1])
    state = tf.add(state, tf.mul(mask, tf.sub(next, state))) as Tensor2
    memory = tf.add(memory, tf.mul(mask, tf.sub(nextMemory, memory))) as Tensor2
  }
  return state
}

const convolutionalFeatures = (
  tf: TensorFlow,
  front: ConvolutionalFront,
  variables: readonly Variable[],
  data: NetData,
  rows: Uint32Array,
): Tensor2 => {
  const { height, width, channels } = front
  const size = height * width * channels
  const pictures = new Float32Array(rows.length * size)
  rows.forEach((row, i) => {
    pictures.set((data.pictures as Float32Array).subarray(row * size, (row + 1) * size), i * size)
  })
  let units = tf.tensor4d(pictures, [rows.length, height, width, channels])
  convolutions(front).forEach((layer, index) => {
    const kernel = tf.reshape(variables[2 * index], [
      layer.kernelHeight,
      layer.kernelWidth,
      layer.channels,
      layer.filters,
    ]) as typeof units
    units = tf.relu(tf.add(tf.conv2d(units, kernel, 1, 'same'), variables[2 * index + 1]))
    const pool: [number, number] = [layer.poolHeight, layer.poolWidth]
    if (pool[0] * pool[1] > 1) units = tf.maxPool(units, pool, pool, 'valid')
  })
  if (front.readout === 'average') return tf.mean(units, [1, 2]) as Tensor2
  return tf.reshape(units, [rows.length, -1]) as Tensor2
}
