import type { StudyDesign } from '../../../contract/design.ts'
import type { Outcome } from '../../cohort/matrix.ts'
import type { ContributionTarget } from '../../learn/learner.ts'
import { mainHorizon } from '../tasks/assessment.ts'

/** What importances and explanations speak of: the positive class, the risk at the main horizon, or the value. */
export const mainTarget = (design: StudyDesign, outcome: Outcome, horizons: number[] | null): ContributionTarget => {
  if (outcome.task === 'diagnosis') return { class: positiveIndex(outcome.classes, design) }
  return outcome.task === 'survival' ? { horizon: mainHorizon(horizons as number[]) } : { value: true }
}

export const positiveIndex = (classes: readonly string[], design: StudyDesign): number => {
  const named = design.outcome.task === 'diagnosis' ? design.outcome.positive : null
  return named === null ? classes.length - 1 : classes.indexOf(named)
}

/** Events among the rows: of survival those seen, of a diagnosis those of the positive class; null of a value. */
export const eventsOf = (outcome: Outcome, design: StudyDesign): number | null => {
  if (outcome.task === 'regression') return null
  if (outcome.task === 'survival') return outcome.event.reduce((total, event) => total + event, 0)
  const positive = positiveIndex(outcome.classes, design)
  return outcome.y.reduce((count, y) => count + (y === positive ? 1 : 0), 0)
}

/** The metric that says what a feature is worth. */
export const rankMetric = (outcome: Outcome): string => {
  if (outcome.task === 'survival') return 'harrellC'
  return outcome.task === 'regression' ? 'rmse' : outcome.classes.length === 2 ? 'auroc' : 'logLoss'
}
