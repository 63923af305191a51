import type { Tensor2, TensorFlow } from './backend.ts'
import type { LossKind, NetData } from './net.ts'

/** The losses of losses.ts in TensorFlow.js's operations: weighted sum over rows, as a scalar to be differentiated. */
export const tensorLosses = (tf: TensorFlow, kind: LossKind, outputs: Tensor2, data: NetData, rows: Uint32Array) => {
  const targets = Float32Array.from(rows, (row) => data.targets[row])
  const weights = Float32Array.from(rows, (row) => data.weights[row])
  const events = Uint8Array.from(rows, (row) => data.events?.[row] ?? 0)
  const entropy = (z: Tensor2, y: Tensor2) =>
    tf.add(tf.sub(tf.relu(z), tf.mul(z, y)), tf.log1p(tf.exp(tf.neg(tf.abs(z)))))
  if (kind === 'efron' || kind === 'breslow') return partial(tf, kind, outputs, targets, weights, events)
  if (kind === 'logisticHazard') {
    const width = outputs.shape[1]
    const cells = (value: (row: number, k: number) => number) =>
      tf.tensor2d(
        Float32Array.from({ length: rows.length * width }, (_, i) => value(Math.floor(i / width), i % width)),
        [rows.length, width],
      )
    const lived = cells((row, k) => (k < targets[row] ? weights[row] : 0))
    const happened = cells((row, k) => (k === targets[row] - 1 && events[row] ? 1 : 0))
    return tf.sum(tf.mul(entropy(outputs, happened), lived))
  }
  if (kind === 'softmax') {
    const right = tf.oneHot(tf.tensor1d(Int32Array.from(targets), 'int32'), outputs.shape[1])
    return tf.neg(tf.sum(tf.mul(tf.sum(tf.mul(right, tf.logSoftmax(outputs)), 1), tf.tensor1d(weights))))
  }
  const y = tf.tensor2d(targets, [rows.length, 1])
  const each = kind === 'squared' ? tf.square(tf.sub(outputs, y)) : entropy(outputs, y)
  return tf.sum(tf.mul(each, tf.tensor2d(weights, [rows.length, 1])))
}

/** Each event's term is the log of a weighted sum of all rows' risks: its weights make up a matrix of events x rows. */
const partial = (
  tf: TensorFlow,
  kind: 'efron' | 'breslow',
  outputs: Tensor2,
  targets: Float32Array,
  weights: Float32Array,
  events: Uint8Array,
) => {
  const seen = Array.from(targets.keys()).filter((row) => events[row] && weights[row] > 0)
  if (seen.length === 0) return tf.mul(tf.sum(outputs), 0)
  const means: number[] = []
  const sums: number[] = []
  for (const row of seen) {
    const tied = seen.filter((other) => targets[other] === targets[row])
    const share = kind === 'efron' ? tied.indexOf(row) / tied.length : 0
    means.push(tied.reduce((sum, other) => sum + weights[other], 0) / tied.length)
    for (let other = 0; other < targets.length; other++) {
      const atRisk = targets[other] >= targets[row] ? weights[other] : 0
      sums.push(tied.includes(other) ? (1 - share) * weights[other] : atRisk)
    }
  }
  const most = tf.max(outputs)
  const risks = tf.exp(tf.sub(outputs, most)) as Tensor2
  const denominators = tf.add(tf.log(tf.matMul(tf.tensor2d(sums, [seen.length, targets.length]), risks)), most)
  const own = tf.tensor2d(
    Float32Array.from(targets, (_, row) => (events[row] ? weights[row] : 0)),
    [targets.length, 1],
  )
  return tf.sub(tf.sum(tf.mul(denominators, tf.tensor2d(means, [seen.length, 1]))), tf.sum(tf.mul(outputs, own)))
}
