import { cancelled } from '../../../contract/errors.ts'
import { addWeightedGram, factorSymmetric, invertFactored, solveFactored } from '../../numbers/solve.ts'
import type { FitContext } from '../learner.ts'
import type { Design } from './design.ts'

/** What maximising a (penalised) likelihood leaves, in the design's own coordinates. */
export interface Maximum {
  /** Classes - 1 blocks of `design.size`. */
  gamma: Float64Array
  /** Inverse information, (blocks * size) squared. */
  covariance: Float64Array
  /** Without the penalty. */
  logLikelihood: number
  nullLogLikelihood: number
  iterations: number
  converged: boolean
}

const machineEpsilon = 2.220446049250313e-16
const singular = 1e-14

/** log(1 + exp(x)) without overflow. */
const softplus = (x: number): number => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)))

export const checkCancelled = (signal: AbortSignal) => {
  if (signal.aborted) throw cancelled('cancelled')
}

const penaltyOf = (design: Design, gamma: Float64Array): number => {
  let sum = 0
  for (let j = 0; j < gamma.length; j++) sum += design.penalty[j % design.size] * gamma[j] * gamma[j]
  return sum
}

const linearPredictor = ({ z, rows, size }: Design, gamma: Float64Array, from: number, into: Float64Array): void => {
  for (let i = 0; i < rows; i++) {
    const at = i * size
    let sum = 0
    for (let j = 0; j < size; j++) sum += z[at + j] * gamma[from + j]
    into[i] = sum
  }
}

/**
 * Binary logistic regression by Fisher scoring, step by step as R's `glm(family = binomial)`: start from (w y + 1/2) /
 * (w + 1), stop when the deviance changes by less than 1e-8 relative, at most 25 steps; the information is that of the
 * last step's weights. Halves a step that would raise the (penalised) deviance, where glm would go on. `y` is 1 for the
 * modelled class.
 */
export const maximiseBinomial = (
  design: Design,
  y: Uint8Array,
  weights: Float64Array | undefined,
  context: Pick<FitContext, 'signal' | 'progress'>,
): Maximum => {
  const { rows, size, z } = design
  const eta = new Float64Array(rows)
  const work = new Float64Array(rows)
  const response = new Float64Array(rows)
  let gamma = new Float64Array(size)
  let information = new Float64Array(size * size)

  const deviance = () => {
    let sum = 0
    for (let i = 0; i < rows; i++) sum += (weights ? weights[i] : 1) * softplus(y[i] === 1 ? -eta[i] : eta[i])
    return 2 * sum
  }
  const step = (target: Float64Array): Float64Array | null => {
    information = new Float64Array(size * size)
    addWeightedGram(z, rows, size, work, information)
    for (let j = 0; j < size; j++) information[j * size + j] += design.penalty[j]
    const right = new Float64Array(size)
    for (let i = 0; i < rows; i++) {
      const value = target[i]
      const at = i * size
      for (let j = 0; j < size; j++) right[j] += value * z[at + j]
    }
    for (let j = 0; j < size; j++) right[j] -= design.penalty[j] * gamma[j]
    if (factorSymmetric(information, size, singular) < size) return null
    solveFactored(information, size, right)
    return right
  }

  // First step: weighted least squares on the working response at glm's starting means.
  let before = 0
  for (let i = 0; i < rows; i++) {
    const weight = weights ? weights[i] : 1
    const mean = (weight * y[i] + 0.5) / (weight + 1)
    const variance = mean * (1 - mean)
    before -= 2 * weight * Math.log(y[i] === 1 ? mean : 1 - mean)
    work[i] = weight * variance
    response[i] = work[i] * (Math.log(mean / (1 - mean)) + (y[i] - mean) / variance)
  }
  let iterations = 0
  let converged = false
  let solved = true
  const limit = 25
  while (iterations < limit) {
    checkCancelled(context.signal)
    const change = step(response)
    if (!change) {
      solved = false
      break
    }
    iterations++
    const from = gamma
    gamma = from.map((value, j) => value + change[j])
    linearPredictor(design, gamma, 0, eta)
    let now = deviance() + penaltyOf(design, gamma)
    for (let halving = 0; iterations > 1 && halving < 30; halving++) {
      if (Number.isFinite(now) && now <= before + 1e-8 * (Math.abs(before) + 0.1)) break
      gamma = gamma.map((value, j) => (value + from[j]) / 2)
      linearPredictor(design, gamma, 0, eta)
      now = deviance() + penaltyOf(design, gamma)
    }
    const relative = Math.abs(now - before) / (Math.abs(now) + 0.1)
    context.progress(Math.min(0.95, iterations / 8), { deviance: now })
    if (relative < 1e-8) {
      converged = true
      break
    }
    before = now
    for (let i = 0; i < rows; i++) {
      const weight = weights ? weights[i] : 1
      const mean = Math.min(1 - machineEpsilon, Math.max(machineEpsilon, 1 / (1 + Math.exp(-eta[i]))))
      work[i] = weight * mean * (1 - mean)
      response[i] = weight * (y[i] === 1 ? 1 / (1 + Math.exp(eta[i])) : -1 / (1 + Math.exp(-eta[i])))
    }
  }

  let events = 0
  let total = 0
  for (let i = 0; i < rows; i++) {
    const weight = weights ? weights[i] : 1
    total += weight
    events += weight * y[i]
  }
  return {
    gamma,
    covariance: solved ? invertFactored(information, size) : new Float64Array(size * size).fill(Number.NaN),
    logLikelihood: -deviance() / 2,
    nullLogLikelihood: events * Math.log(events / total) + (total - events) * Math.log(1 - events / total),
    iterations,
    converged,
  }
}

