import { invalidInput } from '../../../contract/errors.ts'
import type { Matrix } from '../../cohort/matrix.ts'
import type { MatrixNeeds } from '../learner.ts'

/** What a base sees of the stack's one-hot matrix with gaps: plain JSON, learned from the training rows. */
export interface View {
  /** Columns of the stack's matrix. */
  columns: number
  kept: number[]
  /** What a gap in a kept column becomes; null where it stays one. */
  fills: number[] | null
  means: number[]
  scales: number[]
}

/**
 * A base's own preparation of the stack's matrix: where it takes contrasts the first level of each category is left
 * out, where it takes no gaps they become the column's median (of levels 0/1 columns, the most frequent level), where
 * it asks for it columns are standardised.
 */
export const fitView = (x: Matrix, needs: MatrixNeeds): View => {
  const kept =
    needs.categories === 'contrasts' ? withoutFirstLevels(x) : Array.from({ length: x.columns }, (_, at) => at)
  const fills = needs.native ? null : fillsOf(x, kept)
  const view: View = { columns: x.columns, kept, fills, means: kept.map(() => 0), scales: kept.map(() => 1) }
  if (!needs.standardise) return view
  const { data } = applyView(view, x)
  kept.forEach((_, at) => {
    const values = data.subarray(at * x.rows, (at + 1) * x.rows).filter((value) => !Number.isNaN(value))
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
    const sd = Math.sqrt(squares / (values.length - 1))
    if (Number.isFinite(mean)) view.means[at] = mean
    if (sd > 0) view.scales[at] = sd
  })
  return view
}

export const applyView = ({ columns, kept, fills, means, scales }: View, x: Matrix): Matrix => {
  if (x.columns !== columns) throw invalidInput('columnCount', { expected: columns, given: x.columns })
  const data = new Float64Array(new SharedArrayBuffer(Math.max(1, kept.length * x.rows) * 8)).subarray(
    0,
    kept.length * x.rows,
  )
  kept.forEach((column, at) => {
    for (let row = 0; row < x.rows; row++) {
      const value = x.data[column * x.rows + row]
      const filled = Number.isNaN(value) && fills ? fills[at] : value
      data[at * x.rows + row] = (filled - means[at]) / scales[at]
    }
  })
  return {
    ...x,
    columns: kept.length,
    data,
    terms: kept.map((column) => x.terms[column]),
    source: kept.map((column) => x.source[column]),
  }
}

/** Level columns of one category are 0/1 and sum to 1 in every row that has it. */
const levelGroups = (x: Matrix): number[][] => {
  const bySource = new Map<number, number[]>()
  for (let column = 0; column < x.columns; column++) {
    if (x.terms[column].endsWith(':missing')) continue
    bySource.set(x.source[column], [...(bySource.get(x.source[column]) ?? []), column])
  }
  return [...bySource.values()].filter((group) => {
    if (group.length < 2) return false
    for (let row = 0; row < x.rows; row++) {
      let sum = 0
      for (const column of group) sum += x.data[column * x.rows + row]
      if (!Number.isNaN(sum) && sum !== 1) return false
    }
    return true
  })
}

const withoutFirstLevels = (x: Matrix): number[] => {
  const first = new Set(levelGroups(x).map(([column]) => column))
  return Array.from({ length: x.columns }, (_, column) => column).filter((column) => !first.has(column))
}

const fillsOf = (x: Matrix, kept: readonly number[]): number[] => {
  const fills = new Map<number, number>()
  for (const group of levelGroups(x)) {
    const counts = group.map((column) => sumOf(x, column))
    const mode = counts.indexOf(Math.max(...counts))
    group.forEach((column, at) => {
      fills.set(column, at === mode ? 1 : 0)
    })
  }
  return kept.map((column) => fills.get(column) ?? medianOf(x, column))
}

const sumOf = (x: Matrix, column: number): number => {
  let sum = 0
  for (let row = 0; row < x.rows; row++) {
    const value = x.data[column * x.rows + row]
    if (!Number.isNaN(value)) sum += value
  }
  return sum
}

const medianOf = (x: Matrix, column: number): number => {
  const known = x.data
    .slice(column * x.rows, (column + 1) * x.rows)
    .filter((value) => !Number.isNaN(value))
    .sort()
  if (known.length === 0) return 0
  const middle = (known.length - 1) / 2
  return (known[Math.floor(middle)] + known[Math.ceil(middle)]) / 2
}
