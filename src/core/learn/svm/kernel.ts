import { dots as dotsKernels } from '../kernels/dots.ts'
import { instantiate, type Memory, pageBytes } from '../kernels/webAssembly.ts'

/** Training rows as a kernel sees them: row-major rows x columns, with the squared length of each row. */
export interface Points {
  rows: number
  columns: number
  values: Float64Array
  squares: Float64Array
}

export type Kernel = { kind: 'linear' } | { kind: 'rbf'; gamma: number }

/** Rows `rows` of a column-major matrix as points. */
export const pointsOf = (
  x: { rows: number; columns: number; data: Float64Array },
  rows: ArrayLike<number>,
  columns: ArrayLike<number> = Array.from({ length: x.columns }, (_, column) => column),
): Points => {
  const width = columns.length
  const values = new Float64Array(rows.length * width)
  const squares = new Float64Array(rows.length)
  for (let j = 0; j < width; j++) {
    const from = columns[j] * x.rows
    for (let i = 0; i < rows.length; i++) {
      const value = x.data[from + rows[i]]
      values[i * width + j] = value
      squares[i] += value * value
    }
  }
  return { rows: rows.length, columns: width, values, squares }
}

/** K(point `row` of `a`, point i of `b`) for every i, into `into`. */
export const kernelRow = (kernel: Kernel, a: Points, row: number, b: Points, into: Float64Array): void => {
  const { rows, columns, values, squares } = b
  const at = row * columns
  for (let i = 0, from = 0; i < rows; i++, from += columns) {
    let sum = 0
    for (let j = 0; j < columns; j++) sum += a.values[at + j] * values[from + j]
    into[i] = sum
  }
  if (kernel.kind === 'linear') return
  const { gamma } = kernel
  const own = a.squares[row]
  for (let i = 0; i < rows; i++) into[i] = similarity(gamma, own + squares[i] - 2 * into[i])
}

/** Rounding can leave the squared distance of a point to its twin a hair below 0. */
const similarity = (gamma: number, distance: number): number => (distance > 0 ? Math.exp(-gamma * distance) : 1)

/** Bytes of kernel rows that are kept; beyond, the row that was asked for least recently makes room. */
const cacheBytes = 400 * 2 ** 20

interface Exports {
  memory: Memory
  dots(point: number, points: number, stride: number, count: number, into: number): void
}

/** Scalar products of one point with all, by SIMD (dots.wat). */
const dotProducts = ({ rows, columns, values }: Points): ((row: number) => Float64Array) => {
  const { memory, dots } = instantiate<Exports>(dotsKernels)
  const width = columns + (columns % 2)
  const count = Math.ceil(rows / 4) * 4
  const [points, into] = [64, 64 + count * width * 8]
  memory.grow(Math.ceil((into + count * 8) / pageBytes))
  const held = new Float64Array(memory.buffer, points, count * width)
  for (let row = 0; row < rows; row++) held.set(values.subarray(row * columns, (row + 1) * columns), row * width)
  const products = new Float64Array(memory.buffer, into, rows)
  return (row) => {
    dots(points + row * width * 8, points, width * 8, count, into)
    return products
  }
}

/**
 * The kernel matrix of a training set, a row at a time, as float32 (as libsvm's cache). The least recently used row
 * makes room for a new one where not all fit.
 */
export const kernelMatrix = (kernel: Kernel, points: Points) => {
  const { rows, squares } = points
  const room = Math.max(2, Math.min(rows, Math.floor(cacheBytes / (4 * rows))))
  /** Least recently used first: Map keeps the order of insertion. */
  const cached = new Map<number, Float32Array>()
  const diagonal = new Float64Array(rows).fill(1)
  if (kernel.kind === 'linear') diagonal.set(squares)
  const productsOf = dotProducts(points)
  const fill = (into: Float32Array, i: number) => {
    const products = productsOf(i)
    if (kernel.kind === 'linear') into.set(products)
    else for (let j = 0; j < rows; j++) into[j] = similarity(kernel.gamma, squares[i] + squares[j] - 2 * products[j])
  }
  const row = (i: number): Float32Array => {
    const known = cached.get(i)
    if (known) {
      if (room < rows) {
        cached.delete(i)
        cached.set(i, known)
      }
      return known
    }
    let into: Float32Array | undefined
    if (cached.size >= room) {
      const [oldest] = cached.keys()
      into = cached.get(oldest)
      cached.delete(oldest)
    }
    into ??= new Float32Array(rows)
    fill(into, i)
    cached.set(i, into)
    return into
  }
  return { row, diagonal }
}
