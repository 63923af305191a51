import { type Matrix, takeMatrixRows } from '../../cohort/matrix.ts'
import { partsOf, sampledShapley } from '../../explain/shapley.ts'
import type { ContributionTarget, Predictor } from '../../learn/learner.ts'
import { learnerOf } from '../../learn/learners.ts'
import { classPredictor, survivalPredictor, valuePredictor } from '../../learn/predictor.ts'
import { randomOf, shuffle } from '../../numbers/random.ts'

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

/** Rows mixed of two patients, their products made anew from what each row holds now. */
const withOwnProducts = (x: Matrix): Matrix => {
  const products = (x.derived ?? []).filter((one) => one.kind === 'product')
  if (products.length === 0) return x
  const { rows } = x
  const data = x.data.slice()
  for (const { column, left, right } of products)
    for (let row = 0; row < rows; row++) data[column * rows + row] = data[left * rows + row] * data[right * rows + row]
  return { ...x, data }
}

const scalarOf = (
  predictor: Predictor,
  target: ContributionTarget,
): { scale: Shares['scale']; predict: (x: Matrix) => Float64Array } => {
  if ('class' in target)
    return {
      scale: 'probability',
      predict: (mixed) => {
        const x = withOwnProducts(mixed)
        const all = classPredictor(predictor).probabilities(x)
        const classes = all.length / x.rows
        return Float64Array.from({ length: x.rows }, (_, row) => all[row * classes + target.class])
      },
    }
  if ('horizon' in target)
    return {
      scale: 'risk',
      predict: (x) =>
        survivalPredictor(predictor)
          .survival(withOwnProducts(x), [target.horizon])
          .map((survival) => 1 - survival),
    }
  return { scale: 'value', predict: (x) => valuePredictor(predictor).values(withOwnProducts(x)) }
}

/** Beyond it exact contributions would take seconds a patient (deep forests on many rows). */
const mostOperations = 2e8

const exactOf = ({ contributions, contributionCost = 0 }: Predictor) =>
  contributionCost <= mostOperations ? contributions : undefined

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
    const { baseline, values, scale } = sharesByFeature(contributions, row, target, features)
    const prediction = values.reduce((total, share) => total + share, baseline)
    return { scale, baseline, prediction, values, method: learnerOf(learner)?.explains ?? 'exact' }
  }
  const { scale, predict } = scalarOf(predictor, target)
  const { baseline, prediction, values } = sampledShapley(row, background(), groups, features, predict, 32, seed)
  return { scale, baseline, prediction, values, method: 'sampled' }
}

/**
 * Exact shares of columns gathered by feature, row-major rows x features. A product of two columns is shared between
 * their
 * features: with a and b the columns less their training means, xy = mean mean + (b's mean) a + (a's mean) b + ab, of
 * which each feature gets its own part and half of ab: the Shapley value of a product (Shapley 1953) whose features are
 * averaged out one by one. Contributions are linear in each column where there are products, so that putting the
 * product's parts into its column tells what they contribute; the difference between the product's mean and that of its
 * parts goes to the baseline.
 */
export const sharesByFeature = (
  contributions: NonNullable<Predictor['contributions']>,
  x: Matrix,
  target: ContributionTarget,
  features: number,
) => {
  const all = contributions(x, target)
  const { rows, columns, source } = x
  const values = new Float64Array(rows * features)
  const products = (x.derived ?? []).filter((one) => one.kind === 'product')
  const shared = new Set(products.map(({ column }) => column))
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      if (!shared.has(column)) values[row * features + source[column]] += all.values[row * columns + column]
  if (products.length === 0) return { ...all, values }

  const withProducts = (value: (product: (typeof products)[number], a: number, b: number) => number) => {
    const data = x.data.slice()
    for (const product of products) {
      const { column, left, right, leftMean, rightMean } = product
      for (let row = 0; row < rows; row++)
        data[column * rows + row] = value(
          product,
          x.data[left * rows + row] - leftMean,
          x.data[right * rows + row] - rightMean,
        )
    }
    return contributions({ ...x, data }, target).values
  }
  const middle = withProducts(({ leftMean, rightMean }) => leftMean * rightMean)
  const lefts = withProducts(({ leftMean, rightMean }, a, b) => leftMean * rightMean + rightMean * a + (a * b) / 2)
  let { baseline } = all
  for (const { column, left, right } of products) {
    if (rows > 0) baseline += middle[column]
    for (let row = 0; row < rows; row++) {
      const at = row * columns + column
      values[row * features + source[left]] += lefts[at] - middle[at]
      values[row * features + source[right]] += all.values[at] - lefts[at]
    }
  }
  return { ...all, baseline, values }
}

const explainedRows = 100
const importanceOperations = 1e9

/**
 * Mean absolute share of each feature, then of each channel and picture, over a seeded sample of training rows: 100,
 * fewer (at least 10) where each takes long.
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
    const importance = new Float64Array(features)
    const { values } = sharesByFeature(contributions, sample, target, features)
    for (let row = 0; row < sample.rows; row++)
      for (let feature = 0; feature < features; feature++)
        importance[feature] += Math.abs(values[row * features + feature]) / sample.rows
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
