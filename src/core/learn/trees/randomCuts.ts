import { type Random, randomOf } from '../../numbers/random.ts'
import { type BinnedColumns, missingBin } from './bins.ts'
import type { Criterion } from './criterion.ts'

/** One column of three codes: left 0, right 1, or missing. */
export const twoSides = (rows: number): BinnedColumns => ({
  rows,
  columns: 1,
  codes: new Uint8Array(rows),
  edges: [Float64Array.of(0.5, Number.POSITIVE_INFINITY)],
})

/**
 * Extremely randomised trees (Geurts, Ernst & Wehenkel 2006): of each column tried not the best cut is judged but one,
 * drawn evenly between the node's lowest and highest value (on the column's own scale, between the bins' edges).
 * `judge` is any criterion made on `sides`, where the rows of that one cut are written; whatever it does with missing
 * values stays.
 */
export const randomCuts = (binned: BinnedColumns, sides: BinnedColumns, judge: Criterion) => {
  const { rows, codes, edges } = binned
  const written = sides.codes
  let random: Random = randomOf(0)

  const criterion: Criterion = {
    ...judge,
    seek(column, order, start, end, best) {
      const from = column * rows
      let low = missingBin
      let high = -1
      let missing = 0
      for (let i = start; i < end; i++) {
        const code = codes[from + order[i]]
        if (code === missingBin) missing++
        else {
          if (code < low) low = code
          if (code > high) high = code
        }
      }
      if (high < 0 || (low === high && missing === 0)) return
      const cut = low === high ? low : cutBetween(edges[column], low, high, random.uniform())
      for (let i = start; i < end; i++) {
        const row = order[i]
        const code = codes[from + row]
        written[row] = code === missingBin ? missingBin : code <= cut ? 0 : 1
      }
      const { gain } = best
      judge.seek(0, order, start, end, best)
      if (best.gain === gain) return
      best.column = column
      // Beyond the last side lie the missing values alone.
      best.bin = best.bin === 0 ? cut : edges[column].length - 1
    },
  }
  return { criterion, drawFrom: (from: Random) => (random = from) }
}

/**
 * The bin whose upper edge is the first at or above a point drawn evenly between the edges that part the bins low to
 * high.
 */
const cutBetween = (edges: Float64Array, low: number, high: number, share: number): number => {
  const first = edges[low]
  const point = first + share * (edges[high - 1] - first)
  let cut = low
  while (cut < high - 1 && edges[cut] < point) cut++
  return cut
}
