import { type Matrix, takeGrids, takeSequences } from '../cohort/matrix.ts'
import { randomOf, shuffle } from '../numbers/random.ts'

/**
 * Interventional Shapley values of one row by permutation sampling (Strumbelj & Kononenko 2014), antithetic: each
 * random order of features is also walked backwards. Additive by construction: the values sum to `predict(row)` less
 * the mean prediction of the background. For learners without exact contributions of their own.
 *
 * After the features come, where the matrix has them, a value for each channel of its sequences and one for its
 * picture: an absent channel was never measured (occlusion), an absent picture is the background's.
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
  const players = features + partsOf(row)
  const values = new Float64Array(players)
  const order = Int32Array.from({ length: players }, (_, i) => i)
  const steps = players + 1
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
        for (const column of columnsOf[walk[k]] ?? []) data[column * rows + at] = row.data[column]
    }
  })
  // A stratum is no feature: the row keeps its own all along.
  const strata = row.strata ? { strata: new Int32Array(rows).fill(row.strata[0]) } : {}
  const parts = partsAlong(row, background, features, walks, donors, steps)
  const predicted = predict({ ...row, rows, data, ...strata, ...parts })
  walks.forEach((walk, w) => {
    for (let step = 0; step < players; step++)
      values[walk[step]] += (predicted[w * steps + step + 1] - predicted[w * steps + step]) / walks.length
  })
  let baseline = 0
  for (let w = 0; w < walks.length; w++) baseline += predicted[w * steps] / walks.length
  return { baseline, prediction: predicted[steps - 1], values }
}

/** How many further values a matrix asks for: one a channel, one for the picture. */
export const partsOf = ({ sequences, grids }: Pick<Matrix, 'sequences' | 'grids'>): number =>
  (sequences?.channels.length ?? 0) + (grids ? 1 : 0)

/** Sequences and pictures of the walks' rows: those parts that have joined are the row's own. */
const partsAlong = (
  row: Matrix,
  background: Matrix,
  features: number,
  walks: readonly Int32Array[],
  donors: readonly number[],
  steps: number,
): Pick<Matrix, 'sequences' | 'grids'> => {
  const rows = walks.length * steps
  const channels = row.sequences?.channels.length ?? 0
  const sequences = row.sequences ? takeSequences(row.sequences, new Int32Array(rows)) : null
  const own = row.grids?.values
  const grids = row.grids ? takeGrids(row.grids, new Int32Array(rows)) : null
  walks.forEach((walk, w) => {
    for (let step = 0; step < steps; step++) {
      const at = w * steps + step
      for (let k = step; k < walk.length; k++) {
        const part = walk[k] - features
        if (part < 0) continue
        if (sequences && part < channels)
          for (let s = sequences.offsets[at]; s < sequences.offsets[at + 1]; s++)
            sequences.values[s * channels + part] = Number.NaN
        else if (grids && own && background.grids)
          grids.values.set(
            background.grids.values.subarray(donors[w] * own.length, (donors[w] + 1) * own.length),
            at * own.length,
          )
      }
    }
  })
  return { ...(sequences ? { sequences } : {}), ...(grids ? { grids } : {}) }
}
