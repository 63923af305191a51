import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import { randomOf, shuffle } from '../../numbers/random.ts'
import { type LossKind, type LossTask, pieceRows } from './losses.ts'

/** The rows of a fit: which are learned from, what their loss needs, and where their scores start. */

/** Levels of each column; 0: numbers. */
export const levelsOf = (x: Matrix): Int32Array =>
  Int32Array.from({ length: x.columns }, (_, column) => x.levels?.[column] ?? 0)

/** Codes of categories are their levels. */
export const levelCodes = ({ rows, data }: Matrix, levels: Int32Array, codes: Uint8Array) => {
  levels.forEach((count, column) => {
    if (count === 0) return
    for (let row = 0; row < rows; row++) {
      const level = data[column * rows + row]
      codes[column * rows + row] = level >= 0 && level < count ? level : 255
    }
  })
}

/**
 * Rows to learn from, ascending, and rows kept aside: the asked share of each class, or of those with and without the
 * event. Rows of one patient (`outcome.cluster`) stay together, so that nobody is judged by what was learned from them.
 */
export const keepAside = (
  outcome: Outcome,
  weights: Float64Array | null,
  share: number,
  seed: number,
  stream = 0x5a1d,
) => {
  const rows = outcome.task === 'survival' ? outcome.time.length : outcome.y.length
  const stratumOf = (row: number) =>
    outcome.task === 'diagnosis' ? outcome.y[row] : outcome.task === 'survival' ? outcome.event[row] : 0
  // A patient stands under the first of their rows.
  const firstOf = new Map<number, number>()
  const others = new Map<number, number[]>()
  const strata = new Map<number, number[]>()
  const labels = new Map<number, number>()
  const firsts: number[] = []
  for (let row = 0; row < rows; row++) {
    if (weights && !(weights[row] > 0)) continue
    const first = outcome.cluster ? firstOf.get(outcome.cluster[row]) : undefined
    if (first === undefined) {
      if (outcome.cluster) firstOf.set(outcome.cluster[row], row)
      firsts.push(row)
      continue
    }
    others.set(first, [...(others.get(first) ?? []), row])
    labels.set(first, Math.max(labels.get(first) ?? stratumOf(first), stratumOf(row)))
  }
  for (const first of firsts) {
    const stratum = labels.get(first) ?? stratumOf(first)
    const list = strata.get(stratum)
    if (list) list.push(first)
    else strata.set(stratum, [first])
  }
  const allRows = (list: number[]) =>
    others.size === 0 ? list : list.flatMap((first) => [first, ...(others.get(first) ?? [])])
  let training: number[] = []
  let validation: number[] = []
  const random = randomOf(seed, stream)
  for (const stratum of [...strata.keys()].sort((a, b) => a - b)) {
    const list = shuffle(strata.get(stratum) as number[], random)
    const aside = Math.min(list.length - 1, Math.round(share * list.length))
    validation = validation.concat(allRows(list.slice(0, aside)))
    training = training.concat(allRows(list.slice(aside)))
  }
  // Too few, or no event among them, say nothing.
  const useless =
    validation.length < 2 || (outcome.task === 'survival' && !validation.some((row) => outcome.event[row] === 1))
  const sorted = (list: number[]) => sharedRows(list.sort((a, b) => a - b))
  return useless
    ? { training: sorted(training.concat(validation)), validation: new Int32Array(0) }
    : { training: sorted(training), validation: sorted(validation) }
}

const sharedRows = (list: readonly number[]): Int32Array => {
  const rows = new Int32Array(new SharedArrayBuffer(list.length * 4))
  rows.set(list)
  return rows
}
const sharedFloats = (length: number) => new Float64Array(new SharedArrayBuffer(length * 8))

/** What the loss of an outcome needs, on shared memory, all scores 0. */
export const lossTaskOf = (
  outcome: Outcome,
  kind: LossKind,
  weights: Float64Array | null,
  training: Int32Array,
): LossTask => {
  const given = outcome.task === 'survival' ? outcome.event : outcome.y
  const rows = given.length
  const classes = kind === 'softmax' && outcome.task === 'diagnosis' ? outcome.classes.length : 1
  const y = sharedFloats(rows)
  y.set(given)
  let offset: Float64Array | null = null
  if (kind === 'poisson' && outcome.task === 'regression' && outcome.exposure) {
    offset = sharedFloats(rows)
    for (let row = 0; row < rows; row++) offset[row] = Math.log(outcome.exposure[row])
  }
  let shared: Float64Array | null = null
  if (weights) {
    shared = sharedFloats(rows)
    shared.set(weights)
  }
  return {
    kind,
    rows,
    classes,
    y,
    weights: shared,
    offset,
    scores: sharedFloats(rows * classes),
    shares: sharedFloats(kind === 'softmax' ? rows * classes : 0),
    training,
    losses: sharedFloats(Math.ceil(training.length / pieceRows)),
  }
}

/** A class nobody has is given this share. */
const leastShare = 1e-6

/** The constant score of least loss on the training rows. */
export const startOf = ({ kind, classes, y, weights, offset, training }: LossTask, outcome: Outcome): Float64Array => {
  const weight = (row: number) => (weights ? weights[row] : 1)
  const total = training.reduce((sum, row) => sum + weight(row), 0)
  if (kind === 'cox') return Float64Array.of(0)
  if (kind === 'softmax' && outcome.task === 'diagnosis') {
    const shares = new Float64Array(classes)
    for (const row of training) shares[y[row]] += weight(row) / total
    return shares.map((share) => Math.log(Math.max(share, leastShare)))
  }
  let [sum, exposed, low, high] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const row of training) {
    sum += weight(row) * y[row]
    exposed += weight(row) * (offset ? Math.exp(offset[row]) : 1)
    low = Math.min(low, y[row])
    high = Math.max(high, y[row])
  }
  if (kind === 'logistic') {
    const share = Math.min(1 - leastShare, Math.max(leastShare, sum / total))
    return Float64Array.of(Math.log(share / (1 - share)))
  }
  if (kind === 'poisson') return Float64Array.of(Math.log(Math.max(sum / exposed, 1e-10)))
  // Clamped, because a rounded mean of equal values need not be that value.
  return Float64Array.of(Math.min(high, Math.max(low, sum / total)))
}
