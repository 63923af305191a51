import type { Estimate } from '../../contract/values.ts'
import { causesOf } from '../cohort/curves/aalenJohansen.ts'
import { survivalAt } from '../cohort/curves/productLimit.ts'
import { classFigures } from './classes.ts'
import { harrellConcordance, unoConcordance, varianceOf } from './concordance.ts'
import { bootstrap, estimateOf, replicatesOf, waldEstimate } from './intervals.ts'
import { censoringCurve } from './kaplanMeier.ts'
import { delongVariance, orderOf, placementsOf, weightedArea } from './ranking.ts'
import { risksAt, weightsAt } from './survival.ts'

/** Predictions of one model for the rows compared. `survival` is row-major rows x times. */
export type ComparedPredictions =
  | { task: 'diagnosis'; classes: number; probabilities: Float64Array }
  | { task: 'regression'; values: Float64Array }
  | { task: 'survival'; times: Float64Array; risk: Float64Array; survival: Float64Array }

export type ComparedOutcome =
  | { task: 'diagnosis'; y: Int32Array }
  | { task: 'regression'; y: Float64Array }
  | {
      task: 'survival'
      time: Float64Array
      event: ArrayLike<number>
      competing?: ArrayLike<number> | null
      entry?: ArrayLike<number> | null
      cluster?: ArrayLike<number> | null
    }

export interface CompareOptions {
  /** Survival's `auc` and `brier` stand at it; required for these. */
  horizon?: number
  /** Events after it do not count in `unoC`; default: the last time predicted for. */
  tau?: number
  /** Rows the censoring weights come from; default: the rows compared. */
  training?: { time: ArrayLike<number>; event: ArrayLike<number>; competing?: ArrayLike<number> | null } | null
  replicates?: number
}

/**
 * The difference of a metric, first model less second, on the same rows, with a 95% interval that knows they are the
 * same
 * rows: DeLong's for the AUROC of two classes, the infinitesimal jackknife for Harrell's and Uno's C (as
 * survival::concordance of two fits), the paired bootstrap for the rest. Null where the rows do not define the metric.
 * Metrics: auroc, aurocOneVersusRest, brier, logLoss, accuracy, balancedAccuracy, f1 (mean over classes); rmse, mae,
 * r2; harrellC, unoC, auc, brier. Throws TypeError for another metric.
 */
export const compareModels = (
  metric: string,
  first: ComparedPredictions,
  second: ComparedPredictions,
  outcome: ComparedOutcome,
  seed: number,
  options: CompareOptions = {},
): Estimate => {
  const { replicates = 500 } = options
  if (first.task === 'diagnosis' && second.task === 'diagnosis' && outcome.task === 'diagnosis') {
    if (metric === 'auroc' && first.classes === 2)
      return compareAreas(first.probabilities, second.probabilities, outcome.y)
    const mine = classFigures(outcome.y, first.probabilities, first.classes)
    const other = classFigures(outcome.y, second.probabilities, second.classes)
    return resampled(
      outcome.y.length,
      replicates,
      seed,
      (counts) => known(mine(counts), metric) - known(other(counts), metric),
    )
  }
  if (first.task === 'regression' && second.task === 'regression' && outcome.task === 'regression') {
    const { y } = outcome
    return resampled(
      y.length,
      replicates,
      seed,
      (counts) => valueFigure(metric, y, first.values, counts) - valueFigure(metric, y, second.values, counts),
    )
  }
  if (first.task === 'survival' && second.task === 'survival' && outcome.task === 'survival')
    return compareSurvival(metric, first, second, outcome, seed, { ...options, replicates })
  throw new TypeError('predictions and outcome are of different tasks')
}

const resampled = (
  rows: number,
  replicates: number,
  seed: number,
  difference: (counts: Int32Array | null) => number,
): Estimate => {
  const intervals = replicatesOf()
  bootstrap(rows, replicates, seed, (counts) => intervals.add('difference', difference(counts)))
  return intervals.estimate('difference', difference(null))
}

const known = (figures: Record<string, number>, metric: string): number => {
  const value = figures[metric]
  if (value === undefined) throw new TypeError(`no comparison by ${metric}`)
  return value
}

const compareAreas = (first: Float64Array, second: Float64Array, y: Int32Array): Estimate => {
  const scoreOf = (probabilities: Float64Array) => Float64Array.from(y, (_, row) => probabilities[row * 2 + 1])
  const mine = placementsOf(y, scoreOf(first))
  const other = placementsOf(y, scoreOf(second))
  return waldEstimate(mine.area - other.area, Math.sqrt(delongVariance(y, mine, other)), -1, 1)
}

const valueFigure = (metric: string, y: Float64Array, values: Float64Array, counts: Int32Array | null): number => {
  let [squares, absolute, sum, sumSquares] = [0, 0, 0, 0]
  for (let row = 0; row < y.length; row++) {
    const weight = counts ? counts[row] : 1
    squares += weight * (y[row] - values[row]) ** 2
    absolute += weight * Math.abs(y[row] - values[row])
    sum += weight * y[row]
    sumSquares += weight * y[row] * y[row]
  }
  const spread = sumSquares - (sum * sum) / y.length
  const figures = {
    rmse: Math.sqrt(squares / y.length),
    mae: absolute / y.length,
    r2: spread > 0 ? 1 - squares / spread : Number.NaN,
  }
  return known(figures, metric)
}

type Survival = Extract<ComparedPredictions, { task: 'survival' }>

const compareSurvival = (
  metric: string,
  first: Survival,
  second: Survival,
  outcome: Extract<ComparedOutcome, { task: 'survival' }>,
  seed: number,
  { horizon, tau, training = null, replicates = 500 }: CompareOptions,
): Estimate => {
  const { time, event, competing = null, entry, cluster } = outcome
  if (metric === 'harrellC' || metric === 'unoC') {
    const until = tau ?? first.times[first.times.length - 1] ?? Number.POSITIVE_INFINITY
    const of = (risk: Float64Array) =>
      metric === 'harrellC'
        ? harrellConcordance(outcome, risk)
        : unoConcordance({ time, event, competing }, risk, until, training)
    const mine = of(first.risk)
    const other = of(second.risk)
    const between = mine.influence.map((value, row) => value - other.influence[row])
    return waldEstimate(mine.value - other.value, Math.sqrt(varianceOf(between, cluster)), -1, 1)
  }
  if ((metric !== 'auc' && metric !== 'brier') || horizon === undefined)
    throw new TypeError(`no comparison by ${metric}${horizon === undefined ? ' without a horizon' : ''}`)
  if (entry) return estimateOf(Number.NaN)
  const at = horizon
  const from = training ?? outcome
  const censoring = censoringCurve(from.time, causesOf(from.event, from.competing))
  if (!(survivalAt(censoring, at) > 0) || !time.some((one) => one >= at)) return estimateOf(Number.NaN)
  const { cases, weights } = weightsAt(time, event, at, censoring, competing)
  const figureOf = (model: Survival) => {
    const risks = risksAt({ ...model, time }, at)
    const order = orderOf(risks)
    return (counts: Int32Array | null) => {
      const drawn = counts ? weights.map((weight, row) => weight * counts[row]) : weights
      if (metric === 'auc') return weightedArea(cases, risks, order, drawn)
      let sum = 0
      for (let row = 0; row < time.length; row++) sum += drawn[row] * (cases[row] - risks[row]) ** 2
      return sum / time.length
    }
  }
  const mine = figureOf(first)
  const other = figureOf(second)
  return resampled(time.length, replicates, seed, (counts) => mine(counts) - other(counts))
}
