import { invalidInput, issue, named } from '../../contract/errors.ts'
import { columnOf, compareLevels, type Table } from './table.ts'

/** The levels of a column that each have a baseline of their own, as seen among training rows. */
export interface PreparedStrata {
  name: string
  /** As text, in their order; a number as it is written. */
  levels: string[]
}

/** Learns the strata from training rows. Rows without one do not count. */
export const fitStrata = (table: Table, rows: ArrayLike<number>, name: string): PreparedStrata => {
  const { values, levels } = sourceOf(table, name)
  const seen = new Set<number>()
  for (let i = 0; i < rows.length; i++) if (!Number.isNaN(values[rows[i]])) seen.add(values[rows[i]])
  if (seen.size === 0) throw invalidInput('strataMissing', { column: name })
  const found = [...seen].sort((a, b) => (levels ? compareLevels(levels[a], levels[b]) : a - b))
  return { name, levels: found.map((value) => (levels ? levels[value] : String(value))) }
}

/** The stratum of each row by its index among the levels; -1 where it is not recorded or was not seen in training. */
export const strataOf = (
  { name, levels: known }: PreparedStrata,
  table: Table,
  rows: ArrayLike<number>,
): Int32Array => {
  const { values, levels } = sourceOf(table, name)
  const place = new Map(known.map((level, index) => [level, index]))
  return Int32Array.from(rows, (row) => {
    const value = values[row]
    if (Number.isNaN(value)) return -1
    return place.get(levels ? levels[value] : String(value)) ?? -1
  })
}

const sourceOf = (table: Table, name: string) => {
  const column = columnOf(table, name)
  if (!column)
    throw invalidInput('columnsDiffer', { faults: named([issue(name, 'notThere')]) }, [issue(name, 'notThere')])
  return column
}
