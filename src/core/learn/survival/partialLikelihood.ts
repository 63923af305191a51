import type { Matrix } from '../../cohort/matrix.ts'
import { addWeightedGram } from '../linear/solve.ts'
import { alignTimes } from './times.ts'

export type Ties = 'efron' | 'breslow'

/**
 * Survival data laid out once for all Newton steps: rows by descending time, so that the risk set of a time is a prefix; columns
 * centred and scaled, row-major. `groups` are distinct times; within a group events come first.
 */
export interface Prepared {
  rows: number
  size: number
  z: Float64Array
  event: Uint8Array
  weight: Float64Array
  /** Row of the matrix each sorted row came from. */
  order: Uint32Array
  /** First sorted row of each group, and one past the last. */
  starts: Uint32Array
  times: Float64Array
  /** Events in each group; their total and mean weight follow from `weight`. */
  deaths: Uint32Array
  /** z = (x - centre) / scale of each of `columns`. */
  centre: Float64Array
  scale: Float64Array
  columns: number[]
}

/**
 * Sorts and scales. Scaling is by the mean absolute deviation as in R's `coxfit6.c`, so that its tolerance for collinear columns
 * means the same here.
 */
export const prepareSurvival = (
  x: Matrix,
  time: Float64Array,
  event: Uint8Array,
  weights: Float64Array | undefined,
  columns: number[],
): Prepared => {
  const { rows } = x
  const aligned = alignTimes(time)
  const ascending = aligned.slice().sort()
  let distinct = 0
  for (let i = 0; i < rows; i++)
    if (i === 0 || ascending[i] !== ascending[distinct - 1]) ascending[distinct++] = ascending[i]
  const times = ascending.slice(0, distinct).reverse()

  // A counting sort by (time descending, events first); rows keep their order within.
  const slot = Uint32Array.from(aligned, (value) => 2 * descendingIndex(times, value))
  const next = new Uint32Array(2 * distinct + 1)
  for (let i = 0; i < rows; i++) {
    if (event[i] === 0) slot[i]++
    next[slot[i] + 1]++
  }
  const deaths = Uint32Array.from({ length: distinct }, (_, group) => next[2 * group + 1])
  for (let i = 0; i < 2 * distinct; i++) next[i + 1] += next[i]
  const starts = Uint32Array.from({ length: distinct + 1 }, (_, group) => next[2 * group])
  const order = new Uint32Array(rows)
  for (let i = 0; i < rows; i++) order[next[slot[i]]++] = i
  const sortedEvent = Uint8Array.from(order, (row) => (event[row] ? 1 : 0))
  const weight = Float64Array.from(order, (row) => (weights ? weights[row] : 1))

  const size = columns.length
  const z = new Float64Array(rows * size)
  const centre = new Float64Array(size)
  const scale = new Float64Array(size)
  let total = 0
  for (let i = 0; i < rows; i++) total += weight[i]
  columns.forEach((column, j) => {
    const values = x.data.subarray(column * rows, (column + 1) * rows)
    let sum = 0
    for (let i = 0; i < rows; i++) sum += (weights ? weights[i] : 1) * values[i]
    const mean = sum / total
    let deviation = 0
    for (let i = 0; i < rows; i++) deviation += (weights ? weights[i] : 1) * Math.abs(values[i] - mean)
    centre[j] = mean
    scale[j] = deviation > 0 ? deviation / total : 1
    const factor = 1 / scale[j]
    for (let i = 0; i < rows; i++) z[i * size + j] = (values[order[i]] - mean) * factor
  })
  return {
    rows,
    size,
    z,
    event: sortedEvent,
    weight,
    order,
    starts,
    times,
    deaths,
    centre,
    scale,
    columns,
  }
}

/** Index of a value that is there, in a descending list. */
const descendingIndex = (times: Float64Array, value: number): number => {
  let low = 0
  let high = times.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (times[middle] > value) low = middle + 1
    else high = middle
  }
  return low
}

export interface Likelihood {
  value: number
  gradient: Float64Array
  /** Lower triangle. */
  information: Float64Array
}

/**
 * Log partial likelihood at `beta` with its gradient and information. Cox (1972); ties by Breslow (1974) or Efron (1977), with
 * case weights as in R (an event's weight counts in the likelihood, every row's in the risk sets).
 *
 * The information is the sum over events of weighted second moments less the outer products of weighted means. The
 * second moments are gathered as one weighted Gram matrix, each row weighing its risk times the hazard it lived
 * through, which costs rows x size^2 once, whatever the number of event times.
 */
