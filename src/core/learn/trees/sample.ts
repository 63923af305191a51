import type { Random } from '../../numbers/random.ts'

export interface Sampling {
  /** Draws per tree as a share of the rows. */
  fraction: number
  replace: boolean
}

/**
 * Draws a tree's bag from the eligible rows (null: all): `multiplicity[row]` becomes how often the row was drawn, 0 out
 * of bag. With replacement a bootstrap, without by selection sampling (Knuth, TAOCP 2, 3.4.2, algorithm S).
 */
export const drawBag = (
  multiplicity: Float64Array,
  eligible: Int32Array | null,
  { fraction, replace }: Sampling,
  random: Random,
): void => {
  const rows = eligible ? eligible.length : multiplicity.length
  const draws = Math.min(rows, Math.max(1, Math.round(fraction * rows)))
  multiplicity.fill(0)
  if (replace) {
    for (let i = 0; i < draws; i++) {
      const row = random.below(rows)
      multiplicity[eligible ? eligible[row] : row]++
    }
    return
  }
  let needed = draws
  for (let row = 0; row < rows && needed > 0; row++) {
    // Once all that are left are needed, nothing is left to chance.
    if (rows - row > needed && (rows - row) * random.uniform() >= needed) continue
    multiplicity[eligible ? eligible[row] : row] = 1
    needed--
  }
}
