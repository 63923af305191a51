import { cancelled, invalidInput } from '../../../contract/errors.ts'
import type { Parameter } from '../../../contract/models.ts'
import { type Matrix, type Outcome, takeMatrixRows, takeOutcomeRows } from '../../cohort/matrix.ts'
import type { FitContext, Fitted, Learner, Parameters } from '../learner.ts'
import { checkMatrix, weightedRows } from '../linear/design.ts'
import { randomOf, shuffle } from '../random.ts'
import { openTensorFlow } from './backend.ts'
import { fusedEngine } from './fused.ts'
import { loadNet, stateOf } from './model.ts'
import { initialWeights, type LossKind, type NetData, type NetOptions, type NetShape } from './net.ts'
import { tensorflowEngine } from './tensorflow.ts'
import { temperatureOf, train } from './train.ts'

const numeric = (
  type: 'integer' | 'number',
  name: string,
  label: Parameter['label'],
  description: Parameter['description'],
  [min, value, max]: [number, number, number],
): Parameter => ({ name, label, description, type, default: value, min, max, choices: null })

const parameters: readonly Parameter[] = [
  numeric(
    'integer',
    'layers',
    { en: 'Hidden layers', zh: '隐藏层数' },
    { en: 'Hidden layers; 0: a linear model.', zh: '隐藏层的数量；0 表示线性模型。' },
    [0, 2, 8],
  ),
  numeric(
    'integer',
    'units',
    { en: 'Units a layer', zh: '每层单元数' },
    { en: 'Rectified linear units in each hidden layer.', zh: '每个隐藏层的 ReLU 单元数。' },
    [1, 64, 1024],
  ),
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
    { en: 'Rows a step of Adam averages over.', zh: '每步 Adam 更新所平均的行数。' },
    [1, 32, 8192],
  ),
  numeric(
    'number',
    'learningRate',
    { en: 'Learning rate', zh: '学习率' },
    { en: 'Step size of Adam.', zh: 'Adam 的步长。' },
    [1e-6, 0.001, 1],
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
  {
    name: 'engine',
    label: { en: 'Engine', zh: '计算引擎' },
    description: {
      en: 'What does the arithmetic: own SIMD kernels (fused; the same bits on every machine), or TensorFlow.js on the best backend at hand.',
      zh: '执行运算的引擎：自有 SIMD 内核（fused，各机器结果逐位一致），或使用现有最佳后端的 TensorFlow.js。',
    },
    type: 'choice',
    default: 'fused',
    min: null,
    max: null,
    choices: ['fused', 'tensorflow'],
  },
]

/**
 * Dense neural net: hidden layers of rectified linear units, trained by Adam on the binary cross-entropy (softmax
 * cross-entropy for more than two classes, squared error of the standardised value), with dropout, an L2 penalty and early stopping on
 * validation rows taken from the training rows, stratified by class. Class probabilities are brought to the validation rows by
 * a temperature, which is folded into the last layer. Survival is not among its tasks. See docs/methods.md.
 */
export const neural: Learner = {
  id: 'neural',
  label: { en: 'Neural net', zh: '神经网络' },
  description: {
    en: 'Layers of units that learn curves and interactions by themselves; needs many patients to beat simpler models.',
    zh: '多层单元，可自动学习曲线与交互作用；需要较多患者才能胜过更简单的模型。',
  },
  tasks: ['diagnosis', 'regression'],
  parameters,
  needs: { categories: 'oneHot', standardise: true, native: false, missing: 'median' },
  stateVersion: 1,
  fit: fitNet,
  load: async (state) => loadNet(state),
}

/** Fewest validation rows that early stopping and the temperature are trusted with. */
const leastValidation = 10

async function fitNet(
  matrix: Matrix,
  given: Outcome,
  parameters: Parameters,
  context: FitContext,
  givenWeights?: Float64Array,
): Promise<Fitted> {
  if (given.task === 'survival') throw new TypeError('neural learns classes or values')
  checkMatrix(matrix, 'neural', givenWeights)
  if (context.signal.aborted) throw cancelled('cancelled', 'Training was cancelled.')
  context.progress(0)
  const taken = weightedRows(givenWeights)
  const x = taken ? takeMatrixRows(matrix, taken) : matrix
  const outcome = (taken ? takeOutcomeRows(given, taken) : given) as typeof given
  const weights = taken && givenWeights ? Float64Array.from(taken, (row) => givenWeights[row]) : givenWeights
  const warnings: Fitted['warnings'] = []

  const target = outcome.task === 'diagnosis' ? classTarget(outcome, warnings) : valueTarget(outcome.y, weights)
  const data = dataOf(x, target.targets, weights)
  const options: NetOptions = {
    loss: target.loss,
    batchSize: Number(parameters.batchSize),
    learningRate: Number(parameters.learningRate),
    l2: Number(parameters.l2),
  }
  const shape: NetShape = {
    inputs: x.columns,
    hidden: Array.from({ length: Number(parameters.layers) }, () => Number(parameters.units)),
    outputs: target.outputs,
  }
  const patience = Number(parameters.patience)
  const rows = holdOut(target, patience > 0 ? Number(parameters.validationShare) : 0, context.seed)
  if (patience > 0 && rows.validation.length === 0)
    warnings.push({
      reason: 'noValidationRows',
      message: `With ${x.rows} training rows none can be spared to watch the loss: the net trains for all epochs and may overfit.`,
    })

  const initial = initialWeights(shape, target.outputBias, randomOf(context.seed, 1))
  const engine =
    parameters.engine === 'tensorflow'
      ? tensorflowEngine(await openTensorFlow(), data, shape, initial, options)
      : fusedEngine(data, shape, initial, options)
  try {
    const schedule = {
      epochs: Number(parameters.epochs),
      dropout: Number(parameters.dropout),
      patience,
      seed: context.seed,
    }
    const trained = await train(engine, data, shape, options, schedule, rows, context.signal, context.progress)
    const temperature =
      target.loss !== 'squared' && rows.validation.length >= leastValidation
        ? temperatureOf(target.loss, trained.validationOutputs, shape.outputs, data, rows.validation)
        : 1
    const folded = rescaleOutputs(trained.weights, target.scale / temperature, target.shift)
    context.progress(1)
    return {
      state: stateOf(shape, target.loss, schedule.dropout, folded, {
        ...target.header,
        task: outcome.task,
        temperature,
        epochs: trained.epochs,
        bestEpoch: trained.best,
        validationRows: rows.validation.length,
        losses: trained.losses,
        validationLosses: trained.validationLosses,
      }),
      fit: null,
      outOfBag: null,
      backend: engine.name,
      warnings,
    }
  } finally {
    engine.close()
  }
}

