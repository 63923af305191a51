import { missingBin } from '../trees/bins.ts'
import { clearly } from '../trees/criterion.ts'

/** How splits are judged. */
export interface Rules {
  /** Penalty on squared leaf values. */
  l2: number
  /** Least sum of hessians on either side. */
  minChildWeight: number
  /** A leaf value before shrinkage is at most this, either way; 0: no limit. */
  maxStep: number
  /** Added to a level's hessians where levels are put in order, so that rare ones do not lead. */
  categorySmooth: number
}

/** A node as splits of it are judged: its sums, and what monotone columns above leave of its leaf values. */
export interface NodeSums {
  gradient: number
  hessian: number
  lower: number
  upper: number
}

/** The best split found so far of a node. */
export interface Found {
  gain: number
  column: number
  /** Rows whose code is at most this go left; of a category see `levels`. */
  bin: number
  missingLeft: boolean
  leftGradient: number
  leftHessian: number
  category: boolean
  /** Levels that go left, a bit each. */
  levels: Int32Array
}

export const noSplit = (): Found => ({
  gain: 0,
  column: -1,
  bin: 0,
  missingLeft: false,
  leftGradient: 0,
  leftHessian: 0,
  category: false,
  levels: new Int32Array(8),
})

/** Newton's leaf value -G / (H + l2) within its bounds. */
export const leafValue = (gradient: number, hessian: number, { l2, maxStep }: Rules, lower: number, upper: number) => {
  const size = hessian + l2
  let value = size > 0 ? -gradient / size : 0
  if (maxStep > 0) value = Math.max(-maxStep, Math.min(maxStep, value))
  return Math.max(lower, Math.min(upper, value))
}

/** What a leaf takes off twice the second-order loss: G² / (H + l2) where its value is free. */
const worth = (gradient: number, hessian: number, value: number, l2: number) =>
  -(2 * gradient * value + (hessian + l2) * value * value)

/** Any of the bins between two occupied neighbours splits the node's rows alike; the middle one is taken. */
const middleBin = (low: number, high: number) => (low + high - 1) >> 1

/**
 * Looks for a better split of a node by one column, whose sums stand at `from` in pairs (gradient, hessian) by bin.
 * `direction`: 1 where the outcome may only rise with the column, -1 only fall, 0 free. A gain is G_L²/(H_L + l2) +
 * G_R²/(H_R + l2) - G²/(H + l2).
 */
export const scanNumbers = (
  sums: Float64Array,
  from: number,
  bins: number,
  node: NodeSums,
  rules: Rules,
  direction: number,
  column: number,
  best: Found,
): void => {
  const { gradient, hessian, lower, upper } = node
  const { l2, minChildWeight, maxStep } = rules
  const free =
    direction === 0 && maxStep === 0 && lower === Number.NEGATIVE_INFINITY && upper === Number.POSITIVE_INFINITY
  const own = leafValue(gradient, hessian, rules, lower, upper)
  const parent = free
    ? hessian + l2 > 0
      ? (gradient * gradient) / (hessian + l2)
      : 0
    : worth(gradient, hessian, own, l2)
  const missingGradient = sums[from + 2 * missingBin]
  const missingHessian = sums[from + 2 * missingBin + 1]
  // Subtraction leaves dust where nothing is missing.
  const dust = 1e-12 * hessian
  const passes = missingHessian > dust ? 2 : 1
  let bound = best.column < 0 ? parent : parent + best.gain * clearly
  for (let pass = 0; pass < passes; pass++) {
    let leftGradient = pass === 0 ? 0 : missingGradient
    let leftHessian = pass === 0 ? 0 : missingHessian
    let before = -1
    for (let bin = 0; bin <= bins; bin++) {
      // The last boundary parts the known from the missing.
      if (bin === bins && (pass === 1 || passes === 1)) break
      const at = from + 2 * bin
      if (bin < bins && sums[at + 1] <= dust) {
        leftGradient += sums[at]
        leftHessian += sums[at + 1]
        continue
      }
      if (before >= 0 && leftHessian >= minChildWeight && hessian - leftHessian >= minChildWeight) {
        const rightGradient = gradient - leftGradient
        const rightHessian = hessian - leftHessian
        let both: number
        if (free)
          both =
            (leftGradient * leftGradient) / (leftHessian + l2) + (rightGradient * rightGradient) / (rightHessian + l2)
        else {
          const left = leafValue(leftGradient, leftHessian, rules, lower, upper)
          const right = leafValue(rightGradient, rightHessian, rules, lower, upper)
          // Missing values have no place in the order, so parting them from the known is free.
          both =
            bin < bins && direction * (right - left) < 0
              ? Number.NEGATIVE_INFINITY
              : worth(leftGradient, leftHessian, left, l2) + worth(rightGradient, rightHessian, right, l2)
        }
        if (both > bound && rightHessian > dust && leftHessian > dust) {
          best.gain = both - parent
          bound = parent + best.gain * clearly
          best.column = column
          best.bin = bin < bins ? middleBin(before, bin) : bins - 1
          best.missingLeft = passes === 2 ? pass === 1 : leftHessian >= rightHessian
          best.leftGradient = leftGradient
          best.leftHessian = leftHessian
          best.category = false
        }
      }
      if (bin < bins) {
        leftGradient += sums[at]
        leftHessian += sums[at + 1]
        before = bin
      }
    }
  }
}

