import type { Range } from '../../contract/design.ts'
import type { Fit, Parameter } from '../../contract/models.ts'
import type { Task, Text } from '../../contract/values.ts'
import type { Warning } from '../../contract/warnings.ts'
import type { Matrix, MatrixNeeds, Outcome } from '../cohort/matrix.ts'
import type { ModelState } from '../numbers/bytes.ts'
import type { Parallel } from './parallel.ts'

export type { MatrixNeeds } from '../cohort/matrix.ts'
export type { ModelState } from '../numbers/bytes.ts'

/** The learner's parameters by name, complete and checked (see parameters.ts). */
export type Parameters = Record<string, number | string | boolean>

export interface FitContext {
  /** 0 to 2^32 - 1. The same data, parameters and seed give the same state, whatever the number of threads. */
  seed: number
  threads: number
  signal: AbortSignal
  /** Share done, 0 to 1, and what a learning curve shows. Called often; cheap. */
  progress: (share: number, detail?: Record<string, number>) => void
  /**
   * Runs a task of `learn/workers.ts` on a pool of worker threads and returns the results in the order of the inputs.
   * Runs in this thread where the pool has one thread.
   */
  parallel: Parallel
  /** False where nobody reads the fit (folds): tests that change nothing about the model may then be left out. */
  diagnostics?: boolean
}

export interface Fitted {
  state: ModelState
  /** Coefficients and likelihoods on the original scale, where the learner has them. */
  fit: Fit | null
  /**
   * Out-of-bag predictions of the training rows, where the learner has them: class probabilities (row-major, rows x classes),
   * values, or risk scores; NaN rows were never out of bag.
   */
  outOfBag: Float64Array | null
  /** Backend that did the arithmetic, where there is a choice (`wasm`, `tensorflow`, `cpu`). */
  backend: string | null
  warnings: Warning[]
}

/** Predicts from a state; made by `Learner.load`. Matrices have the columns of the training matrix. */
export interface Predictor {
  task: Task
  /** Diagnosis: probabilities, row-major rows x classes, each row summing to 1. */
  probabilities?(x: Matrix): Float64Array
  /** Regression: one value a row. */
  values?(x: Matrix): Float64Array
  /**
   * Analytic interval of each row, where the learner has one: of each class's probability (confidence, rows x classes) or of
   * a new case's value (prediction, one a row).
   */
  interval?(x: Matrix, level: number): { low: Float64Array; high: Float64Array }
  /**
   * Survival: S(t) at ascending times, row-major rows x times. 1 before the first event, flat after the last. Of a model that
   * accounts for competing events: one minus the cumulative incidence of the event of interest.
   */
  survival?(x: Matrix, times: ArrayLike<number>): Float64Array
  /**
   * Survival: time by which `share` will have had the event, of learners whose curve is a formula (AFT); the formula may carry it
   * beyond the follow-up.
   */
  timeOf?(x: Matrix, share: number): Float64Array
  /** Survival: a risk score a row, higher is worse (Cox: linear predictor centred as R's; forest: expected events). */
  risk?(x: Matrix): Float64Array
  /** Times at which the baseline or leaf curves step, ascending; S is constant between them. */
  times?: Float64Array
  /** Standard-error based band of one row's S(t), where the learner has an analytic one (Cox): low and high at `times`. */
  band?(x: Matrix, row: number, times: ArrayLike<number>, level: number): { low: Float64Array; high: Float64Array }
  /**
   * Exact additive shares per matrix column for each row, where the learner has them: linear terms (x - mean) * beta,
   * TreeSHAP. `target`: a class by index, the risk by a time (`horizon`, in the outcome's unit), or the value. Row-major rows x columns. See explain/.
   */
  contributions?(
    x: Matrix,
    target: ContributionTarget,
  ): { baseline: number; values: Float64Array; scale: 'logOdds' | 'logHazard' | 'probability' | 'risk' | 'value' }
  /** Rough count of operations that the contributions of one row take; where too many, views explain by sampling instead. */
  contributionCost?: number
}

export type ContributionTarget = { class: number } | { horizon: number } | { value: true }

/** What a search for good parameters may try. */
export interface SearchSpace {
  /** By parameter: a range (whole numbers for integers; `log`: evenly in its logarithm), or a list of values. */
  ranges: Record<string, Range>
  /** Where one setting is simpler than another: `high` where a larger value is (a penalty), `low` where a smaller one is. */
  simpler: Record<string, 'high' | 'low'>
  /** Values within the ranges that stand for defaults outside (0 for `chosen by itself`); the first setting tried. */
  start?: Parameters
  /** The parameter that says how much work a fit is; successive halving begins with a share of it. Left out: with a share of the rows. */
  effort?: string
}

/**
 * One learner. Every learner answers these few verbs, and `contract.test.ts` runs over all in `learners.ts`: a learner that
 * is not in it does not exist.
 */
export interface Learner {
  id: string
  label: Text
  description: Text
  tasks: readonly Task[]
  parameters: readonly Parameter[]
  needs: MatrixNeeds
  /** Version of the state's format; raised when `load` could no longer read an older one. */
  stateVersion: number
  /**
   * Learns from a matrix. Throws BedsideError `invalidInput` where the data cannot be learned from (one class only, no
   * events, not a single row), `cancelled` where the signal was aborted.
   */
  fit(x: Matrix, outcome: Outcome, parameters: Parameters, context: FitContext, weights?: Float64Array): Promise<Fitted>
  load(state: ModelState): Promise<Predictor>
  /** What a search over the parameters tries for data of this size; left out where there is nothing to search. */
  search?(task: Task, rows: number, columns: number): SearchSpace
  /**
   * Bytes that fitting takes at the most above the matrix itself, all threads together; without it, the study reckons with two
   * more matrices and a quarter of one a thread.
   */
  memory?(rows: number, columns: number, parameters: Parameters): number
}
