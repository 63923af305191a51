import { type Random, randomOf } from '../random.ts'

/** A dense net: inputs, hidden layers of rectified linear units, linear outputs. */
export interface NetShape {
  inputs: number
  hidden: readonly number[]
  outputs: number
}

/** What the outputs mean: the log odds of the second class, a logit for each class, or a standardised value. */
export type LossKind = 'binary' | 'softmax' | 'squared'

/** Kernel (inputs x units, row-major) and bias of each layer in turn, as TensorFlow.js orders them. */
export type Weights = readonly Float32Array[]

export const layerSizes = ({ inputs, hidden, outputs }: NetShape): { from: number; to: number }[] => {
  const sizes = [inputs, ...hidden, outputs]
  return sizes.slice(1).map((to, i) => ({ from: sizes[i], to }))
}

/**
 * Glorot's uniform initialisation (Glorot & Bengio 2010), biases 0 but those of the outputs: `outputBias` starts the net at the
 * classes' shares, so that the first epochs are not spent on learning the prevalence.
 */
export const initialWeights = (shape: NetShape, outputBias: readonly number[], random: Random): Float32Array[] =>
  layerSizes(shape).flatMap(({ from, to }, layer) => {
    const limit = Math.sqrt(6 / (from + to))
    const kernel = Float32Array.from({ length: from * to }, () => limit * (2 * random.uniform() - 1))
    return [kernel, layer === shape.hidden.length ? Float32Array.from(outputBias) : new Float32Array(to)]
  })

/**
 * Dropout factors of a batch, for each hidden layer rows x units: 0 with the given rate, else 1 / (1 - rate), so that the
 * expected unit is the same with and without. Null where nothing is dropped.
 */
export const dropoutOf = (shape: NetShape, rate: number, seed: number) => {
  if (!(rate > 0)) return () => null
  const keep = 1 / (1 - rate)
  const dropped = Math.round(rate * 65536)
  return (rows: number, step: number): Float32Array[] => {
    const random = randomOf(seed, 1_000_000 + step)
    return shape.hidden.map((units) => {
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

/** Rows as an engine holds them: row-major 32-bit floats, and the target (class index or standardised value) and weight of each. */
export interface NetData {
  rows: number
  columns: number
  values: Float32Array
  targets: Float32Array
  weights: Float32Array
}

export interface NetOptions {
  loss: LossKind
  batchSize: number
  learningRate: number
  /** Penalty l2 * (sum of squared kernel weights) added to the mean loss. */
  l2: number
}

/** What does the arithmetic of training. Both engines (fused.ts, tensorflow.ts) follow the same steps. */
export interface Engine {
  /** Named to the user: `fused` (own kernels), or TensorFlow.js's backend. */
  name: string
  /** One step of Adam on the mean weighted loss of these rows (at most batchSize); returns that loss before the step, penalty left out. */
  step(rows: Uint32Array, dropout: Float32Array[] | null): number
  /** Outputs of these rows (any number), row-major rows x outputs. */
  outputs(rows: Uint32Array): Float32Array
  weights(): Float32Array[]
  /** Frees what the engine holds outside of the heap. */
  close(): void
}

/**
 * Weighted sum of the losses of `count` rows whose outputs lie at `at` with `stride` in `outputs`; writes the derivative of that
 * sum divided by `scale` over the outputs where `gradient` is given. Binary: cross-entropy of a logit; softmax: of
 * several; squared: of a value.
 */
export const lossOf = (
  kind: LossKind,
  outputs: Float32Array,
  stride: number,
  classes: number,
  targets: ArrayLike<number>,
  weights: ArrayLike<number>,
  count: number,
  gradient: { into: Float32Array; scale: number } | null,
): number => {
  let sum = 0
  for (let row = 0; row < count; row++) {
    const at = row * stride
    const weight = weights[row]
    const target = targets[row]
    const factor = gradient ? weight / gradient.scale : 0
    if (kind === 'binary') {
      const z = outputs[at]
      const e = Math.exp(-Math.abs(z))
      sum += weight * (Math.max(z, 0) - z * target + Math.log1p(e))
      if (gradient) gradient.into[at] = factor * ((z >= 0 ? 1 / (1 + e) : e / (1 + e)) - target)
    } else if (kind === 'squared') {
      const miss = outputs[at] - target
      sum += weight * miss * miss
      if (gradient) gradient.into[at] = factor * 2 * miss
    } else {
      let most = outputs[at]
      for (let k = 1; k < classes; k++) most = Math.max(most, outputs[at + k])
      let total = 0
      for (let k = 0; k < classes; k++) total += Math.exp(outputs[at + k] - most)
      const norm = most + Math.log(total)
      sum += weight * (norm - outputs[at + target])
      if (gradient)
        for (let k = 0; k < classes; k++)
          gradient.into[at + k] = factor * (Math.exp(outputs[at + k] - norm) - (k === target ? 1 : 0))
    }
  }
  return sum
}
