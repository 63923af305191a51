import { invalidInput } from '../../../contract/errors.ts'
import type { Fit } from '../../../contract/models.ts'
import { warn, warnAs } from '../../../contract/warnings.ts'
import { checkTimes } from '../../cohort/curves/times.ts'
import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import type { FitContext, Fitted, ModelState } from '../learner.ts'
import { coefficientOf } from '../linear/coefficients.ts'
import { aliasedWarning, checkMatrix, momentsOf, noUsableFeature, withoutZeroWeights } from '../linear/design.ts'
import { choice, number } from '../parameters.ts'
import { type Baseline, baselineOf } from './baseline.ts'
import { type CoxMaximum, maximisePartialLikelihood } from './newton.ts'
import { type Beyond, type Prepared, prepareSurvival, type Ties } from './partialLikelihood.ts'
import type { SurvivalRows } from './rows.ts'

type SurvivalOutcome = Extract<Outcome, { task: 'survival' }>

export const tiesParameter = (usual: Ties) => choice('ties', ['efron', 'breslow'], usual)

export const ridgeParameter = number('l2', [0, 0, 1e9])

/**
 * A model of log-linear hazards as fitted, before a learner adds what is its own. Rows are those of positive weight.
 */
export interface HazardFit {
  x: Matrix
  outcome: SurvivalOutcome
  weights: Float64Array | undefined
  data: Prepared
  maximum: CoxMaximum
  /** No coefficient may be infinite. */
  finite: boolean
  warnings: Fitted['warnings']
  model: {
    /** A column of the matrix each; 0 where it has none. */
    coefficients: Float64Array
    /** Of the columns that vary (`data.columns`), on the scale of the matrix. */
    estimates: Float64Array
    covariance: Float64Array
    means: Float64Array
    /** Where the linear predictor is 0. */
    origin: Float64Array
    /** For a row at `origin`; its `means` on the scale of the matrix. */
    baseline: Baseline
  }
}

export const rowsOf = (x: Matrix, { time, event, entry }: SurvivalOutcome): SurvivalRows => ({
  time,
  event,
  ...(entry ? { entry } : {}),
  ...(x.strata ? { strata: x.strata } : {}),
})

/**
 * Fits by partial likelihood what Cox and Fine-Gray regression share. `carry` says who stays at risk beyond a competing
 * event. Throws `invalidInput` where the data cannot be learned from.
 */