export const likelihoodOf = (ties: Ties) => {
  let scratch: ReturnType<typeof scratchOf> | null = null
  return (data: Prepared, beta: Float64Array): Likelihood => {
    if (scratch?.risk.length !== data.rows) scratch = scratchOf(data)
    return evaluate(data, beta, ties, scratch)
  }
}

const scratchOf = ({ rows, starts, size }: Prepared) => {
  const groups = starts.length - 1
  return {
    risk: new Float64Array(rows),
    gram: new Float64Array(rows),
    /** Sum of the hazard terms of a group, for all at risk; and for its own events under Efron. */
    hazard: new Float64Array(groups),
    ownHazard: new Float64Array(groups),
    sum: new Float64Array(size),
    tied: new Float64Array(size),
  }
}

const evaluate = (
  { rows, size, z, event, weight, starts, deaths }: Prepared,
  beta: Float64Array,
  ties: Ties,
  { risk, gram, hazard, ownHazard, sum, tied }: ReturnType<typeof scratchOf>,
): Likelihood => {
  const information = new Float64Array(size * size)
  const gradient = new Float64Array(size)
  const groups = starts.length - 1
  let value = 0

  sum.fill(0)
  let atRisk = 0
  for (let group = 0; group < groups; group++) {
    const from = starts[group]
    const to = starts[group + 1]
    const count = deaths[group]
    let tiedRisk = 0
    let tiedWeight = 0
    if (count > 0) tied.fill(0)
    for (let i = from; i < to; i++) {
      const at = i * size
      let eta = 0
      for (let j = 0; j < size; j++) eta += beta[j] * z[at + j]
      const r = weight[i] * Math.exp(eta)
      risk[i] = r
      atRisk += r
      for (let j = 0; j < size; j++) sum[j] += r * z[at + j]
      if (event[i] === 1) {
        value += weight[i] * eta
        tiedRisk += r
        tiedWeight += weight[i]
        if (count > 1) for (let j = 0; j < size; j++) tied[j] += r * z[at + j]
      }
    }
    hazard[group] = 0
    ownHazard[group] = 0
    if (count === 0) continue

    if (ties === 'breslow' || count === 1) {
      value -= tiedWeight * Math.log(atRisk)
      hazard[group] = tiedWeight / atRisk
      ownHazard[group] = hazard[group]
      const factor = tiedWeight / (atRisk * atRisk)
      for (let a = 0; a < size; a++) {
        const scaled = factor * sum[a]
        for (let b = 0; b <= a; b++) information[a * size + b] -= scaled * sum[b]
      }
      continue
    }
    // Efron: the l-th of d tied events sees the tied risks reduced by l/d. Means are (sum - s tied) / (atRisk - s tiedRisk).
    const mean = tiedWeight / count
    let squares = 0
    let mixed = 0
    let tiedSquares = 0
    for (let l = 0; l < count; l++) {
      const s = l / count
      const denominator = atRisk - s * tiedRisk
      value -= mean * Math.log(denominator)
      hazard[group] += mean / denominator
      ownHazard[group] += (mean * (1 - s)) / denominator
      const factor = mean / (denominator * denominator)
      squares += factor
      mixed += factor * s
      tiedSquares += factor * s * s
    }
    for (let a = 0; a < size; a++) {
      const left = squares * sum[a] - mixed * tied[a]
      const right = tiedSquares * tied[a] - mixed * sum[a]
      for (let b = 0; b <= a; b++) information[a * size + b] -= left * sum[b] + right * tied[b]
    }
  }

  // Later groups have earlier times: a row lives through the hazard of its own group and of all after it in this order.
  let lived = 0
  for (let group = groups - 1; group >= 0; group--) {
    const before = lived
    lived += hazard[group]
    for (let i = starts[group]; i < starts[group + 1]; i++) {
      const cumulative = event[i] === 1 ? before + ownHazard[group] : lived
      const expected = risk[i] * cumulative
      gram[i] = expected
      const residual = (event[i] === 1 ? weight[i] : 0) - expected
      const at = i * size
      for (let j = 0; j < size; j++) gradient[j] += residual * z[at + j]
    }
  }
  addWeightedGram(z, rows, size, gram, information)
  return { value, gradient, information }
}
