import type { StudyDesign } from '../../../contract/design.ts'
import { sentenceIn } from '../../../contract/errors.ts'
import type { Trial } from '../../../contract/models.ts'
import type { Spoken } from '../../../contract/say.ts'
import { type Matrix, type Outcome, takeMatrixRows, takeOutcomeRows } from '../../cohort/matrix.ts'
import { foldsOf } from '../../cohort/split.ts'
import type { Table } from '../../cohort/table.ts'
import type { FoldPrediction, FoldTask } from '../../learn/foldTask.ts'
import type { Learner, Parameters } from '../../learn/learner.ts'
import type { Parallel } from '../../learn/parallel.ts'
import type { Predictions } from '../../learn/predictions.ts'
import { randomOf, shuffle } from '../../numbers/random.ts'
import { joinPredictions } from '../ask/reference.ts'
import type { Fitting, Predicted, TrainingSet } from '../run/fitting.ts'
import { mainHorizon } from '../tasks/assessment.ts'
import { higherIsBetter, needsHorizon, scoreOf } from './score.ts'

/** The folds of a search: rows, prepared for one learner on each fold's training rows alone. */
export interface SearchFolds {
  learner: Learner
  metric: string
  folds: {
    /** From 0; later repeats deal the rows anew. */
    repeat: number
    set: TrainingSet
    held: { rows: Int32Array; matrix: Matrix; outcome: Outcome }
  }[]
}

/** Deals rows into the folds that settings and learners are chosen on, all inside the rows a model is fitted on. */
export const searchRows = (table: Table, design: StudyDesign, rows: Int32Array, outcome: Outcome) => {
  const { folds, repeats } = design.tuning
  return Array.from({ length: repeats }, (_, repeat) =>
    foldsOf(table, rows, outcome, {
      seed: (design.seed + 7919 * (repeat + 1)) % 4294967296,
      validation: { ...design.validation, folds },
    }).map((held) => ({ repeat, held })),
  ).flat()
}

export const prepareFolds = (
  fitting: Fitting,
  learner: Learner,
  metric: string,
  rows: Int32Array,
  parts: readonly { repeat: number; held: Int32Array }[],
): SearchFolds => ({
  learner,
  metric,
  folds: parts.map(({ repeat, held }) => {
    const heldSet = new Set(held)
    const set = fitting.prepare(
      learner,
      rows.filter((row) => !heldSet.has(row)),
    )
    // Of several completed data sets the first: a search compares settings on one and the same.
    const [matrix] = set.matrices
    const kept = fitting.hold(set, held)
    return { repeat, set: { ...set, matrices: [matrix] }, held: { ...kept, outcome: fitting.outcomeOf(kept.rows) } }
  }),
})

export interface Evaluated {
  /** One score a fold, in the metric's own direction; null where the fit failed. */
  scores: (number | null)[]
  mean: number | null
  standardError: number | null
  seconds: number
  failure: Spoken | null
  /** Of the held-out rows of the first repeat. */
  outOfFold: () => Predicted | null
}

/**
 * Runs settings on all folds, as many at once as there are threads. `effort` below 1: on a share of each fold's
 * training rows.
 */
