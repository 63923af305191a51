import type { StepCurve } from './productLimit.ts'

/** Cumulative incidence of one cause among several that compete, at every distinct time. */
export interface Incidence {
  times: Float64Array
  atRisk: Float64Array
  /** Weight that had this cause at each time, and any cause. */
  events: Float64Array
  anyEvents: Float64Array
  incidence: Float64Array
  /** Probability of no cause by each time. */
  free: Float64Array
  /**
   * Of the incidence: Greenwood's, by the delta method (Dinse & Larson 1986); `survfit` on several states gives the
   * same.
   */
  variance: Float64Array
}

export interface CompetingRows {
  time: ArrayLike<number>
  /** 0: censored; 1, 2, ...: cause. */
  cause: ArrayLike<number>
  order?: ArrayLike<number>
  weights?: ArrayLike<number> | null
  entry?: ArrayLike<number> | null
}

/** Cause of each row: 1 the event, 2 the competing event, 0 neither. */
export const causesOf = (event: ArrayLike<number>, competing: ArrayLike<number> | null | undefined): Uint8Array =>
  Uint8Array.from({ length: event.length }, (_, row) => (event[row] ? 1 : competing?.[row] ? 2 : 0))

/**
 * Aalen & Johansen's (1978) estimate of the share that has had `cause` by each time: the sum of S(t-) d / n, S the
 * probability of no cause. Those censored at a time are at risk at it; late entries are at risk in (entry, time].
 */
export const aalenJohansen = (
  { time, cause, order = ascending(time), weights = null, entry = null }: CompetingRows,
  of = 1,
): Incidence => {
  const n = order.length
  const times = new Float64Array(n)
  const atRisks = new Float64Array(n)
  const own = new Float64Array(n)
  const any = new Float64Array(n)
  const incidence = new Float64Array(n)
  const free = new Float64Array(n)
  const variance = new Float64Array(n)
  const joining = entry ? Uint32Array.from(order).sort((a, b) => entry[a] - entry[b]) : null
  let joined = 0
  let present = 0
  let atRisk = 0
  if (!entry) for (let i = 0; i < n; i++) atRisk += weights ? weights[order[i]] : 1
  let survival = 1
  let sum = 0
  // Sums over steps of a = d / (n (n - d)), b = S(t-) d1 / n^2 and c = S(t-)^2 d1 (n - d1) / n^3, alone and times F,
  // F^2.
  let [a, aF, aFF, b, bF, c] = [0, 0, 0, 0, 0, 0]
  let steps = 0
  for (let start = 0; start < n; ) {
    const at = time[order[start]]
    if (joining && entry) {
      if (present === 0) atRisk = 0
      for (; joined < n && entry[joining[joined]] < at; joined++) {
        atRisk += weights ? weights[joining[joined]] : 1
        present++
      }
    }
    let end = start
    let [left, d, d1] = [0, 0, 0]
    for (; end < n && time[order[end]] === at; end++) {
      const row = order[end]
      const weight = weights ? weights[row] : 1
      left += weight
      if (cause[row] > 0) d += weight
      if (cause[row] === of) d1 += weight
    }
    if (d > 0) {
      const before = survival
      sum += (before * d1) / atRisk
      survival = d >= atRisk ? 0 : survival * (1 - d / atRisk)
      // Where the last at risk have an event nobody is left whose later incidence could vary.
      const step = d >= atRisk ? 0 : d / (atRisk * (atRisk - d))
      a += step
      aF += step * sum
      aFF += step * sum * sum
      const mixed = (before * d1) / (atRisk * atRisk)
      b += mixed
      bF += mixed * sum
      c += (before * before * d1 * (atRisk - d1)) / atRisk ** 3
    }
    times[steps] = at
    atRisks[steps] = atRisk
    own[steps] = d1
    any[steps] = d
    incidence[steps] = sum
    free[steps] = survival
    variance[steps++] = Math.max(0, sum * sum * a - 2 * sum * aF + aFF - 2 * (sum * b - bF) + c)
    atRisk -= left
    present -= end - start
    start = end
  }
  const cut = (values: Float64Array) => values.subarray(0, steps)
  return {
    times: cut(times),
    atRisk: cut(atRisks),
    events: cut(own),
    anyEvents: cut(any),
    incidence: cut(incidence),
    free: cut(free),
    variance: cut(variance),
  }
}

/** The incidence as a curve of having been spared it, so that what reads a Kaplan-Meier curve can read it too. */
export const sparedCurve = ({ times, atRisk, events, anyEvents, incidence, variance }: Incidence): StepCurve => ({
  times,
  atRisk,
  events,
  others: anyEvents.map((any, i) => any - events[i]),
  survival: incidence.map((value) => 1 - value),
  greenwood: variance.map((value, i) => value / (1 - incidence[i]) ** 2),
})

const ascending = (time: ArrayLike<number>): Uint32Array =>
  Uint32Array.from({ length: time.length }, (_, row) => row).sort((a, b) => time[a] - time[b])
