import { stepIndex } from '../../cohort/curves/productLimit.ts'
import type { Matrix } from '../../cohort/matrix.ts'
import type { ModelState, Predictor } from '../learner.ts'
import { checkColumns } from '../linear/design.ts'
import type { FamilyName } from './fitPath.ts'

/** Predicts from the coefficients at the chosen lambda. */
export const predictorOf = ({ header, arrays }: ModelState): Predictor => {
  const family = header.family as FamilyName
  const { coefficients, intercepts, means, present } = arrays as Record<string, Float64Array> & { present: Int32Array }
  const columns = means.length
  const blocks = intercepts.length

  const scores = (x: Matrix, block: number): Float64Array => {
    checkColumns(x, columns)
    const eta = new Float64Array(x.rows).fill(intercepts[block])
    for (let column = 0; column < columns; column++) {
      const coefficient = coefficients[block * columns + column]
      if (coefficient === 0) continue
      const origin = family === 'cox' ? means[column] : 0
      for (let i = 0; i < x.rows; i++) eta[i] += coefficient * (x.data[column * x.rows + i] - origin)
    }
    return eta
  }
  /** (x - mean) * coefficient of each column, `share(block)` of each block. */
  const parts = (x: Matrix, share: (block: number) => number) => {
    checkColumns(x, columns)
    const values = new Float64Array(x.rows * columns)
    let baseline = 0
    for (let block = 0; block < blocks; block++) {
      baseline += share(block) * intercepts[block]
      for (let column = 0; column < columns; column++) {
        const coefficient = share(block) * coefficients[block * columns + column]
        if (coefficient === 0) continue
        if (family !== 'cox') baseline += coefficient * means[column]
        for (let i = 0; i < x.rows; i++)
          values[i * columns + column] += coefficient * (x.data[column * x.rows + i] - means[column])
      }
    }
    return { baseline, values }
  }

  if (family === 'gaussian')
    return {
      task: 'regression',
      values: (x) => scores(x, 0),
      contributions: (x) => ({ ...parts(x, () => 1), scale: 'value' }),
    }
  if (family === 'poisson') return { task: 'regression', values: (x) => scores(x, 0).map(Math.exp) }
  if (family === 'cox') {
    const times = arrays.times as Float64Array
    const hazard = arrays.hazard as Float64Array
    const risk = (x: Matrix) => scores(x, 0)
    return {
      task: 'survival',
      times,
      risk,
      survival(x, at) {
        const cumulative = Float64Array.from(at, (time) => {
          const step = stepIndex(times, time)
          return step < 0 ? 0 : hazard[step]
        })
        const ratios = risk(x).map(Math.exp)
        const result = new Float64Array(x.rows * at.length)
        for (let i = 0; i < x.rows; i++)
          for (let t = 0; t < at.length; t++)
            result[i * at.length + t] = cumulative[t] === 0 ? 1 : Math.exp(-cumulative[t] * ratios[i])
        return result
      },
      contributions: (x) => ({ ...parts(x, () => 1), scale: 'logHazard' }),
    }
  }

  const classes = header.classes as string[]
  return {
    task: 'diagnosis',
    probabilities(x) {
      const result = new Float64Array(x.rows * classes.length)
      if (family === 'binomial') {
        const eta = scores(x, 0)
        for (let i = 0; i < x.rows; i++) {
          const e = Math.exp(-Math.abs(eta[i]))
          const [larger, smaller] = [1 / (1 + e), e / (1 + e)]
          result[i * classes.length + present[0]] = eta[i] > 0 ? smaller : larger
          result[i * classes.length + present[1]] = eta[i] > 0 ? larger : smaller
        }
        return result
      }
      const etas = Array.from({ length: blocks }, (_, block) => scores(x, block))
      for (let i = 0; i < x.rows; i++) {
        const largest = Math.max(...etas.map((eta) => eta[i]))
        let sum = 0
        for (const eta of etas) sum += Math.exp(eta[i] - largest)
        etas.forEach((eta, block) => {
          result[i * classes.length + present[block]] = Math.exp(eta[i] - largest) / sum
        })
      }
      return result
    },
    contributions(x, target) {
      if (!('class' in target)) throw new TypeError('elasticNet explains a class')
      const index = present.indexOf(target.class)
      // As logistic regression: a class that no training row had, at the log odds of machine epsilon.
      if (index < 0)
        return { baseline: Math.log(Number.EPSILON), values: new Float64Array(x.rows * columns), scale: 'logOdds' }
      const share =
        family === 'binomial' ? () => (index === 1 ? 1 : -1) : (block: number) => (block === index ? 1 : 0) - 1 / blocks
      return { ...parts(x, share), scale: 'logOdds' }
    },
  }
}
