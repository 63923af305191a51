import { missingBin } from './bins.ts'

/** The best split found so far in a node. Rows whose code is at most `bin` go left. */
export interface Split {
  /** Criterion's own scale, comparable within one node only; -1 where no split is possible. */
  gain: number
  column: number
  bin: number
  /** Where the node's missing values go; where it has none, the heavier side. */
  missingLeft: boolean
}

/**
 * A split must beat the best by more than rounding, so that equal splits are told apart by order, not by the last bit.
 */
export const clearly = 1 + 1e-9

/**
 * How a tree judges splits and what its leaves hold. The grower calls `begin` for each tree and `enter` for each node,
 * then either `leaf`, or `seek` for some columns. Rows of a node stand in `order[start..end)`, ascending.
 */
export interface Criterion {
  /** Takes in the weights of a new tree's bag. */
  begin?(): void
  /** Takes in a node's rows. False: it cannot be split (too light, or pure). */
  enter(order: Int32Array, start: number, end: number): boolean
  /** Replaces `best` where this column splits the node better. */
  seek(column: number, order: Int32Array, start: number, end: number, best: Split): void
  /** Appends the entered node's output to the leaves. */
  leaf(order: Int32Array, start: number, end: number): void
  /** Adds the output of the leaf just appended to the sums of some rows (rows x `width`, row-major). */
  credit(order: Int32Array, start: number, end: number, sums: Float64Array): void
  width: number
}

/** Which value bins of a column a node's rows fall in, found without a pass over all 256. */
export interface Occupied {
  /** Bit set of codes. */
  mask: Int32Array
  /** Occupied value bins, ascending, after `list`. */
  bins: Int32Array
}

export const occupiedBins = (): Occupied => ({ mask: new Int32Array(8), bins: new Int32Array(256) })

/** Lists the value bins in the mask, clears it and returns how many there are; the missing bin is not listed. */
export const listOccupied = ({ mask, bins }: Occupied): number => {
  let count = 0
  for (let word = 0; word < 8; word++) {
    let bits = mask[word]
    mask[word] = 0
    while (bits !== 0) {
      bins[count++] = (word << 5) | (31 - Math.clz32(bits & -bits))
      bits &= bits - 1
    }
  }
  if (count > 0 && bins[count - 1] === missingBin) count--
  return count
}

/** Arrays that grow by doubling, for leaf outputs whose number is not known beforehand. */
export const growing = <T extends Float32Array | Float64Array | Uint16Array | Uint8Array | Uint32Array>(
  make: (length: number) => T,
) => {
  let values = make(1024)
  let length = 0
  return {
    push: (value: number) => {
      if (length === values.length) {
        const larger = make(length * 2)
        larger.set(values)
        values = larger
      }
      values[length++] = value
    },
    get length() {
      return length
    },
    take: (): T => values.slice(0, length) as T,
  }
}
