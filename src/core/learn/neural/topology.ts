import { convolutions } from './convolutions.ts'
import type { LossKind } from './net.ts'
import type { Front, NetShape } from './shape.ts'

const activations: Record<LossKind, string> = {
  binary: 'sigmoid',
  softmax: 'softmax',
  squared: 'linear',
  logisticHazard: 'sigmoid',
  efron: 'linear',
  breslow: 'linear',
}

interface Layer {
  class_name: string
  config: Record<string, unknown> & { name: string }
}

const layer = (className: string, name: string, config: Record<string, unknown>): Layer => ({
  class_name: className,
  config: { name, trainable: true, dtype: 'float32', ...config },
})

/**
 * A net as TensorFlow.js's layers format describes it: a row of layers; with a front a graph, whose inputs are the
 * courses (steps of zeros alone are no steps) or pictures, and the columns where there are some.
 */
export const topologyOf = (shape: NetShape, loss: LossKind, dropout: number): object => {
  const { inputs, hidden, outputs, front } = shape
  const dense = [...hidden, outputs].flatMap((units, index) => {
    const isLast = index === hidden.length
    const activation = isLast ? activations[loss] : 'relu'
    const made = [layer('Dense', isLast ? 'output' : `hidden${index + 1}`, { units, activation, use_bias: true })]
    if (!isLast && dropout > 0) made.push(layer('Dropout', `dropout${index + 1}`, { rate: dropout }))
    return made
  })
  const about = { keras_version: 'tfjs-layers 4.22.0', backend: 'tensor_flow.js' }
  if (!front) {
    dense[0].config.batch_input_shape = [null, inputs]
    return { class_name: 'Sequential', config: { name: 'bedside', layers: dense }, ...about }
  }

  const nodes: (Layer & { name: string; inbound_nodes: unknown[] })[] = []
  const add = (made: Layer, ...from: string[]): string => {
    const { name } = made.config
    nodes.push({ ...made, name, inbound_nodes: from.length > 0 ? [from.map((one) => [one, 0, 0, {}])] : [] })
    return name
  }
  const first = front.kind === 'recurrent' ? 'courses' : 'pictures'
  let at = add(layer('InputLayer', first, { batch_input_shape: inputShape(front), sparse: false }))
  for (const made of frontLayers(front)) at = add(made, at)
  if (dropout > 0) at = add(layer('Dropout', 'dropoutFeatures', { rate: dropout }), at)
  const names = [first]
  if (inputs > 0) {
    names.push(add(layer('InputLayer', 'columns', { batch_input_shape: [null, inputs], sparse: false })))
    at = add(layer('Concatenate', 'features', { axis: -1 }), at, 'columns')
  }
  for (const made of dense) at = add(made, at)
  const config = {
    name: 'bedside',
    layers: nodes,
    input_layers: names.map((name) => [name, 0, 0]),
    output_layers: [[at, 0, 0]],
  }
  return { class_name: 'Model', config, ...about }
}

const inputShape = (front: Front): (number | null)[] => {
  if (front.kind === 'recurrent') return [null, null, front.inputs]
  const { height, width, channels } = front
  return height === 1 ? [null, width, channels] : [null, height, width, channels]
}

const frontLayers = (front: Front): Layer[] => {
  if (front.kind === 'recurrent')
    return [
      layer('Masking', 'steps', { mask_value: 0 }),
      layer(front.cell === 'gru' ? 'GRU' : 'LSTM', 'recurrent', {
        units: front.units,
        activation: 'tanh',
        recurrent_activation: 'sigmoid',
        use_bias: true,
        ...(front.cell === 'gru' ? { reset_after: false } : { unit_forget_bias: true }),
        return_sequences: false,
        implementation: 1,
      }),
    ]
  const one = front.height === 1
  const layers = convolutions(front).flatMap((shape, index) => {
    const common = { filters: shape.filters, padding: 'same', activation: 'relu', use_bias: true }
    const made = [
      layer(one ? 'Conv1D' : 'Conv2D', `convolution${index + 1}`, {
        ...common,
        kernel_size: one ? [shape.kernelWidth] : [shape.kernelHeight, shape.kernelWidth],
        strides: one ? [1] : [1, 1],
      }),
    ]
    const { poolHeight, poolWidth } = shape
    if (poolHeight * poolWidth > 1)
      made.push(
        layer(one ? 'MaxPooling1D' : 'MaxPooling2D', `pool${index + 1}`, {
          pool_size: one ? [poolWidth] : [poolHeight, poolWidth],
          strides: one ? [poolWidth] : [poolHeight, poolWidth],
          padding: 'valid',
        }),
      )
    return made
  })
  const mean = one ? 'GlobalAveragePooling1D' : 'GlobalAveragePooling2D'
  return [...layers, front.readout === 'average' ? layer(mean, 'mean', {}) : layer('Flatten', 'flat', {})]
}
