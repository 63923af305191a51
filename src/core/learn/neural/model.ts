import { invalidInput } from '../../../contract/errors.ts'
import type { Matrix } from '../../cohort/matrix.ts'
import type { ModelState, Predictor } from '../learner.ts'
import { checkColumns } from '../linear/design.ts'
import { type LossKind, layerSizes, type NetShape, type Weights } from './net.ts'

const layerName = (layer: number, hidden: number) => (layer === hidden ? 'output' : `hidden${layer + 1}`)

/**
 * A net as TensorFlow.js keeps a layers model: `modelTopology` and `weightSpecs` in the header are those of its model.json,
 * the arrays are its weights by name (`hidden1/kernel`, inputs x units, row-major; `hidden1/bias`; ... `output/bias`).
 */
export const stateOf = (
  shape: NetShape,
  loss: LossKind,
  dropout: number,
  weights: Weights,
  header: Record<string, unknown>,
): ModelState => {
  const hidden = shape.hidden.length
  const layers: unknown[] = []
  const weightSpecs: WeightSpec[] = []
  const arrays: ModelState['arrays'] = {}
  layerSizes(shape).forEach(({ from, to }, layer) => {
    const name = layerName(layer, hidden)
    const last = { binary: 'sigmoid', softmax: 'softmax', squared: 'linear' }[loss]
    layers.push({
      class_name: 'Dense',
      config: {
        name,
        trainable: true,
        dtype: 'float32',
        ...(layer === 0 ? { batch_input_shape: [null, from] } : {}),
        units: to,
        activation: layer === hidden ? last : 'relu',
        use_bias: true,
      },
    })
    if (layer < hidden && dropout > 0)
      layers.push({ class_name: 'Dropout', config: { name: `dropout${layer + 1}`, trainable: true, rate: dropout } })
    weightSpecs.push({ name: `${name}/kernel`, shape: [from, to], dtype: 'float32' })
    weightSpecs.push({ name: `${name}/bias`, shape: [to], dtype: 'float32' })
    arrays[`${name}/kernel`] = weights[2 * layer]
    arrays[`${name}/bias`] = weights[2 * layer + 1]
  })
  const modelTopology = {
    class_name: 'Sequential',
    config: { name: 'bedside', layers },
    keras_version: 'tfjs-layers 4.22.0',
    backend: 'tensor_flow.js',
  }
  return { header: { ...header, loss, modelTopology, weightSpecs }, arrays }
}

interface WeightSpec {
  name: string
  shape: number[]
  dtype: 'float32'
}

/** The state as TensorFlow.js's `tf.loadLayersModel(tf.io.fromMemory(...))` takes it. */
export const layersModelOf = ({ header, arrays }: ModelState) => {
  const weightSpecs = header.weightSpecs as WeightSpec[]
  const all = weightSpecs.flatMap(({ name }) => Array.from(arrays[name]))
  return { modelTopology: header.modelTopology as object, weightSpecs, weightData: Float32Array.from(all).buffer }
}

/** Predicts by a plain forward pass over typed arrays: no TensorFlow to load, microseconds a row. */
export const loadNet = ({ header, arrays }: ModelState): Predictor => {
  const bad = (what: string) => invalidInput('badArtifact', `This is not a Bedside neural net: ${what}.`)
  const specs = header.weightSpecs as WeightSpec[] | undefined
  const loss = header.loss as LossKind
  if (!Array.isArray(specs) || specs.length === 0 || specs.length % 2 !== 0) throw bad('its weights are not listed')
  if (!['binary', 'softmax', 'squared'].includes(loss)) throw bad('it does not say what its outputs mean')
  const classes = (header.classes as string[] | undefined) ?? []
  const layers: Layer[] = []
  for (let i = 0; i < specs.length; i += 2) {
    const [from, to] = specs[i].shape
    const kernel = arrays[specs[i].name]
    const bias = arrays[specs[i + 1].name]
    if (!(kernel instanceof Float32Array) || !(bias instanceof Float32Array)) throw bad(`${specs[i].name} is missing`)
    if (kernel.length !== from * to || bias.length !== to || (i > 0 && layers[i / 2 - 1].to !== from))
      throw bad(`${specs[i].name} has the wrong size`)
    layers.push({ from, to, kernel, bias })
  }
  const inputs = layers[0].from
  const outputs = layers[layers.length - 1].to
  const run = (x: Matrix, use: (row: number, out: Float64Array) => void) => {
    checkColumns(x, inputs)
    const units = [new Float64Array(inputs), ...layers.map(({ to }) => new Float64Array(to))]
    for (let row = 0; row < x.rows; row++) {
      for (let column = 0; column < inputs; column++) units[0][column] = x.data[column * x.rows + row]
      for (let i = 0; i < layers.length; i++) dense(layers[i], units[i], units[i + 1], i < layers.length - 1)
      use(row, units[layers.length])
    }
  }
  if (loss === 'squared')
    return {
      task: 'regression',
      values: (x) => {
        const values = new Float64Array(x.rows)
        run(x, (row, out) => {
          values[row] = out[0]
        })
        return values
      },
    }
  // Classes without a training row have no output: `present` lists those that have one.
  const present = header.present as number[] | undefined
  if (!Array.isArray(present) || present.length !== (loss === 'binary' ? 2 : outputs))
    throw bad('its classes are not listed')
  return {
    task: 'diagnosis',
    probabilities: (x) => {
      const probabilities = new Float64Array(x.rows * classes.length)
      run(x, (row, out) => {
        const at = row * classes.length
        if (loss === 'binary') {
          const e = Math.exp(-Math.abs(out[0]))
          const [sure, unsure] = [1 / (1 + e), e / (1 + e)]
          probabilities[at + present[1]] = out[0] >= 0 ? sure : unsure
          probabilities[at + present[0]] = out[0] >= 0 ? unsure : sure
          return
        }
        let most = out[0]
        for (let k = 1; k < outputs; k++) most = Math.max(most, out[k])
        let total = 0
        for (let k = 0; k < outputs; k++) total += Math.exp(out[k] - most)
        for (let k = 0; k < outputs; k++) probabilities[at + present[k]] = Math.exp(out[k] - most) / total
      })
      return probabilities
    },
  }
}

interface Layer {
  from: number
  to: number
  kernel: Float32Array
  bias: Float32Array
}

const dense = ({ from, to, kernel, bias }: Layer, input: Float64Array, output: Float64Array, rectify: boolean) => {
  for (let j = 0; j < to; j++) output[j] = bias[j]
  for (let i = 0; i < from; i++) {
    const value = input[i]
    if (value === 0) continue
    const at = i * to
    for (let j = 0; j < to; j++) output[j] += value * kernel[at + j]
  }
  if (rectify) for (let j = 0; j < to; j++) if (output[j] < 0) output[j] = 0
}
