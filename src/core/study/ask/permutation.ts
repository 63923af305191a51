import type { Estimate } from '../../../contract/values.ts'
import { compareModels } from '../../assess/compare.ts'
import { type Matrix, type Outcome, takeMatrixRows, takeOutcomeRows } from '../../cohort/matrix.ts'
import { permutationImportance, sampleForPermutation } from '../../explain/permutation.ts'
import type { Predictor } from '../../learn/learner.ts'
import { lowerIsBetter } from '../tasks/assessment.ts'

/** What compareModels takes of a matrix: of survival the risk alone, as rank metrics need no curves. */
const comparedOf = (predictor: Predictor, x: Matrix) => {
  if (predictor.task === 'diagnosis') {
    const probabilities = predictor.probabilities(x)
    return { task: 'diagnosis' as const, classes: probabilities.length / x.rows, probabilities }
  }
  if (predictor.task === 'regression') return { task: 'regression' as const, values: predictor.values(x) }
  const none = new Float64Array(0)
  return { task: 'survival' as const, times: none, risk: predictor.risk(x), survival: none }
}

const repeats = 5
/** Fewer rows have no rank to speak of. */
const leastRows = 10

/**
 * What each feature is worth on rows the model did not learn from: the mean loss of the metric when the feature is
 * dealt anew among up to 500 of them, five times, with 1.96 standard deviations over the repeats about it; above 0: the
 * model needs it. A feature of `used` each; `x.source` indexes them.
 */
export const permutationOf = (
  predictor: Predictor,
  x: Matrix,
  outcome: Outcome,
  metric: string,
  used: number,
  seed: number,
): Estimate[] => {
  if (x.rows < leastRows) return Array.from({ length: used }, () => ({ value: null, low: null, high: null }))
  const drawn = sampleForPermutation(x.rows, seed)
  const sample = takeMatrixRows(x, drawn)
  const truth = takeOutcomeRows(outcome, drawn)
  const whole = comparedOf(predictor, sample)
  const sign = lowerIsBetter(metric) ? -1 : 1
  const loss = (dealt: Matrix) =>
    sign *
    (compareModels(metric, whole, comparedOf(predictor, dealt), truth, seed, { replicates: 0 }).value ?? Number.NaN)
  const { mean, sd } = permutationImportance(sample, used, loss, repeats, seed)
  return Array.from(mean, (value, feature) => {
    if (!Number.isFinite(value)) return { value: null, low: null, high: null }
    const half = 1.96 * (Number.isFinite(sd[feature]) ? sd[feature] : 0)
    return { value, low: value - half, high: value + half }
  })
}

/** Means over folds, a feature each, by name; with the means of the bounds. */
export const meanOverFolds = (folds: readonly ReadonlyMap<string, Estimate>[]): Map<string, Estimate> => {
  const names = new Set(folds.flatMap((fold) => [...fold.keys()]))
  return new Map(
    [...names].map((name) => {
      const found = folds.flatMap((fold) => fold.get(name) ?? []).filter(({ value }) => value !== null)
      const mean = (pick: (estimate: Estimate) => number | null) =>
        found.length === 0 ? null : found.reduce((sum, one) => sum + (pick(one) ?? 0), 0) / found.length
      return [name, { value: mean((one) => one.value), low: mean((one) => one.low), high: mean((one) => one.high) }]
    }),
  )
}
