import type { StudyDesign } from '../../../contract/design.ts'
import { invalidInput, issue } from '../../../contract/errors.ts'
import type { Task } from '../../../contract/values.ts'
import { classFigures } from '../../assess/classes.ts'
import { harrellConcordance, unoConcordance } from '../../assess/concordance.ts'
import { censoringCurve } from '../../assess/kaplanMeier.ts'
import { orderOf, weightedArea } from '../../assess/ranking.ts'
import { risksAt, weightsAt } from '../../assess/survival.ts'
import { causesOf } from '../../cohort/curves/aalenJohansen.ts'
import type { Outcome } from '../../cohort/matrix.ts'
import type { Predictions } from '../../learn/predictions.ts'
import { lowerIsBetter } from '../tasks/assessment.ts'

const names: Record<Task, readonly string[]> = {
  diagnosis: ['logLoss', 'auroc', 'brier', 'accuracy', 'balancedAccuracy', 'f1'],
  survival: ['brier', 'harrellC', 'unoC', 'auc'],
  regression: ['rmse', 'mae', 'r2'],
}
export const higherIsBetter = (metric: string): boolean => !lowerIsBetter(metric)

/** The metric that settings and learners are chosen by; throws `invalidInput` for one that the task does not have. */
export const searchMetric = ({ tuning, outcome }: StudyDesign): string => {
  const known = names[outcome.task]
  const { metric } = tuning
  // A rule that only ranks would let a penalty grow until every patient has the same risk.
  if (metric === null) return outcome.task === 'survival' && outcome.entry ? 'harrellC' : known[0]
  if (known.includes(metric)) return metric
  throw invalidInput('unknownMetric', { metric, task: outcome.task, known }, [
    issue('tuning.metric', 'mustBeOneOf', { known }),
  ])
}

/** Metrics that need survival predicted at the horizon, besides risk scores. */
export const needsHorizon = (metric: string): boolean => metric === 'auc' || metric === 'brier'

/** One metric of predictions; NaN where the rows do not define it. */
export const scoreOf = (metric: string, predictions: Predictions, outcome: Outcome, horizon: number | null): number => {
  if (predictions.task === 'diagnosis' && outcome.task === 'diagnosis')
    return classFigures(outcome.y, predictions.probabilities, predictions.classes)(null)[metric]
  if (predictions.task === 'regression' && outcome.task === 'regression')
    return valueScore(metric, outcome.y, predictions.values)
  if (predictions.task !== 'survival' || outcome.task !== 'survival')
    throw new TypeError('predictions and outcome are of different tasks')
  const { time, event, competing = null, entry } = outcome
  if (metric === 'harrellC') return harrellConcordance(outcome, predictions.risk).value
  if (metric === 'unoC')
    return unoConcordance({ time, event, competing }, predictions.risk, Number.POSITIVE_INFINITY, null).value
  // Weights for censoring are not defined where rows enter late.
  if (entry) return Number.NaN
  const at = horizon as number
  const { cases, weights } = weightsAt(time, event, at, censoringCurve(time, causesOf(event, competing)), competing)
  const risks = risksAt({ ...predictions, time }, at)
  if (metric === 'auc') return weightedArea(cases, risks, orderOf(risks), weights)
  return risks.reduce((sum, risk, row) => sum + weights[row] * (cases[row] - risk) ** 2, 0) / time.length
}

const valueScore = (metric: string, y: Float64Array, values: Float64Array): number => {
  const mean = y.reduce((sum, value) => sum + value, 0) / y.length
  let [squares, absolute, spread] = [0, 0, 0]
  for (let row = 0; row < y.length; row++) {
    squares += (y[row] - values[row]) ** 2
    absolute += Math.abs(y[row] - values[row])
    spread += (y[row] - mean) ** 2
  }
  if (metric === 'rmse') return Math.sqrt(squares / y.length)
  return metric === 'mae' ? absolute / y.length : 1 - squares / spread
}
