import { fusedConvolution } from './fusedConvolution.ts'
import { fusedRecurrent } from './fusedRecurrent.ts'
import { type Heap, type HeapFront, openHeap, upTo } from './heap.ts'
import { hasNoLevel, lossOf } from './losses.ts'
import {
  adamEpsilon,
  beta1,
  beta2,
  type Engine,
  featureWidth,
  layerSizes,
  momentumShare,
  type NetData,
  type NetOptions,
  type Weights,
} from './net.ts'
import type { NetShape } from './shape.ts'

/**
 * Trains a net with a training step in WebAssembly SIMD (net.wat): one call a layer instead of a dozen operations with
 * their own dispatch, which at a batch of 32 cost TensorFlow.js more than the arithmetic. Bit for bit the same on every
 * machine. Its reference is tensorflow.ts.
 */
export const fusedEngine = (data: NetData, shape: NetShape, weights: Weights, options: NetOptions): Engine => {
  const batch = upTo(Math.min(options.batchSize, Math.max(1, data.rows)), 4)
  const net = netOnHeap(data, shape, weights, batch, true)
  const { heap, layers, front, input, inputGradient, inputWidth, last, forward } = net
  const { kernels } = heap
  const features = featureWidth(shape.front)
  const targets = new Float32Array(batch)
  const rowWeights = new Float32Array(batch)
  const events = data.events ? new Uint8Array(batch) : undefined

  let steps = 0
  const step = (rows: Uint32Array, dropout: Float32Array[] | null, rate: number): number => {
    const count = rows.length
    for (let i = 0; i < count; i++) {
      targets[i] = data.targets[rows[i]]
      rowWeights[i] = data.weights[rows[i]]
      if (events) events[i] = data.events?.[rows[i]] ?? 0
    }
    const padded = forward(rows, 0, count, dropout)
    const floats = heap.floats()
    const outputs = floats.subarray(last.units / 4, last.units / 4 + batch * last.columns)
    const outputGradient = floats.subarray(last.gradient / 4, last.gradient / 4 + batch * last.columns)
    outputGradient.fill(0)
    const loss = lossOf(
      options.loss,
      { outputs, stride: last.columns, classes: last.to, targets, weights: rowWeights, events, count },
      { into: outputGradient, scale: count },
    )
    for (let index = layers.length - 1; index >= 0; index--) {
      const layer = layers[index]
      const below = index > 0 ? layers[index - 1] : null
      kernels.multiply(
        ...[below ? below.units : input, 4, layer.rows * 4, layer.gradient, 0, layer.kernel.g],
        ...[layer.rows, padded, layer.columns, 0, 0],
      )
      kernels.sumRows(layer.gradient, layer.bias.g, padded, layer.columns)
      if (layer === last && hasNoLevel(options.loss)) floats.fill(0, layer.bias.g / 4, layer.bias.g / 4 + layer.columns)
      if (!below && !front) continue
      const into = below ? below.gradient : inputGradient
      kernels.transpose(layer.kernel.w, layer.turned, layer.rows, layer.columns)
      kernels.multiply(
        ...[layer.gradient, layer.columns * 4, 4, layer.turned, 0, into],
        ...[padded, layer.columns, layer.rows, 0, 0],
      )
      const bytes = padded * layer.rows * 4
      if (below) kernels.gate(into, below.units, bytes)
      if (dropout) kernels.scale(into, below ? below.dropout : net.inputDropout, bytes)
    }
    if (front && features > 0) front.backward(count, inputGradient / 4, inputWidth)
    steps++
    learn(heap, options, rate, steps)
    return loss / count
  }

  return {
    name: 'fused',
    step,
    outputs: net.outputs,
    weights: net.save,
    close: () => {},
  }
}

/** Outputs of all rows by a net that does not learn, row-major; each row's the same whatever rows it stands among. */
export const fusedOutputs = (data: NetData, shape: NetShape, weights: Weights): Float32Array => {
  const net = netOnHeap(data, shape, weights, upTo(Math.min(64, Math.max(1, data.rows)), 4), false)
  return net.outputs(Uint32Array.from({ length: data.rows }, (_, row) => row))
}

const learn = (
  { kernels, parameters }: Heap,
  { optimiser, l2, weightDecay }: NetOptions,
  rate: number,
  steps: number,
) => {
  const correct1 = 1 / (1 - beta1 ** steps)
  const correct2 = 1 / (1 - beta2 ** steps)
  for (const { w, g, m, v, bytes, penalised } of parameters) {
    const decay = penalised ? 2 * l2 : 0
    const keep = penalised ? 1 - rate * weightDecay : 1
    if (optimiser === 'adam')
      kernels.adam(w, g, m, v, bytes, rate, beta1, beta2, correct1, correct2, adamEpsilon, decay, keep)
    else kernels.descend(w, g, m, bytes, rate, optimiser === 'momentum' ? momentumShare : 0, decay, keep)
  }
}

