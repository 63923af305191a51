import { addWeightedGram, factorSymmetric, invertFactored, solveFactored } from '../../numbers/solve.ts'
import type { FitContext } from '../learner.ts'
import type { Design } from './design.ts'
import { checkCancelled } from './likelihood.ts'

export interface OrdinalMaximum {
  /** Thresholds between neighbouring classes, then the design's coordinates but its intercept. */
  parameters: Float64Array
  /** Inverse observed information. */
  covariance: Float64Array
  logLikelihood: number
  nullLogLikelihood: number
  iterations: number
  converged: boolean
}

const logistic = (value: number): number =>
  value >= 0 ? 1 / (1 + Math.exp(-value)) : Math.exp(value) / (1 + Math.exp(value))

/** F(a) - F(b) of the logistic distribution, a > b, without cancellation in either tail. */
const between = (a: number, b: number): number => (b > 0 ? logistic(-b) - logistic(-a) : logistic(a) - logistic(b))

const mostSteps = 60

/**
 * The proportional-odds model (McCullagh 1980), logit P(Y <= k) = threshold_k - x beta, by Newton's method on all
 * parameters with step halving; the log-likelihood is concave. `y`: classes 0 to `classes` - 1 in their order, each
 * with rows.
 */
export const maximiseOrdinal = (
  design: Design,
  y: Int32Array,
  classes: number,
  weights: Float64Array | undefined,
  context: Pick<FitContext, 'signal' | 'progress'>,
): OrdinalMaximum => {
  const { rows, size, z, penalty } = design
  const cuts = classes - 1
  const slopes = size - 1
  const dimension = cuts + slopes
  const weightOf = (row: number) => (weights ? weights[row] : 1)
  // Without the intercept's column, which the thresholds stand for.
  const columns = new Float64Array(rows * slopes)
  for (let i = 0; i < rows; i++) for (let j = 0; j < slopes; j++) columns[i * slopes + j] = z[i * size + j + 1]

  const counts = new Float64Array(classes)
  let total = 0
  for (let i = 0; i < rows; i++) {
    counts[y[i]] += weightOf(i)
    total += weightOf(i)
  }
  let below = 0
  const start = new Float64Array(dimension)
  for (let cut = 0; cut < cuts; cut++) {
    below += counts[cut]
    start[cut] = Math.log(below / (total - below))
  }

  const eta = new Float64Array(rows)
  const predict = (parameters: Float64Array) => {
    for (let i = 0; i < rows; i++) {
      let sum = 0
      for (let j = 0; j < slopes; j++) sum += columns[i * slopes + j] * parameters[cuts + j]
      eta[i] = sum
    }
  }
  const limits = (parameters: Float64Array, row: number): [number, number] => [
    y[row] < cuts ? parameters[y[row]] - eta[row] : Number.POSITIVE_INFINITY,
    y[row] > 0 ? parameters[y[row] - 1] - eta[row] : Number.NEGATIVE_INFINITY,
  ]
  const likelihood = (parameters: Float64Array): number => {
    for (let cut = 1; cut < cuts; cut++) if (!(parameters[cut] > parameters[cut - 1])) return Number.NEGATIVE_INFINITY
    predict(parameters)
    let sum = 0
    for (let i = 0; i < rows; i++) sum += weightOf(i) * Math.log(between(...limits(parameters, i)))
    return sum
  }
  const penaltyOf = (parameters: Float64Array): number => {
    let sum = 0
    for (let j = 0; j < slopes; j++) sum += penalty[j + 1] * parameters[cuts + j] ** 2
    return sum / 2
  }
  /** Gradient and observed information (lower triangle) at the present `eta`. */
  const derivatives = (parameters: Float64Array) => {
    const gradient = new Float64Array(dimension)
    const information = new Float64Array(dimension * dimension)
    const bend = new Float64Array(rows)
    for (let i = 0; i < rows; i++) {
      const [a, b] = limits(parameters, i)
      const weight = weightOf(i)
      const p = between(a, b)
      const [fa, fb] = [logistic(a) * logistic(-a), logistic(b) * logistic(-b)]
      const [ua, ub] = [fa / p, fb / p]
      // Second derivatives of log p by a and b, times -1.
      const aa = ua * ua - ua * (logistic(-a) - logistic(a))
      const bb = ub * ub + ub * (logistic(-b) - logistic(b))
      const ab = -ua * ub
      const upper = y[i]
      const lower = y[i] - 1
      const slope = weight * (ub - ua)
      const [crossA, crossB] = [-weight * (aa + ab), -weight * (bb + ab)]
      bend[i] = weight * (aa + 2 * ab + bb)
      if (upper < cuts) {
        gradient[upper] += weight * ua
        information[upper * dimension + upper] += weight * aa
      }
      if (lower >= 0) {
        gradient[lower] -= weight * ub
        information[lower * dimension + lower] += weight * bb
        if (upper < cuts) information[upper * dimension + lower] += weight * ab
      }
      for (let j = 0; j < slopes; j++) {
        const value = columns[i * slopes + j]
        const row = (cuts + j) * dimension
        gradient[cuts + j] += slope * value
        if (upper < cuts) information[row + upper] += crossA * value
        if (lower >= 0) information[row + lower] += crossB * value
      }
    }
    const gram = new Float64Array(slopes * slopes)
    addWeightedGram(columns, rows, slopes, bend, gram)
    for (let j = 0; j < slopes; j++) {
      for (let l = 0; l <= j; l++) information[(cuts + j) * dimension + cuts + l] = gram[j * slopes + l]
      information[(cuts + j) * dimension + cuts + j] += penalty[j + 1]
      gradient[cuts + j] -= penalty[j + 1] * parameters[cuts + j]
    }
    return { gradient, information }
  }

  let parameters = start
  let value = likelihood(parameters)
  const nullLogLikelihood = value
  let [iterations, converged, solved] = [0, false, true]
  let state = derivatives(parameters)
  while (iterations < mostSteps) {
    checkCancelled(context.signal)
    const step = state.gradient.slice()
    if (factorSymmetric(state.information, dimension, 1e-14) < dimension) {
      solved = false
      break
    }
    solveFactored(state.information, dimension, step)
    let decrement = 0
    for (let j = 0; j < dimension; j++) decrement += step[j] * state.gradient[j]
    const settled = decrement < 1e-14 * (Math.abs(value) + 0.1)
    const before = value - penaltyOf(parameters)
    const from = parameters
    let share = 1
    for (let halving = 0; halving < 30; halving++) {
      parameters = from.map((one, j) => one + share * step[j])
      value = likelihood(parameters)
      const now = value - penaltyOf(parameters)
      if (Number.isFinite(now) && now >= before - 1e-12 * Math.abs(before)) break
      share /= 2
    }
    iterations++
    state = derivatives(parameters)
    context.progress(Math.min(0.95, iterations / 10), { deviance: -2 * value })
    if (settled) {
      converged = true
      break
    }
  }
  if (solved) solved = factorSymmetric(state.information, dimension, 1e-14) === dimension
  return {
    parameters,
    covariance: solved
      ? invertFactored(state.information, dimension)
      : new Float64Array(dimension * dimension).fill(Number.NaN),
    logLikelihood: value,
    nullLogLikelihood,
    iterations,
    converged,
  }
}
