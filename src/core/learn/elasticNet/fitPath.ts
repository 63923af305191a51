import { alignTimes } from '../../cohort/curves/times.ts'
import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import type { FitContext } from '../learner.ts'
import { binomial, coxFamily, multinomial, poisson, riskSetsOf } from './families.ts'
import { gaussianPath } from './gaussian.ts'
import { followPath } from './path.ts'
import { type Path, type PathSettings, standardiseColumns, usualSettings } from './problem.ts'

/** Coefficients of all classes beyond which each class is fitted in turn. */
const mostTogether = 1500

export type FamilyName = 'gaussian' | 'binomial' | 'multinomial' | 'poisson' | 'cox'

export interface PathRequest extends Partial<PathSettings> {
  family: FamilyName
  weights?: Float64Array
  /** Added to the linear predictor of each row; for counts beside the logarithm of the exposure. */
  offset?: Float64Array
  penaltyFactors?: Float64Array
  /** Whether the penalty sees columns of equal SD (the default). */
  standardise?: boolean
}

/**
 * The path of one family, as glmnet's with the same settings. Classes are 0 to K - 1, each with rows; two are binomial.
 */
export const fitPath = (
  x: Matrix,
  outcome: Outcome,
  { family, weights, offset, penaltyFactors, standardise, ...given }: PathRequest,
  signals: Pick<FitContext, 'signal' | 'progress'>,
): Path => {
  const settings: PathSettings = { ...usualSettings, ...given }
  const shape = {
    ...(standardise === undefined ? {} : { standardise }),
    ...(penaltyFactors ? { penaltyFactors } : {}),
  }
  if (outcome.task === 'survival') {
    const sets = riskSetsOf(alignTimes(outcome.time), outcome.event, x.strata)
    const problem = standardiseColumns(x, weights, { ...shape, order: sets.order })
    const sorted = offset && Float64Array.from(sets.order, (row) => offset[row])
    return followPath(problem, coxFamily(sets, problem.weights, sorted), settings, signals)
  }
  const problem = standardiseColumns(x, weights, shape)
  if (outcome.task === 'diagnosis') {
    const classes = outcome.classes.length
    const blocks =
      family === 'binomial'
        ? binomial(Uint8Array.from(outcome.y), problem.weights, offset)
        : multinomial(outcome.y, classes, problem.weights, classes * (x.columns + 1) <= mostTogether)
    return followPath(problem, blocks, settings, signals)
  }
  if (family === 'gaussian') {
    const { y } = outcome
    return gaussianPath(problem, offset ? y.map((value, i) => value - offset[i]) : y, settings, signals)
  }
  const exposure = outcome.exposure?.map(Math.log)
  const both = exposure && offset ? exposure.map((value, i) => value + offset[i]) : (exposure ?? offset)
  return followPath(problem, poisson(outcome.y, problem.weights, both), settings, signals)
}
