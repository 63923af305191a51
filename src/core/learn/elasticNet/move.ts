import { addColumns, addProjections } from './products.ts'
import { positionsOf, sizeOf, type WorkingSet } from './workingSet.ts'

/** Rows handled at once, so that their columns stay in the cache between a step and the gradient after it. */
export const rowsAtOnce = 1024

/** Makes loss and gradient of the present point; returns the loss. */
export const evaluate = (set: WorkingSet): number => arrive(set, [])

/** Moves by a share of a step and evaluates there. */
export const move = (set: WorkingSet, steps: Float64Array, share = 1): number => {
  const { first, many, columns, beta, block } = set
  const positions = positionsOf(set)
  const moving = block.etas.map((eta, k): Moving => {
    const moved: number[] = []
    const amounts: number[] = []
    for (let j = first; j < positions; j++)
      if (steps[j * many + k] !== 0) {
        moved.push(columns[j - first])
        amounts.push(share * steps[j * many + k])
      }
    return { eta, columns: moved, amounts, constant: first ? share * steps[k] : 0 }
  })
  const size = sizeOf(set)
  for (let j = 0; j < size; j++) beta[j] += share * steps[j]
  return arrive(set, moving)
}

/** What a step adds to one linear predictor. */
interface Moving {
  eta: Float64Array
  columns: number[]
  amounts: number[]
  constant: number
}

const arrive = (set: WorkingSet, moving: readonly Moving[]): number => {
  const { block, residuals, curvature } = set
  const { rows, z } = set.problem
  set.gradient.fill(0)
  let loss = 0
  for (let from = 0; from < rows; from += rowsAtOnce) {
    const to = Math.min(rows, from + rowsAtOnce)
    for (const { eta, columns, amounts, constant } of moving) {
      if (constant !== 0) for (let i = from; i < to; i++) eta[i] += constant
      if (columns.length > 0) addColumns(z, rows, columns, amounts, from, to, eta)
    }
    if (block.whole) continue
    loss += block.update(from, to, residuals, curvature)
    addGradients(set, from, to)
  }
  if (block.whole) {
    loss = block.update(0, rows, residuals, curvature)
    for (let from = 0; from < rows; from += rowsAtOnce) addGradients(set, from, Math.min(rows, from + rowsAtOnce))
  }
  set.loss = loss
  set.fresh = false
  return loss
}

const addGradients = (set: WorkingSet, from: number, to: number) => {
  const { first, many, columns, residuals, gradient, problem } = set
  const own = many === 1 ? gradient : new Float64Array(positionsOf(set))
  for (let k = 0; k < many; k++) {
    const rest = residuals[k]
    if (k > 0) own.fill(0)
    if (first) {
      let sum = 0
      for (let i = from; i < to; i++) sum += rest[i]
      own[0] += sum
    }
    addProjections(problem.z, problem.rows, columns, rest, from, to, own, first)
    if (many > 1) for (let j = 0; j < own.length; j++) gradient[j * many + k] += own[j]
  }
}
