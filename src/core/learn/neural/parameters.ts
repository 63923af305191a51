import type { Parameter } from '../../../contract/models.ts'
import type { Parameters } from '../learner.ts'
import { type Optimiser, optimisers } from './net.ts'
import { type Rates, schedules } from './rates.ts'

type Described = [label: Parameter['label'], description: Parameter['description']]

export const numeric = (
  type: 'integer' | 'number',
  name: string,
  label: Parameter['label'],
  description: Parameter['description'],
  [min, value, max]: [number, number, number],
): Parameter => ({ name, label, description, type, default: value, min, max, choices: null })

export const oneOf = (
  name: string,
  [label, description]: Described,
  choices: readonly string[],
  value = choices[0],
): Parameter => ({
  name,
  label,
  description,
  type: 'choice',
  default: value,
  min: null,
  max: null,
  choices: [...choices],
})

/** Hidden layers over the columns (and over what a front makes of courses or pictures). */
export const denseParameters = (layers: number, units: number): Parameter[] => [
  numeric(
    'integer',
    'layers',
    { en: 'Hidden layers', zh: '隐藏层数' },
    { en: 'Hidden layers; 0: a linear model.', zh: '隐藏层的数量；0 表示线性模型。' },
    [0, layers, 8],
  ),
  numeric(
    'integer',
    'units',
    { en: 'Units a layer', zh: '每层单元数' },
    { en: 'Rectified linear units in each hidden layer.', zh: '每个隐藏层的 ReLU 单元数。' },
    [1, units, 1024],
  ),
]

/** How a net is trained, the same for all. */
export const trainingParameters: readonly Parameter[] = [
  numeric(
    'integer',
    'epochs',
    { en: 'Epochs', zh: '训练轮数' },
    { en: 'Passes over the training rows at most.', zh: '遍历训练数据的最多次数。' },
    [1, 100, 10_000],
  ),
  numeric(
    'integer',
    'batchSize',
    { en: 'Batch size', zh: '批大小' },
    {
      en: 'Rows a step averages over; for the loss cox also its risk sets, so rather larger there.',
      zh: '每步更新所平均的行数；损失为 cox 时也是其风险集，宜取大些。',
    },
    [1, 32, 8192],
  ),
  oneOf(
    'optimiser',
    [
      { en: 'Optimiser', zh: '优化器' },
      {
        en: 'Adam, gradient descent with momentum 0.9, or plain gradient descent (sgd).',
        zh: 'Adam、动量 0.9 的梯度下降，或普通梯度下降（sgd）。',
      },
    ],
    optimisers,
  ),
  numeric(
    'number',
    'learningRate',
    { en: 'Learning rate', zh: '学习率' },
    { en: 'Step size at the start.', zh: '起始步长。' },
    [1e-6, 0.001, 1],
  ),
  oneOf(
    'schedule',
    [
      { en: 'Rate over epochs', zh: '学习率变化' },
      {
        en: 'Constant; falling to 0 as a cosine over all epochs; by the factor in steps or steadily; or by the factor whenever the loss has stood still (plateau).',
        zh: '恒定；按余弦在全部轮次内降至 0；按系数阶梯式或平滑下降；或损失停滞时按系数下降（plateau）。',
      },
    ],
    schedules,
  ),
  numeric(
    'number',
    'rateFactor',
    { en: 'Rate factor', zh: '学习率系数' },
    { en: 'What step, exponential and plateau multiply the rate by.', zh: '阶梯、指数与平台方式每次乘以的系数。' },
    [0.01, 0.5, 1],
  ),
  numeric(
    'integer',
    'rateEpochs',
    { en: 'Epochs a factor', zh: '每次变化的轮数' },
    { en: 'Epochs after which the factor applies once.', zh: '经过多少轮应用一次系数。' },
    [1, 5, 1000],
  ),
  numeric(
    'number',
    'dropout',
    { en: 'Dropout', zh: '随机失活比例' },
    { en: 'Share of hidden units switched off at each step while training.', zh: '训练时每步随机关闭的隐藏单元比例。' },
    [0, 0.2, 0.9],
  ),
  numeric(
    'number',
    'l2',
    { en: 'Weight penalty', zh: '权重惩罚' },
    {
      en: 'Times the sum of squared weights (not biases), added to the mean loss.',
      zh: '乘以权重（不含偏置）平方和，加到平均损失上。',
    },
    [0, 0.001, 100],
  ),
  numeric(
    'number',
    'weightDecay',
    { en: 'Weight decay', zh: '权重衰减' },
    {
      en: 'Share of each weight taken off at each step, times the learning rate, apart from the loss (as AdamW).',
      zh: '每步从权重中扣除的比例（乘以学习率），与损失无关（同 AdamW）。',
    },
    [0, 0, 1],
  ),
  oneOf(
    'classWeights',
    [
      { en: 'Class weights', zh: '类别权重' },
      {
        en: 'Balanced: rare classes weigh as much as common ones while learning; probabilities are brought back to the classes’ shares after.',
        zh: 'balanced：学习时各类别总权重相同；之后将概率校正回实际类别比例。',
      },
    ],
    ['none', 'balanced'],
  ),
  numeric(
    'integer',
    'patience',
    { en: 'Patience', zh: '早停耐心' },
    {
      en: 'Epochs without a better loss on the validation rows before training stops; the best epoch is kept. 0: no validation rows, no early stopping.',
      zh: '验证损失连续多少轮未改善即停止，并保留最佳一轮；0 表示不设验证集、不早停。',
    },
    [0, 10, 10_000],
  ),
  numeric(
    'number',
    'validationShare',
    { en: 'Validation share', zh: '验证集比例' },
    { en: 'Share of the training rows kept aside to watch the loss.', zh: '从训练行中留出、用于监控损失的比例。' },
    [0.05, 0.2, 0.5],
  ),
]

