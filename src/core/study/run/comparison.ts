import type { StudyDesign } from '../../../contract/design.ts'
import type { Assessment } from '../../../contract/models.ts'
import { compareModels } from '../../assess/compare.ts'
import type { Outcome } from '../../cohort/matrix.ts'
import { assessPredictions, headlineOf, lowerIsBetter, takePredictions } from '../tasks/assessment.ts'
import { type Predicted, positionsOf } from './fitting.ts'
import type { StudyResult } from './result.ts'

interface Compared {
  mine: Predicted
  other: Predicted
  /** The model's assessment; its headline metric is what is compared. */
  assessment: Assessment
  /** Of the rows the model learned from. */
  training: Outcome
  outcomeOf: (rows: Int32Array) => Outcome
  horizons: number[] | null
  design: StudyDesign
  /** Id of the comparator. */
  learner: string
}

/** Holds the comparator against the model on the rows that both predict. */
export const compareOn = ({
  mine,
  other,
  assessment,
  training,
  outcomeOf,
  horizons,
  design,
  learner,
}: Compared): { assessment: Assessment; summary: NonNullable<StudyResult['comparator']> } => {
  const others = new Set(other.rows)
  const shared = mine.rows.filter((row) => others.has(row))
  const left = takePredictions(mine.predictions, positionsOf(mine.rows, shared))
  const right = takePredictions(other.predictions, positionsOf(other.rows, shared))
  const outcome = outcomeOf(shared)
  const otherAssessment = assessPredictions(right, outcome, training, horizons, design, 200)
  const metric = headlineOf(assessment, design.outcome.task)
  const difference = compareModels(metric, left, right, outcome, design.seed)
  const beats = lowerIsBetter(metric) ? (difference.high ?? 0) < 0 : (difference.low ?? 0) > 0
  return {
    assessment: otherAssessment,
    summary: { learner, metric, estimate: otherAssessment.metrics[metric], difference, beats },
  }
}
