import type { StudyDesign } from '../../../contract/design.ts'
import { cancelled } from '../../../contract/errors.ts'
import type { Concept } from '../../../contract/values.ts'
import { type Matrix, type Outcome, takeOutcomeRows } from '../../cohort/matrix.ts'
import type { Preparation } from '../../cohort/prepare/preparation.ts'
import { applyPreparation, prepareTraining } from '../../cohort/prepare/prepare.ts'
import type { Table } from '../../cohort/table.ts'
import { fitComposite, loadState } from '../../learn/composite.ts'
import type { Fitted, Learner, Parameters, Predictor } from '../../learn/learner.ts'
import type { Parallel } from '../../learn/parallel.ts'
import type { Predictions } from '../../learn/predictions.ts'
import type { Cases } from '../design/cases.ts'
import { caseWeights } from '../design/weights.ts'
import { predictionsOf } from '../tasks/assessment.ts'
import { type Memo, rememberFit } from './memo.ts'

export interface FittedModel {
  learner: Learner
  parameters: Parameters
  preparation: Preparation
  /** Rows of the table that stayed after the missing-value policy, with their matrix and outcome. */
  rows: Int32Array
  matrix: Matrix
  outcome: Outcome
  fitted: Fitted
  predictor: Predictor
}

/** Predictions of table rows, in their order. */
export interface Predicted {
  rows: Int32Array
  predictions: Predictions
}

export type Progress = (share: number, detail?: Record<string, number>) => void

interface FittingContext {
  signal: AbortSignal
  threads: number
  parallel: Parallel
  /** Finished fits of an earlier attempt at the same run, where that was interrupted. */
  memo?: Memo
}

/** Rows of a table prepared for one learner: what it is fitted on. */
export interface TrainingSet {
  preparation: Preparation
  rows: Int32Array
  /** One, or one per completed data set. */
  matrices: Matrix[]
  outcome: Outcome
  weights?: Float64Array
  balanced: boolean
}

export interface Fitting {
  outcomeOf(rows: Int32Array): Outcome
  /**
   * Fits the preparation for a learner and makes its matrix. `comparator`: only what every model on these rows shares;
   * `parameters`: all terms, with gaps filled the cheap way, to look at the columns only.
   */
  prepare(learner: Pick<Learner, 'needs'>, rows: Int32Array, as?: 'fold' | 'comparator' | 'parameters'): TrainingSet
  /** Other rows as the set's preparation makes them: those the learner is to predict. */
  hold(set: TrainingSet, rows: Int32Array): { rows: Int32Array; matrix: Matrix }
  fit(
    learner: Learner,
    parameters: Parameters,
    rows: Int32Array,
    progress: Progress,
    as?: 'fold' | 'final' | 'comparator',
  ): Promise<FittedModel>
  predict(model: FittedModel, rows: Int32Array): Predicted
  /** The matrix of rows as the model sees them. */
  matrixOf(model: FittedModel, rows: Int32Array): { rows: Int32Array; matrix: Matrix }
}

/**
 * Fits and predicts on rows of one study's table; everything else about the design is settled here, the same for every
 * fold.
 */
export const fittingOf = (
  {
    design,
    table,
    concepts,
    build,
  }: { design: StudyDesign; table: Table; concepts: readonly Concept[]; build?: string },
  cases: Cases,
  horizons: number[] | null,
  context: FittingContext,
): Fitting => {
  const strata = design.outcome.task === 'survival' ? (design.outcome.strata ?? null) : null
  const levelOrder = Object.fromEntries(
    concepts.flatMap(({ name, levels }) => (levels ? [[name, levels.map(({ code }) => code)]] : [])),
  )
  const outcomeOf = (rows: Int32Array) => takeOutcomeRows(cases.outcome, positionsOf(cases.rows, rows))
  const check = () => {
    if (context.signal.aborted) throw cancelled('cancelled')
  }
  const prepare: Fitting['prepare'] = (learner, rows, as = 'fold') => {
    const comparator = as === 'comparator'
    const { missing } = design.preparation
    // Only a comparator can be handed missing values that it cannot take: it fills them in its own way.
    const own = missing === 'native' && !learner.needs.native && as !== 'fold' ? null : missing
    const policy = as === 'parameters' && (own === 'knn' || own === 'chained') ? 'median' : own
    const { preparation, completions } = prepareTraining(table, rows, cases.features, {
      missing: policy,
      needs: learner.needs,
      design: design.preparation,
      strata,
      // The comparator stays the plain regression that it is in every study.
      terms: learner.needs.terms && !comparator ? design.terms : null,
      outcome: outcomeOf(rows),
      seed: design.seed,
      levelOrder,
    })
    const kept = completions[0].rows
    const weights = caseWeights(table, design.weights, kept)
    return {
      preparation,
      rows: kept,
      matrices: completions.map(({ matrix }) => matrix),
      outcome: outcomeOf(kept),
      ...(weights ? { weights } : {}),
      balanced: design.preparation.balance === 'balanced' && !comparator,
    }
  }
  return {
    outcomeOf,
    prepare,
    hold: (set, rows) => {
      const { rows: kept, matrix } = applyPreparation(set.preparation, table, rows)
      return { rows: kept, matrix }
    },
    fit: async (learner, parameters, rows, progress, as = 'fold') => {
      check()
      const set = prepare(learner, rows, as === 'comparator' ? as : 'fold')
      const { preparation, rows: kept, matrices, outcome, weights, balanced } = set
      const { id, stateVersion } = learner
      const { seed } = design
      const diagnostics = as === 'final'
      const decisive = { build, id, stateVersion, parameters, seed, diagnostics, matrices, outcome, weights, balanced }
      const fitted = await rememberFit(context.memo, decisive, () =>
        fitComposite(
          learner,
          matrices,
          outcome,
          parameters,
          {
            seed,
            threads: context.threads,
            signal: context.signal,
            progress,
            parallel: context.parallel,
            diagnostics,
          },
          { ...(weights ? { weights } : {}), balanced },
        ),
      )
      check()
      const predictor = await loadState(learner, fitted.state)
      return { learner, parameters, preparation, rows: kept, matrix: matrices[0], outcome, fitted, predictor }
    },
    matrixOf: (model, rows) => applyPreparation(model.preparation, table, rows),
    predict: (model, rows) => {
      const prepared = applyPreparation(model.preparation, table, rows)
      return { rows: prepared.rows, predictions: predictionsOf(model.predictor, prepared.matrix, horizons) }
    },
  }
}

/** Where the kept rows stand among all. */
export const positionsOf = (rows: ArrayLike<number>, kept: ArrayLike<number>): Int32Array => {
  const at = new Map<number, number>()
  for (let i = 0; i < rows.length; i++) at.set(rows[i], i)
  return Int32Array.from(kept, (row) => at.get(row) as number)
}
