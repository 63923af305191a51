import { invalidInput } from '../../../contract/errors.ts'
import type { Fit } from '../../../contract/models.ts'
import { type Matrix, type Outcome, takeMatrixRows, takeOutcomeRows } from '../../cohort/matrix.ts'
import { checkTimes } from '../../cohort/times.ts'
import type { Fitted, Learner } from '../learner.ts'
import { coefficientOf } from '../linear/coefficients.ts'
import { aliasedWarning, checkMatrix, momentsOf, noUsableFeature, weightedRows } from '../linear/design.ts'
import { normalP } from '../linear/distributions.ts'
import { baselineOf } from './baseline.ts'
import { loadCox } from './coxPredictor.ts'
import { type CoxMaximum, maximisePartialLikelihood } from './newton.ts'
import { type Prepared, prepareSurvival, type SurvivalRows, type Ties } from './partialLikelihood.ts'
import { testProportionality } from './proportionality.ts'
import { coxResiduals, dfbetas, robustCovariance } from './residuals.ts'

/**
 * Cox proportional hazards (Cox 1972) by Newton-Raphson on the partial likelihood, as R's `survival::coxph`. See
 * docs/methods.md. The default penalty is 0, so that the hazard ratios, their tests and the bands of predicted curves
 * are those every reader of the literature expects; where the likelihood has no finite maximum the fit says so and names
 * the remedy. Rows may enter late and strata have a baseline each; competing events count as censored (cause-specific hazard).
 */
