import { type BinnedColumns, missingBin } from './bins.ts'
import { type Criterion, clearly, growing, listOccupied, occupiedBins, type Split } from './criterion.ts'

/**
 * Least weight of a leaf, and the weight of each row in the tree at hand (bag multiplicity times case weight; 0: out of
 * bag).
 */
export interface Bag {
  weight: Float64Array
  minLeaf: number
}

/**
 * Split sums of one column in one node, by occupied bin: weight and target sum centred on the node's mean. For two
 * classes coded 0 and 1 the variance criterion is Gini's (Gini impurity = 2 p (1 - p) = 2 variance), so both share this
 * scan.
 */
interface Sums {
  bins: Int32Array
  count: number
  weight: Float64Array
  sum: Float64Array
  missingWeight: number
  missingSum: number
}

/** The middle of the run of bins between two occupied neighbours: any of them splits the node's rows alike. */
const middleBin = (low: number, high: number) => (low + high - 1) >> 1

const scanSums = (s: Sums, total: number, minLeaf: number, lastBin: number, column: number, best: Split) => {
  const { bins, count, weight, sum, missingWeight } = s
  const passes = missingWeight > 0 ? 2 : 1
  for (let pass = 0; pass < passes; pass++) {
    let leftWeight = pass === 0 ? 0 : missingWeight
    let leftSum = pass === 0 ? 0 : s.missingSum
    // The last boundary parts the known from the missing.
    const boundaries = pass === 0 && passes === 2 ? count : count - 1
    for (let k = 0; k < boundaries; k++) {
      leftWeight += weight[k]
      leftSum += sum[k]
      const rightWeight = total - leftWeight
      if (leftWeight < minLeaf || rightWeight < minLeaf) continue
      // The decrease of the weighted variance, times the node's weight; sums being centred, the right sum is -leftSum.
      const gain = (leftSum * leftSum * total) / (leftWeight * rightWeight)
      if (gain > best.gain * clearly) {
        best.gain = gain
        best.column = column
        best.bin = k + 1 < count ? middleBin(bins[k], bins[k + 1]) : lastBin
        best.missingLeft = passes === 2 ? pass === 1 : leftWeight >= rightWeight
      }
    }
  }
}

/** Nodes of this many rows read their histograms bin by bin, smaller ones through a bit set of occupied bins. */
const denseFrom = 512

const sumsOf = (): Sums & { weight: Float64Array; sum: Float64Array } => ({
  bins: new Int32Array(256),
  count: 0,
  weight: new Float64Array(256),
  sum: new Float64Array(256),
  missingWeight: 0,
  missingSum: 0,
})

/**
 * Two classes by Gini impurity, where weights are whole numbers below 128 (bag multiplicities alone): a row's class and
 * weight are then one byte and a histogram counts in integers, which is a fifth faster. A leaf holds the weight of each
 * class.
 */