interface Target {
  loss: LossKind
  outputs: number
  targets: Float32Array
  outputBias: number[]
  /** Outputs of the stored net are scale * (output / temperature) + shift. */
  scale: number
  shift: number
  header: Record<string, unknown>
}

const classTarget = (outcome: Extract<Outcome, { task: 'diagnosis' }>, warnings: Fitted['warnings']): Target => {
  const { classes, y } = outcome
  const counts = new Int32Array(classes.length)
  for (const label of y) counts[label]++
  const present = classes.map((_, label) => label).filter((label) => counts[label] > 0)
  if (present.length < 2)
    throw invalidInput(
      'oneClassOnly',
      `neural: all ${y.length} training rows are of the class ${classes[present[0]] ?? '(none)'}; at least two classes are needed.`,
      [],
      { rows: y.length },
    )
  const absent = classes.filter((_, label) => counts[label] === 0)
  if (absent.length > 0)
    warnings.push({
      reason: 'absentClass',
      message: `No training row is of the class ${absent.join(', ')}: its probability is always 0.`,
    })
  const place = new Map(present.map((label, index) => [label, index]))
  const shares = present.map((label) => counts[label] / y.length)
  const binary = present.length === 2
  return {
    loss: binary ? 'binary' : 'softmax',
    outputs: binary ? 1 : present.length,
    targets: Float32Array.from(y, (label) => place.get(label) ?? 0),
    outputBias: binary ? [Math.log(shares[1] / shares[0])] : shares.map((share) => Math.log(share)),
    scale: 1,
    shift: 0,
    header: { classes: [...classes], present },
  }
}

const valueTarget = (y: Float64Array, weights?: Float64Array): Target => {
  let [total, sum] = [0, 0]
  for (let row = 0; row < y.length; row++) {
    if (!Number.isFinite(y[row]))
      throw invalidInput('badOutcome', 'neural: a row has no value to learn; leave rows of unknown outcome out.')
    const weight = weights ? weights[row] : 1
    total += weight
    sum += weight * y[row]
  }
  const mean = sum / total
  let squares = 0
  for (let row = 0; row < y.length; row++) squares += (weights ? weights[row] : 1) * (y[row] - mean) ** 2
  const deviation = Math.sqrt(squares / total) || 1
  return {
    loss: 'squared',
    outputs: 1,
    targets: Float32Array.from(y, (value) => (value - mean) / deviation),
    outputBias: [0],
    scale: deviation,
    shift: mean,
    header: {},
  }
}

/** Row-major 32-bit copy of the matrix, with weights of mean 1. */
const dataOf = (x: Matrix, targets: Float32Array, weights?: Float64Array): NetData => {
  const { rows, columns } = x
  const values = new Float32Array(rows * columns)
  for (let column = 0; column < columns; column++)
    for (let row = 0; row < rows; row++) values[row * columns + column] = x.data[column * rows + row]
  const mean = weights ? weights.reduce((sum, weight) => sum + weight, 0) / rows : 1
  return {
    rows,
    columns,
    values,
    targets,
    weights: Float32Array.from({ length: rows }, (_, row) => (weights ? weights[row] / mean : 1)),
  }
}

/** Rows set aside to watch the loss, the same share of each class; none where they would be too few, or a class too small. */
const holdOut = ({ loss, targets }: Target, share: number, seed: number) => {
  const every = Uint32Array.from(targets, (_, row) => row)
  const strata: number[][] = []
  for (const row of shuffle(Array.from(every), randomOf(seed, 2))) {
    const stratum = loss === 'squared' ? 0 : targets[row]
    strata[stratum] ??= []
    strata[stratum].push(row)
  }
  const aside = strata.flatMap((members) => members.slice(0, Math.round(members.length * share)))
  if (aside.length < leastValidation || strata.some((members) => Math.round(members.length * share) === 0))
    return { training: every, validation: new Uint32Array(0) }
  const set = new Set(aside)
  return { training: every.filter((row) => !set.has(row)), validation: Uint32Array.from(aside).sort() }
}

/** Folds a scale and a shift of the outputs into the last layer. */
const rescaleOutputs = (weights: Float32Array[], scale: number, shift: number): Float32Array[] =>
  weights.map((values, index) => {
    if (index < weights.length - 2) return values
    return index === weights.length - 1
      ? values.map((value) => value * scale + shift)
      : values.map((value) => value * scale)
  })
