import { cancelled, invalidInput } from '../../../contract/errors.ts'
import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import type { FitContext, Fitted, Learner, ModelState, Parameters } from '../learner.ts'
import { boolean, choice, describe, integer, number } from '../parameters.ts'
import { forestSearch } from '../search.ts'
import { binColumns } from './bins.ts'
import { packNodes } from './forestModel.ts'
import { loadForest } from './forestPredictor.ts'
import type { GrowTask } from './forestTask.ts'
import { join, joinLeaves, noSplitWarning, orderedWeights, outOfBagOf, treesPerTask } from './gather.ts'
import { leafMark, type Nodes, varyingColumns } from './grow.ts'
import { checkOutcome, targetOf } from './target.ts'

export const forestSettings = describe(
  integer('nTrees', [1, 500, 10_000]),
  integer('maxDepth', [0, 0, 1000]),
  integer('minLeaf', [0, 0, 1_000_000]),
  integer('mtry', [0, 0, 65_534]),
  number('sampleFraction', [0.01, 1, 1]),
  boolean('replace', true),
  integer('maxBins', [2, 255, 255]),
  choice('competingRule', ['gray', 'causeSpecific'], 'gray'),
)

/**
 * Random forest (Breiman 2001) on histograms: Gini impurity for classes, variance for values, the log-rank statistic
 * for survival (Ishwaran et al. 2008, with exact times). See docs/methods.md.
 *
 * Predictions are means over trees: of leaf shares (not votes), of leaf means, and of leaf Nelson-Aalen cumulative
 * hazards with S(t) = exp(-H(t)). The survival risk is expected mortality, the events to be expected had all training
 * patients this row's hazard over their own follow-up. Where the study names competing events, leaves hold
 * Aalen-Johansen cumulative incidences, S(t) is one minus their mean, and the risk is the time expected to be lost to
 * the event up to the last event time (Ishwaran et al. 2014).
 */
export const forest: Learner = {
  id: 'forest',
  family: 'trees',
  explains: 'treeShap',
  auto: { order: 3, rows: 0 },
  tasks: ['diagnosis', 'regression', 'survival'],
  parameters: forestSettings.list,
  needs: { categories: 'oneHot', standardise: false, native: true, missing: 'native', competing: 'reads' },
  stateVersion: 1,
  search: forestSearch,
  fit: (...data) => fitForest(false, ...data),
  load: async (state) => loadForest(state),
}

/** Grows a forest; with `randomCuts` extremely randomised trees. */
export async function fitForest(
  randomCuts: boolean,
  x: Matrix,
  outcome: Outcome,
  given: Parameters,
  context: FitContext,
  weights?: Float64Array,
): Promise<Fitted> {
  const settings = readParameters(given, outcome.task, x.columns, randomCuts)
  checkData(x, weights)
  checkOutcome(outcome, x.rows, weights)
  const stopIfAborted = () => {
    if (context.signal.aborted) throw cancelled('cancelled')
  }
  stopIfAborted()
  context.progress(0)

  const { target, order, times } = targetOf(outcome, weights ?? null, settings.competingRule)
  const parallel: FitContext['parallel'] = (task, inputs) => context.parallel(task, inputs)
  const binned = await binColumns(
    x,
    { maxBins: settings.maxBins, order, weights: weights ?? null, threads: context.threads },
    parallel,
  )
  stopIfAborted()

  const base = {
    binned,
    target,
    varying: varyingColumns(binned),
    growth: { maxDepth: settings.maxDepth, mtry: settings.mtry },
    sampling: { fraction: settings.sampleFraction, replace: settings.replace },
    minLeaf: settings.minLeaf,
    randomCuts,
    ...orderedWeights(weights, order),
    seed: context.seed,
  }
  const size = treesPerTask(settings.nTrees)
  const tasks: GrowTask[] = []
  for (let first = 0; first < settings.nTrees; first += size)
    tasks.push({ ...base, first, count: Math.min(size, settings.nTrees - first) })

  const bag = outOfBagOf(outcome, x.rows, order)
  let done = 0
  const grown = await Promise.all(
    tasks.map(async (task, index) => {
      const [trees] = await parallel('growForestTrees', [task])
      stopIfAborted()
      bag.take(index, trees, task.count)
      done++
      context.progress(done / tasks.length, { trees: bag.trees(), ...bag.curve() })
      return trees
    }),
  )

  const nodes = joinNodes(grown.map((trees) => trees.nodes))
  const header: Record<string, unknown> = { kind: 'forest', task: outcome.task }
  if (outcome.task === 'diagnosis') header.classes = [...outcome.classes]
  if (target.task === 'survival' && target.competing) header.competing = true
  const arrays: ModelState['arrays'] = { ...packNodes(nodes, binned), ...joinLeaves(grown.map(({ leaves }) => leaves)) }
  if (times) {
    arrays.times = times
    if (target.task === 'survival') arrays.atRisk = Float64Array.from(target.atRisk)
  }
  const split = nodes.feature.some((column) => column !== leafMark)
  return {
    state: { header, arrays },
    fit: null,
    outOfBag: bag.result(),
    backend: null,
    warnings: split ? [] : [noSplitWarning],
  }
}

const readParameters = (given: Parameters, task: Outcome['task'], columns: number, randomCuts: boolean) => {
  const values = forestSettings.read(given)
  const root = Math.floor(Math.sqrt(columns))
  const all = randomCuts && task !== 'diagnosis'
  const automaticTries = all ? columns : task === 'regression' ? Math.floor(columns / 3) : root
  return {
    nTrees: values.nTrees,
    maxDepth: values.maxDepth,
    minLeaf: values.minLeaf || (task === 'survival' ? 15 : 5),
    mtry: Math.min(columns, values.mtry || Math.max(1, automaticTries)),
    sampleFraction: values.sampleFraction,
    replace: values.replace,
    maxBins: values.maxBins,
    competingRule: values.competingRule,
  }
}

/** Throws `invalidInput` where trees cannot grow on a matrix or its weights. */
export const checkData = (x: Matrix, weights?: Float64Array) => {
  if (x.rows === 0) throw invalidInput('noRows')
  if (x.columns === 0) throw invalidInput('noColumns')
  if (x.columns >= leafMark) throw invalidInput('tooManyColumns', { most: leafMark - 1, columns: x.columns })
  if (weights && weights.length !== x.rows)
    throw invalidInput('weightsLength', { weights: weights.length, rows: x.rows })
  if (weights?.some((weight) => !(weight >= 0) || weight === Number.POSITIVE_INFINITY)) throw invalidInput('badWeights')
}

const joinNodes = (parts: Nodes[]): Nodes => ({
  feature: join(parts.map(({ feature }) => feature)),
  split: join(parts.map(({ split }) => split)),
  missingLeft: join(parts.map(({ missingLeft }) => missingLeft)),
  treeNodes: join(parts.map(({ treeNodes }) => treeNodes)),
})