const netOnHeap = (data: NetData, shape: NetShape, weights: Weights, batch: number, trains: boolean) => {
  const heap = openHeap(trains)
  const { kernels, place } = heap
  const features = featureWidth(shape.front)
  const sizes = layerSizes(shape)
  const inputWidth = upTo(sizes[0].from, 8)
  const input = place(batch * inputWidth)
  const withFront = shape.front !== undefined
  const inputGradient = trains && withFront ? place(batch * inputWidth) : 0
  const inputDropout = trains && withFront ? place(batch * inputWidth) : 0
  const layers = sizes.map(({ from, to }, index) => {
    const [rows, columns] = [upTo(from, 8), upTo(to, 8)]
    return {
      from,
      to,
      rows,
      columns,
      hidden: index < shape.hidden.length,
      kernel: heap.parameter(rows * columns, true),
      bias: heap.parameter(columns, false),
      units: place(batch * columns),
      turned: trains ? place(rows * columns) : 0,
      gradient: trains ? place(batch * columns) : 0,
      dropout: trains ? place(batch * columns) : 0,
    }
  })
  const last = layers[layers.length - 1]
  const front = frontOn(heap, shape, data, batch, trains)
  const own = weights.length - 2 * layers.length
  front?.load(weights.slice(0, own))
  layers.forEach(({ from, to, columns, kernel, bias }, index) => {
    const floats = heap.floats()
    const values = weights[own + 2 * index]
    for (let i = 0; i < from; i++)
      for (let j = 0; j < to; j++) floats[kernel.w / 4 + i * columns + j] = values[i * to + j]
    floats.set(weights[own + 2 * index + 1], bias.w / 4)
  })

  /** Copies rows into the input and runs the net; returns the row count padded to what the kernels take. */
  const forward = (rows: Uint32Array, start: number, count: number, dropout: Float32Array[] | null): number => {
    const padded = upTo(count, 4)
    const floats = heap.floats()
    const { columns, values } = data
    for (let i = 0; i < padded; i++) {
      const to = input / 4 + i * inputWidth
      if (i >= count) {
        floats.fill(0, to, to + inputWidth)
        continue
      }
      const from = rows[start + i] * columns
      for (let j = 0; j < columns; j++) floats[to + features + j] = values[from + j]
    }
    front?.forward(rows, start, count, input / 4, inputWidth)
    if (dropout && withFront) {
      const at = inputDropout / 4
      floats.fill(1, at, at + padded * inputWidth)
      for (let i = 0; i < count; i++)
        for (let j = 0; j < features; j++) floats[at + i * inputWidth + j] = dropout[0][i * features + j]
      kernels.scale(input, inputDropout, padded * inputWidth * 4)
    }
    let above = input
    layers.forEach((layer, index) => {
      kernels.multiply(
        ...[above, layer.rows * 4, 4, layer.kernel.w, layer.bias.w, layer.units],
        ...[padded, layer.rows, layer.columns, +layer.hidden, 0],
      )
      if (dropout && layer.hidden) {
        const factors = dropout[index + (withFront ? 1 : 0)]
        const at = layer.dropout / 4
        for (let i = 0; i < count; i++)
          for (let j = 0; j < layer.to; j++) floats[at + i * layer.columns + j] = factors[i * layer.to + j]
        kernels.scale(layer.units, layer.dropout, padded * layer.columns * 4)
      }
      above = layer.units
    })
    return padded
  }

  return {
    heap,
    front,
    layers,
    last,
    input,
    inputWidth,
    inputGradient,
    inputDropout,
    forward,
    outputs: (rows: Uint32Array): Float32Array => {
      const all = new Float32Array(rows.length * last.to)
      for (let start = 0; start < rows.length; start += batch) {
        const count = Math.min(batch, rows.length - start)
        forward(rows, start, count, null)
        const floats = heap.floats()
        for (let i = 0; i < count; i++)
          for (let k = 0; k < last.to; k++)
            all[(start + i) * last.to + k] = floats[last.units / 4 + i * last.columns + k]
      }
      return all
    },
    save: (): Float32Array[] => {
      const floats = heap.floats()
      const dense = layers.flatMap(({ from, to, columns, kernel: { w }, bias }) => {
        const kernel = new Float32Array(from * to)
        for (let i = 0; i < from; i++) for (let j = 0; j < to; j++) kernel[i * to + j] = floats[w / 4 + i * columns + j]
        return [kernel, floats.slice(bias.w / 4, bias.w / 4 + to)]
      })
      return [...(front?.save() ?? []), ...dense]
    },
  }
}

const frontOn = (heap: Heap, { front }: NetShape, data: NetData, batch: number, trains: boolean): HeapFront | null => {
  if (!front) return null
  return front.kind === 'recurrent'
    ? fusedRecurrent(heap, front, data, batch, trains)
    : fusedConvolution(heap, front, data, batch, trains)
}
