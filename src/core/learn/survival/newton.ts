import { cancelled } from '../../../contract/errors.ts'
import { factorSymmetric, invertFactored, solveFactored } from '../../numbers/solve.ts'
import type { FitContext } from '../learner.ts'
import { likelihoodOf, type Prepared, type Ties } from './partialLikelihood.ts'

/** Maximum of a partial likelihood. */
export interface CoxMaximum {
  /** On the scale of `Prepared.z`; 0 where aliased. */
  beta: Float64Array
  covariance: Float64Array
  /** Whether each column has a coefficient (its pivot was not 0). */
  known: boolean[]
  logLikelihood: number
  nullLogLikelihood: number
  iterations: number
  converged: boolean
  /** What a further Newton step would change; large where the likelihood still rises with no end in sight. */
  nextStep: Float64Array
}

const singular = 2.220446049250313e-16 ** 0.75

/**
 * Maximises the (penalised) partial likelihood step by step as R's `coxfit6.c`: Newton-Raphson from 0; done when the
 * log-likelihood changes by no more than 1e-9 relative; a step that lowers it is halved; at most 20 steps.
 * `penalty[j]`: subtracts penalty/2 beta_j^2.
 */
export const maximisePartialLikelihood = (
  data: Prepared,
  ties: Ties,
  penalty: Float64Array,
  context: Pick<FitContext, 'signal' | 'progress'>,
): CoxMaximum => {
  const { size } = data
  const likelihood = likelihoodOf(ties)
  const evaluate = (beta: Float64Array) => {
    if (context.signal.aborted) throw cancelled('cancelled')
    const state = likelihood(data, beta)
    let penalised = state.value
    for (let j = 0; j < size; j++) {
      penalised -= (penalty[j] / 2) * beta[j] * beta[j]
      state.gradient[j] -= penalty[j] * beta[j]
      state.information[j * size + j] += penalty[j]
    }
    const rank = factorSymmetric(state.information, size, singular)
    const step = state.gradient.slice()
    if (rank >= 0) solveFactored(state.information, size, step)
    const finite = rank >= 0 && Number.isFinite(penalised) && step.every(Number.isFinite)
    return { ...state, penalised, step, finite }
  }
  const limit = 20
  let beta = new Float64Array(size)
  let state = evaluate(beta)
  const nullLogLikelihood = state.value
  let best = state.penalised
  let next = beta.map((value, j) => value + state.step[j])
  let halving = false
  let iterations = 0
  let converged = false
  while (iterations < limit) {
    iterations++
    state = evaluate(next)
    context.progress(Math.min(0.9, iterations / 6), { logLikelihood: state.value })
    if (state.finite && !halving && Math.abs(state.penalised - best) <= 1e-9 * Math.abs(state.penalised)) {
      converged = true
      break
    }
    if (iterations === limit) break
    if (!state.finite || state.penalised < best) {
      halving = true
      const from = beta
      next = next.map((value, j) => (value + from[j]) / 2)
    } else {
      halving = false
      best = state.penalised
      beta = next
      const { step } = state
      next = beta.map((value, j) => value + step[j])
    }
  }
  if (!state.finite) {
    next = beta
    state = evaluate(beta)
  }
  return {
    beta: next,
    covariance: invertFactored(state.information, size),
    known: Array.from({ length: size }, (_, j) => state.information[j * size + j] !== 0),
    logLikelihood: state.value,
    nullLogLikelihood,
    iterations,
    converged,
    nextStep: state.step,
  }
}
