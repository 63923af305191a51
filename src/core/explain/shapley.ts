import type { Matrix } from '../cohort/matrix.ts'
import { randomOf, shuffle } from '../learn/random.ts'

/**
 * Interventional Shapley values of one row by permutation sampling (Strumbelj & Kononenko 2014), antithetic: each random
 * order of features is also walked backwards. Additive by construction: the values sum to `predict(row)` less the mean
 * prediction of the background. For learners without exact contributions of their own.
 *
 * @param groups  source feature of each matrix column: columns of one feature move together
 * @param predict scalar prediction of each row of a matrix
 */
export const sampledShapley = (
  row: Matrix,
  background: Matrix,
  groups: ArrayLike<number>,
  features: number,
  predict: (x: Matrix) => ArrayLike<number>,
  permutations = 32,
  seed = 1,
): { baseline: number; prediction: number; values: Float64Array } => {
  const random = randomOf(seed, 77)
  const { columns } = row
  const values = new Float64Array(features)
  const order = Int32Array.from({ length: features }, (_, i) => i)
  const steps = features + 1
  const walks: Int32Array[] = []
  for (let p = 0; p < permutations; p++) {
    shuffle(order, random)
    walks.push(order.slice(), order.slice().reverse())
  }
  const donors = walks.map((_, walk) => Math.floor(walk / 2) % background.rows)
  const rows = walks.length * steps
  const data = new Float64Array(rows * columns)
  const columnsOf: number[][] = Array.from({ length: features }, () => [])
  for (let column = 0; column < columns; column++) columnsOf[groups[column]].push(column)
  walks.forEach((walk, w) => {
    for (let step = 0; step < steps; step++) {
      const at = w * steps + step
      for (let column = 0; column < columns; column++)
        data[column * rows + at] = background.data[column * background.rows + donors[w]]
      for (let k = 0; k < step; k++)
        for (const column of columnsOf[walk[k]]) data[column * rows + at] = row.data[column]
    }
  })
  const predicted = predict({ ...row, rows, data })
  walks.forEach((walk, w) => {
    for (let step = 0; step < features; step++)
      values[walk[step]] += (predicted[w * steps + step + 1] - predicted[w * steps + step]) / walks.length
  })
  let baseline = 0
  for (let w = 0; w < walks.length; w++) baseline += predicted[w * steps] / walks.length
  return { baseline, prediction: predicted[steps - 1], values }
}
