import { leafValue, type NodeSums, type Rules } from './scan.ts'

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

/** The whole tree's node: the first `inside` rows of `order`, with the sums of their gradients and hessians. */
export const rootOf = ({ order, pairs }: { order: Int32Array; pairs: Float64Array }, inside: number): GrownNode => {
  let [gradient, hessian] = [0, 0]
  for (let i = 0; i < inside; i++) {
    gradient += pairs[2 * order[i]]
    hessian += pairs[2 * order[i] + 1]
  }
  return {
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
}

/** The two children of a node whose rows have been parted; null where one side got none of the rows inside. */
export const childrenOf = (
  node: GrownNode,
  split: Split,
  went: { left: number; outsideLeft: number },
): { left: GrownNode; right: GrownNode } | null => {
  const middle = node.start + went.left
  if (middle === node.start || middle === node.end) return null
  const outsideMiddle = node.outsideStart + went.outsideLeft
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
  return { left, right }
}

/**
 * Of two children by a monotone column: leaves further down may not cross the middle of the two values (as in XGBoost).
 */
export const keepApart = (left: GrownNode, right: GrownNode, direction: number, rules: Rules): void => {
  const stepOf = ({ gradient, hessian, lower, upper }: GrownNode) => leafValue(gradient, hessian, rules, lower, upper)
  const middle = (stepOf(left) + stepOf(right)) / 2
  if (direction > 0) {
    left.upper = middle
    right.lower = middle
  } else {
    left.lower = middle
    right.upper = middle
  }
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
