import type { Matrix } from '../cohort/matrix.ts'
import { randomOf } from '../numbers/random.ts'

/** Scale of each column over the known values of training rows; the yardstick of distances between patients. */
export interface Yardstick {
  scale: Float64Array
  /** Median distance between two training cases: distances are told in this unit. */
  median: number
}

const mostPixels = 4096

/**
 * A matrix as distances see it: beside its columns, the last value and the mean of each channel of its sequences, and
 * the cells of its pictures where they are small. NaN where nothing was measured.
 */
export const describedBy = (matrix: Matrix): Matrix => {
  const { rows, sequences, grids } = matrix
  const added: Float64Array[] = []
  sequences?.channels.forEach((_, channel) => {
    const width = sequences.channels.length
    const last = new Float64Array(rows).fill(Number.NaN)
    const mean = new Float64Array(rows)
    for (let row = 0; row < rows; row++) {
      let [sum, count] = [0, 0]
      for (let step = sequences.offsets[row]; step < sequences.offsets[row + 1]; step++) {
        const value = sequences.values[step * width + channel]
        if (Number.isNaN(value)) continue
        last[row] = value
        sum += value
        count++
      }
      mean[row] = sum / count
    }
    added.push(last, mean)
  })
  const size = grids ? grids.height * grids.width * grids.channels.length : 0
  if (grids && size <= mostPixels)
    for (let cell = 0; cell < size; cell++)
      added.push(Float64Array.from({ length: rows }, (_, row) => grids.values[row * size + cell]))
  if (added.length === 0) return matrix
  const data = new Float64Array((matrix.columns + added.length) * rows)
  data.set(matrix.data.subarray(0, matrix.columns * rows))
  added.forEach((column, at) => {
    data.set(column, (matrix.columns + at) * rows)
  })
  return { ...matrix, columns: matrix.columns + added.length, data }
}

const pairsForMedian = 2000

/**
 * Distance between two patients: root mean square of the standardised differences over the columns known in both; a
 * column missing in one of them counts as one standard deviation.
 */
const distance = (a: Matrix, i: number, b: Matrix, j: number, scale: Float64Array): number => {
  let sum = 0
  for (let column = 0; column < a.columns; column++) {
    const difference = (a.data[column * a.rows + i] - b.data[column * b.rows + j]) / scale[column]
    sum += Number.isNaN(difference) ? 1 : difference * difference
  }
  return Math.sqrt(sum / Math.max(1, a.columns))
}

export const yardstickOf = (training: Matrix, seed = 1): Yardstick => {
  const scale = new Float64Array(training.columns)
  for (let column = 0; column < training.columns; column++) {
    let n = 0
    let mean = 0
    let squares = 0
    for (let row = 0; row < training.rows; row++) {
      const value = training.data[column * training.rows + row]
      if (Number.isNaN(value)) continue
      n++
      const delta = value - mean
      mean += delta / n
      squares += delta * (value - mean)
    }
    scale[column] = n > 1 && squares > 0 ? Math.sqrt(squares / (n - 1)) : 1
  }
  // Spline terms and products say nothing that their columns do not, and would make them count twice.
  for (const { column } of training.derived ?? []) scale[column] = Number.POSITIVE_INFINITY
  const random = randomOf(seed, 78)
  const distances: number[] = []
  for (let k = 0; k < pairsForMedian && training.rows > 1; k++) {
    const i = random.below(training.rows)
    const j = random.below(training.rows)
    if (i !== j) distances.push(distance(training, i, training, j, scale))
  }
  distances.sort((a, b) => a - b)
  return { scale, median: distances[distances.length >> 1] || 1 }
}

/** The `count` training rows nearest to a patient, nearest first; `distance` in units of the median distance. */
export const nearestCases = (
  patient: Matrix,
  training: Matrix,
  yardstick: Yardstick,
  count: number,
  leaveOut: (row: number) => boolean = () => false,
): { row: number; distance: number }[] => {
  const best: { row: number; distance: number }[] = []
  for (let row = 0; row < training.rows; row++) {
    if (leaveOut(row)) continue
    const away = distance(patient, 0, training, row, yardstick.scale)
    if (best.length === count && away >= best[count - 1].distance) continue
    let at = best.length
    while (at > 0 && best[at - 1].distance > away) at--
    best.splice(at, 0, { row, distance: away })
    if (best.length > count) best.pop()
  }
  return best.map(({ row, distance: away }) => ({ row, distance: away / yardstick.median }))
}

const neighbours = 5
const sampled = 500
const mostReference = 5000

const kNearDistance = (
  patient: Matrix,
  i: number,
  training: Matrix,
  yardstick: Yardstick,
  rows: Int32Array,
  leaveOut: (row: number) => boolean,
) => {
  const near = new Float64Array(neighbours).fill(Number.POSITIVE_INFINITY)
  for (const row of rows) {
    if (leaveOut(row)) continue
    const away = distance(patient, i, training, row, yardstick.scale)
    if (away >= near[neighbours - 1]) continue
    let at = neighbours - 1
    while (at > 0 && near[at - 1] > away) {
      near[at] = near[at - 1]
      at--
    }
    near[at] = away
  }
  let sum = 0
  let n = 0
  for (const away of near)
    if (Number.isFinite(away)) {
      sum += away
      n++
    }
  return n > 0 ? sum / n : 0
}

/** Rows that stand for the training set in distance questions: all, or a seeded sample of 5,000. */
const referenceRows = (training: Matrix, seed: number): Int32Array => {
  if (training.rows <= mostReference) return Int32Array.from({ length: training.rows }, (_, row) => row)
  const random = randomOf(seed, 79)
  return Int32Array.from({ length: mostReference }, () => random.below(training.rows))
}

/** Training cases' own mean distance to their 5 nearest neighbours, ascending: what a new patient is held against. */
export const domainOf = (training: Matrix, yardstick: Yardstick, seed = 1): Float64Array => {
  const rows = referenceRows(training, seed)
  const random = randomOf(seed, 80)
  const count = Math.min(sampled, rows.length)
  const own = new Float64Array(count)
  for (let k = 0; k < count; k++) {
    const row = rows.length <= sampled ? rows[k] : rows[random.below(rows.length)]
    own[k] = kNearDistance(training, row, training, yardstick, rows, (other) => other === row)
  }
  return own.sort()
}

/** Percentile (0 to 100) of a patient's mean distance to the 5 nearest training cases among the training cases' own. */
export const domainPercentile = (
  patient: Matrix,
  training: Matrix,
  yardstick: Yardstick,
  domain: Float64Array,
  leaveOut: (row: number) => boolean = () => false,
  seed = 1,
): number => {
  const away = kNearDistance(patient, 0, training, yardstick, referenceRows(training, seed), leaveOut)
  let below = 0
  for (const other of domain) if (other < away) below++
  return (100 * below) / Math.max(1, domain.length)
}

/**
 * Beyond the 99th percentile of the training cases' own distances a patient is outside, beyond the 95th at the edge.
 */
export const domainVerdict = (percentile: number): 'inside' | 'edge' | 'outside' =>
  percentile > 99 ? 'outside' : percentile > 95 ? 'edge' : 'inside'
