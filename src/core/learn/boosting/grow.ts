import type { Random } from '../../numbers/random.ts'
import { missingBin } from '../trees/bins.ts'
import { clearly } from '../trees/criterion.ts'
import { type Arena, foundFields, stepFields } from './arena.ts'
import { leafValue, type NodeSums, type Rules } from './scan.ts'
import { phase, step } from './work.ts'

export interface TreeLimits {
  /** Splits from root to leaf at most; 0: no limit. */
  maxDepth: number
  /** Leaves at most, the most gainful splits first; 0: no limit, level by level. */
  maxLeaves: number
  /** A split must take at least so much off twice the loss. */
  minGain: number
  /** Share of the columns drawn for each tree, and for each node of those. */
  columnShare: number
  columnShareSplit: number
}

/** A split as the tree keeps it: codes up to `bin`, or the levels with their bit set, go left. */
export interface Split {
  gain: number
  column: number
  bin: number
  missingLeft: boolean
  leftGradient: number
  leftHessian: number
  levels: Int32Array | null
}

/** A node of a grown tree. Rows inside are those it was grown on, rows outside are followed along. */
export interface GrownNode extends NodeSums {
  depth: number
  start: number
  end: number
  outsideStart: number
  outsideEnd: number
  /** Where its histogram stands; -1: nowhere. */
  slot: number
  split: Split | null
  left: GrownNode | null
  right: GrownNode | null
}

type Run = (kind: number, count: number, argument?: number) => void

/**
 * Grows one tree after another on the gradients in the arena. A level (or, best first, a node) at a time: its nodes
 * part their rows, then each block of columns builds the histogram of the lighter child, takes it from the parent's to
 * get the other's, and looks for splits.
 */
