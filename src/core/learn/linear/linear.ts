import { cancelled, invalidInput } from '../../../contract/errors.ts'
import { warn } from '../../../contract/warnings.ts'
import { studentQuantile, studentTail } from '../../numbers/distributions.ts'
import { addWeightedGram, factorSymmetric, invertFactored, invertUpper, solveFactored } from '../../numbers/solve.ts'
import type { Fitted, Learner, ModelState, Predictor } from '../learner.ts'
import { describe, number } from '../parameters.ts'
import { ridgeSearch } from '../search.ts'
import { coefficientOf, mapCovariance, multiply, standardErrors } from './coefficients.ts'
import {
  aliasedWarning,
  checkColumns,
  checkMatrix,
  designOf,
  factorCentred,
  momentsOf,
  noUsableFeature,
  withoutZeroWeights,
} from './design.ts'
import { columnsOf, refitsAffordable, sumOfSquaresTests, waldTests } from './termTests.ts'

const settings = describe(number('l2', [0, 0, 1e9]))

/**
 * Linear regression by least squares (Householder QR with R's limited pivoting), or ridge where l2 > 0. See
 * docs/methods.md. The default penalty is 0: least squares has no separation to guard against, and then the tests and
 * prediction intervals are exact, as R's lm.
 */
export const linear: Learner = {
  id: 'linear',
  family: 'regression',
  explains: 'linear',
  effect: () => 'difference',
  comparator: ({ task }) => task === 'regression',
  tasks: ['regression'],
  parameters: settings.list,
  needs: { categories: 'contrasts', standardise: false, native: false, missing: 'median', terms: 'reads' },
  stateVersion: 1,
  search: ridgeSearch,

  async fit(matrix, given, parameters, context, givenWeights): Promise<Fitted> {
    if (given.task !== 'regression') throw new TypeError('linear learns values')
    checkMatrix(matrix, 'linear', givenWeights)
    if (context.signal.aborted) throw cancelled('cancelled')
    const {
      x,
      outcome: { y },
      weights,
    } = withoutZeroWeights(matrix, given, givenWeights)
    if (y.some((value) => !Number.isFinite(value))) throw invalidInput('missingOutcome')
    const { l2 } = settings.read(parameters)
    const { rows } = x
    const weightOf = (row: number) => (weights ? weights[row] : 1)

    let total = 0
    let centre = 0
    for (let i = 0; i < rows; i++) {
      total += weightOf(i)
      centre += weightOf(i) * y[i]
    }
    centre /= total
    let correction = 0
    for (let i = 0; i < rows; i++) correction += weightOf(i) * (y[i] - centre)
    centre += correction / total

    const solved = l2 > 0 ? solveRidge(x, y, centre, weights, l2) : solveLeastSquares(x, y, centre, weights)
    const { kept, aliased, values, unscaled, effective, moments } = solved
    if (kept.length === 0) throw noUsableFeature('linear')
    const warnings = aliasedWarning(x, aliased, moments)

    let residuals = 0
    let spread = 0
    let logWeights = 0
    for (let i = 0; i < rows; i++) {
      let fitted = centre + values[0]
      for (let j = 0; j < kept.length; j++)
        fitted += values[j + 1] * (x.data[kept[j] * rows + i] - moments.mean[kept[j]])
      residuals += weightOf(i) * (y[i] - fitted) ** 2
      spread += weightOf(i) * (y[i] - centre) ** 2
      logWeights += Math.log(weightOf(i))
    }
    const degrees = rows - effective
    const saturated = degrees < 1e-9
    if (saturated) warnings.push(warn('saturated', { rows: x.rows }))
    else if (residuals <= 1e-20 * spread || spread === 0) warnings.push(warn('perfectFit'))
    const variance = saturated ? Number.NaN : residuals / degrees
    const covariance = unscaled.map((value) => value * variance)
    const size = kept.length + 1
    const keptMeans = kept.map((column) => moments.mean[column])
    const errors = standardErrors(covariance, size, 0, size, keptMeans)
    const tail = l2 > 0 || saturated ? null : (t: number) => 2 * studentTail(Math.abs(t), degrees)
    const coefficients = new Float64Array(x.columns)
    let intercept = centre + values[0]
    kept.forEach((column, j) => {
      coefficients[column] = values[j + 1]
      intercept -= values[j + 1] * moments.mean[column]
    })
    const gaussian = (sum: number) =>
      sum > 0 ? (logWeights - rows * (Math.log(2 * Math.PI) + 1 - Math.log(rows) + Math.log(sum))) / 2 : null
    const quantile = saturated ? Number.NaN : studentQuantile(0.975, degrees)
    const inner = Float64Array.from({ length: kept.length ** 2 }, (_, at) => {
      const i = Math.floor(at / kept.length)
      return covariance[(i + 1) * size + (at % kept.length) + 1]
    })
    const wald = tail ? waldTests(x, kept, values.subarray(1), inner, degrees) : null
    const residualsWith = (columns: number[]) => {
      if (columns.length === 0) return spread
      const own = columnsOf(x, columns)
      const solvedOwn = solveLeastSquares(own, y, centre, weights)
      let sum = 0
      for (let i = 0; i < rows; i++) {
        let fitted = centre + solvedOwn.values[0]
        solvedOwn.kept.forEach((column, j) => {
          fitted += solvedOwn.values[j + 1] * (own.data[column * rows + i] - solvedOwn.moments.mean[column])
        })
        sum += weightOf(i) * (y[i] - fitted) ** 2
      }
      return sum
    }
    const tests =
      wald && context.diagnostics !== false && x.derived && refitsAffordable(x, size)
        ? sumOfSquaresTests(x, kept, residuals, degrees, wald, residualsWith)
        : wald
    const logLikelihood = gaussian(residuals)
    context.progress(1)
    return {
      state: {
        header: { terms: [...x.terms], l2, rows, sigma: saturated ? null : Math.sqrt(variance), degrees },
        arrays: {
          kept: Int32Array.from(kept),
          atMeans: Float64Array.of(centre + values[0]),
          coefficients,
          means: moments.mean,
          covariance,
        },
      },
      fit: {
        coefficients: [
          coefficientOf('(Intercept)', intercept, errors[0], tail, quantile),
          ...kept.map((column, j) => coefficientOf(x.terms[column], values[j + 1], errors[j + 1], tail, quantile)),
        ],
        tests,
        aic: l2 > 0 || logLikelihood === null ? null : 2 * (effective + 1) - 2 * logLikelihood,
        deviance: residuals,
        nullDeviance: spread,
        r2: spread > 0 ? 1 - residuals / spread : null,
        logLikelihood,
        nullLogLikelihood: gaussian(spread),
        iterations: null,
        converged: true,
      },
      outOfBag: null,
      backend: null,
      warnings,
    }
  },

  async load(state: ModelState): Promise<Predictor> {
    const { kept, atMeans, coefficients, means, covariance } = state.arrays
    const sigma = state.header.sigma as number | null
    const degrees = state.header.degrees as number
    const columns = means.length
    const values = (x: Matrix): Float64Array => {
      checkColumns(x, columns)
      const result = new Float64Array(x.rows).fill(atMeans[0])
      for (let column = 0; column < columns; column++)
        if (coefficients[column] !== 0)
          for (let i = 0; i < x.rows; i++)
            result[i] += coefficients[column] * (x.data[column * x.rows + i] - means[column])
      return result
    }
    return {
      task: 'regression',
      values,

      interval(x, level) {
        const fitted = values(x)
        const low = new Float64Array(x.rows).fill(Number.NEGATIVE_INFINITY)
        const high = new Float64Array(x.rows).fill(Number.POSITIVE_INFINITY)
        if (sigma === null) return { low, high }
        const quantile = studentQuantile(0.5 + level / 2, degrees)
        const size = kept.length + 1
        const direction = new Float64Array(size)
        direction[0] = 1
        for (let i = 0; i < x.rows; i++) {
          for (let j = 0; j < kept.length; j++) direction[j + 1] = x.data[kept[j] * x.rows + i] - means[kept[j]]
          let variance = sigma * sigma
          for (let a = 0; a < size; a++)
            for (let b = 0; b < size; b++) variance += direction[a] * direction[b] * covariance[a * size + b]
          const half = quantile * Math.sqrt(variance)
          low[i] = fitted[i] - half
          high[i] = fitted[i] + half
        }
        return { low, high }
      },

      contributions(x) {
        checkColumns(x, columns)
        const shares = new Float64Array(x.rows * columns)
        for (let column = 0; column < columns; column++)
          if (coefficients[column] !== 0)
            for (let i = 0; i < x.rows; i++)
              shares[i * columns + column] = coefficients[column] * (x.data[column * x.rows + i] - means[column])
        return { baseline: atMeans[0], values: shares, scale: 'value' }
      },
    }
  },
}

