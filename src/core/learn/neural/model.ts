import { invalidInput } from '../../../contract/errors.ts'
import type { Matrix } from '../../cohort/matrix.ts'
import type { ModelState, Predictor } from '../learner.ts'
import { checkColumns } from '../linear/design.ts'
import { fusedOutputs } from './fused.ts'
import { type LossKind, type NetData, type WeightSpec, type Weights, weightSpecs } from './net.ts'
import type { NetShape } from './shape.ts'
import { coxSurvival, hazardRisk, hazardSurvival, hazardTimes } from './survivalNet.ts'
import { topologyOf } from './topology.ts'

/**
 * A net as TensorFlow.js keeps a layers model: `modelTopology` and `weightSpecs` in the header are those of its
 * model.json, the arrays are its weights by name (`hidden1/kernel`, inputs x units, row-major; `hidden1/bias`; ...
 * `output/bias`), beside those that curves need.
 */
export const stateOf = (
  shape: NetShape,
  loss: LossKind,
  dropout: number,
  weights: Weights,
  header: Record<string, unknown>,
  further: ModelState['arrays'] = {},
): ModelState => {
  const specs = weightSpecs(shape)
  const arrays: ModelState['arrays'] = { ...further }
  specs.forEach(({ name }, i) => {
    arrays[name] = weights[i]
  })
  return {
    header: { ...header, loss, shape, modelTopology: topologyOf(shape, loss, dropout), weightSpecs: specs },
    arrays,
  }
}

/** The state as TensorFlow.js's `tf.loadLayersModel(tf.io.fromMemory(...))` takes it. */
export const layersModelOf = ({ header, arrays }: ModelState) => {
  const specs = header.weightSpecs as WeightSpec[]
  const all = specs.flatMap(({ name }) => Array.from(arrays[name]))
  return {
    modelTopology: header.modelTopology as object,
    weightSpecs: specs,
    weightData: Float32Array.from(all).buffer,
  }
}

const bad = (what: string) => invalidInput('badArtifact', { what })

/** A dense net of before fronts were there has no shape in its header; its weights say it. */
const shapeOf = (header: ModelState['header']): NetShape => {
  const specs = header.weightSpecs as WeightSpec[] | undefined
  if (!Array.isArray(specs) || specs.length === 0) throw bad('its weights are not listed')
  if (header.shape) return header.shape as NetShape
  if (specs.length % 2 !== 0) throw bad('its weights are not listed')
  const kernels = specs.filter((_, i) => i % 2 === 0)
  return {
    inputs: kernels[0].shape[0],
    hidden: kernels.slice(0, -1).map(({ shape }) => shape[1]),
    outputs: kernels[kernels.length - 1].shape[1],
  }
}

/**
 * Predicts by the same kernels that training ran on: no TensorFlow to load. `frontData` gives what stands before the
 * dense layers, of nets that have such a front.
 */
export const loadNet = (
  { header, arrays }: ModelState,
  frontData: (x: Matrix) => Pick<NetData, 'steps' | 'pictures'> = () => ({}),
): Predictor => {
  const loss = header.loss as LossKind
  if (!['binary', 'softmax', 'squared', 'logisticHazard', 'efron', 'breslow'].includes(loss))
    throw bad('it does not say what its outputs mean')
  const shape = shapeOf(header)
  const weights = weightSpecs(shape).map((spec) => {
    const values = arrays[spec.name]
    if (!(values instanceof Float32Array)) throw bad(`${spec.name} is missing`)
    if (values.length !== spec.shape.reduce((product, one) => product * one, 1))
      throw bad(`${spec.name} has the wrong size`)
    return values
  })
  const run = (x: Matrix): Float32Array => {
    checkColumns(x, shape.inputs)
    const values = new Float32Array(x.rows * x.columns)
    for (let column = 0; column < x.columns; column++)
      for (let row = 0; row < x.rows; row++) values[row * x.columns + column] = x.data[column * x.rows + row]
    const nothing = new Float32Array(0)
    const data = { rows: x.rows, columns: x.columns, values, targets: nothing, weights: nothing, ...frontData(x) }
    return x.rows === 0 ? nothing : fusedOutputs(data, shape, weights)
  }
  if (loss === 'squared') return { task: 'regression', values: (x) => Float64Array.from(run(x)) }
  if (loss === 'binary' || loss === 'softmax') return classesOf(header, loss, shape.outputs, run)
  return survivalOf(header, arrays, loss, shape.outputs, run)
}

const classesOf = (
  header: ModelState['header'],
  loss: 'binary' | 'softmax',
  outputs: number,
  run: (x: Matrix) => Float32Array,
): Predictor => {
  const classes = (header.classes as string[] | undefined) ?? []
  // Classes without a training row have no output: `present` lists those that have one.
  const present = header.present as number[] | undefined
  if (!Array.isArray(present) || present.length !== (loss === 'binary' ? 2 : outputs))
    throw bad('its classes are not listed')
  return {
    task: 'diagnosis',
    probabilities: (x) => {
      const all = run(x)
      const probabilities = new Float64Array(x.rows * classes.length)
      for (let row = 0; row < x.rows; row++) {
        const out = all.subarray(row * outputs, (row + 1) * outputs)
        const at = row * classes.length
        if (loss === 'binary') {
          const e = Math.exp(-Math.abs(out[0]))
          const [sure, unsure] = [1 / (1 + e), e / (1 + e)]
          probabilities[at + present[1]] = out[0] >= 0 ? sure : unsure
          probabilities[at + present[0]] = out[0] >= 0 ? unsure : sure
          continue
        }
        let most = out[0]
        for (let k = 1; k < outputs; k++) most = Math.max(most, out[k])
        let total = 0
        for (let k = 0; k < outputs; k++) total += Math.exp(out[k] - most)
        for (let k = 0; k < outputs; k++) probabilities[at + present[k]] = Math.exp(out[k] - most) / total
      }
      return probabilities
    },
  }
}

const survivalOf = (
  header: ModelState['header'],
  arrays: ModelState['arrays'],
  loss: 'logisticHazard' | 'efron' | 'breslow',
  outputs: number,
  run: (x: Matrix) => Float32Array,
): Predictor => {
  const floats = (name: string): Float64Array => {
    const values = arrays[name]
    if (!(values instanceof Float64Array) || values.length === 0) throw bad(`${name} is missing`)
    return values
  }
  if (loss === 'logisticHazard') {
    const cuts = floats('cuts')
    if (cuts.length !== outputs) throw bad('its intervals are not those of its outputs')
    const interpolation = header.interpolation === 'density' ? 'density' : 'hazard'
    return {
      task: 'survival',
      times: hazardTimes(cuts),
      risk: (x) => hazardRisk(run(x), cuts),
      survival: (x, times) => hazardSurvival(run(x), cuts, times, interpolation),
    }
  }
  const [times, hazard] = [floats('baselineTimes'), floats('baselineHazard')]
  const centre = Number(header.centre)
  if (times.length !== hazard.length || !Number.isFinite(centre)) throw bad('its baseline hazard is not whole')
  return {
    task: 'survival',
    times,
    risk: (x) => Float64Array.from(run(x), (eta) => eta - centre),
    survival: (x, at) => coxSurvival(run(x), { times, hazard, centre }, at),
  }
}
