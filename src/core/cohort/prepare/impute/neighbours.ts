import { randomOf } from '../../../numbers/random.ts'
import { type Cells, drawRows, type ImputedFeature } from './cells.ts'

/**
 * Fills a missing cell from the most similar training cases. Holds their values (no identifiers): a model with such an
 * imputer holds patient-level data, and says so in its warnings.
 */
export interface NeighbourImputer {
  kind: 'neighbours'
  neighbours: number
  /** Range of each number among training rows, 0 for categories. */
  ranges: number[]
  features: ImputedFeature[]
  /** Values of each feature, donor by donor; null where missing. */
  donors: (number | null)[][]
}

/** More donors make a fill hardly better, and the model larger and slower to ask. */
const mostDonors = 5000

const donorStream = 0x0d0e7

export const fitNeighbours = (
  features: readonly ImputedFeature[],
  cells: Cells,
  neighbours: number,
  seed: number,
): NeighbourImputer => {
  const rows = drawRows(cells[0].length, mostDonors, randomOf(seed, donorStream))
  const ranges = features.map(({ levels }, at) => {
    if (levels > 0) return 0
    let low = Number.POSITIVE_INFINITY
    let high = Number.NEGATIVE_INFINITY
    for (const value of cells[at]) {
      if (value < low) low = value
      if (value > high) high = value
    }
    return high > low ? high - low : 0
  })
  return {
    kind: 'neighbours',
    neighbours,
    ranges,
    features: [...features],
    donors: cells.map((values) => Array.from(rows, (row) => (Number.isNaN(values[row]) ? null : values[row]))),
  }
}

/**
 * Fills the missing cells of rows, in place. Distance: Gower's (1971), the mean over features recorded in both rows of
 * |a - b| / range for numbers and of 0 or 1 for categories. Of the `neighbours` nearest donors that have the value,
 * numbers take the mean, categories the most frequent level (of several, that of the nearest). A cell stays missing
 * where no donor shares a recorded feature.
 */
export const fillFromNeighbours = (imputer: NeighbourImputer, cells: Cells, rows: ArrayLike<number>): void => {
  const { features, ranges, neighbours } = imputer
  const donors = imputer.donors.map((values) => Float64Array.from(values, (value) => value ?? Number.NaN))
  const count = donors[0].length
  const sums = new Float64Array(count)
  const shared = new Int32Array(count)
  const recorded = new Float64Array(features.length)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]
    sums.fill(0)
    shared.fill(0)
    for (let at = 0; at < features.length; at++) {
      const own = cells[at][row]
      recorded[at] = own
      if (Number.isNaN(own)) continue
      const theirs = donors[at]
      const category = features[at].levels > 0
      const range = ranges[at]
      for (let donor = 0; donor < count; donor++) {
        const other = theirs[donor]
        if (Number.isNaN(other)) continue
        shared[donor]++
        if (category) sums[donor] += own === other ? 0 : 1
        else if (range > 0) sums[donor] += Math.min(1, Math.abs(own - other) / range)
      }
    }
    for (let donor = 0; donor < count; donor++)
      sums[donor] = shared[donor] > 0 ? sums[donor] / shared[donor] : Number.NaN
    for (let at = 0; at < features.length; at++) {
      if (!Number.isNaN(recorded[at])) continue
      const nearest = nearestValues(sums, donors[at], neighbours)
      if (nearest.length > 0) cells[at][row] = pooled(nearest, features[at])
    }
  }
}

/** Values of the nearest donors that have one, nearest first; of equally near ones the earlier donor. */
const nearestValues = (distances: Float64Array, values: Float64Array, most: number): number[] => {
  const nearest: number[] = []
  for (let donor = 0; donor < distances.length; donor++) {
    const distance = distances[donor]
    if (Number.isNaN(distance) || Number.isNaN(values[donor])) continue
    if (nearest.length === most && distance >= distances[nearest[most - 1]]) continue
    let place = nearest.length
    while (place > 0 && distances[nearest[place - 1]] > distance) place--
    nearest.splice(place, 0, donor)
    if (nearest.length > most) nearest.pop()
  }
  return nearest.map((donor) => values[donor])
}

const pooled = (nearest: readonly number[], { levels, whole }: ImputedFeature): number => {
  if (levels === 0) {
    const mean = nearest.reduce((sum, value) => sum + value, 0) / nearest.length
    return whole ? Math.round(mean) : mean
  }
  const votes = new Int32Array(levels)
  let best = nearest[0]
  for (const level of nearest) votes[level]++
  for (const level of nearest) if (votes[level] > votes[best]) best = level
  return best
}
