import type { Matrix } from '../cohort/matrix.ts'
import { randomOf, shuffle } from '../numbers/random.ts'

/**
 * Permutation importance (Breiman 2001; Fisher, Rudin & Dominici 2019): how much worse a fitted model predicts once a
 * feature is dealt out anew among the rows, so that it keeps its values but loses its tie to the patient. Columns of
 * one feature (`x.source`) move together. On rows the model did not learn from; of two features that say the same, both
 * look unimportant.
 *
 * @param features number of source features
 * @param loss     how much worse the metric is on a matrix with one feature dealt anew; above 0: worse
 * @returns mean loss over the repeats, and its standard deviation over them, a feature each
 */
export const permutationImportance = (
  x: Matrix,
  features: number,
  loss: (dealt: Matrix) => number,
  repeats: number,
  seed: number,
): { mean: Float64Array; sd: Float64Array } => {
  const mean = new Float64Array(features)
  const sd = new Float64Array(features)
  const columnsOf: number[][] = Array.from({ length: features }, () => [])
  for (let column = 0; column < x.columns; column++) columnsOf[x.source[column]].push(column)
  const data = Float64Array.from(x.data)
  for (let feature = 0; feature < features; feature++) {
    if (columnsOf[feature].length === 0) continue
    const random = randomOf(seed, 900 + feature)
    const losses: number[] = []
    for (let repeat = 0; repeat < repeats; repeat++) {
      const order = shuffle(
        Int32Array.from({ length: x.rows }, (_, row) => row),
        random,
      )
      for (const column of columnsOf[feature])
        for (let row = 0; row < x.rows; row++) data[column * x.rows + row] = x.data[column * x.rows + order[row]]
      losses.push(loss({ ...x, data }))
    }
    for (const column of columnsOf[feature])
      data.set(x.data.subarray(column * x.rows, (column + 1) * x.rows), column * x.rows)
    mean[feature] = losses.reduce((sum, value) => sum + value, 0) / repeats
    const squares = losses.reduce((sum, value) => sum + (value - mean[feature]) ** 2, 0)
    sd[feature] = repeats > 1 ? Math.sqrt(squares / (repeats - 1)) : Number.NaN
  }
  return { mean, sd }
}

/** Rows drawn for it where there are more, always the same ones for a seed. */
export const sampleForPermutation = (rows: number, seed: number, most = 500): Int32Array => {
  const all = shuffle(
    Int32Array.from({ length: rows }, (_, row) => row),
    randomOf(seed, 82),
  )
  return all.subarray(0, Math.min(rows, most)).sort()
}
