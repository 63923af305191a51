import { denseKernels } from './kernels.ts'
import { type Engine, layerSizes, lossOf, type NetData, type NetOptions, type NetShape, type Weights } from './net.ts'

/** Node's own, which its types leave to the browser's. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { exports: unknown }
}

interface Kernels {
  memory: { buffer: ArrayBuffer; grow(pages: number): number }
  multiply(
    a: number,
    aRow: number,
    aStep: number,
    b: number,
    bias: number,
    c: number,
    rows: number,
    steps: number,
    columns: number,
    rectify: number,
  ): void
  transpose(from: number, to: number, rows: number, columns: number): void
  sumRows(from: number, to: number, rows: number, columns: number): void
  gate(gradient: number, unit: number, bytes: number): void
  scale(values: number, factors: number, bytes: number): void
  adam(
    w: number,
    g: number,
    m: number,
    v: number,
    bytes: number,
    rate: number,
    beta1: number,
    beta2: number,
    correct1: number,
    correct2: number,
    epsilon: number,
    decay: number,
  ): void
}

const beta1 = 0.9
const beta2 = 0.999
export const adamEpsilon = 1e-7

const upTo = (n: number, multiple: number) => Math.ceil(n / multiple) * multiple

/**
 * Trains a dense net with a training step in WebAssembly SIMD (dense.wat): one call a layer instead of a dozen operations
 * with their own dispatch, which at a batch of 32 cost TensorFlow.js more than the arithmetic. Bit for bit the same on every
 * machine. Its reference is tensorflow.ts.
 */
