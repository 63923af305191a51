import { invalidInput, issue } from '../../../contract/errors.ts'
import type { Table } from '../../cohort/table.ts'
import { required } from '../cells.ts'

/**
 * Case weights of rows, by the design's column; undefined where it names none. Throws `invalidInput` where one is not
 * above 0.
 */
export const caseWeights = (table: Table, name: string | null, rows: Int32Array): Float64Array | undefined => {
  if (!name) return undefined
  const { values, levels } = required(table, name)
  if (levels) throw invalidInput('weightsNotNumbers', { column: name })
  const weights = Float64Array.from(rows, (row) => values[row])
  const wrong = weights.findIndex((weight) => !(weight > 0 && Number.isFinite(weight)))
  if (wrong >= 0) throw invalidInput('badWeight', { name, row: rows[wrong] + 1 }, [issue('weights', 'mustBeAbove0')])
  return weights
}
