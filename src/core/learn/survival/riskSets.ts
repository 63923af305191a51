import { carriedSums, type Prepared, type Ties } from './partialLikelihood.ts'

/**
 * The risk set of one group of events, with those carried beyond a competing event. Sums are over rows at risk,
 * weighted by their risk r = weight * exp(eta).
 */
export interface RiskSet {
  stratum: number
  group: number
  atRisk: number
  /** Sum of r z over those at risk. */
  sum: Float64Array
  /** Of the group's events: their risk, weight, and sum of r z. */
  tiedRisk: number
  tiedWeight: number
  tied: Float64Array
  /**
   * One term a tied event under Efron, one for all under Breslow; the l-th sees the tied risks less l/terms of them.
   */
  terms: number
}

/**
 * Visits every group with events, strata in order and times descending within each. The risk set is reused between
 * visits.
 */
export const sweepRiskSets = (data: Prepared, beta: Float64Array, ties: Ties, visit: (set: RiskSet) => void): void => {
  const { size, z, event, weight, starts, deaths, strataStarts, entries, beyond } = data
  const carried = carriedSums(data, beta)
  const present = new Float64Array(size)
  const set: RiskSet = {
    stratum: 0,
    group: 0,
    atRisk: 0,
    sum: carried ? new Float64Array(size) : present,
    tiedRisk: 0,
    tiedWeight: 0,
    tied: new Float64Array(size),
    terms: 0,
  }
  const { sum, tied } = set
  const riskOf = (i: number) => {
    let eta = 0
    for (let j = 0; j < size; j++) eta += beta[j] * z[i * size + j]
    return weight[i] * Math.exp(eta)
  }
  for (let stratum = 0; stratum + 1 < strataStarts.length; stratum++) {
    set.stratum = stratum
    present.fill(0)
    let followed = 0
    let gone = starts[strataStarts[stratum]]
    for (let group = strataStarts[stratum]; group < strataStarts[stratum + 1]; group++) {
      if (entries && gone < entries.ends[group]) {
        for (; gone < entries.ends[group]; gone++) {
          const i = entries.order[gone]
          const r = riskOf(i)
          followed -= r
          for (let j = 0; j < size; j++) present[j] -= r * z[i * size + j]
        }
        if (gone === starts[group]) {
          followed = 0
          present.fill(0)
        }
      }
      tied.fill(0)
      set.tiedRisk = 0
      set.tiedWeight = 0
      for (let i = starts[group]; i < starts[group + 1]; i++) {
        const r = riskOf(i)
        followed += r
        for (let j = 0; j < size; j++) present[j] += r * z[i * size + j]
        if (event[i] === 1) {
          set.tiedRisk += r
          set.tiedWeight += weight[i]
          for (let j = 0; j < size; j++) tied[j] += r * z[i * size + j]
        }
      }
      if (deaths[group] === 0) continue
      set.group = group
      set.atRisk = followed
      if (carried && beyond) {
        const at = group * (size + 1)
        set.atRisk += beyond.staying[group] * carried[at]
        for (let j = 0; j < size; j++) sum[j] = present[j] + beyond.staying[group] * carried[at + 1 + j]
      }
      set.terms = ties === 'efron' ? deaths[group] : 1
      visit(set)
    }
  }
}
