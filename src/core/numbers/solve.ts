/**
 * Small dense linear algebra for the likelihood-based learners. Square matrices are row-major Float64Arrays; tall ones
 * (rows of data) say their layout.
 */

/**
 * Factors a symmetric positive semi-definite matrix as L D L' in place: unit L below the diagonal, D on it. Reads the
 * lower triangle. A pivot below `tolerance` times the largest diagonal element makes its row aliased: D = 0,
 * coefficient 0, as in R survival's `cholesky2`, which drops the later of two collinear columns. Returns the rank, or
 * -1 where the matrix holds a value that is not finite or is clearly not semi-definite.
 */
export const factorSymmetric = (a: Float64Array, size: number, tolerance: number): number => {
  let largest = 0
  for (let i = 0; i < size; i++) {
    const diagonal = a[i * size + i]
    if (!Number.isFinite(diagonal)) return -1
    if (diagonal > largest) largest = diagonal
  }
  const threshold = largest === 0 ? tolerance : largest * tolerance
  let rank = 0
  let definite = true
  for (let i = 0; i < size; i++) {
    const pivot = a[i * size + i]
    if (!(pivot >= threshold)) {
      if (!Number.isFinite(pivot)) return -1
      if (pivot < -8 * threshold) definite = false
      for (let j = i; j < size; j++) a[j * size + i] = 0
      continue
    }
    rank++
    for (let j = i + 1; j < size; j++) {
      const factor = a[j * size + i] / pivot
      a[j * size + i] = factor
      a[j * size + j] -= factor * factor * pivot
      for (let l = j + 1; l < size; l++) a[l * size + j] -= factor * a[l * size + i]
    }
  }
  return definite ? rank : -1
}

/** Solves L D L' x = b in place for a matrix factored by `factorSymmetric`; aliased elements of x are 0. */
export const solveFactored = (factored: Float64Array, size: number, b: Float64Array): void => {
  for (let i = 0; i < size; i++) {
    let sum = b[i]
    for (let j = 0; j < i; j++) sum -= b[j] * factored[i * size + j]
    b[i] = sum
  }
  for (let i = size - 1; i >= 0; i--) {
    const pivot = factored[i * size + i]
    if (pivot === 0) {
      b[i] = 0
      continue
    }
    let sum = b[i] / pivot
    for (let j = i + 1; j < size; j++) sum -= b[j] * factored[j * size + i]
    b[i] = sum
  }
}

/**
 * Inverse of a matrix factored by `factorSymmetric`, full and symmetric; rows and columns of aliased elements are 0.
 */
export const invertFactored = (factored: Float64Array, size: number): Float64Array => {
  const inverse = new Float64Array(size * size)
  const column = new Float64Array(size)
  for (let j = 0; j < size; j++) {
    if (factored[j * size + j] === 0) continue
    column.fill(0)
    column[j] = 1
    solveFactored(factored, size, column)
    for (let i = 0; i < size; i++) inverse[i * size + j] = column[i]
  }
  for (let i = 0; i < size; i++)
    for (let j = 0; j < i; j++) {
      const mean = (inverse[i * size + j] + inverse[j * size + i]) / 2
      inverse[i * size + j] = mean
      inverse[j * size + i] = mean
    }
  return inverse
}

export interface QR {
  /** Columns kept, in order; the others are collinear with earlier ones. */
  kept: number[]
  aliased: number[]
  /** Upper triangle of the kept columns, row-major kept x kept. */
  r: Float64Array
  /** Turns a vector of rows into Q'y, in place. */
  applyTransposed: (y: Float64Array) => void
  /** The orthonormal columns, column-major rows x kept. */
  orthonormal: () => Float64Array
}

/**
 * Householder QR of a column-major rows x columns matrix (overwritten) with the limited pivoting of LINPACK's `dqrdc2`,
 * as R's lm and glm use it: columns are taken in order, and one whose part orthogonal to those before is shorter than
 * `tolerance` times `norms` (its length before centring) is set aside as aliased.
 */
