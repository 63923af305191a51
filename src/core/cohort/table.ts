import type { ConceptKind } from '../../contract/values.ts'
import { type Grids, type Sequences, takeGrids, takeSequences } from './matrix.ts'

/**
 * A column of a snapshot. Numbers, integers, booleans (0/1) and dates (days since 1970-01-01) as they are; a category
 * as the index of its level. NaN: not recorded. Values lie on a SharedArrayBuffer, so worker threads read them without
 * a copy.
 */
export interface Column {
  name: string
  kind: ConceptKind
  unit: string | null
  values: Float64Array
  /** Category levels in the order of `compareLevels`; null for other kinds. */
  levels: readonly string[] | null
}

/**
 * The columns a model is trained on, with the patient each row belongs to (rows of one patient never part in a split).
 */
export interface Table {
  rows: number
  columns: readonly Column[]
  patients: Int32Array
  /** The vault's encounter of each row; for similar cases. */
  encounters: Int32Array
  /** What was measured over time up to each row's case, where the design asks for it. */
  sequences?: Sequences
  /** A picture a row, where the design asks for it. */
  grids?: Grids
}

const collator = new Intl.Collator('en', { sensitivity: 'variant', ignorePunctuation: false, numeric: false })

/**
 * Order of levels: that of R's `factor` in a UTF-8 locale (Unicode root collation), so that contrasts have R's
 * reference
 * level: `<=20` before `20-50`, `autosomal` before `X-linked`. The same on every machine, whatever its language.
 */
export const compareLevels = (a: string, b: string): number => collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0)

export const sharedFloats = (length: number): Float64Array =>
  new Float64Array(new SharedArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT))

export const sharedIntegers = (length: number): Int32Array =>
  new Int32Array(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT))

export const columnOf = (table: Table, name: string): Column | undefined =>
  table.columns.find((column) => column.name === name)

/** Rows of a table by index, in that order. */
export const takeRows = (table: Table, rows: ArrayLike<number>): Table => {
  const count = rows.length
  const patients = sharedIntegers(count)
  const encounters = sharedIntegers(count)
  for (let i = 0; i < count; i++) {
    patients[i] = table.patients[rows[i]]
    encounters[i] = table.encounters[rows[i]]
  }
  const columns = table.columns.map((column) => {
    const values = sharedFloats(count)
    for (let i = 0; i < count; i++) values[i] = column.values[rows[i]]
    return { ...column, values }
  })
  const { sequences, grids } = table
  return {
    rows: count,
    columns,
    patients,
    encounters,
    ...(sequences ? { sequences: takeSequences(sequences, rows) } : {}),
    ...(grids ? { grids: takeGrids(grids, rows) } : {}),
  }
}
