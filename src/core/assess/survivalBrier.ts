import { stepIndex, survivalAt } from '../cohort/curves/productLimit.ts'
import { type censoringCurve, sparedSteps } from './kaplanMeier.ts'
import type { SurvivalPredictions } from './survivalPredictions.ts'

/**
 * Brier's score with censoring weights, and that of the Kaplan-Meier (Aalen-Johansen) curve of the same rows
 * (riskRegression's null model), at one time and as the mean over [0, last of `times` with anyone followed and
 * uncensored] by the trapezoid rule. With bootstrap counts, of that sample.
 */
export const squaredLosses = (
  given: SurvivalPredictions,
  cause: Uint8Array | null,
  order: Uint32Array,
  censoring: ReturnType<typeof censoringCurve>,
) => {
  const { time, event, survival, times } = given
  const rows = time.length
  const taken = (row: number) => cause !== null && cause[row] === 2
  const last = rows > 0 ? time[order[rows - 1]] : 0
  let used = 0
  while (used < times.length && times[used] <= last && survivalAt(censoring, times[used]) > 0) used++
  const before = Float64Array.from(time, (at) => survivalAt(censoring, at, true))
  const uncensored = Float64Array.from(times, (at) => survivalAt(censoring, at))
  const width = Float64Array.from({ length: used }, (_, k) => {
    const previous = k === 0 ? 0 : times[k - 1]
    const next = k === used - 1 ? times[k] : times[k + 1]
    return (next - previous) / 2 / times[used - 1]
  })
  const lossOf = (row: number, k: number) => {
    const s = survival[row * times.length + k]
    if (time[row] > times[k]) return (1 - s) ** 2 / uncensored[k]
    return lossOfEnded(row, s)
  }
  /** Of a row whose time has passed. */
  const lossOfEnded = (row: number, s: number) => {
    if (!(before[row] > 0)) return 0
    if (event[row]) return s ** 2 / before[row]
    return taken(row) ? (1 - s) ** 2 / before[row] : 0
  }
  const integrated = new Float64Array(rows)
  for (let row = 0; row < rows; row++) for (let k = 0; k < used; k++) integrated[row] += width[k] * lossOf(row, k)
  const mean = (values: (row: number) => number, counts: Int32Array | null) => {
    let sum = 0
    for (let row = 0; row < rows; row++) if (!counts || counts[row] > 0) sum += (counts ? counts[row] : 1) * values(row)
    return sum / rows
  }
  /** Brier's score of the Kaplan-Meier curve at ascending times, in one pass over the rows. */
  const reference = (at: ArrayLike<number>, count: number, counts: Int32Array | null) => {
    const curve = sparedSteps(time, event, cause, order, counts)
    const scores = new Float64Array(count)
    let next = 0
    let gone = 0
    let spared = 0
    let left = rows
    for (let k = 0; k < count; k++) {
      for (; next < rows && time[order[next]] <= at[k]; next++) {
        const row = order[next]
        const weight = counts ? counts[row] : 1
        left -= weight
        if (event[row] && before[row] > 0) gone += weight / before[row]
        if (taken(row) && before[row] > 0) spared += weight / before[row]
      }
      const s = survivalAt(curve, at[k])
      scores[k] = (s ** 2 * gone + (1 - s) ** 2 * (spared + left / survivalAt(censoring, at[k]))) / rows
    }
    return scores
  }
  return {
    at: (horizon: number, counts: Int32Array | null): [number, number] => {
      const k = stepIndex(times, horizon)
      const staying = survivalAt(censoring, horizon)
      const loss = (row: number) => {
        const s = k < 0 ? 1 : survival[row * times.length + k]
        if (time[row] > horizon) return (1 - s) ** 2 / staying
        return lossOfEnded(row, s)
      }
      return [mean(loss, counts), reference([horizon], 1, counts)[0]]
    },
    integrated: (counts: Int32Array | null): [number, number] => {
      if (used === 0) return [Number.NaN, Number.NaN]
      let sum = 0
      reference(times, used, counts).forEach((score, k) => {
        sum += width[k] * score
      })
      return [mean((row) => integrated[row], counts), sum]
    },
  }
}
