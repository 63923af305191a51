import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import { createPool, type Pool } from '../../jobs/pool.ts'
import { randomOf } from '../../numbers/random.ts'
import type { FitContext, Parameters } from '../learner.ts'
import { completeParameters } from '../parameters.ts'
import { forest } from './forest.ts'

/** For the tests of this folder: small cohorts, and forests grown on them. */

export const matrixOf = (columns: Record<string, ArrayLike<number | null>>): Matrix => {
  const terms = Object.keys(columns)
  const rows = columns[terms[0]]?.length ?? 0
  const data = new Float64Array(rows * terms.length)
  terms.forEach((term, column) => {
    for (let row = 0; row < rows; row++) data[column * rows + row] = columns[term][row] ?? Number.NaN
  })
  return { rows, columns: terms.length, data, terms, source: terms.map((_, column) => column) }
}

export const fitForest = async (
  x: Matrix,
  outcome: Outcome,
  parameters: Parameters = {},
  options: {
    seed?: number
    threads?: number
    pool?: Pool
    weights?: Float64Array
    signal?: AbortSignal
  } & Partial<FitContext> = {},
) => {
  const { seed = 1, threads = 1, weights, signal = new AbortController().signal, progress = () => {} } = options
  const pool = options.pool ?? createPool({ threads })
  try {
    const context: FitContext = {
      seed,
      threads: pool.threads,
      signal,
      progress,
      parallel: (task, inputs) => pool.run(task, inputs, signal),
    }
    const fitted = await forest.fit(x, outcome, completeParameters(forest, parameters), context, weights)
    return { fitted, predictor: await forest.load(fitted.state) }
  } finally {
    if (!options.pool) await pool.close()
  }
}

/** Six columns, one in ten values of the first missing; thresholds, an interaction, and two columns of noise. */
export const madeUp = (rows: number, seed = 1) => {
  const random = randomOf(seed, 5)
  const normals = () => Array.from({ length: rows }, () => random.normal())
  const columns = { a: normals(), b: normals(), c: normals(), d: normals(), e: normals(), f: normals() }
  const score = columns.a.map((a, i) => (a > 0.3 ? 1.5 : -0.5) + columns.b[i] * columns.c[i] + 0.8 * columns.d[i])
  const chance = score.map((z) => 1 / (1 + Math.exp(-z)))
  const y = Int32Array.from(chance, (p) => (random.uniform() < p ? 1 : 0))
  const three = Int32Array.from(score, (z) => (z + random.normal() < -0.7 ? 0 : z + random.normal() < 1 ? 1 : 2))
  const value = Float64Array.from(score, (z) => 10 * z + random.normal())
  const death = score.map((z) => Math.ceil((1000 * -Math.log(1 - random.uniform())) / Math.exp(z)))
  const end = score.map(() => Math.ceil(1500 * random.uniform()))
  for (let row = 0; row < rows; row += 10) columns.a[row] = Number.NaN
  const diagnosis: Outcome = { task: 'diagnosis', classes: ['benign', 'malignant'], y }
  const many: Outcome = { task: 'diagnosis', classes: ['low', 'middle', 'high'], y: three }
  const regression: Outcome = { task: 'regression', y: value }
  const survival: Outcome = {
    task: 'survival',
    time: Float64Array.from(death, (time, i) => Math.min(time, end[i])),
    event: Uint8Array.from(death, (time, i) => (time <= end[i] ? 1 : 0)),
  }
  return { x: matrixOf(columns), columns, chance, diagnosis, many, regression, survival }
}

/** Share of pairs (one with, one without) that the scores put in the right order. */
export const aucOf = (scores: ArrayLike<number>, y: ArrayLike<number>): number => {
  let right = 0
  let pairs = 0
  for (let i = 0; i < y.length; i++)
    for (let j = 0; j < y.length; j++)
      if (y[i] === 1 && y[j] === 0) {
        pairs++
        right += scores[i] > scores[j] ? 1 : scores[i] === scores[j] ? 0.5 : 0
      }
  return right / pairs
}

/** Harrell's C of a risk score, pair by pair. */
export const harrellOf = (risk: ArrayLike<number>, time: ArrayLike<number>, event: ArrayLike<number>): number => {
  let right = 0
  let pairs = 0
  for (let i = 0; i < time.length; i++) {
    if (event[i] !== 1) continue
    for (let j = 0; j < time.length; j++)
      if (time[j] > time[i] || (time[j] === time[i] && event[j] !== 1)) {
        pairs++
        right += risk[i] > risk[j] ? 1 : risk[i] === risk[j] ? 0.5 : 0
      }
  }
  return right / pairs
}
