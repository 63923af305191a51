import type { Fit } from '../../../contract/models.ts'
import { productLimit, survivalAt } from '../../cohort/curves/productLimit.ts'
import { alignTimes, alignWithEntry } from '../../cohort/curves/times.ts'
import { chiSquareTail } from '../../numbers/distributions.ts'
import { factorSymmetric, solveFactored } from '../../numbers/solve.ts'
import { likelihoodOf, type Prepared, type Ties } from './partialLikelihood.ts'
import type { SurvivalRows } from './rows.ts'

type Proportionality = NonNullable<Fit['proportionality']>

/**
 * Score test of proportional hazards: would adding x_j g(t) to the model raise its likelihood? g(t) = 1 - S(t-), S the
 * Kaplan-Meier curve of all rows. As R's `cox.zph` from survival 3 on (Grambsch & Therneau 1994 made exact): the
 * columns of one feature are tested together, then all. `features`: the feature of each column; `names`: what each
 * feature is called.
 */
export const testProportionality = (
  data: Prepared,
  beta: Float64Array,
  ties: Ties,
  rows: SurvivalRows,
  features: readonly number[],
  names: (feature: number) => string,
): Proportionality | null => {
  const { size } = data
  const g = timeOf(data, rows)
  const at = likelihoodOf(ties)
  const plain = at(data, beta).information
  const once = at(data, beta, g)
  const twice = at(
    data,
    beta,
    g.map((value) => value * value),
  ).information

  const test = (columns: number[]) => {
    const width = size + columns.length
    const information = new Float64Array(width * width)
    const score = new Float64Array(width)
    const lower = (from: Float64Array, a: number, b: number) => (a >= b ? from[a * size + b] : from[b * size + a])
    for (let a = 0; a < size; a++) for (let b = 0; b <= a; b++) information[a * width + b] = plain[a * size + b]
    columns.forEach((column, k) => {
      score[size + k] = once.gradient[column]
      for (let b = 0; b < size; b++) information[(size + k) * width + b] = lower(once.information, column, b)
      for (let l = 0; l <= k; l++) information[(size + k) * width + size + l] = lower(twice, column, columns[l])
    })
    const step = score.slice()
    if (factorSymmetric(information, width, 1e-14) < width) return null
    solveFactored(information, width, step)
    let chisq = 0
    for (let j = size; j < width; j++) chisq += step[j] * score[j]
    return { chisq, df: columns.length, p: chiSquareTail(chisq, columns.length) }
  }

  const tests = [...new Set(features)].flatMap((feature) => {
    const found = test(Array.from({ length: size }, (_, j) => j).filter((j) => features[j] === feature))
    return found ? [{ term: names(feature), ...found }] : []
  })
  const global = test(Array.from({ length: size }, (_, j) => j))
  return global ? { transform: 'km', tests, global } : null
}

/**
 * g of each group's time, less its mean over events: 1 - S(t-) of the unweighted Kaplan-Meier curve of all strata
 * together.
 */
const timeOf = ({ times, deaths }: Prepared, { time, event, entry }: SurvivalRows): Float64Array => {
  const [aligned, entered] = entry ? alignWithEntry(time, entry) : [alignTimes(time), null]
  const curve = productLimit({ time: aligned, entry: entered, event: (row) => event[row] === 1 })
  const g = times.map((at) => 1 - survivalAt(curve, at, true))
  let sum = 0
  let count = 0
  for (let group = 0; group < times.length; group++) {
    sum += deaths[group] * g[group]
    count += deaths[group]
  }
  return g.map((value) => value - sum / count)
}
