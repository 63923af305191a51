import { survivalAt } from '../cohort/productLimit.ts'
import { censoringCurve } from './kaplanMeier.ts'
import { orderOf } from './ranking.ts'

export interface Concordance {
  concordant: number
  discordant: number
  tied: number
  /** (concordant + tied / 2) / pairs; NaN where no pair is comparable. */
  value: number
  standardError: number
  /** Change of `value` with each row's weight: the infinitesimal jackknife; its squares sum to the variance. */
  influence: Float64Array
}

/**
 * Harrell's C, in O(n log n), with ties and standard error as survival::concordance(Surv(time, event) ~ risk, reverse = TRUE):
 * a pair is comparable where the earlier of the two had the event (one censored at that very time counts as later; two
 * events at one time are no pair); equal risks count half. Higher risk should come with earlier events. `weightAt` weighs
 * all pairs whose event is at a time (default 1); it is held fixed for the standard error, as there.
 */
export const concordance = (
  time: ArrayLike<number>,
  event: ArrayLike<number>,
  risk: ArrayLike<number>,
  weightAt: (time: number) => number = () => 1,
): Concordance => {
  const n = time.length
  const order = orderOf(time)
  const { ranks, distinct } = denseRanks(risk)
  const pairs = { with: new Float64Array(n), against: new Float64Array(n), tied: new Float64Array(n) }
  const ends: number[] = []
  for (let start = 0; start < n; ) {
    let end = start
    while (end < n && time[order[end]] === time[order[start]]) end++
    ends.push(end)
    start = end
  }
  let concordant = 0
  let discordant = 0
  let tied = 0

  // As the earlier of a pair: all later rows stand in the tree.
  const later = fenwick(distinct)
  for (let group = ends.length - 1; group >= 0; group--) {
    const start = group === 0 ? 0 : ends[group - 1]
    for (let i = start; i < ends[group]; i++) if (!event[order[i]]) later.add(ranks[order[i]], 1)
    const weight = weightAt(time[order[start]])
    for (let i = start; i < ends[group]; i++) {
      const row = order[i]
      if (!event[row] || weight === 0) continue
      const below = later.below(ranks[row])
      const same = later.at(ranks[row])
      const above = later.total() - below - same
      pairs.with[row] = weight * below
      pairs.against[row] = weight * above
      pairs.tied[row] = weight * same
      concordant += weight * below
      discordant += weight * above
      tied += weight * same
    }
    for (let i = start; i < ends[group]; i++) if (event[order[i]]) later.add(ranks[order[i]], 1)
  }

  // As the later of a pair: all earlier events stand in the tree, with the weight of their time.
  const earlier = fenwick(distinct)
  const count = (row: number) => {
    const below = earlier.below(ranks[row])
    const same = earlier.at(ranks[row])
    pairs.with[row] += earlier.total() - below - same
    pairs.against[row] += below
    pairs.tied[row] += same
  }
  for (let group = 0; group < ends.length; group++) {
    const start = group === 0 ? 0 : ends[group - 1]
    const weight = weightAt(time[order[start]])
    for (let i = start; i < ends[group]; i++) if (event[order[i]]) count(order[i])
    for (let i = start; i < ends[group]; i++) if (event[order[i]] && weight !== 0) earlier.add(ranks[order[i]], weight)
    for (let i = start; i < ends[group]; i++) if (!event[order[i]]) count(order[i])
  }

  const all = concordant + discordant + tied
  const value = all > 0 ? (concordant + tied / 2) / all : Number.NaN
  const influence = new Float64Array(n)
  let variance = 0
  for (let row = 0; row < n; row++) {
    const ours = pairs.with[row] + pairs.against[row] + pairs.tied[row]
    influence[row] = (pairs.with[row] + pairs.tied[row] / 2 - value * ours) / all
    variance += influence[row] * influence[row]
  }
  return { concordant, discordant, tied, value, standardError: Math.sqrt(variance), influence }
}

/**
 * Uno's C (Uno et al. 2011): pairs weighted by 1 / G(t-)^2, G the Kaplan-Meier curve of censoring among the `training` rows
 * (null: among these rows, as survival::concordance(timewt = "n/G2")), events after `tau` left out.
 */
export const unoConcordance = (
  time: ArrayLike<number>,
  event: ArrayLike<number>,
  risk: ArrayLike<number>,
  tau: number,
  training: { time: ArrayLike<number>; event: ArrayLike<number> } | null,
): Concordance => {
  const censoring = training ? censoringCurve(training.time, training.event) : censoringCurve(time, event)
  return concordance(time, event, risk, (at) => {
    if (at > tau) return 0
    const uncensored = survivalAt(censoring, at, true)
    return uncensored > 0 ? 1 / (uncensored * uncensored) : 0
  })
}

const denseRanks = (values: ArrayLike<number>): { ranks: Int32Array; distinct: number } => {
  const order = orderOf(values)
  const ranks = new Int32Array(values.length)
  let rank = -1
  for (let i = 0; i < order.length; i++) {
    if (i === 0 || values[order[i]] !== values[order[i - 1]]) rank++
    ranks[order[i]] = rank
  }
  return { ranks, distinct: rank + 1 }
}

/** Sums by rank under addition, each operation in O(log size) (Fenwick 1994). */
const fenwick = (size: number) => {
  const tree = new Float64Array(size + 1)
  const single = new Float64Array(size)
  let total = 0
  return {
    add: (rank: number, weight: number) => {
      single[rank] += weight
      total += weight
      for (let i = rank + 1; i <= size; i += i & -i) tree[i] += weight
    },
    at: (rank: number) => single[rank],
    total: () => total,
    below: (rank: number) => {
      let sum = 0
      for (let i = rank; i > 0; i -= i & -i) sum += tree[i]
      return sum
    },
  }
}
