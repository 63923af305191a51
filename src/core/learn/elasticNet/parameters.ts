import type { Parameter } from '../../../contract/models.ts'

export const elasticNetParameters: readonly Parameter[] = [
  {
    name: 'alpha',
    label: { en: 'Mixing (alpha)', zh: '混合比例（alpha）' },
    description: {
      en: '1 (lasso) leaves features out; 0 (ridge) only shrinks; between, correlated features enter together.',
      zh: '1（lasso）会舍去特征；0（岭回归）只收缩系数；介于两者之间时，相关的特征会一同进入模型。',
    },
    type: 'number',
    default: 1,
    min: 0,
    max: 1,
    choices: null,
  },
  {
    name: 'choose',
    label: { en: 'Penalty chosen', zh: '惩罚的选择' },
    description: {
      en: 'min: the smallest cross-validated deviance; oneStandardError: the simplest model within one standard error of it; given: lambda as set below.',
      zh: 'min：交叉验证偏差最小；oneStandardError：在其一个标准误之内的最简模型；given：使用下面设定的 lambda。',
    },
    type: 'choice',
    default: 'min',
    min: null,
    max: null,
    choices: ['min', 'oneStandardError', 'given'],
  },
  {
    name: 'lambda',
    label: { en: 'Penalty (lambda)', zh: '惩罚强度（lambda）' },
    description: {
      en: 'Used where the penalty is given; on the scale of the mean log-likelihood, as in glmnet.',
      zh: '仅在选择 given 时使用；以平均对数似然为尺度，与 glmnet 相同。',
    },
    type: 'number',
    default: 0.01,
    min: 0,
    max: 1e9,
    choices: null,
  },
  {
    name: 'nLambda',
    label: { en: 'Penalties on the path', zh: '路径上的惩罚个数' },
    description: {
      en: 'From the smallest penalty that leaves every feature out downwards; the path ends earlier where nothing more is explained.',
      zh: '从使所有特征都被舍去的最小惩罚开始逐步减小；若不再解释更多变异，路径会提前结束。',
    },
    type: 'integer',
    default: 100,
    min: 5,
    max: 1000,
    choices: null,
  },
  {
    name: 'folds',
    label: { en: 'Folds', zh: '交叉验证折数' },
    description: {
      en: 'Parts the training cases are dealt into to choose the penalty; each is held out once.',
      zh: '为选择惩罚而将训练病例分成的份数；每份各留出一次。',
    },
    type: 'integer',
    default: 10,
    min: 3,
    max: 50,
    choices: null,
  },
  {
    name: 'family',
    label: { en: 'Distribution of values', zh: '数值的分布' },
    description: {
      en: 'For values: gaussian, or poisson for counts. Other tasks have their own.',
      zh: '用于数值任务：gaussian（正态），计数用 poisson。其他任务有各自的分布。',
    },
    type: 'choice',
    default: 'gaussian',
    min: null,
    max: null,
    choices: ['gaussian', 'poisson'],
  },
]
