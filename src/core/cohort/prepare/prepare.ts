import {
  type MissingPolicy,
  type PreparationDesign,
  PreparationDesignSchema,
  type TermsDesign,
} from '../../../contract/design.ts'
import { faultOf, faultsIn, type Issue, invalidInput, issue, named } from '../../../contract/errors.ts'
import type { Values } from '../../../contract/say.ts'
import type { Cell } from '../../../contract/values.ts'
import { spokenWarning, warn } from '../../../contract/warnings.ts'
import { type Matrix, type MatrixNeeds, type Outcome, takeGrids, takeSequences } from '../matrix.ts'
import { fitStrata, strataOf } from '../strata.ts'
import { type Column, columnOf, sharedFloats, type Table } from '../table.ts'
import {
  columnValue,
  type FeatureSettings,
  fillCode,
  fitFeature,
  imputedOf,
  nearZeroVariance,
  scaleFeature,
  transformOf,
} from './feature.ts'
import { type Cells, incompleteRows } from './impute/cells.ts'
import { fillFromEquations, fitChained } from './impute/chained.ts'
import { fillFromNeighbours, fitNeighbours } from './impute/neighbours.ts'
import {
  type DroppedReason,
  type FilledFeature,
  otherLevel,
  type Preparation,
  type Prepared,
  type PreparedFeature,
} from './preparation.ts'
import { crossFitted, crossFolds, levelMeans, targetScores } from './targetEncoding.ts'
import { addTerms, fitTerms } from './terms.ts'

export interface PreparationOptions {
  /** Null: what the learner asks for. */
  missing: MissingPolicy | null
  needs: MatrixNeeds
  /** What else the design asks for; left out, nothing. */
  design?: PreparationDesign
  strata?: string | null
  /** Splines and interactions. */
  terms?: TermsDesign | null
  /** Outcome of each training row, in their order: target encoding learns from it. */
  outcome?: Outcome
  /** Of imputations, donors and cross-fitting. */
  seed?: number
  levelOrder?: FeatureSettings['levelOrder']
}

/**
 * Learns how features become matrix columns, from the training rows alone. See docs/methods.md, Preparation.
 *
 * Encodings: treatment contrasts as R's `model.matrix` (levels in order, the first left out, terms named `sexm`),
 * one-hot, level codes or level scores; numbers, integers, booleans (0/1) and dates (days since 1970) as they are, or
 * transformed. Constant features become no column. Throws `invalidInput` where a feature is unknown or text, where no
 * usable feature is left, or where every row would be dropped.
 */
export const fitPreparation = (
  table: Table,
  rows: ArrayLike<number>,
  features: readonly string[],
  options: PreparationOptions,
): Preparation => learn(table, rows, features, options).preparation

/**
 * Fits a preparation and makes the training matrix: one, or with multiple imputation one per completed data set. It
 * differs from what `applyPreparation` makes of the same rows in that target scores are cross-fitted and imputations
 * are drawn.
 */
export const prepareTraining = (
  table: Table,
  rows: ArrayLike<number>,
  features: readonly string[],
  options: PreparationOptions,
): { preparation: Preparation; completions: Prepared[] } => {
  const { preparation, completions, scores } = learn(table, rows, features, options)
  if (completions === null && scores.size === 0)
    return { preparation, completions: [applyPreparation(preparation, table, rows)] }
  return {
    preparation,
    completions: (completions ?? [null]).map((cells) =>
      make(preparation, table, rows, 'fit', { ...(cells ? { cells } : {}), scores }),
    ),
  }
}

interface Learned {
  preparation: Preparation
  /**
   * Cells of the training rows that stayed, by feature, in each completed data set; null without multiple imputation.
   */
  completions: Cells[] | null
  /** Cross-fitted score columns, by term. */
  scores: Map<string, Float64Array>
}

