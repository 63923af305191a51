import type { FittedModel, Predicted } from './fitting.ts'

/**
 * What a forest's trees say of the rows they did not draw, for rows that some tree left out: an honest assessment where
 * neither rows nor folds were held out. Null where the learner has none, or of survival, where only risks are known and
 * no curves.
 */
export const outOfBagPredictions = ({ fitted, outcome, rows }: FittedModel): Predicted | null => {
  const { outOfBag } = fitted
  if (!outOfBag || outcome.task === 'survival') return null
  const width = outOfBag.length / rows.length
  const kept = Int32Array.from(rows.keys()).filter((at) => !Number.isNaN(outOfBag[at * width]))
  if (kept.length === 0) return null
  const values = new Float64Array(kept.length * width)
  kept.forEach((at, i) => {
    values.set(outOfBag.subarray(at * width, (at + 1) * width), i * width)
  })
  return {
    rows: Int32Array.from(kept, (at) => rows[at]),
    predictions:
      outcome.task === 'diagnosis'
        ? { task: 'diagnosis', classes: width, probabilities: values }
        : { task: 'regression', values },
  }
}
