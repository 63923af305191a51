import { causesOf } from '../cohort/curves/aalenJohansen.ts'
import { survivalAt } from '../cohort/curves/productLimit.ts'
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

/** What a pair's later row may bring with it. */
export interface ConcordanceRows {
  /** Late entry: a row is compared only with events in (entry, time] (Surv(start, stop, event)). */
  entry?: ArrayLike<number> | null
  /** Patient of each row: the standard error then counts patients, not rows. */
  cluster?: ArrayLike<number> | null
  /**
   * Rows ended by a competing event stay comparable with all later events: `weights` of each such row (0: none), times
   * `weightAt` of the event's time.
   */
  carried?: { weights: ArrayLike<number>; weightAt: (time: number) => number } | null
}

/**
 * Harrell's C, in O(n log n), with ties and standard error as survival::concordance(Surv(time, event) ~ risk, reverse =
 * TRUE): a pair is comparable where the earlier of the two had the event (one censored at that very time counts as
 * later; two events at one time are no pair); equal risks count half. Higher risk should come with earlier events.
 * `weightAt` weighs all pairs whose event is at a time (default 1); it is held fixed for the standard error, as there.
 */
export const concordance = (
  time: ArrayLike<number>,
  event: ArrayLike<number>,
  risk: ArrayLike<number>,
  weightAt: (time: number) => number = () => 1,
  { entry = null, cluster = null, carried = null }: ConcordanceRows = {},
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
  const entering = entry ? orderOf(entry) : null
  const ended = (row: number) => Boolean(event[row]) || (carried !== null && carried.weights[row] > 0)
  let concordant = 0
  let discordant = 0
  let tied = 0
  const asEarlier = (row: number, tree: ReturnType<typeof fenwick>, weight: number) => {
    const below = weight * tree.below(ranks[row])
    const same = weight * tree.at(ranks[row])
    const above = weight * tree.total() - below - same
    pairs.with[row] += below
    pairs.against[row] += above
    pairs.tied[row] += same
    concordant += below
    discordant += above
    tied += same
  }
  const asLater = (row: number, tree: ReturnType<typeof fenwick>, weight: number) => {
    const below = tree.below(ranks[row])
    const same = tree.at(ranks[row])
    pairs.with[row] += weight * (tree.total() - below - same)
    pairs.against[row] += weight * below
    pairs.tied[row] += weight * same
  }

  // As the earlier of a pair: all later rows stand in the tree.
  const later = fenwick(distinct)
  let gone = n - 1
  for (let group = ends.length - 1; group >= 0; group--) {
    const start = group === 0 ? 0 : ends[group - 1]
    const at = time[order[start]]
    if (entry && entering) for (; gone >= 0 && entry[entering[gone]] >= at; gone--) later.add(ranks[entering[gone]], -1)
    for (let i = start; i < ends[group]; i++) if (!ended(order[i])) later.add(ranks[order[i]], 1)
    const weight = weightAt(at)
    for (let i = start; i < ends[group]; i++) if (event[order[i]] && weight !== 0) asEarlier(order[i], later, weight)
    for (let i = start; i < ends[group]; i++) if (ended(order[i])) later.add(ranks[order[i]], 1)
  }

  // As the later of a pair: all earlier events stand in the tree, with the weight of their time.
  const earlier = fenwick(distinct)
  let entered = 0
  for (let group = 0; group < ends.length; group++) {
    const start = group === 0 ? 0 : ends[group - 1]
    const at = time[order[start]]
    if (entry && entering)
      for (; entered < n && entry[entering[entered]] < at; entered++) asLater(entering[entered], earlier, -1)
    const weight = weightAt(at)
    for (let i = start; i < ends[group]; i++) if (ended(order[i])) asLater(order[i], earlier, 1)
    for (let i = start; i < ends[group]; i++) if (event[order[i]] && weight !== 0) earlier.add(ranks[order[i]], weight)
    for (let i = start; i < ends[group]; i++) if (!ended(order[i])) asLater(order[i], earlier, 1)
  }

  if (carried) {
    const rivals = fenwick(distinct)
    for (let group = 0; group < ends.length; group++) {
      const start = group === 0 ? 0 : ends[group - 1]
      const weight = carried.weightAt(time[order[start]])
      for (let i = start; i < ends[group]; i++)
        if (carried.weights[order[i]] > 0) rivals.add(ranks[order[i]], carried.weights[order[i]])
      for (let i = start; i < ends[group]; i++) if (event[order[i]] && weight !== 0) asEarlier(order[i], rivals, weight)
    }
    const events = fenwick(distinct)
    for (let group = ends.length - 1; group >= 0; group--) {
      const start = group === 0 ? 0 : ends[group - 1]
      const weight = carried.weightAt(time[order[start]])
      for (let i = start; i < ends[group]; i++) if (event[order[i]] && weight !== 0) events.add(ranks[order[i]], weight)
      for (let i = start; i < ends[group]; i++)
        if (carried.weights[order[i]] > 0) asLater(order[i], events, carried.weights[order[i]])
    }
  }

  const all = concordant + discordant + tied
  const value = all > 0 ? (concordant + tied / 2) / all : Number.NaN
  const influence = new Float64Array(n)
  for (let row = 0; row < n; row++) {
    const ours = pairs.with[row] + pairs.against[row] + pairs.tied[row]
    influence[row] = (pairs.with[row] + pairs.tied[row] / 2 - value * ours) / all
  }
  return { concordant, discordant, tied, value, standardError: Math.sqrt(varianceOf(influence, cluster)), influence }
}

