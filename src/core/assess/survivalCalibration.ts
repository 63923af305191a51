import type { Assessment, Metrics } from '../../contract/models.ts'
import { type StepCurve, survivalAt } from '../cohort/curves/productLimit.ts'
import { criticalValue } from '../numbers/distributions.ts'
import { quantileOf } from '../numbers/quantile.ts'
import { calibrationErrors, drawnAt } from './groups.ts'
import { bootstrap, estimateOf, level, replicatesOf, waldEstimate } from './intervals.ts'
import { censoringCurve, standardErrorAt } from './kaplanMeier.ts'
import { type Carried, logLogOf, meanOf, smallCox, splineTerm } from './recalibration.ts'

type Curve = NonNullable<Assessment['calibration']>['curve']

/**
 * Calibration of predicted risks at a horizon, follow-up ended there:
 * - `observedExpected`: Kaplan-Meier (Aalen-Johansen) risk over mean predicted risk, interval by Greenwood on the log
 *   scale;
 * - `calibrationSlope`: coefficient of log(-log(1 - risk)) in a Cox model (Crowson et al. 2016);
 * - `calibrationIntercept`: the shift on the log(-log) scale that brings the mean predicted risk to Kaplan-Meier's;
 * - `ici`, `e50`, `e90` and the curve: Cox model on a restricted cubic spline (3 knots at the 10th, 50th and 90th
 *   percentile) of log(-log(1 - risk)) (Austin, Harrell & van Klaveren 2020), bands by bootstrap. Under competing
 *   events (`cause` 2) the Cox models are Fine-Gray's, and the slope's interval is resampled.
 * `order`: rows by ascending time; `observed`: their Kaplan-Meier curve.
 */
export const calibrateSurvival = (
  { time, event, cause }: { time: Float64Array; event: ArrayLike<number>; cause: Uint8Array | null },
  predicted: Float64Array,
  horizon: number,
  order: Uint32Array,
  observed: StepCurve,
  seed: number,
  replicates: number,
): { metrics: Metrics; curve: Curve } => {
  const rows = time.length
  const nothing = estimateOf(Number.NaN)
  const metrics: Metrics = {
    observedExpected: nothing,
    calibrationIntercept: nothing,
    calibrationSlope: nothing,
    ici: nothing,
    e50: nothing,
    e90: nothing,
  }
  if (rows === 0 || horizon > time[order[rows - 1]]) return { metrics, curve: [] }

  const risk = 1 - survivalAt(observed, horizon)
  const standardError = standardErrorAt(observed, horizon)
  const expected = meanOf(predicted)
  if (expected > 0) {
    const reach = Math.exp((criticalValue(level) * standardError) / risk)
    const ratio = risk / expected
    metrics.observedExpected = risk > 0 ? estimateOf(ratio, ratio / reach, ratio * reach) : estimateOf(ratio)
  }
  const x = Float64Array.from(predicted, logLogOf)
  const shift = shiftTo(x, risk)
  if (shift) metrics.calibrationIntercept = waldEstimate(shift.value, standardError / shift.slope)

  const until = Float64Array.from(time, (at) => Math.min(at, horizon))
  const seen = Uint8Array.from(time, (at, row) => (event[row] && at <= horizon ? 1 : 0))
  const carried = cause ? carriedBy(order, until, seen, cause, time, horizon) : null
  const line = smallCox(order, until, seen, [x], { carried })
  if (line && !carried) metrics.calibrationSlope = waldEstimate(line.beta[0], line.standardErrors[0])

  const flexible = flexibleFit(order, until, seen, x, carried)
  const observedOf = flexible ? flexible.fit(null) : null
  const errorsOf = (at: (logLog: number) => number) => {
    const errors = new Float64Array(rows)
    for (let row = 0; row < rows; row++) errors[row] = Math.abs(predicted[row] - at(x[row]))
    return errors
  }
  const ascending = Float64Array.from(predicted).sort()
  const errors = calibrationErrors(errorsOf(observedOf ?? (() => risk)))
  const grid = drawnAt(ascending)
  const intervals = replicatesOf()
  if (flexible && observedOf)
    bootstrap(rows, replicates, seed, (counts) => {
      if (line && carried) {
        const drawn = smallCox(order, until, seen, [x], { carried, weights: counts, start: line.beta, tolerance: 1e-3 })
        if (drawn) intervals.add('slope', drawn.beta[0])
      }
      const at = flexible.fit(counts)
      if (!at) return
      const drawn = new Float64Array(rows)
      let place = 0
      for (let row = 0; row < rows; row++) {
        if (counts[row] === 0) continue
        const error = Math.abs(predicted[row] - at(x[row]))
        for (let k = 0; k < counts[row]; k++) drawn[place++] = error
      }
      for (const [name, value] of Object.entries(calibrationErrors(drawn))) intervals.add(name, value)
      for (let i = 0; i < grid.length; i++) intervals.add(`curve${i}`, at(logLogOf(grid[i])))
    })
  if (line && carried) metrics.calibrationSlope = intervals.estimate('slope', line.beta[0])
  metrics.ici = intervals.estimate('ici', errors.ici)
  metrics.e50 = intervals.estimate('e50', errors.e50)
  metrics.e90 = intervals.estimate('e90', errors.e90)
  const curve = observedOf
    ? grid.map((at, i) => {
        const { value, low, high } = intervals.estimate(`curve${i}`, observedOf(logLogOf(at)))
        return { predicted: at, observed: value ?? 0, low: low ?? value ?? 0, high: high ?? value ?? 0 }
      })
    : []
  return { metrics, curve }
}