export const factorOrthogonal = (
  a: Float64Array,
  rows: number,
  columns: number,
  norms: ArrayLike<number>,
  tolerance: number,
): QR => {
  const kept: number[] = []
  const aliased: number[] = []
  const heads: number[] = []

  const reflect = (step: number, y: Float64Array, at: number) => {
    const column = kept[step] * rows
    let sum = heads[step] * y[at + step]
    for (let i = step + 1; i < rows; i++) sum += a[column + i] * y[at + i]
    sum /= heads[step]
    y[at + step] -= sum * heads[step]
    for (let i = step + 1; i < rows; i++) y[at + i] -= sum * a[column + i]
  }

  const diagonal: number[] = []
  for (let j = 0; j < columns; j++) {
    const at = j * rows
    const rank = kept.length
    for (let step = 0; step < rank; step++) reflect(step, a, at)
    let squares = 0
    for (let i = rank; i < rows; i++) squares += a[at + i] * a[at + i]
    const length = Math.sqrt(squares)
    if (rank >= rows || !(length > tolerance * norms[j])) {
      aliased.push(j)
      continue
    }
    // LINPACK's scaling: the reflector is v = x/|x| with 1 + |x0|/|x| at its head, so that H = I - v v' / v0.
    const signed = a[at + rank] < 0 ? -length : length
    for (let i = rank; i < rows; i++) a[at + i] /= signed
    heads.push(1 + a[at + rank])
    kept.push(j)
    diagonal.push(-signed)
  }

  const rank = kept.length
  const r = new Float64Array(rank * rank)
  for (let j = 0; j < rank; j++) {
    for (let i = 0; i < j; i++) r[i * rank + j] = a[kept[j] * rows + i]
    r[j * rank + j] = diagonal[j]
  }
  return {
    kept,
    aliased,
    r,
    applyTransposed: (y) => {
      for (let step = 0; step < rank; step++) reflect(step, y, 0)
    },
    orthonormal: () => {
      const q = new Float64Array(rows * rank)
      for (let j = 0; j < rank; j++) {
        q[j * rows + j] = 1
        for (let step = rank - 1; step >= 0; step--) reflect(step, q, j * rows)
      }
      return q
    },
  }
}

/** Inverse of an upper triangular row-major matrix. */
export const invertUpper = (r: Float64Array, size: number): Float64Array => {
  const inverse = new Float64Array(size * size)
  for (let j = 0; j < size; j++) {
    inverse[j * size + j] = 1 / r[j * size + j]
    for (let i = j - 1; i >= 0; i--) {
      let sum = 0
      for (let l = i + 1; l <= j; l++) sum += r[i * size + l] * inverse[l * size + j]
      inverse[i * size + j] = -sum / r[i * size + i]
    }
  }
  return inverse
}

/** A V A' for row-major A (rows x size) and symmetric V (size x size). */
export const sandwich = (a: Float64Array, rows: number, size: number, v: Float64Array): Float64Array => {
  const half = new Float64Array(rows * size)
  for (let i = 0; i < rows; i++)
    for (let l = 0; l < size; l++) {
      const factor = a[i * size + l]
      if (factor !== 0) for (let j = 0; j < size; j++) half[i * size + j] += factor * v[l * size + j]
    }
  const result = new Float64Array(rows * rows)
  for (let i = 0; i < rows; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0
      for (let l = 0; l < size; l++) sum += half[i * size + l] * a[j * size + l]
      result[i * rows + j] = sum
      result[j * rows + i] = sum
    }
  return result
}

/**
 * Adds sum_i w_i z_i z_i' to the lower triangle of `into` (size x size), z row-major rows x size. Two rows of the
 * result at a time: each value of z read is used twice.
 */
export const addWeightedGram = (
  z: Float64Array,
  rows: number,
  size: number,
  weights: Float64Array,
  into: Float64Array,
): void => {
  const even = size - (size % 2)
  for (let i = 0; i < rows; i++) {
    const w = weights[i]
    if (w === 0) continue
    const at = i * size
    for (let a = 0; a < even; a += 2) {
      const first = w * z[at + a]
      const second = w * z[at + a + 1]
      const row = a * size
      const next = row + size
      for (let b = 0; b <= a; b++) {
        const value = z[at + b]
        into[row + b] += first * value
        into[next + b] += second * value
      }
      into[next + a + 1] += second * z[at + a + 1]
    }
    if (even < size) {
      const last = w * z[at + even]
      const row = even * size
      for (let b = 0; b <= even; b++) into[row + b] += last * z[at + b]
    }
  }
}
