import type { Assessment } from '../../contract/models.ts'
import type { Estimate } from '../../contract/values.ts'
import { estimateOf, undefinedEstimate, waldEstimate } from './intervals.ts'

/** Row indices in ascending order of the values; rows with equal values stay in order. */
export const orderOf = (values: ArrayLike<number>): Uint32Array => {
  const order = new Uint32Array(values.length)
  for (let i = 0; i < order.length; i++) order[i] = i
  return order.sort((a, b) => values[a] - values[b] || a - b)
}

/**
 * Area under the ROC curve with DeLong's placements: for each row the share of the other class it beats (ties half).
 * The area is their mean, its variance that of the placements (DeLong, DeLong & Clarke-Pearson 1988; by midranks in O(n
 * log n), Sun & Xu 2014). `positive[i]` is 1 for a case. Area NaN where a class is absent.
 */
export const placementsOf = (
  positive: ArrayLike<number>,
  score: ArrayLike<number>,
): { area: number; placements: Float64Array; cases: number; controls: number } => {
  const n = score.length
  const order = orderOf(score)
  const placements = new Float64Array(n)
  let cases = 0
  for (let i = 0; i < n; i++) cases += positive[i] ? 1 : 0
  const controls = n - cases
  let casesBelow = 0
  let controlsBelow = 0
  for (let start = 0; start < n; ) {
    let end = start
    let casesHere = 0
    while (end < n && score[order[end]] === score[order[start]]) casesHere += positive[order[end++]] ? 1 : 0
    const controlsHere = end - start - casesHere
    for (let i = start; i < end; i++) {
      const row = order[i]
      placements[row] = positive[row]
        ? (controlsBelow + controlsHere / 2) / controls
        : (cases - casesBelow - casesHere / 2) / cases
    }
    casesBelow += casesHere
    controlsBelow += controlsHere
    start = end
  }
  let area = 0
  for (let i = 0; i < n; i++) if (positive[i]) area += placements[i]
  return { area: cases > 0 && controls > 0 ? area / cases : Number.NaN, placements, cases, controls }
}

/**
 * Variance of the area, or of the difference of two areas on the same rows (paired). NaN with fewer than 2 in a class.
 */
export const delongVariance = (
  positive: ArrayLike<number>,
  first: ReturnType<typeof placementsOf>,
  second?: ReturnType<typeof placementsOf>,
): number => {
  const { cases, controls } = first
  if (cases < 2 || controls < 2) return Number.NaN
  const centre = first.area - (second?.area ?? 0)
  let caseSum = 0
  let controlSum = 0
  for (let i = 0; i < positive.length; i++) {
    const deviation = first.placements[i] - (second?.placements[i] ?? 0) - centre
    if (positive[i]) caseSum += deviation * deviation
    else controlSum += deviation * deviation
  }
  return caseSum / (cases - 1) / cases + controlSum / (controls - 1) / controls
}

/**
 * AUROC with DeLong's 95% interval, cut to [0, 1] as pROC does. DeLong's variance is 0 at an area of exactly 1 (or 0),
 * which would claim certainty: there the far limit is Clopper-Pearson's for min(cases, controls) of as many.
 */
export const auroc = (positive: ArrayLike<number>, score: ArrayLike<number>): Estimate => {
  const ranked = placementsOf(positive, score)
  if (!Number.isFinite(ranked.area)) return undefinedEstimate
  const perfect = 0.025 ** (1 / Math.min(ranked.cases, ranked.controls))
  if (ranked.area === 1) return estimateOf(1, perfect, 1)
  if (ranked.area === 0) return estimateOf(0, 0, 1 - perfect)
  return waldEstimate(ranked.area, Math.sqrt(delongVariance(positive, ranked)), 0, 1)
}

/**
 * Walks down the thresholds of a score, ties together: calls `step` with the weighted numbers of cases and controls at
 * or above each distinct score. `order` ascending by score; `weights` may be bootstrap counts.
 */
const descend = (
  positive: ArrayLike<number>,
  score: ArrayLike<number>,
  order: ArrayLike<number>,
  weights: ArrayLike<number> | null,
  step: (cases: number, controls: number, threshold: number) => void,
): void => {
  let cases = 0
  let controls = 0
  for (let end = order.length - 1; end >= 0; ) {
    const threshold = score[order[end]]
    let drawn = 0
    for (; end >= 0 && score[order[end]] === threshold; end--) {
      const weight = weights ? weights[order[end]] : 1
      drawn += weight
      if (positive[order[end]]) cases += weight
      else controls += weight
    }
    if (drawn > 0) step(cases, controls, threshold)
  }
}

/**
 * Average precision (as scikit-learn: the sum of recall gained times precision, no interpolation). NaN without a case.
 */
export const averagePrecision = (
  positive: ArrayLike<number>,
  score: ArrayLike<number>,
  order: ArrayLike<number>,
  weights: ArrayLike<number> | null = null,
): number => {
  let before = 0
  let sum = 0
  descend(positive, score, order, weights, (cases, controls) => {
    sum += (cases - before) * (cases / (cases + controls))
    before = cases
  })
  return before > 0 ? sum / before : Number.NaN
}

/** Weighted area under the ROC curve, ties half. NaN where a class is absent. */
export const weightedArea = (
  positive: ArrayLike<number>,
  score: ArrayLike<number>,
  order: ArrayLike<number>,
  weights: ArrayLike<number> | null,
): number => {
  let casesBefore = 0
  let controlsBefore = 0
  let area = 0
  descend(positive, score, order, weights, (cases, controls) => {
    area += ((controls - controlsBefore) * (cases + casesBefore)) / 2
    casesBefore = cases
    controlsBefore = controls
  })
  return area / (casesBefore * controlsBefore)
}

const drawnPoints = 400

/**
 * ROC and precision-recall curves, at most about 400 points each, always with their ends. Null where a class is absent.
 */
export const curvesOf = (
  positive: ArrayLike<number>,
  score: ArrayLike<number>,
  order: ArrayLike<number>,
): Pick<Assessment, 'roc' | 'precisionRecall'> => {
  const points: { cases: number; controls: number; threshold: number }[] = []
  descend(positive, score, order, null, (cases, controls, threshold) => points.push({ cases, controls, threshold }))
  const last = points.at(-1)
  if (!last || last.cases === 0 || last.controls === 0) return { roc: null, precisionRecall: null }
  const stride = Math.max(1, Math.ceil(points.length / drawnPoints))
  const drawn = points.filter((_, i) => i % stride === 0 || i === points.length - 1)
  return {
    roc: [
      { falsePositiveRate: 0, truePositiveRate: 0, threshold: null },
      ...drawn.map(({ cases, controls, threshold }) => ({
        falsePositiveRate: controls / last.controls,
        truePositiveRate: cases / last.cases,
        threshold,
      })),
    ],
    precisionRecall: drawn.map(({ cases, controls }) => ({
      recall: cases / last.cases,
      precision: cases / (cases + controls),
    })),
  }
}
