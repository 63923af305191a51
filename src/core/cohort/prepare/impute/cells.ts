import type { Random } from '../../../numbers/random.ts'

/**
 * One feature as an imputer sees it: numbers as recorded, categories as the index of their level; NaN where missing.
 */
export interface ImputedFeature {
  name: string
  /** Number of levels; 0: a number. A yes/no counts as two levels, 0 and 1. */
  levels: number
  /** A whole-number feature's fill is rounded. */
  whole: boolean
}

/** Cells of one feature each, in the order of the features; all of one length. */
export type Cells = Float64Array[]

/** Rows with a missing cell of any feature. */
export const incompleteRows = (cells: Cells): Int32Array => {
  const rows = cells[0]?.length ?? 0
  const found: number[] = []
  for (let row = 0; row < rows; row++) if (cells.some((values) => Number.isNaN(values[row]))) found.push(row)
  return Int32Array.from(found)
}

/** Distinct whole numbers below `total`, ascending. */
export const drawRows = (total: number, count: number, random: Random): Int32Array => {
  if (count >= total) return Int32Array.from({ length: total }, (_, row) => row)
  // Floyd's sampling: each subset is as likely as any other.
  const chosen = new Set<number>()
  for (let last = total - count; last < total; last++) {
    const at = random.below(last + 1)
    chosen.add(chosen.has(at) ? last : at)
  }
  return Int32Array.from(chosen).sort()
}
