/**
 * The number s of smallest sum (1 - alpha) (a - s)^2 / 2 + alpha |a - s|: the mean (alpha 0), the median (1), or
 * between.
 */
export const centreOf = (values: Float64Array, alpha: number): number => {
  const count = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  if (alpha === 0 || count === 2) return mean
  const sorted = values.slice().sort()
  const half = count >> 1
  const median = count % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
  if (alpha === 1 || sorted[0] === sorted[count - 1]) return median
  // The slope at s, (1 - alpha) count (s - mean) + alpha (below - above), rises in s: its zero is a value or between
  // two.
  const pull = alpha / ((1 - alpha) * count)
  for (let below = 0; below <= count; below++) {
    const s = mean - pull * (2 * below - count)
    const low = below > 0 ? sorted[below - 1] : Number.NEGATIVE_INFINITY
    const high = below < count ? sorted[below] : Number.POSITIVE_INFINITY
    if (s < low) return low
    if (s <= high) return s
  }
  return median
}