export const cox: Learner = {
  id: 'cox',
  label: { en: 'Cox proportional hazards', zh: 'Cox 比例风险模型' },
  description: {
    en: 'Weighs each feature once; its hazard ratios can be read and checked by hand. The standing comparator for survival.',
    zh: '每个特征一个权重，风险比可直接阅读和核对；生存分析的固定对照模型。',
  },
  tasks: ['survival'],
  parameters: [
    {
      name: 'ties',
      label: { en: 'Tied times', zh: '相同时间的处理' },
      description: {
        en: 'How events at the same time are handled: efron (more exact, the default) or breslow.',
        zh: '同一时间多个事件的处理方法：efron（更精确，默认）或 breslow。',
      },
      type: 'choice',
      default: 'efron',
      min: null,
      max: null,
      choices: ['efron', 'breslow'],
    },
    {
      name: 'l2',
      label: { en: 'Ridge penalty', zh: '岭惩罚' },
      description: {
        en: 'Subtracts l2/2 times the squared coefficients of standardised features from the log partial likelihood. 0: none, as R coxph.',
        zh: '从对数偏似然中减去 l2/2 乘以标准化特征系数的平方和。0 表示无惩罚，与 R 的 coxph 相同。',
      },
      type: 'number',
      default: 0,
      min: 0,
      max: 1e9,
      choices: null,
    },
    {
      name: 'variance',
      label: { en: 'Standard errors', zh: '标准误' },
      description: {
        en: 'model: from the likelihood. robust: sandwich, by patient. auto: robust where a patient has several events or overlapping rows, or weights are not whole numbers.',
        zh: 'model：来自似然；robust：按患者的三明治估计；auto：当患者有多次事件、行有重叠或权重非整数时用 robust。',
      },
      type: 'choice',
      default: 'auto',
      min: null,
      max: null,
      choices: ['auto', 'model', 'robust'],
    },
  ],
  needs: {
    categories: 'contrasts',
    standardise: false,
    native: false,
    missing: 'median',
    entry: 'reads',
    strata: 'reads',
  },
  // 2: strata.
  stateVersion: 2,

  async fit(matrix, given, parameters, context, givenWeights): Promise<Fitted> {
    if (given.task !== 'survival') throw new TypeError('cox learns survival')
    checkMatrix(matrix, 'cox', givenWeights)
    checkTimes('cox', given.time, given.event, given.entry)
    checkStrata(matrix)
    const taken = weightedRows(givenWeights)
    const x = taken ? takeMatrixRows(matrix, taken) : matrix
    const outcome = taken ? (takeOutcomeRows(given, taken) as typeof given) : given
    const weights = taken && givenWeights ? Float64Array.from(taken, (row) => givenWeights[row]) : givenWeights
    const ties = parameters.ties as Ties
    const l2 = Number(parameters.l2)
    if (!outcome.event.some((event) => event === 1))
      throw invalidInput(
        'noEvents',
        `cox: none of the ${x.rows} training rows has the event; check which values of the event column mean that it was seen.`,
        [],
        { rows: x.rows },
      )

    const moments = momentsOf(x, weights)
    const columns = Array.from({ length: x.columns }, (_, column) => column).filter(
      (column) => moments.sd[column] > 1e-14 * Math.abs(moments.mean[column]),
    )
    if (columns.length === 0) throw noUsableFeature('cox')
    const rows: SurvivalRows = {
      time: outcome.time,
      event: outcome.event,
      ...(outcome.entry ? { entry: outcome.entry } : {}),
      ...(x.strata ? { strata: x.strata } : {}),
    }
    const data = prepareSurvival(x, rows, weights, columns)
    const { size, scale, centre } = data
    const penalty = Float64Array.from(columns, (column, j) => l2 * (moments.sd[column] / scale[j]) ** 2)
    const maximum = maximisePartialLikelihood(data, ties, penalty, context)
    const known = columns.filter((_, j) => maximum.known[j])
    if (known.length === 0) throw noUsableFeature('cox')
    const aliased = moments.mean.reduce<number[]>((list, _, column) => {
      if (!known.includes(column)) list.push(column)
      return list
    }, [])

    const warnings = aliasedWarning(x, aliased, moments)
    const estimates = Float64Array.from(maximum.beta, (beta, j) => beta / scale[j])
    if (!maximum.converged)
      warnings.push({
        reason: 'notConverged',
        message: `Ran out of iterations and did not converge after ${maximum.iterations} steps: one or more coefficients may be infinite. Set a ridge penalty (l2 above 0).`,
      })
    const infinite = columns.filter((_, j) => {
      const step = Math.abs(maximum.nextStep[j] / scale[j])
      return maximum.known[j] && !(step <= 1e-9 || step <= Math.sqrt(1e-9) * Math.abs(estimates[j]))
    })
    if (infinite.length > 0)
      warnings.push({
        reason: 'infiniteCoefficient',
        message: `The log-likelihood converged before ${infinite.map((column) => x.terms[column]).join(', ')}; the coefficient may be infinite, so the value shown means nothing. Leave the column out or set a ridge penalty (l2 above 0).`,
      })

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
      throw invalidInput(
        'infiniteCoefficient',
        'cox: the features foretell the events so well that the coefficients run to infinity and no curve can be predicted; set a ridge penalty (l2 above 0) or leave out features.',
      )
    const coefficients = new Float64Array(x.columns)
    const means = moments.mean.slice()
    let covariance: Float64Array = new Float64Array(size * size)
    columns.forEach((column, j) => {
      coefficients[column] = maximum.known[j] ? estimates[j] : 0
      means[column] = centre[j]
      for (let l = 0; l < size; l++) covariance[j * size + l] = maximum.covariance[j * size + l] / (scale[j] * scale[l])
    })
    const robust = wantsRobust(String(parameters.variance ?? 'auto'), outcome, weights)
    if (robust) {
      const { score } = coxResiduals(data, maximum.beta, ties)
      covariance = robustCovariance(dfbetas(score, covariance, size), size, weights, outcome.cluster)
    }
    for (let i = 0; i < baseline.means.length; i++) baseline.means[i] *= scale[i % size] * stretch
    const proportionality =
      l2 === 0 && context.diagnostics !== false && infinite.length === 0 && maximum.converged
        ? testHazards(x, rows, weights, data, maximum, ties)
        : null
    if (proportionality) warnings.push(...hazardWarnings(proportionality))
    context.progress(1)
    const tail = l2 > 0 ? null : normalP
    return {
      state: {
        header: { terms: [...x.terms], ties, l2, rows: x.rows, strata: x.strata ? data.strata.length : 0 },
        arrays: {
          columns: Int32Array.from(columns),
          coefficients,
          means,
          origin,
          covariance,
          times: baseline.times,
          hazard: baseline.hazard.map((value) => value * stretch),
          variance: baseline.variance.map((value) => value * stretch * stretch),
          knots: baseline.knots,
          riskMeans: baseline.means,
          ...(x.strata ? { strata: data.strata, offsets: baseline.offsets, knotOffsets: baseline.knotOffsets } : {}),
        },
      },
      fit: {
        coefficients: columns.flatMap((column, j) =>
          maximum.known[j]
            ? [coefficientOf(x.terms[column], estimates[j], Math.sqrt(covariance[j * size + j]), tail)]
            : [],
        ),
        logLikelihood: maximum.logLikelihood,
        nullLogLikelihood: maximum.nullLogLikelihood,
        iterations: maximum.iterations,
        converged: maximum.converged,
        robust,
        proportionality,
      },
      outOfBag: null,
      backend: null,
      warnings,
    }
  },

  load: loadCox,
}

const checkStrata = ({ strata }: Matrix): void => {
  const unknown = strata?.reduce((count, stratum) => count + (stratum < 0 ? 1 : 0), 0) ?? 0
  if (unknown > 0)
    throw invalidInput('strataMissing', `cox: ${unknown} training rows have no stratum; leave these rows out.`, [], {
      rows: unknown,
    })
}

/**
 * R's rule: robust where weights are not whole numbers, or a patient has several events; and also where rows of a patient
 * overlap, as visits that each count to the end of follow-up do.
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
  const which = named.map(({ term, p }) => `${term} (p ${p < 0.001 ? '< 0.001' : p.toFixed(3)})`).join('; ')
  return [
    {
      reason: 'hazardsNotProportional',
      message: `Hazards are not proportional over time${which ? `: ${which}` : ` (all features together, p ${global.p.toFixed(3)})`}. The hazard ratio is then an average over the follow-up. Make such a category the strata, or use a learner that does not assume proportional hazards, such as the forest.`,
    },
  ]
}
