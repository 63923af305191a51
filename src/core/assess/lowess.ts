/**
 * Cleveland's locally weighted regression (1979), as R's `lowess(x, y, f = 2/3, iter = 0)`, which rms::val.prob draws
 * its flexible calibration curve with: local lines with tricube weights over the nearest two thirds of the points,
 * fitted at points at least 1% of the range apart and interpolated between. `x` ascending. Returns the fitted value at
 * each x.
 */
export const lowess = (x: Float64Array, y: Float64Array, share = 2 / 3): Float64Array => {
  const n = x.length
  if (n < 2) return Float64Array.from(y)
  const fitted = new Float64Array(n)
  const window = Math.max(2, Math.min(n, Math.floor(share * n + 1e-7)))
  const spacing = 0.01 * (x[n - 1] - x[0])
  let left = 0
  let right = window - 1
  let last = -1
  for (let at = 0; ; ) {
    while (right < n - 1 && x[at] - x[left] > x[right + 1] - x[at]) {
      left++
      right++
    }
    fitted[at] = localLine(x, y, at, left, right)
    for (let j = last + 1; j < at; j++) {
      const alpha = (x[j] - x[last]) / (x[at] - x[last])
      fitted[j] = alpha * fitted[at] + (1 - alpha) * fitted[last]
    }
    last = at
    let next = at + 1
    for (; next < n && x[next] <= x[at] + spacing; next++) {
      if (x[next] === x[last]) {
        fitted[next] = fitted[last]
        last = next
      }
    }
    if (last >= n - 1) return fitted
    at = Math.max(last + 1, next - 1)
  }
}

const localLine = (x: Float64Array, y: Float64Array, at: number, left: number, right: number): number => {
  const n = x.length
  const centre = x[at]
  const reach = Math.max(centre - x[left], x[right] - centre)
  const far = 0.999 * reach
  const near = 0.001 * reach
  let weights = 0
  let sumX = 0
  let sumY = 0
  let sumXX = 0
  let sumXY = 0
  for (let j = left; j < n; j++) {
    const distance = Math.abs(x[j] - centre)
    if (distance > far) {
      if (x[j] > centre) break
      continue
    }
    let weight = 1
    if (distance > near) {
      const ratio = distance / reach
      const inner = 1 - ratio * ratio * ratio
      weight = inner * inner * inner
    }
    const offset = x[j] - centre
    weights += weight
    sumX += weight * offset
    sumY += weight * y[j]
    sumXX += weight * offset * offset
    sumXY += weight * offset * y[j]
  }
  if (weights <= 0) return y[at]
  const mean = sumX / weights
  const level = sumY / weights
  const spread = sumXX / weights - mean * mean
  if (reach <= 0 || Math.sqrt(Math.max(0, spread)) <= 0.001 * (x[n - 1] - x[0])) return level
  return level - (mean * (sumXY / weights - mean * level)) / spread
}

/** Linear interpolation at `at` of a curve with ascending x; flat beyond its ends. */
export const interpolate = (x: ArrayLike<number>, y: ArrayLike<number>, at: number): number => {
  let low = 0
  let high = x.length - 1
  if (at <= x[low]) return y[low]
  if (at >= x[high]) return y[high]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (x[middle] <= at) low = middle
    else high = middle
  }
  return x[high] === x[low] ? y[low] : y[low] + ((at - x[low]) / (x[high] - x[low])) * (y[high] - y[low])
}
