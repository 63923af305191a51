import type { Random } from '../../numbers/random.ts'

/** Sums over the rows that fall in each cell of a term: gradient, second derivative, weight. */
export interface CellSums {
  gradient: Float64Array
  hessian: Float64Array
  weight: Float64Array
}

export const cellSums = (cells: number): CellSums => ({
  gradient: new Float64Array(cells),
  hessian: new Float64Array(cells),
  weight: new Float64Array(cells),
})

export interface StepRules {
  /** Leaves of one step of a single column. */
  maxLeaves: number
  /** Least weight of a leaf. */
  minLeaf: number
  l2: number
  /** A step before shrinkage is at most this, either way; 0: no limit. */
  maxStep: number
  learningRate: number
  /** Cuts of a single column looked at, drawn by weight; 0: all. */
  cutsTried: number
}

const worth = (gradient: number, hessian: number, l2: number) => {
  const size = hessian + l2
  return size > 1e-12 ? (gradient * gradient) / size : 0
}

const stepOf = (gradient: number, hessian: number, { l2, maxStep, learningRate }: StepRules) => {
  const size = hessian + l2
  const step = size > 1e-12 ? -gradient / size : 0
  return learningRate * (maxStep > 0 ? Math.max(-maxStep, Math.min(maxStep, step)) : step)
}

/**
 * One boosting step of a single column: parts its cells, taken in `order` (a list of `count` cells), into at most
 * `maxLeaves` stretches of largest gain, and writes each cell's step. The missing cell, the last, is a leaf of its own.
 * Steps of all other cells are 0.
 */
export const stepOfColumn = (
  sums: CellSums,
  order: Int32Array,
  count: number,
  missing: number,
  rules: StepRules,
  random: Random,
  into: Float64Array,
): void => {
  into.fill(0)
  const leaves: [start: number, end: number][] = [[0, count]]
  const cuts: ({ gain: number; at: number } | null)[] = [bestCut(sums, order, 0, count, rules, random)]
  while (leaves.length < rules.maxLeaves) {
    let best = -1
    for (let leaf = 0; leaf < leaves.length; leaf++) {
      const cut = cuts[leaf]
      if (cut && (best < 0 || cut.gain > (cuts[best]?.gain ?? 0))) best = leaf
    }
    if (best < 0) break
    const [start, end] = leaves[best]
    const { at } = cuts[best] as { at: number }
    leaves.splice(best, 1, [start, at], [at, end])
    cuts.splice(best, 1, bestCut(sums, order, start, at, rules, random), bestCut(sums, order, at, end, rules, random))
  }
  if (leaves.length > 1)
    for (const [start, end] of leaves) {
      let [gradient, hessian] = [0, 0]
      for (let i = start; i < end; i++) {
        gradient += sums.gradient[order[i]]
        hessian += sums.hessian[order[i]]
      }
      const step = stepOf(gradient, hessian, rules)
      for (let i = start; i < end; i++) into[order[i]] = step
    }
  if (sums.weight[missing] >= rules.minLeaf)
    into[missing] = stepOf(sums.gradient[missing], sums.hessian[missing], rules)
}

const bestCut = (
  { gradient, hessian, weight }: CellSums,
  order: Int32Array,
  start: number,
  end: number,
  { minLeaf, l2, cutsTried }: StepRules,
  random: Random,
) => {
  let [allGradient, allHessian, all] = [0, 0, 0]
  for (let i = start; i < end; i++) {
    allGradient += gradient[order[i]]
    allHessian += hessian[order[i]]
    all += weight[order[i]]
  }
  if (all < 2 * minLeaf) return null
  // A cut is the first at or after each drawn share of the weight, so that many values are as likely cut as few
  // patients.
  const marks = Array.from({ length: cutsTried }, () => minLeaf + random.uniform() * (all - 2 * minLeaf)).sort(
    (a, b) => a - b,
  )
  let mark = 0
  const parent = worth(allGradient, allHessian, l2)
  let best: { gain: number; at: number } | null = null
  let [leftGradient, leftHessian, left] = [0, 0, 0]
  for (let i = start; i < end - 1; i++) {
    leftGradient += gradient[order[i]]
    leftHessian += hessian[order[i]]
    left += weight[order[i]]
    if (left < minLeaf || weight[order[i]] === 0) continue
    if (all - left < minLeaf) break
    if (cutsTried > 0) {
      if (mark >= cutsTried) break
      if (left < marks[mark]) continue
      while (mark < cutsTried && left >= marks[mark]) mark++
    }
    const gain =
      worth(leftGradient, leftHessian, l2) + worth(allGradient - leftGradient, allHessian - leftHessian, l2) - parent
    if (gain > (best ? best.gain * (1 + 1e-9) : 1e-12)) best = { gain, at: i + 1 }
  }
  return best
}

