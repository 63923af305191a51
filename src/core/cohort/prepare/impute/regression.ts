import type { Random } from '../../../numbers/random.ts'

/** Added to the diagonal, relative to it, where columns are collinear (mice's `ridge`). */
const ridge = 1e-5
/** A pivot below this share of its diagonal element means that a column is a combination of earlier ones. */
const collinear = 1e-10

/**
 * Lower Cholesky factor of a symmetric matrix (row-major): of itself, or with a ridge where its columns are collinear.
 */
const factorOf = (gram: Float64Array, size: number): Float64Array => {
  const factor = gram.slice()
  if (cholesky(factor, size)) return factor
  const steadied = gram.slice()
  for (let a = 0; a < size; a++) steadied[a * size + a] = gram[a * size + a] > 0 ? gram[a * size + a] * (1 + ridge) : 1
  cholesky(steadied, size)
  return steadied
}

/** In place; false where it meets a collinear column. */
const cholesky = (a: Float64Array, size: number): boolean => {
  for (let j = 0; j < size; j++) {
    const diagonal = a[j * size + j]
    for (let i = j; i < size; i++) {
      let sum = a[i * size + j]
      for (let k = 0; k < j; k++) sum -= a[i * size + k] * a[j * size + k]
      if (i === j) {
        if (!(sum > collinear * diagonal)) return false
        a[i * size + i] = Math.sqrt(sum)
      } else a[i * size + j] = sum / a[j * size + j]
    }
  }
  return true
}

/** Solves L L' x = b in place. */
const solveCholesky = (factor: Float64Array, size: number, b: Float64Array): Float64Array => {
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) b[i] -= factor[i * size + k] * b[k]
    b[i] /= factor[i * size + i]
  }
  return solveTransposed(factor, size, b)
}

/** Solves L' x = b in place: of standard normal b, x has the covariance (L L')^-1. */
const solveTransposed = (factor: Float64Array, size: number, b: Float64Array): Float64Array => {
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) b[i] -= factor[k * size + i] * b[k]
    b[i] /= factor[i * size + i]
  }
  return b
}

/** Columns of predictors, all of one length; an intercept is added as the first coefficient. */
export type Predictors = readonly Float64Array[]

/** Weighted cross products of the intercept and the columns over the rows, row-major; both triangles. */
const crossProducts = (x: Predictors, rows: Int32Array, weights: Float64Array | null): Float64Array => {
  const size = x.length + 1
  const gram = new Float64Array(size * size)
  let total = 0
  for (let i = 0; i < rows.length; i++) total += weights ? weights[i] : 1
  gram[0] = total
  const scaled = new Float64Array(rows.length)
  for (let a = 0; a < x.length; a++) {
    let sum = 0
    for (let i = 0; i < rows.length; i++) {
      scaled[i] = (weights ? weights[i] : 1) * x[a][rows[i]]
      sum += scaled[i]
    }
    gram[a + 1] = sum
    gram[(a + 1) * size] = sum
    for (let b = 0; b <= a; b++) {
      const other = x[b]
      let product = 0
      for (let i = 0; i < rows.length; i++) product += scaled[i] * other[rows[i]]
      gram[(a + 1) * size + b + 1] = product
      gram[(b + 1) * size + a + 1] = product
    }
  }
  return gram
}

const timesTransposed = (x: Predictors, rows: Int32Array, y: Float64Array): Float64Array => {
  const product = new Float64Array(x.length + 1)
  for (let i = 0; i < rows.length; i++) product[0] += y[i]
  for (let a = 0; a < x.length; a++) {
    let sum = 0
    for (let i = 0; i < rows.length; i++) sum += x[a][rows[i]] * y[i]
    product[a + 1] = sum
  }
  return product
}

export const predictLine = (beta: ArrayLike<number>, x: Predictors, row: number): number => {
  let sum = beta[0]
  for (let a = 0; a < x.length; a++) sum += beta[a + 1] * x[a][row]
  return sum
}

export interface Line {
  beta: Float64Array
  /** Cholesky factor of the cross products. */
  factor: Float64Array
  sumOfSquares: number
}

/** Least squares of `y` (one per row of `rows`) on the columns. */
export const fitLine = (x: Predictors, rows: Int32Array, y: Float64Array): Line => {
  const size = x.length + 1
  const factor = factorOf(crossProducts(x, rows, null), size)
  const beta = solveCholesky(factor, size, timesTransposed(x, rows, y))
  let sumOfSquares = 0
  for (let i = 0; i < rows.length; i++) sumOfSquares += (y[i] - predictLine(beta, x, rows[i])) ** 2
  return { beta, factor, sumOfSquares }
}

/** Coefficients drawn from their posterior under a flat prior (Rubin 1987, p. 167; mice's `.norm.draw`). */
export const drawLine = ({ beta, factor, sumOfSquares }: Line, rows: number, random: Random): Float64Array => {
  const size = beta.length
  const sigma = Math.sqrt(sumOfSquares / chiSquare(Math.max(rows - size, 1), random))
  const noise = Float64Array.from(beta, () => random.normal())
  return solveTransposed(factor, size, noise).map((value, a) => beta[a] + sigma * value)
}

/** Chi-square by Marsaglia and Tsang's gamma (2000). */
const chiSquare = (df: number, random: Random): number => {
  const shape = df / 2
  const boost = shape < 1 ? random.uniform() ** (1 / shape) : 1
  const d = (shape < 1 ? shape + 1 : shape) - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const z = random.normal()
    const v = (1 + c * z) ** 3
    if (v > 0 && Math.log(random.uniform() || Number.MIN_VALUE) < 0.5 * z * z + d - d * v + d * Math.log(v))
      return 2 * d * v * boost
  }
}

