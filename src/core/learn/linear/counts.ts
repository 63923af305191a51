import { logGamma } from '../../numbers/distributions.ts'
import { addWeightedGram, factorSymmetric, invertFactored, solveFactored } from '../../numbers/solve.ts'
import type { FitContext } from '../learner.ts'
import type { Design } from './design.ts'
import { checkCancelled, type Maximum } from './likelihood.ts'

export interface CountMaximum extends Maximum {
  deviance: number
  nullDeviance: number
  /** Pearson's chi-square. */
  pearson: number
}

/**
 * Poisson regression with a log link by Fisher scoring, step by step as R's `glm(family = poisson)`: start from y +
 * 0.1, stop when the deviance changes by less than 1e-8 relative, at most 25 steps. `offset` is added to the linear
 * predictor (the logarithm of the exposure). Halves a step that would raise the (penalised) deviance, where glm would
 * go on.
 */
export const maximisePoisson = (
  design: Design,
  y: Float64Array,
  offset: Float64Array | null,
  weights: Float64Array | undefined,
  context: Pick<FitContext, 'signal' | 'progress'>,
): CountMaximum => {
  const { rows, size, z, penalty } = design
  const weightOf = (row: number) => (weights ? weights[row] : 1)
  const offsetOf = (row: number) => (offset ? offset[row] : 0)
  const eta = Float64Array.from(y, (count) => Math.log(count + 0.1))
  const mean = eta.map(Math.exp)
  const work = new Float64Array(rows)
  let gamma = new Float64Array(size)
  let information = new Float64Array(size * size)

  const devianceOf = (expected: (row: number) => number) => {
    let sum = 0
    for (let i = 0; i < rows; i++) {
      const at = expected(i)
      sum += weightOf(i) * ((y[i] > 0 ? y[i] * Math.log(y[i] / at) : 0) - (y[i] - at))
    }
    return 2 * sum
  }
  const penalised = () => {
    let sum = devianceOf((row) => mean[row])
    for (let j = 0; j < size; j++) sum += penalty[j] * gamma[j] * gamma[j]
    return sum
  }
  const predict = () => {
    for (let i = 0; i < rows; i++) {
      let sum = offsetOf(i)
      for (let j = 0; j < size; j++) sum += z[i * size + j] * gamma[j]
      eta[i] = sum
      mean[i] = Math.exp(Math.min(sum, 700))
    }
  }

  let before = devianceOf((row) => mean[row])
  let [iterations, converged, solved] = [0, false, true]
  while (iterations < 25) {
    checkCancelled(context.signal)
    information = new Float64Array(size * size)
    const right = new Float64Array(size)
    for (let i = 0; i < rows; i++) {
      work[i] = weightOf(i) * mean[i]
      const response = work[i] * (eta[i] - offsetOf(i)) + weightOf(i) * (y[i] - mean[i])
      for (let j = 0; j < size; j++) right[j] += response * z[i * size + j]
    }
    addWeightedGram(z, rows, size, work, information)
    for (let j = 0; j < size; j++) information[j * size + j] += penalty[j]
    if (factorSymmetric(information, size, 1e-14) < size) {
      solved = false
      break
    }
    solveFactored(information, size, right)
    iterations++
    const from = gamma
    gamma = right
    predict()
    let now = penalised()
    for (let halving = 0; iterations > 1 && halving < 30; halving++) {
      if (Number.isFinite(now) && now <= before + 1e-8 * (Math.abs(before) + 0.1)) break
      gamma = gamma.map((value, j) => (value + from[j]) / 2)
      predict()
      now = penalised()
    }
    context.progress(Math.min(0.95, iterations / 8), { deviance: now })
    if (Math.abs(now - before) / (Math.abs(now) + 0.1) < 1e-8) {
      converged = true
      break
    }
    before = now
  }

  let [count, exposure, pearson, constant] = [0, 0, 0, 0]
  for (let i = 0; i < rows; i++) {
    const weight = weightOf(i)
    count += weight * y[i]
    exposure += weight * Math.exp(offsetOf(i))
    pearson += (weight * (y[i] - mean[i]) ** 2) / mean[i]
    constant += weight * ((y[i] > 0 ? y[i] * Math.log(y[i]) : 0) - y[i] - logGamma(y[i] + 1))
  }
  const rate = count / exposure
  const deviance = devianceOf((row) => mean[row])
  const nullDeviance = devianceOf((row) => rate * Math.exp(offsetOf(row)))
  return {
    gamma,
    covariance: solved ? invertFactored(information, size) : new Float64Array(size * size).fill(Number.NaN),
    logLikelihood: constant - deviance / 2,
    nullLogLikelihood: constant - nullDeviance / 2,
    deviance,
    nullDeviance,
    pearson,
    iterations,
    converged,
  }
}
