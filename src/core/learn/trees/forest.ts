import { cancelled, invalidInput } from '../../../contract/errors.ts'
import type { Parameter } from '../../../contract/models.ts'
import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import type { FitContext, Fitted, Learner, ModelState, Parameters } from '../learner.ts'
import { integer } from '../parameters.ts'
import { forestSearch } from '../search.ts'
import { binColumns } from './bins.ts'
import { packNodes } from './forestModel.ts'
import { loadForest } from './forestPredictor.ts'
import type { GrowTask } from './forestTask.ts'
import { join, joinLeaves, noSplitWarning, orderedWeights, outOfBagOf, treesPerTask } from './gather.ts'
import { leafMark, type Nodes, varyingColumns } from './grow.ts'
import { checkOutcome, targetOf } from './target.ts'

const parameters: readonly Parameter[] = [
  integer(
    'nTrees',
    { en: 'Trees', zh: '树的数量' },
    {
      en: 'Number of trees. More never overfit; they only steady the prediction, about as one over the square root.',
      zh: '树的数量。增加树不会过拟合，只会使预测更稳定（误差约按平方根的倒数减小）。',
    },
    [1, 500, 10_000],
  ),
  integer(
    'maxDepth',
    { en: 'Greatest depth', zh: '最大深度' },
    { en: 'Splits from root to leaf at most; 0: no limit.', zh: '从根到叶的最多分裂次数；0 表示不限制。' },
    [0, 0, 1000],
  ),
  integer(
    'minLeaf',
    { en: 'Smallest leaf', zh: '叶节点最小样本' },
    {
      en: 'Patients drawn into a leaf at least; 0: 5 for classes and values, 15 for survival.',
      zh: '每个叶节点至少抽入的患者数；0 表示自动：分类与数值 5，生存 15。',
    },
    [0, 0, 1_000_000],
  ),
  integer(
    'mtry',
    { en: 'Columns per split', zh: '每次分裂的候选列数' },
    {
      en: 'Columns tried at each split; 0: the square root of their number, a third for values.',
      zh: '每次分裂尝试的列数；0 表示自动：列数的平方根，数值任务为三分之一。',
    },
    [0, 0, 65_534],
  ),
  {
    name: 'sampleFraction',
    label: { en: 'Share drawn per tree', zh: '每棵树的抽样比例' },
    description: { en: 'Rows drawn for each tree, as a share of all.', zh: '每棵树抽取的行数占全部行数的比例。' },
    type: 'number',
    default: 1,
    min: 0.01,
    max: 1,
    choices: null,
  },
  {
    name: 'replace',
    label: { en: 'Draw with replacement', zh: '有放回抽样' },
    description: {
      en: 'Bootstrap. Without it, and with all rows drawn, there are no out-of-bag predictions.',
      zh: '自助抽样。若不放回且抽取全部行，则没有袋外预测。',
    },
    type: 'boolean',
    default: true,
    min: null,
    max: null,
    choices: null,
  },
  integer(
    'maxBins',
    { en: 'Bins per column', zh: '每列分箱数' },
    {
      en: 'Cut points a column offers are those between this many groups of equal size; fewer distinct values are all kept.',
      zh: '每列的候选切点取自该数量的等频分组；不同取值较少时全部保留。',
    },
    [2, 255, 255],
  ),
  {
    name: 'competingRule',
    label: { en: 'Splits under competing events', zh: '竞争事件下的分裂规则' },
    description: {
      en: 'Where the study names competing events. gray: splits part the cumulative incidence; causeSpecific: the hazard, competing events counting as censored.',
      zh: '仅在研究指定竞争事件时使用。gray：按累积发生率分裂；causeSpecific：按病因别风险分裂，竞争事件视为删失。',
    },
    type: 'choice',
    default: 'gray',
    min: null,
    max: null,
    choices: ['gray', 'causeSpecific'],
  },
]

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
  label: { en: 'Random forest', zh: '随机森林' },
  description: {
    en: 'Many decision trees, each on its own draw of patients; finds thresholds and interactions by itself.',
    zh: '由多棵决策树组成，每棵树基于各自抽取的患者；可自动发现阈值与交互作用。',
  },
  tasks: ['diagnosis', 'regression', 'survival'],
  parameters,
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
  const numberOf = (name: string) => Number(given[name] ?? parameters.find((one) => one.name === name)?.default)
  const root = Math.floor(Math.sqrt(columns))
  const all = randomCuts && task !== 'diagnosis'
  const automaticTries = all ? columns : task === 'regression' ? Math.floor(columns / 3) : root
  return {
    nTrees: numberOf('nTrees'),
    maxDepth: numberOf('maxDepth'),
    minLeaf: numberOf('minLeaf') || (task === 'survival' ? 15 : 5),
    mtry: Math.min(columns, numberOf('mtry') || Math.max(1, automaticTries)),
    sampleFraction: numberOf('sampleFraction'),
    replace: (given.replace ?? true) === true,
    maxBins: numberOf('maxBins'),
    competingRule: given.competingRule === 'causeSpecific' ? ('causeSpecific' as const) : ('gray' as const),
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