const learn = (
  table: Table,
  rows: ArrayLike<number>,
  features: readonly string[],
  { missing, needs, strata, terms, outcome, seed = 1, levelOrder = {}, ...given }: PreparationOptions,
): Learned => {
  const design = given.design ?? PreparationDesignSchema.parse({})
  const policy = missing ?? needs.missing
  if (policy === 'native' && !needs.native) throw invalidInput('nativeMissing')
  if (rows.length === 0) throw invalidInput('noRows')
  // Where a learner reads what was measured over time, or pictures, it may do without other features.
  const other = Boolean((table.sequences && needs.sequences) || (table.grids && needs.grids))
  if (features.length === 0 && !other) throw noUsableFeature([])
  checkNamed(table, features, design)
  const dropped: Preparation['dropped'] = []
  const drop = (name: string, reason: DroppedReason, values?: Values) =>
    dropped.push({ name, ...warn(`${reason}Feature`, { column: name, ...values }), reason })
  const usable: { column: Column; missing: number }[] = []
  for (const name of features) {
    const column = columnOf(table, name)
    if (!column) throw invalidInput('unknownColumn', { column: name })
    if (column.kind === 'text') throw invalidInput('textFeature', { columns: name })
    const count = countMissing(column, rows)
    if (count === rows.length) drop(name, 'allMissing')
    else if (policy === 'dropColumns' && count > 0) drop(name, 'someMissing', { missing: count, rows: rows.length })
    else usable.push({ column, missing: count })
  }
  if (usable.length === 0 && !other) throw noUsableFeature(dropped)

  let training = Int32Array.from(rows)
  if (policy === 'drop') {
    training = training.filter((row) => usable.every(({ column }) => Number.isFinite(column.values[row])))
    if (training.length === 0) throw allRowsDropped(usable, rows.length)
  }

  const settings: FeatureSettings = { policy, needs, design, levelOrder }
  const prepared: PreparedFeature[] = []
  for (const { column, missing: count } of usable) {
    const feature = fitFeature(column, training, settings, count)
    if (!feature) drop(column.name, 'constant')
    else if (design.nearZeroVariance && nearZeroVariance(column, training)) drop(column.name, 'nearZeroVariance')
    else prepared.push(feature)
  }
  if (prepared.length === 0 && !other) throw noUsableFeature(dropped)
  const preparation: Preparation = {
    version: 1,
    missing: policy,
    categories: needs.categories,
    rows: training.length,
    droppedRows: rows.length - training.length,
    features: prepared,
    ...(strata ? { strata: fitStrata(table, training, strata) } : {}),
    dropped,
  }
  let completions: Cells[] | null = null
  let complete: Cells | null = null
  if (prepared.length > 0 && (policy === 'knn' || policy === 'chained')) {
    const cells = prepared.map((feature) => readCells(sourceOf(feature, table), training))
    const seen = prepared.map(imputedOf)
    if (policy === 'knn') {
      preparation.imputer = fitNeighbours(seen, cells, design.neighbours, seed)
      complete = completed(preparation, cells)
    } else {
      const { imputations, iterations } = design
      const chained = fitChained(seen, cells, { imputations, iterations, seed })
      preparation.imputer = chained.imputer
      completions = chained.completions
      ;[complete] = completions
    }
  }
  const scores = new Map<string, Float64Array>()
  prepared.forEach((feature, at) => {
    const scored = feature.columns.some(({ role }) => role === 'score')
    const scaled = needs.standardise || (feature.levels === null && transformOf(feature, design) !== 'none')
    if (!scored && !scaled) return
    const recorded = readCells(sourceOf(feature, table), training)
    const gaps = Uint8Array.from(recorded, (cell) => (Number.isNaN(cell) ? 1 : 0))
    const cells = complete?.[at] ?? filledWith(recorded, fillCode(feature))
    if (scored) scoreLevels(feature, cells, { table, rows, training, outcome, seed }, scores)
    scaleFeature(feature, cells, gaps, settings)
  })
  if (terms) {
    const base = make(preparation, table, training, 'fit', { ...(complete ? { cells: complete } : {}), scores })
    preparation.terms = fitTerms(terms, features, prepared, base)
  }
  return { preparation, completions, scores }
}

/** Columns that the design names one by one must be features, and of a kind that fits. */
const checkNamed = (
  table: Table,
  features: readonly string[],
  { constants, transforms, encodings }: PreparationDesign,
) => {
  const known = new Set(features)
  const issues: Issue[] = []
  const check = (group: string, names: string[], wants: 'number' | 'category' | null) => {
    for (const name of names) {
      const path = `preparation.${group}.${name}`
      const levels = columnOf(table, name)?.levels ?? null
      if (!known.has(name)) issues.push(issue(path, 'notAFeature', { name }))
      else if (wants === 'number' && levels)
        issues.push(issue(path, 'categoryHasNo', { name, setting: group.slice(0, -1) }))
      else if (wants === 'category' && !levels) issues.push(issue(path, 'noLevelsToEncode', { name }))
    }
  }
  check('constants', Object.keys(constants), null)
  check('transforms', Object.keys(transforms), 'number')
  check('encodings', Object.keys(encodings), 'category')
  if (issues.length > 0) throw invalidInput('badPreparation', { faults: faultsIn(issues) }, issues)
}

/**
 * Replaces a feature's score column by one for each score of the outcome, with the levels' means and the training rows'
 * own scores.
 */
