import type { Random } from '../../numbers/random.ts'
import { type BinnedColumns, missingBin } from './bins.ts'
import { type Criterion, growing, type Split } from './criterion.ts'

export interface Growth {
  /** 0: no limit. */
  maxDepth: number
  /** Columns looked at per node, drawn afresh; more where none of them splits the node, as in scikit-learn. */
  mtry: number
}

/** In `feature`, what marks a leaf. */
export const leafMark = 0xffff

/**
 * Nodes of trees in pre-order: the left child follows its parent, the right one the left subtree, so no links are
 * needed.
 */
export interface Nodes {
  /** Column of the split, or `leafMark`. */
  feature: Uint16Array
  /** Rows whose bin is at most this go left; 0 for leaves. */
  split: Uint8Array
  /** 1: missing values go left. */
  missingLeft: Uint8Array
  /** Number of nodes of each tree. */
  treeNodes: Uint32Array
}

/** Columns that are not the same for all rows. */
export const varyingColumns = ({ rows, columns, codes, edges }: BinnedColumns): Int32Array => {
  const varying: number[] = []
  for (let column = 0; column < columns; column++) {
    const from = column * rows
    const first = codes[from]
    let row = 1
    if (edges[column].length === 1) while (row < rows && codes[from + row] === first) row++
    if (row < rows) varying.push(column)
  }
  return Int32Array.from(varying)
}

/**
 * Grows trees one after another, depth first, each node splitting its stretch of the row order in place (stable, so
 * rows stay ascending). `credit` sees, leaf by leaf, the out-of-bag rows that end there.
 */
export const createGrower = (
  binned: BinnedColumns,
  criterion: Criterion,
  varying: Int32Array,
  { maxDepth, mtry }: Growth,
) => {
  const { rows, codes } = binned
  const feature = growing((length) => new Uint16Array(length))
  const split = growing((length) => new Uint8Array(length))
  const missingLeft = growing((length) => new Uint8Array(length))
  const treeNodes: number[] = []
  const inside = new Int32Array(rows)
  const outside = new Int32Array(rows)
  const held = new Int32Array(rows)
  const columns = Int32Array.from(varying)
  const best: Split = { gain: -1, column: 0, bin: 0, missingLeft: false }

  /** Moves rows of order[start..end) that go left before those that go right; returns where the right ones start. */
  const partition = (order: Int32Array, start: number, end: number): number => {
    const from = best.column * rows
    // Shifted by one, the missing code 255 becomes 0 and goes left; no branch, for the outcome is a coin's.
    const shift = best.missingLeft ? 1 : 0
    const limit = best.bin + shift + 1
    let left = start
    let right = 0
    for (let i = start; i < end; i++) {
      const row = order[i]
      const goesLeft = (((codes[from + row] + shift) & missingBin) - limit) >>> 31
      order[left] = row
      held[right] = row
      left += goesLeft
      right += 1 - goesLeft
    }
    for (let i = 0; i < right; i++) order[left + i] = held[i]
    return left
  }

  const seek = (start: number, end: number, random: Random) => {
    best.gain = -1
    for (let drawn = 0; drawn < columns.length && (drawn < mtry || best.gain < 0); drawn++) {
      const other = drawn + random.below(columns.length - drawn)
      const column = columns[other]
      columns[other] = columns[drawn]
      columns[drawn] = column
      criterion.seek(column, inside, start, end, best)
    }
    return best.gain >= 0
  }

  /** Grows one tree on the rows of positive weight; the others are followed to their leaves. */
  const grow = (
    weight: Float64Array,
    random: Random,
    credit: (order: Int32Array, start: number, end: number) => void,
  ) => {
    columns.set(varying)
    criterion.begin?.()
    let insideCount = 0
    let outsideCount = 0
    for (let row = 0; row < rows; row++) {
      const isIn = weight[row] > 0 ? 1 : 0
      inside[insideCount] = row
      outside[outsideCount] = row
      insideCount += isIn
      outsideCount += 1 - isIn
    }
    const first = feature.length
    const stack: number[] = [0, insideCount, 0, outsideCount, 0]
    while (stack.length > 0) {
      const depth = stack.pop() as number
      const outsideEnd = stack.pop() as number
      const outsideStart = stack.pop() as number
      const end = stack.pop() as number
      const start = stack.pop() as number
      const maySplit = criterion.enter(inside, start, end) && (maxDepth === 0 || depth < maxDepth)
      if (!maySplit || !seek(start, end, random)) {
        feature.push(leafMark)
        split.push(0)
        missingLeft.push(0)
        criterion.leaf(inside, start, end)
        if (outsideEnd > outsideStart) credit(outside, outsideStart, outsideEnd)
        continue
      }
      const middle = partition(inside, start, end)
      const outsideMiddle = outsideEnd > outsideStart ? partition(outside, outsideStart, outsideEnd) : outsideStart
      feature.push(best.column)
      split.push(best.bin)
      missingLeft.push(best.missingLeft ? 1 : 0)
      stack.push(middle, end, outsideMiddle, outsideEnd, depth + 1)
      stack.push(start, middle, outsideStart, outsideMiddle, depth + 1)
    }
    treeNodes.push(feature.length - first)
  }

  const take = (): Nodes => ({
    feature: feature.take(),
    split: split.take(),
    missingLeft: missingLeft.take(),
    treeNodes: Uint32Array.from(treeNodes),
  })
  return { grow, take }
}
