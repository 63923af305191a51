import { cancelled } from '../../../contract/errors.ts'
import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import type { FitContext, Fitted, Learner, Parameters } from '../learner.ts'
import { checkMatrix } from '../linear/design.ts'
import { describe, integer, sharedWith } from '../parameters.ts'
import { forestSearch } from '../search.ts'
import { forestSettings } from './forest.ts'
import { join, joinLeaves, noSplitWarning, orderedWeights, outOfBagOf, treesPerTask } from './gather.ts'
import { loadOblique } from './obliqueModel.ts'
import type { ObliqueTask } from './obliqueTask.ts'
import { checkOutcome, targetOf } from './target.ts'

const settings = describe(
  sharedWith(forestSettings, 'nTrees'),
  sharedWith(forestSettings, 'maxDepth'),
  sharedWith(forestSettings, 'minLeaf'),
  sharedWith(forestSettings, 'sampleFraction'),
  sharedWith(forestSettings, 'replace'),
  sharedWith(forestSettings, 'competingRule'),
  integer('mtry', [0, 0, 255]),
)

/**
 * Below it a split of survival is no better than chance at the 5% level (chi-square with one degree of freedom), as in
 * aorsf.
 */
const leastLogRank = 3.84

/**
 * Oblique random forest (Menze et al. 2011; Jaeger et al. 2024): splits cut a weighted sum of a few standardised
 * columns, weighted by one step of least squares (values, classes) or of Cox's partial likelihood (survival), so that
 * borders that run across columns take one split instead of many. Leaves and predictions are those of `forest`. See
 * docs/methods.md.
 */
export const obliqueForest: Learner = {
  id: 'obliqueForest',
  family: 'trees',
  tasks: ['diagnosis', 'regression', 'survival'],
  parameters: settings.list,
  needs: { categories: 'contrasts', standardise: true, native: false, missing: 'median', competing: 'reads' },
  stateVersion: 1,
  search: forestSearch,
  fit: fitOblique,
  load: async (state) => loadOblique(state),
}

async function fitOblique(
  x: Matrix,
  outcome: Outcome,
  given: Parameters,
  context: FitContext,
  weights?: Float64Array,
): Promise<Fitted> {
  checkMatrix(x, 'obliqueForest', weights)
  checkOutcome(outcome, x.rows, weights)
  const stopIfAborted = () => {
    if (context.signal.aborted) throw cancelled('cancelled')
  }
  stopIfAborted()
  context.progress(0)
  const survival = outcome.task === 'survival'
  const values = settings.read(given)
  const rule = values.competingRule
  const { target, order, times } = targetOf(outcome, weights ?? null, rule)
  const nTrees = values.nTrees
  const base = {
    values: rowMajor(x, order),
    rows: x.rows,
    width: x.columns,
    target,
    varying: varyingOf(x),
    mtry: Math.min(255, x.columns, values.mtry || Math.max(2, Math.ceil(Math.sqrt(x.columns)))),
    maxDepth: values.maxDepth,
    minLeaf: values.minLeaf || (survival ? 10 : 5),
    minGain: survival ? leastLogRank : 0,
    sampling: { fraction: values.sampleFraction, replace: values.replace },
    ...orderedWeights(weights, order),
    seed: context.seed,
  }
  const size = treesPerTask(nTrees)
  const tasks: ObliqueTask[] = []
  for (let first = 0; first < nTrees; first += size)
    tasks.push({ ...base, first, count: Math.min(size, nTrees - first) })

  const bag = outOfBagOf(outcome, x.rows, order)
  let done = 0
  const grown = await Promise.all(
    tasks.map(async (task, index) => {
      const [trees] = await context.parallel('growObliqueTrees', [task])
      stopIfAborted()
      bag.take(index, trees, task.count)
      done++
      context.progress(done / tasks.length, { trees: bag.trees(), ...bag.curve() })
      return trees
    }),
  )
  const nodes = grown.map((trees) => trees.nodes)
  const thresholds = join(nodes.map((part) => part.thresholds))
  return {
    state: {
      header: {
        kind: 'obliqueForest',
        task: outcome.task,
        columns: x.columns,
        ...(outcome.task === 'diagnosis' ? { classes: [...outcome.classes] } : {}),
        ...(target.task === 'survival' && target.competing ? { competing: true } : {}),
      },
      arrays: {
        sizes: join(nodes.map((part) => part.sizes)),
        columns: join(nodes.map((part) => part.columns)),
        coefficients: join(nodes.map((part) => part.coefficients)),
        thresholds,
        treeNodes: join(nodes.map((part) => part.treeNodes)),
        ...joinLeaves(grown.map(({ leaves }) => leaves)),
        ...(times && target.task === 'survival' ? { times, atRisk: Float64Array.from(target.atRisk) } : {}),
      },
    },
    fit: null,
    outOfBag: bag.result(),
    backend: null,
    warnings: thresholds.length > 0 ? [] : [noSplitWarning],
  }
}

/** A row's columns beside each other, rows in the order of the target, on shared memory. */
const rowMajor = (x: Matrix, order: Int32Array | null): Float64Array => {
  const values = new Float64Array(new SharedArrayBuffer(x.rows * x.columns * 8))
  for (let column = 0; column < x.columns; column++)
    for (let position = 0; position < x.rows; position++)
      values[position * x.columns + column] = x.data[column * x.rows + (order ? order[position] : position)]
  return values
}

const varyingOf = (x: Matrix): Int32Array =>
  Int32Array.from({ length: x.columns }, (_, column) => column).filter((column) => {
    const values = x.data.subarray(column * x.rows, (column + 1) * x.rows)
    return values.some((value) => value !== values[0])
  })
