import type { Assessment, Metrics } from '../../contract/models.ts'
import type { Estimate } from '../../contract/values.ts'
import { criticalValue } from '../numbers/distributions.ts'
import { chosenClasses, logOf, severalClasses } from './classes.ts'
import { calibrationErrors, decisionThresholds, drawnAt, groupEnds, netBenefit } from './groups.ts'
import { affordable, bootstrap, estimateOf, level, replicatesOf, waldEstimate, wilson } from './intervals.ts'
import { interpolate, lowess } from './lowess.ts'
import { auroc, averagePrecision, curvesOf, orderOf } from './ranking.ts'
import { logisticLine, logitOf } from './recalibration.ts'

export interface DiagnosisPredictions {
  /** Class index of each row. */
  y: Int32Array
  /** Row-major rows x classes, each row summing to 1. */
  probabilities: Float64Array
  classes: readonly string[]
  /** The class that counts as having the disease; null: the last of two, none of several. */
  positive: number | null
  seed: number
  /** At or above it a case is called positive: a probability, or the prevalence. Reported as the metric `threshold`. */
  threshold?: number | 'prevalence'
  /** Bootstrap samples for intervals that have no formula. */
  replicates?: number
}

/**
 * Assesses predicted class probabilities. Keys of `metrics`: see docs/methods.md. With two classes, or with `positive`
 * named among several, the curves and threshold figures are of that class against the rest; without, of several
 * classes, the calibration is that of the predicted class (its probability against how often it is right) and there are
 * no curves. What the rows do not define (one class only, a constant prediction) is null.
 */
export const assessDiagnosis = (given: DiagnosisPredictions): Assessment => {
  const { y, probabilities, classes, seed } = given
  const replicates = affordable(given.y.length, given.replicates ?? 200)
  const positive = given.positive ?? (classes.length === 2 ? 1 : null)
  const rows = y.length
  const chosen = chosenClasses(probabilities, rows, classes.length)
  if (positive === null) {
    const right = Uint8Array.from(chosen.index, (index, row) => (index === y[row] ? 1 : 0))
    const several = severalClasses(y, probabilities, classes.length, seed, replicates)
    const calibration = calibrationOf(right, chosen.probability, seed, replicates)
    return {
      rows,
      events: null,
      metrics: { ...several, ...calibration.metrics },
      calibration: calibration.drawn,
      roc: null,
      precisionRecall: null,
      decision: null,
      horizon: null,
    }
  }
  const isCase = Uint8Array.from(y, (index) => (index === positive ? 1 : 0))
  const p = new Float64Array(rows)
  for (let row = 0; row < rows; row++) p[row] = probabilities[row * classes.length + positive]
  const against = oneAgainstRest(isCase, p, given, replicates)
  return classes.length === 2
    ? against
    : {
        ...against,
        metrics: { ...against.metrics, ...severalClasses(y, probabilities, classes.length, seed, replicates) },
      }
}

