import { cancelled } from '../../../contract/errors.ts'
import { warnAs } from '../../../contract/warnings.ts'
import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import { boostingSettings, checkCounts, checkLevels } from '../boosting/boosting.ts'
import type { LossKind } from '../boosting/losses.ts'
import type { FitContext, Fitted, Learner, Parameters } from '../learner.ts'
import { describe, integer, sharedWith } from '../parameters.ts'
import { additiveSearch } from '../search.ts'
import { checkData } from '../trees/forest.ts'
import { checkOutcome } from '../trees/target.ts'
import { fitTerms } from './fit.ts'
import { loadAdditive } from './predictor.ts'
import { packTerms } from './state.ts'

const settings = describe(
  integer('rounds', [1, 3000, 50_000]),
  sharedWith(boostingSettings, 'learningRate', { default: 0.03 }),
  integer('bags', [1, 8, 100]),
  integer('pairs', [0, 0, 200]),
  integer('maxLeaves', [2, 2, 16]),
  integer('cutsTried', [0, 1, 255]),
  integer('minLeaf', [1, 4, 1_000_000]),
  sharedWith(boostingSettings, 'l2'),
  sharedWith(boostingSettings, 'loss'),
  sharedWith(boostingSettings, 'validationShare', { default: 0.2, min: 0.05 }),
  sharedWith(boostingSettings, 'patience'),
  sharedWith(boostingSettings, 'categorySmooth'),
  sharedWith(boostingSettings, 'maxBins'),
)

/**
 * Generalised additive model by cyclic boosting of one column at a time (Lou, Caruana & Gehrke 2012; Lou et al. 2013;
 * the explainable boosting machine of Nori et al. 2019): each column's shape can be looked at, and changed. See
 * docs/methods.md and edit.ts.
 */
export const additive: Learner = {
  id: 'additive',
  family: 'trees',
  explains: 'additive',
  auto: { order: 2, rows: 0 },
  curves: true,
  tasks: ['diagnosis', 'regression', 'survival'],
  parameters: settings.list,
  needs: { categories: 'codes', standardise: false, native: true, missing: 'native', entry: 'reads' },
  stateVersion: 1,
  search: additiveSearch,
  fit: fitAdditive,
  load: async (state) => loadAdditive(state),
}

async function fitAdditive(
  x: Matrix,
  outcome: Outcome,
  given: Parameters,
  context: FitContext,
  weights?: Float64Array,
): Promise<Fitted> {
  checkData(x, weights)
  checkOutcome(outcome, x.rows, weights)
  checkLevels(x)
  const values = settings.read(given)
  const loss = lossFor(outcome, values.loss)
  if (context.signal.aborted) throw cancelled('cancelled')
  context.progress(0)
  const model = await fitTerms(
    x,
    outcome,
    {
      loss,
      rounds: values.rounds,
      learningRate: values.learningRate,
      bags: values.bags,
      pairs: values.pairs,
      maxLeaves: values.maxLeaves,
      cutsTried: values.cutsTried,
      minLeaf: values.minLeaf,
      l2: values.l2,
      categorySmooth: values.categorySmooth,
      maxBins: values.maxBins,
      validationShare: values.validationShare,
      patience: values.patience,
    },
    context,
    weights ?? null,
  )
  const header: Record<string, unknown> = { task: outcome.task, loss, edits: [] }
  if (outcome.task === 'diagnosis') header.classes = [...outcome.classes]
  const flat = model.terms.every(({ scores }) => scores.every((score) => score === 0))
  return {
    state: packTerms(model, header),
    fit: null,
    outOfBag: null,
    backend: null,
    warnings: flat ? [warnAs('noSplit', 'noTerm')] : [],
  }
}

const lossFor = (outcome: Outcome, loss: 'squared' | 'poisson'): LossKind => {
  if (outcome.task === 'survival') return 'cox'
  if (outcome.task === 'diagnosis') return outcome.classes.length === 2 ? 'logistic' : 'softmax'
  if (loss !== 'poisson') return 'squared'
  checkCounts(outcome)
  return 'poisson'
}
