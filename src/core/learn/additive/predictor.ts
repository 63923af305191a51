import type { Matrix } from '../../cohort/matrix.ts'
import type { LossKind } from '../boosting/losses.ts'
import { type Scored, scoredPredictor } from '../boosting/predictor.ts'
import type { ModelState, Predictor } from '../learner.ts'
import { type LoadedAdditive, unpackTerms, walk } from './state.ts'
import { cellsOf } from './terms.ts'

/** Makes a predictor of an additive model; throws `invalidInput` where the state is none or damaged. */
export const loadAdditive = (state: ModelState): Predictor => {
  const model = unpackTerms(state)
  const { task, loss, classes } = state.header
  return scoredPredictor(scoredBy(model), {
    task: task as Predictor['task'],
    loss: loss as LossKind,
    classes: Array.isArray(classes) ? classes.length : 0,
    baseline: model.baseline,
  })
}

/**
 * A score is the intercept and what each term adds; a pair's share is halved between its columns, as Shapley values
 * are.
 */
const scoredBy = (model: LoadedAdditive): Scored => {
  const { terms, intercept } = model
  const classes = intercept.length
  const counts = terms.map(cellsOf)
  return {
    classes,
    scores(x: Matrix) {
      const scores = new Float64Array(classes * x.rows)
      for (let c = 0; c < classes; c++) scores.fill(intercept[c], c * x.rows, (c + 1) * x.rows)
      walk(model, x, (row, t, cell) => {
        for (let c = 0; c < classes; c++) scores[c * x.rows + row] += terms[t].scores[c * counts[t] + cell]
      })
      return scores
    },
    shares(x: Matrix, of: number) {
      const values = new Float64Array(x.rows * x.columns)
      walk(model, x, (row, t, cell) => {
        const { columns, scores } = terms[t]
        for (const column of columns) values[row * x.columns + column] += scores[of * counts[t] + cell] / columns.length
      })
      return { baseline: intercept[of], values }
    },
  }
}