const oneAgainstRest = (
  isCase: Uint8Array,
  p: Float64Array,
  { seed, threshold: asked = 0.5 }: DiagnosisPredictions,
  replicates: number,
): Assessment => {
  const rows = p.length
  const order = orderOf(p)
  let events = 0
  for (const one of isCase) events += one
  const prevalence = events / rows
  const threshold = asked === 'prevalence' ? prevalence : asked
  const at = thresholdCounts(isCase, p, threshold)
  const score = scoresOf(isCase, p, null)
  const intervals = replicatesOf()
  bootstrap(rows, replicates, seed, (counts) => {
    const drawn = scoresOf(isCase, p, counts)
    for (const [name, value] of Object.entries(drawn)) intervals.add(name, value)
    intervals.add('auprc', averagePrecision(isCase, p, order, counts))
    intervals.add('f1', f1Of(thresholdCounts(isCase, p, threshold, counts)))
  })
  const calibration = calibrationOf(isCase, p, seed, replicates)
  const metrics: Metrics = {
    auroc: auroc(isCase, p),
    auprc: intervals.estimate('auprc', averagePrecision(isCase, p, order)),
    prevalence: wilson(events, rows),
    brier: intervals.estimate('brier', score.brier),
    scaledBrier: intervals.estimate('scaledBrier', score.scaledBrier),
    logLoss: intervals.estimate('logLoss', score.logLoss),
    threshold: estimateOf(threshold),
    accuracy: wilson(at.truePositives + at.trueNegatives, rows),
    sensitivity: wilson(at.truePositives, at.truePositives + at.falseNegatives),
    specificity: wilson(at.trueNegatives, at.trueNegatives + at.falsePositives),
    ppv: wilson(at.truePositives, at.truePositives + at.falsePositives),
    npv: wilson(at.trueNegatives, at.trueNegatives + at.falseNegatives),
    f1: intervals.estimate('f1', f1Of(at)),
    ...calibration.metrics,
  }
  return {
    rows,
    events,
    metrics,
    calibration: calibration.drawn,
    ...curvesOf(isCase, p, order),
    decision: rows === 0 ? null : decisionCurve(isCase, p, order, prevalence),
    horizon: null,
  }
}

const scoresOf = (isCase: Uint8Array, p: Float64Array, weights: Int32Array | null) => {
  let total = 0
  let events = 0
  let squares = 0
  let logs = 0
  for (let row = 0; row < p.length; row++) {
    const weight = weights ? weights[row] : 1
    if (weight === 0) continue
    const miss = isCase[row] - p[row]
    total += weight
    events += weight * isCase[row]
    squares += weight * miss * miss
    logs -= weight * logOf(isCase[row] ? p[row] : 1 - p[row])
  }
  const prevalence = events / total
  const brier = squares / total
  const reference = prevalence * (1 - prevalence)
  return { brier, scaledBrier: reference > 0 ? 1 - brier / reference : Number.NaN, logLoss: logs / total }
}

const thresholdCounts = (isCase: Uint8Array, p: Float64Array, threshold: number, weights?: Int32Array) => {
  const counts = { truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 }
  for (let row = 0; row < p.length; row++) {
    const weight = weights ? weights[row] : 1
    if (p[row] >= threshold) counts[isCase[row] ? 'truePositives' : 'falsePositives'] += weight
    else counts[isCase[row] ? 'falseNegatives' : 'trueNegatives'] += weight
  }
  return counts
}

/** Harmonic mean of sensitivity and predictive value; undefined without a case. */
const f1Of = ({ truePositives, falsePositives, falseNegatives }: ReturnType<typeof thresholdCounts>) =>
  truePositives + falseNegatives > 0
    ? (2 * truePositives) / (2 * truePositives + falsePositives + falseNegatives)
    : Number.NaN

const decisionCurve = (isCase: Uint8Array, p: Float64Array, order: Uint32Array, prevalence: number) => {
  const rows = p.length
  let next = 0
  let truePositives = prevalence * rows
  let falsePositives = rows - truePositives
  return decisionThresholds.map((threshold) => {
    for (; next < rows && p[order[next]] < threshold; next++) {
      if (isCase[order[next]]) truePositives--
      else falsePositives--
    }
    return {
      threshold,
      model: netBenefit(truePositives / rows, falsePositives / rows, threshold),
      treatAll: netBenefit(prevalence, 1 - prevalence, threshold),
    }
  })
}

/**
 * Above this many rows, bootstrap samples are smoothed over this many equal groups: the curve's band does not need
 * more.
 */
const smoothedPoints = 2000

