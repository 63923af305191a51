import { daysPer, type TimeUnit } from '../contract/values.ts'

export type AxisUnit = 'years' | 'months' | 'days'

/** Years where two or more were followed, else months, else days. */
export const axisUnitOf = (followUp: number, timeUnit: TimeUnit): AxisUnit => {
  const days = followUp * daysPer[timeUnit]
  if (days >= 2 * daysPer.years) return 'years'
  return days >= 90 ? 'months' : 'days'
}

/** How many of the axis's units one of the data's is. */
export const axisFactor = (axis: AxisUnit, timeUnit: TimeUnit): number => daysPer[timeUnit] / daysPer[axis]

/** Round axis steps that leave room for `count` labels. */
export const ticksOf = (end: number, count: number): number[] => {
  const steps = [0.25, 0.5, 1, 2, 3, 5, 6, 10, 12, 20, 24, 30, 50, 60, 90, 100, 180, 200, 365, 500, 1000, 2000]
  const step = steps.find((step) => end / step <= count) ?? end
  const ticks: number[] = []
  for (let at = 0; at <= end + 1e-9; at += step) ticks.push(at)
  return ticks
}

/**
 * Number at risk at a time: that of the first entry at or after it (everyone still followed then was followed before).
 * Exact where the entries stand at the ticks or at every event time.
 */
export const atRiskAt = (entries: readonly { time: number; n: number }[], time: number): number | null =>
  entries.find((entry) => entry.time >= time - Math.abs(time) * 1e-3 - 1e-9)?.n ?? null
