import { cancelled } from '../../../contract/errors.ts'
import { factorSymmetric, invertFactored, solveFactored } from '../../numbers/solve.ts'
import type { FitContext } from '../learner.ts'
import type { errorLaw } from './lifetimes.ts'

export interface LifetimeRows {
  /** Row-major rows x size; the first column is 1. */
  z: Float64Array
  size: number
  /** Logarithm of the time. */
  log: Float64Array
  event: Uint8Array
  weights: Float64Array | null
}

export interface LifetimeMaximum {
  /** In the coordinates of `z`. */
  gamma: Float64Array
  scale: number
  /** Of (gamma, log scale); of gamma alone where the scale is fixed. */
  covariance: Float64Array
  /** Of the logarithms of the times. */
  logLikelihood: number
  iterations: number
  converged: boolean
}

const limit = 100
/** A scale below this is a fit through every time: there is no maximum. */
const leastLogScale = -12

/**
 * Maximises the log-likelihood of log T = z'gamma + scale * error by Newton-Raphson in (gamma, log scale), halving
 * steps that lower it and leaning on the diagonal where it is not concave. `fixed`: the scale is 1 (exponential).
 * `penalty[j]` / 2 gamma_j^2 is subtracted.
 */
export const maximiseLifetimes = (
  { z, size, log, event, weights }: LifetimeRows,
  law: ReturnType<typeof errorLaw>,
  fixed: boolean,
  penalty: Float64Array,
  context: Pick<FitContext, 'signal' | 'progress'>,
): LifetimeMaximum => {
  const rows = log.length
  const width = fixed ? size : size + 1
  const evaluate = (theta: Float64Array) => {
    const sigma = fixed ? 1 : Math.exp(theta[size])
    const gradient = new Float64Array(width)
    const information = new Float64Array(width * width)
    let value = 0
    for (let i = 0; i < rows; i++) {
      const weight = weights ? weights[i] : 1
      let eta = 0
      for (let j = 0; j < size; j++) eta += theta[j] * z[i * size + j]
      const at = (log[i] - eta) / sigma
      const [own, first, second] = event[i] === 1 ? law.density(at) : law.survivor(at)
      value += weight * (event[i] === 1 ? own - Math.log(sigma) : own)
      const slope = (-weight * first) / sigma
      const bend = (-weight * second) / (sigma * sigma)
      const mixed = (-weight * (at * second + first)) / sigma
      for (let a = 0; a < size; a++) {
        const za = z[i * size + a]
        gradient[a] += slope * za
        for (let b = 0; b <= a; b++) information[a * width + b] += bend * za * z[i * size + b]
        if (!fixed) information[size * width + a] += mixed * za
      }
      if (!fixed) {
        gradient[size] -= weight * (at * first + (event[i] === 1 ? 1 : 0))
        information[width * width - 1] -= weight * at * (at * second + first)
      }
    }
    let penalised = value
    for (let j = 0; j < size; j++) {
      penalised -= (penalty[j] / 2) * theta[j] * theta[j]
      gradient[j] -= penalty[j] * theta[j]
      information[j * width + j] += penalty[j]
    }
    return { value, penalised, gradient, information }
  }
  const finite = ({ penalised, gradient }: ReturnType<typeof evaluate>) =>
    Number.isFinite(penalised) && gradient.every(Number.isFinite)

  let theta = startOf(log, weights, width, size, law)
  let state = evaluate(theta)
  let iterations = 0
  let converged = false
  while (iterations < limit && !converged) {
    if (context.signal.aborted) throw cancelled('cancelled')
    iterations++
    const step = ascent(state, width)
    let next = theta.map((value, j) => value + step[j])
    let after = evaluate(next)
    for (
      let halves = 0;
      halves < 40 && (!finite(after) || after.penalised < state.penalised - 1e-12 * Math.abs(state.penalised));
      halves++
    ) {
      next = next.map((value, j) => (value + theta[j]) / 2)
      after = evaluate(next)
    }
    if (!finite(after)) break
    const gain = Math.abs(after.penalised - state.penalised)
    const moved = next.every((value, j) => Math.abs(value - theta[j]) <= 1e-9 * Math.max(1, Math.abs(value)))
    theta = next
    state = after
    context.progress(Math.min(0.9, iterations / 12), { logLikelihood: state.value })
    if (!fixed && theta[size] < leastLogScale) break
    converged = gain <= 1e-11 * Math.abs(state.penalised) && moved
  }
  const information = state.information.slice()
  factorSymmetric(information, width, 1e-14)
  return {
    gamma: theta.slice(0, size),
    scale: fixed ? 1 : Math.exp(theta[size]),
    covariance: invertFactored(information, width),
    logLikelihood: state.value,
    iterations,
    converged,
  }
}

/** The mean and spread of the log times, as if all were events. */
const startOf = (
  log: Float64Array,
  weights: Float64Array | null,
  width: number,
  size: number,
  law: ReturnType<typeof errorLaw>,
): Float64Array => {
  let [total, sum, squares] = [0, 0, 0]
  log.forEach((value, i) => {
    const weight = weights ? weights[i] : 1
    total += weight
    sum += weight * value
  })
  const mean = sum / total
  log.forEach((value, i) => {
    squares += (weights ? weights[i] : 1) * (value - mean) ** 2
  })
  const spread = Math.sqrt(squares / total) || 1
  const theta = new Float64Array(width)
  theta[0] = mean - law.quantile(0.5) * spread
  if (width > size) theta[size] = Math.log(spread)
  return theta
}

const ascent = (
  { gradient, information }: { gradient: Float64Array; information: Float64Array },
  width: number,
): Float64Array => {
  let lean = 0
  for (let attempt = 0; attempt < 30; attempt++) {
    const factored = information.slice()
    for (let j = 0; j < width; j++)
      factored[j * width + j] += lean * Math.max(1e-6, Math.abs(information[j * width + j]))
    const rank = factorSymmetric(factored, width, 1e-14)
    if (rank === width) {
      const step = gradient.slice()
      solveFactored(factored, width, step)
      if (step.every(Number.isFinite)) return step
    }
    lean = lean === 0 ? 1e-4 : lean * 4
  }
  return gradient.map((value) => value * 1e-6)
}
