import { products } from '../kernels/products.ts'
import { instantiate, type Memory, pageBytes } from '../kernels/webAssembly.ts'

/** Sums of products over rows, column-major; blocked so that a value read from memory serves several sums. */

const chunk = 1024

/** WebAssembly, two rows at a time (products.wat); summed in one fixed order, so the same on every machine. */
interface Kernels {
  memory: Memory
  products(p0: number, p1: number, q0: number, q1: number, q2: number, q3: number, bytes: number, out: number): void
}
let kernels: Kernels | null = null
/** Kernels with room for so many numbers after the eight sums, and a view of them. */
const kernelsFor = (numbers: number): { products: Kernels['products']; memory: Float64Array } => {
  kernels ??= instantiate<Kernels>(products)
  const bytes = (8 + numbers) * 8
  const missing = bytes - kernels.memory.buffer.byteLength
  if (missing > 0) kernels.memory.grow(Math.ceil(missing / pageBytes))
  return { products: kernels.products, memory: new Float64Array(kernels.memory.buffer) }
}

/**
 * sum_i w_i z_ia z_ib for a of `left` and b of `right`, written by `put(a, b, sum)` with positions in the lists. Where
 * the lists are the same one, only b <= a is made. `weights` null: 1. Columns are `rows` apart.
 */
export const crossProducts = (
  z: Float64Array,
  rows: number,
  left: readonly number[],
  right: readonly number[],
  weights: Float64Array | null,
  put: (a: number, b: number, sum: number) => void,
): void => {
  const same = left === right
  const width = right.length
  const sums = new Float64Array(left.length * width)
  // Right columns first, then the left ones by their weights; where these are the same, once.
  const shared = same && !weights
  const { products, memory } = kernelsFor(chunk * (width + (shared ? 0 : left.length)))
  const place = (column: number) => 8 + column * chunk
  const leftPlace = (column: number) => place(shared ? column : width + column)
  const tail = sums.length > 0 ? width - 1 : 0
  for (let from = 0; from < rows; from += chunk) {
    const count = Math.min(chunk, rows - from)
    const even = count + (count % 2)
    const copy = (column: number, to: number) => {
      const at = column * rows + from
      memory.set(z.subarray(at, at + count), to)
      if (even > count) memory[to + count] = 0
    }
    right.forEach((column, b) => {
      copy(column, place(b))
    })
    if (!shared)
      left.forEach((column, a) => {
        const to = leftPlace(a)
        copy(column, to)
        if (weights) for (let i = 0; i < count; i++) memory[to + i] *= weights[from + i]
      })
    for (let a = 0; a < left.length; a += 2) {
      const two = a + 1 < left.length
      const p0 = leftPlace(a) * 8
      const p1 = leftPlace(two ? a + 1 : a) * 8
      const end = same ? Math.min(width, a + 2) : width
      for (let b = 0; b < end; b += 4) {
        const q = (step: number) => place(Math.min(b + step, tail)) * 8
        products(p0, p1, q(0), q(1), q(2), q(3), even * 8, 0)
        const at = a * width + b
        for (let k = 0; k < 4 && b + k < width; k++) {
          sums[at + k] += memory[k]
          if (two) sums[at + width + k] += memory[4 + k]
        }
      }
    }
  }
  for (let a = 0; a < left.length; a++) for (let b = 0; b < (same ? a + 1 : width); b++) put(a, b, sums[a * width + b])
}

/** into[k] += sum_i z_{i, columns[k]} r_i over rows `from` to `to`. */
export const addProjections = (
  z: Float64Array,
  rows: number,
  columns: readonly number[],
  r: Float64Array,
  from: number,
  to: number,
  into: Float64Array,
  offset = 0,
): void => {
  const count = columns.length
  let k = 0
  for (; k + 3 < count; k += 4) {
    const a = columns[k] * rows
    const b = columns[k + 1] * rows
    const c = columns[k + 2] * rows
    const d = columns[k + 3] * rows
    let [s0, s1, s2, s3] = [0, 0, 0, 0]
    for (let i = from; i < to; i++) {
      const value = r[i]
      s0 += z[a + i] * value
      s1 += z[b + i] * value
      s2 += z[c + i] * value
      s3 += z[d + i] * value
    }
    into[offset + k] += s0
    into[offset + k + 1] += s1
    into[offset + k + 2] += s2
    into[offset + k + 3] += s3
  }
  for (; k < count; k++) {
    const a = columns[k] * rows
    let sum = 0
    for (let i = from; i < to; i++) sum += z[a + i] * r[i]
    into[offset + k] += sum
  }
}

/** eta_i += sum_k steps[k] z_{i, columns[k]} over rows `from` to `to`; columns whose step is 0 are not read. */
export const addColumns = (
  z: Float64Array,
  rows: number,
  columns: readonly number[],
  steps: readonly number[],
  from: number,
  to: number,
  eta: Float64Array,
): void => {
  const count = columns.length
  let k = 0
  for (; k + 3 < count; k += 4) {
    const a = columns[k] * rows
    const b = columns[k + 1] * rows
    const c = columns[k + 2] * rows
    const d = columns[k + 3] * rows
    const [p, q, r, s] = [steps[k], steps[k + 1], steps[k + 2], steps[k + 3]]
    for (let i = from; i < to; i++) eta[i] += p * z[a + i] + q * z[b + i] + (r * z[c + i] + s * z[d + i])
  }
  for (; k < count; k++) {
    const a = columns[k] * rows
    const p = steps[k]
    for (let i = from; i < to; i++) eta[i] += p * z[a + i]
  }
}
