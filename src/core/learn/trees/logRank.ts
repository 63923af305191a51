import { type BinnedColumns, missingBin } from './bins.ts'
import { type Criterion, clearly, growing, listOccupied, occupiedBins, type Split } from './criterion.ts'
import type { Bag } from './impurity.ts'

export interface SurvivalTarget {
  /** Rank of each row's time among the distinct times, from 0. Rows must stand in ascending order of it. */
  time: Int32Array
  event: Uint8Array
  /** Grid index (of the forest's step times) at which an event at this time rank is booked. */
  slot: Uint16Array
  /**
   * What a step of a leaf's curve counts for in its risk score. Of hazards: the training weight still followed at each
   * step time, so that they sum to expected mortality. Of cumulative incidences: the time from the step to the last
   * one, so that they sum to the time expected to be lost.
   */
  atRisk: Float64Array
  /** Where competing events end follow-up: rank of each row's own time, and 0 censored, 1 event, 2 competing event. */
  competing?: { time: Int32Array; cause: Uint8Array }
}

/**
 * Splits by the log-rank statistic (Segal 1988; Ishwaran et al. 2008), exactly, for every boundary between bins.
 *
 * With Y(t) at risk and d(t) events in the node, and Y_L(t) at risk on the left, the statistic is U^2 / V, U = O_L -
 * E_L      = sum over left rows of (event - H(time)),  H the node's Nelson-Aalen estimate, V = sum_t a(t) Y_L(t) -
 * sum_t b(t) Y_L(t)^2,   a = d (Y - d) / (Y (Y - 1)),  b = a / Y. U and the first sum add up over rows. The second is
 * sum over pairs of left rows of B(min(time_i, time_j)), B(t) = sum of b up to t, so a row joins the left side in O(log
 * times) with two Fenwick trees; where a column has few bins, Y_L is summed afresh at each boundary instead. Nothing is
 * binned in time, so the statistic is the one a test would report.
 *
 * A leaf holds the increments d / Y of its Nelson-Aalen estimate; where there are competing events those of its
 * Aalen-Johansen estimate of the cumulative incidence, S(t-) d / Y, S being the share without any event.
 */
