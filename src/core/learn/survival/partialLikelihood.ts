import type { Matrix } from '../../cohort/matrix.ts'
import { addWeightedGram } from '../../numbers/solve.ts'
import { type Layout, layOut } from './layout.ts'
import type { SurvivalRows } from './rows.ts'

export type Ties = 'efron' | 'breslow'

/**
 * Survival data laid out once for all Newton steps: rows as `Layout` orders them; columns centred and scaled,
 * row-major.
 */
export interface Prepared extends Layout {
  size: number
  z: Float64Array
  weight: Float64Array
  /** z = (x - centre) / scale of each of `columns`. */
  centre: Float64Array
  scale: Float64Array
  columns: number[]
  /**
   * Those a competing event took, who stay in the risk sets of later events (Fine & Gray); null: nobody does. One
   * stratum only.
   */
  beyond: Beyond | null
}

export interface Beyond {
  /** Of each sorted row: 1 / G(T-) where a competing event ended it, else 0. G: the curve of staying uncensored. */
  carry: Float64Array
  /** G(t-) of each group: the weight in its risk set is carry * staying. */
  staying: Float64Array
}

/**
 * Sorts and scales. Scaling is by the mean absolute deviation as in R's `coxfit6.c`, so that its tolerance for
 * collinear columns means the same here.
 */
export const prepareSurvival = (
  x: Matrix,
  given: SurvivalRows,
  weights: Float64Array | undefined,
  columns: number[],
): Prepared => {
  const { rows } = x
  const layout = layOut(given)
  const { order } = layout
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
  return { ...layout, size, z, weight, centre, scale, columns, beyond: null }
}

export interface Likelihood {
  value: number
  gradient: Float64Array
  /** Lower triangle. */
  information: Float64Array
}

/**
 * Log partial likelihood at `beta` with its gradient and information. Cox (1972); ties by Breslow (1974) or Efron
 * (1977), with case weights as in R (an event's weight counts in the likelihood, every row's in the risk sets).
 *
 * The information is the sum over events of weighted second moments less the outer products of weighted means. The
 * second moments are gathered as one weighted Gram matrix, each row weighing its risk times the hazard it lived
 * through, which costs rows x size^2 once, whatever the number of event times.
 *
 * `multiplier`: a factor a group, by which its terms of gradient and information (not of the value) are weighted; tests
 * of proportional hazards weigh them by a function of time.
 */
export const likelihoodOf = (ties: Ties) => {
  let scratch: ReturnType<typeof scratchOf> | null = null
  return (data: Prepared, beta: Float64Array, multiplier: Float64Array | null = null): Likelihood => {
    if (scratch?.risk.length !== data.rows) scratch = scratchOf(data)
    return evaluate(data, beta, ties, scratch, multiplier)
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
    /** Hazard from a stratum's start up to and with a group. */
    cumulative: new Float64Array(groups + 1),
    sum: new Float64Array(size),
    tied: new Float64Array(size),
    /** Integral of staying over the hazard of all later groups, for those carried beyond their time. */
    later: new Float64Array(groups),
  }
}

/**
 * Sums of carry * risk, alone and times z, over those whose competing event came before each group with events; sorted
 * rows, from the earliest group up. Row-major groups x (1 + size).
 */
export const carriedSums = (
  { size, z, weight, starts, deaths, beyond }: Prepared,
  beta: Float64Array,
): Float64Array | null => {
  if (!beyond) return null
  const width = size + 1
  const groups = starts.length - 1
  const sums = new Float64Array(groups * width)
  const running = new Float64Array(width)
  for (let group = groups - 1; group >= 0; group--) {
    if (deaths[group] > 0) sums.set(running, group * width)
    for (let i = starts[group]; i < starts[group + 1]; i++) {
      if (beyond.carry[i] === 0) continue
      let eta = 0
      for (let j = 0; j < size; j++) eta += beta[j] * z[i * size + j]
      const r = weight[i] * Math.exp(eta) * beyond.carry[i]
      running[0] += r
      for (let j = 0; j < size; j++) running[j + 1] += r * z[i * size + j]
    }
  }
  return sums
}

