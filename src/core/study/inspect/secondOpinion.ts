import type { StudyDesign } from '../../../contract/design.ts'
import type { SecondOpinion } from '../../../contract/models.ts'
import type { Estimate } from '../../../contract/values.ts'
import { kappaOf } from '../../assess/agreement.ts'
import { chosenClasses } from '../../assess/classes.ts'
import { compareModels } from '../../assess/compare.ts'
import type { MatrixNeeds } from '../../learn/learner.ts'
import type { Parallel } from '../../learn/parallel.ts'
import type { Predictions } from '../../learn/predictions.ts'
import type { OpinionTask } from '../../learn/secondOpinion.ts'
import { joinPredictions } from '../ask/reference.ts'
import { type Fitting, type Predicted, positionsOf } from '../run/fitting.ts'
import { assessPredictions, headlineOf, takePredictions } from '../tasks/assessment.ts'

const mostRows = 500
const trees = 25
/** Below it a forest's votes say little. */
const leastTrees = 5
/** Seconds of fitting over all folds. */
const limit = 5

/** What ml-random-forest takes: numbers, none missing. */
const needs: MatrixNeeds = { categories: 'oneHot', standardise: false, native: false, missing: 'median' }

interface Plan {
  design: StudyDesign
  fitting: Fitting
  development: Int32Array
  test: Int32Array
  folds: readonly Int32Array[]
  /** What the model predicts for the rows it is assessed on. */
  assessed: Predicted & { on: string }
  positive: number | null
  parallel: Parallel
}

/**
 * Holds a small model against a forest of another implementation on the same rows: whether they say the same of the
 * same patients. Null where there are more than 500 rows, for survival, or where nothing was held out. It takes a few
 * seconds at most: fewer trees are grown where they are slow.
 */
export const askSecond = async (plan: Plan): Promise<SecondOpinion | null> => {
  const { design, fitting, development, test, folds, assessed, parallel } = plan
  if (!design.secondOpinion || design.outcome.task === 'survival') return null
  if (development.length + test.length > mostRows || design.sequences || design.grids) return null
  const parts =
    assessed.on === 'heldOut'
      ? [{ training: development, held: test }]
      : assessed.on === 'outOfFold'
        ? folds.map((held) => {
            const heldSet = new Set(held)
            return { training: development.filter((row) => !heldSet.has(row)), held }
          })
        : []
  if (parts.length === 0) return null
  const rows: Int32Array[] = []
  const tasks = parts.map(({ training, held }): OpinionTask => {
    const set = fitting.prepare({ needs }, training, 'comparator')
    const kept = fitting.hold(set, held)
    rows.push(kept.rows)
    return {
      x: set.matrices[0],
      outcome: set.outcome,
      held: kept.matrix,
      seed: design.seed % 2147483647,
      trees,
      limit: limit / parts.length,
    }
  })
  const opinions = await parallel('askSecondForest', tasks)
  const predicted: Predicted = {
    rows: Int32Array.from(rows.flatMap((part) => Array.from(part))),
    predictions: joinPredictions(
      opinions.map(({ predicted: values }, at) => predictionsFrom(values, tasks[at], rows[at].length)),
    ),
  }
  const grown = Math.min(...opinions.map((opinion) => opinion.trees))
  const seconds = opinions.reduce((sum, opinion) => sum + opinion.seconds, 0)
  const learner = 'ml-random-forest'
  if (grown < leastTrees)
    return {
      learner,
      rows: predicted.rows.length,
      trees: grown,
      seconds,
      metric: null,
      estimate: null,
      difference: null,
      kappa: null,
      correlation: null,
    }
  return { learner, trees: grown, seconds, ...agreement(plan, predicted) }
}

const predictionsFrom = (values: Float64Array, { outcome }: OpinionTask, rows: number): Predictions =>
  outcome.task === 'diagnosis'
    ? { task: 'diagnosis', classes: values.length / Math.max(1, rows), probabilities: values }
    : { task: 'regression', values }

const agreement = ({ design, fitting, assessed, positive }: Plan, other: Predicted) => {
  const others = new Set(other.rows)
  const shared = assessed.rows.filter((row) => others.has(row))
  const mine = takePredictions(assessed.predictions, positionsOf(assessed.rows, shared))
  const theirs = takePredictions(other.predictions, positionsOf(other.rows, shared))
  const outcome = fitting.outcomeOf(shared)
  const assessment = assessPredictions(theirs, outcome, outcome, null, design, 200)
  const metric = headlineOf(assessment, design.outcome.task)
  let kappa: Estimate | null = null
  let correlation: number
  if (mine.task === 'diagnosis' && theirs.task === 'diagnosis') {
    const said = (one: typeof mine) => chosenClasses(one.probabilities, shared.length, one.classes).index
    kappa = kappaOf(said(mine), said(theirs), mine.classes)
    const k = positive ?? mine.classes - 1
    const of = (one: typeof mine) => Float64Array.from(shared, (_, row) => one.probabilities[row * one.classes + k])
    correlation = correlate(of(mine), of(theirs))
  } else if (mine.task === 'regression' && theirs.task === 'regression')
    correlation = correlate(mine.values, theirs.values)
  else throw new TypeError('the two predict different things')
  return {
    rows: shared.length,
    metric,
    estimate: assessment.metrics[metric],
    difference: compareModels(metric, mine, theirs, outcome, design.seed),
    kappa,
    correlation: Number.isFinite(correlation) ? correlation : null,
  }
}

const correlate = (a: Float64Array, b: Float64Array): number => {
  const n = a.length
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / n
  const [ma, mb] = [mean(a), mean(b)]
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < n; i++) {
    ab += (a[i] - ma) * (b[i] - mb)
    aa += (a[i] - ma) ** 2
    bb += (b[i] - mb) ** 2
  }
  return ab / Math.sqrt(aa * bb)
}
