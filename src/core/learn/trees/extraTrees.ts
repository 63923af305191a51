import type { Parameter } from '../../../contract/models.ts'
import type { Learner } from '../learner.ts'
import { fitForest, forest } from './forest.ts'
import { loadForest } from './forestPredictor.ts'

const changed: Record<string, Partial<Parameter>> = {
  mtry: {
    description: {
      en: 'Columns of which one random cut each is tried at a split; 0: the square root of their number, all for values and survival.',
      zh: '每次分裂尝试的列数，每列随机取一个切点；0 表示自动：列数的平方根，数值与生存任务为全部列。',
    },
  },
  replace: {
    default: false,
    description: {
      en: 'Bootstrap, with out-of-bag predictions. Without it every tree sees all rows, as these trees usually do.',
      zh: '自助抽样，可得袋外预测。若不放回，则每棵树使用全部行，这是此类树的常规做法。',
    },
  },
}

/**
 * Extremely randomised trees (Geurts, Ernst & Wehenkel 2006): the random forest with one random cut a column instead of
 * the best, grown on all rows unless drawn. Criteria, leaves, missing values, predictions and model state are the
 * forest's.
 */
export const extraTrees: Learner = {
  ...forest,
  id: 'extraTrees',
  auto: undefined,
  family: 'trees',
  explains: 'treeShap',
  label: { en: 'Extra-trees', zh: '极端随机树' },
  description: {
    en: 'A random forest whose cuts are drawn at random: smoother, often as good, and quicker where columns are many.',
    zh: '切点随机抽取的随机森林：预测更平滑，效果常相当，列数多时更快。',
  },
  parameters: forest.parameters.map((parameter) => ({ ...parameter, ...changed[parameter.name] })),
  fit: (...data) => fitForest(true, ...data),
  load: async (state) => loadForest(state),
}
