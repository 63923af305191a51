import type { Block } from './families.ts'
import type { Problem } from './problem.ts'

/** Working sets beyond it have no Hessian; steps go by rows then. */
export const mostColumns = 500

/**
 * One block's coefficients on the columns that take part, and all that a Newton step needs. Coordinates of several
 * linear predictors stand side by side for each position, the intercept's position first.
 */
export interface WorkingSet {
  problem: Problem
  block: Block
  /** Position of the first column: 1 where there is an intercept. */
  first: number
  /** Linear predictors. */
  many: number
  columns: number[]
  /** Of each linear predictor, a row. */
  residuals: Float64Array[]
  curvature: Float64Array
  /** Row weights of the Hessian's point; empty before the first. */
  kept: Float64Array
  /** Room for coordinates in the arrays below; the Hessian's rows lie so far apart. */
  stride: number
  hessian: Float64Array
  diagonal: Float64Array
  beta: Float64Array
  gradient: Float64Array
  l1: Float64Array
  l2: Float64Array
  /** What the last, unmade step would have added: it is known at no cost. */
  pending: Float64Array
  /** Loss at the present point, without penalties; NaN before the first. */
  loss: number
  /** Whether the Hessian is of the present point. */
  fresh: boolean
}

export const workingSetOf = (problem: Problem, block: Block): WorkingSet => {
  const stride = 32
  const numbers = () => new Float64Array(stride)
  const first = block.intercept ? 1 : 0
  const beta = numbers()
  if (first) beta.set(block.starts)
  return {
    problem,
    block,
    first,
    many: block.etas.length,
    columns: [],
    residuals: block.etas.map(() => new Float64Array(problem.rows)),
    curvature: new Float64Array(problem.rows),
    kept: new Float64Array(0),
    stride,
    hessian: new Float64Array(stride * stride),
    diagonal: numbers(),
    beta,
    gradient: numbers(),
    l1: numbers(),
    l2: numbers(),
    pending: numbers(),
    loss: Number.NaN,
    fresh: false,
  }
}

export const positionsOf = ({ first, columns }: WorkingSet): number => first + columns.length
export const sizeOf = (set: WorkingSet): number => set.many * positionsOf(set)
/** Whether steps go by rows, without a Hessian. */
export const goesByRows = ({ many, columns }: WorkingSet): boolean => many === 1 && columns.length > mostColumns

/** Adds columns, at 0, and makes room for them. */
export const enter = (set: WorkingSet, found: readonly number[]): void => {
  set.columns.push(...found)
  const needed = sizeOf(set)
  const { stride, many, first, hessian } = set
  if (needed <= stride) return
  const wide = Math.max(needed, Math.min(2 * stride, many * (first + mostColumns)))
  const size = goesByRows(set) ? 0 : wide
  set.hessian = new Float64Array(size * size)
  if (size > 0)
    for (let j = 0; j < stride; j++) set.hessian.set(hessian.subarray(j * stride, (j + 1) * stride), j * wide)
  set.stride = wide
  for (const name of ['diagonal', 'beta', 'gradient', 'l1', 'l2', 'pending'] as const) {
    const larger = new Float64Array(wide)
    larger.set(set[name])
    set[name] = larger
  }
}
