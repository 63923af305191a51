import type { Matrix } from '../../cohort/matrix.ts'

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

type Parallel = <I, O>(task: string, inputs: readonly I[]) => Promise<O[]>

/**
 * Bins a matrix, columns shared out over threads. Up to `maxBins` (2 to 255) bins a column; a column with no more distinct
 * values has one bin each, else bins hold about equal numbers of rows, and a value that fills a bin alone has its own.
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
  const edges = await parallel<BinTask, Float64Array[]>('binColumns', tasks)
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

/** Distinct known values, ascending, with their summed weight. */
const distinctOf = (values: Float64Array, weights: Float64Array | null) => {
  const distinct: number[] = []
  const weight: number[] = []
  const add = (value: number, one: number) => {
    const last = distinct.length - 1
    if (last >= 0 && distinct[last] === value) weight[last] += one
    else {
      distinct.push(value)
      weight.push(one)
    }
  }
  if (!weights) {
    // NaN sorts last.
    const sorted = Float64Array.from(values).sort()
    for (let i = 0; i < sorted.length && !Number.isNaN(sorted[i]); i++) add(sorted[i], 1)
  } else {
    const known: number[] = []
    for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i]) && weights[i] > 0) known.push(i)
    known.sort((a, b) => values[a] - values[b] || a - b)
    for (const i of known) add(values[i], weights[i])
  }
  return { distinct, weight }
}

const between = (low: number, high: number) => {
  const middle = low / 2 + high / 2
  return Number.isFinite(middle) && middle >= low && middle < high ? middle : low
}

/** Upper bin edges of a column, the last +Infinity; one lone bin where no value is known. */
export const edgesOf = (values: Float64Array, weights: Float64Array | null, maxBins: number): Float64Array => {
  const { distinct, weight } = distinctOf(values, weights)
  const edges: number[] = []
  if (distinct.length <= maxBins)
    for (let i = 1; i < distinct.length; i++) edges.push(between(distinct[i - 1], distinct[i]))
  else {
    let left = weight.reduce((sum, one) => sum + one, 0)
    let held = 0
    for (let i = 0; i < distinct.length - 1 && edges.length < maxBins - 1; i++) {
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

const writeCodes = (values: Float64Array, edges: Float64Array, order: Int32Array | null, codes: Uint8Array) => {
  const last = edges.length - 1
  for (let i = 0; i < codes.length; i++) {
    const value = values[order ? order[i] : i]
    if (Number.isNaN(value)) {
      codes[i] = missingBin
      continue
    }
    let low = 0
    let high = last
    while (low < high) {
      const middle = (low + high) >> 1
      if (value <= edges[middle]) high = middle
      else low = middle + 1
    }
    codes[i] = low
  }
}
