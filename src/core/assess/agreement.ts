import type { Estimate } from '../../contract/values.ts'
import { undefinedEstimate, waldEstimate } from './intervals.ts'

/**
 * Cohen's kappa (1960): how far two raters put the same cases into the same classes beyond chance; 1 always, 0 as by
 * chance. Interval by the large-sample variance of Fleiss, Cohen & Everitt (1969), as R's `psych::cohen.kappa`.
 * Undefined where both always say one and the same class.
 */
export const kappaOf = (first: ArrayLike<number>, second: ArrayLike<number>, classes: number): Estimate => {
  const n = first.length
  if (n === 0) return undefinedEstimate
  const shares = new Float64Array(classes * classes)
  for (let i = 0; i < n; i++) shares[first[i] * classes + second[i]] += 1 / n
  const rows = new Float64Array(classes)
  const columns = new Float64Array(classes)
  for (let a = 0; a < classes; a++)
    for (let b = 0; b < classes; b++) {
      rows[a] += shares[a * classes + b]
      columns[b] += shares[a * classes + b]
    }
  let same = 0
  let chance = 0
  for (let k = 0; k < classes; k++) {
    same += shares[k * classes + k]
    chance += rows[k] * columns[k]
  }
  if (!(chance < 1)) return undefinedEstimate
  const kappa = (same - chance) / (1 - chance)
  let variance = -((kappa - chance * (1 - kappa)) ** 2)
  for (let a = 0; a < classes; a++)
    for (let b = 0; b < classes; b++) {
      const share = shares[a * classes + b]
      variance +=
        a === b
          ? share * (1 - (rows[a] + columns[a]) * (1 - kappa)) ** 2
          : (1 - kappa) ** 2 * share * (columns[a] + rows[b]) ** 2
    }
  return waldEstimate(kappa, Math.sqrt(Math.max(0, variance) / n) / (1 - chance), -1, 1)
}
