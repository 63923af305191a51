import type { Matrix } from '../../cohort/matrix.ts'
import { randomOf } from '../../numbers/random.ts'
import type { Parallel } from '../parallel.ts'

/** Code of a missing value. Codes 0 to 254 are value bins in ascending order. */
export const missingBin = 255

/** A matrix as bin codes, which is what trees grow on; thresholds stay exact, so that a prediction needs no bins. */
export interface BinnedColumns {
  rows: number
  columns: number
  /** Column-major, on shared memory: `codes[column * rows + row]`. */
  codes: Uint8Array
  /**
   * Upper edges of each column's bins, ascending, the last +Infinity: a value lies in the first bin whose edge is not
   * below it. An edge is the midpoint of the two neighbouring values seen.
   */
  edges: readonly Float64Array[]
}

export interface BinTask {
  data: Float64Array
  rows: number
  /** `order[position]` is the matrix row whose code stands at that position; null: as in the matrix. */
  order: Int32Array | null
  /** Case weights by matrix row; null: all 1. */
  weights: Float64Array | null
  maxBins: number
  codes: Uint8Array
  first: number
  count: number
}

/**
 * Bins a matrix, columns shared out over threads. Up to `maxBins` (2 to 255) bins a column; a column with no more
 * distinct values has one bin each, else bins hold about equal numbers of rows (of a fixed sample, beyond 32,768
 * unweighted ones), and a value that fills a bin alone has its own.
 */
export const binColumns = async (
  x: Matrix,
  options: { maxBins: number; order: Int32Array | null; weights: Float64Array | null; threads: number },
  parallel: Parallel,
): Promise<BinnedColumns> => {
  const { rows, columns } = x
  const codes = new Uint8Array(new SharedArrayBuffer(rows * columns))
  const base = { data: sharedCopy(x.data), rows, codes, maxBins: options.maxBins }
  const weights = options.weights && sharedCopy(options.weights)
  const order = options.order
  const pieces = Math.min(columns, Math.max(1, options.threads * 4))
  const tasks: BinTask[] = Array.from({ length: pieces }, (_, piece) => {
    const first = Math.floor((piece * columns) / pieces)
    return { ...base, order, weights, first, count: Math.floor(((piece + 1) * columns) / pieces) - first }
  })
  const edges = await parallel('binColumns', tasks)
  return { rows, columns, codes, edges: edges.flat() }
}

/** The same numbers on shared memory; the array itself where it already is. */
export const sharedCopy = (values: Float64Array): Float64Array => {
  if (values.buffer instanceof SharedArrayBuffer) return values
  const copy = new Float64Array(new SharedArrayBuffer(values.length * 8))
  copy.set(values)
  return copy
}

/** Worker task: edges and codes of some columns; codes are written in place. */
export const binColumnsTask = ({ data, rows, order, weights, maxBins, codes, first, count }: BinTask) => {
  const edges: Float64Array[] = []
  for (let column = first; column < first + count; column++) {
    const values = data.subarray(column * rows, (column + 1) * rows)
    const found = edgesOf(values, weights, maxBins)
    writeCodes(values, found, order, codes.subarray(column * rows, (column + 1) * rows))
    edges.push(found)
  }
  return edges
}

/** Rows that quantiles are taken from at most: 128 a bin, so that a bin's share is off by a tenth of itself. */
const sampled = 32_768

/** Rows drawn at random, always the same ones; a stride could run in step with the order of visits. */
const sampleOf = (values: Float64Array): Float64Array => {
  if (values.length <= sampled) return values
  const random = randomOf(0x51ab)
  const sample = new Float64Array(sampled)
  for (let i = 0; i < sampled; i++) sample[i] = values[random.below(values.length)]
  return sample
}

