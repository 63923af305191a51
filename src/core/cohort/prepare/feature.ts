import type { MissingPolicy, PreparationDesign } from '../../../contract/design.ts'
import { invalidInput, issue } from '../../../contract/errors.ts'
import { mostFrequent, quantileOf } from '../../numbers/quantile.ts'
import type { MatrixNeeds } from '../matrix.ts'
import type { Column } from '../table.ts'
import type { ImputedFeature } from './impute/cells.ts'
import { missingLevel, otherLevel, type PreparedColumn, type PreparedFeature } from './preparation.ts'

export interface FeatureSettings {
  policy: MissingPolicy
  needs: MatrixNeeds
  design: PreparationDesign
  /** Levels of a category in the dictionary's order, by feature; ordinal encoding follows it. */
  levelOrder: Readonly<Record<string, readonly string[]>>
}

/**
 * Learns one feature's levels, fill value and columns from the training rows; null where it is constant there. Columns
 * are not yet scaled: `scaleFeature` does that once missing cells are filled.
 */
export const fitFeature = (
  column: Column,
  rows: Int32Array,
  settings: FeatureSettings,
  missing: number,
): PreparedFeature | null => {
  const { policy, design } = settings
  const known = new Float64Array(rows.length)
  let count = 0
  for (const row of rows) if (Number.isFinite(column.values[row])) known[count++] = column.values[row]
  const values = known.subarray(0, count)
  const indicator = (policy === 'indicator' || design.indicators) && count < rows.length
  const feature = column.levels
    ? fitCategory(column, values, count < rows.length, settings, missing)
    : fitNumber(column, values, settings, missing)
  if (feature.columns.length === 0 && !indicator) return null
  const { name } = column
  if (indicator) feature.columns.push({ term: `${name}:missing`, role: 'missing', level: null, mean: 0, scale: 1 })
  return feature
}

const encodingOf = (name: string, { design, needs }: Pick<FeatureSettings, 'design' | 'needs'>) => {
  const asked = design.encodings[name] ?? design.encoding
  if (asked === 'learner') return needs.categories
  return asked === 'ordinal' ? 'codes' : asked
}

const fitCategory = (
  { name, kind, unit, levels: all }: Column,
  values: Float64Array,
  gaps: boolean,
  settings: FeatureSettings,
  missing: number,
): PreparedFeature => {
  const { policy, design, levelOrder } = settings
  const texts = all as readonly string[]
  const counts = new Map<number, number>()
  for (const code of values) counts.set(code, (counts.get(code) ?? 0) + 1)
  const seen = [...counts.keys()].sort((a, b) => a - b)
  const rare = seen.filter((code) => (counts.get(code) as number) < design.rareLevels * values.length)
  const merged = rare.length > 1 ? rare.map((code) => texts[code]) : []
  const encoding = encodingOf(name, settings)
  let levels = seen.map((code) => texts[code]).filter((text) => !merged.includes(text))
  const ordered = (design.encodings[name] ?? design.encoding) === 'ordinal'
  if (ordered) levels = inOrder(levels, levelOrder[name] ?? [])
  if (merged.length > 0) levels.push(otherLevel)
  const mode = texts[mostFrequent(values)]
  let fill: string | null = merged.includes(mode) ? otherLevel : mode
  if (policy === 'native') fill = null
  if (policy === 'constant') {
    const constant = String(design.constants[name] ?? missingLevel)
    // Without a gap among the training rows nothing was learned of such a level.
    if (gaps && !levels.includes(constant)) levels.push(constant)
    if (levels.includes(constant)) fill = constant
  }
  const columns: PreparedColumn[] = []
  if (levels.length > 1) {
    if (encoding === 'codes') columns.push(plainColumn(name, 'value'))
    else if (encoding === 'target') columns.push(plainColumn(name, 'score'))
    else
      for (const level of encoding === 'oneHot' ? levels : levels.slice(1))
        columns.push({ ...plainColumn(`${name}${level}`, 'level'), level })
  }
  return {
    name,
    kind,
    unit,
    levels,
    ...(ordered ? { ordered } : {}),
    ...(merged.length > 0 ? { merged } : {}),
    fill,
    missing,
    low: null,
    high: null,
    columns,
  }
}

const plainColumn = (term: string, role: PreparedColumn['role']): PreparedColumn => ({
  term,
  role,
  level: null,
  mean: 0,
  scale: 1,
})

const inOrder = (levels: readonly string[], order: readonly string[]): string[] => {
  const place = (level: string) => (order.includes(level) ? order.indexOf(level) : order.length)
  return [...levels].sort((a, b) => place(a) - place(b) || levels.indexOf(a) - levels.indexOf(b))
}

const isMeasured = ({ kind }: { kind: Column['kind'] }) => kind === 'number' || kind === 'integer'

export const transformOf = (
  { name, kind }: Pick<Column, 'name' | 'kind'>,
  { transform, transforms }: PreparationDesign,
) => transforms[name] ?? (isMeasured({ kind }) ? transform : 'none')

