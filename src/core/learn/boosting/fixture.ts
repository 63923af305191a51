import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import { createPool, type Pool } from '../../jobs/pool.ts'
import type { FitContext, Learner, Parameters } from '../learner.ts'
import { completeParameters } from '../parameters.ts'
import { boosting } from './boosting.ts'

export { aucOf, harrellOf, madeUp, matrixOf } from '../trees/fixture.ts'

type FitOptions = { pool?: Pool; weights?: Float64Array | undefined } & Partial<FitContext>

/** For tests: fits a learner on a small cohort, on one thread unless a pool is given. */
export const fitLearner = async (
  learner: Learner,
  x: Matrix,
  outcome: Outcome,
  parameters: Parameters = {},
  options: FitOptions = {},
) => {
  const { seed = 1, weights, signal = new AbortController().signal, progress = () => {} } = options
  const pool = options.pool ?? createPool({ threads: 1 })
  const context: FitContext = {
    seed,
    threads: pool.threads,
    signal,
    progress,
    parallel: (task, inputs) => pool.run(task, inputs, signal),
  }
  const fitted = await learner.fit(x, outcome, completeParameters(learner, parameters), context, weights)
  return { fitted, predictor: await learner.load(fitted.state) }
}

export const fitBoosted = (x: Matrix, outcome: Outcome, parameters?: Parameters, options?: FitOptions) =>
  fitLearner(boosting, x, outcome, parameters, options)
