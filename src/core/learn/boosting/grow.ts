import type { Random } from '../../numbers/random.ts'
import { missingBin } from '../trees/bins.ts'
import { clearly } from '../trees/criterion.ts'
import { type Arena, foundFields, stepFields } from './arena.ts'
import type { Rules } from './scan.ts'
import { childrenOf, type GrownNode, keepApart, rootOf, type Split } from './tree.ts'
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

/** What trees are grown on, one after another; see `growTree`. */
export interface GrowerInput {
  arena: Arena
  /** Runs a phase of `count` pieces on all threads. */
  run: (kind: number, count: number, argument?: number) => void
  /** Value bins of each column, and whether the outcome may only rise (1) or fall (-1) with it. */
  bins: Int32Array
  directions: Int8Array
  rules: Rules
  limits: TreeLimits
}

export interface Grower extends GrowerInput {
  /** Histograms that no node holds. */
  free: number[]
  /** Room to draw columns in. */
  drawn: Int32Array
  /** Steps of the next search that are written down. */
  steps: number
}

export const growerOf = (input: GrowerInput): Grower => ({
  ...input,
  free: [],
  drawn: new Int32Array(input.arena.columns),
  steps: 0,
})

/**
 * Grows a tree on the gradients in the arena, of the first `inside` rows of its order; all others are followed to their
 * leaves. A level (or, best first, a node) at a time: its nodes part their rows, then each block of columns builds the
 * histogram of the lighter child, takes it from the parent's to get the other's, and looks for splits.
 */
export const growTree = (grower: Grower, inside: number, random: Random): GrownNode => {
  const { arena, limits, free } = grower
  free.length = 0
  for (let slot = arena.slots - 1; slot >= 0; slot--) free.push(slot)
  if (limits.columnShare < 1) drawColumns(grower, { into: 0, among: null, share: limits.columnShare }, random)
  else arena.masks.fill(1, 0, arena.columns)
  const root = rootOf(arena, inside)
  grower.steps = 0
  root.slot = takeSlot(free, [])
  addStep(grower, step.build, root.slot, 0, inside)
  addScan(grower, root, 0, random)
  grower.run(phase.search, arena.blocks, grower.steps)
  root.split = splitAt(grower, 0)
  let open = root.split ? [root] : []
  let leaves = 1
  while (open.length > 0) {
    const count = batchOf(grower, open, leaves)
    if (count === 0) break
    const batch = open.slice(0, count)
    open = open.slice(count)
    const found = expand(grower, batch, open, random)
    leaves += batch.filter(({ split }) => split !== null).length
    open = open.concat(found)
  }
  // Best first, nodes whose turn never came stay leaves.
  for (const node of open) node.split = null
  return root
}

/** Parts the rows of nodes and looks for splits of their children; those that have one are returned. */
const expand = (grower: Grower, batch: GrownNode[], open: GrownNode[], random: Random): GrownNode[] => {
  const { parts, blocks } = grower.arena
  for (const [piece, node] of batch.entries()) {
    const split = node.split as Split
    const { start, end, outsideStart, outsideEnd } = node
    parts.set([split.column, end - start, outsideEnd - outsideStart, start, outsideStart], piece * 8)
    fillTable(grower.arena, piece, split)
  }
  grower.run(phase.part, batch.length)
  grower.steps = 0
  const wanted: GrownNode[] = []
  for (const [piece, node] of batch.entries()) {
    const split = node.split as Split
    const children = childrenOf(node, split, { left: parts[piece * 8 + 5], outsideLeft: parts[piece * 8 + 6] })
    if (!children) {
      node.split = null
      release(grower, node)
      continue
    }
    const { left, right } = children
    const partsMissing = split.bin === grower.bins[split.column] - 1
    const direction = partsMissing ? 0 : grower.directions[split.column]
    if (direction !== 0) keepApart(left, right, direction, grower.rules)
    node.left = left
    node.right = right
    if (isTerminal(grower, left.depth)) {
      release(grower, node)
      continue
    }
    addBuilds(grower, node, open)
    for (const child of [left, right]) {
      addScan(grower, child, wanted.length, random)
      wanted.push(child)
    }
  }
  if (grower.steps > 0) grower.run(phase.search, blocks, grower.steps)
  wanted.forEach((child, place) => {
    child.split = splitAt(grower, place)
    if (!child.split) release(grower, child)
  })
  return wanted.filter(({ split }) => split !== null)
}

