import type { Estimate } from '../../contract/values.ts'
import { randomOf, shuffle } from '../numbers/random.ts'
import { wilson } from './intervals.ts'

/**
 * Conformal prediction: sets of classes and intervals of values that hold the truth in at least `level` of new cases,
 * whatever the model, as long as they are exchangeable with the calibration cases (held out, or predicted out of fold:
 * cross-conformal, Vovk 2015). Plain data; keep it with the model.
 */
export interface ClassConformal {
  level: number
  score: 'leastAmbiguous' | 'adaptive'
  /** The largest nonconformity that is still let in: one for each class with `perClass`, else the same for all. */
  thresholds: number[]
  perClass: boolean
  /** Calibration cases of each class. */
  counts: number[]
}

export interface ClassConformalOptions {
  level?: number
  /**
   * `leastAmbiguous`: 1 - probability of the class (Sadinle, Lei & Wasserman 2019), the smallest sets on average;
   * `adaptive`: probability of all classes at least as probable (Romano, Sesia & Candes 2020, without randomisation),
   * whose size follows how hard the case is.
   */
  score?: ClassConformal['score']
  /** Coverage within each class (label-conditional, Vovk 2012), so that a rare class is not missed more often. */
  perClass?: boolean
}

/** Calibrates prediction sets on predicted probabilities (row-major rows x classes) of cases with known class. */
export const calibrateClasses = (
  probabilities: ArrayLike<number>,
  y: ArrayLike<number>,
  classes: number,
  { level = 0.9, score = 'leastAmbiguous', perClass = false }: ClassConformalOptions = {},
): ClassConformal => {
  const scores: number[][] = Array.from({ length: classes }, () => [])
  for (let row = 0; row < y.length; row++)
    scores[y[row]].push(nonconformity(probabilities, row * classes, classes, y[row], score))
  const all = perClass ? null : conformalQuantile(scores.flat(), level)
  return {
    level,
    score,
    perClass,
    thresholds: scores.map((own) => all ?? conformalQuantile(own, level)),
    counts: scores.map((own) => own.length),
  }
}

/**
 * The prediction set of one case: class indices, most probable first. Never empty: where no class is let in the most
 * probable stands (which can only raise the coverage). A class without calibration cases is always let in under
 * `perClass`.
 */
export const predictionSet = (conformal: ClassConformal, probabilities: ArrayLike<number>, offset = 0): number[] => {
  const classes = conformal.thresholds.length
  const ranked = Array.from({ length: classes }, (_, k) => k).sort(
    (a, b) => probabilities[offset + b] - probabilities[offset + a] || a - b,
  )
  const held = ranked.filter(
    (k) => nonconformity(probabilities, offset, classes, k, conformal.score) <= conformal.thresholds[k],
  )
  return held.length > 0 ? held : ranked.slice(0, 1)
}

/**
 * Coverage of prediction sets as measured: calibrated on all but one of 10 random parts of the cases, counted on that
 * part; with the mean size of a set and the coverage within each class. Null where there are fewer than 20 cases.
 */
export const measureClassCoverage = (
  probabilities: ArrayLike<number>,
  y: ArrayLike<number>,
  classes: number,
  seed: number,
  options: ClassConformalOptions = {},
): { coverage: Estimate; size: number; byClass: Estimate[] } | null => {
  const rows = y.length
  if (rows < 20) return null
  const hits = new Float64Array(classes)
  const totals = new Float64Array(classes)
  let size = 0
  for (const { inside, outside } of parts(rows, seed)) {
    const rest = Float64Array.from({ length: outside.length * classes }, (_, i) => {
      const row = outside[Math.floor(i / classes)]
      return probabilities[row * classes + (i % classes)]
    })
    const conformal = calibrateClasses(
      rest,
      Int32Array.from(outside, (row) => y[row]),
      classes,
      options,
    )
    for (const row of inside) {
      const set = predictionSet(conformal, probabilities, row * classes)
      size += set.length
      totals[y[row]]++
      if (set.includes(y[row])) hits[y[row]]++
    }
  }
  const hit = hits.reduce((a, b) => a + b, 0)
  return { coverage: wilson(hit, rows), size: size / rows, byClass: Array.from(totals, (n, k) => wilson(hits[k], n)) }
}

