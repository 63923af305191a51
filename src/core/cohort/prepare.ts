import type { MissingPolicy } from '../../contract/design.ts'
import { invalidInput } from '../../contract/errors.ts'
import type { Cell, ConceptKind } from '../../contract/values.ts'
import type { MatrixNeeds } from '../learn/learner.ts'
import { fillCode, fitFeature } from './feature.ts'
import { type Matrix, takeGrids, takeSequences } from './matrix.ts'
import { fitStrata, type PreparedStrata, strataOf } from './strata.ts'
import { type Column, columnOf, sharedFloats, type Table } from './table.ts'

/** One column of the matrix a feature becomes. */
export interface PreparedColumn {
  term: string
  /** `value`: the number itself, or the level's index; `level`: 1 where the cell is `level`; `missing`: 1 where it is not recorded. */
  role: 'value' | 'level' | 'missing'
  level: string | null
  /** The matrix holds (value - mean) / scale; 0 and 1 where nothing is standardised. */
  mean: number
  scale: number
}

export interface PreparedFeature {
  name: string
  kind: ConceptKind
  unit: string | null
  /** Levels of a category seen among training rows, in the table's order; null for other kinds. */
  levels: string[] | null
  /**
   * What a cell that is missing (or a level not seen in training) is filled with: a number, a level's text, or null where it
   * stays missing (policy `native`). Under `drop` and `dropColumns` it serves prediction only.
   */
  fill: number | string | null
  /** Missing cells among the training rows, before any were dropped. */
  missing: number
  /** Of the training values; null for categories. */
  low: number | null
  high: number | null
  columns: PreparedColumn[]
}

/**
 * A fitted preparation: plain JSON, part of the model artifact. All that it holds was learned from the training rows
 * and from nothing else.
 */
export interface Preparation {
  version: 1
  missing: MissingPolicy
  categories: MatrixNeeds['categories']
  /** Training rows the numbers come from, and those dropped for missing values. */
  rows: number
  droppedRows: number
  features: PreparedFeature[]
  /** Where the design names strata. */
  strata?: PreparedStrata
  /** Features that did not become columns. */
  dropped: { name: string; reason: 'constant' | 'allMissing' | 'someMissing'; message: string }[]
}

/** Cells of one feature that were not taken as recorded. Positions count the rows of the matrix. */
export interface FilledFeature {
  name: string
  /** Null where the cell stays missing: a level never seen, under the policy `native`. */
  with: number | string | null
  positions: Int32Array
  /** Among them, those that were recorded with a level the model never saw. */
  unseen: { position: number; level: string }[]
}

export interface Prepared {
  matrix: Matrix
  /** Table rows of the matrix's rows, in order. */
  rows: Int32Array
  /** Table rows left out for missing values. */
  dropped: Int32Array
  filled: FilledFeature[]
  /** Cells filled, over all features. */
  filledCells: number
}

/**
 * Learns how features become matrix columns, from the training rows alone. See docs/methods.md, Preparation.
 *
 * Encodings: treatment contrasts as R's `model.matrix` (levels in order, the first left out, terms named `sexm`), one-hot, or
 * level codes; numbers, integers, booleans (0/1) and dates (days since 1970) as they are. Constant features become no
 * column. Throws `invalidInput` where a feature is unknown or text, where no usable feature is left, or where
 * every row would be dropped.
 */
export const fitPreparation = (
  table: Table,
  rows: ArrayLike<number>,
  features: readonly string[],
  { missing, needs, strata }: { missing: MissingPolicy | null; needs: MatrixNeeds; strata?: string | null },
): Preparation => {
  const policy = missing ?? needs.missing
  if (policy === 'native' && !needs.native)
    throw invalidInput(
      'nativeMissing',
      'This learner cannot take missing values as they are; choose drop, dropColumns, median, mean, mode or indicator.',
    )
  if (rows.length === 0)
    throw invalidInput('noRows', 'There is no training row to prepare; check the filters and the split.')
  // Where a learner reads what was measured over time, or pictures, it may do without other features.
  const other = Boolean((table.sequences && needs.sequences) || (table.grids && needs.grids))
  if (features.length === 0 && !other) throw noUsableFeature([])
  const dropped: Preparation['dropped'] = []
  const usable: { column: Column; missing: number }[] = []
  for (const name of features) {
    const column = columnOf(table, name)
    if (!column) throw invalidInput('unknownColumn', `There is no column ${name} in this study.`)
    if (column.kind === 'text')
      throw invalidInput('textFeature', `${name} is free text; models learn from numbers and categories only.`)
    const count = countMissing(column, rows)
    if (count === rows.length)
      dropped.push({ name, reason: 'allMissing', message: `${name} is not recorded in any training row; left out.` })
    else if (policy === 'dropColumns' && count > 0)
      dropped.push({
        name,
        reason: 'someMissing',
        message: `${name} is missing in ${count} of ${rows.length} training rows; left out, as chosen.`,
      })
    else usable.push({ column, missing: count })
  }
  if (usable.length === 0 && !other) throw noUsableFeature(dropped)

  let training = Int32Array.from(rows)
  if (policy === 'drop') {
    training = training.filter((row) => usable.every(({ column }) => Number.isFinite(column.values[row])))
    if (training.length === 0) throw allRowsDropped(usable, rows.length)
  }

  const prepared: PreparedFeature[] = []
  for (const { column, missing: count } of usable) {
    const feature = fitFeature(column, training, policy, needs, count)
    if (feature) prepared.push(feature)
    else
      dropped.push({
        name: column.name,
        reason: 'constant',
        message: `${column.name} has the same value in all training rows; left out.`,
      })
  }
  if (prepared.length === 0 && !other) throw noUsableFeature(dropped)
  return {
    version: 1,
    missing: policy,
    categories: needs.categories,
    rows: training.length,
    droppedRows: rows.length - training.length,
    features: prepared,
    ...(strata ? { strata: fitStrata(table, training, strata) } : {}),
    dropped,
  }
}

