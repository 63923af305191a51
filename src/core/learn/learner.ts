import type { Range, StudyDesign } from '../../contract/design.ts'
import type { Effect, Fit, LearnerFamily, Parameter } from '../../contract/models.ts'
import type { Task } from '../../contract/values.ts'
import type { Warning } from '../../contract/warnings.ts'
import type { Matrix, MatrixNeeds, Outcome } from '../cohort/matrix.ts'
import type { ModelState } from '../numbers/bytes.ts'
import type { Parallel } from './parallel.ts'
import type { Predictor } from './predictor.ts'

export type { MatrixNeeds } from '../cohort/matrix.ts'
export type { ModelState } from '../numbers/bytes.ts'
export type { ContributionTarget, Predictor } from './predictor.ts'

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
   * Out-of-bag predictions of the training rows, where the learner has them: class probabilities (row-major, rows x
   * classes), values, or risk scores; NaN rows were never out of bag.
   */
  outOfBag: Float64Array | null
  /** Backend that did the arithmetic, where there is a choice (`wasm`, `tensorflow`, `cpu`). */
  backend: string | null
  warnings: Warning[]
}

/** What a search for good parameters may try. */
export interface SearchSpace {
  /** By parameter: a range (whole numbers for integers; `log`: evenly in its logarithm), or a list of values. */
  ranges: Record<string, Range>
  /**
   * Where one setting is simpler than another: `high` where a larger value is (a penalty), `low` where a smaller one
   * is.
   */
  simpler: Record<string, 'high' | 'low'>
  /** Values within the ranges that stand for defaults outside (0 for `chosen by itself`); the first setting tried. */
  start?: Parameters
  /**
   * The parameter that says how much work a fit is; successive halving begins with a share of it. Left out: with a
   * share of the rows.
   */
  effort?: string
}

/**
 * One learner. Every learner answers these few verbs, and `contract.test.ts` runs over all in `learners.ts`: a learner
 * that is not in it does not exist.
 */
export interface Learner {
  id: string
  tasks: readonly Task[]
  parameters: readonly Parameter[]
  needs: MatrixNeeds
  /** What it is among others: how lists group it. */
  family: LearnerFamily
  /** How its exact contributions come about, where it has them (`Predictor.contributions`); left out: `exact`. */
  explains?: 'linear' | 'linearScaled' | 'treeShap' | 'additive'
  /** What a coefficient is, or exp(coefficient) where it is a ratio; left out: it has none. */
  effect?(task: Task, parameters: Parameters): Effect
  /** Whether it is the plain regression that models of this outcome are compared with: one learner an outcome. */
  comparator?(outcome: StudyDesign['outcome']): boolean
  /** `auto` holds it against the comparator: in this order, from simple to complex, and from so many rows on. */
  auto?: { order: number; rows: number }
  /** Whether its curves can be read and changed by hand (`study/inspect/terms.ts`). */
  curves?: true
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
   * Bytes that fitting takes at the most above the matrix itself, all threads together; without it, the study reckons
   * with two more matrices and a quarter of one a thread.
   */
  memory?(rows: number, columns: number, parameters: Parameters): number
}
