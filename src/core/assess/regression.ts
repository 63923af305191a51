import type { Assessment } from '../../contract/models.ts'
import { drawnAt, groupEnds } from './groups.ts'
import { bootstrap, estimateOf, replicatesOf, waldEstimate } from './intervals.ts'
import { interpolate, lowess } from './lowess.ts'
import { orderOf } from './ranking.ts'

export interface RegressionPredictions {
  y: Float64Array
  values: Float64Array
  seed: number
  replicates?: number
}

/**
 * Assesses predicted values: root mean squared error, mean absolute error, R^2 (1 - residual over total sum of squares
 * about the assessed rows' mean; below 0 when worse than that mean), and calibration: the slope of y on the prediction
 * by least squares, and the mean of y - prediction as the intercept. Wald intervals for these two, bootstrap for the
 * rest.
 */
export const assessRegression = ({ y, values, seed, replicates = 200 }: RegressionPredictions): Assessment => {
  const rows = y.length
  const figures = (counts: Int32Array | null): Record<string, number> => {
    let total = 0
    let sum = 0
    for (let row = 0; row < rows; row++) {
      const weight = counts ? counts[row] : 1
      total += weight
      sum += weight * y[row]
    }
    const mean = sum / total
    let squares = 0
    let absolute = 0
    let spread = 0
    for (let row = 0; row < rows; row++) {
      const weight = counts ? counts[row] : 1
      squares += weight * (y[row] - values[row]) ** 2
      absolute += weight * Math.abs(y[row] - values[row])
      spread += weight * (y[row] - mean) ** 2
    }
    return {
      rmse: Math.sqrt(squares / total),
      mae: absolute / total,
      r2: spread > 0 ? 1 - squares / spread : Number.NaN,
    }
  }
  const order = orderOf(values)
  const x = Float64Array.from(order, (row) => values[row])
  const observed = Float64Array.from(order, (row) => y[row])
  const grid = drawnAt(x)
  const flexible = grid.length > 1
  const intervals = replicatesOf()
  bootstrap(rows, replicates, seed, (counts) => {
    for (const [name, value] of Object.entries(figures(counts))) intervals.add(name, value)
    if (!flexible || rows > 5000) return
    const sampleX: number[] = []
    const sampleY: number[] = []
    for (let i = 0; i < rows; i++)
      for (let k = 0; k < counts[order[i]]; k++) {
        sampleX.push(x[i])
        sampleY.push(observed[i])
      }
    const smooth = lowess(Float64Array.from(sampleX), Float64Array.from(sampleY))
    for (let i = 0; i < grid.length; i++) intervals.add(`curve${i}`, interpolate(sampleX, smooth, grid[i]))
  })
  const metrics: Assessment['metrics'] = {}
  for (const [name, value] of Object.entries(figures(null))) metrics[name] = intervals.estimate(name, value)
  const line = leastSquares(y, values)
  metrics.calibrationSlope = waldEstimate(line.slope, line.slopeError)
  metrics.calibrationIntercept = waldEstimate(line.bias, line.biasError)
  const fitted = flexible ? lowess(x, observed) : x
  return {
    rows,
    events: null,
    metrics,
    calibration:
      rows === 0
        ? null
        : {
            curve: flexible
              ? grid.map((predicted, i) => {
                  const value = interpolate(x, fitted, predicted)
                  const { low, high } = intervals.estimate(`curve${i}`, value)
                  return { predicted, observed: value, low: low ?? value, high: high ?? value }
                })
              : [],
            groups: groupsOf(x, observed),
          },
    roc: null,
    precisionRecall: null,
    decision: null,
    horizon: null,
  }
}

const leastSquares = (y: Float64Array, x: Float64Array) => {
  const n = y.length
  let sumX = 0
  let sumY = 0
  for (let i = 0; i < n; i++) {
    sumX += x[i]
    sumY += y[i]
  }
  const [meanX, meanY] = [sumX / n, sumY / n]
  let xx = 0
  let xy = 0
  let off = 0
  for (let i = 0; i < n; i++) {
    xx += (x[i] - meanX) ** 2
    xy += (x[i] - meanX) * (y[i] - meanY)
    off += (y[i] - x[i] - (meanY - meanX)) ** 2
  }
  const slope = xx > 0 ? xy / xx : Number.NaN
  let residual = 0
  for (let i = 0; i < n; i++) residual += (y[i] - meanY - slope * (x[i] - meanX)) ** 2
  return {
    slope,
    slopeError: Math.sqrt(residual / (n - 2) / xx),
    bias: meanY - meanX,
    biasError: Math.sqrt(off / (n - 1) / n),
  }
}

const groupsOf = (x: Float64Array, y: Float64Array) => {
  let start = 0
  return groupEnds(x).map((end) => {
    const from = start
    const n = end - from
    start = end
    let [sumX, sumY] = [0, 0]
    for (let i = from; i < end; i++) {
      sumX += x[i]
      sumY += y[i]
    }
    const observed = sumY / n
    let squares = 0
    for (let i = from; i < end; i++) squares += (y[i] - observed) ** 2
    const { low, high } = n > 1 ? waldEstimate(observed, Math.sqrt(squares / (n - 1) / n)) : estimateOf(observed)
    return { predicted: sumX / n, observed, low: low ?? observed, high: high ?? observed, n }
  })
}
