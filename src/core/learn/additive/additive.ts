import { cancelled } from '../../../contract/errors.ts'
import type { Parameter } from '../../../contract/models.ts'
import { warnAs } from '../../../contract/warnings.ts'
import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import { boosting, checkCounts, checkLevels } from '../boosting/boosting.ts'
import type { LossKind } from '../boosting/losses.ts'
import type { FitContext, Fitted, Learner, Parameters } from '../learner.ts'
import { integer } from '../parameters.ts'
import { additiveSearch } from '../search.ts'
import { checkData } from '../trees/forest.ts'
import { checkOutcome } from '../trees/target.ts'
import { fitTerms } from './fit.ts'
import { loadAdditive } from './predictor.ts'
import { packTerms } from './state.ts'

const shared = (name: string, over: Partial<Parameter> = {}): Parameter => ({
  ...(boosting.parameters.find((parameter) => parameter.name === name) as Parameter),
  ...over,
})

const parameters: readonly Parameter[] = [
  integer(
    'rounds',
    { en: 'Rounds', zh: '轮数' },
    {
      en: 'Small steps each term takes at most; fewer are kept where the loss on held-out patients stops falling.',
      zh: '每一项最多走的小步数；若留出患者的损失不再下降，则保留较少的步数。',
    },
    [1, 3000, 50_000],
  ),
  shared('learningRate', { default: 0.03 }),
  integer(
    'bags',
    { en: 'Bags', zh: '袋数' },
    {
      en: 'Models averaged, each fitted on its own draw of patients; how far they differ is the band around each curve.',
      zh: '取平均的模型数，每个模型在各自抽取的患者上拟合；其差异即为每条曲线的区间带。',
    },
    [1, 8, 100],
  ),
  integer(
    'pairs',
    { en: 'Pairs of columns', zh: '成对项数' },
    {
      en: 'Terms of two columns together, those that explain most of what single columns leave; 0: none.',
      zh: '两列共同作用的项数，取最能解释单列剩余部分者；0 表示无。',
    },
    [0, 0, 200],
  ),
  integer(
    'maxLeaves',
    { en: 'Stretches per step', zh: '每步分段数' },
    { en: 'Stretches of a column that one step tells apart.', zh: '一步中在一列上区分的分段数。' },
    [2, 2, 16],
  ),
  integer(
    'cutsTried',
    { en: 'Cuts tried per step', zh: '每步尝试的切点数' },
    {
      en: 'Cuts looked at in one step, drawn at random; few give smooth curves, 0 (all) sharp thresholds.',
      zh: '每步随机抽取的候选切点数；较少则曲线平滑，0（全部）可得清晰阈值。',
    },
    [0, 1, 255],
  ),
  integer(
    'minLeaf',
    { en: 'Smallest stretch', zh: '最小分段' },
    { en: 'Patients in a stretch at least.', zh: '每个分段的最少患者数。' },
    [1, 4, 1_000_000],
  ),
  shared('l2'),
  shared('loss'),
  shared('validationShare', {
    default: 0.2,
    min: 0.05,
    description: {
      en: 'Of each bag the share of patients not learned from, whose loss says when to stop.',
      zh: '每袋中不参与学习的患者比例，其损失决定何时停止。',
    },
  }),
  shared('patience', {
    description: {
      en: 'Rounds without a better loss on the patients kept aside after which a bag stops.',
      zh: '留出患者的损失连续这么多轮没有改善时停止。',
    },
  }),
  shared('categorySmooth'),
  shared('maxBins'),
]

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
  label: { en: 'Additive model', zh: '可加模型' },
  description: {
    en: 'A curve for each feature, added up: as open as a score chart, often as good as trees, and can be corrected by hand.',
    zh: '每个特征一条曲线并相加：像评分表一样透明，效果常与树模型相当，并可手工修正。',
  },
  tasks: ['diagnosis', 'regression', 'survival'],
  parameters,
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
  const numberOf = (name: string) => Number(given[name] ?? parameters.find((one) => one.name === name)?.default)
  const loss = lossFor(outcome, given)
  if (context.signal.aborted) throw cancelled('cancelled')
  context.progress(0)
  const model = await fitTerms(
    x,
    outcome,
    {
      loss,
      rounds: numberOf('rounds'),
      learningRate: numberOf('learningRate'),
      bags: numberOf('bags'),
      pairs: numberOf('pairs'),
      maxLeaves: numberOf('maxLeaves'),
      cutsTried: numberOf('cutsTried'),
      minLeaf: numberOf('minLeaf'),
      l2: numberOf('l2'),
      categorySmooth: numberOf('categorySmooth'),
      maxBins: numberOf('maxBins'),
      validationShare: numberOf('validationShare'),
      patience: numberOf('patience'),
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

const lossFor = (outcome: Outcome, given: Parameters): LossKind => {
  if (outcome.task === 'survival') return 'cox'
  if (outcome.task === 'diagnosis') return outcome.classes.length === 2 ? 'logistic' : 'softmax'
  if (given.loss !== 'poisson') return 'squared'
  checkCounts(outcome)
  return 'poisson'
}