const calibrationOf = (
  isCase: Uint8Array,
  p: Float64Array,
  seed: number,
  replicates: number,
): { metrics: Metrics; drawn: Assessment['calibration'] } => {
  const rows = p.length
  const order = orderOf(p)
  const x = Float64Array.from(order, (row) => p[row])
  const y = Float64Array.from(order, (row) => isCase[row])
  const flexible = rows >= 2 && x[0] < x[rows - 1]
  const errorsOf = (at: Float64Array, fitted: Float64Array) =>
    calibrationErrors(fitted.map((v, i) => Math.abs(v - at[i])))
  const fitted = flexible ? lowess(x, y) : new Float64Array(rows).fill(y.reduce((a, b) => a + b, 0) / rows)
  const errors = errorsOf(x, fitted)
  const grid = drawnAt(x)
  const intervals = replicatesOf()
  if (flexible)
    bootstrap(rows, replicates, seed, (counts) => {
      const drawn = groupedSample(x, y, counts)
      if (drawn.x[0] === drawn.x[drawn.x.length - 1]) return
      const smooth = lowess(drawn.x, drawn.y)
      for (const [name, value] of Object.entries(errorsOf(drawn.x, smooth))) intervals.add(name, value)
      for (let i = 0; i < grid.length; i++) intervals.add(`curve${i}`, interpolate(drawn.x, smooth, grid[i]))
    })

  const logits = Float64Array.from(p, logitOf)
  const free = logisticLine(isCase, logits)
  const fixed = logisticLine(isCase, logits, true)
  const expected = p.reduce((sum, one) => sum + one, 0)
  const observed = y.reduce((sum, one) => sum + one, 0)
  return {
    metrics: {
      calibrationIntercept: fixed ? waldEstimate(fixed.intercept, fixed.interceptError) : estimateOf(Number.NaN),
      calibrationSlope: free ? waldEstimate(free.slope, free.slopeError) : estimateOf(Number.NaN),
      observedExpected: observedExpected(observed, expected, rows),
      ici: intervals.estimate('ici', rows > 0 ? errors.ici : Number.NaN),
      e50: intervals.estimate('e50', errors.e50),
      e90: intervals.estimate('e90', errors.e90),
    },
    drawn:
      rows === 0
        ? null
        : {
            curve: flexible
              ? grid.map((predicted, i) => {
                  const shown = intervals.estimate(`curve${i}`, interpolate(x, fitted, predicted))
                  const value = unit(shown.value ?? 0)
                  return { predicted, observed: value, low: unit(shown.low ?? value), high: unit(shown.high ?? value) }
                })
              : [],
            groups: calibrationGroups(x, y),
          },
  }
}

const unit = (value: number) => Math.min(1, Math.max(0, value))

/** A bootstrap sample in ascending order, means of equal groups where it is large. */
const groupedSample = (x: Float64Array, y: Float64Array, counts: Int32Array) => {
  const n = x.length
  const size = Math.max(1, Math.ceil(n / smoothedPoints))
  const points = Math.ceil(n / size)
  const sample = { x: new Float64Array(points), y: new Float64Array(points) }
  const filled = new Int32Array(points)
  let place = 0
  for (let i = 0; i < n; i++)
    for (let k = 0; k < counts[i]; k++, place++) {
      const point = Math.floor(place / size)
      sample.x[point] += x[i]
      sample.y[point] += y[i]
      filled[point]++
    }
  if (size > 1)
    for (let point = 0; point < points; point++) {
      sample.x[point] /= filled[point]
      sample.y[point] /= filled[point]
    }
  return sample
}

const calibrationGroups = (x: Float64Array, y: Float64Array) => {
  let start = 0
  return groupEnds(x).map((end) => {
    const n = end - start
    let events = 0
    let predicted = 0
    for (; start < end; start++) {
      events += y[start]
      predicted += x[start]
    }
    const observed = wilson(events, n)
    return { predicted: predicted / n, observed: observed.value!, low: observed.low!, high: observed.high!, n }
  })
}

/** Observed over expected events, interval on the log scale (Debray et al. 2017). */
const observedExpected = (observed: number, expected: number, rows: number): Estimate => {
  const ratio = observed / expected
  if (!(expected > 0)) return estimateOf(Number.NaN)
  const reach = Math.exp(criticalValue(level) * Math.sqrt((1 - observed / rows) / observed))
  return estimateOf(ratio, ratio / reach, ratio * reach)
}