const fitNumber = (
  { name, kind, unit }: Column,
  values: Float64Array,
  { policy, design }: FeatureSettings,
  missing: number,
): PreparedFeature => {
  values.sort()
  const low = values[0]
  const high = values[values.length - 1]
  // A yes/no has no middle; its most frequent value is the one a reader expects.
  let fill: number | null
  if (policy === 'native') fill = null
  else if (policy === 'constant') fill = constantOf(name, design)
  else if (policy === 'mode' || kind === 'boolean') fill = mostFrequent(values)
  else if (policy === 'mean') fill = meanOf(values)
  else fill = quantileOf(values, 0.5)
  const feature: PreparedFeature = { name, kind, unit, levels: null, fill, missing, low, high, columns: [] }
  const varies = low !== high || (policy === 'constant' && missing > 0 && fill !== low)
  if (!varies) return feature
  if (design.winsorise > 0 && isMeasured({ kind })) {
    const clip = { low: quantileOf(values, design.winsorise), high: quantileOf(values, 1 - design.winsorise) }
    // Where nearly all values are the same one, clipping would leave nothing.
    if (clip.low < clip.high) feature.clip = clip
  }
  const transform = transformOf({ name, kind }, design)
  if (transform === 'log') feature.log = logOf(values, feature.clip?.low ?? low)
  feature.columns.push(plainColumn(termOf(name, transform, feature.log?.shift ?? 0), 'value'))
  return feature
}

const constantOf = (name: string, { constants }: PreparationDesign): number => {
  const value = constants[name] ?? 0
  if (typeof value === 'number') return value
  throw invalidInput('constantNotANumber', { name, value }, [issue(`preparation.constants.${name}`, 'mustBeNumber')])
}

/** No shift where all values are above 0; else the lowest comes to half the distance to the next. */
const logOf = (ascending: Float64Array, lowest: number): { shift: number; lowest: number } => {
  if (lowest > 0) return { shift: 0, lowest }
  const next = ascending.find((value) => value > lowest) as number
  return { shift: (next - lowest) / 2 - lowest, lowest }
}

const termOf = (name: string, transform: ReturnType<typeof transformOf>, shift: number): string => {
  if (transform === 'none') return name
  if (transform === 'log') return shift === 0 ? `log(${name})` : `log(${name} + ${Number(shift.toPrecision(6))})`
  return `${transform}(${name})`
}

/** A number as the matrix holds it before scaling: clipped, then its logarithm. NaN stays NaN. */
const transformed = ({ clip, log }: PreparedFeature, value: number): number => {
  const within = clip ? Math.min(clip.high, Math.max(clip.low, value)) : value
  if (!log) return within
  return Math.log((within > -log.shift ? within : log.lowest) + log.shift)
}

/** What one column makes of a cell (a number, or a level's index; NaN: missing and not filled) before scaling. */
export const columnValue = (
  feature: PreparedFeature,
  column: PreparedColumn,
): ((cell: number, missing: boolean) => number) => {
  const { role, level, scores } = column
  if (role === 'missing') return (_, missing) => (missing ? 1 : 0)
  if (role === 'score') return (cell) => (Number.isNaN(cell) ? cell : (scores as number[])[cell])
  if (role === 'level') {
    const wanted = (feature.levels as string[]).indexOf(level as string)
    return (cell) => (Number.isNaN(cell) ? cell : cell === wanted ? 1 : 0)
  }
  return feature.clip || feature.log ? (cell) => transformed(feature, cell) : (cell) => cell
}

/**
 * Centres and scales the feature's columns over the training cells as they will stand in the matrix, after filling: as
 * the design's transform says, else as the learner needs. `missing`: 1 where the cell was.
 */
export const scaleFeature = (
  feature: PreparedFeature,
  cells: Float64Array,
  missing: Uint8Array,
  { design, needs }: Pick<FeatureSettings, 'design' | 'needs'>,
): void => {
  const transform = feature.levels ? 'none' : transformOf(feature, design)
  for (const column of feature.columns) {
    const chosen = column.role === 'value' ? transform : 'none'
    const codes = column.role === 'value' && feature.levels !== null
    const standardise =
      chosen === 'standardise' || (needs.standardise && !codes && (chosen === 'none' || chosen === 'log'))
    if (!standardise && chosen !== 'minMax' && chosen !== 'robust') continue
    const evaluate = columnValue(feature, column)
    const values = cells.map((cell, i) => evaluate(cell, missing[i] === 1)).filter((value) => !Number.isNaN(value))
    const { mean, scale } =
      chosen === 'minMax' ? span(values) : chosen === 'robust' ? quartiles(values) : moments(values)
    column.mean = mean
    column.scale = scale > 0 ? scale : 1
  }
}

const span = (values: Float64Array) => {
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY)
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
  return { mean: low, scale: high - low }
}

const quartiles = (values: Float64Array) => {
  const ascending = values.slice().sort()
  return { mean: quantileOf(ascending, 0.5), scale: quantileOf(ascending, 0.75) - quantileOf(ascending, 0.25) }
}

/** Mean and SD (n - 1). */
const moments = (values: Float64Array) => {
  const mean = meanOf(values)
  let squares = 0
  for (const value of values) squares += (value - mean) ** 2
  return { mean, scale: Math.sqrt(squares / (values.length - 1)) }
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

/** The feature as an imputer sees it. */
export const imputedOf = ({ name, kind, levels }: PreparedFeature): ImputedFeature => ({
  name,
  levels: levels?.length ?? (kind === 'boolean' ? 2 : 0),
  whole: kind === 'integer' || kind === 'date',
})

/**
 * caret's `nearZeroVar`: the most frequent value more than 19 times as frequent as the next, and at most 10 % distinct
 * values.
 */
export const nearZeroVariance = ({ values }: Column, rows: ArrayLike<number>): boolean => {
  const counts = new Map<number, number>()
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i]]
    if (Number.isFinite(value)) counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  const [first = 0, second = 0] = [...counts.values()].sort((a, b) => b - a)
  return second === 0 || (first / second > 95 / 5 && (100 * counts.size) / rows.length <= 10)
}
