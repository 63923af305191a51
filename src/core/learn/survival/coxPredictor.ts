import { invalidInput } from '../../../contract/errors.ts'
import { stepIndex } from '../../cohort/curves/productLimit.ts'
import type { Matrix } from '../../cohort/matrix.ts'
import { criticalValue } from '../../numbers/distributions.ts'
import type { ModelState } from '../learner.ts'
import { checkColumns } from '../linear/design.ts'
import type { SurvivalPredictor } from '../predictor.ts'
import { meansAt } from './baseline.ts'

/** The parts of a Cox state that give each row its stratum, linear predictor and cumulative hazard. */
export const coxHazards = ({ arrays }: ModelState) => {
  const { coefficients, origin } = arrays
  const times = arrays.times as Float64Array
  const hazard = arrays.hazard as Float64Array
  const strata = arrays.strata as Int32Array | undefined
  const offsets = (arrays.offsets as Uint32Array | undefined) ?? Uint32Array.of(0, times.length)
  const count = coefficients.length
  const place = strata ? new Map(Array.from(strata, (stratum, index) => [stratum, index])) : null
  /** Index into `times` of a stratum's last step at or before a time; -1 where there is none. */
  const stepOf = (stratum: number, time: number): number => {
    const from = offsets[stratum]
    const at = stepIndex(times.subarray(from, offsets[stratum + 1]), time)
    return at < 0 ? -1 : from + at
  }
  return {
    times,
    hazard,
    offsets,
    columns: count,
    stratified: place !== null,
    stepOf,
    /** Index of each row's stratum among the model's; -1: none. */
    strataOf: (x: Matrix): Int32Array => {
      checkColumns(x, count)
      if (!place) return new Int32Array(x.rows)
      if (!x.strata) throw invalidInput('stratumMissing')
      return Int32Array.from(x.strata, (stratum) => place.get(stratum) ?? -1)
    },
    linearPredictors: (x: Matrix): Float64Array => {
      checkColumns(x, count)
      const result = new Float64Array(x.rows)
      for (let column = 0; column < count; column++)
        if (coefficients[column] !== 0)
          for (let i = 0; i < x.rows; i++)
            result[i] += coefficients[column] * (x.data[column * x.rows + i] - origin[column])
      return result
    },
    /** Baseline cumulative hazard at times, an array a stratum. */
    cumulatives: (at: ArrayLike<number>): Float64Array[] =>
      Array.from({ length: offsets.length - 1 }, (_, stratum) =>
        Float64Array.from(at, (time) => {
          const step = stepOf(stratum, time)
          return step < 0 ? 0 : hazard[step]
        }),
      ),
  }
}

/**
 * Predicts from a Cox state. Of a stratified model a row's curve is that of its stratum; a row of none (-1) gets NaN.
 * Its risk score is then the linear predictor plus the log of its stratum's cumulative hazard over the mean of all
 * strata, both at the median event time (or the first time by which every stratum has one), so that scores rank across
 * strata too.
 */
export const loadCox = async (state: ModelState): Promise<SurvivalPredictor> => {
  const { columns, coefficients, means, origin, covariance } = state.arrays
  const { times, hazard, offsets, stratified, stepOf, strataOf, linearPredictors, cumulatives } = coxHazards(state)
  const knots = state.arrays.knots as Uint32Array
  const riskMeans = state.arrays.riskMeans as Float64Array
  const variance = state.arrays.variance as Float64Array
  const knotOffsets = (state.arrays.knotOffsets as Uint32Array | undefined) ?? Uint32Array.of(0, knots.length)
  const size = columns.length
  const count = coefficients.length
  const shifts = stratified ? shiftsOf(times, hazard, offsets) : Float64Array.of(0)

  return {
    task: 'survival',
    times: stratified ? Float64Array.from(new Set(times)).sort() : times,

    risk(x) {
      const scores = linearPredictors(x)
      if (!stratified) return scores
      return strataOf(x).reduce((result, stratum, row) => {
        result[row] += stratum < 0 ? Number.NaN : shifts[stratum]
        return result
      }, scores)
    },

    survival(x, at) {
      const scores = linearPredictors(x)
      const own = strataOf(x)
      const curves = cumulatives(at)
      const result = new Float64Array(x.rows * at.length)
      for (let i = 0; i < x.rows; i++) {
        const cumulative = curves[own[i]]
        const ratio = Math.exp(scores[i])
        for (let t = 0; t < at.length; t++)
          result[i * at.length + t] = !cumulative
            ? Number.NaN
            : cumulative[t] === 0
              ? 1
              : Math.exp(-cumulative[t] * ratio)
      }
      return result
    },

    band(x, row, at, level) {
      const stratum = strataOf(x)[row]
      const quantile = criticalValue(level)
      const low = new Float64Array(at.length).fill(stratum < 0 ? Number.NaN : 1)
      const high = low.slice()
      if (stratum < 0) return { low, high }
      let score = 0
      for (let column = 0; column < count; column++)
        score += coefficients[column] * (x.data[column * x.rows + row] - origin[column])
      const ratio = Math.exp(score)
      const direction = new Float64Array(size)
      let step = -1
      for (let t = 0; t < at.length; t++) {
        const now = stepOf(stratum, at[t])
        if (now < 0) continue
        if (now === step) {
          low[t] = low[t - 1]
          high[t] = high[t - 1]
          continue
        }
        step = now
        meansAt(
          { hazard, knots, means: riskMeans },
          size,
          now,
          direction,
          knotOffsets[stratum],
          knotOffsets[stratum + 1],
        )
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
}

/** A stratum without an event has no hazard to take the log of: its score lies well below every other's. */
const eventless = -20

const shiftsOf = (times: Float64Array, hazard: Float64Array, offsets: Uint32Array): Float64Array => {
  const strata = Array.from({ length: offsets.length - 1 }, (_, index) => index)
  const sorted = times.slice().sort()
  let at = sorted[Math.floor((sorted.length - 1) / 2)]
  for (const index of strata) if (offsets[index + 1] > offsets[index]) at = Math.max(at, times[offsets[index]])
  const cumulative = strata.map((index) => {
    const own = times.subarray(offsets[index], offsets[index + 1])
    return own.length === 0 ? 0 : hazard[offsets[index] + stepIndex(own, at)]
  })
  const positive = cumulative.filter((value) => value > 0)
  const middle = positive.reduce((sum, value) => sum + value, 0) / positive.length
  return Float64Array.from(cumulative, (value) => (value > 0 ? Math.log(value / middle) : eventless))
}