/** Gradient, information and log-likelihood of the softmax at `gamma`; `margins` is reused by the separation check. */
export const softmaxAt = (
  design: Design,
  y: Int32Array,
  classes: number,
  weights: Float64Array | undefined,
  gamma: Float64Array,
  withInformation: boolean,
) => {
  const { rows, size, z } = design
  const blocks = classes - 1
  const dimension = blocks * size
  const eta = Array.from({ length: blocks }, (_, block) => {
    const values = new Float64Array(rows)
    linearPredictor(design, gamma, block * size, values)
    return values
  })
  let logLikelihood = 0
  const probability = eta.map(() => new Float64Array(rows))
  for (let i = 0; i < rows; i++) {
    let largest = 0
    for (const values of eta) if (values[i] > largest) largest = values[i]
    let sum = Math.exp(-largest)
    for (let block = 0; block < blocks; block++) {
      probability[block][i] = Math.exp(eta[block][i] - largest)
      sum += probability[block][i]
    }
    for (let block = 0; block < blocks; block++) probability[block][i] /= sum
    const own = y[i] === 0 ? 0 : eta[y[i] - 1][i]
    logLikelihood += (weights ? weights[i] : 1) * (own - largest - Math.log(sum))
  }
  const gradient = new Float64Array(dimension)
  const information = new Float64Array(withInformation ? dimension * dimension : 0)
  if (!withInformation) return { logLikelihood, gradient, information, eta }
  const work = new Float64Array(rows)
  const gram = new Float64Array(size * size)
  for (let a = 0; a < blocks; a++) {
    for (let i = 0; i < rows; i++) {
      const residual = (weights ? weights[i] : 1) * ((y[i] === a + 1 ? 1 : 0) - probability[a][i])
      for (let j = 0; j < size; j++) gradient[a * size + j] += residual * z[i * size + j]
    }
    for (let b = 0; b <= a; b++) {
      for (let i = 0; i < rows; i++)
        work[i] =
          (weights ? weights[i] : 1) *
          (a === b ? probability[a][i] * (1 - probability[a][i]) : -probability[a][i] * probability[b][i])
      gram.fill(0)
      addWeightedGram(z, rows, size, work, gram)
      for (let j = 0; j < size; j++)
        for (let l = 0; l < size; l++)
          information[(a * size + j) * dimension + b * size + l] = j >= l ? gram[j * size + l] : gram[l * size + j]
    }
  }
  for (let j = 0; j < dimension; j++) {
    gradient[j] -= design.penalty[j % size] * gamma[j]
    information[j * dimension + j] += design.penalty[j % size]
  }
  return { logLikelihood, gradient, information, eta }
}

/**
 * Multinomial logistic regression (softmax, class 0 as reference) by Newton's method with step halving, until the
 * Newton decrement says that the log-likelihood is at its maximum to rounding; information at the maximum.
 */
export const maximiseMultinomial = (
  design: Design,
  y: Int32Array,
  classes: number,
  weights: Float64Array | undefined,
  context: Pick<FitContext, 'signal' | 'progress'>,
): Maximum => {
  const { rows, size } = design
  const dimension = (classes - 1) * size
  let gamma = new Float64Array(dimension)
  let state = softmaxAt(design, y, classes, weights, gamma, true)
  let iterations = 0
  let converged = false
  let solved = true
  while (iterations < 50) {
    checkCancelled(context.signal)
    const change = state.gradient.slice()
    if (factorSymmetric(state.information, dimension, singular) < dimension) {
      solved = false
      break
    }
    solveFactored(state.information, dimension, change)
    let decrement = 0
    for (let j = 0; j < dimension; j++) decrement += change[j] * state.gradient[j]
    if (decrement < 1e-14 * (Math.abs(state.logLikelihood) + 0.1)) {
      // So near, Newton's step squares the error: one more puts the maximum beyond rounding.
      const from = gamma
      gamma = from.map((value, j) => value + change[j])
      state = softmaxAt(design, y, classes, weights, gamma, true)
      iterations++
      converged = true
      break
    }
    iterations++
    const before = state.logLikelihood - penaltyOf(design, gamma) / 2
    const from = gamma
    let share = 1
    for (let halving = 0; ; halving++) {
      gamma = from.map((value, j) => value + share * change[j])
      state = softmaxAt(design, y, classes, weights, gamma, true)
      const now = state.logLikelihood - penaltyOf(design, gamma) / 2
      if ((Number.isFinite(now) && now >= before - 1e-12 * Math.abs(before)) || halving === 30) break
      share /= 2
    }
    context.progress(Math.min(0.95, iterations / 10), { deviance: -2 * state.logLikelihood })
  }

  const totals = new Float64Array(classes)
  let total = 0
  for (let i = 0; i < rows; i++) {
    const weight = weights ? weights[i] : 1
    totals[y[i]] += weight
    total += weight
  }
  if (solved) solved = factorSymmetric(state.information, dimension, singular) === dimension
  return {
    gamma,
    covariance: solved
      ? invertFactored(state.information, dimension)
      : new Float64Array(dimension * dimension).fill(Number.NaN),
    logLikelihood: state.logLikelihood,
    nullLogLikelihood: totals.reduce((sum, count) => sum + count * Math.log(count / total), 0),
    iterations,
    converged,
  }
}