const scoreLevels = (
  feature: PreparedFeature,
  cells: Float64Array,
  {
    table,
    rows,
    training,
    outcome,
    seed,
  }: { table: Table; rows: ArrayLike<number>; training: Int32Array; outcome: Outcome | undefined; seed: number },
  into: Map<string, Float64Array>,
): void => {
  if (!outcome) throw new TypeError('target encoding needs the outcome of the training rows')
  const place = new Map(Array.from(rows, (row, at) => [row, at]))
  const at = Int32Array.from(training, (row) => place.get(row) as number)
  const folds = crossFolds(
    Int32Array.from(training, (row) => table.patients[row]),
    seed,
  )
  const everyone = Int32Array.from(training.keys())
  const count = (feature.levels as string[]).length
  const scored = feature.columns.findIndex(({ role }) => role === 'score')
  const columns = targetScores(outcome).map(({ name, scores: all }) => {
    const scores = Float64Array.from(at, (position) => all[position])
    const term = name === '' ? `score(${feature.name})` : `score(${feature.name}, ${name})`
    into.set(term, crossFitted(cells, scores, count, folds))
    return { ...feature.columns[scored], term, scores: levelMeans(cells, scores, count, everyone) }
  })
  feature.columns.splice(scored, 1, ...columns)
}

const filledWith = (cells: Float64Array, fill: number): Float64Array => {
  const filled = cells.slice()
  for (let i = 0; i < filled.length; i++) if (Number.isNaN(filled[i])) filled[i] = fill
  return filled
}

/**
 * Makes the matrix of a table's rows (all where `rows` is left out), in their order. A level the preparation did not
 * see counts as missing and is reported. `purpose`: under the policy `drop`, `fit` leaves out rows with missing cells,
 * as for training and assessment; `predict` fills them with the training median or mode, so that every patient gets an
 * answer, with what was filled said. Other policies treat both alike. Rows of a stratum that was not seen in training
 * are left out by `fit`, and have the stratum -1 by `predict`. Throws `invalidInput` where the table lacks a column or
 * has it as another kind.
 */
export const applyPreparation = (
  preparation: Preparation,
  table: Table,
  rows?: ArrayLike<number> | null,
  purpose: 'fit' | 'predict' = 'fit',
): Prepared => make(preparation, table, rows ?? null, purpose, {})

const make = (
  preparation: Preparation,
  table: Table,
  rows: ArrayLike<number> | null,
  purpose: 'fit' | 'predict',
  { cells: given, scores }: { cells?: Cells; scores?: Map<string, Float64Array> },
): Prepared => {
  const { features, imputer } = preparation
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
  // Without an imputer one feature at a time is read, so that a large cohort is not held twice.
  const recorded = imputer ? sources.map((one) => readCells(one, taken)) : null
  const complete = given ?? (recorded ? completed(preparation, recorded) : null)
  const filled: FilledFeature[] = []
  let filledCells = 0
  let at = 0
  features.forEach((feature, index) => {
    const own = recorded?.[index] ?? readCells(sources[index], taken)
    const cells = complete?.[index] ?? filledWith(own, fillCode(feature))
    for (const column of feature.columns) {
      const { mean, scale, term } = column
      source[at] = index
      const to = at * count
      const fitted = scores?.get(term)
      const evaluate = columnValue(feature, column)
      for (let i = 0; i < count; i++) {
        const value = fitted ? fitted[i] : evaluate(cells[i], Number.isNaN(own[i]))
        data[to + i] = (value - mean) / scale
      }
      at++
    }
    const report = reportOf(feature, own, complete?.[index] ?? null, (position) =>
      sources[index].recorded(taken[position]),
    )
    if (!report) return
    filledCells += report.positions.length
    filled.push(report)
  })
  const matrix: Matrix = {
    rows: count,
    columns: columns.length,
    data,
    terms: columns.map(({ term }) => term),
    source,
    features: features.map(({ name }) => name),
    ...(strata ? { strata } : {}),
    ...(table.sequences ? { sequences: takeSequences(table.sequences, taken) } : {}),
    ...(table.grids ? { grids: takeGrids(table.grids, taken) } : {}),
  }
  return {
    matrix: withLevels(features, preparation.terms ? addTerms(preparation.terms, features, matrix) : matrix),
    rows: taken,
    dropped,
    filled,
    filledCells,
  }
}

const readCells = ({ read }: ReturnType<typeof sourceOf>, rows: Int32Array): Float64Array => {
  const cells = new Float64Array(rows.length)
  for (let i = 0; i < rows.length; i++) cells[i] = read(rows[i])
  return cells
}

