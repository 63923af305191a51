import type { Collinearity } from '../../../contract/models.ts'
import type { Matrix } from '../../cohort/matrix.ts'

const pairBound = 0.9
const inflationBound = 10
const conditionBound = 30
/** More columns are not looked at: the square of their number is. */
const mostColumns = 150
const mostListed = 12

/**
 * How far columns repeat each other: pairs with a correlation above 0.9, variance inflation factors above 10 (Belsley,
 * Kuh & Welsch
 * 1980: the diagonal of the inverse correlation matrix), and the condition number of the standardised columns. Of a
 *   one-hot category the first level is left out, and columns derived from others (splines, products) are not counted.
 *   Missing cells count as the mean. Null where there are fewer than two columns or too many.
 */
export const collinearityOf = (matrix: Matrix): Collinearity | null => {
  const columns = independentColumns(matrix)
  const size = columns.length
  if (size < 2 || size > mostColumns || matrix.rows < 3) return null
  const standardised = columns.map((column) => standardise(matrix, column))
  const used = standardised.flatMap((values, at) => (values ? [{ values, column: columns[at] }] : []))
  const p = used.length
  if (p < 2) return null
  const r = new Float64Array(p * p)
  for (let a = 0; a < p; a++)
    for (let b = 0; b <= a; b++) {
      let sum = 0
      for (let row = 0; row < matrix.rows; row++) sum += used[a].values[row] * used[b].values[row]
      r[a * p + b] = sum
      r[b * p + a] = sum
    }
  const term = (at: number) => matrix.terms[used[at].column]
  const pairs: Collinearity['pairs'] = []
  for (let a = 1; a < p; a++)
    for (let b = 0; b < a; b++)
      if (Math.abs(r[a * p + b]) > pairBound) pairs.push({ terms: [term(b), term(a)], correlation: r[a * p + b] })
  pairs.sort((a, b) => Math.abs(b.correlation) - Math.abs(a.correlation))
  const { values, vectors } = eigen(r, p)
  const largest = values.reduce((most, value) => Math.max(most, value), 0)
  const smallest = values.reduce((least, value) => Math.min(least, value), largest)
  // Below this an eigenvalue is rounding: the columns are exactly dependent.
  const floor = largest * 1e-12
  const inflation = Array.from({ length: p }, (_, at) => {
    let sum = 0
    for (let k = 0; k < p; k++) sum += vectors[at * p + k] ** 2 / Math.max(values[k], floor)
    return { term: term(at), factor: sum }
  })
  return {
    pairs: pairs.slice(0, mostListed),
    inflation: inflation
      .filter(({ factor }) => factor > inflationBound)
      .sort((a, b) => b.factor - a.factor)
      .slice(0, mostListed)
      .map((one) => ({ ...one, factor: one.factor > 1e9 ? null : one.factor })),
    condition: smallest > floor ? Math.sqrt(largest / smallest) : null,
  }
}

/** Whether a reader should know. */
export const isCollinear = ({ pairs, inflation, condition }: Collinearity): boolean =>
  pairs.length > 0 || inflation.length > 0 || condition === null || condition > conditionBound

const independentColumns = ({ columns, source, terms, derived }: Matrix): number[] => {
  const made = new Set(derived?.map(({ column }) => column))
  const levels = new Map<number, number[]>()
  for (let column = 0; column < columns; column++) {
    if (made.has(column) || terms[column].endsWith(':missing')) continue
    levels.set(source[column], [...(levels.get(source[column]) ?? []), column])
  }
  return [...levels.values()].flatMap((own) => (own.length > 2 ? own.slice(1) : own))
}

/** Centred, of length 1; null where the column is constant. */
const standardise = ({ data, rows }: Matrix, column: number): Float64Array | null => {
  const values = data.slice(column * rows, (column + 1) * rows)
  let [sum, count] = [0, 0]
  for (const value of values)
    if (!Number.isNaN(value)) {
      sum += value
      count++
    }
  const mean = sum / count
  let squares = 0
  for (let row = 0; row < rows; row++) {
    values[row] = Number.isNaN(values[row]) ? 0 : values[row] - mean
    squares += values[row] ** 2
  }
  if (!(squares > 0)) return null
  const length = Math.sqrt(squares)
  return values.map((value) => value / length)
}

/** Eigenvalues and vectors (columns) of a symmetric matrix by cyclic Jacobi rotations. */
const eigen = (symmetric: Float64Array, n: number): { values: Float64Array; vectors: Float64Array } => {
  const a = symmetric.slice()
  const vectors = new Float64Array(n * n)
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) off += a[i * n + j] ** 2
    if (off < 1e-24 * n) break
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        const apq = a[p * n + q]
        if (Math.abs(apq) < 1e-300) continue
        const theta = (a[q * n + q] - a[p * n + p]) / (2 * apq)
        const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
        const c = 1 / Math.sqrt(t * t + 1)
        const s = t * c
        for (let k = 0; k < n; k++) {
          const akp = a[k * n + p]
          const akq = a[k * n + q]
          a[k * n + p] = c * akp - s * akq
          a[k * n + q] = s * akp + c * akq
        }
        for (let k = 0; k < n; k++) {
          const apk = a[p * n + k]
          const aqk = a[q * n + k]
          a[p * n + k] = c * apk - s * aqk
          a[q * n + k] = s * apk + c * aqk
          const vkp = vectors[k * n + p]
          const vkq = vectors[k * n + q]
          vectors[k * n + p] = c * vkp - s * vkq
          vectors[k * n + q] = s * vkp + c * vkq
        }
      }
  }
  return { values: Float64Array.from({ length: n }, (_, i) => a[i * n + i]), vectors }
}
