import type { Assessment, Metrics } from '../../contract/models.ts'
import { causesOf } from '../cohort/curves/aalenJohansen.ts'
import { stepIndex, survivalAt } from '../cohort/curves/productLimit.ts'
import { harrellConcordance, unoConcordance } from './concordance.ts'
import { decisionThresholds, groupEnds, netBenefit } from './groups.ts'
import { affordable, bootstrap, estimateOf, replicatesOf, undefinedEstimate, waldEstimate } from './intervals.ts'
import { censoringCurve, riskEstimate, sparedSteps } from './kaplanMeier.ts'
import { orderOf, weightedArea } from './ranking.ts'
import { squaredLosses } from './survivalBrier.ts'
import { calibrateSurvival } from './survivalCalibration.ts'
import type { SurvivalPredictions } from './survivalPredictions.ts'

/**
 * Assesses predicted survival. Keys of `metrics`: see docs/methods.md. Censoring weights are 1 / G(T-) for events by t
 * and 1 / G(t) for those followed beyond (Graf et al. 1999), 1 / G(T-) for those a competing event took by t, who never
 * have the event; held fixed in the bootstrap. What the rows do not define (no event by the horizon, nobody followed so
 * far) is null.
 */
export const assessSurvival = (unordered: SurvivalPredictions): Assessment => {
  const given = inTimeOrder(unordered)
  const { time, event, risk, horizon, training, seed, competing, entry, cluster } = given
  if (entry) return assessLateEntry(given)
  const rows = time.length
  const replicates = affordable(rows, given.replicates ?? 200)
  const times = given.times
  const tau = given.tau ?? (times.length > 0 ? times[times.length - 1] : horizon)
  const order = orderOf(time)
  const cause = competing ? causesOf(event, competing) : null
  const observed = sparedSteps(time, event, cause, order)
  const censoring = training
    ? censoringCurve(training.time, causesOf(training.event, training.competing))
    : censoringCurve(time, cause ?? event, order)
  const predicted = risksAt(given, horizon)
  const byRisk = orderOf(predicted)

  const loss = squaredLosses(given, cause, order, censoring)
  const harrell = harrellConcordance({ time, event, competing, cluster }, risk)
  const uno = unoConcordance({ time, event, competing }, risk, tau, training)
  const followed = rows > 0 && horizon <= time[order[rows - 1]] && survivalAt(censoring, horizon) > 0
  const parts = followed ? weightsAt(time, event, horizon, censoring, competing) : null

  const figures = (counts: Int32Array | null): Record<string, number> => {
    if (!parts) return {}
    const weights = counts ? parts.weights.map((weight, row) => weight * counts[row]) : parts.weights
    const [brier, reference] = loss.at(horizon, counts)
    const [integrated, integratedReference] = loss.integrated(counts)
    return {
      auc: weightedArea(parts.cases, predicted, byRisk, weights),
      brier,
      scaledBrier: reference > 0 ? 1 - brier / reference : Number.NaN,
      integratedBrier: integrated,
      scaledIntegratedBrier: integratedReference > 0 ? 1 - integrated / integratedReference : Number.NaN,
    }
  }
  const intervals = replicatesOf()
  if (parts)
    bootstrap(rows, replicates, seed, (counts) => {
      for (const [name, value] of Object.entries(figures(counts))) intervals.add(name, value)
    })
  const calibration = calibrateSurvival({ time, event, cause }, predicted, horizon, order, observed, seed, replicates)
  const metrics: Metrics = {
    harrellC: waldEstimate(harrell.value, harrell.standardError, 0, 1),
    unoC: waldEstimate(uno.value, uno.standardError, 0, 1),
    tau: estimateOf(tau),
  }
  const values = figures(null)
  for (const name of ['auc', 'brier', 'scaledBrier', 'integratedBrier', 'scaledIntegratedBrier'])
    metrics[name] = intervals.estimate(name, values[name] ?? Number.NaN)
  let events = 0
  for (let row = 0; row < rows; row++) events += event[row] ? 1 : 0
  return {
    rows,
    events,
    metrics: { ...metrics, ...calibration.metrics, observedRisk: riskEstimate(observed, horizon) },
    calibration: followed
      ? { curve: calibration.curve, groups: groupsOf({ time, event, cause }, predicted, byRisk, horizon) }
      : null,
    roc: null,
    precisionRecall: null,
    decision: followed ? decisionCurve({ time, event, cause }, predicted, order, horizon) : null,
    horizon,
  }
}

/**
 * Rows that come under observation late, or are pieces of a patient's history: a prediction from time 0 stands for none
 * of them, so that neither its calibration nor its error is defined. Harrell's C compares, at each event, those under
 * observation.
 */
const assessLateEntry = ({
  time,
  event,
  entry = null,
  competing,
  cluster,
  risk,
  times,
  horizon,
  tau,
}: SurvivalPredictions): Assessment => {
  const harrell = harrellConcordance({ time, event, entry, competing, cluster }, risk)
  const cause = competing ? causesOf(event, competing) : null
  const observed = sparedSteps(time, event, cause, undefined, null, entry)
  const followed = time.length > 0 && horizon <= time[time.length - 1]
  const undefinedHere = [
    'unoC',
    'auc',
    'brier',
    'scaledBrier',
    'integratedBrier',
    'scaledIntegratedBrier',
    'observedExpected',
    'calibrationIntercept',
    'calibrationSlope',
    'ici',
    'e50',
    'e90',
  ]
  return {
    rows: time.length,
    events: Array.from(event).reduce((sum, one) => sum + (one ? 1 : 0), 0),
    metrics: {
      harrellC: waldEstimate(harrell.value, harrell.standardError, 0, 1),
      tau: estimateOf(tau ?? times[times.length - 1] ?? horizon),
      ...Object.fromEntries(undefinedHere.map((name) => [name, undefinedEstimate])),
      observedRisk: followed ? riskEstimate(observed, horizon) : undefinedEstimate,
    },
    calibration: null,
    roc: null,
    precisionRecall: null,
    decision: null,
    horizon,
  }
}