/**
 * Makes the matrix of a table's rows (all where `rows` is left out), in their order. A level the preparation did not see counts
 * as missing and is reported. `purpose`: under the policy `drop`, `fit` leaves out rows with missing cells, as for training and
 * assessment; `predict` fills them with the training median or mode, so that every patient gets an answer, with what was
 * filled said. Other policies treat both alike. Rows of a stratum that was not seen in training are left out by `fit`, and
 * have the stratum -1 by `predict`. Throws `invalidInput` where the table lacks a column or has it as another kind.
 */
export const applyPreparation = (
  preparation: Preparation,
  table: Table,
  rows?: ArrayLike<number> | null,
  purpose: 'fit' | 'predict' = 'fit',
): Prepared => {
  const { features } = preparation
  const sources = features.map((feature) => sourceOf(feature, table))
  let taken = rows ? Int32Array.from(rows) : Int32Array.from({ length: table.rows }, (_, row) => row)
  let dropped = new Int32Array(0)
  if (preparation.missing === 'drop' && purpose === 'fit') {
    const whole = (row: number) => sources.every(({ read }) => !Number.isNaN(read(row)))
    dropped = taken.filter((row) => !whole(row))
    if (dropped.length > 0) taken = taken.filter(whole)
  }
  let strata = preparation.strata ? strataOf(preparation.strata, table, taken) : null
  if (strata?.includes(-1) && purpose === 'fit') {
    // Without a baseline there is nothing to predict or to learn.
    const known = (_: number, at: number) => strata?.[at] !== -1
    dropped = Int32Array.from([...dropped, ...taken.filter((_, at) => strata?.[at] === -1)]).sort()
    taken = taken.filter(known)
    strata = strata.filter((stratum) => stratum !== -1)
  }

  const columns = features.flatMap((feature) => feature.columns)
  const count = taken.length
  const data = count > 1 ? sharedFloats(count * columns.length) : new Float64Array(columns.length)
  const source = new Int32Array(columns.length)
  const filled: FilledFeature[] = []
  let filledCells = 0
  let at = 0
  features.forEach((feature, index) => {
    const { read, recorded } = sources[index]
    const fill = fillCode(feature)
    const positions: number[] = []
    const unseen: FilledFeature['unseen'] = []
    const cells = new Float64Array(count)
    for (let i = 0; i < count; i++) {
      const value = read(taken[i])
      cells[i] = value
      if (!Number.isNaN(value)) continue
      positions.push(i)
      const level = recorded(taken[i])
      if (level !== null) unseen.push({ position: i, level })
    }
    for (const { role, level, mean, scale } of feature.columns) {
      source[at] = index
      const to = at * count
      const wanted = level === null ? -1 : (feature.levels as string[]).indexOf(level)
      for (let i = 0; i < count; i++) {
        const missing = Number.isNaN(cells[i])
        const cell = missing ? fill : cells[i]
        let value = cell
        if (role === 'missing') value = missing ? 1 : 0
        else if (role === 'level') value = Number.isNaN(cell) ? Number.NaN : cell === wanted ? 1 : 0
        data[to + i] = (value - mean) / scale
      }
      at++
    }
    if (positions.length === 0 || (feature.fill === null && unseen.length === 0)) return
    filledCells += positions.length
    filled.push({
      name: feature.name,
      with: feature.fill,
      positions: Int32Array.from(positions),
      unseen,
    })
  })
  return {
    matrix: {
      rows: count,
      columns: columns.length,
      data,
      terms: columns.map(({ term }) => term),
      source,
      ...(strata ? { strata } : {}),
      ...(table.sequences ? { sequences: takeSequences(table.sequences, taken) } : {}),
      ...(table.grids ? { grids: takeGrids(table.grids, taken) } : {}),
    },
    rows: taken,
    dropped,
    filled,
    filledCells,
  }
}