export const fitHazards = (
  learner: string,
  matrix: Matrix,
  given: SurvivalOutcome,
  { ties, l2 }: { ties: Ties; l2: number },
  context: FitContext,
  givenWeights: Float64Array | undefined,
  carry: (data: Prepared, outcome: SurvivalOutcome, weights: Float64Array | undefined) => Beyond | null = () => null,
): HazardFit => {
  checkMatrix(matrix, learner, givenWeights)
  checkTimes(learner, given.time, given.event, given.entry)
  const { x, outcome, weights } = withoutZeroWeights(matrix, given, givenWeights)
  if (!outcome.event.some((event) => event === 1)) throw invalidInput('noEvents', { rows: x.rows })

  const moments = momentsOf(x, weights)
  const columns = Array.from({ length: x.columns }, (_, column) => column).filter(
    (column) => moments.sd[column] > 1e-14 * Math.abs(moments.mean[column]),
  )
  if (columns.length === 0) throw noUsableFeature(learner)
  const laidOut = prepareSurvival(x, rowsOf(x, outcome), weights, columns)
  const data = { ...laidOut, beyond: carry(laidOut, outcome, weights) }
  const { size, scale, centre } = data
  const penalty = Float64Array.from(columns, (column, j) => l2 * (moments.sd[column] / scale[j]) ** 2)
  const maximum = maximisePartialLikelihood(data, ties, penalty, context)
  const known = columns.filter((_, j) => maximum.known[j])
  if (known.length === 0) throw noUsableFeature(learner)
  const aliased = moments.mean.reduce<number[]>((list, _, column) => {
    if (!known.includes(column)) list.push(column)
    return list
  }, [])

  const warnings = aliasedWarning(x, aliased, moments)
  const estimates = Float64Array.from(maximum.beta, (beta, j) => beta / scale[j])
  if (!maximum.converged)
    warnings.push(warnAs('notConverged', 'notConvergedInfinite', { iterations: maximum.iterations }))
  const infinite = columns.filter((_, j) => {
    const step = Math.abs(maximum.nextStep[j] / scale[j])
    return maximum.known[j] && !(step <= 1e-9 || step <= Math.sqrt(1e-9) * Math.abs(estimates[j]))
  })
  if (infinite.length > 0)
    warnings.push(warn('infiniteCoefficient', { columns: infinite.map((column) => x.terms[column]) }))

  const baseline = baselineOf(data, maximum.beta, ties)
  // R centres predictions at the means, but leaves columns of only -1, 0 and 1 at 0 (coxph's `nocenter`).
  const origin = moments.mean.slice()
  for (let column = 0; column < x.columns; column++) {
    let plain = true
    for (let i = column * x.rows; plain && i < (column + 1) * x.rows; i++) {
      const value = x.data[i]
      plain = value === 0 || value === 1 || value === -1
    }
    if (plain) origin[column] = 0
  }
  let shift = 0
  columns.forEach((column, j) => {
    shift += estimates[j] * (origin[column] - centre[j])
  })
  const stretch = Math.exp(shift)
  if (
    ![baseline.hazard, baseline.variance].every((values) =>
      values.every((value) => Number.isFinite(value * stretch * stretch)),
    )
  )
    throw invalidInput('infiniteCoefficient')
  const coefficients = new Float64Array(x.columns)
  const means = moments.mean.slice()
  const covariance: Float64Array = new Float64Array(size * size)
  columns.forEach((column, j) => {
    coefficients[column] = maximum.known[j] ? estimates[j] : 0
    means[column] = centre[j]
    for (let l = 0; l < size; l++) covariance[j * size + l] = maximum.covariance[j * size + l] / (scale[j] * scale[l])
  })
  for (let i = 0; i < baseline.means.length; i++) baseline.means[i] *= scale[i % size] * stretch
  for (let i = 0; i < baseline.hazard.length; i++) {
    baseline.hazard[i] *= stretch
    baseline.variance[i] *= stretch * stretch
  }
  return {
    x,
    outcome,
    weights,
    data,
    maximum,
    finite: infinite.length === 0,
    warnings,
    model: { coefficients, estimates, covariance, means, origin, baseline },
  }
}

/** What `loadCox` reads, without strata. */
export const stateOf = ({ x, data, model }: HazardFit, settings: { ties: Ties; l2: number }): ModelState => {
  const { coefficients, covariance, means, origin, baseline } = model
  return {
    header: { terms: [...x.terms], ...settings, rows: x.rows },
    arrays: {
      columns: Int32Array.from(data.columns),
      coefficients,
      means,
      origin,
      covariance,
      times: baseline.times,
      hazard: baseline.hazard,
      variance: baseline.variance,
      knots: baseline.knots,
      riskMeans: baseline.means,
    },
  }
}

/** `tail`: two-sided p of a Wald statistic; null with a penalty. */
export const factsOf = ({ x, data, maximum, model }: HazardFit, tail: ((z: number) => number) | null): Fit => {
  const { size, columns } = data
  const { estimates, covariance } = model
  return {
    coefficients: columns.flatMap((column, j) =>
      maximum.known[j] ? [coefficientOf(x.terms[column], estimates[j], Math.sqrt(covariance[j * size + j]), tail)] : [],
    ),
    logLikelihood: maximum.logLikelihood,
    nullLogLikelihood: maximum.nullLogLikelihood,
    iterations: maximum.iterations,
    converged: maximum.converged,
  }
}
