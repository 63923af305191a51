import { type Random, randomOf } from '../../numbers/random.ts'
import type { BinnedColumns } from './bins.ts'
import { growing, type Split } from './criterion.ts'
import { directionOf } from './direction.ts'
import { criterionOf, type ForestTarget, type GrownTrees } from './forestTask.ts'
import { drawBag, type Sampling } from './sample.ts'

/** A run of oblique trees to grow. Rows stand in the order of the target; arrays lie on shared memory. */
export interface ObliqueTask {
  /** Row-major rows x width. */
  values: Float64Array
  rows: number
  width: number
  target: ForestTarget
  /** Columns that are not the same for all rows. */
  varying: Int32Array
  /** Columns in a combination. */
  mtry: number
  /** 0: no limit. */
  maxDepth: number
  minLeaf: number
  /** A split must be worth this much (survival: log-rank statistic). */
  minGain: number
  sampling: Sampling
  weights: Float64Array | null
  eligible: Int32Array | null
  seed: number
  first: number
  count: number
}

export interface ObliqueNodes {
  /** Pre-order: number of columns of the node's combination, 0 for leaves. */
  sizes: Uint8Array
  columns: Uint16Array
  coefficients: Float64Array
  /** A split each: rows whose combination is at most this go left. */
  thresholds: Float64Array
  treeNodes: Uint32Array
}

export interface GrownObliqueTrees extends Omit<GrownTrees, 'nodes'> {
  nodes: ObliqueNodes
}

/** Groups of equal size a node's combination is cut into; all cuts between them are tried. */
const cuts = 64
/** Combinations tried in a node before it becomes a leaf. */
const tries = 3

