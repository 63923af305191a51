import type { Metrics } from '../../contract/models.ts'
import { bootstrap, replicatesOf, wilson } from './intervals.ts'
import { orderOf, weightedArea } from './ranking.ts'

/**
 * Figures over all classes: Hand & Till's M (2001: the mean area over pairs of classes that are there, free of
 * prevalence; the AUROC where there are two), the mean area of each class against the rest, Brier's score (halved, so
 * that two classes give the usual one), log loss, accuracy, and the unweighted mean over classes of recall
 * (`balancedAccuracy`) and F1. The function returned gives them for the rows, or for a bootstrap sample by its counts;
 * NaN where not defined.
 */
export const classFigures = (
  y: Int32Array,
  probabilities: Float64Array,
  count: number,
): ((weights: Int32Array | null) => Record<string, number>) => {
  const rows = y.length
  const chosen = chosenClasses(probabilities, rows, count).index
  const every = Array.from({ length: count }, (_, k) => k)
  const columns = every.map((k) => Float64Array.from({ length: rows }, (_, row) => probabilities[row * count + k]))
  const members = every.map((k) => Uint8Array.from(y, (index) => (index === k ? 1 : 0)))
  const orders = columns.map((column) => orderOf(column))
  const pairs: { order: Uint32Array; k: number }[] = []
  for (const k of every)
    for (const other of every)
      if (k !== other) pairs.push({ order: orders[k].filter((row) => y[row] === k || y[row] === other), k })

  const meanOfDefined = (values: number[]) => {
    const defined = values.filter((value) => Number.isFinite(value))
    return defined.length > 0 ? defined.reduce((a, b) => a + b, 0) / defined.length : Number.NaN
  }
  return (weights) => {
    let total = 0
    let squares = 0
    let logs = 0
    let right = 0
    const truth = new Float64Array(count)
    const called = new Float64Array(count)
    const hit = new Float64Array(count)
    for (let row = 0; row < rows; row++) {
      const weight = weights ? weights[row] : 1
      if (weight === 0) continue
      total += weight
      truth[y[row]] += weight
      called[chosen[row]] += weight
      if (chosen[row] === y[row]) {
        hit[y[row]] += weight
        right += weight
      }
      logs -= weight * logOf(probabilities[row * count + y[row]])
      for (let k = 0; k < count; k++) {
        const miss = (k === y[row] ? 1 : 0) - probabilities[row * count + k]
        squares += (weight * miss * miss) / 2
      }
    }
    let reference = 0
    for (let k = 0; k < count; k++) reference += (truth[k] / total) * (1 - truth[k] / total)
    const brier = squares / total
    return {
      auroc: meanOfDefined(pairs.map(({ order, k }) => weightedArea(members[k], columns[k], order, weights))),
      aurocOneVersusRest: meanOfDefined(orders.map((order, k) => weightedArea(members[k], columns[k], order, weights))),
      brier,
      scaledBrier: reference > 0 ? 1 - brier / (reference / 2) : Number.NaN,
      logLoss: logs / total,
      accuracy: right / total,
      balancedAccuracy: meanOfDefined(every.map((k) => hit[k] / truth[k])),
      f1: meanOfDefined(
        every.map((k) => (truth[k] + called[k] > 0 ? (2 * hit[k]) / (truth[k] + called[k]) : Number.NaN)),
      ),
    }
  }
}

/** The figures over all classes with bootstrap intervals; accuracy with Wilson's. */
export const severalClasses = (
  y: Int32Array,
  probabilities: Float64Array,
  count: number,
  seed: number,
  replicates: number,
): Metrics => {
  const rows = y.length
  const figures = classFigures(y, probabilities, count)
  const intervals = replicatesOf()
  bootstrap(rows, replicates, seed, (counts) => {
    for (const [name, value] of Object.entries(figures(counts))) intervals.add(name, value)
  })
  const values = figures(null)
  const metrics: Metrics = {}
  for (const [name, value] of Object.entries(values)) metrics[name] = intervals.estimate(name, value)
  return { ...metrics, accuracy: wilson(Math.round(values.accuracy * rows), rows) }
}

/** The most probable class of each row (the first of equals) and its probability. */
export const chosenClasses = (probabilities: Float64Array, rows: number, classes: number) => {
  const index = new Int32Array(rows)
  const probability = new Float64Array(rows)
  for (let row = 0; row < rows; row++) {
    let best = 0
    for (let k = 1; k < classes; k++)
      if (probabilities[row * classes + k] > probabilities[row * classes + best]) best = k
    index[row] = best
    probability[row] = probabilities[row * classes + best]
  }
  return { index, probability }
}

/** As scikit-learn: a probability of 0 for what happened costs log(2^-52), not infinity. */
export const logOf = (probability: number) => Math.log(Math.max(2 ** -52, Math.min(1 - 2 ** -52, probability)))
