import { cancelled } from '../../../contract/errors.ts'
import { warn } from '../../../contract/warnings.ts'
import { alignTimes } from '../../cohort/curves/times.ts'
import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import { randomOf, shuffle } from '../../numbers/random.ts'
import type { FitContext, Fitted, ModelState } from '../learner.ts'
import { checkMatrix, withoutZeroWeights } from '../linear/design.ts'
import { openTensorFlow } from './backend.ts'
import { fusedEngine, fusedOutputs } from './fused.ts'
import { netTooLarge } from './heap.ts'
import { stateOf } from './model.ts'
import { initialWeights, type NetData, type NetOptions, weightSpecs } from './net.ts'
import { type NetSettings, ratesOf } from './parameters.ts'
import type { Front, NetShape } from './shape.ts'
import { coxBaseline } from './survivalNet.ts'
import type { Target } from './target.ts'
import { targetOf } from './targets.ts'
import { tensorflowEngine } from './tensorflow.ts'
import { temperatureOf, train } from './train.ts'

/** What a learner puts before the dense layers: its data in an engine's form, and what prediction must know of it. */
export interface FrontData {
  front: Front
  data: Pick<NetData, 'steps' | 'pictures'>
  header: Record<string, unknown>
}

/** With gradients and moments, and the best epoch kept, they take 2 GB. */
const mostWeights = 1e8

/** Fewest validation rows that early stopping and the temperature are trusted with. */
const leastValidation = 10

/** Fits a net of any kind: targets, validation rows, training, temperature or baseline hazard, state. */
export const fitNet = async (
  learner: string,
  matrix: Matrix,
  given: Outcome,
  settings: NetSettings,
  context: FitContext,
  givenWeights: Float64Array | undefined,
  frontOf: (x: Matrix) => FrontData | null,
): Promise<Fitted> => {
  checkMatrix(matrix, learner, givenWeights)
  if (context.signal.aborted) throw cancelled('cancelled')
  context.progress(0)
  const { x, outcome, weights } = withoutZeroWeights(matrix, given, givenWeights)
  const warnings: Fitted['warnings'] = []

  const target = targetOf(outcome, weights, settings, learner, warnings)
  const before = frontOf(x)
  const data: NetData = { ...dataOf(x, target, weights), ...before?.data }
  const options: NetOptions = {
    loss: target.loss,
    batchSize: settings.batchSize,
    optimiser: settings.optimiser,
    l2: settings.l2,
    weightDecay: settings.weightDecay,
  }
  const shape: NetShape = {
    inputs: x.columns,
    hidden: Array.from({ length: settings.layers }, () => settings.units),
    outputs: target.outputs,
    ...(before ? { front: before.front } : {}),
  }
  const patience = settings.patience
  const rows = holdOut(target, patience > 0 ? settings.validationShare : 0, context.seed)
  if (patience > 0 && rows.validation.length === 0) warnings.push(warn('noValidationRows', { rows: x.rows }))

  const count = weightSpecs(shape).reduce((sum, { shape: size }) => sum + size.reduce((all, one) => all * one, 1), 0)
  if (count > mostWeights) throw netTooLarge()
  const initial = initialWeights(shape, target.outputBias, randomOf(context.seed, 1))
  // Hazards start near those of all rows together: logits of many intervals at random would be told apart first.
  if (outcome.task === 'survival') {
    const output = initial.length - 2
    initial[output] = initial[output].map((weight) => weight / 10)
  }
  const engine =
    settings.engine === 'tensorflow'
      ? tensorflowEngine(await openTensorFlow(), data, shape, initial, options)
      : fusedEngine(data, shape, initial, options)
  try {
    const schedule = { rates: ratesOf(settings), dropout: settings.dropout, patience, seed: context.seed }
    const trained = await train(engine, data, shape, options, schedule, rows, context.signal, context.progress)
    const classes = target.loss === 'binary' || target.loss === 'softmax' ? target.loss : null
    const temperature =
      classes && rows.validation.length >= leastValidation
        ? temperatureOf(classes, trained.validationOutputs, shape.outputs, data, rows.validation)
        : 1
    const folded = rescaleOutputs(trained.weights, target.scale / temperature, target.shifts)
    const baseline = baselineOf(outcome, target, data, shape, folded, weights)
    context.progress(1)
    return {
      state: stateOf(
        shape,
        target.loss,
        schedule.dropout,
        folded,
        {
          ...target.header,
          ...before?.header,
          ...baseline.header,
          task: outcome.task,
          temperature,
          epochs: trained.epochs,
          bestEpoch: trained.best,
          validationRows: rows.validation.length,
          losses: trained.losses,
          validationLosses: trained.validationLosses,
        },
        { ...target.arrays, ...baseline.arrays },
      ),
      fit: null,
      outOfBag: null,
      backend: engine.name,
      warnings,
    }
  } finally {
    engine.close()
  }
}

