import type { Backend, TensorFlow } from './backend.ts'
import { adamEpsilon } from './fused.ts'
import { type Engine, layerSizes, type NetData, type NetOptions, type NetShape, type Weights } from './net.ts'

/**
 * The same training on TensorFlow.js: its operations, its gradients, its Adam. The reference fused.ts is tested against, and
 * the choice where the native library is installed and nets are wide.
 */
export const tensorflowEngine = (
  { tf, name }: Backend,
  data: NetData,
  shape: NetShape,
  weights: Weights,
  options: NetOptions,
): Engine => {
  const variables = layerSizes(shape).flatMap(({ from, to }, layer) => [
    tf.variable(tf.tensor2d(weights[2 * layer], [from, to])),
    tf.variable(tf.tensor1d(weights[2 * layer + 1])),
  ])
  const optimiser = tf.train.adam(options.learningRate, 0.9, 0.999, adamEpsilon)

  const take = (rows: Uint32Array, start: number, count: number) => {
    const { columns, values } = data
    const batch = new Float32Array(count * columns)
    for (let i = 0; i < count; i++) {
      const from = rows[start + i] * columns
      batch.set(values.subarray(from, from + columns), i * columns)
    }
    return tf.tensor2d(batch, [count, columns])
  }
  const forward = (input: ReturnType<TensorFlow['tensor2d']>, dropout: Float32Array[] | null) => {
    let units = input
    layerSizes(shape).forEach(({ to }, layer) => {
      units = tf.add(tf.matMul(units, variables[2 * layer] as typeof input), variables[2 * layer + 1])
      if (layer === shape.hidden.length) return
      units = tf.relu(units)
      if (dropout) units = tf.mul(units, tf.tensor2d(dropout[layer], [input.shape[0], to]))
    })
    return units
  }
  const losses = (outputs: ReturnType<typeof forward>, targets: Float32Array) => {
    if (options.loss === 'softmax') {
      const right = tf.oneHot(tf.tensor1d(Int32Array.from(targets), 'int32'), shape.outputs)
      return tf.neg(tf.sum(tf.mul(right, tf.logSoftmax(outputs)), 1))
    }
    const z = tf.reshape(outputs, [-1])
    const y = tf.tensor1d(targets)
    if (options.loss === 'squared') return tf.square(tf.sub(z, y))
    return tf.add(tf.sub(tf.relu(z), tf.mul(z, y)), tf.log1p(tf.exp(tf.neg(tf.abs(z)))))
  }

  return {
    name,
    step: (rows, dropout) =>
      tf.tidy(() => {
        let loss = 0
        const targets = Float32Array.from(rows, (row) => data.targets[row])
        const rowWeights = Float32Array.from(rows, (row) => data.weights[row])
        const input = take(rows, 0, rows.length)
        optimiser.minimize(() => {
          const outputs = forward(input, dropout)
          const mean = tf.mean(tf.mul(losses(outputs, targets), tf.tensor1d(rowWeights)))
          loss = mean.dataSync()[0]
          if (options.l2 === 0) return mean.asScalar()
          const squares = variables.filter((_, i) => i % 2 === 0).map((kernel) => tf.sum(tf.square(kernel)))
          return tf.add(mean, tf.mul(tf.addN(squares), options.l2)).asScalar()
        }, false)
        return loss
      }),
    outputs: (rows) => {
      const all = new Float32Array(rows.length * shape.outputs)
      const size = 4096
      for (let start = 0; start < rows.length; start += size) {
        const count = Math.min(size, rows.length - start)
        all.set(
          tf.tidy(() => forward(take(rows, start, count), null).dataSync() as Float32Array),
          start * shape.outputs,
        )
      }
      return all
    },
    weights: () => variables.map((variable) => Float32Array.from(variable.dataSync())),
    close: () => {
      for (const variable of variables) variable.dispose()
      optimiser.dispose()
    },
  }
}