export const giniOfTwo = (binned: BinnedColumns, y: Uint8Array, { weight, minLeaf }: Bag) => {
  const { rows, codes, edges } = binned
  const histogram = new Int32Array(512)
  const occupied = occupiedBins()
  const sums = sumsOf()
  // Twice the weight, plus the class: of all rows, and of the node's.
  const stampOf = new Uint8Array(rows)
  const stamps = new Uint8Array(rows)
  const counts = growing((length) => new Float32Array(length))
  let total = 0
  let ones = 0

  const criterion: Criterion = {
    begin() {
      for (let row = 0; row < rows; row++) stampOf[row] = (weight[row] << 1) | y[row]
    },
    enter(order, start, end) {
      let all = 0
      let ofOne = 0
      for (let i = start, j = 0; i < end; i++, j++) {
        const stamp = stampOf[order[i]]
        stamps[j] = stamp
        all += stamp >> 1
        ofOne += (stamp >> 1) * (stamp & 1)
      }
      total = all
      ones = ofOne
      return total >= 2 * minLeaf && ones > 0 && ones < total
    },
    seek(column, order, start, end, best) {
      const size = end - start
      const from = column * rows
      const { mask, bins } = occupied
      let count = 0
      if (size >= denseFrom) {
        for (let j = 0; j < size; j++) {
          const stamp = stamps[j]
          histogram[(codes[from + order[start + j]] << 1) | (stamp & 1)] += stamp >> 1
        }
        for (let bin = 0; bin < edges[column].length; bin++)
          if ((histogram[bin << 1] | histogram[(bin << 1) | 1]) !== 0) bins[count++] = bin
      } else {
        for (let j = 0; j < size; j++) {
          const stamp = stamps[j]
          const code = codes[from + order[start + j]]
          mask[code >> 5] |= 1 << code
          histogram[(code << 1) | (stamp & 1)] += stamp >> 1
        }
        count = listOccupied(occupied)
      }
      const share = ones / total
      const { weight: binWeight, sum: binSum } = sums
      for (let k = 0; k < count; k++) {
        const at = bins[k] << 1
        const one = histogram[at | 1]
        const all = histogram[at] + one
        binWeight[k] = all
        binSum[k] = one - all * share
        histogram[at] = 0
        histogram[at | 1] = 0
      }
      const at = missingBin << 1
      const one = histogram[at | 1]
      const all = histogram[at] + one
      histogram[at] = 0
      histogram[at | 1] = 0
      sums.bins = bins
      sums.count = count
      sums.missingWeight = all
      sums.missingSum = one - all * share
      scanSums(sums, total, minLeaf, edges[column].length - 1, column, best)
    },
    leaf() {
      counts.push(total - ones)
      counts.push(ones)
    },
    width: 1,
    credit(order, start, end, sums) {
      const share = ones / total
      for (let i = start; i < end; i++) sums[order[i]] += share
    },
  }
  return { criterion, outputs: () => ({ counts: counts.take() }) }
}

/** Any number of classes, any weights, by Gini impurity. A leaf holds the weight of each class. */
export const giniOfMany = (binned: BinnedColumns, y: Uint8Array, classes: number, { weight, minLeaf }: Bag) => {
  const { rows, codes, edges } = binned
  const histogram = new Float64Array(256 * classes)
  const occupied = occupiedBins()
  const inBin = new Float64Array(256)
  const node = new Float64Array(classes)
  const left = new Float64Array(classes)
  const target = new Uint8Array(rows)
  const held = new Float64Array(rows)
  const counts = growing((length) => new Float32Array(length))
  let total = 0
  let purity = 0

  const criterion: Criterion = {
    enter(order, start, end) {
      total = 0
      node.fill(0)
      for (let i = start, j = 0; i < end; i++, j++) {
        const row = order[i]
        const w = weight[row]
        target[j] = y[row]
        held[j] = w
        total += w
        node[target[j]] += w
      }
      purity = 0
      let present = 0
      for (let c = 0; c < classes; c++) {
        purity += (node[c] * node[c]) / total
        if (node[c] > 0) present++
      }
      return total >= 2 * minLeaf && present > 1
    },
    seek(column, order, start, end, best) {
      const size = end - start
      const from = column * rows
      const { mask, bins } = occupied
      for (let j = 0; j < size; j++) {
        const code = codes[from + order[start + j]]
        mask[code >> 5] |= 1 << code
        histogram[code * classes + target[j]] += held[j]
        inBin[code] += held[j]
      }
      const count = listOccupied(occupied)
      const missing = inBin[missingBin]
      const passes = missing > 0 ? 2 : 1
      for (let pass = 0; pass < passes; pass++) {
        let leftWeight = pass === 0 ? 0 : missing
        for (let c = 0; c < classes; c++) left[c] = pass === 0 ? 0 : histogram[missingBin * classes + c]
        const boundaries = pass === 0 && passes === 2 ? count : count - 1
        for (let k = 0; k < boundaries; k++) {
          const at = bins[k] * classes
          leftWeight += inBin[bins[k]]
          const rightWeight = total - leftWeight
          let leftSquares = 0
          let rightSquares = 0
          for (let c = 0; c < classes; c++) {
            left[c] += histogram[at + c]
            const right = node[c] - left[c]
            leftSquares += left[c] * left[c]
            rightSquares += right * right
          }
          if (leftWeight < minLeaf || rightWeight < minLeaf) continue
          // Zero at best where rounding says a little less, so that a split without gain is still one.
          const gain = Math.max(0, leftSquares / leftWeight + rightSquares / rightWeight - purity)
          if (gain > best.gain * clearly) {
            best.gain = gain
            best.column = column
            best.bin = k + 1 < count ? middleBin(bins[k], bins[k + 1]) : edges[column].length - 1
            best.missingLeft = passes === 2 ? pass === 1 : leftWeight >= rightWeight
          }
        }
      }
      for (let k = 0; k <= count; k++) {
        const bin = k < count ? bins[k] : missingBin
        inBin[bin] = 0
        histogram.fill(0, bin * classes, (bin + 1) * classes)
      }
    },
    leaf() {
      for (let c = 0; c < classes; c++) counts.push(node[c])
    },
    width: classes,
    credit(order, start, end, sums) {
      for (let i = start; i < end; i++)
        for (let c = 0; c < classes; c++) sums[order[i] * classes + c] += node[c] / total
    },
  }
  return { criterion, outputs: () => ({ counts: counts.take() }) }
}

