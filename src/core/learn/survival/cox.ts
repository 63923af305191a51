import { invalidInput } from '../../../contract/errors.ts'
import type { Fit } from '../../../contract/models.ts'
import { warn, warningText } from '../../../contract/warnings.ts'
import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import { normalP } from '../../numbers/distributions.ts'
import type { Fitted, Learner } from '../learner.ts'
import { waldTests } from '../linear/termTests.ts'
import { choice, describe } from '../parameters.ts'
import { ridgeSearch } from '../search.ts'
import { loadCox } from './coxPredictor.ts'
import { factsOf, fitHazards, ridgeParameter, rowsOf, stateOf, tiesParameter } from './hazards.ts'
import type { CoxMaximum } from './newton.ts'
import { type Prepared, prepareSurvival, type Ties } from './partialLikelihood.ts'
import { testProportionality } from './proportionality.ts'
import { coxResiduals, dfbetas, robustCovariance } from './residuals.ts'
import type { SurvivalRows } from './rows.ts'

const settings = describe(tiesParameter('efron'), ridgeParameter, choice('variance', ['auto', 'model', 'robust']))

/**
 * Cox proportional hazards (Cox 1972) by Newton-Raphson on the partial likelihood, as R's `survival::coxph`. See
 * docs/methods.md. The default penalty is 0, so that the hazard ratios, their tests and the bands of predicted curves
 * are those every reader of the literature expects; where the likelihood has no finite maximum the fit says so and
 * names the remedy. Rows may enter late and strata have a baseline each; competing events count as censored
 * (cause-specific hazard).
 */
export const cox: Learner = {
  id: 'cox',
  family: 'regression',
  explains: 'linear',
  effect: () => 'hazardRatio',
  comparator: (outcome) => outcome.task === 'survival' && !outcome.competing,
  tasks: ['survival'],
  parameters: settings.list,
  needs: {
    categories: 'contrasts',
    standardise: false,
    native: false,
    missing: 'median',
    terms: 'reads',
    entry: 'reads',
    strata: 'reads',
  },
  // 2: strata.
  stateVersion: 2,
  search: ridgeSearch,

  async fit(matrix, given, parameters, context, givenWeights): Promise<Fitted> {
    if (given.task !== 'survival') throw new TypeError('cox learns survival')
    checkStrata(matrix)
    const { ties, l2, variance } = settings.read(parameters)
    const fitted = fitHazards('cox', matrix, given, { ties, l2 }, context, givenWeights)
    const { x, outcome, weights, data, maximum, warnings, model } = fitted
    const robust = wantsRobust(variance, outcome, weights)
    if (robust) {
      const { score } = coxResiduals(data, maximum.beta, ties)
      const moved = dfbetas(score, model.covariance, data.size)
      model.covariance = robustCovariance(moved, data.size, weights, outcome.cluster)
    }
    const proportionality =
      l2 === 0 && context.diagnostics !== false && fitted.finite && maximum.converged
        ? testHazards(x, rowsOf(x, outcome), weights, data, maximum, ties)
        : null
    if (proportionality) warnings.push(...hazardWarnings(proportionality))
    const known = data.columns.flatMap((column, j) => (maximum.known[j] ? [{ column, j }] : []))
    const tests =
      l2 === 0
        ? waldTests(
            x,
            known.map(({ column }) => column),
            known.map(({ j }) => maximum.beta[j] / data.scale[j]),
            known.flatMap((one) => known.map((other) => model.covariance[one.j * data.size + other.j])),
          )
        : null
    context.progress(1)
    const state = stateOf(fitted, { ties, l2 })
    state.header.strata = x.strata ? data.strata.length : 0
    if (x.strata)
      Object.assign(state.arrays, {
        strata: data.strata,
        offsets: model.baseline.offsets,
        knotOffsets: model.baseline.knotOffsets,
      })
    return {
      state,
      fit: { ...factsOf(fitted, l2 > 0 ? null : normalP), robust, proportionality, tests },
      outOfBag: null,
      backend: null,
      warnings,
    }
  },

  load: loadCox,
}

const checkStrata = ({ strata }: Matrix): void => {
  const unknown = strata?.reduce((count, stratum) => count + (stratum < 0 ? 1 : 0), 0) ?? 0
  if (unknown > 0) throw invalidInput('stratumMissing', { rows: unknown })
}

/**
 * R's rule: robust where weights are not whole numbers, or a patient has several events; and also where rows of a
 * patient overlap, as visits that each count to the end of follow-up do.
 */
const wantsRobust = (
  asked: string,
  { event, entry, cluster }: Extract<Outcome, { task: 'survival' }>,
  weights: Float64Array | undefined,
): boolean => {
  if (asked !== 'auto') return asked === 'robust'
  if (weights?.some((weight) => !Number.isInteger(weight))) return true
  if (!cluster) return false
  const seen = new Set<number>()
  return cluster.some((patient, row) => {
    if (entry && event[row] !== 1) return false
    const again = seen.has(patient)
    seen.add(patient)
    return again
  })
}

/** On the columns that have a coefficient; where some have none the data are laid out anew without them. */
const testHazards = (
  x: Matrix,
  rows: SurvivalRows,
  weights: Float64Array | undefined,
  fitted: Prepared,
  { known, beta }: CoxMaximum,
  ties: Ties,
) => {
  const kept = fitted.columns.filter((_, j) => known[j])
  const data = kept.length === fitted.columns.length ? fitted : prepareSurvival(x, rows, weights, kept)
  return testProportionality(
    data,
    beta.filter((_, j) => known[j]),
    ties,
    rows,
    kept.map((column) => x.source[column]),
    (feature) =>
      kept
        .filter((column) => x.source[column] === feature)
        .map((column) => x.terms[column])
        .join(', '),
  )
}

const hazardWarnings = ({ tests, global }: NonNullable<Fit['proportionality']>): Fitted['warnings'] => {
  const level = 0.05
  const named = tests.filter(({ p }) => p < level / (global.p < level ? 1 : tests.length))
  if (global.p >= level && named.length === 0) return []
  const pText = (p: number) => (p < 0.001 ? '< 0.001' : p.toFixed(3))
  const terms =
    named.length > 0
      ? named.map(({ term, p }) => warningText('termP', { term, p: pText(p) }))
      : [warningText('allTogether', { p: pText(global.p) })]
  return [warn('hazardsNotProportional', { terms })]
}
