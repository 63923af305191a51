import { factorSymmetric, solveFactored } from '../../numbers/solve.ts'
import type { Design } from './design.ts'
import { softmaxAt } from './likelihood.ts'

/**
 * Whether the classes are separated by the features, so that the likelihood has no finite maximum (Albert & Anderson
 * 1984).
 * `complete`: the fitted linear predictors rank the right class first in every training row, which is the definition.
 * `quasi`: Newton's steps do not die out, and their direction never ranks a wrong class up in any row, which is a
 * certificate too: a direction along which the likelihood rises for ever. `columns` have infinite coefficients.
 */
export interface Separation {
  kind: 'none' | 'complete' | 'quasi'
  /** Matrix columns along the direction of separation. */
  columns: number[]
  /** Rows whose fitted probability is 0 or 1 to within 10 machine epsilons: R glm's warning. */
  extremeRows: number
}

export const findSeparation = (
  design: Design,
  y: Int32Array,
  classes: number,
  weights: Float64Array | undefined,
  gamma: Float64Array,
): Separation => {
  const { rows, size, z, penalty } = design
  const blocks = classes - 1
  const dimension = blocks * size

  /** Smallest lead of the row's own class over the others along `direction`, and the largest size of any lead. */
  const leads = (direction: Float64Array) => {
    let smallest = Number.POSITIVE_INFINITY
    let largest = 0
    const scores = new Float64Array(classes)
    for (let i = 0; i < rows; i++) {
      for (let block = 0; block < blocks; block++) {
        let sum = 0
        for (let j = 0; j < size; j++) sum += z[i * size + j] * direction[block * size + j]
        scores[block + 1] = sum
      }
      for (let other = 0; other < classes; other++) {
        if (other === y[i]) continue
        const lead = scores[y[i]] - scores[other]
        if (lead < smallest) smallest = lead
        if (Math.abs(lead) > largest) largest = Math.abs(lead)
      }
    }
    return { smallest, largest }
  }
  const columnsAlong = (direction: Float64Array): number[] => {
    const strength = new Float64Array(design.kept.length)
    for (let block = 0; block < blocks; block++)
      design.kept.forEach((column, j) => {
        let sum = 0
        for (let l = 0; l < size; l++) sum += design.map[(j + 1) * size + l] * direction[block * size + l]
        strength[j] = Math.max(strength[j], Math.abs(sum) * design.moments.sd[column])
      })
    const most = Math.max(...strength)
    return design.kept.filter((_, j) => strength[j] > 1e-3 * most)
  }

  let extremeRows = 0
  const fitted = leads(gamma)
  const edge = Math.log((1 - 10 * 2.220446049250313e-16) / (10 * 2.220446049250313e-16))
  if (fitted.largest > edge)
    for (let i = 0; i < rows; i++) {
      for (let block = 0; block < blocks; block++) {
        let sum = 0
        for (let j = 0; j < size; j++) sum += z[i * size + j] * gamma[block * size + j]
        if (Math.abs(sum) > edge) {
          extremeRows++
          break
        }
      }
    }
  if (fitted.smallest > 0) return { kind: 'complete', columns: columnsAlong(gamma), extremeRows }
  if (penalty.some((value) => value > 0)) return { kind: 'none', columns: [], extremeRows }

  // At a finite maximum the next Newton step is nothing; under separation steps keep a length of about one log odds.
  let point = gamma
  let direction: Float64Array | null = null
  for (let extra = 0; extra < 15; extra++) {
    const { gradient, information } = softmaxAt(design, y, classes, weights, point, true)
    const damped = solveDamped(information, dimension, gradient)
    const { largest } = leads(gradient)
    if (!Number.isFinite(largest) || largest > 1e6) break
    if (largest <= 0.1 && !damped) return { kind: 'none', columns: [], extremeRows }
    direction = gradient
    const from = point
    const step = gradient
    point = from.map((value, j) => value + step[j])
  }
  if (!direction) return { kind: 'none', columns: [], extremeRows }
  if (leads(point).smallest > 0) return { kind: 'complete', columns: columnsAlong(direction), extremeRows }
  const { smallest, largest } = leads(direction)
  if (smallest < -1e-3 * largest) return { kind: 'none', columns: [], extremeRows }
  return { kind: 'quasi', columns: columnsAlong(direction), extremeRows }
}

/**
 * Solves for Newton's step in place. Far out on a separated likelihood the information is singular to rounding: then as
 * much is added to its diagonal as it takes. Says whether it was.
 */
const solveDamped = (information: Float64Array, size: number, right: Float64Array): boolean => {
  let largest = 0
  for (let j = 0; j < size; j++) largest = Math.max(largest, information[j * size + j])
  for (let damping = 0; damping <= 1; damping = damping === 0 ? 1e-12 : damping * 100) {
    const trial = information.slice()
    for (let j = 0; j < size; j++) trial[j * size + j] += damping * largest
    if (factorSymmetric(trial, size, 1e-15) < size) continue
    solveFactored(trial, size, right)
    return damping > 0
  }
  right.fill(0)
  return false
}
