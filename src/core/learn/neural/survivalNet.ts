import { stepIndex } from '../../cohort/curves/productLimit.ts'
import { logistic } from './losses.ts'

/**
 * Survival of each row at ascending times from the logits of the hazards of intervals that end at `cuts`: the product
 * of 1 - h, and within an interval by a constant hazard, or a constant density of events (Kvamme & Borgan 2021). Flat
 * after the last cut.
 */
export const hazardSurvival = (
  logits: Float32Array,
  cuts: Float64Array,
  times: ArrayLike<number>,
  interpolation: 'hazard' | 'density',
): Float64Array => {
  const count = cuts.length
  const rows = logits.length / count
  const survival = new Float64Array(rows * times.length)
  const ends = new Float64Array(count + 1)
  for (let row = 0; row < rows; row++) {
    endsOf(logits, row, ends)
    let least = 1
    let interval = 0
    for (let i = 0; i < times.length; i++) {
      const time = times[i]
      while (interval < count && cuts[interval] <= time) interval++
      if (time > 0 && interval < count) {
        const from = interval > 0 ? cuts[interval - 1] : 0
        const share = (time - from) / (cuts[interval] - from)
        const [high, low] = [ends[interval], ends[interval + 1]]
        const within =
          interpolation === 'density' ? high + share * (low - high) : high === 0 ? 0 : high * (low / high) ** share
        least = Math.min(least, within)
      } else if (time > 0) least = Math.min(least, ends[count])
      survival[row * times.length + i] = least
    }
  }
  return survival
}

/** Survival at 0 and at each cut. */
const endsOf = (logits: Float32Array, row: number, ends: Float64Array): void => {
  const count = ends.length - 1
  ends[0] = 1
  for (let k = 0; k < count; k++) ends[k + 1] = ends[k] * (1 - logistic(logits[row * count + k]))
}

/** Share of the follow-up that is lost on average: 1 less the mean of the curve up to the last cut. Higher is worse. */
export const hazardRisk = (logits: Float32Array, cuts: Float64Array): Float64Array => {
  const count = cuts.length
  const ends = new Float64Array(count + 1)
  return Float64Array.from({ length: logits.length / count }, (_, row) => {
    endsOf(logits, row, ends)
    let area = 0
    for (let k = 0; k < count; k++) area += ((ends[k] + ends[k + 1]) / 2) * (cuts[k] - (k > 0 ? cuts[k - 1] : 0))
    return 1 - area / cuts[count - 1]
  })
}

/** Times between which curves of hazards are drawn: the cuts, and even points between them. */
export const hazardTimes = (cuts: Float64Array): Float64Array => {
  const parts = Math.max(1, Math.floor(200 / cuts.length))
  return Float64Array.from({ length: cuts.length * parts }, (_, i) => {
    const interval = Math.floor(i / parts)
    const from = interval > 0 ? cuts[interval - 1] : 0
    const part = (i % parts) + 1
    return part === parts ? cuts[interval] : from + ((cuts[interval] - from) * part) / parts
  })
}

export interface Baseline {
  times: Float64Array
  hazard: Float64Array
  /** Mean log hazard of the training rows, which the stored ones are told from. */
  centre: number
}

/**
 * Cumulative baseline hazard of rows with log hazards `eta`, of a row at their mean: at each time of an event its
 * weight over the risks then (Breslow 1974), tied risks reduced in turn under Efron.
 */
export const coxBaseline = (
  eta: Float32Array,
  time: Float64Array,
  event: Uint8Array,
  weights: Float64Array | undefined,
  ties: 'efron' | 'breslow',
): Baseline => {
  const weightOf = (row: number) => (weights ? weights[row] : 1)
  let [sum, total] = [0, 0]
  eta.forEach((value, row) => {
    sum += weightOf(row) * value
    total += weightOf(row)
  })
  const centre = sum / total
  const order = Array.from(time.keys()).sort((a, b) => time[b] - time[a])
  const times: number[] = []
  const steps: number[] = []
  let atRisk = 0
  for (let from = 0; from < order.length; ) {
    let [to, tied, tiedRisk, tiedWeight] = [from, 0, 0, 0]
    for (; to < order.length && time[order[to]] === time[order[from]]; to++) {
      const row = order[to]
      const risk = weightOf(row) * Math.exp(eta[row] - centre)
      atRisk += risk
      if (!event[row]) continue
      tied++
      tiedRisk += risk
      tiedWeight += weightOf(row)
    }
    let step = 0
    for (let l = 0; l < tied; l++) step += tiedWeight / tied / (atRisk - (ties === 'efron' ? (l / tied) * tiedRisk : 0))
    if (tied > 0) {
      times.push(time[order[from]])
      steps.push(step)
    }
    from = to
  }
  let cumulative = 0
  const hazard = Float64Array.from(steps.reverse(), (step) => {
    cumulative += step
    return cumulative
  })
  return { times: Float64Array.from(times.reverse()), hazard, centre }
}

/** exp(-H(t) e^(eta - centre)) of each row at ascending times. */
export const coxSurvival = (
  eta: Float32Array,
  { times, hazard, centre }: Baseline,
  at: ArrayLike<number>,
): Float64Array => {
  const cumulative = Float64Array.from(at, (time) => {
    const step = stepIndex(times, time)
    return step < 0 ? 0 : hazard[step]
  })
  const survival = new Float64Array(eta.length * at.length)
  for (let row = 0; row < eta.length; row++) {
    const ratio = Math.exp(eta[row] - centre)
    for (let i = 0; i < at.length; i++) survival[row * at.length + i] = Math.exp(-cumulative[i] * ratio)
  }
  return survival
}
