import { alignTimes } from '../../cohort/curves/times.ts'
import { type Matrix, type Outcome, takeMatrixRows, takeOutcomeRows } from '../../cohort/matrix.ts'
import { randomOf, shuffle } from '../../numbers/random.ts'
import { coxFamily, riskSetsOf } from './families.ts'
import { type FamilyName, fitPath } from './fitPath.ts'
import type { Path } from './problem.ts'

/** One fold: the path without its rows, at the lambdas of all rows. */
export interface PathFold {
  x: Matrix
  outcome: Outcome
  weights?: Float64Array
  family: FamilyName
  alpha: number
  lambdas: Float64Array
  threshold: number
  /** Whether each row is held out. */
  held: Uint8Array
}

export interface FoldError {
  /** Mean deviance of the held-out rows at each lambda; null where the other rows cannot be learned from. */
  errors: Float64Array | null
  weight: number
}

export interface CrossValidation {
  /** Deviance at each lambda, a mean over folds, and its standard error. */
  mean: Float64Array
  error: Float64Array
  /** Index of the smallest mean, and of the largest lambda within one standard error of it. */
  best: number
  simplest: number
  folds: number
}

/**
 * The fold of each row, 1 to `folds`: rows are shuffled by the seed within strata (classes; event or not) and dealt in
 * turn, and rows of one `cluster` (a patient) stay together.
 */
export const dealFolds = (outcome: Outcome, rows: number, folds: number, seed: number): Int32Array => {
  const cluster = outcome.task === 'survival' ? outcome.cluster : undefined
  const stratum = (row: number): number =>
    outcome.task === 'diagnosis' ? outcome.y[row] : outcome.task === 'survival' ? outcome.event[row] : 0
  const units = new Map<number, { rows: number[]; stratum: number }>()
  for (let row = 0; row < rows; row++) {
    const key = cluster ? cluster[row] : row
    const unit = units.get(key)
    if (unit) {
      unit.rows.push(row)
      unit.stratum = Math.max(unit.stratum, stratum(row))
    } else units.set(key, { rows: [row], stratum: stratum(row) })
  }
  const all = [...units.values()]
  const order = shuffle(Int32Array.from(all.keys()), randomOf(seed, 47))
  const sorted = Array.from(order).sort((a, b) => all[a].stratum - all[b].stratum)
  const fold = new Int32Array(rows)
  sorted.forEach((unit, at) => {
    for (const row of all[unit].rows) fold[row] = 1 + (at % folds)
  })
  return fold
}

/**
 * Held-out deviance of one fold along the path, as cv.glmnet's (for Cox: of all rows less that of the others, an
 * event).
 */
export const pathFoldErrors = (
  { x, outcome, weights, family, alpha, lambdas, threshold, held }: PathFold,
  signals: Parameters<typeof fitPath>[3] = { signal: new AbortController().signal, progress: () => {} },
): FoldError => {
  const rows = Array.from(held.keys())
  const kept = rows.filter((row) => !held[row])
  const out = rows.filter((row) => held[row])
  const taken = (list: number[]) => weights && Float64Array.from(list, (row) => weights[row])
  const training = takeOutcomeRows(outcome, kept)
  const weightOf = (row: number) => (weights ? weights[row] : 1)
  let weight = 0
  for (const row of out) weight += weightOf(row) * (outcome.task === 'survival' ? outcome.event[row] : 1)
  if (!learnable(training, family)) return { errors: null, weight }
  const present = training.task === 'diagnosis' ? classesIn(training.y, training.classes.length) : []
  const place = new Map(present.map((label, at) => [label, at]))
  const known: Outcome =
    training.task === 'diagnosis'
      ? {
          ...training,
          classes: present.map((label) => training.classes[label]),
          y: training.y.map((label) => place.get(label) as number),
        }
      : training
  const kind = family === 'multinomial' && present.length === 2 ? 'binomial' : family
  const path = fitPath(
    takeMatrixRows(x, kept),
    known,
    { family: kind, alpha, lambdas, threshold, ...(weights ? { weights: taken(kept) } : {}) },
    signals,
  )
  const errors = new Float64Array(lambdas.length)
  if (outcome.task === 'survival') {
    if (weight === 0) return { errors: null, weight }
    const full = partialDeviance(outcome, x, rows, weights)
    const rest = partialDeviance(outcome, x, kept, weights)
    for (let m = 0; m < lambdas.length; m++) {
      const eta = predictorAt(path, m, 0, x, rows)
      errors[m] = (full(eta) - rest(Float64Array.from(kept, (row) => eta[row]))) / weight
    }
    return { errors, weight }
  }
  for (let m = 0; m < lambdas.length; m++) {
    const etas = Array.from({ length: path.blocks }, (_, block) => predictorAt(path, m, block, x, out))
    let sum = 0
    out.forEach((row, i) => {
      sum += weightOf(row) * devianceOf(outcome, kind, row, i, etas, place)
    })
    errors[m] = sum / weight
  }
  return { errors, weight }
}

