import { type Matrix, takeMatrixRows } from '../cohort/matrix.ts'
import { partsOf, sampledShapley } from '../explain/shapley.ts'
import type { ContributionTarget, Predictor } from '../learn/learner.ts'
import { randomOf, shuffle } from '../learn/random.ts'

export interface Shares {
  scale: 'probability' | 'risk' | 'value' | 'logOdds' | 'logHazard'
  baseline: number
  prediction: number
  /** One per source feature, then per channel and picture; `baseline + sum(values) = prediction`. */
  values: Float64Array
  method: string
}

/** Rows that stand for the training cases when a learner's predictions are explained by sampling. */
export const backgroundOf = (training: Matrix, seed: number, count = 64): Matrix => {
  const rows = shuffle(
    Int32Array.from({ length: training.rows }, (_, row) => row),
    randomOf(seed, 81),
  )
  return takeMatrixRows(training, rows.subarray(0, count))
}

const scalarOf = (
  predictor: Predictor,
  target: ContributionTarget,
): { scale: Shares['scale']; predict: (x: Matrix) => Float64Array } => {
  if ('class' in target)
    return {
      scale: 'probability',
      predict: (x) => {
        const all = predictor.probabilities!(x)
        const classes = all.length / x.rows
        return Float64Array.from({ length: x.rows }, (_, row) => all[row * classes + target.class])
      },
    }
  if ('horizon' in target)
    return { scale: 'risk', predict: (x) => predictor.survival!(x, [target.horizon]).map((survival) => 1 - survival) }
  return { scale: 'value', predict: (x) => predictor.values!(x) }
}

/** Beyond it exact contributions would take seconds a patient (deep forests on many rows). */
const mostOperations = 2e8

const exactOf = ({ contributions, contributionCost = 0 }: Predictor) =>
  contributionCost <= mostOperations ? contributions : undefined

const methods: Record<string, string> = {
  logistic: 'linear: (value - mean) x coefficient',
  linear: 'linear: (value - mean) x coefficient',
  cox: 'linear: (value - mean) x coefficient',
  forest: 'TreeSHAP, path dependent',
}

/**
 * Each feature's share in the prediction of one row: the learner's exact contributions where it has them (linear terms,
 * TreeSHAP), else Shapley values by permutation sampling against background rows. Columns of one feature are summed.
 */
export const sharesOf = (
  learner: string,
  predictor: Predictor,
  row: Matrix,
  target: ContributionTarget,
  features: number,
  background: () => Matrix,
  seed: number,
): Shares => {
  const groups = row.source
  const contributions = exactOf(predictor)
  if (contributions) {
    const { baseline, values, scale } = contributions(row, target)
    const shares = new Float64Array(features)
    for (let column = 0; column < row.columns; column++) shares[groups[column]] += values[column]
    const prediction = shares.reduce((total, share) => total + share, baseline)
    return { scale, baseline, prediction, values: shares, method: methods[learner] ?? 'exact' }
  }
  const { scale, predict } = scalarOf(predictor, target)
  const { baseline, prediction, values } = sampledShapley(row, background(), groups, features, predict, 32, seed)
  return { scale, baseline, prediction, values, method: 'Shapley values, 64 sampled orders' }
}

const explainedRows = 100
const importanceOperations = 1e9

/**
 * Mean absolute share of each feature, then of each channel and picture, over a seeded sample of training rows: 100, fewer (at least 10) where each takes long.
 */
export const importanceOf = (
  predictor: Predictor,
  training: Matrix,
  target: ContributionTarget,
  features: number,
  seed: number,
): Float64Array => {
  const affordable = Math.floor(importanceOperations / Math.max(1, predictor.contributionCost ?? 1))
  const sample = backgroundOf(training, seed, Math.max(10, Math.min(explainedRows, affordable)))
  const contributions = exactOf(predictor)
  if (contributions) {
    const { values } = contributions(sample, target)
    const importance = new Float64Array(features)
    const shares = new Float64Array(features)
    for (let row = 0; row < sample.rows; row++) {
      shares.fill(0)
      for (let column = 0; column < sample.columns; column++)
        shares[sample.source[column]] += values[row * sample.columns + column]
      for (let feature = 0; feature < features; feature++)
        importance[feature] += Math.abs(shares[feature]) / sample.rows
    }
    return importance
  }
  const background = backgroundOf(training, seed, 16)
  const { predict } = scalarOf(predictor, target)
  const few = Math.min(sample.rows, 30)
  const importance = new Float64Array(features + partsOf(training))
  for (let row = 0; row < few; row++) {
    const { values } = sampledShapley(
      takeMatrixRows(sample, [row]),
      background,
      sample.source,
      features,
      predict,
      4,
      seed,
    )
    for (let part = 0; part < importance.length; part++) importance[part] += Math.abs(values[part]) / few
  }
  return importance
}