/** Row-major 32-bit copy of the columns, with weights of mean 1. */
const dataOf = (x: Matrix, { targets, events, balance }: Target, weights?: Float64Array): NetData => {
  const { rows, columns } = x
  const values = new Float32Array(rows * columns)
  for (let column = 0; column < columns; column++)
    for (let row = 0; row < rows; row++) values[row * columns + column] = x.data[column * rows + row]
  const each = Float64Array.from({ length: rows }, (_, row) => (weights ? weights[row] : 1) * (balance?.[row] ?? 1))
  const mean = each.reduce((sum, weight) => sum + weight, 0) / rows
  return {
    rows,
    columns,
    values,
    targets,
    weights: Float32Array.from(each, (weight) => weight / mean),
    ...(events ? { events } : {}),
  }
}

/**
 * Rows set aside to watch the loss, the same share of each class (of survival: of patients with and without the event),
 * rows of one patient together: a loss watched on rows of patients that are learned from never rises. None where they
 * would be too few, or a class too small.
 */
const holdOut = ({ strata, cluster, targets }: Target, share: number, seed: number) => {
  const every = Uint32Array.from(targets, (_, row) => row)
  const groups = new Map<number, number[]>()
  for (const row of every) {
    const key = cluster ? cluster[row] : row
    const own = groups.get(key)
    if (own) own.push(row)
    else groups.set(key, [row])
  }
  const keys = shuffle([...groups.keys()], randomOf(seed, 2))
  const byStratum: number[][][] = []
  for (const key of keys) {
    const members = groups.get(key) as number[]
    const stratum = members.reduce((most, row) => Math.max(most, strata[row]), 0)
    byStratum[stratum] ??= []
    byStratum[stratum].push(members)
  }
  const setAside = (kinds: number[][][]): number[] =>
    kinds.some((groups) => Math.round(groups.length * share) === 0)
      ? []
      : kinds.flatMap((groups) => groups.slice(0, Math.round(groups.length * share))).flat()
  let aside = setAside(byStratum.filter((groups) => groups !== undefined))
  // A few patients with many rows each hardly part by class; they are set aside as they come.
  if (aside.length < leastValidation && cluster) aside = setAside([keys.map((key) => groups.get(key) as number[])])
  if (aside.length < leastValidation) return { training: every, validation: new Uint32Array(0) }
  const set = new Set(aside)
  return { training: every.filter((row) => !set.has(row)), validation: Uint32Array.from(aside).sort() }
}

/** Folds a scale and shifts of the outputs into the last layer. */
const rescaleOutputs = (weights: Float32Array[], scale: number, shifts: readonly number[]): Float32Array[] =>
  weights.map((values, index) => {
    if (index < weights.length - 2) return values
    return index === weights.length - 1
      ? values.map((value, k) => value * scale + shifts[k])
      : values.map((value) => value * scale)
  })

/** The baseline hazard that a Cox net needs, from all rows it was given. */
const baselineOf = (
  outcome: Outcome,
  { loss }: Target,
  data: NetData,
  shape: NetShape,
  weights: Float32Array[],
  rowWeights: Float64Array | undefined,
): { header: Record<string, unknown>; arrays: ModelState['arrays'] } => {
  if (outcome.task !== 'survival' || (loss !== 'efron' && loss !== 'breslow')) return { header: {}, arrays: {} }
  const eta = fusedOutputs(data, shape, weights)
  const { times, hazard, centre } = coxBaseline(eta, alignTimes(outcome.time), outcome.event, rowWeights, loss)
  return { header: { centre }, arrays: { baselineTimes: times, baselineHazard: hazard } }
}