/** Half-width of a symmetric interval of values; infinite where there are too few calibration cases for the level. */
export interface ValueConformal {
  level: number
  reach: number
}

/**
 * Split (or cross-) conformal interval of a value: prediction +- the level's quantile of |y - prediction| (Lei et al.
 * 2018).
 */
export const calibrateValues = (values: ArrayLike<number>, y: ArrayLike<number>, level = 0.9): ValueConformal => ({
  level,
  reach: conformalQuantile(
    Array.from(y, (one, row) => Math.abs(one - values[row])),
    level,
  ),
})

/** The interval of one predicted value; null ends where it is unbounded. */
export const valueInterval = ({ reach }: ValueConformal, value: number): { low: number | null; high: number | null } =>
  Number.isFinite(reach) ? { low: value - reach, high: value + reach } : { low: null, high: null }

/**
 * CV+ interval (Barber et al. 2021), holding the truth in at least 2 * level - 1 of cases whatever the model and about
 * `level` in practice: from the out-of-fold residuals |y - prediction| of the training rows, the fold of each, and what
 * the model of each fold predicts for this case.
 */
export const crossValidationInterval = (
  residuals: ArrayLike<number>,
  folds: ArrayLike<number>,
  foldPredictions: ArrayLike<number>,
  level = 0.9,
): { low: number | null; high: number | null } => {
  const lows = Array.from(residuals, (residual, row) => -(foldPredictions[folds[row]] - residual))
  const highs = Array.from(residuals, (residual, row) => foldPredictions[folds[row]] + residual)
  const low = -conformalQuantile(lows, level)
  const high = conformalQuantile(highs, level)
  return { low: Number.isFinite(low) ? low : null, high: Number.isFinite(high) ? high : null }
}

/** Coverage of value intervals as measured, as `measureClassCoverage`. Null with fewer than 20 cases. */
export const measureValueCoverage = (
  values: ArrayLike<number>,
  y: ArrayLike<number>,
  seed: number,
  level = 0.9,
): { coverage: Estimate; width: number | null } | null => {
  if (y.length < 20) return null
  let hits = 0
  let width = 0
  for (const { inside, outside } of parts(y.length, seed)) {
    const residuals = Array.from(outside, (row) => Math.abs(y[row] - values[row]))
    const reach = conformalQuantile(residuals, level)
    for (const row of inside) {
      width += 2 * reach
      if (Math.abs(y[row] - values[row]) <= reach) hits++
    }
  }
  return { coverage: wilson(hits, y.length), width: Number.isFinite(width) ? width / y.length : null }
}

const nonconformity = (
  probabilities: ArrayLike<number>,
  offset: number,
  classes: number,
  k: number,
  score: ClassConformal['score'],
): number => {
  const own = probabilities[offset + k]
  if (score === 'leastAmbiguous') return 1 - own
  let sum = 0
  for (let other = 0; other < classes; other++) {
    const probability = probabilities[offset + other]
    if (probability > own || (probability === own && other <= k)) sum += probability
  }
  return sum
}

/**
 * The ceil((n + 1) * level)-th smallest score, as split conformal sets need it (Vovk et al. 2005); infinite where n is
 * too small for the level.
 */
const conformalQuantile = (scores: number[], level: number): number => {
  const rank = Math.ceil((scores.length + 1) * level - 1e-9)
  if (rank > scores.length) return Number.POSITIVE_INFINITY
  return Float64Array.from(scores).sort()[rank - 1]
}

const parts = (rows: number, seed: number): { inside: Uint32Array; outside: Uint32Array }[] => {
  const order = shuffle(
    Uint32Array.from({ length: rows }, (_, i) => i),
    randomOf(seed, 8001),
  )
  return Array.from({ length: 10 }, (_, part) => ({
    inside: order.filter((_, i) => i % 10 === part),
    outside: order.filter((_, i) => i % 10 !== part),
  }))
}