/** Has the lighter child's histogram built, and the other's from the parent's where there is one. */
const addBuilds = (grower: Grower, node: GrownNode, open: readonly GrownNode[]) => {
  const [left, right] = [node.left as GrownNode, node.right as GrownNode]
  const [light, heavy] = left.end - left.start <= right.end - right.start ? [left, right] : [right, left]
  const whole = node.slot
  node.slot = -1
  light.slot = takeSlot(grower.free, open)
  addStep(grower, step.build, light.slot, light.start, light.end - light.start)
  if (whole >= 0) {
    heavy.slot = whole
    addStep(grower, step.subtract, heavy.slot, light.slot)
  } else {
    heavy.slot = takeSlot(grower.free, open)
    addStep(grower, step.build, heavy.slot, heavy.start, heavy.end - heavy.start)
  }
}

const takeSlot = (free: number[], open: readonly GrownNode[]): number => {
  const slot = free.pop()
  if (slot !== undefined) return slot
  // The node whose turn is furthest builds its histogram anew when it comes.
  for (let i = open.length - 1; i >= 0; i--) {
    const taken = open[i].slot
    if (taken < 0) continue
    open[i].slot = -1
    return taken
  }
  return -1
}

const release = ({ free }: Grower, node: GrownNode) => {
  if (node.slot >= 0) free.push(node.slot)
  node.slot = -1
}

const addStep = (grower: Grower, ...fields: number[]) => {
  grower.arena.steps.set(fields, grower.steps++ * stepFields)
}

/** Has a node's splits looked for, by the columns drawn for it; the best stand at `place` after. */
const addScan = (grower: Grower, node: GrownNode, place: number, random: Random) => {
  const { columnShareSplit } = grower.limits
  const mask = columnShareSplit < 1 ? 1 + place : 0
  if (mask > 0) drawColumns(grower, { into: mask, among: 0, share: columnShareSplit }, random)
  addStep(grower, step.scan, node.slot, 0, 0, node.gradient, node.hessian, node.lower, node.upper, place, mask)
}

/** Marks a share of the columns, of those marked in `among`, or of all; at least one. */
const drawColumns = (
  { arena: { columns, masks }, drawn }: Grower,
  { into, among, share }: { into: number; among: number | null; share: number },
  random: Random,
) => {
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

/** The best split of a node over all blocks, the first of equals. */
const splitAt = ({ arena: { blocks, found }, limits }: Grower, place: number): Split | null => {
  let best = -1
  let gain = 0
  for (let block = 0; block < blocks; block++) {
    const at = (place * blocks + block) * foundFields
    if (found[at + 1] < 0 || found[at] <= gain * clearly) continue
    best = at
    gain = found[at]
  }
  if (best < 0 || gain <= limits.minGain) return null
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

/** Writes which codes go left. */
const fillTable = ({ tables }: Arena, piece: number, { bin, missingLeft, levels }: Split) => {
  const table = tables.subarray(piece * 256, (piece + 1) * 256)
  if (levels) for (let code = 0; code < missingBin; code++) table[code] = (levels[code >> 5] >>> (code & 31)) & 1
  else for (let code = 0; code < missingBin; code++) table[code] = code <= bin ? 1 : 0
  table[missingBin] = missingLeft ? 1 : 0
}

const isTerminal = ({ limits }: Grower, depth: number) => limits.maxDepth > 0 && depth >= limits.maxDepth

/** Nodes to part next, from the front of `open`, as many as histograms have room for. */
const batchOf = (grower: Grower, open: GrownNode[], leaves: number): number => {
  const { maxLeaves } = grower.limits
  if (maxLeaves > 0) {
    if (leaves >= maxLeaves) return 0
    let best = 0
    for (let i = 1; i < open.length; i++) if ((open[i].split as Split).gain > (open[best].split as Split).gain) best = i
    const chosen = open[best]
    open.splice(best, 1)
    open.unshift(chosen)
    return 1
  }
  let room = grower.arena.slots
  let count = 0
  // Children of one batch and the parents they come from never need more than there are.
  for (const node of open) {
    room -= isTerminal(grower, node.depth + 1) ? 1 : 2
    if (room < 0) break
    count++
  }
  return count
}