/** Whom a competing event took before the horizon, and how much each weighs in later risk sets. */
const carriedBy = (
  order: Uint32Array,
  until: Float64Array,
  seen: Uint8Array,
  cause: Uint8Array,
  time: Float64Array,
  horizon: number,
): Carried => {
  const taken = cause.map((of, row) => (of === 2 && time[row] <= horizon ? 1 : 0))
  const censoring = censoringCurve(
    until,
    seen.map((event, row) => (event || taken[row] ? 1 : 0)),
    order,
  )
  return {
    weights: Float64Array.from(taken, (one, row) => (one ? 1 / survivalAt(censoring, until[row], true) : 0)),
    staying: (at) => survivalAt(censoring, at, true),
  }
}

/**
 * Fits the flexible Cox model to a sample and gives the observed risk at a predicted log(-log) risk. Null: constant
 * risks, no events.
 */
const flexibleFit = (
  order: Uint32Array,
  until: Float64Array,
  seen: Uint8Array,
  x: Float64Array,
  carried: Carried | null,
) => {
  const sorted = Float64Array.from(x).sort()
  const knots = [0.1, 0.5, 0.9].map((share) => quantileOf(sorted, share))
  const bent = knots[0] < knots[1] && knots[1] < knots[2]
  const covariates = bent ? [x, x.map((value) => splineTerm(value, knots))] : [x]
  const whole = smallCox(order, until, seen, covariates, { carried })
  if (!whole) return null
  return {
    fit: (counts: Int32Array | null): ((logLog: number) => number) | null => {
      const model = counts
        ? smallCox(order, until, seen, covariates, { carried, weights: counts, start: whole.beta, tolerance: 1e-3 })
        : whole
      if (!model) return null
      const { beta, hazard } = model
      return (logLog) =>
        -Math.expm1(-hazard * Math.exp(beta[0] * logLog + (bent ? beta[1] * splineTerm(logLog, knots) : 0)))
    },
  }
}

/** The shift a with mean(1 - exp(-exp(x + a))) = risk, and the slope of that mean in a. Null where risk is 0 or 1. */
const shiftTo = (x: Float64Array, risk: number): { value: number; slope: number } | null => {
  if (!(risk > 0 && risk < 1)) return null
  const at = (a: number) => {
    let mean = 0
    let slope = 0
    for (const value of x) {
      const hazard = Math.exp(Math.min(700, value + a))
      mean -= Math.expm1(-hazard)
      slope += hazard * Math.exp(-hazard)
    }
    return { mean: mean / x.length, slope: slope / x.length }
  }
  let low = -40
  let high = 40
  let value = 0
  for (let iteration = 0; iteration < 200; iteration++) {
    const { mean, slope } = at(value)
    const difference = mean - risk
    if (Math.abs(difference) < 1e-14) break
    if (difference > 0) high = value
    else low = value
    const newton = value - difference / slope
    const next = newton > low && newton < high ? newton : (low + high) / 2
    if (Math.abs(next - value) < 1e-13) break
    value = next
  }
  const { slope } = at(value)
  return slope > 0 ? { value, slope } : null
}
