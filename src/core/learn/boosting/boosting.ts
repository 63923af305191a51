import { cancelled, invalidInput, issue } from '../../../contract/errors.ts'
import type { Parameter } from '../../../contract/models.ts'
import { warn } from '../../../contract/warnings.ts'
import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import type { FitContext, Fitted, Learner, Parameters } from '../learner.ts'
import { integer, number } from '../parameters.ts'
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

const parameters: readonly Parameter[] = [
  integer(
    'nTrees',
    { en: 'Trees', zh: '树的数量' },
    {
      en: 'Rounds at most, one tree each (one a class where there are three or more). Fewer are kept where held-out loss stops falling.',
      zh: '最多的提升轮数，每轮一棵树（三类及以上时每类一棵）。若留出数据的损失不再下降，则只保留较少的树。',
    },
    [1, 500, 20_000],
  ),
  number(
    'learningRate',
    { en: 'Learning rate', zh: '学习率' },
    {
      en: 'Share of each tree’s step that is taken. Smaller needs more trees and is usually better.',
      zh: '每棵树所走步长的比例。较小的值需要更多的树，通常效果更好。',
    },
    [0.001, 0.05, 1],
  ),
  integer(
    'maxDepth',
    { en: 'Greatest depth', zh: '最大深度' },
    {
      en: 'Splits from root to leaf at most, which is how many columns can act together; 0: no limit.',
      zh: '从根到叶的最多分裂次数，即最多可交互的列数；0 表示不限制。',
    },
    [0, 3, 64],
  ),
  integer(
    'maxLeaves',
    { en: 'Most leaves', zh: '最多叶节点数' },
    {
      en: 'Where above 0, trees grow at the most gainful leaf first until they have so many; 0: level by level.',
      zh: '大于 0 时，树优先在增益最大的叶上生长，直到达到该数量；0 表示逐层生长。',
    },
    [0, 0, 65_536],
  ),
  number(
    'minChildWeight',
    { en: 'Smallest leaf (hessian)', zh: '叶节点最小海森和' },
    {
      en: 'Least sum of second derivatives in a leaf: patients for values, about four times as many patients for two classes.',
      zh: '叶节点二阶导数之和的下限：数值任务即患者数；两类任务约需四倍的患者数。',
    },
    [0, 3, 1e6],
  ),
  number(
    'l2',
    { en: 'Penalty on leaf values (L2)', zh: '叶值惩罚（L2）' },
    {
      en: 'Added to the second derivatives of a leaf; draws its value towards 0.',
      zh: '加到叶的二阶导数上，使叶值趋向 0。',
    },
    [0, 1, 1e6],
  ),
  number(
    'minGain',
    { en: 'Least gain of a split', zh: '分裂的最小增益' },
    { en: 'A split must take at least so much off twice the loss.', zh: '每次分裂至少使两倍损失下降这么多。' },
    [0, 0, 1e9],
  ),
  number(
    'sampleFraction',
    { en: 'Share of patients per tree', zh: '每棵树的患者比例' },
    { en: 'Rows drawn for each tree, without replacement.', zh: '每棵树不放回抽取的行的比例。' },
    [0.05, 0.7, 1],
  ),
  number(
    'columnShare',
    { en: 'Share of columns per tree', zh: '每棵树的列比例' },
    { en: 'Columns drawn for each tree.', zh: '每棵树抽取的列的比例。' },
    [0.01, 1, 1],
  ),
  number(
    'columnShareSplit',
    { en: 'Share of columns per split', zh: '每次分裂的列比例' },
    { en: 'Of the tree’s columns those drawn afresh for each split.', zh: '在该树的列中，每次分裂重新抽取的比例。' },
    [0.01, 1, 1],
  ),
  {
    name: 'loss',
    label: { en: 'Loss for values', zh: '数值任务的损失' },
    description: {
      en: 'For values: squared error, or Poisson for counts (with the logarithm of the exposure as offset, where the outcome has one).',
      zh: '数值任务：平方误差；计数用泊松（若结局带有暴露量，则以其对数为偏移）。',
    },
    type: 'choice',
    default: 'squared',
    min: null,
    max: null,
    choices: ['squared', 'poisson'],
  },
  {
    name: 'monotone',
    label: { en: 'Monotone columns', zh: '单调约束的列' },
    description: {
      en: 'Columns along which the prediction may only rise or fall, such as age:+, albumin:-',
      zh: '预测只能随之上升或下降的列，例如 age:+, albumin:-',
    },
    type: 'text',
    default: '',
    min: null,
    max: 4000,
    choices: null,
  },
  number(
    'validationShare',
    { en: 'Share kept aside to know when to stop', zh: '用于判断何时停止的留出比例' },
    {
      en: 'Rows no tree learns from; the trees are kept up to where the loss on these rows was least. 0: all trees are kept.',
      zh: '不参与学习的行；保留到这些行上损失最小处为止的树。0 表示保留全部树。',
    },
    [0, 0.15, 0.5],
  ),
  integer(
    'patience',
    { en: 'Patience', zh: '耐心轮数' },
    {
      en: 'Trees without a better loss on the rows kept aside after which training stops.',
      zh: '留出行上的损失连续这么多棵树没有改善时停止训练。',
    },
    [1, 50, 10_000],
  ),
  number(
    'categorySmooth',
    { en: 'Smoothing of rare levels', zh: '稀有类别的平滑' },
    {
      en: 'Added to a level’s second derivatives where levels are put in order, so that rare ones do not lead.',
      zh: '排序类别水平时加到其二阶导数上，避免稀有水平排在两端。',
    },
    [0, 10, 1e6],
  ),
  integer(
    'maxBins',
    { en: 'Bins per column', zh: '每列分箱数' },
    {
      en: 'Cut points a column offers are those between this many groups of equal size; fewer distinct values are all kept.',
      zh: '每列的候选切点取自该数量的等频分组；不同取值较少时全部保留。',
    },
    [2, 255, 255],
  ),
]

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
  label: { en: 'Gradient boosting', zh: '梯度提升树' },
  description: {
    en: 'Small trees grown one after another, each on what the ones before it left unexplained.',
    zh: '依次生长的小树，每棵树学习前面各树尚未解释的部分。',
  },
  tasks: ['diagnosis', 'regression', 'survival'],
  parameters,
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
  const boosted = await boost(x, outcome, settings, context, weights ?? null)
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
  const numberOf = (name: string) => Number(given[name] ?? parameters.find((one) => one.name === name)?.default)
  const lossOf = (): LossKind => {
    if (outcome.task === 'survival') return 'cox'
    if (outcome.task === 'diagnosis') return outcome.classes.length === 2 ? 'logistic' : 'softmax'
    return given.loss === 'poisson' ? 'poisson' : 'squared'
  }
  const loss = lossOf()
  if (loss === 'poisson' && outcome.task === 'regression') checkCounts(outcome)
  checkLevels(x)
  return {
    loss,
    nTrees: numberOf('nTrees'),
    learningRate: numberOf('learningRate'),
    maxDepth: numberOf('maxDepth'),
    maxLeaves: numberOf('maxLeaves'),
    minChildWeight: numberOf('minChildWeight'),
    l2: numberOf('l2'),
    minGain: numberOf('minGain'),
    sampleFraction: numberOf('sampleFraction'),
    columnShare: numberOf('columnShare'),
    columnShareSplit: numberOf('columnShareSplit'),
    categorySmooth: numberOf('categorySmooth'),
    maxBins: numberOf('maxBins'),
    validationShare: numberOf('validationShare'),
    patience: numberOf('patience'),
    directions: directionsOf(String(given.monotone ?? ''), x),
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