export const logRank = (binned: BinnedColumns, target: SurvivalTarget, { weight, minLeaf }: Bag) => {
  const { rows, codes, edges } = binned
  const { time, event, slot, atRisk: followed, competing } = target
  // By position in the node: weight, number of the node's event times at or before the row's, shares of U and of V's
  // first sum.
  const held = new Float64Array(rows)
  const reached = new Int32Array(rows)
  const score = new Float64Array(rows)
  const linear = new Float64Array(rows)
  // By event time of the node, from 1.
  const step = new Float64Array(rows + 1)
  const summed = new Float64Array(rows + 1)
  const fenwick = new Float64Array(2 * (rows + 1))
  const leftAt = new Float64Array(rows + 1)
  const head = new Int32Array(256).fill(-1)
  const next = new Int32Array(rows)
  const occupied = occupiedBins()
  const weights = growing((length) => new Float32Array(length))
  const lengths = growing((length) => new Uint32Array(length))
  const slots = growing((length) => new Uint16Array(length))
  const hazards = growing((length) => new Float32Array(length))
  let total = 0
  let times = 0
  let mortality = 0

  const judge = (u: number, first: number, second: number, leftWeight: number, best: Split): boolean => {
    if (leftWeight < minLeaf || total - leftWeight < minLeaf) return false
    const spread = first - second
    if (!(spread > 1e-10 * (first + 1e-300))) return false
    const gain = (u * u) / spread
    if (!(gain > best.gain * clearly)) return false
    best.gain = gain
    return true
  }

  /**
   * Rows of one bin join the left side; returns the growth of V's second sum. The Fenwick trees carry weight and weight
   * * B by time.
   */
  const join = (bin: number, before: { risk: number }): number => {
    let growth = 0
    for (let j = head[bin]; j >= 0; j = next[j]) {
      const k = reached[j]
      if (k === 0) continue
      const w = held[j]
      const b = summed[k]
      let below = 0
      let belowSum = 0
      for (let at = k; at > 0; at &= at - 1) {
        below += fenwick[2 * at]
        belowSum += fenwick[2 * at + 1]
      }
      growth += w * (w * b + 2 * (belowSum + b * (before.risk - below)))
      before.risk += w
      for (let at = k; at <= times; at += at & -at) {
        fenwick[2 * at] += w
        fenwick[2 * at + 1] += w * b
      }
    }
    return growth
  }

  const secondSum = (): number => {
    let second = 0
    let risk = 0
    for (let k = times; k > 0; k--) {
      risk += leftAt[k]
      second += step[k] * risk * risk
    }
    return second
  }

  /** Steps of the cumulative incidence among the rows of a leaf, which stand in the order of their time in splits. */
  const incidence = (
    { time: own, cause }: NonNullable<SurvivalTarget['competing']>,
    rowsOfLeaf: Int32Array,
    step: (at: number, increment: number) => void,
  ) => {
    const sorted = rowsOfLeaf.slice().sort((a, b) => own[a] - own[b] || a - b)
    let atRisk = total
    let free = 1
    for (let i = 0; i < sorted.length; ) {
      const now = own[sorted[i]]
      let leaving = 0
      let events = 0
      let all = 0
      let at = 0
      for (; i < sorted.length && own[sorted[i]] === now; i++) {
        const w = weight[sorted[i]]
        leaving += w
        if (cause[sorted[i]] > 0) all += w
        if (cause[sorted[i]] === 1) {
          events += w
          at = slot[time[sorted[i]]]
        }
      }
      if (events > 0) step(at, (free * events) / atRisk)
      free *= Math.max(0, 1 - all / atRisk)
      atRisk -= leaving
    }
  }

  const criterion: Criterion = {
    enter(order, start, end) {
      total = 0
      for (let i = start, j = 0; i < end; i++, j++) {
        held[j] = weight[order[i]]
        total += held[j]
      }
      times = 0
      if (total < 2 * minLeaf) return false
      const size = end - start
      let atRisk = total
      let hazard = 0
      let first = 0
      for (let i = 0; i < size; ) {
        const now = time[order[start + i]]
        let leaving = 0
        let events = 0
        let after = i
        for (; after < size && time[order[start + after]] === now; after++) {
          leaving += held[after]
          if (event[order[start + after]] === 1) events += held[after]
        }
        if (events > 0) {
          // Fractional weights could make the factor exceed 1 or lose its sign.
          const spare = atRisk > 1 ? Math.min(1, Math.max(0, (atRisk - events) / (atRisk - 1))) : 0
          const a = (events * spare) / atRisk
          hazard += events / atRisk
          first += a
          times++
          step[times] = a / atRisk
          summed[times] = summed[times - 1] + step[times]
        }
        for (; i < after; i++) {
          reached[i] = times
          score[i] = held[i] * (event[order[start + i]] - hazard)
          linear[i] = held[i] * first
        }
        atRisk -= leaving
      }
      return times > 0
    },
    seek(column, order, start, end, best) {
      const size = end - start
      const from = column * rows
      const { mask, bins } = occupied
      for (let j = 0; j < size; j++) {
        const code = codes[from + order[start + j]]
        mask[code >> 5] |= 1 << code
        next[j] = head[code]
        head[code] = j
      }
      const count = listOccupied(occupied)
      const anyMissing = head[missingBin] >= 0
      const afresh = count * times < 8 * size
      for (let pass = 0; pass < (anyMissing ? 2 : 1); pass++) {
        let u = 0
        let first = 0
        let second = 0
        let leftWeight = 0
        const left = { risk: 0 }
        if (afresh) leftAt.fill(0, 0, times + 1)
        else fenwick.fill(0, 0, 2 * (times + 1))
        const boundaries = anyMissing && pass === 0 ? count : count - 1
        for (let k = pass === 0 ? 0 : -1; k < boundaries; k++) {
          const bin = k < 0 ? missingBin : bins[k]
          for (let j = head[bin]; j >= 0; j = next[j]) {
            u += score[j]
            first += linear[j]
            leftWeight += held[j]
            if (afresh) leftAt[reached[j]] += held[j]
          }
          if (!afresh) second += join(bin, left)
          if (k < 0) continue
          if (afresh) second = secondSum()
          if (judge(u, first, second, leftWeight, best)) {
            best.column = column
            best.bin = k + 1 < count ? (bins[k] + bins[k + 1] - 1) >> 1 : edges[column].length - 1
            best.missingLeft = anyMissing ? pass === 1 : leftWeight >= total - leftWeight
          }
        }
      }
      for (let k = 0; k < count; k++) head[bins[k]] = -1
      head[missingBin] = -1
    },
    leaf(order, start, end) {
      const size = end - start
      let atRisk = total
      let steps = 0
      let pending = 0
      let pendingSlot = -1
      mortality = 0
      const book = () => {
        slots.push(pendingSlot)
        hazards.push(pending)
        mortality += Math.fround(pending) * followed[pendingSlot]
        steps++
        pending = 0
      }
      const step = (at: number, increment: number) => {
        if (at !== pendingSlot && pendingSlot >= 0) book()
        pendingSlot = at
        pending += increment
      }
      if (competing) incidence(competing, order.subarray(start, end), step)
      else
        for (let i = 0; i < size; ) {
          const now = time[order[start + i]]
          let leaving = 0
          let events = 0
          for (; i < size && time[order[start + i]] === now; i++) {
            leaving += held[i]
            if (event[order[start + i]] === 1) events += held[i]
          }
          if (events > 0) step(slot[now], events / atRisk)
          atRisk -= leaving
        }
      if (pendingSlot >= 0) book()
      weights.push(total)
      lengths.push(steps)
    },
    width: 1,
    credit(order, start, end, sums) {
      for (let i = start; i < end; i++) sums[order[i]] += mortality
    },
  }
  return {
    criterion,
    outputs: () => ({
      weights: weights.take(),
      lengths: lengths.take(),
      slots: slots.take(),
      hazards: hazards.take(),
    }),
  }
}