/** The cells with what the imputer fills in, and the training median or mode where it cannot. */
const completed = ({ imputer, features }: Preparation, cells: Cells): Cells => {
  const complete = cells.map((values) => values.slice())
  const gaps = incompleteRows(cells)
  if (imputer?.kind === 'neighbours') fillFromNeighbours(imputer, complete, gaps)
  else if (imputer) fillFromEquations(imputer, complete, gaps)
  return complete.map((values, at) => filledWith(values, fillCode(features[at])))
}

const reportOf = (
  feature: PreparedFeature,
  cells: Float64Array,
  complete: Float64Array | null,
  recorded: (position: number) => string | null,
): FilledFeature | null => {
  const positions: number[] = []
  const unseen: FilledFeature['unseen'] = []
  for (let position = 0; position < cells.length; position++) {
    if (!Number.isNaN(cells[position])) continue
    positions.push(position)
    const level = recorded(position)
    if (level !== null) unseen.push({ position, level })
  }
  if (positions.length === 0 || (feature.fill === null && unseen.length === 0)) return null
  const { name, fill, levels } = feature
  const valueAt = (position: number) => {
    const value = (complete as Float64Array)[position]
    return levels ? levels[value] : value
  }
  return {
    name,
    with: fill,
    ...(complete ? { each: positions.map(valueAt) } : {}),
    positions: Int32Array.from(positions),
    unseen,
  }
}

/** What a cell was filled with; `index` counts the feature's filled positions. */
export const fillingOf = ({ with: fill, each }: FilledFeature, index: number): number | string | null =>
  each?.[index] ?? fill

/** Says which columns hold the index of a level, and of how many; ordinal ones are numbers. */
const withLevels = (features: readonly PreparedFeature[], matrix: Matrix): Matrix => {
  const counts = new Map<string, number>()
  for (const { levels, ordered, columns } of features)
    for (const { term, role } of columns) if (role === 'value' && levels && !ordered) counts.set(term, levels.length)
  if (counts.size === 0) return matrix
  return { ...matrix, levels: Int32Array.from(matrix.terms, (term) => counts.get(term) ?? 0) }
}

/**
 * What was filled in one row of a prepared matrix, for the doctor: feature, value, and the level that was unknown, if
 * so.
 */
export const filledAt = (
  { filled }: Pick<Prepared, 'filled'>,
  position: number,
): { name: string; with: number | string | null; unseen: string | null }[] =>
  filled
    .filter(({ positions }) => positions.includes(position))
    .map((feature) => ({
      name: feature.name,
      with: fillingOf(feature, feature.positions.indexOf(position)),
      unseen: feature.unseen.find((cell) => cell.position === position)?.level ?? null,
    }))

/**
 * One patient's values, by feature name, as a one-row matrix. Numbers, booleans and dates (days) as numbers or
 * true/false, categories as text; null, an empty text or a name that is not there: not recorded. A number given for a
 * category is read as its text. Throws `invalidInput` where a number is expected and the cell is none.
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
      throw invalidInput('notANumber', { name }, [issue(name, 'mustBeNumber')])
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

const columnsDiffer = (fault: Issue) => invalidInput('columnsDiffer', { faults: named([fault]) }, [fault])

/**
 * Reads a cell as its index among the training levels or as its number; `recorded` gives the text of an unknown level.
 */
const sourceOf = (feature: PreparedFeature, table: Table) => {
  const column = columnOf(table, feature.name)
  if (!column) throw columnsDiffer(issue(feature.name, 'notThere'))
  const { values, levels } = column
  if ((levels === null) !== (feature.levels === null))
    throw columnsDiffer(issue(feature.name, levels ? 'categoryHere' : 'numberHere'))
  if (!levels || !feature.levels)
    return {
      // An infinite number cannot be weighed by any learner; it is no measurement.
      read: (row: number) => (Number.isFinite(values[row]) ? values[row] : Number.NaN),
      recorded: () => null,
    }
  const known = feature.levels
  const merged = new Set(feature.merged)
  const place = Float64Array.from(levels, (level) => {
    const index = known.indexOf(merged.has(level) ? otherLevel : level)
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
  dropped.length === 0
    ? invalidInput('noUsableFeature')
    : invalidInput(
        'featuresDropped',
        { dropped: dropped.map(spokenWarning) },
        dropped.map(({ name, reason }) => ({ path: name, reason })),
      )

const allRowsDropped = (usable: { column: Column; missing: number }[], rows: number) => {
  const worst = usable
    .filter(({ missing }) => missing > 0)
    .sort((a, b) => b.missing - a.missing)
    .slice(0, 5)
  return invalidInput(
    'allRowsDropped',
    { columns: worst.map(({ column, missing }) => faultOf('columnRows', { column: column.name, missing, rows })) },
    worst.map(({ column, missing }) => issue(column.name, 'missingInRows', { missing, rows })),
  )
}
