import { warn } from '../../../contract/warnings.ts'
import type { Outcome } from '../../cohort/matrix.ts'
import { randomOf } from '../../numbers/random.ts'
import { sharedCopy } from './bins.ts'
import type { GrownTrees } from './forestTask.ts'

/** What forests of any kind do before and after their trees grow on several threads. */

/** Trees a worker grows at a time; must not depend on threads, as out-of-bag sums are added up run by run. */
export const treesPerTask = (trees: number) => Math.min(8, Math.max(1, Math.ceil(trees / 20)))

export const noSplitWarning = warn('noSplit')

/** Weights in the order of the bin codes, and the rows that have any. */
export const orderedWeights = (weights: Float64Array | undefined, order: Int32Array | null) => {
  if (!weights) return { weights: null, eligible: null }
  const ordered = sharedCopy(order ? Float64Array.from(order, (row) => weights[row]) : Float64Array.from(weights))
  const eligible: number[] = []
  for (let row = 0; row < ordered.length; row++) if (ordered[row] > 0) eligible.push(row)
  const shared = new Int32Array(new SharedArrayBuffer(eligible.length * 4))
  shared.set(eligible)
  return { weights: ordered, eligible: shared }
}

/** Adds up out-of-bag sums in the order of the trees, whichever thread is done first, so that rounding is the same. */
export const outOfBagOf = (outcome: Outcome, rows: number, order: Int32Array | null) => {
  let width = 1
  let sums = new Float64Array(0)
  const seen = new Uint32Array(rows)
  const waiting = new Map<number, GrownTrees['outOfBag'] & { trees: number }>()
  let next = 0
  let grown = 0
  const take = (index: number, { outOfBag }: Pick<GrownTrees, 'outOfBag'>, trees: number) => {
    waiting.set(index, { ...outOfBag, trees })
    for (let found = waiting.get(next); found; found = waiting.get(next)) {
      if (sums.length === 0) {
        width = found.sums.length / rows
        sums = new Float64Array(found.sums.length)
      }
      for (let i = 0; i < sums.length; i++) sums[i] += found.sums[i]
      for (let i = 0; i < rows; i++) seen[i] += found.seen[i]
      grown += found.trees
      waiting.delete(next++)
    }
  }
  const result = (): Float64Array | null => {
    if (!seen.some((trees) => trees > 0)) return null
    // Of two classes the share of the second may have been summed alone.
    const twoClasses = outcome.task === 'diagnosis' && width === 1
    const columns = twoClasses ? 2 : width
    const means = new Float64Array(rows * columns).fill(Number.NaN)
    for (let position = 0; position < rows; position++) {
      if (seen[position] === 0) continue
      const row = order ? order[position] : position
      if (twoClasses) {
        means[row * 2 + 1] = sums[position] / seen[position]
        means[row * 2] = 1 - means[row * 2 + 1]
      } else for (let c = 0; c < width; c++) means[row * width + c] = sums[position * width + c] / seen[position]
    }
    return means
  }
  /**
   * What the trees so far say of rows they did not draw: Brier score, root mean squared error or concordance, of a
   * sample of rows.
   */
  const curve = (): Record<string, number> => {
    if (sums.length === 0) return {}
    return outOfBagFigure(
      outcome,
      (position, c) => (seen[position] > 0 ? sums[position * width + c] / seen[position] : Number.NaN),
      width,
      order,
      rows,
    )
  }
  return { take, result, curve, trees: () => grown }
}

const mostRows = 5000

/** One figure for the learning curve, cheap enough to be drawn while trees grow. */
const outOfBagFigure = (
  outcome: Outcome,
  meanOf: (position: number, column: number) => number,
  width: number,
  order: Int32Array | null,
  rows: number,
): Record<string, number> => {
  const random = randomOf(rows, 83)
  const draw = rows > mostRows ? () => random.below(rows) : null
  const count = Math.min(rows, mostRows)
  const rowAt = (position: number) => (order ? order[position] : position)
  let [sum, judged] = [0, 0]
  for (let i = 0; i < count; i++) {
    const position = draw ? draw() : i
    const row = rowAt(position)
    if (Number.isNaN(meanOf(position, 0))) continue
    if (outcome.task === 'survival') {
      // A random partner: which of the two has the event first, where that is known.
      const partner = random.below(rows)
      const other = rowAt(partner)
      const [first, second] = outcome.time[row] < outcome.time[other] ? [position, partner] : [partner, position]
      if (outcome.event[rowAt(first)] !== 1 || outcome.time[row] === outcome.time[other]) continue
      const gap = meanOf(first, 0) - meanOf(second, 0)
      if (Number.isNaN(gap)) continue
      sum += gap > 0 ? 1 : gap === 0 ? 0.5 : 0
    } else if (outcome.task === 'regression') sum += (meanOf(position, 0) - outcome.y[row]) ** 2
    else if (width === 1) sum += (meanOf(position, 0) - Number(outcome.y[row] === 1)) ** 2
    else for (let c = 0; c < width; c++) sum += (meanOf(position, c) - Number(outcome.y[row] === c)) ** 2
    judged++
  }
  if (judged === 0) return {}
  if (outcome.task === 'survival') return { outOfBagConcordance: sum / judged }
  return outcome.task === 'regression' ? { outOfBagRmse: Math.sqrt(sum / judged) } : { outOfBagBrier: sum / judged }
}

export const joinLeaves = (parts: GrownTrees['leaves'][]): GrownTrees['leaves'] =>
  Object.fromEntries(Object.keys(parts[0]).map((name) => [name, join(parts.map((leaves) => leaves[name]))]))

/** One array after another. */
export const join = <T extends Float32Array | Float64Array | Uint32Array | Uint16Array | Uint8Array>(parts: T[]): T => {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const all = new (parts[0].constructor as new (length: number) => T)(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
