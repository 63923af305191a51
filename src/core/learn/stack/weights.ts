import { productLimit, type StepCurve } from '../../cohort/curves/productLimit.ts'
import type { Outcome } from '../../cohort/matrix.ts'

/**
 * Shares of several predictions of the same rows, none below 0, all together 1, under which their mean fits the outcome
 * best: log loss for classes (expectation-maximisation, as for the shares of a mixture), squared error for values, the
 * Brier score with censoring weights over a grid of times for survival (exact, over all subsets). NaN rows have no say.
 */
export const stackWeights = (
  predictions: readonly Float64Array[],
  outcome: Outcome,
  weights: Float64Array | undefined,
  grid: Float64Array,
): Float64Array => {
  const count = predictions.length
  if (count === 1) return Float64Array.of(1)
  if (outcome.task === 'diagnosis') return mixtureShares(predictions, outcome, weights)
  const products = new Float64Array(count * count)
  const targets = new Float64Array(count)
  const add = (weight: number, truth: number, at: number) => {
    for (let a = 0; a < count; a++) {
      targets[a] += weight * truth * predictions[a][at]
      for (let b = 0; b < count; b++) products[a * count + b] += weight * predictions[a][at] * predictions[b][at]
    }
  }
  if (outcome.task === 'regression') {
    outcome.y.forEach((y, row) => {
      if (predictions.every((own) => Number.isFinite(own[row]))) add(weights?.[row] ?? 1, y, row)
    })
  } else {
    const { time, event } = outcome
    const censoring = productLimit({
      time,
      event: (row) => event[row] === 0,
      weights: weights ?? null,
      othersLeaveFirst: true,
    })
    const width = grid.length
    for (let row = 0; row < time.length; row++)
      for (let k = 0; k < width; k++) {
        if (!predictions.every((own) => Number.isFinite(own[row * width + k]))) continue
        const alive = time[row] > grid[k]
        if (!alive && event[row] === 0) continue
        const uncensored = alive ? valueAt(censoring, grid[k], false) : valueAt(censoring, time[row], true)
        if (uncensored > 0) add((weights?.[row] ?? 1) / uncensored, alive ? 1 : 0, row * width + k)
      }
  }
  return bestShares(products, targets, count)
}

const valueAt = ({ times, survival }: StepCurve, at: number, before: boolean): number => {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (before ? times[middle] < at : times[middle] <= at) low = middle + 1
    else high = middle
  }
  return low > 0 ? survival[low - 1] : 1
}

const mixtureShares = (
  predictions: readonly Float64Array[],
  { classes, y }: Extract<Outcome, { task: 'diagnosis' }>,
  weights: Float64Array | undefined,
): Float64Array => {
  const count = predictions.length
  const rows = Int32Array.from(y.keys()).filter((row) =>
    predictions.every((own) => Number.isFinite(own[row * classes.length])),
  )
  // A probability of 0 for what happened would end all; this is the floor that log loss is reported with.
  const own = predictions.map((p) =>
    Float64Array.from(rows, (row) => Math.max(2 ** -52, p[row * classes.length + y[row]])),
  )
  let shares: Float64Array = new Float64Array(count).fill(1 / count)
  for (let step = 0; step < 2000; step++) {
    const next = new Float64Array(count)
    let total = 0
    for (let i = 0; i < rows.length; i++) {
      const weight = weights?.[rows[i]] ?? 1
      let mixed = 0
      for (let k = 0; k < count; k++) mixed += shares[k] * own[k][i]
      for (let k = 0; k < count; k++) next[k] += (weight * shares[k] * own[k][i]) / mixed
      total += weight
    }
    if (!(total > 0)) return shares
    let most = 0
    for (let k = 0; k < count; k++) {
      next[k] /= total
      most = Math.max(most, Math.abs(next[k] - shares[k]))
    }
    shares = next
    if (most < 1e-9) break
  }
  return shares
}

/**
 * Minimises w'Aw - 2b'w over the simplex: the best of the equality-constrained minima of all subsets that lie inside.
 */
const bestShares = (products: Float64Array, targets: Float64Array, count: number): Float64Array => {
  const lossOf = (w: Float64Array) => {
    let loss = 0
    for (let a = 0; a < count; a++) {
      loss -= 2 * targets[a] * w[a]
      for (let b = 0; b < count; b++) loss += w[a] * products[a * count + b] * w[b]
    }
    return loss
  }
  let best: Float64Array = new Float64Array(count).fill(1 / count)
  let least = Number.POSITIVE_INFINITY
  for (let subset = 1; subset < 1 << count; subset++) {
    const members = Array.from({ length: count }, (_, k) => k).filter((k) => (subset >> k) & 1)
    const solved = onSubset(products, targets, count, members)
    if (!solved) continue
    const loss = lossOf(solved)
    if (loss < least - 1e-12 * Math.abs(loss)) {
      least = loss
      best = solved
    }
  }
  return best
}

/** Solves A w + c = b, sum w = 1 on the members; null where singular or some share is below 0. */
const onSubset = (
  products: Float64Array,
  targets: Float64Array,
  count: number,
  members: number[],
): Float64Array | null => {
  const size = members.length + 1
  const system = Array.from({ length: size }, (_, i) =>
    Float64Array.from({ length: size + 1 }, (_, j) => {
      if (i === members.length) return j < members.length || j === size ? 1 : 0
      if (j === size) return targets[members[i]]
      return j === members.length ? 1 : products[members[i] * count + members[j]]
    }),
  )
  for (let pivot = 0; pivot < size; pivot++) {
    let top = pivot
    for (let i = pivot + 1; i < size; i++) if (Math.abs(system[i][pivot]) > Math.abs(system[top][pivot])) top = i
    if (!(Math.abs(system[top][pivot]) > 1e-12)) return null
    const held = system[pivot]
    system[pivot] = system[top]
    system[top] = held
    for (let i = 0; i < size; i++) {
      if (i === pivot) continue
      const factor = system[i][pivot] / system[pivot][pivot]
      for (let j = pivot; j <= size; j++) system[i][j] -= factor * system[pivot][j]
    }
  }
  const shares = new Float64Array(count)
  for (let i = 0; i < members.length; i++) {
    const share = system[i][size] / system[i][i]
    if (share < -1e-12) return null
    shares[members[i]] = Math.max(0, share)
  }
  return shares
}
