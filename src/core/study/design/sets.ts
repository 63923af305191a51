import type { Estimate } from '../../../contract/values.ts'
import { measureClassCoverage, measureValueCoverage } from '../../assess/conformal.ts'
import type { Outcome } from '../../cohort/matrix.ts'
import type { Predictions } from '../../learn/predictions.ts'

export const setLevel = 0.9

/**
 * Measured coverage of the model's prediction sets (classes) or intervals (values) on rows it has not seen; else null.
 */
export const setCoverageOf = (predictions: Predictions, outcome: Outcome, seed: number): Estimate | null => {
  if (predictions.task === 'diagnosis' && outcome.task === 'diagnosis')
    return (
      measureClassCoverage(predictions.probabilities, outcome.y, predictions.classes, seed, { level: setLevel })
        ?.coverage ?? null
    )
  if (predictions.task === 'regression' && outcome.task === 'regression')
    return measureValueCoverage(predictions.values, outcome.y, seed, setLevel)?.coverage ?? null
  return null
}
