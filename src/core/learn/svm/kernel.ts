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
export const kernelRow = (
  kernel: Kernel,
  a: Points,
  row: number,
  b: Points,
  into: Float32Array | Float64Array,
): void => {
  const { rows, columns, values, squares } = b
  const at = row * columns
  const mine = a.values
  const whole = columns - (columns % 4)
  for (let i = 0, from = 0; i < rows; i++, from += columns) {
    let one = 0
    let two = 0
    let three = 0
    let four = 0
    for (let j = 0; j < whole; j += 4) {
      one += mine[at + j] * values[from + j]
      two += mine[at + j + 1] * values[from + j + 1]
      three += mine[at + j + 2] * values[from + j + 2]
      four += mine[at + j + 3] * values[from + j + 3]
    }
    for (let j = whole; j < columns; j++) one += mine[at + j] * values[from + j]
    into[i] = one + two + (three + four)
  }
  if (kernel.kind === 'linear') return
  const { gamma } = kernel
  const own = a.squares[row]
  // Rounding can leave the distance of a point to its twin a hair below 0.
  for (let i = 0; i < rows; i++) into[i] = Math.exp(-gamma * Math.max(0, own + squares[i] - 2 * into[i]))
}

/** Bytes of kernel rows that are kept; beyond, the row that was asked for least recently makes room. */
const cacheBytes = 400 * 2 ** 20

/**
 * The kernel matrix of a training set, a row at a time, as float32 (as libsvm's cache). The least recently used row makes
 * room for a new one where not all fit.
 */
export const kernelMatrix = (kernel: Kernel, points: Points) => {
  const { rows } = points
  const room = Math.max(2, Math.min(rows, Math.floor(cacheBytes / (4 * rows))))
  /** Least recently used first: Map keeps the order of insertion. */
  const cached = new Map<number, Float32Array>()
  const diagonal = new Float64Array(rows).fill(1)
  if (kernel.kind === 'linear') diagonal.set(points.squares)
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
    kernelRow(kernel, points, i, points, into)
    cached.set(i, into)
    return into
  }
  return { row, diagonal }
}