/** Rows by ascending time: every later pass, resampled hundreds of times, then runs through memory in order. */
const inTimeOrder = (given: SurvivalPredictions): SurvivalPredictions => {
  const order = orderOf(given.time)
  const width = given.times.length
  const survival = new Float64Array(order.length * width)
  for (let i = 0; i < order.length; i++)
    for (let k = 0; k < width; k++) survival[i * width + k] = given.survival[order[i] * width + k]
  const { competing, entry, cluster } = given
  return {
    ...given,
    time: Float64Array.from(order, (row) => given.time[row]),
    event: Uint8Array.from(order, (row) => (given.event[row] ? 1 : 0)),
    competing: competing ? Uint8Array.from(order, (row) => (competing[row] ? 1 : 0)) : null,
    entry: entry ? Float64Array.from(order, (row) => entry[row]) : null,
    cluster: cluster ? Int32Array.from(order, (row) => cluster[row]) : null,
    risk: Float64Array.from(order, (row) => given.risk[row]),
    survival,
  }
}

/** Predicted risk 1 - S(t) of each row; S steps at `times` and is 1 before the first. */
export const risksAt = (
  { survival, times, time }: Pick<SurvivalPredictions, 'survival' | 'times' | 'time'>,
  at: number,
): Float64Array => {
  const column = stepIndex(times, at)
  return Float64Array.from(time, (_, row) => (column < 0 ? 0 : 1 - survival[row * times.length + column]))
}

/**
 * Who has had the event by t, and everyone's censoring weight; 0 for those censored before. Whom a competing event took
 * never has it.
 */
export const weightsAt = (
  time: ArrayLike<number>,
  event: ArrayLike<number>,
  at: number,
  censoring: ReturnType<typeof censoringCurve>,
  competing: ArrayLike<number> | null = null,
): { cases: Uint8Array; weights: Float64Array } => {
  const cases = new Uint8Array(time.length)
  const weights = new Float64Array(time.length)
  const beyond = survivalAt(censoring, at)
  for (let row = 0; row < time.length; row++) {
    if (time[row] > at) weights[row] = beyond > 0 ? 1 / beyond : 0
    else if (event[row] || competing?.[row]) {
      const uncensored = survivalAt(censoring, time[row], true)
      cases[row] = event[row] ? 1 : 0
      weights[row] = uncensored > 0 ? 1 / uncensored : 0
    }
  }
  return { cases, weights }
}

interface Ended {
  time: Float64Array
  event: ArrayLike<number>
  cause: Uint8Array | null
}

const groupsOf = ({ time, event, cause }: Ended, predicted: Float64Array, byRisk: Uint32Array, horizon: number) => {
  const ascending = Float64Array.from(byRisk, (row) => predicted[row])
  let start = 0
  return groupEnds(ascending).flatMap((end) => {
    const members = byRisk.subarray(start, end)
    const mean = ascending.subarray(start, end).reduce((sum, one) => sum + one, 0) / (end - start)
    start = end
    const inTime = Uint32Array.from(members).sort((a, b) => time[a] - time[b])
    const { value, low, high } = riskEstimate(sparedSteps(time, event, cause, inTime), horizon)
    // Nobody (or everybody) had the event: the interval is that of a share, the exact one-sided 97.5% limit.
    const limit = 1 - 0.025 ** (1 / members.length)
    const sure = value ?? 0
    return [
      {
        predicted: mean,
        observed: sure,
        low: low ?? (sure >= 1 ? 1 - limit : 0),
        high: high ?? (sure >= 1 ? 1 : limit),
        n: members.length,
      },
    ]
  })
}

/**
 * Net benefit at the horizon with the risk among those treated by Kaplan-Meier (Vickers et al. 2008, stdca) or
 * Aalen-Johansen.
 */
const decisionCurve = ({ time, event, cause }: Ended, predicted: Float64Array, order: Uint32Array, horizon: number) => {
  const rows = time.length
  const risksFrom = (threshold: number) => {
    let treated = 0
    for (let row = 0; row < rows; row++) if (predicted[row] >= threshold) treated++
    let atRisk = treated
    let free = 1
    let risk = 0
    for (let start = 0; start < rows && time[order[start]] <= horizon && atRisk > 0; ) {
      const at = time[order[start]]
      let died = 0
      let taken = 0
      let left = 0
      for (; start < rows && time[order[start]] === at; start++) {
        if (predicted[order[start]] < threshold) continue
        left++
        if (event[order[start]]) died++
        else if (cause?.[order[start]] === 2) taken++
      }
      risk += (free * died) / atRisk
      free *= 1 - (died + taken) / atRisk
      atRisk -= left
    }
    const share = treated / rows
    return { ill: share * risk, well: share * (1 - risk) }
  }
  const everyone = risksFrom(Number.NEGATIVE_INFINITY)
  return decisionThresholds.map((threshold) => {
    const treated = risksFrom(threshold)
    return {
      threshold,
      model: netBenefit(treated.ill, treated.well, threshold),
      treatAll: netBenefit(everyone.ill, everyone.well, threshold),
    }
  })
}
