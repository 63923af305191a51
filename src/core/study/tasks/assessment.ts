import type { StudyDesign } from '../../../contract/design.ts'
import type { Assessment } from '../../../contract/models.ts'
import type { Task } from '../../../contract/values.ts'
import { assessDiagnosis } from '../../assess/diagnosis.ts'
import { assessRegression } from '../../assess/regression.ts'
import { assessSurvival } from '../../assess/survival.ts'
import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import type { Predictor } from '../../learn/learner.ts'
import type { Predictions } from '../../learn/predictions.ts'

const gridPoints = 60

/**
 * Times at which survival is predicted for assessment: an even grid up to the last horizon, and the horizons
 * themselves.
 */
const assessmentTimes = (horizons: readonly number[]): Float64Array => {
  const last = horizons[horizons.length - 1]
  const grid = Array.from({ length: gridPoints }, (_, i) => (last * (i + 1)) / gridPoints)
  return Float64Array.from([...new Set([...grid, ...horizons])].sort((a, b) => a - b))
}

export const predictionsOf = (predictor: Predictor, x: Matrix, horizons: number[] | null): Predictions => {
  if (predictor.task === 'diagnosis') {
    const probabilities = predictor.probabilities(x)
    return { task: 'diagnosis', classes: x.rows > 0 ? probabilities.length / x.rows : 0, probabilities }
  }
  if (predictor.task === 'regression') return { task: 'regression', values: predictor.values(x) }
  const times = assessmentTimes(horizons as number[])
  return {
    task: 'survival',
    times,
    risk: predictor.risk(x),
    survival: predictor.survival(x, times),
  }
}

const pickRows = (values: Float64Array, width: number, rows: ArrayLike<number>): Float64Array => {
  const picked = new Float64Array(rows.length * width)
  for (let i = 0; i < rows.length; i++) picked.set(values.subarray(rows[i] * width, (rows[i] + 1) * width), i * width)
  return picked
}

export const takePredictions = (predictions: Predictions, rows: ArrayLike<number>): Predictions => {
  if (predictions.task === 'diagnosis')
    return { ...predictions, probabilities: pickRows(predictions.probabilities, predictions.classes, rows) }
  if (predictions.task === 'regression') return { ...predictions, values: pickRows(predictions.values, 1, rows) }
  return {
    ...predictions,
    risk: pickRows(predictions.risk, 1, rows),
    survival: pickRows(predictions.survival, predictions.times.length, rows),
  }
}

/** The horizon metrics stand at: the last one reported. */
export const mainHorizon = (horizons: readonly number[]): number => horizons[horizons.length - 1]

/**
 * Assesses predictions against outcomes. `training` is the outcome of the rows the model learned from: censoring
 * weights of survival metrics come from it. `replicates` 0: no resampled intervals.
 */
export const assessPredictions = (
  predictions: Predictions,
  outcome: Outcome,
  training: Outcome,
  horizons: number[] | null,
  design: StudyDesign,
  replicates: number,
): Assessment => {
  const { seed } = design
  if (predictions.task === 'diagnosis' && outcome.task === 'diagnosis') {
    const named = design.outcome.task === 'diagnosis' ? design.outcome.positive : null
    const positive = named === null ? null : outcome.classes.indexOf(named)
    const { y, classes } = outcome
    return assessDiagnosis({ y, probabilities: predictions.probabilities, classes, positive, seed, replicates })
  }
  if (predictions.task === 'regression' && outcome.task === 'regression')
    return assessRegression({ y: outcome.y, values: predictions.values, seed, replicates })
  if (predictions.task === 'survival' && outcome.task === 'survival' && training.task === 'survival') {
    const { time, event, competing, entry, cluster } = outcome
    const { risk, survival, times } = predictions
    const horizon = mainHorizon(horizons as number[])
    return assessSurvival({
      time,
      event,
      competing,
      entry,
      cluster,
      risk,
      survival,
      times,
      horizon,
      training,
      seed,
      replicates,
    })
  }
  throw new TypeError('predictions and outcome are of different tasks')
}

/** The one metric a list shows: discrimination, or the error of a value. */
export const headlineOf = (assessment: Assessment, task: Task): string => {
  const wanted = { diagnosis: ['auroc', 'accuracy'], survival: ['harrellC'], regression: ['rmse'] }[task]
  return wanted.find((name) => assessment.metrics[name] !== undefined) ?? Object.keys(assessment.metrics)[0]
}

export const lowerIsBetter = (metric: string): boolean => ['rmse', 'mae', 'brier', 'logLoss'].includes(metric)

/** Index of the time nearest to one asked for. */
export const nearestTime = (times: ArrayLike<number>, at: number): number => {
  let best = 0
  for (let i = 1; i < times.length; i++) if (Math.abs(times[i] - at) < Math.abs(times[best] - at)) best = i
  return best
}