/** Mean and standard error over folds, and the two choices of lambda. */
export const summarise = (folds: readonly FoldError[], count: number): CrossValidation | null => {
  const known = folds.filter(({ errors, weight }) => errors?.every(Number.isFinite) && weight > 0)
  if (known.length < 2) return null
  const total = known.reduce((sum, { weight }) => sum + weight, 0)
  const mean = new Float64Array(count)
  const error = new Float64Array(count)
  for (let m = 0; m < count; m++) {
    for (const { errors, weight } of known) mean[m] += (errors![m] * weight) / total
    let spread = 0
    for (const { errors, weight } of known) spread += (weight / total) * (errors![m] - mean[m]) ** 2
    error[m] = Math.sqrt(spread / (known.length - 1))
  }
  let best = 0
  for (let m = 1; m < count; m++) if (mean[m] < mean[best]) best = m
  const limit = mean[best] + error[best]
  const simplest = mean.findIndex((value) => value <= limit)
  return { mean, error, best, simplest, folds: known.length }
}

/** The linear predictor of some rows at one lambda. */
export const predictorAt = (
  { coefficients, intercepts, blocks }: Pick<Path, 'coefficients' | 'intercepts' | 'blocks'>,
  m: number,
  block: number,
  x: Matrix,
  rows: readonly number[],
): Float64Array => {
  const eta = new Float64Array(rows.length).fill(intercepts[m * blocks + block])
  for (let column = 0; column < x.columns; column++) {
    const coefficient = coefficients[(m * blocks + block) * x.columns + column]
    if (coefficient === 0) continue
    const at = column * x.rows
    for (let i = 0; i < rows.length; i++) eta[i] += coefficient * x.data[at + rows[i]]
  }
  return eta
}

const classesIn = (y: Int32Array, count: number): number[] => {
  const seen = new Uint8Array(count)
  for (const label of y) seen[label] = 1
  return Array.from(seen.keys()).filter((label) => seen[label])
}

/** Whether rows have an outcome to learn: two classes, two values, an event, a count above 0. */
export const learnable = (outcome: Outcome, family: FamilyName): boolean => {
  if (outcome.task === 'diagnosis') return classesIn(outcome.y, outcome.classes.length).length > 1
  if (outcome.task === 'survival') return outcome.event.some((event) => event === 1)
  if (family === 'poisson') return outcome.y.some((value) => value > 0)
  return outcome.y.some((value) => value !== outcome.y[0])
}

/** As cv.glmnet keeps probabilities from 0 and 1. */
const smallest = 1e-5

const devianceOf = (
  outcome: Outcome,
  family: FamilyName,
  row: number,
  i: number,
  etas: Float64Array[],
  place: Map<number, number>,
): number => {
  if (outcome.task === 'survival') return 0
  if (outcome.task === 'regression') {
    const y = outcome.y[row]
    if (family === 'gaussian') return (y - etas[0][i]) ** 2
    const eta = etas[0][i] + (outcome.exposure ? Math.log(outcome.exposure[row]) : 0)
    return 2 * ((y > 0 ? y * Math.log(y) - y : 0) - (y * eta - Math.exp(eta)))
  }
  const own = place.get(outcome.y[row])
  const clipped = (p: number) => Math.min(1 - smallest, Math.max(smallest, p))
  if (own === undefined) return -2 * Math.log(smallest)
  if (family === 'binomial') {
    const p = clipped(1 / (1 + Math.exp(-etas[0][i])))
    return -2 * Math.log(own === 1 ? p : 1 - p)
  }
  const largest = Math.max(...etas.map((eta) => eta[i]))
  let sum = 0
  for (const eta of etas) sum += Math.exp(eta[i] - largest)
  return -2 * Math.log(clipped(Math.exp(etas[own][i] - largest) / sum))
}

/**
 * Twice the distance of the log partial likelihood (Breslow) of some rows from that of a model that fits them fully.
 */
const partialDeviance = (
  outcome: Extract<Outcome, { task: 'survival' }>,
  x: Matrix,
  rows: number[],
  weights: Float64Array | undefined,
) => {
  const time = alignTimes(outcome.time)
  const sets = riskSetsOf(
    Float64Array.from(rows, (row) => time[row]),
    Uint8Array.from(rows, (row) => outcome.event[row]),
    x.strata && Int32Array.from(rows, (row) => x.strata![row]),
  )
  // Weights are scaled to sum to the number of rows, as glmnet's coxnet.deviance does.
  const total = rows.reduce((sum, row) => sum + (weights ? weights[row] : 1), 0)
  const own = Float64Array.from(sets.order, (at) => ((weights ? weights[rows[at]] : 1) * rows.length) / total)
  const family = coxFamily(sets, own)
  const [block] = family.blocks
  const count = rows.length
  const residual = new Float64Array(count)
  const curvature = new Float64Array(count)
  return (eta: Float64Array): number => {
    let middle = 0
    for (const value of eta) middle += value / count
    for (let i = 0; i < count; i++) block.etas[0][i] = eta[sets.order[i]] - middle
    return 2 * (block.update(0, count, [residual], curvature) - family.saturated)
  }
}
