import type { Outcome } from '../../cohort/matrix.ts'

export type LossKind = 'logistic' | 'softmax' | 'squared' | 'poisson' | 'cox'

/**
 * What a loss needs of the rows, on shared memory. Scores stand class by class: `scores[class * rows + row]`, one class
 * for all but softmax. Losses are negative log-likelihoods without what does not depend on the scores.
 */
export interface LossTask {
  kind: LossKind
  rows: number
  classes: number
  /** Class index, value or count; event indicator for survival. */
  y: Float64Array
  weights: Float64Array | null
  /** Added to the scores: the logarithm of exposure. */
  offset: Float64Array | null
  scores: Float64Array
  /** Of softmax, as the scores; empty otherwise. */
  shares: Float64Array
  /** Rows a gradient is wanted of. */
  training: Int32Array
  /** Loss of each piece of the training rows at the last gradients. */
  losses: Float64Array
  /** Whether gradients are wanted without the loss. */
  quiet?: boolean
}

/** Rows of one piece of the gradient phase: fixed, so that sums do not depend on threads. */
export const pieceRows = 8192

/** The least hessian of a row, as in XGBoost, so that a sure row still counts. */
const least = 1e-16
/**
 * Widens the hessian of counts and limits leaf values, so that one step cannot overshoot (as in XGBoost and LightGBM).
 */
export const poissonStep = 0.7

/** log(1 + exp(z)) without overflow. */
const softplus = (z: number) => (z > 0 ? z + Math.log1p(Math.exp(-z)) : Math.log1p(Math.exp(z)))

/** Gradient and hessian of the loss by each row's score, for one piece of the training rows and one class. */
export const gradients = (task: LossTask, pairs: Float64Array, piece: number, of: number): void => {
  const { training, losses } = task
  const last = Math.min(training.length, (piece + 1) * pieceRows)
  const first = piece * pieceRows
  if (task.kind === 'softmax') {
    if (of === 0) losses[piece] = shareOut(task, training, first, last)
    softmaxPairs(task, pairs, of, first, last)
  } else losses[piece] = simplePairs[task.kind as keyof typeof simplePairs](task, pairs, first, last)
}

type Pairs = (task: LossTask, pairs: Float64Array, first: number, last: number) => number

const simplePairs: Record<'logistic' | 'squared' | 'poisson', Pairs> = {
  logistic({ training, y, scores, weights, quiet }, pairs, first, last) {
    let loss = 0
    for (let i = first; i < last; i++) {
      const row = training[i]
      const w = weights ? weights[row] : 1
      const p = 1 / (1 + Math.exp(-scores[row]))
      pairs[2 * row] = w * (p - y[row])
      pairs[2 * row + 1] = w * Math.max(p * (1 - p), least)
      if (!quiet) loss -= w * Math.log(Math.max(y[row] === 1 ? p : 1 - p, 1e-300))
    }
    return loss
  },
  squared({ training, y, scores, weights }, pairs, first, last) {
    let loss = 0
    for (let i = first; i < last; i++) {
      const row = training[i]
      const w = weights ? weights[row] : 1
      const residual = scores[row] - y[row]
      pairs[2 * row] = w * residual
      pairs[2 * row + 1] = w
      loss += 0.5 * w * residual * residual
    }
    return loss
  },
  poisson({ training, y, scores, weights, offset }, pairs, first, last) {
    const wider = Math.exp(poissonStep)
    let loss = 0
    for (let i = first; i < last; i++) {
      const row = training[i]
      const w = weights ? weights[row] : 1
      const log = scores[row] + (offset ? offset[row] : 0)
      const mean = Math.exp(log)
      pairs[2 * row] = w * (mean - y[row])
      pairs[2 * row + 1] = w * mean * wider
      loss += w * (mean - y[row] * log)
    }
    return loss
  },
}

/** Class shares of some rows; returns their loss. */
const shareOut = (
  { rows, classes, y, scores, shares, weights }: LossTask,
  list: Int32Array,
  first: number,
  last: number,
) => {
  let loss = 0
  for (let i = first; i < last; i++) {
    const row = list[i]
    let most = Number.NEGATIVE_INFINITY
    for (let c = 0; c < classes; c++) most = Math.max(most, scores[c * rows + row])
    let sum = 0
    for (let c = 0; c < classes; c++) {
      const share = Math.exp(scores[c * rows + row] - most)
      shares[c * rows + row] = share
      sum += share
    }
    for (let c = 0; c < classes; c++) shares[c * rows + row] /= sum
    loss += (weights ? weights[row] : 1) * (Math.log(sum) + most - scores[y[row] * rows + row])
  }
  return loss
}

/** Twice p (1 - p) bounds the curvature over all classes, as in XGBoost. */
const softmaxPairs = (
  { rows, training, y, shares, weights }: LossTask,
  pairs: Float64Array,
  of: number,
  first: number,
  last: number,
) => {
  for (let i = first; i < last; i++) {
    const row = training[i]
    const w = weights ? weights[row] : 1
    const p = shares[of * rows + row]
    pairs[2 * row] = w * (p - (y[row] === of ? 1 : 0))
    pairs[2 * row + 1] = w * Math.max(2 * p * (1 - p), least)
  }
}

