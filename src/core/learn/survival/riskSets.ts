import type { Prepared, Ties } from './partialLikelihood.ts'

/** The risk set of one group of events. Sums are over rows at risk, weighted by their risk r = weight * exp(eta). */
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
  /** One term a tied event under Efron, one for all under Breslow; the l-th sees the tied risks less l/terms of them. */
  terms: number
}

/** Visits every group with events, strata in order and times descending within each. The risk set is reused between visits. */
export const sweepRiskSets = (
  { size, z, event, weight, starts, deaths, strataStarts, entries }: Prepared,
  beta: Float64Array,
  ties: Ties,
  visit: (set: RiskSet) => void,
): void => {
  const set: RiskSet = {
    stratum: 0,
    group: 0,
    atRisk: 0,
    sum: new Float64Array(size),
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
    sum.fill(0)
    set.atRisk = 0
    let gone = starts[strataStarts[stratum]]
    for (let group = strataStarts[stratum]; group < strataStarts[stratum + 1]; group++) {
      if (entries && gone < entries.ends[group]) {
        for (; gone < entries.ends[group]; gone++) {
          const i = entries.order[gone]
          const r = riskOf(i)
          set.atRisk -= r
          for (let j = 0; j < size; j++) sum[j] -= r * z[i * size + j]
        }
        if (gone === starts[group]) {
          set.atRisk = 0
          sum.fill(0)
        }
      }
      tied.fill(0)
      set.tiedRisk = 0
      set.tiedWeight = 0
      for (let i = starts[group]; i < starts[group + 1]; i++) {
        const r = riskOf(i)
        set.atRisk += r
        for (let j = 0; j < size; j++) sum[j] += r * z[i * size + j]
        if (event[i] === 1) {
          set.tiedRisk += r
          set.tiedWeight += weight[i]
          for (let j = 0; j < size; j++) tied[j] += r * z[i * size + j]
        }
      }
      if (deaths[group] === 0) continue
      set.group = group
      set.terms = ties === 'efron' ? deaths[group] : 1
      visit(set)
    }
  }
}
