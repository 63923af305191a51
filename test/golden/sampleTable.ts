import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Matrix, Outcome } from '../../src/core/cohort/matrix.ts'
import { applyPreparation, fitPreparation } from '../../src/core/cohort/prepare/prepare.ts'
import { type Column, columnOf, type Table } from '../../src/core/cohort/table.ts'
import type { FitContext, MatrixNeeds } from '../../src/core/learn/learner.ts'

const folder = join(import.meta.dirname, '../../resources/samples')

/**
 * A sample file as a table, straight from its text and without the vault, so that golden values are compared with
 * nothing between. Named as in the R scripts beside this file.
 */
export const sampleTable = (name: string, patientColumn: string | null = null): Table => {
  const text = readFileSync(join(folder, `${name}.csv`), 'utf8')
  const [header, ...lines] = text.trim().split(/\r?\n/).map(cellsOf)
  const columns = header.map((title, index): Column => {
    const cells = lines.map((line) => line[index] ?? '')
    return columnFrom(title, cells)
  })
  const key = patientColumn === null ? null : header.indexOf(patientColumn)
  const ids = new Map<string, number>()
  const patients = Int32Array.from(lines, (line, row) => {
    if (key === null) return row
    const id = line[key]
    if (!ids.has(id)) ids.set(id, ids.size)
    return ids.get(id) as number
  })
  return { rows: lines.length, columns, patients, encounters: Int32Array.from(lines.keys()) }
}

const cellsOf = (line: string): string[] =>
  [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)]
    .slice(0, -1)
    .map(([, cell]) => (cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell))
    .concat(line.endsWith(',') ? [''] : [])

/** A number where every known cell is one, else a category with its levels in code-unit order. */
export const columnFrom = (name: string, cells: readonly string[], kind?: 'category'): Column => {
  const known = cells.filter((cell) => cell !== '' && cell !== 'NA')
  if (kind !== 'category' && known.every((cell) => Number.isFinite(Number(cell))))
    return {
      name,
      kind: 'number',
      unit: null,
      levels: null,
      values: Float64Array.from(cells, (cell) => (cell === '' || cell === 'NA' ? Number.NaN : Number(cell))),
    }
  const levels = [...new Set(known)].sort((a, b) => (a < b ? -1 : 1))
  return {
    name,
    kind: 'category',
    unit: null,
    levels,
    values: Float64Array.from(cells, (cell) => (cell === '' || cell === 'NA' ? Number.NaN : levels.indexOf(cell))),
  }
}

export const withColumn = (table: Table, column: Column): Table => ({
  ...table,
  columns: [...table.columns.filter(({ name }) => name !== column.name), column],
})

export const valuesOf = (table: Table, name: string): Float64Array => {
  const column = columnOf(table, name)
  if (!column) throw new Error(`no column ${name}`)
  return column.values
}

/** A numeric column from others of the same row. */
export const derived = (table: Table, name: string, from: string[], make: (...values: number[]) => number): Table => {
  const sources = from.map((source) => valuesOf(table, source))
  const values = Float64Array.from({ length: table.rows }, (_, row) => make(...sources.map((source) => source[row])))
  return withColumn(table, { name, kind: 'number', unit: null, levels: null, values })
}

export const asCategory = (table: Table, name: string, text: (value: number) => string = String): Table =>
  withColumn(
    table,
    columnFrom(
      name,
      Array.from(valuesOf(table, name), (value) => (Number.isNaN(value) ? '' : text(value))),
      'category',
    ),
  )

export const needs: MatrixNeeds = { categories: 'contrasts', standardise: false, native: false, missing: 'drop' }

/** The complete cases as R's model.matrix would have them, with the table rows they came from. */
export const completeCases = (
  table: Table,
  features: readonly string[],
  outcomes: readonly string[],
): { x: Matrix; rows: Int32Array } => {
  const known = Int32Array.from({ length: table.rows }, (_, row) => row).filter((row) =>
    outcomes.every((name) => !Number.isNaN(valuesOf(table, name)[row])),
  )
  const preparation = fitPreparation(table, known, features, { missing: 'drop', needs })
  const { matrix, rows } = applyPreparation(preparation, table, known)
  return { x: matrix, rows }
}

export const classOutcome = (table: Table, target: string, rows: Int32Array): Outcome => {
  const column = columnOf(table, target) as Column
  const distinct = column.levels ?? [...new Set(column.values)].filter((value) => !Number.isNaN(value)).sort()
  const classes = distinct.map(String)
  return {
    task: 'diagnosis',
    classes,
    y: Int32Array.from(rows, (row) => {
      const value = column.values[row]
      return column.levels ? value : classes.indexOf(String(value))
    }),
  }
}

export const survivalOutcome = (
  table: Table,
  time: string,
  status: string,
  events: readonly number[],
  rows: Int32Array,
): Outcome => ({
  task: 'survival',
  time: Float64Array.from(rows, (row) => valuesOf(table, time)[row]),
  event: Uint8Array.from(rows, (row) => (events.includes(valuesOf(table, status)[row]) ? 1 : 0)),
})

export const quietContext: FitContext = {
  seed: 1,
  threads: 1,
  signal: new AbortController().signal,
  progress: () => {},
  parallel: () => Promise.reject(new Error('nothing here runs in parallel')),
}

export const readGolden = <T>(name: string): T =>
  JSON.parse(readFileSync(join(import.meta.dirname, `${name}.json`), 'utf8')) as T

/** Largest difference relative to the larger of the expected value and `floor`. */
export const relativeDifference = (actual: ArrayLike<number>, expected: ArrayLike<number>, floor = 1e-12): number => {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY
  let most = 0
  for (let i = 0; i < expected.length; i++)
    most = Math.max(most, Math.abs(actual[i] - expected[i]) / Math.max(Math.abs(expected[i]), floor))
  return Number.isFinite(most) ? most : Number.POSITIVE_INFINITY
}