/** A value by variance. A leaf holds its weight and mean. */
export const variance = (binned: BinnedColumns, y: Float64Array, { weight, minLeaf }: Bag) => {
  const { rows, codes, edges } = binned
  const histogram = new Float64Array(512)
  const occupied = occupiedBins()
  const sums = sumsOf()
  const centred = new Float64Array(rows)
  const held = new Float64Array(rows)
  const weights = growing((length) => new Float32Array(length))
  const values = growing((length) => new Float64Array(length))
  let total = 0
  let mean = 0

  const criterion: Criterion = {
    enter(order, start, end) {
      total = 0
      let sum = 0
      let low = Number.POSITIVE_INFINITY
      let high = Number.NEGATIVE_INFINITY
      for (let i = start, j = 0; i < end; i++, j++) {
        const row = order[i]
        const w = weight[row]
        const value = y[row]
        held[j] = w
        total += w
        sum += w * value
        if (value < low) low = value
        if (value > high) high = value
      }
      // Clamped, because a rounded mean of equal values need not be that value.
      mean = Math.min(high, Math.max(low, sum / total))
      for (let i = start, j = 0; i < end; i++, j++) centred[j] = held[j] * (y[order[i]] - mean)
      return total >= 2 * minLeaf && low < high
    },
    seek(column, order, start, end, best) {
      const size = end - start
      const from = column * rows
      const { mask, bins } = occupied
      for (let j = 0; j < size; j++) {
        const code = codes[from + order[start + j]]
        mask[code >> 5] |= 1 << code
        histogram[code << 1] += held[j]
        histogram[(code << 1) | 1] += centred[j]
      }
      const count = listOccupied(occupied)
      const { weight: binWeight, sum: binSum } = sums
      for (let k = 0; k < count; k++) {
        const at = bins[k] << 1
        binWeight[k] = histogram[at]
        binSum[k] = histogram[at | 1]
        histogram[at] = 0
        histogram[at | 1] = 0
      }
      const at = missingBin << 1
      sums.bins = bins
      sums.count = count
      sums.missingWeight = histogram[at]
      sums.missingSum = histogram[at | 1]
      histogram[at] = 0
      histogram[at | 1] = 0
      scanSums(sums, total, minLeaf, edges[column].length - 1, column, best)
    },
    leaf() {
      weights.push(total)
      values.push(mean)
    },
    width: 1,
    credit(order, start, end, sums) {
      for (let i = start; i < end; i++) sums[order[i]] += mean
    },
  }
  return { criterion, outputs: () => ({ weights: weights.take(), values: values.take() }) }
}
