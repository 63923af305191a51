import type { StudyDesign } from '../../../contract/design.ts'
import { BedsideError, sentenceIn } from '../../../contract/errors.ts'
import type { Metrics } from '../../../contract/models.ts'
import type { Spoken } from '../../../contract/say.ts'
import type { Learner } from '../../learn/learner.ts'
import { completeParameters } from '../../learn/parameters.ts'
import { joinPredictions } from '../ask/reference.ts'
import { assessPredictions } from '../tasks/assessment.ts'
import type { Settled } from '../tune/settle.ts'
import type { FittedModel, Fitting, Predicted } from './fitting.ts'

export interface CrossValidated {
  folds: { fold: number; metrics: Metrics }[]
  /** Predictions of every development row by a model that did not see it; null without folds. */
  outOfFold: Predicted | null
  comparatorOutOfFold: Predicted | null
  comparatorProblems: Spoken[]
}

interface Plan {
  design: StudyDesign
  development: Int32Array
  /** Rows held out by each fold. */
  folds: readonly Int32Array[]
  horizons: number[] | null
  fitting: Fitting
  comparator: Learner | null
  /** Settles learner and parameters on a fold's training rows: a search is part of what is validated. */
  settleOn: (rows: Int32Array, progress: (share: number) => void) => Promise<Settled>
  /** How much of a fold's time the settling takes. */
  settleShare: number
  /** Sees each fold's model with the rows that it did not see. */
  examine: (model: FittedModel, held: Int32Array) => void
  progress: (share: number, detail: Record<string, number>) => void
}

/**
 * Cross-validates everything a design does with training rows: preparation, search, fit. Nothing a fold's held-out rows
 * say reaches the model that predicts them.
 */
export const crossValidate = async (plan: Plan): Promise<CrossValidated> => {
  const { design, development, folds, horizons, fitting, comparator, settleOn, settleShare } = plan
  const metrics: CrossValidated['folds'] = []
  const predicted: Predicted[] = []
  const byComparator: Predicted[] = []
  const comparatorProblems: Spoken[] = []
  for (const [k, held] of folds.entries()) {
    const progress = (share: number, detail: Record<string, number> = {}) =>
      plan.progress((k + share) / folds.length, { ...detail, fold: k + 1, folds: folds.length })
    progress(0)
    const heldSet = new Set(held)
    const training = development.filter((row) => !heldSet.has(row))
    const { learner, parameters } = await settleOn(training, (share) => progress(share * settleShare))
    const left = 1 - settleShare
    const model = await fitting.fit(learner, parameters, training, (share, detail) =>
      progress(settleShare + left * share * 0.8, detail),
    )
    const own = fitting.predict(model, held)
    predicted.push(own)
    plan.examine(model, held)
    const outcome = fitting.outcomeOf(own.rows)
    metrics.push({
      fold: k + 1,
      metrics: assessPredictions(own.predictions, outcome, model.outcome, horizons, design, 0).metrics,
    })
    if (!comparator) continue
    const other = await attempt(async () => {
      const fitted = await fitting.fit(comparator, completeParameters(comparator, {}), training, () => {}, 'comparator')
      return fitting.predict(fitted, held)
    }, comparatorProblems)
    if (other) byComparator.push(other)
  }
  return {
    folds: metrics,
    outOfFold: joined(predicted),
    comparatorOutOfFold: joined(byComparator),
    comparatorProblems,
  }
}

/** A comparator that cannot be fitted does not end the study: what it says is kept. */
export const attempt = async <T>(work: () => Promise<T>, problems: Spoken[]): Promise<T | null> => {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof BedsideError) || error.failure.code === 'cancelled') throw error
    problems.push(sentenceIn(error.failure))
    return null
  }
}

const joined = (parts: readonly Predicted[]): Predicted | null =>
  parts.length === 0
    ? null
    : {
        rows: Int32Array.from(parts.flatMap(({ rows }) => Array.from(rows))),
        predictions: joinPredictions(parts.map(({ predictions }) => predictions)),
      }
