import { invalidInput } from '../../../contract/errors.ts'
import { type Warning, warn } from '../../../contract/warnings.ts'
import { type Matrix, type Outcome, takeMatrixRows, takeOutcomeRows } from '../../cohort/matrix.ts'
import { factorOrthogonal, invertUpper } from '../../numbers/solve.ts'

/** Mean and SD (n - 1, as R's `sd`) of each column, by case weights. */
export interface Moments {
  mean: Float64Array
  sd: Float64Array
}

/**
 * The matrix as the solvers see it: an intercept and columns of comparable size, with the map back to the original
 * scale. Without a penalty the columns are an orthogonal basis of the centred features, so that solving by normal
 * equations is as accurate as solving by QR; with one they are the standardised features themselves.
 */
export interface Design {
  rows: number
  /** 1 (intercept) + columns kept. */
  size: number
  /** Row-major rows x size; the first column is 1. */
  z: Float64Array
  /** Matrix columns that have a coefficient, in order. */
  kept: number[]
  /** Constant or collinear with earlier columns: no coefficient, as R's NA. */
  aliased: number[]
  moments: Moments
  /** Row-major size x size: (linear predictor at the means, coefficients of `kept` per unit) = map * gamma. */
  map: Float64Array
  /** Ridge penalty on each gamma; all 0 without one. */
  penalty: Float64Array
}

/** Throws where the matrix cannot be learned from at all; every learner of these rooms calls it first. */
export const checkMatrix = (x: Matrix, learner: string, weights?: Float64Array): void => {
  if (x.rows === 0) throw invalidInput('noRows', { learner })
  if (x.columns === 0 && !x.sequences && !x.grids) throw invalidInput('noUsableFeature', { learner })
  for (let column = 0; column < x.columns; column++) {
    const end = (column + 1) * x.rows
    for (let at = column * x.rows; at < end; at++)
      if (!Number.isFinite(x.data[at])) throw invalidInput('missingValues', { learner, column: x.terms[column] })
  }
  if (!weights) return
  if (weights.length !== x.rows) throw invalidInput('weightsLength', { weights: weights.length, rows: x.rows })
  let positive = 0
  for (const weight of weights) {
    if (!Number.isFinite(weight) || weight < 0) throw invalidInput('badWeights')
    if (weight > 0) positive++
  }
  if (positive === 0) throw invalidInput('noWeight')
}

/** Throws `invalidInput` where a matrix to predict for has not the columns a model learned from. */
export const checkColumns = (x: Matrix, columns: number): void => {
  if (x.columns !== columns) throw invalidInput('columnCount', { expected: columns, given: x.columns })
}

/** The rows that weigh anything, with their outcome and weights: a row of weight 0 is in no way part of a fit. */
export const withoutZeroWeights = <O extends Outcome>(
  matrix: Matrix,
  outcome: O,
  weights: Float64Array | undefined,
): { x: Matrix; outcome: O; weights: Float64Array | undefined } => {
  if (!weights || weights.every((weight) => weight > 0)) return { x: matrix, outcome, weights }
  const rows = Int32Array.from(weights.keys()).filter((row) => weights[row] > 0)
  return {
    x: takeMatrixRows(matrix, rows),
    outcome: takeOutcomeRows(outcome, rows) as O,
    weights: Float64Array.from(rows, (row) => weights[row]),
  }
}

export const momentsOf = (x: Matrix, weights?: Float64Array): Moments => {
  const { rows, columns, data } = x
  const mean = new Float64Array(columns)
  const sd = new Float64Array(columns)
  let total = rows
  if (weights) {
    total = 0
    for (let i = 0; i < rows; i++) total += weights[i]
  }
  for (let column = 0; column < columns; column++) {
    const at = column * rows
    let sum = 0
    for (let i = 0; i < rows; i++) sum += (weights ? weights[i] : 1) * data[at + i]
    let middle = sum / total
    // A second pass, as R's mean() does: exact to the last digit also where the values are large.
    sum = 0
    for (let i = 0; i < rows; i++) sum += (weights ? weights[i] : 1) * (data[at + i] - middle)
    middle += sum / total
    let squares = 0
    for (let i = 0; i < rows; i++) {
      const difference = data[at + i] - middle
      squares += (weights ? weights[i] : 1) * difference * difference
    }
    mean[column] = middle
    sd[column] = rows > 1 ? Math.sqrt((squares / total) * (rows / (rows - 1))) : 0
  }
  return { mean, sd }
}

/** Length of each column as it is: what R's collinearity tolerance is relative to. */
const lengthsOf = (x: Matrix, columns: number[], scale: Float64Array, weights?: Float64Array): Float64Array =>
  Float64Array.from(columns, (column) => {
    let squares = 0
    for (let i = 0; i < x.rows; i++) {
      const value = x.data[column * x.rows + i]
      squares += (weights ? weights[i] : 1) * value * value
    }
    return Math.sqrt(squares) / scale[column]
  })

