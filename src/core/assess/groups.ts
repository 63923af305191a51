import { quantileOf } from '../numbers/quantile.ts'

/**
 * Cuts rows, in ascending order of their prediction, into at most `count` groups of about equal size; equal predictions
 * never part. Returns the end (exclusive) of each group in the order.
 */
export const groupEnds = (ascending: ArrayLike<number>, count = 10): number[] => {
  const n = ascending.length
  const ends: number[] = []
  for (let group = 1; group <= count; group++) {
    let end = Math.round((group * n) / count)
    while (end > 0 && end < n && ascending[end] === ascending[end - 1]) end++
    if (end > (ends.at(-1) ?? 0)) ends.push(end)
  }
  return ends
}

/** Points a calibration curve is drawn at: evenly over the predictions, from the least to the greatest. */
export const drawnAt = (ascending: ArrayLike<number>, points = 60): number[] => {
  const n = ascending.length
  if (n === 0) return []
  const [low, high] = [ascending[0], ascending[n - 1]]
  if (low === high) return [low]
  return Array.from({ length: points }, (_, i) => low + ((high - low) * i) / (points - 1))
}

/** ICI, E50 and E90: mean, median and 90th percentile of |predicted - observed| (Austin & Steyerberg 2019). */
export const calibrationErrors = (errors: Float64Array): { ici: number; e50: number; e90: number } => {
  let sum = 0
  for (const error of errors) sum += error
  const sorted = Float64Array.from(errors).sort()
  return { ici: sum / errors.length, e50: quantileOf(sorted, 0.5), e90: quantileOf(sorted, 0.9) }
}

/** Thresholds of a decision curve: 1% to 99%. */
export const decisionThresholds: readonly number[] = Array.from({ length: 99 }, (_, i) => (i + 1) / 100)

/**
 * Net benefit of treating: true positives a patient, less false positives weighed by the odds of the threshold (Vickers
 * & Elkin 2006).
 */
export const netBenefit = (truePositives: number, falsePositives: number, threshold: number): number =>
  truePositives - (falsePositives * threshold) / (1 - threshold)
