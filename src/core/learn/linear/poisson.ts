import { invalidInput } from '../../../contract/errors.ts'
import { warn, warnAs } from '../../../contract/warnings.ts'
import { normalP } from '../../numbers/distributions.ts'
import type { Fitted, Learner, ModelState, Predictor } from '../learner.ts'
import { describe, number } from '../parameters.ts'
import { ridgeSearch } from '../search.ts'
import { coefficientOf, mapCovariance, multiply, standardErrors } from './coefficients.ts'
import { maximisePoisson } from './counts.ts'
import { aliasedWarning, checkColumns, checkMatrix, designOf, noUsableFeature, withoutZeroWeights } from './design.ts'
import { columnsOf, likelihoodRatioTests, nagelkerke, refitsAffordable, waldTests } from './termTests.ts'

/** Pearson dispersion from which counts vary so much more than Poisson's that its standard errors mislead. */
const overdispersed = 1.5

const settings = describe(number('l2', [0, 0, 1e9]))

/**
 * Poisson regression of counts, or of rates where the outcome has an exposure (its logarithm is the offset), by maximum
 * likelihood as R's `glm(family = poisson)`, or with a ridge penalty. Its coefficients are logarithms of rate ratios.
 * See docs/methods.md.
 */
export const poisson: Learner = {
  id: 'poisson',
  family: 'regression',
  effect: () => 'rateRatio',
  tasks: ['regression'],
  parameters: settings.list,
  needs: {
    categories: 'contrasts',
    standardise: false,
    native: false,
    missing: 'median',
    counts: 'required',
    terms: 'reads',
  },
  stateVersion: 1,
  search: ridgeSearch,

  async fit(matrix, given, parameters, context, givenWeights): Promise<Fitted> {
    if (given.task !== 'regression') throw new TypeError('poisson learns values')
    checkMatrix(matrix, 'poisson', givenWeights)
    const {
      x,
      outcome: { y, exposure },
      weights,
    } = withoutZeroWeights(matrix, given, givenWeights)
    checkCounts(y, exposure)
    const { l2 } = settings.read(parameters)
    const { rows } = x
    const offset = exposure ? exposure.map(Math.log) : null
    const design = designOf(x, weights, l2, 1e-11)
    const { kept, moments, map, size } = design
    if (kept.length === 0) throw noUsableFeature('poisson')
    const warnings = aliasedWarning(x, design.aliased, moments)
    const maximum = maximisePoisson(design, y, offset, weights, context)
    if (!maximum.converged)
      warnings.push(warnAs('notConverged', 'notConvergedInfinite', { iterations: maximum.iterations }))
    const degrees = rows - size
    const dispersion = degrees > 0 ? maximum.pearson / degrees : null
    if (dispersion !== null && dispersion > overdispersed && l2 === 0)
      warnings.push(warn('overdispersed', { times: dispersion.toFixed(1), factor: Math.sqrt(dispersion).toFixed(1) }))
    const values = multiply(map, size, size, maximum.gamma)
    const covariance = mapCovariance(map, size, 1, maximum.covariance)
    const errors = standardErrors(
      covariance,
      size,
      0,
      size,
      kept.map((column) => moments.mean[column]),
    )
    const coefficients = new Float64Array(x.columns)
    let intercept = values[0]
    kept.forEach((column, j) => {
      coefficients[column] = values[j + 1]
      intercept -= values[j + 1] * moments.mean[column]
    })
    const tail = l2 > 0 ? null : normalP
    const inner = Float64Array.from({ length: kept.length ** 2 }, (_, at) => {
      const i = Math.floor(at / kept.length)
      return covariance[(i + 1) * size + (at % kept.length) + 1]
    })
    const tested = l2 === 0 && maximum.converged
    const wald = tested ? waldTests(x, kept, values.subarray(1), inner) : null
    const quiet = { signal: context.signal, progress: () => {} }
    const likelihoodWith = (columns: number[]) =>
      columns.length === 0
        ? maximum.nullLogLikelihood
        : maximisePoisson(designOf(columnsOf(x, columns), weights, 0, 1e-11), y, offset, weights, quiet).logLikelihood
    const tests =
      wald && context.diagnostics !== false && refitsAffordable(x, size)
        ? likelihoodRatioTests(x, kept, maximum.logLikelihood, wald, likelihoodWith)
        : wald
    context.progress(1)
    const total = weights ? weights.reduce((sum, weight) => sum + weight, 0) : rows
    return {
      state: {
        header: { terms: [...x.terms], l2, rows },
        arrays: { coefficients, means: moments.mean, atMeans: Float64Array.of(values[0]) },
      },
      fit: {
        coefficients: [
          coefficientOf('(Intercept)', intercept, errors[0], tail),
          ...kept.map((column, j) => coefficientOf(x.terms[column], values[j + 1], errors[j + 1], tail)),
        ],
        tests,
        aic: l2 > 0 || !Number.isFinite(maximum.logLikelihood) ? null : 2 * size - 2 * maximum.logLikelihood,
        deviance: maximum.deviance,
        nullDeviance: maximum.nullDeviance,
        dispersion,
        r2: l2 > 0 ? null : nagelkerke(maximum.logLikelihood, maximum.nullLogLikelihood, total),
        logLikelihood: maximum.logLikelihood,
        nullLogLikelihood: maximum.nullLogLikelihood,
        iterations: maximum.iterations,
        converged: maximum.converged,
      },
      outOfBag: null,
      backend: null,
      warnings,
    }
  },

  async load({ arrays }: ModelState): Promise<Predictor> {
    const { coefficients, means, atMeans } = arrays
    const columns = means.length
    return {
      task: 'regression',
      /** The count expected for an exposure of 1. */
      values(x) {
        checkColumns(x, columns)
        const eta = new Float64Array(x.rows).fill(atMeans[0])
        for (let column = 0; column < columns; column++)
          if (coefficients[column] !== 0)
            for (let i = 0; i < x.rows; i++)
              eta[i] += coefficients[column] * (x.data[column * x.rows + i] - means[column])
        return eta.map(Math.exp)
      },
    }
  },
}

const checkCounts = (y: Float64Array, exposure: Float64Array | undefined): void => {
  if (y.some((value) => !Number.isFinite(value))) throw invalidInput('missingOutcome')
  if (y.some((value) => value < 0)) throw invalidInput('negativeCount')
  if (!y.some((value) => value > 0)) throw invalidInput('constantOutcome')
  if (exposure?.some((value) => !(value > 0 && Number.isFinite(value)))) throw invalidInput('badExposure')
}
