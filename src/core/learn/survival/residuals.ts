import type { Prepared, Ties } from './partialLikelihood.ts'
import { sweepRiskSets } from './riskSets.ts'

/** Residuals of a Cox model, in the order of the matrix it was fitted on and on the scale of its columns. */
export interface CoxResiduals {
  /** Observed less expected events of each row. */
  martingale: Float64Array
  /** Row-major rows x size: derivative of the log partial likelihood with the row's weight. */
  score: Float64Array
  /**
   * Row-major events x size: columns of each event less their mean in the risk set (mean over tied terms), by ascending
   * time.
   */
  schoenfeld: Float64Array
  /** Matrix row of each Schoenfeld residual. */
  events: Uint32Array
}

/**
 * Martingale, score and Schoenfeld residuals at `beta` (on the scale of `z`), ties and weights as in the fit: R's
 * `residuals.coxph`. See docs/methods.md. Costs groups x size numbers of memory.
 */
export const coxResiduals = (data: Prepared, beta: Float64Array, ties: Ties): CoxResiduals => {
  const { rows, size, z, event, starts, strataStarts, entries, order, scale, beyond } = data
  const groups = starts.length - 1
  // Integrals of the hazard, and of the risk set's means over it, within a group: for all at risk, and for its own
  // events.
  const hazard = new Float64Array(groups)
  const own = new Float64Array(groups)
  const drift = new Float64Array(groups * size)
  const ownDrift = new Float64Array(groups * size)
  const mean = new Float64Array(groups * size)
  sweepRiskSets(data, beta, ties, ({ group, atRisk, sum, tiedRisk, tiedWeight, tied, terms }) => {
    const weight = tiedWeight / terms
    for (let l = 0; l < terms; l++) {
      const s = l / terms
      const denominator = atRisk - s * tiedRisk
      const step = weight / denominator
      hazard[group] += step
      own[group] += step * (1 - s)
      for (let j = 0; j < size; j++) {
        const middle = (sum[j] - s * tied[j]) / denominator
        drift[group * size + j] += step * middle
        ownDrift[group * size + j] += step * (1 - s) * middle
        mean[group * size + j] += middle / terms
      }
    }
  })

  // What those carried beyond a competing event live through after it.
  const later = new Float64Array(groups)
  const laterDrift = new Float64Array(groups * size)
  if (beyond)
    for (let group = 1; group < groups; group++) {
      later[group] = later[group - 1] + beyond.staying[group - 1] * hazard[group - 1]
      for (let j = 0; j < size; j++) {
        const before = (group - 1) * size + j
        laterDrift[group * size + j] = laterDrift[before] + beyond.staying[group - 1] * drift[before]
      }
    }

  const martingale = new Float64Array(rows)
  const score = new Float64Array(rows * size)
  const seen: number[] = []
  const live = new Float64Array(groups)
  const liveDrift = new Float64Array(groups * size)
  for (let stratum = 0; stratum + 1 < strataStarts.length; stratum++) {
    const end = strataStarts[stratum + 1]
    for (let group = end - 1; group >= strataStarts[stratum]; group--) {
      const earlier = group + 1 < end ? live[group + 1] : 0
      live[group] = earlier + hazard[group]
      for (let j = 0; j < size; j++)
        liveDrift[group * size + j] =
          (group + 1 < end ? liveDrift[(group + 1) * size + j] : 0) + drift[group * size + j]
      for (let i = starts[group]; i < starts[group + 1]; i++) {
        const row = order[i]
        let eta = 0
        for (let j = 0; j < size; j++) eta += beta[j] * z[i * size + j]
        const ratio = Math.exp(eta)
        const died = event[i] === 1
        const late = entries && entries.since[i] < end ? entries.since[i] : -1
        const lived =
          (died ? earlier + own[group] : live[group]) -
          (late < 0 ? 0 : live[late]) +
          (beyond ? beyond.carry[i] * later[group] : 0)
        martingale[row] = (died ? 1 : 0) - ratio * lived
        if (died) seen.push(i)
        for (let j = 0; j < size; j++) {
          const at = group * size + j
          const value = z[i * size + j]
          const drifted =
            (died ? liveDrift[at] - drift[at] + ownDrift[at] : liveDrift[at]) -
            (late < 0 ? 0 : liveDrift[late * size + j]) +
            (beyond ? beyond.carry[i] * laterDrift[at] : 0)
          score[row * size + j] = ((died ? value - mean[at] : 0) - ratio * (value * lived - drifted)) * scale[j]
        }
      }
    }
  }
  const groupOf = new Uint32Array(rows)
  for (let group = 0; group < groups; group++) groupOf.fill(group, starts[group], starts[group + 1])
  const time = (i: number) => data.times[groupOf[i]]
  seen.sort((a, b) => groupStratum(data, groupOf[a]) - groupStratum(data, groupOf[b]) || time(a) - time(b) || a - b)
  const schoenfeld = new Float64Array(seen.length * size)
  seen.forEach((i, k) => {
    for (let j = 0; j < size; j++) schoenfeld[k * size + j] = (z[i * size + j] - mean[groupOf[i] * size + j]) * scale[j]
  })
  return { martingale, score, schoenfeld, events: Uint32Array.from(seen, (i) => order[i]) }
}

const groupStratum = ({ strataStarts }: Prepared, group: number): number => {
  let stratum = 0
  while (strataStarts[stratum + 1] <= group) stratum++
  return stratum
}

/** Martingale residuals made symmetric: sign(m) sqrt(-2 (m + event log(event - m))). */
export const devianceResiduals = (martingale: Float64Array, event: Uint8Array): Float64Array =>
  martingale.map((m, row) => {
    const seen = event[row] ? 1 : 0
    return Math.sign(m) * Math.sqrt(Math.max(0, -2 * (m + (seen ? Math.log(seen - m) : 0))))
  })

/** About how far each coefficient would move were the row left out: score x covariance, row-major rows x size. */
export const dfbetas = (score: Float64Array, covariance: Float64Array, size: number): Float64Array => {
  const rows = size > 0 ? score.length / size : 0
  const moved = new Float64Array(score.length)
  for (let row = 0; row < rows; row++)
    for (let j = 0; j < size; j++) {
      let sum = 0
      for (let l = 0; l < size; l++) sum += score[row * size + l] * covariance[l * size + j]
      moved[row * size + j] = sum
    }
  return moved
}

/**
 * Sandwich covariance of the coefficients (Lin & Wei 1989): the cross product of each cluster's summed, weighted
 * dfbetas. Without clusters every row is its own.
 */
export const robustCovariance = (
  dfbeta: Float64Array,
  size: number,
  weights: Float64Array | undefined,
  cluster: Int32Array | undefined,
): Float64Array => {
  const rows = size > 0 ? dfbeta.length / size : 0
  const place = new Map<number, number>()
  const at = Int32Array.from({ length: rows }, (_, row) => {
    if (!cluster) return row
    const known = place.get(cluster[row])
    if (known !== undefined) return known
    place.set(cluster[row], place.size)
    return place.size - 1
  })
  const sums = new Float64Array((cluster ? place.size : rows) * size)
  for (let row = 0; row < rows; row++)
    for (let j = 0; j < size; j++) sums[at[row] * size + j] += (weights ? weights[row] : 1) * dfbeta[row * size + j]
  const covariance = new Float64Array(size * size)
  for (let from = 0; from < sums.length; from += size)
    for (let a = 0; a < size; a++)
      for (let b = 0; b < size; b++) covariance[a * size + b] += sums[from + a] * sums[from + b]
  return covariance
}