/** A pair's cells lie at `first * columns + second`, missing last along either side. */
export interface Grid {
  rows: number
  columns: number
}

/**
 * One boosting step of a pair (Lou et al. 2013): the side cut first, and each of its halves cut along the other,
 * whichever order gains more. Returns the gain, and writes each cell's step where `into` is given.
 */
export const stepOfPair = (
  sums: CellSums,
  { rows, columns }: Grid,
  rules: StepRules,
  into: Float64Array | null,
): number => {
  into?.fill(0)
  const total = prefixSums(sums, rows, columns)
  let best: { gain: number; along: 0 | 1; cut: number; halves: [number, number] } | null = null
  const whole = total.gainOf(0, rows, 0, columns, rules.l2)
  for (const along of [0, 1] as const) {
    const length = along === 0 ? rows : columns
    for (let cut = 1; cut < length; cut++) {
      const first = bestHalf(total, along, 0, cut, rows, columns, rules)
      if (!first) continue
      const second = bestHalf(total, along, cut, length, rows, columns, rules)
      if (!second) continue
      const gain = first.worth + second.worth - whole
      if (gain > (best ? best.gain * (1 + 1e-9) : 1e-12)) best = { gain, along, cut, halves: [first.at, second.at] }
    }
  }
  if (!best) return 0
  if (into) {
    const { along, cut, halves } = best
    const length = along === 0 ? rows : columns
    const other = along === 0 ? columns : rows
    for (let half = 0; half < 2; half++) {
      const [from, to] = half === 0 ? [0, cut] : [cut, length]
      for (const [start, end] of [
        [0, halves[half]],
        [halves[half], other],
      ]) {
        const [top, bottom, left, right] = along === 0 ? [from, to, start, end] : [start, end, from, to]
        const step = stepOf(total.gradient(top, bottom, left, right), total.hessian(top, bottom, left, right), rules)
        for (let i = top; i < bottom; i++) for (let j = left; j < right; j++) into[i * columns + j] = step
      }
    }
  }
  return best.gain
}

/** Top, bottom, left, right. */
type Box = [number, number, number, number]
type Totals = ReturnType<typeof prefixSums>

const bestHalf = (
  total: Totals,
  along: 0 | 1,
  from: number,
  to: number,
  rows: number,
  columns: number,
  { minLeaf, l2 }: StepRules,
): { worth: number; at: number } | null => {
  const other = along === 0 ? columns : rows
  let best: { worth: number; at: number } | null = null
  for (let at = 1; at < other; at++) {
    const a: Box = along === 0 ? [from, to, 0, at] : [0, at, from, to]
    const b: Box = along === 0 ? [from, to, at, other] : [at, other, from, to]
    if (total.weight(...a) < minLeaf || total.weight(...b) < minLeaf) continue
    const both = total.gainOf(...a, l2) + total.gainOf(...b, l2)
    if (!best || both > best.worth * (1 + 1e-9)) best = { worth: both, at }
  }
  return best
}

/** Sums over any rectangle of cells in four look-ups. */
const prefixSums = (sums: CellSums, rows: number, columns: number) => {
  const width = columns + 1
  const over = (values: Float64Array) => {
    const prefix = new Float64Array((rows + 1) * width)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++)
        prefix[(i + 1) * width + j + 1] =
          values[i * columns + j] + prefix[i * width + j + 1] + prefix[(i + 1) * width + j] - prefix[i * width + j]
    return (top: number, bottom: number, left: number, right: number) =>
      prefix[bottom * width + right] -
      prefix[top * width + right] -
      prefix[bottom * width + left] +
      prefix[top * width + left]
  }
  const [gradient, hessian, weight] = [over(sums.gradient), over(sums.hessian), over(sums.weight)]
  return {
    gradient,
    hessian,
    weight,
    gainOf: (top: number, bottom: number, left: number, right: number, l2: number) =>
      worth(gradient(top, bottom, left, right), hessian(top, bottom, left, right), l2),
  }
}
