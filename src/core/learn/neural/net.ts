import { type Random, randomOf } from '../../numbers/random.ts'
import { convolutions } from './convolutions.ts'
import type { Front, NetShape, RecurrentFront } from './shape.ts'

/**
 * What the outputs mean: the log odds of the second class, a logit for each class, a standardised value, the logit of
 * the hazard of each interval, or the log hazard (partial likelihood with ties by Breslow or Efron).
 */
export type LossKind = 'binary' | 'softmax' | 'squared' | 'logisticHazard' | 'breslow' | 'efron'

/** Arrays in the order of `weightSpecs`, as TensorFlow.js keeps them. */
export type Weights = readonly Float32Array[]

/** Gates of a cell, in the order TensorFlow.js lays them side by side. */
export const gatesOf = (cell: RecurrentFront['cell']): number => (cell === 'gru' ? 3 : 4)

/** Features that a front makes of a row. */
export const featureWidth = (front: Front | undefined): number => {
  if (!front) return 0
  if (front.kind === 'recurrent') return front.units
  const last = convolutions(front).at(-1)!
  return front.readout === 'average' ? last.filters : last.pooledHeight * last.pooledWidth * last.filters
}

export const layerSizes = ({ inputs, hidden, outputs, front }: NetShape): { from: number; to: number }[] => {
  const sizes = [featureWidth(front) + inputs, ...hidden, outputs]
  return sizes.slice(1).map((to, i) => ({ from: sizes[i], to }))
}

/** Widths of what dropout falls on: the front's features, then each hidden layer. */
const dropoutWidths = ({ front, hidden }: NetShape): number[] => [...(front ? [featureWidth(front)] : []), ...hidden]

export interface WeightSpec {
  /** `layer/kernel`, `layer/recurrent_kernel` or `layer/bias`. */
  name: string
  shape: number[]
  dtype: 'float32'
}

/** Every array of a net's weights, in order; row-major. Biases alone are free of penalties. */
export const weightSpecs = (shape: NetShape): WeightSpec[] => {
  const { front, hidden } = shape
  const specs: WeightSpec[] = []
  const add = (name: string, ...size: number[]) => specs.push({ name, shape: size, dtype: 'float32' })
  if (front?.kind === 'recurrent') {
    const width = gatesOf(front.cell) * front.units
    add('recurrent/kernel', front.inputs, width)
    add('recurrent/recurrent_kernel', front.units, width)
    add('recurrent/bias', width)
  }
  if (front?.kind === 'convolutional')
    convolutions(front).forEach(({ kernelHeight, kernelWidth, channels, filters }, i) => {
      // A signal's convolutions have one dimension, as TensorFlow.js's conv1d.
      const size = front.height === 1 ? [kernelWidth] : [kernelHeight, kernelWidth]
      add(`convolution${i + 1}/kernel`, ...size, channels, filters)
      add(`convolution${i + 1}/bias`, filters)
    })
  layerSizes(shape).forEach(({ from, to }, layer) => {
    const name = layer === hidden.length ? 'output' : `hidden${layer + 1}`
    add(`${name}/kernel`, from, to)
    add(`${name}/bias`, to)
  })
  return specs
}

export const isBias = ({ name }: WeightSpec): boolean => name.endsWith('/bias')

/**
 * Glorot's uniform initialisation (Glorot & Bengio 2010), He's normal of convolutions (He et al. 2015), orthogonal
 * recurrent kernels (Saxe et al. 2014); biases 0 but 1 for forget gates (Jozefowicz et al. 2015) and `outputBias`,
 * which starts the net at the classes' shares, so that the first epochs are not spent on learning the prevalence.
 */
export const initialWeights = (shape: NetShape, outputBias: readonly number[], random: Random): Float32Array[] =>
  weightSpecs(shape).map((spec) => {
    const { name, shape: size } = spec
    const length = size.reduce((product, one) => product * one, 1)
    if (name === 'output/bias') return Float32Array.from(outputBias)
    if (name === 'recurrent/bias' && shape.front?.kind === 'recurrent') {
      const { cell, units } = shape.front
      return new Float32Array(length).fill(1, units, cell === 'lstm' ? 2 * units : units)
    }
    if (isBias(spec)) return new Float32Array(length)
    if (name === 'recurrent/recurrent_kernel') return orthogonal(size[0], size[1], random)
    const to = size[size.length - 1]
    if (name.startsWith('convolution')) {
      const deviation = Math.sqrt((2 * to) / length)
      return Float32Array.from({ length }, () => deviation * random.normal())
    }
    const gates = shape.front?.kind === 'recurrent' && name === 'recurrent/kernel' ? gatesOf(shape.front.cell) : 1
    const limit = Math.sqrt(6 / (size[0] + to / gates))
    return Float32Array.from({ length }, () => limit * (2 * random.uniform() - 1))
  })

