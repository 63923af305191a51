import type { Outcome } from '../../cohort/matrix.ts'
import { randomOf } from '../../numbers/random.ts'
import { type CoxRows, coxPairs, coxRowsOf, gradients, type LossTask, lossOf, pieceRows } from '../boosting/losses.ts'
import { type CellSums, cellSums, type StepRules, stepOfColumn, stepOfPair } from './cells.ts'

/** A term to be learned: its columns and how many cells lie along each, the last for missing values. */
export interface Shape {
  columns: readonly number[]
  shape: readonly number[]
}

/** One bag's work. Arrays as long as the rows lie on shared memory. */
export interface BagTask {
  rows: number
  /** Cell of each row in each column: `codes[column * rows + row]`. */
  codes: Uint8Array
  /** Levels of each column; 0: numbers. */
  levels: Int32Array
  /** Of each column, the line of a pair's grid that each of its cells belongs to. */
  lines: Uint8Array[]
  terms: Shape[]
  /** Without scores; they start from `scores`. */
  loss: Omit<LossTask, 'scores' | 'shares' | 'losses' | 'training'>
  scores: Float64Array
  /** Survival, for its times. */
  outcome: Extract<Outcome, { task: 'survival' }> | null
  training: Int32Array
  validation: Int32Array
  rules: StepRules
  categorySmooth: number
  rounds: number
  patience: number
  seed: number
  /** Its random stream. */
  bag: number
}

export interface BagResult {
  /** Of each term the scores, class by class. */
  shapes: Float64Array[]
  rounds: number
}

export const size = ({ shape }: Pick<Shape, 'shape'>) => shape.reduce((product, count) => product * count, 1)

/** The cell of each listed row in a term. */
export const cellsOfRows = (
  { columns, shape }: Shape,
  { rows, codes, lines }: Pick<BagTask, 'rows' | 'codes' | 'lines'>,
  list: Int32Array,
): Uint8Array | Uint16Array => {
  const [first, second] = columns
  if (second === undefined) return Uint8Array.from(list, (row) => codes[first * rows + row])
  const width = shape[1]
  const [down, across] = [lines[first], lines[second]]
  return Uint16Array.from(list, (row) => down[codes[first * rows + row]] * width + across[codes[second * rows + row]])
}

/** Makes a function that writes gradients of the training rows, of one class after another. */
export const gradientsOf = (loss: LossTask, cox: CoxRows | null, pairs: Float64Array) => (of: number) => {
  if (cox) coxPairs(loss, cox, pairs)
  else for (let piece = 0; piece * pieceRows < loss.training.length; piece++) gradients(loss, pairs, piece, of)
}

/** Sums gradients, second derivatives and weights of listed rows by cell. */
export const addUp = (
  sums: CellSums,
  cells: ArrayLike<number>,
  list: Int32Array,
  pairs: Float64Array,
  weights: Float64Array | null,
): void => {
  const { gradient, hessian, weight } = sums
  gradient.fill(0)
  hessian.fill(0)
  weight.fill(0)
  for (let i = 0; i < list.length; i++) {
    const row = list[i]
    const cell = cells[i]
    gradient[cell] += pairs[2 * row]
    hessian[cell] += pairs[2 * row + 1]
    weight[cell] += weights ? weights[row] : 1
  }
}

/**
 * Worker task: boosts the terms in turn, one small step each a round, on the bag's training rows, until the loss on its
 * other rows no longer falls; the shapes of the best round are kept. A function of its input alone.
 */
export const fitAdditiveBag = (task: BagTask): BagResult => {
  const { rows, terms, training, validation, rules, levels } = task
  const { classes } = task.loss
  const random = randomOf(task.seed, 0x1add00 + task.bag)
  const loss: LossTask = {
    ...task.loss,
    training,
    scores: Float64Array.from(task.scores),
    shares: new Float64Array(task.loss.kind === 'softmax' ? rows * classes : 0),
    losses: new Float64Array(Math.ceil(training.length / pieceRows)),
    quiet: true,
  }
  const cox = task.outcome && coxRowsOf(task.outcome, training)
  const coxAside = task.outcome && validation.length > 0 ? coxRowsOf(task.outcome, validation) : null
  const pairs = new Float64Array(rows * 2)
  const follow = gradientsOf(loss, cox, pairs)
  const inside = terms.map((term) => cellsOfRows(term, task, training))
  const outside = terms.map((term) => cellsOfRows(term, task, validation))
  const shapes = terms.map((term) => new Float64Array(size(term) * classes))
  const sums = terms.map((term) => cellSums(size(term)))
  const steps = terms.map((term) => new Float64Array(size(term) * classes))
  const orders = terms.map(({ shape }) => Int32Array.from({ length: shape[0] - 1 }, (_, cell) => cell))

  const step = (t: number, of: number) => {
    const { columns, shape } = terms[t]
    const cells = size(terms[t])
    follow(of)
    addUp(sums[t], inside[t], training, pairs, loss.weights)
    const into = steps[t].subarray(of * cells, (of + 1) * cells)
    if (columns.length === 2) {
      stepOfPair(sums[t], { rows: shape[0], columns: shape[1] }, rules, into)
      return
    }
    if (levels[columns[0]] > 0) sortLevels(orders[t], sums[t], task.categorySmooth)
    stepOfColumn(sums[t], orders[t], shape[0] - 1, shape[0] - 1, rules, random, into)
  }
  const apply = (t: number) => {
    const cells = size(terms[t])
    for (let i = 0; i < steps[t].length; i++) shapes[t][i] += steps[t][i]
    for (let of = 0; of < classes; of++) {
      const own = loss.scores.subarray(of * rows, (of + 1) * rows)
      const change = steps[t].subarray(of * cells, (of + 1) * cells)
      for (let i = 0; i < training.length; i++) own[training[i]] += change[inside[t][i]]
      for (let i = 0; i < validation.length; i++) own[validation[i]] += change[outside[t][i]]
    }
  }

  let best = 0
  let bestLoss = validation.length > 0 ? lossOf(loss, validation, coxAside) : 0
  const kept = shapes.map((shape) => shape.slice())
  let round = 0
  while (round < task.rounds) {
    for (let t = 0; t < terms.length; t++) {
      for (let of = 0; of < classes; of++) step(t, of)
      apply(t)
    }
    round++
    if (validation.length === 0) continue
    const now = lossOf(loss, validation, coxAside)
    if (now < bestLoss) {
      best = round
      bestLoss = now
      shapes.forEach((shape, t) => {
        kept[t].set(shape)
      })
    } else if (round - best >= task.patience) break
  }
  return validation.length > 0 ? { shapes: kept, rounds: best } : { shapes, rounds: round }
}

/** Levels in order of gradient over second derivative, as trees part them. */
const sortLevels = (order: Int32Array, { gradient, hessian }: CellSums, smooth: number) => {
  order.sort((a, b) => {
    const difference = gradient[a] / (hessian[a] + smooth) - gradient[b] / (hessian[b] + smooth)
    return difference || a - b
  })
}