/** Distinct known values, ascending, with their summed weight, in the first `count` places. */
const distinctOf = (values: Float64Array, weights: Float64Array | null) => {
  if (weights) return distinctWeighted(values, weights)
  // NaN sorts last.
  const sorted = Float64Array.from(values).sort()
  const weight = new Float64Array(sorted.length)
  let count = 0
  for (let i = 0; i < sorted.length; i++) {
    const value = sorted[i]
    if (Number.isNaN(value)) break
    if (count > 0 && sorted[count - 1] === value) weight[count - 1]++
    else {
      sorted[count] = value
      weight[count++] = 1
    }
  }
  return { distinct: sorted, weight, count }
}

const distinctWeighted = (values: Float64Array, weights: Float64Array) => {
  const known: number[] = []
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i]) && weights[i] > 0) known.push(i)
  known.sort((a, b) => values[a] - values[b] || a - b)
  const distinct = new Float64Array(known.length)
  const weight = new Float64Array(known.length)
  let count = 0
  for (const i of known) {
    if (count === 0 || distinct[count - 1] !== values[i]) distinct[count++] = values[i]
    weight[count - 1] += weights[i]
  }
  return { distinct, weight, count }
}

const between = (low: number, high: number) => {
  const middle = low / 2 + high / 2
  return Number.isFinite(middle) && middle >= low && middle < high ? middle : low
}

/** Upper bin edges of a column, the last +Infinity; one lone bin where no value is known. */
export const edgesOf = (values: Float64Array, weights: Float64Array | null, maxBins: number): Float64Array => {
  let found = distinctOf(weights ? values : sampleOf(values), weights)
  // A sample knows where to part many values, but not all of few.
  if (found.count <= maxBins && !weights && values.length > sampled) found = distinctOf(values, null)
  const { distinct, weight, count } = found
  const edges: number[] = []
  if (count <= maxBins) for (let i = 1; i < count; i++) edges.push(between(distinct[i - 1], distinct[i]))
  else {
    let left = weight.reduce((sum, one) => sum + one, 0)
    let held = 0
    for (let i = 0; i < count - 1 && edges.length < maxBins - 1; i++) {
      held += weight[i]
      const mean = left / (maxBins - edges.length)
      if (held >= mean || (held > 0 && weight[i + 1] >= mean)) {
        edges.push(between(distinct[i], distinct[i + 1]))
        left -= held
        held = 0
      }
    }
  }
  edges.push(Number.POSITIVE_INFINITY)
  return Float64Array.from(edges)
}

/**
 * Cells of equal width over the range of a column's edges; a value's bin is looked for between those of its cell's
 * ends.
 */
const cells = 2048

const writeCodes = (values: Float64Array, edges: Float64Array, order: Int32Array | null, codes: Uint8Array) => {
  const last = edges.length - 1
  const low = edges[0]
  const range = last > 0 ? edges[last - 1] - low : 0
  const scale = Number.isFinite(range) && range > 0 ? cells / range : 0
  const origin = scale > 0 ? low : 0
  // First bin of each cell and of the one after.
  const firstBin = new Uint8Array(cells + 2).fill(last)
  if (scale > 0) for (let bin = last - 1; bin >= 0; bin--) firstBin[Math.trunc((edges[bin] - origin) * scale)] = bin
  else firstBin[0] = 0
  for (let cell = cells; cell >= 0; cell--) if (firstBin[cell] > firstBin[cell + 1]) firstBin[cell] = firstBin[cell + 1]
  for (let i = 0; i < codes.length; i++) {
    const value = values[order ? order[i] : i]
    if (Number.isNaN(value)) codes[i] = missingBin
    else if (value <= low) codes[i] = 0
    else if (last === 0 || value > edges[last - 1]) codes[i] = last
    else {
      const cell = Math.trunc((value - origin) * scale)
      let from = firstBin[cell]
      let to = firstBin[cell + 1]
      while (from < to) {
        const middle = (from + to) >> 1
        if (value <= edges[middle]) to = middle
        else from = middle + 1
      }
      codes[i] = from
    }
  }
}
