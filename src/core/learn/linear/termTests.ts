import type { TermTest } from '../../../contract/models.ts'
import type { Matrix } from '../../cohort/matrix.ts'
import { chiSquareTail, fTail } from '../../numbers/distributions.ts'
import { factorSymmetric, solveFactored } from '../../numbers/solve.ts'

interface Group {
  term: string
  kind: TermTest['kind']
  /** Matrix columns tested together. */
  columns: number[]
  /** Products with the feature: not in the larger model either, as in tests of type II. */
  above: number[]
}

/**
 * What is tested together: each feature (all its levels and spline terms), the bend of each spline with what products
 * have of it, and each interaction.
 */
const groupsOf = (x: Matrix, kept: readonly number[]): Group[] => {
  const derived = new Map((x.derived ?? []).map((one) => [one.column, one]))
  const products = kept.flatMap((column) => {
    const one = derived.get(column)
    return one?.kind === 'product' ? [one] : []
  })
  const plain = kept.filter((column) => derived.get(column)?.kind !== 'product')
  const bends = new Set(plain.filter((column) => derived.get(column)?.kind === 'spline'))
  const groups: Group[] = []
  for (const source of new Set(plain.map((column) => x.source[column]))) {
    const columns = plain.filter((column) => x.source[column] === source)
    const above = products.filter(({ left, right }) => x.source[left] === source || x.source[right] === source)
    const term = x.features?.[source] ?? x.terms[columns[0]]
    groups.push({ term, kind: 'feature', columns, above: above.map(({ column }) => column) })
    const bent = columns.filter((column) => bends.has(column))
    if (bent.length === 0) continue
    const own = new Set(bent)
    const higher = above.filter(({ left, right }) => own.has(left) || own.has(right)).map(({ column }) => column)
    groups.push({ term, kind: 'nonlinear', columns: [...bent, ...higher], above: [] })
  }
  for (const name of new Set(products.map((one) => one.name)))
    groups.push({
      term: name,
      kind: 'interaction',
      columns: products.filter((one) => one.name === name).map(({ column }) => column),
      above: [],
    })
  return groups
}

/** b' V^-1 b of some coefficients. */
const waldOf = (at: readonly number[], estimates: ArrayLike<number>, covariance: ArrayLike<number>, size: number) => {
  const count = at.length
  const own = new Float64Array(count * count)
  at.forEach((i, a) => {
    at.forEach((j, b) => {
      own[a * count + b] = covariance[i * size + j]
    })
  })
  const right = Float64Array.from(at, (i) => estimates[i])
  const rank = factorSymmetric(own, count, 1e-14)
  solveFactored(own, count, right)
  let sum = 0
  at.forEach((i, a) => {
    sum += estimates[i] * right[a]
  })
  return rank === count ? sum : Number.NaN
}

/**
 * Wald tests from the coefficients of `kept` columns and their covariance; a feature is tested with the interactions it
 * takes part in, as rms::anova does. `residualDf` makes them F tests.
 */
export const waldTests = (
  x: Matrix,
  kept: readonly number[],
  estimates: ArrayLike<number>,
  covariance: ArrayLike<number>,
  residualDf: number | null = null,
): TermTest[] => {
  const place = new Map(kept.map((column, at) => [column, at]))
  return groupsOf(x, kept).flatMap(({ term, kind, columns, above }) => {
    const at = [...columns, ...above].map((column) => place.get(column) as number)
    const statistic = waldOf(at, estimates, covariance, kept.length)
    return testOf(term, kind, statistic, at.length, residualDf)
  })
}

const testOf = (
  term: string,
  kind: TermTest['kind'],
  chisq: number,
  df: number,
  residualDf: number | null,
): TermTest[] => {
  if (!Number.isFinite(chisq)) return []
  if (residualDf === null)
    return [{ term, kind, method: 'wald', statistic: chisq, df, residualDf, p: chiSquareTail(chisq, df) }]
  const statistic = chisq / df
  return [{ term, kind, method: 'F', statistic, df, residualDf, p: fTail(statistic, df, residualDf) }]
}

/**
 * Likelihood-ratio tests of features and interactions, of type II: a feature is tested among all terms but its own
 * interactions (with none, R's drop1; else car::Anova). `fitWith(columns)` gives the log-likelihood with these columns.
 * The bend of a spline stays Wald's.
 */
export const likelihoodRatioTests = (
  x: Matrix,
  kept: readonly number[],
  full: number,
  wald: readonly TermTest[],
  fitWith: (columns: number[]) => number,
): TermTest[] =>
  groupsOf(x, kept).flatMap(({ term, kind, columns, above }): TermTest[] => {
    if (kind === 'nonlinear') return wald.filter((test) => test.kind === kind && test.term === term)
    const without = (gone: readonly number[]) => {
      const left = new Set(gone)
      return kept.filter((column) => !left.has(column))
    }
    const larger = above.length > 0 ? fitWith(without(above)) : full
    const smaller = fitWith(without([...above, ...columns]))
    const statistic = Math.max(0, 2 * (larger - smaller))
    const df = columns.length
    if (!Number.isFinite(statistic)) return []
    return [{ term, kind, method: 'likelihoodRatio', statistic, df, residualDf: null, p: chiSquareTail(statistic, df) }]
  })

/**
 * The F tests of the same for least squares, against the residual variance of the whole model; `fitWith` gives the
 * residual sum of squares.
 */
export const sumOfSquaresTests = (
  x: Matrix,
  kept: readonly number[],
  full: number,
  residualDf: number,
  wald: readonly TermTest[],
  fitWith: (columns: number[]) => number,
): TermTest[] =>
  groupsOf(x, kept).flatMap(({ term, kind, columns, above }): TermTest[] => {
    if (kind === 'nonlinear' || above.length === 0)
      return wald.filter((test) => test.kind === kind && test.term === term)
    const without = (gone: readonly number[]) => {
      const left = new Set(gone)
      return kept.filter((column) => !left.has(column))
    }
    const chisq = (fitWith(without([...above, ...columns])) - fitWith(without(above))) / (full / residualDf)
    return testOf(term, kind, chisq, columns.length, residualDf)
  })

/** Some columns of a matrix, in their order. */
export const columnsOf = (x: Matrix, columns: readonly number[]): Matrix => {
  const data = new Float64Array(columns.length * x.rows)
  columns.forEach((column, at) => {
    data.set(x.data.subarray(column * x.rows, (column + 1) * x.rows), at * x.rows)
  })
  return {
    rows: x.rows,
    columns: columns.length,
    data,
    terms: columns.map((column) => x.terms[column]),
    source: columns.map((column) => x.source[column]),
  }
}

/** Beyond it refitting without each term would take longer than the fit is worth, and Wald tests stand. */
const mostWork = 4e10

export const refitsAffordable = (x: Matrix, coefficients: number): boolean =>
  x.rows * coefficients * coefficients * x.columns < mostWork

/** Nagelkerke's (1991): Cox and Snell's over the largest it can be. */
export const nagelkerke = (logLikelihood: number, nullLogLikelihood: number, rows: number): number =>
  (1 - Math.exp((2 / rows) * (nullLogLikelihood - logLikelihood))) / (1 - Math.exp((2 / rows) * nullLogLikelihood))