/** Columns that vary, judged as R's QR judges the part of a column orthogonal to the intercept. */
const varying = (x: Matrix, { mean, sd }: Moments, tolerance: number): number[] => {
  const columns: number[] = []
  for (let column = 0; column < x.columns; column++)
    if (sd[column] > Math.max(tolerance, 1e-14) * Math.hypot(sd[column], mean[column])) columns.push(column)
  return columns
}

/**
 * The centred, scaled columns, each row times sqrt(weight) where `weights` are given, factored by QR: what R's lm
 * factors after its intercept. `tolerance` is R's (lm 1e-7, glm 1e-11).
 */
export const factorCentred = (x: Matrix, moments: Moments, tolerance: number, weights?: Float64Array) => {
  const usable = varying(x, moments, tolerance)
  const centred = new Float64Array(x.rows * usable.length)
  usable.forEach((column, j) => {
    const from = column * x.rows
    const to = j * x.rows
    const mean = moments.mean[column]
    const scale = 1 / moments.sd[column]
    if (weights)
      for (let i = 0; i < x.rows; i++) centred[to + i] = (x.data[from + i] - mean) * scale * Math.sqrt(weights[i])
    else for (let i = 0; i < x.rows; i++) centred[to + i] = (x.data[from + i] - mean) * scale
  })
  const norms = lengthsOf(x, usable, moments.sd, weights)
  // The intercept takes one dimension: of n rows only n - 1 remain for the features.
  const qr = factorOrthogonal(centred, x.rows, usable.length, norms, tolerance)
  const kept = qr.kept.map((j) => usable[j])
  const keptSet = new Set(kept)
  const aliased = Array.from({ length: x.columns }, (_, column) => column).filter((column) => !keptSet.has(column))
  return { qr, kept, aliased }
}

/** Builds the design; `l2` > 0 makes it penalised: l2 / 2 * sum of squared coefficients of the standardised columns. */
export const designOf = (x: Matrix, weights: Float64Array | undefined, l2: number, tolerance: number): Design => {
  const moments = momentsOf(x, weights)
  const { rows } = x
  if (l2 > 0) {
    const kept = varying(x, moments, tolerance)
    const keptSet = new Set(kept)
    const size = kept.length + 1
    const z = new Float64Array(rows * size)
    const map = new Float64Array(size * size)
    const penalty = new Float64Array(size).fill(l2)
    penalty[0] = 0
    map[0] = 1
    for (let i = 0; i < rows; i++) z[i * size] = 1
    kept.forEach((column, j) => {
      const mean = moments.mean[column]
      const scale = 1 / moments.sd[column]
      for (let i = 0; i < rows; i++) z[i * size + j + 1] = (x.data[column * rows + i] - mean) * scale
      map[(j + 1) * size + j + 1] = scale
    })
    const aliased = Array.from({ length: x.columns }, (_, column) => column).filter((column) => !keptSet.has(column))
    return { rows, size, z, kept, aliased, moments, map, penalty }
  }

  const { qr, kept, aliased } = factorCentred(x, moments, tolerance)
  const rank = kept.length
  const size = rank + 1
  const q = qr.orthonormal()
  const inverse = invertUpper(qr.r, rank)
  const stretch = Math.sqrt(rows)
  const z = new Float64Array(rows * size)
  for (let i = 0; i < rows; i++) {
    z[i * size] = 1
    for (let j = 0; j < rank; j++) z[i * size + j + 1] = q[j * rows + i] * stretch
  }
  const map = new Float64Array(size * size)
  map[0] = 1
  for (let j = 0; j < rank; j++) {
    const column = kept[j]
    for (let l = j; l < rank; l++) map[(j + 1) * size + l + 1] = (inverse[j * rank + l] * stretch) / moments.sd[column]
  }
  return { rows, size, z, kept, aliased, moments, map, penalty: new Float64Array(size) }
}

/** Says which columns have no coefficient, as R's `(n not defined because of singularities)`. */
export const aliasedWarning = (x: Matrix, aliased: readonly number[], moments: Moments) => {
  if (aliased.length === 0) return []
  const constant = aliased.filter((column) => !(moments.sd[column] > 1e-14 * Math.abs(moments.mean[column])))
  const collinear = aliased.filter((column) => !constant.includes(column))
  const names = (columns: readonly number[]) => columns.map((column) => x.terms[column])
  const warnings: Warning[] = []
  if (constant.length > 0) warnings.push(warn('constantColumn', { columns: names(constant) }))
  if (collinear.length > 0) warnings.push(warn('aliased', { columns: names(collinear) }))
  return warnings
}

export const noUsableFeature = (learner: string) => invalidInput('noUsableFeature', { learner })
