import { randomOf, shuffle } from '../../numbers/random.ts'
import type { Outcome } from '../matrix.ts'

const foldStream = 0x7a96e
const crossFits = 5

/**
 * What each row's outcome counts as, one array per encoded column: of two classes whether it is the last, of several
 * one column a class, the value of a regression; of survival the martingale residual of the model without features
 * (event less the Nelson-Aalen hazard lived through; Therneau, Grambsch & Fleming 1990), so that long follow-up without
 * an event counts as low risk.
 */
export const targetScores = (outcome: Outcome): { name: string; scores: Float64Array }[] => {
  if (outcome.task === 'regression') return [{ name: '', scores: outcome.y }]
  if (outcome.task === 'survival') return [{ name: '', scores: martingaleResiduals(outcome) }]
  const { classes, y } = outcome
  const of = (k: number) => Float64Array.from(y, (label) => (label === k ? 1 : 0))
  if (classes.length === 2) return [{ name: '', scores: of(1) }]
  return classes.map((name, k) => ({ name, scores: of(k) }))
}

const martingaleResiduals = ({ time, event, entry }: Extract<Outcome, { task: 'survival' }>): Float64Array => {
  const order = Uint32Array.from(time.keys()).sort((a, b) => time[a] - time[b])
  const entries = entry ? Float64Array.from(entry).sort() : null
  const steps: { at: number; hazard: number }[] = []
  let hazard = 0
  let entered = 0
  for (let from = 0; from < order.length; ) {
    const at = time[order[from]]
    let to = from
    let events = 0
    while (to < order.length && time[order[to]] === at) events += event[order[to++]]
    if (entries) while (entered < entries.length && entries[entered] < at) entered++
    const atRisk = entries ? entered - from : order.length - from
    if (events > 0 && atRisk > 0) {
      hazard += events / atRisk
      steps.push({ at, hazard })
    }
    from = to
  }
  const hazardAt = (at: number) => {
    let low = 0
    let high = steps.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (steps[middle].at <= at) low = middle + 1
      else high = middle
    }
    return low > 0 ? steps[low - 1].hazard : 0
  }
  return Float64Array.from(time, (at, row) => event[row] - hazardAt(at) + (entry ? hazardAt(entry[row]) : 0))
}

/**
 * Mean score of each level, drawn toward the mean of all the more the fewer rows it has and the less levels differ: an
 * empirical Bayes estimate (Micci-Barreca 2001), as scikit-learn's TargetEncoder with `smooth="auto"`. `levels[row]`:
 * index of the level, NaN where missing; rows without one do not count. A level without rows has the mean of all.
 */
export const levelMeans = (
  levels: ArrayLike<number>,
  scores: ArrayLike<number>,
  count: number,
  rows: ArrayLike<number>,
): number[] => {
  let total = 0
  let sum = 0
  for (let i = 0; i < rows.length; i++) {
    if (Number.isNaN(levels[rows[i]])) continue
    total++
    sum += scores[rows[i]]
  }
  const mean = total > 0 ? sum / total : 0
  let variance = 0
  const counts = new Float64Array(count)
  const sums = new Float64Array(count)
  for (let i = 0; i < rows.length; i++) {
    const level = levels[rows[i]]
    if (Number.isNaN(level)) continue
    variance += (scores[rows[i]] - mean) ** 2
    counts[level]++
    sums[level] += scores[rows[i]]
  }
  variance /= Math.max(1, total)
  const squares = new Float64Array(count)
  for (let i = 0; i < rows.length; i++) {
    const level = levels[rows[i]]
    if (!Number.isNaN(level)) squares[level] += (scores[rows[i]] - sums[level] / counts[level]) ** 2
  }
  return Array.from({ length: count }, (_, level) => {
    if (counts[level] === 0) return mean
    const own = variance * counts[level]
    const weight = own / (own + squares[level] / counts[level])
    // Scores that are all the same leave 0/0: then every mean is the same as well.
    return Number.isNaN(weight) ? mean : weight * (sums[level] / counts[level]) + (1 - weight) * mean
  })
}

/** The fold of each row in cross-fitting, by patient: rows of one patient share theirs. */
export const crossFolds = (patients: ArrayLike<number>, seed: number): Uint8Array => {
  const groups = new Map<number, number>()
  for (let row = 0; row < patients.length; row++) if (!groups.has(patients[row])) groups.set(patients[row], groups.size)
  const fold = new Uint8Array(groups.size)
  shuffle(Int32Array.from(fold.keys()), randomOf(seed, foldStream)).forEach((group, at) => {
    fold[group] = at % crossFits
  })
  return Uint8Array.from(patients, (patient) => fold[groups.get(patient) as number])
}

/**
 * Scores of the training rows themselves, each from the rows of the other folds (`crossFolds`) only, so that no row's
 * own outcome is in the column it is learned from (as scikit-learn's `fit_transform`). NaN where the level is missing.
 */
export const crossFitted = (
  levels: ArrayLike<number>,
  scores: ArrayLike<number>,
  count: number,
  folds: Uint8Array,
): Float64Array => {
  const encoded = new Float64Array(levels.length).fill(Number.NaN)
  const everyone = Int32Array.from(folds.keys())
  for (let fold = 0; fold < crossFits; fold++) {
    const means = levelMeans(
      levels,
      scores,
      count,
      everyone.filter((row) => folds[row] !== fold),
    )
    for (let row = 0; row < levels.length; row++)
      if (folds[row] === fold && !Number.isNaN(levels[row])) encoded[row] = means[levels[row]]
  }
  return encoded
}