const evaluate = (
  data: Prepared,
  beta: Float64Array,
  ties: Ties,
  { risk, gram, hazard, ownHazard, cumulative, sum: present, tied, later }: ReturnType<typeof scratchOf>,
  multiplier: Float64Array | null,
): Likelihood => {
  const { rows, size, z, event, weight, starts, deaths, strataStarts, entries, beyond } = data
  const carried = carriedSums(data, beta)
  const whole = carried ? new Float64Array(size) : present
  const information = new Float64Array(size * size)
  const gradient = new Float64Array(size)
  let value = 0

  for (let stratum = 0; stratum + 1 < strataStarts.length; stratum++) {
    present.fill(0)
    let followed = 0
    let ahead = 0
    let gone = starts[strataStarts[stratum]]
    for (let group = strataStarts[stratum]; group < strataStarts[stratum + 1]; group++) {
      const from = starts[group]
      const to = starts[group + 1]
      const count = deaths[group]
      let tiedRisk = 0
      let tiedWeight = 0
      if (entries && gone < entries.ends[group]) {
        for (; gone < entries.ends[group]; gone++) {
          const i = entries.order[gone]
          const r = risk[i]
          followed -= r
          for (let j = 0; j < size; j++) present[j] -= r * z[i * size + j]
        }
        // Nobody is left: no rounding either.
        if (gone === from) {
          followed = 0
          present.fill(0)
        }
      }
      if (count > 0) tied.fill(0)
      for (let i = from; i < to; i++) {
        const at = i * size
        let eta = 0
        for (let j = 0; j < size; j++) eta += beta[j] * z[at + j]
        const r = weight[i] * Math.exp(eta)
        risk[i] = r
        followed += r
        for (let j = 0; j < size; j++) present[j] += r * z[at + j]
        if (event[i] === 1) {
          value += weight[i] * eta
          tiedRisk += r
          tiedWeight += weight[i]
          if (count > 1) for (let j = 0; j < size; j++) tied[j] += r * z[at + j]
        }
      }
      hazard[group] = 0
      ownHazard[group] = 0
      later[group] = ahead
      if (count === 0) continue
      let atRisk = followed
      const sum = whole
      if (carried && beyond) {
        const at = group * (size + 1)
        atRisk += beyond.staying[group] * carried[at]
        for (let j = 0; j < size; j++) whole[j] = present[j] + beyond.staying[group] * carried[at + 1 + j]
      }

      const scale = multiplier ? multiplier[group] : 1
      if (ties === 'breslow' || count === 1) {
        value -= tiedWeight * Math.log(atRisk)
        hazard[group] = (scale * tiedWeight) / atRisk
        ownHazard[group] = hazard[group]
        const factor = (scale * tiedWeight) / (atRisk * atRisk)
        for (let a = 0; a < size; a++) {
          const scaled = factor * sum[a]
          for (let b = 0; b <= a; b++) information[a * size + b] -= scaled * sum[b]
        }
        if (beyond) ahead += beyond.staying[group] * hazard[group]
        continue
      }
      // Efron: the l-th of d tied events sees the tied risks reduced by l/d. Means are (sum - s tied) / (atRisk - s
      // tiedRisk).
      const mean = tiedWeight / count
      let squares = 0
      let mixed = 0
      let tiedSquares = 0
      for (let l = 0; l < count; l++) {
        const s = l / count
        const denominator = atRisk - s * tiedRisk
        value -= mean * Math.log(denominator)
        hazard[group] += (scale * mean) / denominator
        ownHazard[group] += (scale * mean * (1 - s)) / denominator
        const factor = (scale * mean) / (denominator * denominator)
        squares += factor
        mixed += factor * s
        tiedSquares += factor * s * s
      }
      for (let a = 0; a < size; a++) {
        const left = squares * sum[a] - mixed * tied[a]
        const right = tiedSquares * tied[a] - mixed * sum[a]
        for (let b = 0; b <= a; b++) information[a * size + b] -= left * sum[b] + right * tied[b]
      }
      if (beyond) ahead += beyond.staying[group] * hazard[group]
    }

    // Later groups have earlier times: a row lives through the hazard of its own group and of all after it in this
    // order, down to the group at which it entered.
    let lived = 0
    for (let group = strataStarts[stratum + 1] - 1; group >= strataStarts[stratum]; group--) {
      const before = lived
      lived += hazard[group]
      cumulative[group] = lived
      for (let i = starts[group]; i < starts[group + 1]; i++) {
        let hazards = event[i] === 1 ? before + ownHazard[group] : lived
        if (entries && entries.since[i] < strataStarts[stratum + 1]) hazards -= cumulative[entries.since[i]]
        if (beyond) hazards += beyond.carry[i] * later[group]
        const expected = risk[i] * hazards
        gram[i] = expected
        const seen = event[i] === 1 ? weight[i] * (multiplier ? multiplier[group] : 1) : 0
        const residual = seen - expected
        const at = i * size
        for (let j = 0; j < size; j++) gradient[j] += residual * z[at + j]
      }
    }
  }
  addWeightedGram(z, rows, size, gram, information)
  return { value, gradient, information }
}
