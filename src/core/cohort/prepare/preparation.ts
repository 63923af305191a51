import type { MissingPolicy } from '../../../contract/design.ts'
import type { Said } from '../../../contract/say.ts'
import type { ConceptKind } from '../../../contract/values.ts'
import type { Matrix, MatrixNeeds } from '../matrix.ts'
import type { PreparedStrata } from '../strata.ts'
import type { ChainedImputer } from './impute/chained.ts'
import type { NeighbourImputer } from './impute/neighbours.ts'

/** One column of the matrix a feature becomes. */
export interface PreparedColumn {
  term: string
  /**
   * `value`: the number itself, or the level's index; `level`: 1 where the cell is `level`; `missing`: 1 where it is
   * not recorded; `score`: the level's mean outcome.
   */
  role: 'value' | 'level' | 'missing' | 'score'
  level: string | null
  /** Of `score`: one per level, in the order of the feature's levels. */
  scores?: number[]
  /** The matrix holds (value - mean) / scale; 0 and 1 where nothing is standardised. */
  mean: number
  scale: number
}

export interface PreparedFeature {
  name: string
  kind: ConceptKind
  unit: string | null
  /**
   * Levels of a category seen among training rows, in the table's order (the dictionary's, of ordinal ones); null for
   * other kinds.
   */
  levels: string[] | null
  /** The levels' order was asked for, so that their index is a number. */
  ordered?: true
  /** Rare levels that count as `otherLevel`. */
  merged?: string[]
  /**
   * What a cell that is missing (or a level not seen in training) is filled with: a number, a level's text, or null
   * where it stays missing (policy `native`). Under `drop` and `dropColumns` it serves prediction only; an imputer goes
   * before it.
   */
  fill: number | string | null
  /** Numbers beyond are moved to the nearer end. */
  clip?: { low: number; high: number }
  /**
   * The matrix holds log(value + shift), after clipping; a number at or below -shift counts as the lowest seen in
   * training.
   */
  log?: { shift: number; lowest: number }
  /** Missing cells among the training rows, before any were dropped. */
  missing: number
  /** Of the training values; null for categories. */
  low: number | null
  high: number | null
  columns: PreparedColumn[]
}

/** Where rare levels go, and what `constant` makes of a missing category. */
export const otherLevel = '(other)'
export const missingLevel = '(missing)'

export type DroppedReason = 'constant' | 'allMissing' | 'someMissing' | 'nearZeroVariance'

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
  /** Fills missing cells from the row's other features, where the policy is `knn` or `chained`. */
  imputer?: NeighbourImputer | ChainedImputer
  /** Where the design names strata. */
  strata?: PreparedStrata
  /** Where the design names splines or interactions. */
  terms?: PreparedTerms
  /** Features that did not become columns. */
  dropped: {
    name: string
    reason: DroppedReason
    /** Why, in English and as a text; models of before have no text. */
    message: string
    said?: Said
  }[]
}

/** Splines and interactions with all that was learned of them; plain JSON, part of the preparation. */
export interface PreparedTerms {
  /** Knots on the scale of the prepared column, ascending. */
  splines: { feature: string; knots: number[] }[]
  /**
   * Mean of each column of the two features among the training rows, their spline terms included, in the matrix's
   * order.
   */
  interactions: { features: [string, string]; means: [number[], number[]] }[]
  /** Terms the design names that could not be made, and why. */
  left: { term: string; message: string; said?: Said }[]
}

/** Cells of one feature that were not taken as recorded. Positions count the rows of the matrix. */
export interface FilledFeature {
  name: string
  /** Null where the cell stays missing: a level never seen, under the policy `native`. */
  with: number | string | null
  /** Where an imputer filled: the value of each position. */
  each?: (number | string)[]
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