/** Loss of rows kept aside. */
export const lossOf = (task: LossTask, list: Int32Array, cox: CoxRows | null): number => {
  const { kind, y, scores, weights, offset } = task
  if (kind === 'softmax') return shareOut(task, list, 0, list.length)
  if (kind === 'cox') return cox ? coxPairs(task, cox, null) : 0
  let loss = 0
  for (const row of list) {
    const w = weights ? weights[row] : 1
    const score = scores[row] + (offset ? offset[row] : 0)
    if (kind === 'logistic') loss += w * softplus(y[row] === 1 ? -score : score)
    else if (kind === 'poisson') loss += w * (Math.exp(score) - y[row] * score)
    else loss += 0.5 * w * (score - y[row]) ** 2
  }
  return loss
}

/** Rows of a partial likelihood in the orders it is summed in. */
export interface CoxRows {
  /** Rows by descending time. */
  byTime: Int32Array
  /** Rows with a delayed entry, by descending entry; empty where all enter at 0. */
  byEntry: Int32Array
  time: Float64Array
  entry: Float64Array | null
}

export const coxRowsOf = (outcome: Extract<Outcome, { task: 'survival' }>, rows: Int32Array): CoxRows => {
  const { time, entry = null } = outcome
  return {
    byTime: Int32Array.from(rows).sort((a, b) => time[b] - time[a] || a - b),
    byEntry: entry ? Int32Array.from(rows).sort((a, b) => entry[b] - entry[a] || a - b) : new Int32Array(0),
    time,
    entry,
  }
}

/** Event times, descending, with the Breslow hazard step at each and its sum of squares over deaths. */
const hazardSteps = ({ y, scores, weights }: LossTask, { byTime, byEntry, time, entry }: CoxRows) => {
  // One common factor cancels in every ratio and keeps the exponentials in range.
  let most = Number.NEGATIVE_INFINITY
  for (const row of byTime) most = Math.max(most, scores[row])
  const riskOf = (row: number) => (weights ? weights[row] : 1) * Math.exp(scores[row] - most)
  const times: number[] = []
  const once: number[] = []
  const twice: number[] = []
  let atRisk = 0
  let left = 0
  let loss = 0
  for (let i = 0; i < byTime.length; ) {
    const now = time[byTime[i]]
    let deaths = 0
    for (; i < byTime.length && time[byTime[i]] === now; i++) {
      const row = byTime[i]
      atRisk += riskOf(row)
      if (y[row] !== 1) continue
      const w = weights ? weights[row] : 1
      deaths += w
      loss -= w * (scores[row] - most)
    }
    if (deaths === 0) continue
    // At risk at t are those who entered before it.
    if (entry) for (; left < byEntry.length && entry[byEntry[left]] >= now; left++) atRisk -= riskOf(byEntry[left])
    times.push(now)
    once.push(deaths / atRisk)
    twice.push(deaths / (atRisk * atRisk))
    loss += deaths * Math.log(atRisk)
  }
  return { times, once, twice, most, loss }
}

/**
 * Negative log partial likelihood (Cox 1972) with Breslow's ties, weighted, with delayed entry; writes each row's
 * gradient and the diagonal of the hessian where pairs are given. With r = w exp(score), S the sum of r at risk and d
 * the weight of the events at a time, a row that is at risk over some event times has gradient r Σ d/S - w δ and
 * hessian r Σ d/S - r² Σ d/S².
 */
export const coxPairs = (task: LossTask, rows: CoxRows, pairs: Float64Array | null): number => {
  const { times, once, twice, most, loss } = hazardSteps(task, rows)
  if (!pairs) return loss
  const { y, scores, weights } = task
  const { byTime, byEntry, time, entry } = rows
  for (const row of byTime) {
    pairs[2 * row] = 0
    pairs[2 * row + 1] = 0
  }
  // Sums over event times up to a row's own, less those up to its entry: rows by ascending time meet event times
  // ascending.
  const addUp = (list: Int32Array, at: Float64Array, sign: number) => {
    let [first, second] = [0, 0]
    let next = times.length - 1
    for (let i = list.length - 1; i >= 0; i--) {
      const row = list[i]
      for (; next >= 0 && times[next] <= at[row]; next--) {
        first += once[next]
        second += twice[next]
      }
      pairs[2 * row] += sign * first
      pairs[2 * row + 1] += sign * second
    }
  }
  addUp(byTime, time, 1)
  if (entry) addUp(byEntry, entry, -1)
  for (const row of byTime) {
    const w = weights ? weights[row] : 1
    const risk = w * Math.exp(scores[row] - most)
    const hazard = risk * pairs[2 * row]
    pairs[2 * row + 1] = Math.max(0, hazard - risk * risk * pairs[2 * row + 1])
    pairs[2 * row] = hazard - (y[row] === 1 ? w : 0)
  }
  return loss
}

/** Breslow's baseline cumulative hazard at the event times, ascending, for a row of score 0. */
export const breslow = (task: LossTask, rows: CoxRows): { times: Float64Array; hazard: Float64Array } => {
  const { times, once, most } = hazardSteps(task, rows)
  const scale = Math.exp(-most)
  const hazard = Float64Array.from(once.toReversed(), (one) => one * scale)
  for (let i = 1; i < hazard.length; i++) hazard[i] += hazard[i - 1]
  return { times: Float64Array.from(times.toReversed()), hazard }
}
