import { type Convolution, convolutions } from './convolutions.ts'
import { type Heap, type HeapFront, upTo } from './heap.ts'
import { featureWidth, type NetData } from './net.ts'
import type { ConvolutionalFront } from './shape.ts'

/**
 * Convolutions as sums of matrix products without copying patches: a padded picture lies row after row with its
 * channels inside, so the patch of a place is, for each row of the kernel, one run of numbers, and the runs of
 * consecutive places overlap by a constant stride. A layer is then one product a kernel row over all places of the
 * batch. Places that straddle the padding give numbers nobody reads; in gradients they are 0.
 */
export const fusedConvolution = (
  heap: Heap,
  front: ConvolutionalFront,
  data: NetData,
  batch: number,
  trains: boolean,
): HeapFront => {
  const { kernels, place } = heap
  const pictures = data.pictures as Float32Array
  const size = front.height * front.width * front.channels
  const features = featureWidth(front)
  const layers = convolutions(front).map((shape, index) => layerOn(heap, shape, index, batch, trains))
  const last = layers[layers.length - 1]
  // The last map after its pooling, without padding; where there is none, its units are read as they are.
  const pooled = last.pools ? place(batch * last.pooledHeight * last.pooledWidth * last.columns) : 0
  const pooledGradient = trains && last.pools ? place(batch * last.pooledHeight * last.pooledWidth * last.columns) : 0

  /**
   * Calls back for each row of each picture with the float where its first unit lies, in a padded layout and in a plain
   * one.
   */
  const eachPooledRow = (index: number, count: number, use: (unit: number, pooled: number) => void) => {
    const layer = layers[index]
    const next = layers[index + 1]
    for (let b = 0; b < count; b++)
      for (let y = 0; y < layer.pooledHeight; y++) {
        const unit = (b * layer.padHeight + y * layer.poolHeight) * layer.padWidth * layer.columns
        const to = next
          ? ((b * next.padHeight + y + next.above) * next.padWidth + next.before) * next.channelWidth
          : (b * layer.pooledHeight + y) * layer.pooledWidth * layer.columns
        use(unit * 4, to * 4)
      }
  }

  const forward: HeapFront['forward'] = (rows, start, count, to, stride) => {
    const floats = heap.floats()
    const [first] = layers
    const line = front.width * front.channels
    for (let b = 0; b < count; b++)
      for (let y = 0; y < front.height; y++) {
        const from = rows[start + b] * size + y * line
        const at =
          first.input / 4 + ((b * first.padHeight + y + first.above) * first.padWidth + first.before) * front.channels
        for (let i = 0; i < line; i++) floats[at + i] = pictures[from + i]
      }
    layers.forEach((layer, index) => {
      const places = upTo(count * layer.padHeight * layer.padWidth, 4)
      for (let ky = 0; ky < layer.kernelHeight; ky++)
        kernels.multiply(
          layer.input + ky * layer.padWidth * layer.channelWidth * 4,
          ...[layer.channelWidth * 4, 4, layer.kernel.w + ky * layer.kernelRows * layer.columns * 4],
          ...[layer.bias.w, layer.units, places, layer.kernelWidth * layer.channelWidth, layer.columns],
          ...[ky === layer.kernelHeight - 1 ? 1 : 0, ky > 0 ? 1 : 0],
        )
      const next = layers[index + 1]
      if (!layer.pools && !next) return
      const [below, pair] = poolSteps(layer)
      const base = next ? next.input : pooled
      eachPooledRow(index, count, (unit, at) => {
        kernels.pool(layer.units + unit, below, pair, base + at, layer.pooledWidth, layer.columns * 4)
      })
    })
    const { columns, filters, pooledHeight, pooledWidth, padHeight, padWidth } = last
    const source = last.pools ? pooled : last.units
    const [high, wide] = last.pools ? [pooledHeight, pooledWidth] : [padHeight, padWidth]
    for (let b = 0; b < count; b++) {
      const into = to + b * stride
      if (front.readout === 'average') floats.fill(0, into, into + features)
      for (let y = 0; y < pooledHeight; y++)
        for (let x = 0; x < pooledWidth; x++) {
          const at = source / 4 + ((b * high + y) * wide + x) * columns
          if (front.readout === 'average') for (let c = 0; c < filters; c++) floats[into + c] += floats[at + c]
          else {
            const feature = into + (y * pooledWidth + x) * filters
            for (let c = 0; c < filters; c++) floats[feature + c] = floats[at + c]
          }
        }
      if (front.readout !== 'average') continue
      const share = 1 / (pooledHeight * pooledWidth)
      for (let c = 0; c < filters; c++) floats[into + c] *= share
    }
  }

  const backward: HeapFront['backward'] = (count, from, stride) => {
    const floats = heap.floats()
    for (const layer of layers)
      floats.fill(
        0,
        layer.gradient / 4,
        layer.gradient / 4 + upTo(count * layer.padHeight * layer.padWidth, 4) * layer.columns,
      )
    const { columns, filters, pooledHeight, pooledWidth, padHeight, padWidth } = last
    const into = last.pools ? pooledGradient : last.gradient
    const [high, wide] = last.pools ? [pooledHeight, pooledWidth] : [padHeight, padWidth]
    const share = front.readout === 'average' ? 1 / (pooledHeight * pooledWidth) : 1
    for (let b = 0; b < count; b++)
      for (let y = 0; y < pooledHeight; y++)
        for (let x = 0; x < pooledWidth; x++) {
          const at = into / 4 + ((b * high + y) * wide + x) * columns
          const feature = from + b * stride + (front.readout === 'average' ? 0 : (y * pooledWidth + x) * filters)
          for (let c = 0; c < filters; c++) floats[at + c] = floats[feature + c] * share
        }
    for (let index = layers.length - 1; index >= 0; index--) {
      const layer = layers[index]
      const next = layers[index + 1]
      const places = upTo(count * layer.padHeight * layer.padWidth, 4)
      if (layer.pools || next) {
        const [below, pair] = poolSteps(layer)
        const [values, gradients] = next ? [next.input, next.inputGradient] : [pooled, pooledGradient]
        eachPooledRow(index, count, (unit, at) => {
          kernels.poolBack(
            ...[layer.units + unit, layer.gradient + unit, below, pair, values + at, gradients + at],
            ...[layer.pooledWidth, layer.columns * 4],
          )
        })
      } else kernels.gate(layer.gradient, layer.units, places * layer.columns * 4)
      const inner = layer.kernelWidth * layer.channelWidth
      for (let ky = 0; ky < layer.kernelHeight; ky++)
        kernels.multiply(
          layer.input + ky * layer.padWidth * layer.channelWidth * 4,
          ...[4, layer.channelWidth * 4, layer.gradient, 0, layer.kernel.g + ky * layer.kernelRows * layer.columns * 4],
          ...[upTo(inner, 4), places, layer.columns, 0, 0],
        )
      kernels.sumRows(layer.gradient, layer.bias.g, places, layer.columns)
      if (index > 0) passBack(heap, layer, places)
    }
  }

  return {
    forward,
    backward,
    load: (weights) => {
      const floats = heap.floats()
      layers.forEach((layer, index) => {
        eachWeight(layer, (at, from) => {
          floats[layer.kernel.w / 4 + at] = weights[2 * index][from]
        })
        floats.set(weights[2 * index + 1], layer.bias.w / 4)
      })
    },
    save: () => {
      const floats = heap.floats()
      return layers.flatMap((layer) => {
        const kernel = new Float32Array(layer.kernelHeight * layer.kernelWidth * layer.channels * layer.filters)
        eachWeight(layer, (at, to) => {
          kernel[to] = floats[layer.kernel.w / 4 + at]
        })
        return [kernel, floats.slice(layer.bias.w / 4, layer.bias.w / 4 + layer.filters)]
      })
    },
  }
}

