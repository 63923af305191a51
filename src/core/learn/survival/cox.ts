import { invalidInput } from '../../../contract/errors.ts'
import { type Matrix, takeMatrixRows, takeOutcomeRows } from '../../cohort/matrix.ts'
import type { Fitted, Learner, ModelState, Predictor } from '../learner.ts'
import { coefficientOf } from '../linear/coefficients.ts'
import {
  aliasedWarning,
  checkColumns,
  checkMatrix,
  momentsOf,
  noUsableFeature,
  weightedRows,
} from '../linear/design.ts'
import { normalP, normalQuantile } from '../linear/distributions.ts'
import { baselineOf, meansAt } from './baseline.ts'
import { maximisePartialLikelihood } from './newton.ts'
import { prepareSurvival, type Ties } from './partialLikelihood.ts'
import { checkTimes, stepAt } from './times.ts'

/**
 * Cox proportional hazards (Cox 1972) by Newton-Raphson on the partial likelihood, as R's `survival::coxph`. See
 * docs/methods.md. The default penalty is 0, so that the hazard ratios, their tests and the bands of predicted curves
 * are those every reader of the literature expects; where the likelihood has no finite maximum the fit says so and names
 * the remedy.
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
  ],
  needs: { categories: 'contrasts', standardise: false, native: false, missing: 'median' },
  stateVersion: 1,

  async fit(matrix, given, parameters, context, givenWeights): Promise<Fitted> {
    if (given.task !== 'survival') throw new TypeError('cox learns survival')
    checkMatrix(matrix, 'cox', givenWeights)
    checkTimes('cox', given.time, given.event)
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
    const data = prepareSurvival(x, outcome.time, outcome.event, weights, columns)
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
    const covariance = new Float64Array(size * size)
    columns.forEach((column, j) => {
      coefficients[column] = maximum.known[j] ? estimates[j] : 0
      means[column] = centre[j]
      for (let l = 0; l < size; l++) covariance[j * size + l] = maximum.covariance[j * size + l] / (scale[j] * scale[l])
    })
    for (let i = 0; i < baseline.means.length; i++) baseline.means[i] *= scale[i % size] * stretch
    context.progress(1)
    const tail = l2 > 0 ? null : normalP
    return {
      state: {
        header: { terms: [...x.terms], ties, l2, rows: x.rows },
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
      },
      outOfBag: null,
      backend: null,
      warnings,
    }
  },

  async load(state: ModelState): Promise<Predictor> {
    const { columns, coefficients, means, origin, covariance, knots, riskMeans } = state.arrays
    const times = state.arrays.times as Float64Array
    const hazard = state.arrays.hazard as Float64Array
    const variance = state.arrays.variance as Float64Array
    const size = columns.length
    const count = coefficients.length

    const risk = (x: Matrix): Float64Array => {
      checkColumns(x, count)
      const result = new Float64Array(x.rows)
      for (let column = 0; column < count; column++)
        if (coefficients[column] !== 0)
          for (let i = 0; i < x.rows; i++)
            result[i] += coefficients[column] * (x.data[column * x.rows + i] - origin[column])
      return result
    }
    const cumulativeAt = (time: number) => {
      const at = stepAt(times, time)
      return at < 0 ? 0 : hazard[at]
    }

    return {
      task: 'survival',
      times,
      risk,

      survival(x, at) {
        const cumulative = Float64Array.from(at, cumulativeAt)
        const scores = risk(x)
        const result = new Float64Array(x.rows * at.length)
        for (let i = 0; i < x.rows; i++) {
          const ratio = Math.exp(scores[i])
          for (let t = 0; t < at.length; t++)
            result[i * at.length + t] = cumulative[t] === 0 ? 1 : Math.exp(-cumulative[t] * ratio)
        }
        return result
      },

      band(x, row, at, level) {
        checkColumns(x, count)
        const quantile = normalQuantile(0.5 + level / 2)
        const low = new Float64Array(at.length).fill(1)
        const high = new Float64Array(at.length).fill(1)
        let score = 0
        for (let column = 0; column < count; column++)
          score += coefficients[column] * (x.data[column * x.rows + row] - origin[column])
        const ratio = Math.exp(score)
        const direction = new Float64Array(size)
        let step = -1
        for (let t = 0; t < at.length; t++) {
          const now = stepAt(times, at[t])
          if (now < 0) continue
          if (now === step) {
            low[t] = low[t - 1]
            high[t] = high[t - 1]
            continue
          }
          step = now
          meansAt({ hazard, knots: knots as Uint32Array, means: riskMeans as Float64Array }, size, now, direction)
          for (let j = 0; j < size; j++)
            direction[j] = (x.data[columns[j] * x.rows + row] - means[columns[j]]) * hazard[now] - direction[j]
          let sum = variance[now]
          for (let a = 0; a < size; a++)
            for (let b = 0; b < size; b++) sum += direction[a] * direction[b] * covariance[a * size + b]
          // On the log scale, as R's conf.type = "log": right also where S itself is too small for a number.
          const half = quantile * ratio * Math.sqrt(sum)
          const log = -hazard[now] * ratio
          const known = Number.isFinite(half) && Number.isFinite(log)
          low[t] = known ? Math.exp(log - half) : 0
          high[t] = known ? Math.min(1, Math.exp(log + half)) : 1
        }
        return { low, high }
      },

      contributions(x) {
        checkColumns(x, count)
        const values = new Float64Array(x.rows * count)
        let baseline = 0
        for (let column = 0; column < count; column++) {
          const coefficient = coefficients[column]
          if (coefficient === 0) continue
          baseline += coefficient * (means[column] - origin[column])
          for (let i = 0; i < x.rows; i++)
            values[i * count + column] = coefficient * (x.data[column * x.rows + i] - means[column])
        }
        return { baseline, values, scale: 'logHazard' }
      },
    }
  },
}
