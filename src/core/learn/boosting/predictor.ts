import type { Matrix } from '../../cohort/matrix.ts'
import type { ModelState, Predictor } from '../learner.ts'
import { damagedForest, type Forest, stateArray } from '../trees/forestModel.ts'
import { nodeCovers, treeShap } from '../trees/treeShap.ts'
import type { LossKind } from './losses.ts'
import { type BoostedTrees, childOf, linkTrees, scoresOf } from './model.ts'

/** Makes a predictor of boosted trees; throws `invalidInput` where they are none or damaged. */
export const loadBoosting = (state: ModelState): Predictor => {
  const { kind, task, loss, classes } = state.header
  if (kind !== 'boosting') throw damagedForest('its header names another kind of model')
  const trees = linkTrees(state)
  const baseline =
    task === 'survival'
      ? { times: stateArray(state, 'times', Float64Array), hazard: stateArray(state, 'hazard', Float64Array) }
      : null
  const predictor = scoredPredictor(
    { classes: trees.start.length, scores: (x) => scoresOf(trees, x), shares: sharesOf(trees) },
    {
      task: task as Predictor['task'],
      loss: loss as LossKind,
      classes: Array.isArray(classes) ? classes.length : 0,
      baseline,
    },
  )
  return { ...predictor, contributionCost: trees.forests.reduce((sum, forest) => sum + costOf(forest), 0) }
}

/** A model that gives every row a score, or one for each class of three and more. */
export interface Scored {
  classes: number
  /** `scores[class * rows + row]`. */
  scores(x: Matrix): Float64Array
  /** Exact shares of the score of one class: row-major rows x columns. */
  shares(x: Matrix, of: number): { baseline: number; values: Float64Array }
}

interface ScoreMeaning {
  task: Predictor['task']
  loss: LossKind
  classes: number
  /** Cumulative hazard of a row of score 0. */
  baseline: { times: Float64Array; hazard: Float64Array } | null
}

/** What scores mean: log odds, a value, the logarithm of a rate, a log hazard ratio. */
export const scoredPredictor = (scored: Scored, { task, loss, classes, baseline }: ScoreMeaning): Predictor => {
  if (task === 'diagnosis') return diagnosis(scored, classes)
  if (task === 'regression') return regression(scored, loss)
  if (task === 'survival' && baseline) return survival(scored, baseline)
  throw damagedForest('its header names no task')
}

/** TreeSHAP walks every leaf with all features on its path. */
const costOf = ({ leaves, trees }: Forest): number => leaves * Math.log2(2 + leaves / Math.max(1, trees)) ** 2

/** Exact shares of the score of one class: row-major rows x columns. */
const sharesOf = (trees: BoostedTrees) => {
  const child = childOf(trees)
  let covers: Float64Array | null = null
  return (x: Matrix, of: number): { baseline: number; values: Float64Array } => {
    const forest = trees.forests[of]
    if (forest.trees === 0) return { baseline: trees.start[of], values: new Float64Array(x.rows * x.columns) }
    covers ??= nodeCovers(forest, trees.weights)
    const { baseline, values } = treeShap(forest, covers, trees.values, x, child)
    for (let i = 0; i < values.length; i++) values[i] *= forest.trees
    return { baseline: trees.start[of] + baseline * forest.trees, values }
  }
}

const diagnosis = ({ classes: scored, scores: scoresOf, shares }: Scored, classes: number): Predictor => {
  if (classes < 2 || scored !== (classes === 2 ? 1 : classes)) throw damagedForest('its scores do not fit its classes')
  return {
    task: 'diagnosis',
    probabilities(x) {
      const scores = scoresOf(x)
      const { rows } = x
      const result = new Float64Array(rows * classes)
      for (let row = 0; row < rows; row++) {
        if (classes === 2) {
          result[2 * row + 1] = 1 / (1 + Math.exp(-scores[row]))
          result[2 * row] = 1 / (1 + Math.exp(scores[row]))
          continue
        }
        let most = Number.NEGATIVE_INFINITY
        for (let c = 0; c < classes; c++) most = Math.max(most, scores[c * rows + row])
        let sum = 0
        for (let c = 0; c < classes; c++) {
          result[row * classes + c] = Math.exp(scores[c * rows + row] - most)
          sum += result[row * classes + c]
        }
        for (let c = 0; c < classes; c++) result[row * classes + c] /= sum
      }
      return result
    },
    /** Log odds of the class; of three and more against the geometric mean of all, which has no reference class. */
    contributions(x, output) {
      const c = 'class' in output ? output.class : -1
      if (!(c >= 0 && c < classes)) throw new RangeError(`a model of ${classes} classes has no class ${c}`)
      if (classes === 2) {
        const { baseline, values } = shares(x, 0)
        if (c === 1) return { baseline, values, scale: 'logOdds' }
        return { baseline: -baseline, values: values.map((share) => 0 - share), scale: 'logOdds' }
      }
      const all = Array.from({ length: classes }, (_, of) => shares(x, of))
      const mean = (pick: (one: (typeof all)[number]) => number) =>
        all.reduce((sum, one) => sum + pick(one), 0) / classes
      return {
        baseline: all[c].baseline - mean(({ baseline }) => baseline),
        values: all[c].values.map((share, i) => share - mean(({ values }) => values[i])),
        scale: 'logOdds',
      }
    },
  }
}

const regression = ({ scores, shares }: Scored, loss: LossKind): Predictor => {
  const counts = loss === 'poisson'
  return {
    task: 'regression',
    values: (x) => (counts ? scores(x).map((score) => Math.exp(score)) : scores(x)),
    /**
     * Of a count: shares of its logarithm, each multiplied by the secant (value - baseline value) / (log - baseline
     * log), so that they add up to the value shown.
     */
    contributions(x) {
      const { baseline, values } = shares(x, 0)
      if (!counts) return { baseline, values, scale: 'value' }
      for (let row = 0; row < x.rows; row++) {
        const own = values.subarray(row * x.columns, (row + 1) * x.columns)
        const gap = own.reduce((sum, share) => sum + share, 0)
        const secant = Math.exp(baseline) * (gap === 0 ? 1 : Math.expm1(gap) / gap)
        for (let column = 0; column < own.length; column++) own[column] *= secant
      }
      return { baseline: Math.exp(baseline), values, scale: 'value' }
    },
  }
}

const survival = ({ scores, shares }: Scored, { times, hazard }: NonNullable<ScoreMeaning['baseline']>): Predictor => {
  if (times.length !== hazard.length) throw damagedForest('its baseline is cut short')
  return {
    task: 'survival',
    times,
    risk: (x) => scores(x),
    survival: (x, asked) => curvesOf(times, hazard, scores(x), asked),
    contributions: (x) => ({ ...shares(x, 0), scale: 'logHazard' }),
  }
}

/** S(t) = exp(-H0(t) exp(score)) at ascending times, row-major. */
const curvesOf = (
  times: Float64Array,
  hazard: Float64Array,
  scores: Float64Array,
  asked: ArrayLike<number>,
): Float64Array => {
  const count = asked.length
  const baseline = new Float64Array(count)
  for (let i = 0, step = 0; i < count; i++) {
    while (step < times.length && times[step] <= asked[i]) step++
    baseline[i] = step > 0 ? hazard[step - 1] : 0
  }
  const result = new Float64Array(scores.length * count)
  for (let row = 0; row < scores.length; row++) {
    const ratio = Math.exp(scores[row])
    for (let i = 0; i < count; i++) result[row * count + i] = baseline[i] === 0 ? 1 : Math.exp(-baseline[i] * ratio)
  }
  return result
}
