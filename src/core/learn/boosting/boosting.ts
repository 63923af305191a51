import { cancelled, invalidInput, issue } from '../../../contract/errors.ts'
import { warn } from '../../../contract/warnings.ts'
import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import type { FitContext, Fitted, Learner, Parameters } from '../learner.ts'
import { choice, describe, integer, number, text } from '../parameters.ts'
import { boostingSearch } from '../search.ts'
import { checkData } from '../trees/forest.ts'
import { checkOutcome } from '../trees/target.ts'
import { thinned } from './baseline.ts'
import { type BoostSettings, boost } from './fit.ts'
import type { LossKind } from './losses.ts'
import { packTrees } from './model.ts'
import { directionsOf } from './monotone.ts'
import { loadBoosting } from './predictor.ts'
import { levelsOf } from './rows.ts'

export const boostingSettings = describe(
  integer('nTrees', [1, 500, 20_000]),
  number('learningRate', [0.001, 0.05, 1]),
  integer('maxDepth', [0, 3, 64]),
  integer('maxLeaves', [0, 0, 65_536]),
  number('minChildWeight', [0, 3, 1e6]),
  number('l2', [0, 1, 1e6]),
  number('minGain', [0, 0, 1e9]),
  number('sampleFraction', [0.05, 0.7, 1]),
  number('columnShare', [0.01, 1, 1]),
  number('columnShareSplit', [0.01, 1, 1]),
  choice('loss', ['squared', 'poisson'], 'squared'),
  text('monotone', 4000),
  number('validationShare', [0, 0.15, 0.5]),
  integer('patience', [1, 50, 10_000]),
  number('categorySmooth', [0, 10, 1e6]),
  integer('maxBins', [2, 255, 255]),
)

/** Levels a column can part: their codes share a byte with the code of missing values. */
const mostLevels = 254

/**
 * Gradient boosting (Friedman 2001) on histograms with second-order leaf values (Chen & Guestrin 2016): log loss,
 * softmax, squared error, Poisson, and the Cox partial likelihood with Breslow's ties. See docs/methods.md.
 *
 * Survival: the risk is the log hazard ratio against a score of 0, S(t) = exp(-H0(t) exp(risk)) with Breslow's
 * baseline.
 */
export const boosting: Learner = {
  id: 'boosting',
  family: 'trees',
  explains: 'treeShap',
  auto: { order: 4, rows: 0 },
  tasks: ['diagnosis', 'regression', 'survival'],
  parameters: boostingSettings.list,
  needs: { categories: 'codes', standardise: false, native: true, missing: 'native', entry: 'reads' },
  stateVersion: 1,
  search: boostingSearch,
  fit: fitBoosting,
  load: async (state) => loadBoosting(state),
}

async function fitBoosting(
  x: Matrix,
  outcome: Outcome,
  given: Parameters,
  context: FitContext,
  weights?: Float64Array,
): Promise<Fitted> {
  checkData(x, weights)
  checkOutcome(outcome, x.rows, weights)
  const settings = readSettings(x, outcome, given)
  if (context.signal.aborted) throw cancelled('cancelled')
  context.progress(0)
  const boosted = await boost({ x, outcome, settings, weights: weights ?? null }, context)
  const header: Record<string, unknown> = { kind: 'boosting', task: outcome.task, loss: settings.loss }
  if (outcome.task === 'diagnosis') header.classes = [...outcome.classes]
  const arrays = packTrees(boosted, levelsOf(x))
  if (boosted.baseline) Object.assign(arrays, thinned(boosted.baseline))
  const split = boosted.trees.some((trees) => trees.some(([root]) => root.split !== null))
  return {
    state: { header, arrays },
    fit: null,
    outOfBag: null,
    backend: null,
    warnings: split ? [] : [warn('noSplit')],
  }
}

const readSettings = (x: Matrix, outcome: Outcome, given: Parameters): BoostSettings => {
  const values = boostingSettings.read(given)
  const lossOf = (): LossKind => {
    if (outcome.task === 'survival') return 'cox'
    if (outcome.task === 'diagnosis') return outcome.classes.length === 2 ? 'logistic' : 'softmax'
    return values.loss
  }
  const loss = lossOf()
  if (loss === 'poisson' && outcome.task === 'regression') checkCounts(outcome)
  checkLevels(x)
  return {
    loss,
    nTrees: values.nTrees,
    learningRate: values.learningRate,
    maxDepth: values.maxDepth,
    maxLeaves: values.maxLeaves,
    minChildWeight: values.minChildWeight,
    l2: values.l2,
    minGain: values.minGain,
    sampleFraction: values.sampleFraction,
    columnShare: values.columnShare,
    columnShareSplit: values.columnShareSplit,
    categorySmooth: values.categorySmooth,
    maxBins: values.maxBins,
    validationShare: values.validationShare,
    patience: values.patience,
    directions: directionsOf(values.monotone, x),
  }
}

/** Throws `invalidInput` where a category has more levels than can be told apart. */
export const checkLevels = (x: Matrix): void => {
  for (let column = 0; column < x.columns; column++) {
    const levels = x.levels?.[column] ?? 0
    if (levels > mostLevels)
      throw invalidInput('tooManyLevels', { column: x.terms[column], levels, most: mostLevels }, [
        issue(x.terms[column], 'hasLevels', { levels }),
      ])
  }
}

/** Throws `invalidInput` where values cannot be counts. */
export const checkCounts = ({ y, exposure }: Extract<Outcome, { task: 'regression' }>): void => {
  if (y.some((value) => value < 0)) throw invalidInput('countsNegative')
  if (!y.some((value) => value > 0)) throw invalidInput('countsZero')
  if (exposure?.some((value) => !(value > 0 && Number.isFinite(value)))) throw invalidInput('badExposure')
}