/** What was filled in one row of a prepared matrix, for the doctor: feature, value, and the level that was unknown, if so. */
export const filledAt = (
  { filled }: Pick<Prepared, 'filled'>,
  position: number,
): { name: string; with: number | string | null; unseen: string | null }[] =>
  filled
    .filter(({ positions }) => positions.includes(position))
    .map(({ name, with: value, unseen }) => ({
      name,
      with: value,
      unseen: unseen.find((cell) => cell.position === position)?.level ?? null,
    }))

/**
 * One patient's values, by feature name, as a one-row matrix. Numbers, booleans and dates (days) as numbers or true/false,
 * categories as text; null, an empty text or a name that is not there: not recorded. A number given for a category is read as
 * its text. Throws `invalidInput` where a number is expected and the cell is none.
 */
export const prepareRow = (preparation: Preparation, values: Readonly<Record<string, Cell | undefined>>): Prepared => {
  const columns = preparation.features.map(({ name, kind, unit, levels }): Column => {
    const cell = values[name] ?? null
    if (levels) {
      const text = cell === null || cell === '' ? null : String(cell)
      return {
        name,
        kind,
        unit,
        levels: text === null ? [] : [text],
        values: Float64Array.of(text === null ? Number.NaN : 0),
      }
    }
    if (typeof cell === 'string' && cell !== '')
      throw invalidInput('notANumber', `${name} must be a number.`, [{ path: name, reason: 'must be a number' }])
    return {
      name,
      kind,
      unit,
      levels: null,
      values: Float64Array.of(cell === null || cell === '' ? Number.NaN : Number(cell)),
    }
  })
  if (preparation.strata) {
    const { name } = preparation.strata
    const known = (values[name] ?? null) !== null && values[name] !== ''
    columns.push({
      name,
      kind: 'category',
      unit: null,
      levels: known ? [String(values[name])] : [],
      values: Float64Array.of(known ? 0 : Number.NaN),
    })
  }
  const table: Table = { rows: 1, columns, patients: new Int32Array(1), encounters: new Int32Array(1) }
  return applyPreparation(preparation, table, null, 'predict')
}

/** Reads a cell as its index among the training levels or as its number; `recorded` gives the text of an unknown level. */
const sourceOf = (feature: PreparedFeature, table: Table) => {
  const column = columnOf(table, feature.name)
  if (!column)
    throw invalidInput('columnsDiffer', `The model needs the column ${feature.name}, which is not there.`, [
      { path: feature.name, reason: 'is not there' },
    ])
  const { values, levels } = column
  if ((levels === null) !== (feature.levels === null))
    throw invalidInput(
      'columnsDiffer',
      `${feature.name} is ${levels ? 'a category here and a number' : 'a number here and a category'} in the model.`,
      [{ path: feature.name, reason: 'is of another kind' }],
    )
  if (!levels || !feature.levels)
    return {
      // An infinite number cannot be weighed by any learner; it is no measurement.
      read: (row: number) => (Number.isFinite(values[row]) ? values[row] : Number.NaN),
      recorded: () => null,
    }
  const known = feature.levels
  const place = Float64Array.from(levels, (level) => {
    const index = known.indexOf(level)
    return index < 0 ? Number.NaN : index
  })
  return {
    read: (row: number) => (Number.isNaN(values[row]) ? Number.NaN : place[values[row]]),
    recorded: (row: number) => (Number.isNaN(values[row]) ? null : levels[values[row]]),
  }
}

const countMissing = ({ values }: Column, rows: ArrayLike<number>): number => {
  let count = 0
  for (let i = 0; i < rows.length; i++) if (!Number.isFinite(values[rows[i]])) count++
  return count
}

const noUsableFeature = (dropped: Preparation['dropped']) =>
  invalidInput(
    'noUsableFeature',
    `No usable feature is left. ${dropped.map(({ message }) => message).join(' ') || 'Name at least one.'}`,
    dropped.map(({ name, reason }) => ({ path: name, reason })),
  )

const allRowsDropped = (usable: { column: Column; missing: number }[], rows: number) => {
  const worst = usable
    .filter(({ missing }) => missing > 0)
    .sort((a, b) => b.missing - a.missing)
    .slice(0, 5)
  const said = worst.map(({ column, missing }) => `${column.name} (${missing} of ${rows})`).join(', ')
  return invalidInput(
    'allRowsDropped',
    `Every training row has a missing value and was dropped; the most are missing in ${said}. Exclude these columns or choose to fill missing values.`,
    worst.map(({ column, missing }) => ({ path: column.name, reason: `missing in ${missing} of ${rows} rows` })),
  )
}