type Layer = ReturnType<typeof layerOn>

const layerOn = (heap: Heap, shape: Convolution, index: number, batch: number, trains: boolean) => {
  const { place } = heap
  const columns = upTo(shape.filters, 8)
  // The first layer reads the picture's channels as they lie; later ones what the layer before wrote, to a multiple of
  // 8.
  const channelWidth = index === 0 ? shape.channels : upTo(shape.channels, 8)
  const padHeight = shape.height + shape.kernelHeight - 1
  const padWidth = shape.width + shape.kernelWidth - 1
  const places = upTo(batch * padHeight * padWidth, 4)
  const kernelRows = upTo(shape.kernelWidth * channelWidth, 4)
  // Rows that the last places of the batch read past its end.
  const beyond = (shape.kernelHeight - 1) * padWidth + shape.kernelWidth
  const input = place((places + beyond) * channelWidth + 4)
  const units = place(places * columns)
  // The gradient has as many rows of zeros before it, for the places that the first ones are read from.
  const lead = (shape.kernelHeight - 1) * padWidth + shape.kernelWidth - 1
  const gradient = trains ? place((places + lead + 4) * columns) + lead * columns * 4 : 0
  const inner = trains && index > 0
  return {
    ...shape,
    columns,
    channelWidth,
    padHeight,
    padWidth,
    kernelRows,
    input,
    units,
    gradient,
    pools: shape.poolHeight > 1 || shape.poolWidth > 1,
    inputGradient: inner ? place(places * channelWidth) : 0,
    /** The kernel turned round, filters x channels at each place: what carries gradients back. */
    turned: inner ? place(shape.kernelHeight * shape.kernelWidth * columns * channelWidth) : 0,
    kernel: heap.parameter(shape.kernelHeight * kernelRows * columns, true),
    bias: heap.parameter(columns, false),
  }
}