export const createGrower = (
  arena: Arena,
  run: Run,
  shape: { bins: Int32Array; levels: Int32Array; directions: Int8Array },
  rules: Rules,
  limits: TreeLimits,
) => {
  const { blocks, columns, slots, steps, found, parts, tables, masks, order } = arena
  const { maxDepth, maxLeaves, minGain, columnShare, columnShareSplit } = limits
  const free: number[] = []
  const drawn = Int32Array.from({ length: columns }, (_, column) => column)
  let stepCount = 0

  const take = (open: readonly GrownNode[], busy: number): number => {
    const slot = free.pop()
    if (slot !== undefined) return slot
    // The node whose turn is furthest builds its histogram anew when it comes.
    for (let i = open.length - 1; i >= busy; i--) {
      const taken = open[i].slot
      if (taken < 0) continue
      open[i].slot = -1
      return taken
    }
    return -1
  }
  const release = (node: GrownNode) => {
    if (node.slot >= 0) free.push(node.slot)
    node.slot = -1
  }

  const addStep = (...fields: number[]) => {
    steps.set(fields, stepCount++ * stepFields)
  }
  const addScan = (node: GrownNode, place: number, mask: number) =>
    addStep(step.scan, node.slot, 0, 0, node.gradient, node.hessian, node.lower, node.upper, place, mask)

  /** Marks a share of the columns, of those marked in `among`; at least one. */
  const drawColumns = (into: number, among: number | null, share: number, random: Random) => {
    let count = 0
    for (let column = 0; column < columns; column++)
      if (among === null || masks[among * columns + column] === 1) drawn[count++] = column
    const wanted = Math.max(1, Math.round(share * count))
    masks.fill(0, into * columns, (into + 1) * columns)
    for (let i = 0; i < wanted; i++) {
      const other = i + random.below(count - i)
      const column = drawn[other]
      drawn[other] = drawn[i]
      masks[into * columns + column] = 1
    }
  }
  const maskOf = (place: number, random: Random): number => {
    if (columnShareSplit >= 1) return 0
    drawColumns(1 + place, 0, columnShareSplit, random)
    return 1 + place
  }

  /** The best split of a node over all blocks, the first of equals. */
  const splitAt = (place: number): Split | null => {
    let best = -1
    let gain = 0
    for (let block = 0; block < blocks; block++) {
      const at = (place * blocks + block) * foundFields
      if (found[at + 1] < 0 || found[at] <= gain * clearly) continue
      best = at
      gain = found[at]
    }
    if (best < 0 || gain <= minGain) return null
    const category = found[best + 6] === 1
    return {
      gain,
      column: found[best + 1],
      bin: found[best + 2],
      missingLeft: found[best + 3] === 1,
      leftGradient: found[best + 4],
      leftHessian: found[best + 5],
      levels: category ? Int32Array.from({ length: 8 }, (_, word) => found[best + 7 + word]) : null,
    }
  }

  const fillTable = (piece: number, { bin, missingLeft, levels }: Split) => {
    const table = tables.subarray(piece * 256, (piece + 1) * 256)
    if (levels) for (let code = 0; code < missingBin; code++) table[code] = (levels[code >> 5] >>> (code & 31)) & 1
    else for (let code = 0; code < missingBin; code++) table[code] = code <= bin ? 1 : 0
    table[missingBin] = missingLeft ? 1 : 0
  }

  const isTerminal = (depth: number) => maxDepth > 0 && depth >= maxDepth

  /** Makes the two children of a node whose rows have been parted; null where one side got none. */
  const childrenOf = (node: GrownNode, split: Split, goLeft: number, outsideLeft: number) => {
    const middle = node.start + goLeft
    if (middle === node.start || middle === node.end) return null
    const outsideMiddle = node.outsideStart + outsideLeft
    const { leftGradient, leftHessian } = split
    const rest = { depth: node.depth + 1, slot: -1, split: null, left: null, right: null }
    const left: GrownNode = {
      ...rest,
      gradient: leftGradient,
      hessian: leftHessian,
      lower: node.lower,
      upper: node.upper,
      start: node.start,
      end: middle,
      outsideStart: node.outsideStart,
      outsideEnd: outsideMiddle,
    }
    const right: GrownNode = {
      ...rest,
      gradient: node.gradient - leftGradient,
      hessian: node.hessian - leftHessian,
      lower: node.lower,
      upper: node.upper,
      start: middle,
      end: node.end,
      outsideStart: outsideMiddle,
      outsideEnd: node.outsideEnd,
    }
    const partsMissing = split.bin === shape.bins[split.column] - 1
    const direction = partsMissing ? 0 : shape.directions[split.column]
    if (direction !== 0) {
      // Leaves further down may not cross the middle of the two values (as in XGBoost).
      const stepOf = ({ gradient, hessian, lower, upper }: GrownNode) =>
        leafValue(gradient, hessian, rules, lower, upper)
      const middleValue = (stepOf(left) + stepOf(right)) / 2
      if (direction > 0) {
        left.upper = middleValue
        right.lower = middleValue
      } else {
        left.lower = middleValue
        right.upper = middleValue
      }
    }
    return { left, right }
  }

  /** Nodes to part next, from the front of `open`, as many as histograms have room for. */
  const batchOf = (open: GrownNode[], leaves: number): number => {
    if (maxLeaves > 0) {
      if (leaves >= maxLeaves) return 0
      let best = 0
      for (let i = 1; i < open.length; i++)
        if ((open[i].split as Split).gain > (open[best].split as Split).gain) best = i
      const chosen = open[best]
      open.splice(best, 1)
      open.unshift(chosen)
      return 1
    }
    let room = slots
    let count = 0
    // Children of one batch and the parents they come from never need more than there are.
    for (const node of open) {
      room -= isTerminal(node.depth + 1) ? 1 : 2
      if (room < 0) break
      count++
    }
    return count
  }

  const expand = (batch: GrownNode[], open: GrownNode[], random: Random): GrownNode[] => {
    for (const [piece, node] of batch.entries()) {
      const split = node.split as Split
      const { start, end, outsideStart, outsideEnd } = node
      parts.set([split.column, end - start, outsideEnd - outsideStart, start, outsideStart], piece * 8)
      fillTable(piece, split)
    }
    run(phase.part, batch.length)
    stepCount = 0
    const wanted: GrownNode[] = []
    for (const [piece, node] of batch.entries()) {
      const children = childrenOf(node, node.split as Split, parts[piece * 8 + 5], parts[piece * 8 + 6])
      if (!children) {
        node.split = null
        release(node)
        continue
      }
      const { left, right } = children
      node.left = left
      node.right = right
      if (isTerminal(left.depth)) {
        release(node)
        continue
      }
      const [light, heavy] = left.end - left.start <= right.end - right.start ? [left, right] : [right, left]
      const whole = node.slot
      node.slot = -1
      light.slot = take(open, 0)
      addStep(step.build, light.slot, light.start, light.end - light.start)
      if (whole >= 0) {
        heavy.slot = whole
        addStep(step.subtract, heavy.slot, light.slot)
      } else {
        heavy.slot = take(open, 0)
        addStep(step.build, heavy.slot, heavy.start, heavy.end - heavy.start)
      }
      for (const child of [left, right]) {
        addScan(child, wanted.length, maskOf(wanted.length, random))
        wanted.push(child)
      }
    }
    if (stepCount > 0) run(phase.search, blocks, stepCount)
    wanted.forEach((child, place) => {
      child.split = splitAt(place)
      if (!child.split) release(child)
    })
    return wanted.filter(({ split }) => split !== null)
  }

  /** Grows a tree on the first `inside` rows of the arena's order; all others are followed to their leaves. */
  const grow = (inside: number, random: Random): GrownNode => {
    free.length = 0
    for (let slot = slots - 1; slot >= 0; slot--) free.push(slot)
    if (columnShare < 1) drawColumns(0, null, columnShare, random)
    else masks.fill(1, 0, columns)
    let [gradient, hessian] = [0, 0]
    for (let i = 0; i < inside; i++) {
      gradient += arena.pairs[2 * order[i]]
      hessian += arena.pairs[2 * order[i] + 1]
    }
    const root: GrownNode = {
      gradient,
      hessian,
      lower: Number.NEGATIVE_INFINITY,
      upper: Number.POSITIVE_INFINITY,
      depth: 0,
      start: 0,
      end: inside,
      outsideStart: inside,
      outsideEnd: order.length,
      slot: -1,
      split: null,
      left: null,
      right: null,
    }
    stepCount = 0
    root.slot = take([], 0)
    addStep(step.build, root.slot, 0, inside)
    addScan(root, 0, maskOf(0, random))
    run(phase.search, blocks, stepCount)
    root.split = splitAt(0)
    let open = root.split ? [root] : []
    let leaves = 1
    while (open.length > 0) {
      const count = batchOf(open, leaves)
      if (count === 0) break
      const batch = open.slice(0, count)
      open = open.slice(count)
      const found = expand(batch, open, random)
      leaves += batch.filter(({ split }) => split !== null).length
      open = open.concat(found)
    }
    // Best first, nodes whose turn never came stay leaves.
    for (const node of open) node.split = null
    return root
  }

  return { grow }
}

/** Visits a tree's nodes in pre-order. */
export const visit = (root: GrownNode, see: (node: GrownNode) => void): void => {
  const stack = [root]
  for (let node = stack.pop(); node; node = stack.pop()) {
    see(node)
    if (node.right) stack.push(node.right)
    if (node.left) stack.push(node.left)
  }
}