/** Square orthogonal blocks side by side (modified Gram-Schmidt of normal columns), row-major. */
const orthogonal = (rows: number, columns: number, random: Random): Float32Array => {
  const values = new Float32Array(rows * columns)
  for (let block = 0; block < columns; block += rows) {
    const basis: Float64Array[] = []
    for (let column = 0; column < rows; column++) {
      const vector = Float64Array.from({ length: rows }, () => random.normal())
      for (const other of basis) {
        let product = 0
        for (let i = 0; i < rows; i++) product += vector[i] * other[i]
        for (let i = 0; i < rows; i++) vector[i] -= product * other[i]
      }
      let square = 0
      for (const value of vector) square += value * value
      const norm = Math.sqrt(square) || 1
      basis.push(vector.map((value) => value / norm))
      for (let i = 0; i < rows; i++) values[i * columns + block + column] = basis[column][i]
    }
  }
  return values
}

/**
 * Dropout factors of a batch, for the front's features and each hidden layer, rows x units: 0 with the given rate, else
 * 1 / (1 - rate), so that the expected unit is the same with and without. Null where nothing is dropped.
 */
export const dropoutOf = (shape: NetShape, rate: number, seed: number) => {
  if (!(rate > 0)) return () => null
  const keep = 1 / (1 - rate)
  const dropped = Math.round(rate * 65536)
  return (rows: number, step: number): Float32Array[] => {
    const random = randomOf(seed, 1_000_000 + step)
    return dropoutWidths(shape).map((units) => {
      const factors = new Float32Array(rows * units)
      // Two factors a draw, 16 bits each.
      for (let i = 0; i < factors.length; i += 2) {
        const bits = random.next()
        factors[i] = (bits & 65535) < dropped ? 0 : keep
        if (i + 1 < factors.length) factors[i + 1] = bits >>> 16 < dropped ? 0 : keep
      }
      return factors
    })
  }
}

/** Rows as an engine holds them, in 32-bit floats: columns row-major, and what is to be learned of each row. */
export interface NetData {
  rows: number
  columns: number
  values: Float32Array
  /** Class index, standardised value, intervals lived through (with the one of the event), or rank of the time. */
  targets: Float32Array
  weights: Float32Array
  /** Of survival: 1 where the event was seen. */
  events?: Uint8Array
  /** Steps `offsets[row]` to `offsets[row + 1]` of each row, oldest first, each `inputs` of the front's numbers. */
  steps?: { offsets: Int32Array; values: Float32Array }
  /** rows x height x width x channels. */
  pictures?: Float32Array
}

export const optimisers = ['adam', 'momentum', 'sgd'] as const
export type Optimiser = (typeof optimisers)[number]

export interface NetOptions {
  loss: LossKind
  batchSize: number
  optimiser: Optimiser
  /** Penalty l2 * (sum of squared kernel weights) added to the mean loss. */
  l2: number
  /** Share of each kernel weight taken off at each step, times the rate: decoupled (Loshchilov & Hutter 2019). */
  weightDecay: number
}

/** Adam's constants (Kingma & Ba 2015), and momentum's. */
export const beta1 = 0.9
export const beta2 = 0.999
export const adamEpsilon = 1e-7
export const momentumShare = 0.9

/** What does the arithmetic of training. Both engines (fused.ts, tensorflow.ts) follow the same steps. */
export interface Engine {
  /** Named to the user: `fused` (own kernels), or TensorFlow.js's backend. */
  name: string
  /**
   * One step on the mean weighted loss of these rows (at most batchSize); returns that loss before the step, penalty
   * left out.
   */
  step(rows: Uint32Array, dropout: Float32Array[] | null, rate: number): number
  /** Outputs of these rows (any number), row-major rows x outputs. */
  outputs(rows: Uint32Array): Float32Array
  weights(): Float32Array[]
  /** Frees what the engine holds outside of the heap. */
  close(): void
}