/** Worker task: grows some trees of an oblique forest. A function of its input alone. */
export const growObliqueTrees = (task: ObliqueTask): GrownObliqueTrees => {
  const { values, rows, width, target, varying, maxDepth, minLeaf, minGain, sampling, weights, eligible } = task
  const mtry = Math.min(task.mtry, varying.length)
  // The combination of the node at hand stands where the criterion expects a column of bins.
  const codes = new Uint8Array(rows)
  const binned: BinnedColumns = { rows, columns: 1, codes, edges: [new Float64Array(cuts)] }
  const weight = new Float64Array(rows)
  const { criterion, outputs } = criterionOf(binned, target, { weight, minLeaf }, weights !== null)
  const sums = new Float64Array(new SharedArrayBuffer(rows * criterion.width * 8))
  const seen = new Uint16Array(new SharedArrayBuffer(rows * 2))
  const sizes = growing((length) => new Uint8Array(length))
  const nodeColumns = growing((length) => new Uint16Array(length))
  const coefficients = growing((length) => new Float64Array(length))
  const thresholds = growing((length) => new Float64Array(length))
  const treeNodes: number[] = []
  const inside = new Int32Array(rows)
  const outside = new Int32Array(rows)
  const held = new Int32Array(rows)
  const projected = new Float64Array(rows)
  const drawn = Int32Array.from(varying)
  const direction = new Float64Array(mtry)
  const chosen = drawn.subarray(0, mtry)
  let threshold = 0

  const project = (order: Int32Array, start: number, end: number) => {
    for (let i = start; i < end; i++) {
      const row = order[i]
      let sum = 0
      for (let j = 0; j < mtry; j++) sum += direction[j] * values[row * width + chosen[j]]
      projected[row] = sum
    }
  }

  /** Draws columns, finds their combination and its best cut; false where no try gives a split. */
  const seek = (start: number, end: number, random: Random): boolean => {
    for (let attempt = 0; attempt < tries; attempt++) {
      for (let j = 0; j < mtry; j++) {
        const other = j + random.below(drawn.length - j)
        const column = drawn[other]
        drawn[other] = drawn[j]
        drawn[j] = column
      }
      const label = target.task === 'diagnosis' ? target.y[inside[start + random.below(end - start)]] : 0
      if (!directionOf(target, label, values, width, chosen, { order: inside, start, end, weight }, direction)) continue
      project(inside, start, end)
      const edges = cutsOf(projected, inside, start, end)
      if (edges.length === 0) continue
      for (let i = start; i < end; i++) codes[inside[i]] = binOf(edges, projected[inside[i]])
      const best: Split = { gain: -1, column: 0, bin: 0, missingLeft: false }
      criterion.seek(0, inside, start, end, best)
      if (!(best.gain > minGain)) continue
      threshold = edges[best.bin]
      return true
    }
    return false
  }

  const partition = (order: Int32Array, start: number, end: number): number => {
    let left = start
    let right = 0
    for (let i = start; i < end; i++) {
      const row = order[i]
      if (projected[row] <= threshold) order[left++] = row
      else held[right++] = row
    }
    for (let i = 0; i < right; i++) order[left + i] = held[i]
    return left
  }

  const grow = (random: Random) => {
    drawn.set(varying)
    criterion.begin?.()
    let insideCount = 0
    let outsideCount = 0
    for (let row = 0; row < rows; row++)
      if (weight[row] > 0) inside[insideCount++] = row
      else outside[outsideCount++] = row
    const before = sizes.length
    const stack = [0, insideCount, 0, outsideCount, 0]
    while (stack.length > 0) {
      const depth = stack.pop() as number
      const outsideEnd = stack.pop() as number
      const outsideStart = stack.pop() as number
      const end = stack.pop() as number
      const start = stack.pop() as number
      const maySplit = criterion.enter(inside, start, end) && (maxDepth === 0 || depth < maxDepth) && mtry > 0
      if (!maySplit || !seek(start, end, random)) {
        sizes.push(0)
        criterion.leaf(inside, start, end)
        criterion.credit(outside, outsideStart, outsideEnd, sums)
        for (let i = outsideStart; i < outsideEnd; i++) seen[outside[i]]++
        continue
      }
      sizes.push(mtry)
      for (let j = 0; j < mtry; j++) {
        nodeColumns.push(chosen[j])
        coefficients.push(direction[j])
      }
      thresholds.push(threshold)
      project(outside, outsideStart, outsideEnd)
      const middle = partition(inside, start, end)
      const outsideMiddle = partition(outside, outsideStart, outsideEnd)
      stack.push(middle, end, outsideMiddle, outsideEnd, depth + 1)
      stack.push(start, middle, outsideStart, outsideMiddle, depth + 1)
    }
    treeNodes.push(sizes.length - before)
  }

  for (let tree = task.first; tree < task.first + task.count; tree++) {
    const random = randomOf(task.seed, tree)
    drawBag(weight, eligible, sampling, random)
    if (weights) for (let row = 0; row < rows; row++) weight[row] *= weights[row]
    grow(random)
  }
  return {
    nodes: {
      sizes: sizes.take(),
      columns: nodeColumns.take(),
      coefficients: coefficients.take(),
      thresholds: thresholds.take(),
      treeNodes: Uint32Array.from(treeNodes),
    },
    leaves: outputs(),
    outOfBag: { sums, seen },
  }
}

/** Cuts between groups of about equal numbers of distinct values, ascending; none where all are equal. */
const cutsOf = (projected: Float64Array, order: Int32Array, start: number, end: number): number[] => {
  const sorted = new Float64Array(end - start)
  for (let i = start; i < end; i++) sorted[i - start] = projected[order[i]]
  sorted.sort()
  const edges: number[] = []
  const step = Math.max(1, sorted.length / cuts)
  let due = step
  for (let i = 1; i < sorted.length; i++) {
    if (i < due || sorted[i] === sorted[i - 1]) continue
    const middle = sorted[i - 1] / 2 + sorted[i] / 2
    edges.push(middle < sorted[i] ? middle : sorted[i - 1])
    due = i + step
  }
  return edges.slice(0, cuts - 1)
}

/** The first edge that is not below the value; beyond the last, their number. */
const binOf = (edges: readonly number[], value: number): number => {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (value <= edges[middle]) high = middle
    else low = middle + 1
  }
  return low
}
