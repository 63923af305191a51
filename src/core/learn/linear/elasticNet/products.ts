/** Sums of products over rows, column-major; blocked so that a value read from memory serves several sums. */

const chunk = 1024

/**
 * sum_i w_i z_ia z_ib for a of `left` and b of `right`, written by `put(a, b, sum)` with positions in the lists. Where the lists are the
 * same one, only b <= a is made. `weights` null: 1. Columns are `column * rows` apart; `null` stands for the intercept's 1.
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
  const sums = new Float64Array(left.length * right.length)
  const weighted = weights ? new Float64Array(left.length * chunk) : z
  const width = right.length
  for (let from = 0; from < rows; from += chunk) {
    const count = Math.min(chunk, rows - from)
    if (weights)
      for (let a = 0; a < left.length; a++) {
        const at = left[a] * rows + from
        const to = a * chunk
        for (let i = 0; i < count; i++) weighted[to + i] = weights[from + i] * z[at + i]
      }
    for (let a = 0; a < left.length; a += 2) {
      const two = a + 1 < left.length
      const p0 = weights ? a * chunk : left[a] * rows + from
      const p1 = two ? (weights ? p0 + chunk : left[a + 1] * rows + from) : p0
      const end = same ? Math.min(width, a + 2) : width
      for (let b = 0; b < end; b += 4) {
        const q0 = right[b] * rows + from
        const q1 = right[Math.min(b + 1, width - 1)] * rows + from
        const q2 = right[Math.min(b + 2, width - 1)] * rows + from
        const q3 = right[Math.min(b + 3, width - 1)] * rows + from
        let [s0, s1, s2, s3, t0, t1, t2, t3] = [0, 0, 0, 0, 0, 0, 0, 0]
        for (let i = 0; i < count; i++) {
          const u = weighted[p0 + i]
          const v = weighted[p1 + i]
          const z0 = z[q0 + i]
          const z1 = z[q1 + i]
          const z2 = z[q2 + i]
          const z3 = z[q3 + i]
          s0 += u * z0
          s1 += u * z1
          s2 += u * z2
          s3 += u * z3
          t0 += v * z0
          t1 += v * z1
          t2 += v * z2
          t3 += v * z3
        }
        const at = a * width + b
        sums[at] += s0
        if (b + 1 < width) sums[at + 1] += s1
        if (b + 2 < width) sums[at + 2] += s2
        if (b + 3 < width) sums[at + 3] += s3
        if (!two) continue
        sums[at + width] += t0
        if (b + 1 < width) sums[at + width + 1] += t1
        if (b + 2 < width) sums[at + width + 2] += t2
        if (b + 3 < width) sums[at + width + 3] += t3
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