const ratios = new Float64Array(256)

/**
 * The same for a category: levels in order of gradient over hessian, then parted like numbers, which of all ways to
 * part them in two is the best (Fisher 1958). Levels the node does not hold go with the missing ones.
 */
export const scanLevels = (
  sums: Float64Array,
  from: number,
  levels: number,
  node: NodeSums,
  rules: Rules,
  column: number,
  best: Found,
): void => {
  const { gradient, hessian, lower, upper } = node
  const { l2, minChildWeight } = rules
  const dust = 1e-12 * hessian
  const present: number[] = []
  for (let level = 0; level < levels; level++) {
    const held = sums[from + 2 * level + 1]
    if (held <= dust) continue
    present.push(level)
    ratios[level] = sums[from + 2 * level] / (held + rules.categorySmooth)
  }
  present.sort((a, b) => ratios[a] - ratios[b] || a - b)
  const missingHessian = sums[from + 2 * missingBin + 1]
  const passes = missingHessian > dust ? 2 : 1
  const stepOf = (g: number, h: number) => leafValue(g, h, rules, lower, upper)
  const parent = worth(gradient, hessian, stepOf(gradient, hessian), l2)
  for (let pass = 0; pass < passes; pass++) {
    let leftGradient = pass === 0 ? 0 : sums[from + 2 * missingBin]
    let leftHessian = pass === 0 ? 0 : missingHessian
    const boundaries = pass === 0 && passes === 2 ? present.length : present.length - 1
    for (let k = 0; k < boundaries; k++) {
      leftGradient += sums[from + 2 * present[k]]
      leftHessian += sums[from + 2 * present[k] + 1]
      const rightGradient = gradient - leftGradient
      const rightHessian = hessian - leftHessian
      if (leftHessian < minChildWeight || rightHessian < minChildWeight || rightHessian <= dust) continue
      const gain =
        worth(leftGradient, leftHessian, stepOf(leftGradient, leftHessian), l2) +
        worth(rightGradient, rightHessian, stepOf(rightGradient, rightHessian), l2) -
        parent
      if (gain <= (best.column < 0 ? 0 : best.gain * clearly)) continue
      best.gain = gain
      best.column = column
      best.bin = 0
      best.missingLeft = passes === 2 ? pass === 1 : leftHessian >= rightHessian
      best.leftGradient = leftGradient
      best.leftHessian = leftHessian
      best.category = true
      best.levels.fill(0)
      for (let i = 0; i <= k; i++) best.levels[present[i] >> 5] |= 1 << (present[i] & 31)
    }
  }
  // Levels nobody here has follow the missing ones, as a level never seen does.
  if (best.column === column && best.category && best.missingLeft)
    for (let level = 0; level < levels; level++)
      if (sums[from + 2 * level + 1] <= dust) best.levels[level >> 5] |= 1 << (level & 31)
}
