/** One term of an additive model: a score for each cell of one column, or of the grid of two. */
export interface Term {
  /** Matrix columns: one, or two. */
  columns: readonly number[]
  /** Cells along each column; the last of each holds missing values. */
  shape: readonly number[]
  /** Class by class, `scores[class * cells + cell]`; of a pair cell = first * shape[1] + second. */
  scores: Float64Array
  /** Of the scores over bags. */
  deviations: Float64Array
  /** Training weight in each cell. */
  weights: Float64Array
}

export const cellsOf = ({ shape }: Pick<Term, 'shape'>): number => shape.reduce((product, size) => product * size, 1)

export const meanOf = (scores: Float64Array, weights: Float64Array): number => {
  let [sum, total] = [0, 0]
  for (let cell = 0; cell < scores.length; cell++) {
    sum += weights[cell] * scores[cell]
    total += weights[cell]
  }
  return total > 0 ? sum / total : 0
}

/** Takes a function's mean over the training rows off it; returns what was taken. */
export const centre = (scores: Float64Array, weights: Float64Array): number => {
  const mean = meanOf(scores, weights)
  for (let cell = 0; cell < scores.length; cell++) scores[cell] -= mean
  return mean
}

const mostPasses = 200

/**
 * Moves what each row and each column of a pair's grid has on average, by training weight, into the two single terms,
 * until nothing is left to move (Lengerich et al. 2020), so that no part of a single column's effect stands in a pair.
 * Lines without training rows are set to 0. `give(side, line, amount)` takes what moves.
 */
export const purify = (
  scores: Float64Array,
  weights: Float64Array,
  [rows, columns]: readonly number[],
  give: (side: 0 | 1, line: number, amount: number) => void,
): void => {
  const lines = [rows, columns]
  const at = (side: number, line: number, i: number) => (side === 0 ? line * columns + i : i * columns + line)
  for (let pass = 0; pass < mostPasses; pass++) {
    let moved = 0
    for (const side of [0, 1] as const)
      for (let line = 0; line < lines[side]; line++) {
        let [sum, total] = [0, 0]
        for (let i = 0; i < lines[1 - side]; i++) {
          sum += weights[at(side, line, i)] * scores[at(side, line, i)]
          total += weights[at(side, line, i)]
        }
        if (total === 0) {
          for (let i = 0; i < lines[1 - side]; i++) scores[at(side, line, i)] = 0
          continue
        }
        const mean = sum / total
        moved = Math.max(moved, Math.abs(mean))
        for (let i = 0; i < lines[1 - side]; i++) scores[at(side, line, i)] -= mean
        give(side, line, mean)
      }
    if (moved < 1e-12) return
  }
}