/** Sum of squared influences, those of one patient's rows summed first. */
export const varianceOf = (influence: ArrayLike<number>, cluster: ArrayLike<number> | null | undefined): number => {
  let variance = 0
  if (!cluster) {
    for (let row = 0; row < influence.length; row++) variance += influence[row] * influence[row]
    return variance
  }
  const sums = new Map<number, number>()
  for (let row = 0; row < influence.length; row++)
    sums.set(cluster[row], (sums.get(cluster[row]) ?? 0) + influence[row])
  for (const sum of sums.values()) variance += sum * sum
  return variance
}

interface Ended {
  time: ArrayLike<number>
  event: ArrayLike<number>
  competing?: ArrayLike<number> | null
}

/**
 * Harrell's C; under competing events Wolbers' (2009): whom a competing event took is compared as one who never has the
 * event.
 */
export const harrellConcordance = (
  { time, event, competing, ...rows }: Ended & Pick<ConcordanceRows, 'entry' | 'cluster'>,
  risk: ArrayLike<number>,
): Concordance => {
  const until = competing
    ? Float64Array.from({ length: time.length }, (_, row) => (competing[row] ? Number.POSITIVE_INFINITY : time[row]))
    : time
  return concordance(until, event, risk, undefined, rows)
}

/**
 * Uno's C (Uno et al. 2011): pairs weighted by 1 / G(t-)^2, G the Kaplan-Meier curve of censoring among the `training`
 * rows (null: among these rows, as survival::concordance(timewt = "n/G2")), events after `tau` left out. Under
 * competing events Wolbers et al. (2014): pairs with one whom a competing event took at s before t weigh 1 / (G(t-)
 * G(s-)).
 */
export const unoConcordance = (
  { time, event, competing }: Ended,
  risk: ArrayLike<number>,
  tau: number,
  training: Ended | null,
): Concordance => {
  const from = training ?? { time, event, competing }
  const censoring = censoringCurve(from.time, causesOf(from.event, from.competing))
  const weightAt = (at: number) => {
    if (at > tau) return 0
    const uncensored = survivalAt(censoring, at, true)
    return uncensored > 0 ? 1 / uncensored : 0
  }
  const carried = competing
    ? {
        weights: Float64Array.from({ length: time.length }, (_, row) => {
          const uncensored = competing[row] ? survivalAt(censoring, time[row], true) : 0
          return uncensored > 0 ? 1 / uncensored : 0
        }),
        weightAt,
      }
    : null
  return concordance(time, event, risk, (at) => weightAt(at) ** 2, { carried })
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
