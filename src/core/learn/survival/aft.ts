import { cancelled, invalidInput } from '../../../contract/errors.ts'
import { warnAs } from '../../../contract/warnings.ts'
import { checkTimes } from '../../cohort/curves/times.ts'
import type { Matrix } from '../../cohort/matrix.ts'
import { criticalValue, normalP, normalQuantile } from '../../numbers/distributions.ts'
import type { Fitted, Learner, Predictor } from '../learner.ts'
import { coefficientOf, mapCovariance, multiply, standardErrors } from '../linear/coefficients.ts'
import {
  aliasedWarning,
  checkColumns,
  checkMatrix,
  designOf,
  noUsableFeature,
  withoutZeroWeights,
} from '../linear/design.ts'
import { choice, describe, number } from '../parameters.ts'
import { ridgeSearch } from '../search.ts'
import { type LifetimeRows, maximiseLifetimes } from './lifetimeLikelihood.ts'
import { errorLaw, type Lifetime, lifetimes } from './lifetimes.ts'

const settings = describe(choice('distribution', lifetimes, 'weibull'), number('l2', [0, 0, 1e9]))

/**
 * Accelerated failure time regression, log T = x'b + scale * error, as R's `survival::survreg`. See docs/methods.md.
 * Curves are smooth; beyond the longest follow-up they stay where they are, as every curve here does, and `timeOf`
 * alone follows the formula on.
 */
