import { invalidInput } from '../../../contract/errors.ts'
import { productLimit, survivalAt } from '../../cohort/curves/productLimit.ts'
import { alignTimes } from '../../cohort/curves/times.ts'
import { normalP } from '../../numbers/distributions.ts'
import type { Learner } from '../learner.ts'
import { describe } from '../parameters.ts'
import { ridgeSearch } from '../search.ts'
import { loadCox } from './coxPredictor.ts'
import { factsOf, fitHazards, type HazardFit, ridgeParameter, stateOf, tiesParameter } from './hazards.ts'
import { entersLateOrInStrata } from './lateEntry.ts'
import { type Beyond, carriedSums, type Prepared, type Ties } from './partialLikelihood.ts'
import { coxResiduals, dfbetas, robustCovariance } from './residuals.ts'
import { sweepRiskSets } from './riskSets.ts'

const settings = describe(tiesParameter('breslow'), ridgeParameter)

/**
 * Proportional hazards of the subdistribution (Fine & Gray 1999), as R's `cmprsk::crr`: the cumulative incidence of the
 * event is 1 - exp(-H0(t) exp(x'b)). Those whom a competing event took stay in the risk sets with weight G(t-) / G(T-),
 * G the Kaplan-Meier curve of censoring. See docs/methods.md.
 */
export const fineGray: Learner = {
  id: 'fineGray',
  family: 'regression',
  explains: 'linear',
  effect: () => 'subdistributionHazardRatio',
  comparator: (outcome) => outcome.task === 'survival' && !!outcome.competing && !entersLateOrInStrata(outcome),
  tasks: ['survival'],
  // Breslow is what crr does.
  parameters: settings.list,
  needs: {
    categories: 'contrasts',
    standardise: false,
    native: false,
    missing: 'median',
    terms: 'reads',
    competing: 'required',
  },
  stateVersion: 1,
  search: ridgeSearch,

  async fit(matrix, given, parameters, context, givenWeights) {
    if (given.task !== 'survival') throw new TypeError('fineGray learns survival')
    if (!given.competing) throw invalidInput('competingNeeded')
    if (given.entry) throw invalidInput('entryNotTaken')
    const { ties, l2 } = settings.read(parameters)
    const fitted = fitHazards(
      'fineGray',
      matrix,
      given,
      { ties, l2 },
      context,
      givenWeights,
      (data, outcome, weights) => beyondOf(data, outcome.competing!, alignTimes(outcome.time), outcome.event, weights),
    )
    const { data, maximum, model, weights, outcome } = fitted
    const { score } = coxResiduals(data, maximum.beta, ties)
    addCensoring(score, fitted, ties)
    model.covariance = robustCovariance(
      dfbetas(score, model.covariance, data.size),
      data.size,
      weights,
      outcome.cluster,
    )
    context.progress(1)
    return {
      state: stateOf(fitted, { ties, l2 }),
      fit: { ...factsOf(fitted, l2 > 0 ? null : normalP), robust: true },
      outOfBag: null,
      backend: null,
      warnings: fitted.warnings,
    }
  },

  /** No band: the variance of the baseline is not kept. */
  async load(state) {
    const { band: _, ...predictor } = await loadCox(state)
    return predictor
  },
}

/**
 * Who stays beyond a competing event, and with what weight. As `crr`, those with an event at t are still at risk of
 * censoring at t.
 */
const beyondOf = (
  { order, times }: Prepared,
  competing: Uint8Array,
  time: Float64Array,
  event: Uint8Array,
  weights: Float64Array | undefined,
): Beyond => {
  const censoring = productLimit({
    time,
    event: (row) => event[row] === 0 && competing[row] === 0,
    weights: weights ?? null,
  })
  return {
    carry: Float64Array.from(order, (row) => (competing[row] ? 1 / survivalAt(censoring, time[row], true) : 0)),
    staying: times.map((at) => survivalAt(censoring, at, true)),
  }
}

/**
 * Adds to each row's score what it says about the censoring curve that the weights rest on (the psi of Fine & Gray
 * 1999): q(T) / pi(T) where it was censored, less the integral of q dN / pi^2 up to its time; pi(u) is the weight at
 * risk at u and q(u) the derivative of the score with the log of the censoring curve at u. Of ties: as `crr`, q(u)
 * takes competing events before u and events from u on.
 */
const addCensoring = (score: Float64Array, { data, maximum, outcome }: HazardFit, ties: Ties): void => {
  const { size, weight, starts, event, order, times, scale, beyond, deaths } = data
  const competing = outcome.competing!
  if (!beyond) return
  const groups = times.length
  const { beta } = maximum
  // Integrals from a group's time on of staying dH, and of staying times the risk set's mean over dH.
  const later = new Float64Array(groups)
  const drift = new Float64Array(groups * size)
  const step = new Float64Array(groups)
  const stepDrift = new Float64Array(groups * size)
  sweepRiskSets(data, beta, ties, ({ group, atRisk, sum, tiedRisk, tiedWeight, tied, terms }) => {
    for (let l = 0; l < terms; l++) {
      const s = l / terms
      const denominator = atRisk - s * tiedRisk
      const hazard = (beyond.staying[group] * tiedWeight) / terms / denominator
      step[group] += hazard
      for (let j = 0; j < size; j++) stepDrift[group * size + j] += (hazard * (sum[j] - s * tied[j])) / denominator
    }
  })
  for (let group = 0; group < groups; group++) {
    later[group] = (group > 0 ? later[group - 1] : 0) + step[group]
    for (let j = 0; j < size; j++)
      drift[group * size + j] = (group > 0 ? drift[(group - 1) * size + j] : 0) + stepDrift[group * size + j]
  }
  // From the earliest time up: who was taken by a competing event so far.
  const everywhere = carriedSums({ ...data, deaths: new Uint32Array(deaths.length).fill(1) }, beta)!
  const atRisk = new Float64Array(groups)
  for (let group = 0, sum = 0; group < groups; group++) {
    for (let i = starts[group]; i < starts[group + 1]; i++) sum += weight[i]
    atRisk[group] = sum
  }
  const lived = new Float64Array(size)
  const q = new Float64Array(size)
  for (let group = groups - 1; group >= 0; group--) {
    const at = group * (size + 1)
    let censored = 0
    for (let i = starts[group]; i < starts[group + 1]; i++)
      if (event[i] === 0 && competing[order[i]] === 0) censored += weight[i]
    if (censored > 0)
      for (let j = 0; j < size; j++) {
        q[j] = (everywhere[at + 1 + j] * later[group] - everywhere[at] * drift[group * size + j]) / atRisk[group]
        lived[j] += (q[j] * censored) / atRisk[group]
      }
    for (let i = starts[group]; i < starts[group + 1]; i++) {
      const gone = event[i] === 0 && competing[order[i]] === 0
      for (let j = 0; j < size; j++) score[order[i] * size + j] += ((gone ? q[j] : 0) - lived[j]) * scale[j]
    }
  }
}
