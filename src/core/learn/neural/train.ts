import { cancelled, invalidInput, issue } from '../../../contract/errors.ts'
import { breathe } from '../../async.ts'
import { randomOf, shuffle } from '../../numbers/random.ts'
import { lossOf } from './losses.ts'
import { dropoutOf, type Engine, type NetData, type NetOptions } from './net.ts'
import { type Rates, rateSchedule } from './rates.ts'
import type { NetShape } from './shape.ts'

export interface Schedule {
  rates: Rates
  dropout: number
  /** Epochs without a better validation loss after which training ends; the best epoch's weights are kept. */
  patience: number
  seed: number
}

export interface Trained {
  weights: Float32Array[]
  /** Epochs run, and the one (from 1) whose weights were kept. */
  epochs: number
  best: number
  /** Mean training loss of each epoch, and validation loss after it (empty where there are no validation rows). */
  losses: number[]
  validationLosses: number[]
  /** Outputs of the validation rows with the weights kept. */
  validationOutputs: Float32Array
}

/**
 * Trains in shuffled batches until the epochs are done or the validation loss has not improved for `patience` epochs.
 * Yields to the thread's event loop every 50 ms, so that a cancellation is heard; throws `cancelled` then, and
 * `invalidInput` (diverged) where the loss is no longer a number.
 */
export const train = async (
  engine: Engine,
  data: NetData,
  shape: NetShape,
  options: NetOptions,
  schedule: Schedule,
  rows: { training: Uint32Array; validation: Uint32Array },
  signal: AbortSignal,
  progress: (share: number, detail?: Record<string, number>) => void,
): Promise<Trained> => {
  const { patience, seed, rates } = schedule
  const { epochs } = rates
  const rateOf = rateSchedule(rates)
  const { batchSize, loss: kind } = options
  const dropout = dropoutOf(shape, schedule.dropout, seed)
  const validation = heldOut(data, rows.validation)
  const trained: Trained = {
    weights: engine.weights(),
    epochs: 0,
    best: 0,
    losses: [],
    validationLosses: [],
    validationOutputs: engine.outputs(rows.validation),
  }
  let bestLoss = Number.POSITIVE_INFINITY
  let breathed = performance.now()
  let step = 0
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const order = shuffle(Uint32Array.from(rows.training), randomOf(seed, 10_000 + epoch))
    const rate = rateOf.at(epoch)
    let sum = 0
    for (let start = 0; start < order.length; start += batchSize, step++) {
      const batch = order.subarray(start, start + batchSize)
      sum += engine.step(batch, dropout(batch.length, step), rate) * batch.length
      if (performance.now() - breathed > 50) {
        await breathe()
        if (signal.aborted) throw cancelled('cancelled')
        progress((epoch - 1 + (start + batch.length) / order.length) / epochs)
        breathed = performance.now()
      }
    }
    if (signal.aborted) throw cancelled('cancelled')
    const loss = sum / order.length
    if (!Number.isFinite(loss)) throw invalidInput('diverged', {}, [issue('learningRate', 'tooLargeForData')])
    trained.losses.push(loss)
    trained.epochs = epoch
    const detail: Record<string, number> = { epoch, loss }
    if (rows.validation.length > 0) {
      const outputs = engine.outputs(rows.validation)
      const validationLoss =
        lossOf(kind, { ...validation, outputs, stride: shape.outputs, classes: shape.outputs }, null) / validation.total
      trained.validationLosses.push(validationLoss)
      detail.validationLoss = validationLoss
      if (validationLoss < bestLoss) {
        bestLoss = validationLoss
        trained.best = epoch
        trained.weights = engine.weights()
        trained.validationOutputs = outputs
      }
    }
    rateOf.told(detail.validationLoss ?? loss)
    progress(epoch / epochs, detail)
    if (rows.validation.length > 0 && patience > 0 && epoch - trained.best >= patience) break
  }
  if (rows.validation.length === 0) {
    trained.weights = engine.weights()
    trained.best = trained.epochs
  }
  return trained
}

const heldOut = (data: NetData, rows: Uint32Array) => {
  const weights = Float32Array.from(rows, (row) => data.weights[row])
  return {
    targets: Float32Array.from(rows, (row) => data.targets[row]),
    weights,
    events: data.events ? Uint8Array.from(rows, (row) => data.events?.[row] ?? 0) : undefined,
    count: rows.length,
    total: weights.reduce((sum, weight) => sum + weight, 0) || 1,
  }
}

/**
 * Temperature T that makes probabilities of outputs / T fit held-out rows best (Guo et al. 2017), by golden section on
 * log T between 1 and 4: a net too sure of itself is cooled; none is made surer, as a few rows that happen to be told
 * apart perfectly would ask for.
 */
export const temperatureOf = (
  kind: 'binary' | 'softmax',
  outputs: Float32Array,
  classes: number,
  data: NetData,
  rows: Uint32Array,
): number => {
  const held = heldOut(data, rows)
  const lossAt = (log: number) => {
    const scaled = outputs.map((output) => output / Math.exp(log))
    return lossOf(kind, { ...held, outputs: scaled, stride: classes, classes }, null)
  }
  const ratio = (Math.sqrt(5) - 1) / 2
  let low = 0
  let high = Math.log(4)
  let left = high - ratio * (high - low)
  let right = low + ratio * (high - low)
  let [atLeft, atRight] = [lossAt(left), lossAt(right)]
  for (let i = 0; i < 40; i++) {
    if (atLeft <= atRight) {
      high = right
      right = left
      atRight = atLeft
      left = high - ratio * (high - low)
      atLeft = lossAt(left)
    } else {
      low = left
      left = right
      atLeft = atRight
      right = low + ratio * (high - low)
      atRight = lossAt(right)
    }
  }
  return Math.exp((low + high) / 2)
}