export const aft: Learner = {
  id: 'aft',
  family: 'regression',
  explains: 'linearScaled',
  effect: () => 'timeRatio',
  tasks: ['survival'],
  parameters: settings.list,
  needs: { categories: 'contrasts', standardise: false, native: false, missing: 'median', terms: 'reads' },
  stateVersion: 1,
  search: ridgeSearch,

  async fit(matrix, given, parameters, context, givenWeights): Promise<Fitted> {
    if (given.task !== 'survival') throw new TypeError('aft learns survival')
    checkMatrix(matrix, 'aft', givenWeights)
    if (given.entry) throw invalidInput('entryNotTaken')
    checkTimes('aft', given.time, given.event)
    if (context.signal.aborted) throw cancelled('cancelled')
    const { x, outcome, weights } = withoutZeroWeights(matrix, given, givenWeights)
    const { time, event } = outcome
    const zero = time.reduce((count, value) => count + (value === 0 ? 1 : 0), 0)
    if (zero > 0) throw invalidInput('timeZero', { rows: zero })
    if (!event.some((one) => one === 1)) throw invalidInput('noEvents', { rows: x.rows })

    const { distribution, l2 } = settings.read(parameters)
    const design = designOf(x, weights, l2, 1e-11)
    const { kept, aliased, size, map, moments } = design
    if (kept.length === 0) throw noUsableFeature('aft')
    const warnings = aliasedWarning(x, aliased, moments)
    const law = errorLaw(distribution, normalQuantile)
    const rows: LifetimeRows = { z: design.z, size, log: time.map(Math.log), event, weights: weights ?? null }
    const fixed = distribution === 'exponential'
    const maximum = maximiseLifetimes(rows, law, fixed, design.penalty, context)
    const alone: LifetimeRows = { ...rows, z: new Float64Array(x.rows).fill(1), size: 1 }
    const nothing = maximiseLifetimes(alone, law, fixed, new Float64Array(1), { ...context, progress: () => {} })
    if (!maximum.converged) warnings.push(warnAs('notConverged', 'scaleShrinks'))

    const width = fixed ? size : size + 1
    const whole = new Float64Array(width * width)
    for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) whole[i * width + j] = map[i * size + j]
    if (!fixed) whole[width * width - 1] = 1
    const covariance = mapCovariance(whole, width, 1, maximum.covariance)
    const values = multiply(map, size, size, maximum.gamma)
    const keptMeans = kept.map((column) => moments.mean[column])
    const errors = standardErrors(covariance, width, 0, size, keptMeans)
    let intercept = values[0]
    const coefficients = new Float64Array(x.columns)
    kept.forEach((column, j) => {
      coefficients[column] = values[j + 1]
      intercept -= values[j + 1] * moments.mean[column]
    })
    // The likelihood of times, not of their logarithms.
    let jacobian = 0
    for (let i = 0; i < x.rows; i++) if (event[i] === 1) jacobian += (weights ? weights[i] : 1) * rows.log[i]
    const tail = l2 > 0 ? null : normalP
    context.progress(1)
    return {
      state: {
        header: { terms: [...x.terms], distribution, l2, rows: x.rows },
        arrays: {
          kept: Int32Array.from(kept),
          atMeans: Float64Array.of(values[0]),
          coefficients,
          means: moments.mean,
          covariance,
          scale: Float64Array.of(maximum.scale),
          followUp: Float64Array.of(time.reduce((most, value) => Math.max(most, value), 0)),
        },
      },
      fit: {
        coefficients: [
          coefficientOf('(Intercept)', intercept, errors[0], tail),
          ...kept.map((column, j) => coefficientOf(x.terms[column], values[j + 1], errors[j + 1], tail)),
          ...(fixed
            ? []
            : [coefficientOf('Log(scale)', Math.log(maximum.scale), Math.sqrt(covariance[width * width - 1]), tail)]),
        ],
        logLikelihood: maximum.logLikelihood - jacobian,
        nullLogLikelihood: nothing.logLikelihood - jacobian,
        iterations: maximum.iterations,
        converged: maximum.converged,
      },
      outOfBag: null,
      backend: null,
      warnings,
    }
  },

  async load({ header, arrays }): Promise<Predictor> {
    const distribution = header.distribution as Lifetime
    const law = errorLaw(distribution, normalQuantile)
    const { kept, coefficients, means, covariance } = arrays
    const [atMeans] = arrays.atMeans
    const [scale] = arrays.scale
    const [followUp] = arrays.followUp
    const count = coefficients.length
    const fixed = distribution === 'exponential'
    const width = kept.length + (fixed ? 1 : 2)

    const logTimes = (x: Matrix): Float64Array => {
      checkColumns(x, count)
      const result = new Float64Array(x.rows).fill(atMeans)
      for (const column of kept)
        for (let i = 0; i < x.rows; i++)
          result[i] += coefficients[column] * (x.data[column * x.rows + i] - means[column])
      return result
    }
    const place = (time: number, logTime: number) => (Math.log(Math.min(time, followUp)) - logTime) / scale
    const survivalAt = (z: number) => Math.exp(law.survivor(z)[0])

    return {
      task: 'survival',
      risk: (x) => logTimes(x).map((value) => (atMeans - value) / scale),

      survival(x, at) {
        const own = logTimes(x)
        const result = new Float64Array(x.rows * at.length)
        for (let i = 0; i < x.rows; i++)
          for (let t = 0; t < at.length; t++)
            result[i * at.length + t] = at[t] > 0 ? survivalAt(place(at[t], own[i])) : 1
        return result
      },

      timeOf: (x, share) => logTimes(x).map((value) => Math.exp(value + scale * law.quantile(share))),

      // Delta method on z = (log t - x'b) / scale, in the coordinates (value at the means, coefficients, log scale).
      band(x, row, at, level) {
        const quantile = criticalValue(level)
        const [logTime] = logTimes({
          ...x,
          rows: 1,
          data: Float64Array.from({ length: count }, (_, c) => x.data[c * x.rows + row]),
        })
        const direction = new Float64Array(width)
        direction[0] = -1 / scale
        kept.forEach((column, j) => {
          direction[j + 1] = -(x.data[column * x.rows + row] - means[column]) / scale
        })
        const low = new Float64Array(at.length).fill(1)
        const high = new Float64Array(at.length).fill(1)
        for (let t = 0; t < at.length; t++) {
          if (!(at[t] > 0)) continue
          const z = place(at[t], logTime)
          if (!fixed) direction[width - 1] = -z
          let variance = 0
          for (let a = 0; a < width; a++)
            for (let b = 0; b < width; b++) variance += direction[a] * direction[b] * covariance[a * width + b]
          const reach = quantile * Math.sqrt(Math.max(0, variance))
          const known = Number.isFinite(reach)
          low[t] = known ? survivalAt(z + reach) : 0
          high[t] = known ? survivalAt(z - reach) : 1
        }
        return { low, high }
      },

      ...(distribution === 'weibull' || distribution === 'exponential'
        ? {
            // Of these two alone a feature multiplies the hazard, by exp(-b / scale).
            contributions(x: Matrix) {
              checkColumns(x, count)
              const values = new Float64Array(x.rows * count)
              for (const column of kept)
                for (let i = 0; i < x.rows; i++)
                  values[i * count + column] =
                    (-coefficients[column] / scale) * (x.data[column * x.rows + i] - means[column])
              return { baseline: 0, values, scale: 'logHazard' as const }
            },
          }
        : {}),
    }
  },
}