const poolSteps = ({ poolHeight, poolWidth, padWidth, columns }: Layer): [below: number, pair: number] => [
  poolHeight > 1 ? padWidth * columns * 4 : 0,
  poolWidth > 1 ? columns * 4 : 0,
]

/** Gradient of a layer's input: each place gathers from the places whose patch it was in. */
const passBack = ({ kernels, floats: view }: Heap, layer: Layer, places: number) => {
  const floats = view()
  const { kernelHeight, kernelWidth, kernelRows, columns, channelWidth, padWidth } = layer
  const line = kernelWidth * columns * channelWidth
  for (let ky = 0; ky < kernelHeight; ky++)
    for (let kx = 0; kx < kernelWidth; kx++) {
      const from = layer.kernel.w / 4 + (ky * kernelRows + kx * channelWidth) * columns
      const to = layer.turned / 4 + ky * line + (kernelWidth - 1 - kx) * columns * channelWidth
      for (let c = 0; c < channelWidth; c++)
        for (let o = 0; o < columns; o++) floats[to + o * channelWidth + c] = floats[from + c * columns + o]
    }
  for (let ky = 0; ky < kernelHeight; ky++)
    kernels.multiply(
      layer.gradient - (ky * padWidth + kernelWidth - 1) * columns * 4,
      ...[columns * 4, 4, layer.turned + ky * line * 4, 0, layer.inputGradient, places],
      ...[kernelWidth * columns, channelWidth, 0, ky > 0 ? 1 : 0],
    )
}

/** Each weight's float in the heap's layout and its place in TensorFlow's (height, width, channels, filters). */
const eachWeight = (layer: Layer, use: (heap: number, plain: number) => void) => {
  const { kernelHeight, kernelWidth, kernelRows, channels, channelWidth, columns, filters } = layer
  let plain = 0
  for (let ky = 0; ky < kernelHeight; ky++)
    for (let kx = 0; kx < kernelWidth; kx++)
      for (let c = 0; c < channels; c++)
        for (let o = 0; o < filters; o++) use((ky * kernelRows + kx * channelWidth + c) * columns + o, plain++)
}