export const evaluateSettings = async (
  { learner, metric, folds }: SearchFolds,
  settings: readonly { parameters: Parameters; rowsShare: number }[],
  { seed, horizons, parallel }: { seed: number; horizons: number[] | null; parallel: Parallel },
): Promise<Evaluated[]> => {
  const horizon = horizons ? mainHorizon(horizons) : null
  const times = horizon !== null && needsHorizon(metric) ? [horizon] : []
  const shares = new Map<string, { matrices: Matrix[]; outcome: Outcome; weights?: Float64Array }>()
  const tasks = settings.flatMap(({ parameters, rowsShare }) =>
    folds.map(({ set, held }, at): FoldTask => {
      const key = `${at} ${rowsShare}`
      const training = shares.get(key) ?? shareOf(set, rowsShare, seed)
      shares.set(key, training)
      return {
        learner: learner.id,
        parameters,
        ...training,
        balanced: set.balanced,
        seed,
        held: held.matrix,
        times,
      }
    }),
  )
  const results = await parallel('fitFold', tasks)
  return settings.map((_, s) => {
    const own = results.slice(s * folds.length, (s + 1) * folds.length)
    const predictions = own.map((result, at) =>
      'predicted' in result ? predictionsFrom(result.predicted, folds[at].held.rows.length, times) : null,
    )
    const scores = predictions.map((one, at) => {
      const score = one ? scoreOf(metric, one, folds[at].held.outcome, horizon) : Number.NaN
      return Number.isFinite(score) ? score : null
    })
    const failed = own.find((result) => 'failure' in result)
    return {
      scores,
      ...summary(scores),
      seconds: own.reduce((sum, { seconds }) => sum + seconds, 0),
      failure: failed && 'failure' in failed ? sentenceIn(failed.failure) : null,
      outOfFold: () => {
        const first = folds.flatMap(({ repeat, held }, at) =>
          repeat === 0 ? [{ held, predictions: predictions[at] }] : [],
        )
        if (first.some((part) => part.predictions === null)) return null
        return {
          rows: Int32Array.from(first.flatMap(({ held }) => Array.from(held.rows))),
          predictions: joinPredictions(first.map((part) => part.predictions as Predictions)),
        }
      },
    }
  })
}

/** Mean over folds and its standard error; null where a fold has no score. */
const summary = (scores: readonly (number | null)[]) => {
  if (scores.some((score) => score === null)) return { mean: null, standardError: null }
  const known = scores as number[]
  const mean = known.reduce((sum, score) => sum + score, 0) / known.length
  const spread = known.reduce((sum, score) => sum + (score - mean) ** 2, 0) / (known.length - 1)
  return { mean, standardError: Math.sqrt(spread / known.length) }
}

const rowsStream = 0x5a3e

const shareOf = ({ matrices, outcome, weights }: TrainingSet, share: number, seed: number) => {
  if (share >= 1) return { matrices, outcome, ...(weights ? { weights } : {}) }
  const count = Math.max(1, Math.round(matrices[0].rows * share))
  const order = shuffle(
    Int32Array.from({ length: matrices[0].rows }, (_, row) => row),
    randomOf(seed, rowsStream),
  )
  const taken = order.subarray(0, count).sort()
  return {
    matrices: matrices.map((matrix) => takeMatrixRows(matrix, taken)),
    outcome: takeOutcomeRows(outcome, taken),
    ...(weights ? { weights: Float64Array.from(taken, (row) => weights[row]) } : {}),
  }
}

const predictionsFrom = (predicted: FoldPrediction, rows: number, times: readonly number[]): Predictions => {
  if (predicted.task === 'diagnosis')
    return { ...predicted, classes: rows > 0 ? predicted.probabilities.length / rows : 0 }
  if (predicted.task === 'regression') return predicted
  return { ...predicted, times: Float64Array.from(times) }
}

/**
 * The trial to take: the best mean, or with the one-standard-error rule the simplest of those within its standard
 * error.
 */
export const pickTrial = (
  trials: readonly Trial[],
  metric: string,
  oneStandardError: boolean,
  complexity: (parameters: Parameters) => number,
): { best: number; chosen: number } | null => {
  const sign = higherIsBetter(metric) ? 1 : -1
  const whole = trials.filter(({ mean, effort }) => mean !== null && effort === 1)
  if (whole.length === 0) return null
  const by = (a: Trial, b: Trial) => sign * ((b.mean as number) - (a.mean as number)) || a.trial - b.trial
  const [best] = [...whole].sort(by)
  if (!oneStandardError) return { best: best.trial, chosen: best.trial }
  const bound = sign * (best.mean as number) - (best.standardError ?? 0)
  const within = whole.filter(({ mean }) => sign * (mean as number) >= bound)
  within.sort((a, b) => complexity(a.parameters) - complexity(b.parameters) || by(a, b))
  return { best: best.trial, chosen: within[0].trial }
}