/** What a net predicts of survival, and how. */
export const survivalParameters: readonly Parameter[] = [
  oneOf(
    'loss',
    [
      { en: 'Survival loss', zh: '生存损失' },
      {
        en: 'Survival only. logisticHazard: the hazard of each interval of time, free to cross; cox: one log hazard a patient, proportional over time.',
        zh: '仅用于生存。logisticHazard：各时间区间的风险，可以交叉；cox：每位患者一个对数风险，随时间成比例。',
      },
    ],
    ['logisticHazard', 'cox'],
  ),
  numeric(
    'integer',
    'intervals',
    { en: 'Intervals', zh: '时间区间数' },
    {
      en: 'logisticHazard: intervals of time, cut so that the same share of patients has the event in each.',
      zh: 'logisticHazard：时间区间的数量，按各区间事件比例相同划分。',
    },
    [2, 15, 200],
  ),
  oneOf(
    'interpolation',
    [
      { en: 'Within intervals', zh: '区间内插值' },
      {
        en: 'logisticHazard: constant hazard, or constant density of events.',
        zh: 'logisticHazard：区间内风险恒定，或事件密度恒定。',
      },
    ],
    ['hazard', 'density'],
  ),
  oneOf(
    'ties',
    [
      { en: 'Ties', zh: '结的处理' },
      { en: 'cox: how events at the same time are handled.', zh: 'cox：同一时间的多个事件如何处理。' },
    ],
    ['efron', 'breslow'],
  ),
]

export const engineParameter: Parameter = oneOf(
  'engine',
  [
    { en: 'Engine', zh: '计算引擎' },
    {
      en: 'What does the arithmetic: own SIMD kernels (fused; the same bits on every machine), or TensorFlow.js on the best backend at hand.',
      zh: '执行运算的引擎：自有 SIMD 内核（fused，各机器结果逐位一致），或使用现有最佳后端的 TensorFlow.js。',
    },
  ],
  ['fused', 'tensorflow'],
)

/** A list of parameters with other defaults for some. */
export const withDefaults = (
  parameters: readonly Parameter[],
  defaults: Record<string, number | string>,
): readonly Parameter[] =>
  parameters.map((parameter) => ({ ...parameter, default: defaults[parameter.name] ?? parameter.default }))

export const optimiserOf = (parameters: Parameters): Optimiser => parameters.optimiser as Optimiser

export const ratesOf = (parameters: Parameters): Rates => ({
  schedule: parameters.schedule as Rates['schedule'],
  rate: Number(parameters.learningRate),
  factor: Number(parameters.rateFactor),
  every: Number(parameters.rateEpochs),
  epochs: Number(parameters.epochs),
})