export const fusedEngine = (data: NetData, shape: NetShape, weights: Weights, options: NetOptions): Engine => {
  const module = new WebAssembly.Module(Buffer.from(denseKernels, 'base64'))
  const kernels = new WebAssembly.Instance(module).exports as Kernels
  const batch = upTo(Math.min(options.batchSize, Math.max(1, data.rows)), 4)
  let used = 64
  const place = (floats: number) => {
    const at = used
    used += upTo(floats * 4, 16)
    return at
  }
  const inputWidth = upTo(shape.inputs, 8)
  const input = place(batch * inputWidth)
  const layers = layerSizes(shape).map(({ from, to }, index) => {
    const [rows, columns] = [upTo(from, 8), upTo(to, 8)]
    const [kernel, bias] = [rows * columns, columns]
    const four = (floats: number) => ({ w: place(floats), g: place(floats), m: place(floats), v: place(floats) })
    return {
      from,
      to,
      rows,
      columns,
      hidden: index < shape.hidden.length,
      kernel: four(kernel),
      bias: four(bias),
      turned: place(kernel),
      units: place(batch * columns),
      gradient: place(batch * columns),
      dropout: place(batch * columns),
    }
  })
  kernels.memory.grow(Math.max(0, Math.ceil(used / 65536) - 1))
  const heap = new Float32Array(kernels.memory.buffer)
  const last = layers[layers.length - 1]
  layers.forEach((layer, index) => {
    const [kernel, bias] = [weights[2 * index], weights[2 * index + 1]]
    for (let i = 0; i < layer.from; i++)
      for (let j = 0; j < layer.to; j++) heap[layer.kernel.w / 4 + i * layer.columns + j] = kernel[i * layer.to + j]
    heap.set(bias, layer.bias.w / 4)
  })

  const targets = new Float32Array(batch)
  const rowWeights = new Float32Array(batch)
  const outputs = heap.subarray(last.units / 4, last.units / 4 + batch * last.columns)
  const outputGradient = heap.subarray(last.gradient / 4, last.gradient / 4 + batch * last.columns)

  /** Copies rows into the input and runs the net; returns the row count padded to what the kernels take. */
  const forward = (rows: Uint32Array, start: number, count: number, dropout: Float32Array[] | null): number => {
    const padded = upTo(count, 4)
    const { columns, values } = data
    let to = input / 4
    for (let i = 0; i < padded; i++, to += inputWidth) {
      if (i >= count) {
        heap.fill(0, to, to + inputWidth)
        continue
      }
      const from = rows[start + i] * columns
      for (let j = 0; j < columns; j++) heap[to + j] = values[from + j]
      targets[i] = data.targets[rows[start + i]]
      rowWeights[i] = data.weights[rows[start + i]]
    }
    let above = input
    layers.forEach((layer, index) => {
      const width = layer.rows * 4
      kernels.multiply(
        above,
        width,
        4,
        layer.kernel.w,
        layer.bias.w,
        layer.units,
        padded,
        layer.rows,
        layer.columns,
        +layer.hidden,
      )
      if (dropout && layer.hidden) {
        const factors = dropout[index]
        const at = layer.dropout / 4
        for (let i = 0; i < count; i++)
          for (let j = 0; j < layer.to; j++) heap[at + i * layer.columns + j] = factors[i * layer.to + j]
        kernels.scale(layer.units, layer.dropout, padded * layer.columns * 4)
      }
      above = layer.units
    })
    return padded
  }

  let steps = 0
  const step = (rows: Uint32Array, dropout: Float32Array[] | null): number => {
    const count = rows.length
    const padded = forward(rows, 0, count, dropout)
    outputGradient.fill(0)
    const into = { into: outputGradient, scale: count }
    const loss = lossOf(options.loss, outputs, last.columns, last.to, targets, rowWeights, count, into)
    steps++
    const correct1 = 1 / (1 - beta1 ** steps)
    const correct2 = 1 / (1 - beta2 ** steps)
    for (let index = layers.length - 1; index >= 0; index--) {
      const layer = layers[index]
      const below = index > 0 ? layers[index - 1] : null
      const width = layer.rows * 4
      kernels.multiply(
        below ? below.units : input,
        4,
        width,
        layer.gradient,
        0,
        layer.kernel.g,
        layer.rows,
        padded,
        layer.columns,
        0,
      )
      kernels.sumRows(layer.gradient, layer.bias.g, padded, layer.columns)
      if (below) {
        kernels.transpose(layer.kernel.w, layer.turned, layer.rows, layer.columns)
        kernels.multiply(
          layer.gradient,
          layer.columns * 4,
          4,
          layer.turned,
          0,
          below.gradient,
          padded,
          layer.columns,
          layer.rows,
          0,
        )
        const bytes = padded * below.columns * 4
        kernels.gate(below.gradient, below.units, bytes)
        if (dropout) kernels.scale(below.gradient, below.dropout, bytes)
      }
      const learn = (of: typeof layer.kernel, floats: number, decay: number) =>
        kernels.adam(
          of.w,
          of.g,
          of.m,
          of.v,
          floats * 4,
          options.learningRate,
          beta1,
          beta2,
          correct1,
          correct2,
          adamEpsilon,
          decay,
        )
      learn(layer.kernel, layer.rows * layer.columns, 2 * options.l2)
      learn(layer.bias, layer.columns, 0)
    }
    return loss / count
  }

  return {
    name: 'fused',
    step,
    outputs: (rows) => {
      const all = new Float32Array(rows.length * last.to)
      for (let start = 0; start < rows.length; start += batch) {
        const count = Math.min(batch, rows.length - start)
        forward(rows, start, count, null)
        for (let i = 0; i < count; i++)
          for (let k = 0; k < last.to; k++) all[(start + i) * last.to + k] = outputs[i * last.columns + k]
      }
      return all
    },
    weights: () =>
      layers.flatMap((layer) => {
        const kernel = new Float32Array(layer.from * layer.to)
        for (let i = 0; i < layer.from; i++)
          for (let j = 0; j < layer.to; j++) kernel[i * layer.to + j] = heap[layer.kernel.w / 4 + i * layer.columns + j]
        return [kernel, heap.slice(layer.bias.w / 4, layer.bias.w / 4 + layer.to)]
      }),
    close: () => {},
  }
}
