import type { Matrix } from '../cohort/matrix.ts'

/**
 * Predicts from a state; made by `Learner.load`. Matrices have the columns of the training matrix. A union on the task:
 * what a task has is there, and nothing of another.
 */
export type Predictor = ClassPredictor | ValuePredictor | SurvivalPredictor

export interface ClassPredictor extends Explained {
  task: 'diagnosis'
  /** Probabilities, row-major rows x classes, each row summing to 1. */
  probabilities(x: Matrix): Float64Array
  /** Analytic confidence interval of each class's probability, rows x classes, where the learner has one. */
  interval?(x: Matrix, level: number): Band
}

export interface ValuePredictor extends Explained {
  task: 'regression'
  /** One value a row. */
  values(x: Matrix): Float64Array
  /** Analytic prediction interval of a new case's value, one a row, where the learner has one. */
  interval?(x: Matrix, level: number): Band
}

export interface SurvivalPredictor extends Explained {
  task: 'survival'
  /**
   * S(t) at ascending times, row-major rows x times. 1 before the first event, flat after the last. Of a model that
   * accounts for competing events: one minus the cumulative incidence of the event of interest.
   */
  survival(x: Matrix, times: ArrayLike<number>): Float64Array
  /** A risk score a row, higher is worse (Cox: linear predictor centred as R's; forest: expected events). */
  risk(x: Matrix): Float64Array
  /** Times at which the baseline or leaf curves step, ascending; S is constant between them. */
  times?: Float64Array
  /**
   * Time by which `share` will have had the event, of learners whose curve is a formula (AFT); the formula may carry it
   * beyond the follow-up.
   */
  timeOf?(x: Matrix, share: number): Float64Array
  /** Standard-error based band of one row's S(t) at `times`, where the learner has an analytic one (Cox). */
  band?(x: Matrix, row: number, times: ArrayLike<number>, level: number): Band
}

export interface Band {
  low: Float64Array
  high: Float64Array
}

interface Explained {
  /**
   * Exact additive shares per matrix column for each row, where the learner has them: linear terms (x - mean) * beta,
   * TreeSHAP. `target`: a class by index, the risk by a time (`horizon`, in the outcome's unit), or the value.
   * Row-major rows x columns. See explain/.
   */
  contributions?(
    x: Matrix,
    target: ContributionTarget,
  ): { baseline: number; values: Float64Array; scale: 'logOdds' | 'logHazard' | 'probability' | 'risk' | 'value' }
  /**
   * Rough count of operations that the contributions of one row take; where too many, views explain by sampling
   * instead.
   */
  contributionCost?: number
}

export type ContributionTarget = { class: number } | { horizon: number } | { value: true }

/**
 * The predictor as one of a task. Throws TypeError where it is of another: a header and its state do not belong
 * together.
 */
const ofTask =
  <T extends Predictor['task']>(task: T) =>
  (predictor: Predictor): Extract<Predictor, { task: T }> => {
    if (predictor.task !== task) throw new TypeError(`a predictor of ${predictor.task} was asked for ${task}`)
    return predictor as Extract<Predictor, { task: T }>
  }

export const classPredictor = ofTask('diagnosis')
export const valuePredictor = ofTask('regression')
export const survivalPredictor = ofTask('survival')
