import type { MissingPolicy } from '../../contract/design.ts'
import type { MatrixNeeds } from '../learn/learner.ts'
import type { PreparedColumn, PreparedFeature } from './prepare.ts'
import { mostFrequent, quantileOf } from './summary.ts'
import type { Column } from './table.ts'

/** Learns one feature's levels, fill value and columns from the training rows; null where it is constant there. */
export const fitFeature = (
  column: Column,
  rows: Int32Array,
  policy: MissingPolicy,
  needs: MatrixNeeds,
  missing: number,
): PreparedFeature | null => {
  const { name, kind, unit } = column
  const known = new Float64Array(rows.length)
  let count = 0
  for (const row of rows) if (Number.isFinite(column.values[row])) known[count++] = column.values[row]
  const values = known.subarray(0, count)
  const indicator = policy === 'indicator' && count < rows.length

  if (column.levels) {
    const all = column.levels
    const seen = [...new Set(values)].sort((a, b) => a - b)
    const levels = seen.map((code) => all[code])
    if (levels.length < 2 && !indicator) return null
    const place = new Map(seen.map((code, index) => [code, index]))
    const mode = all[mostFrequent(values)]
    const fill = policy === 'native' ? null : mode
    const codes = Float64Array.from(rows, (row) => place.get(column.values[row]) ?? Number.NaN)
    const columns: PreparedColumn[] = []
    if (needs.categories === 'codes') columns.push({ term: name, role: 'value', level: null, mean: 0, scale: 1 })
    else
      for (const level of needs.categories === 'oneHot' && levels.length > 1 ? levels : levels.slice(1))
        columns.push({ term: `${name}${level}`, role: 'level', level, mean: 0, scale: 1 })
    if (indicator) columns.push({ term: `${name}:missing`, role: 'missing', level: null, mean: 0, scale: 1 })
    const feature: PreparedFeature = { name, kind, unit, levels, fill, missing, low: null, high: null, columns }
    if (needs.standardise && needs.categories !== 'codes') standardise(feature, codes)
    return feature
  }

  values.sort()
  const low = values[0]
  const high = values[count - 1]
  if (low === high && !indicator) return null
  // A yes/no has no middle; its most frequent value is the one a reader expects.
  let fill: number | null
  if (policy === 'native') fill = null
  else if (policy === 'mode' || kind === 'boolean') fill = mostFrequent(values)
  else if (policy === 'mean') fill = meanOf(values)
  else fill = quantileOf(values, 0.5)
  const columns: PreparedColumn[] = []
  if (low !== high) columns.push({ term: name, role: 'value', level: null, mean: 0, scale: 1 })
  if (indicator) columns.push({ term: `${name}:missing`, role: 'missing', level: null, mean: 0, scale: 1 })
  const feature: PreparedFeature = { name, kind, unit, levels: null, fill, missing, low, high, columns }
  if (needs.standardise)
    standardise(
      feature,
      Float64Array.from(rows, (row) => (Number.isFinite(column.values[row]) ? column.values[row] : Number.NaN)),
    )
  return feature
}

/** Mean and SD (n - 1) of each column over the training cells as they will stand in the matrix, after filling. */
const standardise = (feature: PreparedFeature, cells: Float64Array): void => {
  const fill = fillCode(feature)
  for (const column of feature.columns) {
    const wanted = column.level === null ? -1 : (feature.levels as string[]).indexOf(column.level)
    const values = cells.map((cell) => {
      if (column.role === 'missing') return Number.isNaN(cell) ? 1 : 0
      const value = Number.isNaN(cell) ? fill : cell
      return column.role === 'level' && !Number.isNaN(value) ? Number(value === wanted) : value
    })
    const known = values.filter((value) => !Number.isNaN(value))
    const mean = meanOf(known)
    let squares = 0
    for (const value of known) squares += (value - mean) ** 2
    const sd = Math.sqrt(squares / (known.length - 1))
    column.mean = mean
    column.scale = sd > 0 ? sd : 1
  }
}

const meanOf = (values: Float64Array): number => {
  let sum = 0
  for (const value of values) sum += value
  const mean = sum / values.length
  sum = 0
  for (const value of values) sum += value - mean
  return mean + sum / values.length
}

/** The fill as a number of the matrix before encoding: a level's index, or the number; NaN where cells stay missing. */
export const fillCode = ({ fill, levels }: PreparedFeature): number => {
  if (fill === null) return Number.NaN
  return levels ? levels.indexOf(String(fill)) : Number(fill)
}