type Matrix = Parameters<Learner['fit']>[0]

/**
 * `values`: what the intercept at the means adds to the mean of y (0), then coefficients; `unscaled`: covariance /
 * sigma^2.
 */
interface Solved {
  kept: number[]
  aliased: number[]
  moments: ReturnType<typeof momentsOf>
  values: Float64Array
  unscaled: Float64Array
  /** Parameters used: rank, or the trace of the ridge's hat matrix. */
  effective: number
}

const solveLeastSquares = (x: Matrix, y: Float64Array, centre: number, weights: Float64Array | undefined): Solved => {
  const moments = momentsOf(x, weights)
  const { qr, kept, aliased } = factorCentred(x, moments, 1e-7, weights)
  const rank = kept.length
  const right = Float64Array.from(y, (value, i) => (value - centre) * Math.sqrt(weights ? weights[i] : 1))
  qr.applyTransposed(right)
  const inverse = invertUpper(qr.r, rank)
  const size = rank + 1
  const values = new Float64Array(size)
  const unscaled = new Float64Array(size * size)
  let total = x.rows
  if (weights) total = weights.reduce((sum, weight) => sum + weight, 0)
  unscaled[0] = 1 / total
  for (let i = 0; i < rank; i++) {
    const scale = 1 / moments.sd[kept[i]]
    for (let j = i; j < rank; j++) values[i + 1] += inverse[i * rank + j] * right[j] * scale
    for (let j = 0; j < rank; j++) {
      let sum = 0
      for (let l = Math.max(i, j); l < rank; l++) sum += inverse[i * rank + l] * inverse[j * rank + l]
      unscaled[(i + 1) * size + j + 1] = (sum * scale) / moments.sd[kept[j]]
    }
  }
  return { kept, aliased, moments, values, unscaled, effective: size }
}

const solveRidge = (
  x: Matrix,
  y: Float64Array,
  centre: number,
  weights: Float64Array | undefined,
  l2: number,
): Solved => {
  const { z, size, kept, aliased, moments, map, penalty } = designOf(x, weights, l2, 1e-7)
  const work = weights ?? new Float64Array(x.rows).fill(1)
  const gram = new Float64Array(size * size)
  addWeightedGram(z, x.rows, size, work, gram)
  const penalised = gram.slice()
  const right = new Float64Array(size)
  for (let j = 0; j < size; j++) penalised[j * size + j] += penalty[j]
  for (let i = 0; i < x.rows; i++)
    for (let j = 0; j < size; j++) right[j] += work[i] * z[i * size + j] * (y[i] - centre)
  factorSymmetric(penalised, size, 1e-15)
  solveFactored(penalised, size, right)
  const inverse = invertFactored(penalised, size)
  let effective = 0
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++)
      effective += inverse[i * size + j] * (j >= i ? gram[j * size + i] : gram[i * size + j])
  return {
    kept,
    aliased,
    moments,
    values: multiply(map, size, size, right),
    unscaled: mapCovariance(map, size, 1, inverse),
    effective,
  }
}
