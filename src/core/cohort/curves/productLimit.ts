/**
 * The one product-limit estimator (Kaplan & Meier 1958) of Bedside: curves shown, curves of censoring, and weights all
 * come from it. A step at every distinct time, of events and others alike.
 */
export interface StepCurve {
  times: Float64Array
  /** Just before each time, by weight. */
  atRisk: Float64Array
  /** Weight that had the event at each time, and that left for another reason. */
  events: Float64Array
  others: Float64Array
  survival: Float64Array
  /** Greenwood's sum of d / (n (n - d)): Var(S) = S^2 * greenwood. Infinite once S is 0. */
  greenwood: Float64Array
}

export interface ProductLimitRows {
  time: ArrayLike<number>
  /** Rows that have the event. */
  event: (row: number) => boolean
  /** Rows by ascending time; all of them where left out. */
  order?: ArrayLike<number>
  /** Case weights, bootstrap counts among them. */
  weights?: ArrayLike<number> | null
  /** Late entry: a row is at risk in (entry, time]. */
  entry?: ArrayLike<number> | null
  /** Whether those who leave for another reason at a time are gone before its events (censoring after events: G). */
  othersLeaveFirst?: boolean
}

/** Times are compared as they are; see `alignTimes` for those that rounding has parted. */
export const productLimit = ({
  time,
  event,
  order = ascending(time),
  weights = null,
  entry = null,
  othersLeaveFirst = false,
}: ProductLimitRows): StepCurve => {
  const n = order.length
  const curve = {
    times: new Float64Array(n),
    atRisk: new Float64Array(n),
    events: new Float64Array(n),
    others: new Float64Array(n),
    survival: new Float64Array(n),
    greenwood: new Float64Array(n),
  }
  const joining = entry ? Uint32Array.from(order).sort((a, b) => entry[a] - entry[b]) : null
  let joined = 0
  let steps = 0
  let atRisk = 0
  // Persons, whatever their weight: where nobody is left no rounding may stay.
  let present = 0
  if (!entry) {
    atRisk = n
    if (weights) {
      atRisk = 0
      for (let i = 0; i < n; i++) atRisk += weights[order[i]]
    }
  }
  let survival = 1
  let greenwood = 0
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
    let fell = 0
    let left = 0
    for (; end < n && time[order[end]] === at; end++) {
      const weight = weights ? weights[order[end]] : 1
      left += weight
      if (event(order[end])) fell += weight
    }
    const exposed = othersLeaveFirst ? atRisk - (left - fell) : atRisk
    if (fell > 0) {
      greenwood = fell >= exposed ? Number.POSITIVE_INFINITY : greenwood + fell / (exposed * (exposed - fell))
      survival = fell >= exposed ? 0 : survival * (1 - fell / exposed)
    }
    curve.times[steps] = at
    curve.atRisk[steps] = exposed
    curve.events[steps] = fell
    curve.others[steps] = left - fell
    curve.survival[steps] = survival
    curve.greenwood[steps++] = greenwood
    atRisk -= left
    present -= end - start
    start = end
  }
  return {
    times: curve.times.subarray(0, steps),
    atRisk: curve.atRisk.subarray(0, steps),
    events: curve.events.subarray(0, steps),
    others: curve.others.subarray(0, steps),
    survival: curve.survival.subarray(0, steps),
    greenwood: curve.greenwood.subarray(0, steps),
  }
}

/** Nelson-Aalen cumulative hazard at each step, with its variance (Aalen 1978): sums of d / n and of d / n^2. */
export const nelsonAalen = ({
  atRisk,
  events,
}: Pick<StepCurve, 'atRisk' | 'events'>): { hazard: Float64Array; variance: Float64Array } => {
  const hazard = new Float64Array(events.length)
  const variance = new Float64Array(events.length)
  let [sum, squares] = [0, 0]
  for (let i = 0; i < events.length; i++) {
    if (events[i] > 0) {
      sum += events[i] / atRisk[i]
      squares += events[i] / (atRisk[i] * atRisk[i])
    }
    hazard[i] = sum
    variance[i] = squares
  }
  return { hazard, variance }
}

/** Index of the last step at or before `at` (`before`: strictly before); -1 where there is none. */
export const stepIndex = (times: ArrayLike<number>, at: number, before = false): number => {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (before ? times[middle] < at : times[middle] <= at) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** S(t), or S(t-) with `before`. 1 before the first step, flat after the last. */
export const survivalAt = (curve: Pick<StepCurve, 'times' | 'survival'>, at: number, before = false): number => {
  const index = stepIndex(curve.times, at, before)
  return index < 0 ? 1 : curve.survival[index]
}

const ascending = (time: ArrayLike<number>): Uint32Array =>
  Uint32Array.from({ length: time.length }, (_, row) => row).sort((a, b) => time[a] - time[b])