const logistic = (value: number): number => 1 / (1 + Math.exp(-value))

/** Precision of the normal prior of slopes, and half a case of each level for the starting shares. */
const prior = 0.5

/**
 * Logistic regression of 0/1 on the columns by Newton's method; the slopes have a weak normal prior, so that a level
 * that one column separates perfectly stays finite.
 */
export const fitLogistic = (
  x: Predictors,
  rows: Int32Array,
  y: Float64Array,
): { beta: Float64Array; factor: Float64Array } => {
  const size = x.length + 1
  const beta = new Float64Array(size)
  const share = (y.reduce((sum, value) => sum + value, 0) + prior) / (rows.length + 2 * prior)
  beta[0] = Math.log(share / (1 - share))
  let factor: Float64Array = new Float64Array(0)
  for (let step = 0; step < 30; step++) {
    const weights = new Float64Array(rows.length)
    const residuals = new Float64Array(rows.length)
    for (let i = 0; i < rows.length; i++) {
      const p = logistic(predictLine(beta, x, rows[i]))
      weights[i] = Math.max(p * (1 - p), 1e-10)
      residuals[i] = y[i] - p
    }
    const information = crossProducts(x, rows, weights)
    const gradient = timesTransposed(x, rows, residuals)
    for (let a = 1; a < size; a++) {
      information[a * size + a] += prior
      gradient[a] -= prior * beta[a]
    }
    factor = factorOf(information, size)
    const move = solveCholesky(factor, size, gradient)
    let most = 0
    for (let a = 0; a < size; a++) most = Math.max(most, Math.abs(move[a]))
    // Steps of more than this many log odds overshoot where levels are nearly separated.
    const scale = most > 4 ? 4 / most : 1
    for (let a = 0; a < size; a++) beta[a] += scale * move[a]
    if (most < 1e-8) break
  }
  return { beta, factor }
}

/** Coefficients drawn from the normal approximation of their posterior, as mice's `logreg`. */
export const drawLogistic = (
  { beta, factor }: { beta: Float64Array; factor: Float64Array },
  random: Random,
): Float64Array => {
  const noise = Float64Array.from(beta, () => random.normal())
  return solveTransposed(factor, beta.length, noise).map((value, a) => beta[a] + value)
}

/**
 * Multinomial regression: a set of coefficients per level (summing to about nothing over levels), by Böhning's lower
 * bound of the likelihood (1992), which needs one factorisation for all steps; slopes with the same weak prior.
 */
export const fitMultinomial = (
  x: Predictors,
  rows: Int32Array,
  y: Float64Array,
  levels: number,
  { start = null, tolerance = 1e-6 }: { start?: readonly Float64Array[] | null; tolerance?: number } = {},
): Float64Array[] => {
  const size = x.length + 1
  const bound = crossProducts(x, rows, null).map((value) => value / 2)
  for (let a = 1; a < size; a++) bound[a * size + a] += prior
  const factor = factorOf(bound, size)
  const betas = start?.map((beta) => beta.slice()) ?? sharesOnly(y, levels, size)
  const own = x.map((column) => Float64Array.from(rows, (row) => column[row]))
  const everyone = Int32Array.from(rows.keys())
  const scores = betas.map(() => new Float64Array(rows.length))
  for (let step = 0; step < 500; step++) {
    betas.forEach((beta, level) => {
      const score = scores[level].fill(beta[0])
      for (let a = 1; a < size; a++) {
        const column = own[a - 1]
        for (let i = 0; i < score.length; i++) score[i] += beta[a] * column[i]
      }
    })
    for (let i = 0; i < rows.length; i++) {
      let most = Number.NEGATIVE_INFINITY
      for (const score of scores) if (score[i] > most) most = score[i]
      let total = 0
      for (const score of scores) {
        score[i] = Math.exp(score[i] - most)
        total += score[i]
      }
      for (let level = 0; level < levels; level++)
        scores[level][i] = (y[i] === level ? 1 : 0) - scores[level][i] / total
    }
    let most = 0
    betas.forEach((beta, level) => {
      const gradient = timesTransposed(own, everyone, scores[level])
      for (let a = 1; a < size; a++) gradient[a] -= prior * beta[a]
      const move = solveCholesky(factor, size, gradient)
      for (let a = 0; a < size; a++) {
        beta[a] += move[a]
        most = Math.max(most, Math.abs(move[a]))
      }
    })
    if (most < tolerance) break
  }
  return betas
}

/** Where steps start: no slopes, the levels' shares. */
const sharesOnly = (y: Float64Array, levels: number, size: number): Float64Array[] =>
  Array.from({ length: levels }, (_, level) => {
    const beta = new Float64Array(size)
    const count = y.reduce((sum, value) => sum + (value === level ? 1 : 0), 0)
    beta[0] = Math.log((count + prior) / (y.length + levels * prior))
    return beta
  })

/** Probability of each level in a row. */
export const levelShares = (betas: readonly ArrayLike<number>[], x: Predictors, row: number): Float64Array => {
  const scores = Float64Array.from(betas, (beta) => predictLine(beta, x, row))
  const most = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  let total = 0
  for (let level = 0; level < scores.length; level++) {
    scores[level] = Math.exp(scores[level] - most)
    total += scores[level]
  }
  return scores.map((value) => value / total)
}
