import { descend, descendByRows } from './descent.ts'
import type { Block } from './families.ts'
import { fillHessian, refreshHessian } from './hessian.ts'
import { evaluate, move, rowsAtOnce } from './move.ts'
import type { Problem } from './problem.ts'
import { addProjections } from './products.ts'
import { enter, goesByRows, mostColumns, positionsOf, sizeOf, type WorkingSet, workingSetOf } from './workingSet.ts'

const mostSteps = 500
const mostHalvings = 40
/** A stale Hessian is made anew where a step is not at most this share of the one before (its square: in the loss). */
const staleness = 0.3 ** 2

/**
 * One block's coefficients on the working set: Newton steps on its penalised loss, with the Hessian of an earlier point
 * while that serves.
 */
export interface Solver {
  /** Adds columns to the working set, at 0. */
  include(found: number[]): void
  penalise(lambda: number, alpha: number): void
  /** Loss and gradient at the present point; the loss is returned. */
  evaluate(): number
  refresh(): void
  /** Repeats steps until one would change the loss by less than the tolerance; false where they ran out. */
  solve(tolerance: number): boolean
  /** One step; false where it is smaller than the tolerance and none was made. */
  step(tolerance: number): boolean
  /** Subtracts from all coordinates. */
  shift(by: Float64Array): void
  loss(): number
  /** Largest absolute gradient of columns outside the working set, over the linear predictors. */
  project(columns: number[], into: Float64Array): void
  /** Writes the coefficients, predictors x columns, and the intercepts. */
  write(into: Float64Array, intercepts: Float64Array): void
  working(): { size: number; first: number; set: number[]; beta: Float64Array }
}

export const solverOf = (problem: Problem, block: Block): Solver => {
  const set = workingSetOf(problem, block)
  let [lambda, alpha] = [0, 1]
  return {
    include(found) {
      if (found.length === 0) return
      include(set, found)
      penalise(set, lambda, alpha)
    },
    penalise(by, mixing) {
      lambda = by
      alpha = mixing
      penalise(set, lambda, alpha)
    },
    evaluate: () => evaluate(set),
    refresh: () => refreshHessian(set),
    solve: (tolerance) => solve(set, tolerance),
    step: (tolerance) => step(set, tolerance),
    shift(by) {
      move(set, by, -1)
    },
    loss: () => set.loss,
    project: (columns, into) => project(set, columns, into),
    write: (into, intercepts) => write(set, into, intercepts),
    working: () => ({ size: sizeOf(set), first: set.first, set: set.columns, beta: set.beta }),
  }
}

const include = (set: WorkingSet, found: readonly number[]) => {
  const from = positionsOf(set)
  enter(set, found)
  const known = set.kept.length > 0
  if (set.many > 1) {
    evaluate(set)
    if (known) refreshHessian(set)
    return
  }
  if (known) {
    if (goesByRows(set) && from - set.first <= mostColumns) refreshHessian(set)
    else fillHessian(set, from)
  }
  const { rows, z } = set.problem
  addProjections(z, rows, found, set.residuals[0], 0, rows, set.gradient, from)
}

const penalise = (set: WorkingSet, lambda: number, alpha: number) => {
  const { first, many, columns, l1, l2, problem } = set
  for (let j = first; j < positionsOf(set); j++) {
    const amount = lambda * problem.penaltyFactors[columns[j - first]]
    l1.fill(alpha * amount, j * many, (j + 1) * many)
    l2.fill((1 - alpha) * amount, j * many, (j + 1) * many)
  }
  set.pending.fill(0)
}

const penaltyOf = (set: WorkingSet): number => {
  const { first, many, beta, l1, l2 } = set
  const size = sizeOf(set)
  let sum = 0
  for (let j = first * many; j < size; j++) sum += l1[j] * Math.abs(beta[j]) + (l2[j] / 2) * beta[j] * beta[j]
  return sum
}

/** The step to the minimum of the quadratic at the Hessian's point, and by how much twice the loss would change. */
const propose = (set: WorkingSet, tolerance: number) => {
  const { first, stride, hessian, diagonal, beta, l1, l2 } = set
  const { rows, z } = set.problem
  const size = sizeOf(set)
  const byRows = goesByRows(set)
  const next = beta.slice(0, size)
  if (byRows) {
    const columns = [
      ...(first ? [null] : []),
      ...set.columns.map((column) => z.subarray(column * rows, (column + 1) * rows)),
    ]
    const point = { beta: next, l1, l2, curvature: diagonal }
    descendByRows(columns, set.kept, set.residuals[0].slice(), point, tolerance * 0.1)
  } else descend({ size, hessian, stride, gradient: set.gradient.slice(0, size), beta: next, l1, l2 }, tolerance * 0.01)
  const steps = new Float64Array(stride)
  let change = 0
  for (let j = 0; j < size; j++) {
    steps[j] = next[j] - beta[j]
    const bend = byRows ? diagonal[j] : hessian[j * stride + j]
    change = Math.max(change, bend * steps[j] * steps[j])
  }
  return { steps, change }
}

/**
 * Makes a step, shorter where it would raise the penalised loss; false where one by a stale Hessian does, which is
 * taken back.
 */
const advance = (set: WorkingSet, steps: Float64Array, stale: boolean): boolean => {
  const before = set.loss + penaltyOf(set)
  const slack = 1e-13 * (Math.abs(before) + 1e-3)
  move(set, steps)
  let share = 1
  for (let halving = 0; halving < mostHalvings; halving++) {
    const now = set.loss + penaltyOf(set)
    if (Number.isFinite(now) && now <= before + slack) return true
    if (halving === 0 && stale) {
      move(set, steps, -share)
      return false
    }
    move(set, steps, -share / 2)
    share /= 2
  }
  return true
}

const step = (set: WorkingSet, tolerance: number): boolean => {
  if (set.kept.length === 0) refreshHessian(set)
  const { steps, change } = propose(set, tolerance)
  if (change < tolerance) {
    set.pending = steps
    return false
  }
  if (!advance(set, steps, !set.fresh)) {
    refreshHessian(set)
    advance(set, propose(set, tolerance).steps, false)
  }
  return true
}

const solve = (set: WorkingSet, tolerance: number): boolean => {
  if (Number.isNaN(set.loss)) evaluate(set)
  if (set.kept.length === 0) refreshHessian(set)
  let last = Number.POSITIVE_INFINITY
  for (let count = 0; count < mostSteps; count++) {
    const { steps, change } = propose(set, tolerance)
    if (change < tolerance) {
      set.pending = steps
      return true
    }
    if (!set.fresh && change > staleness * last) {
      refreshHessian(set)
      continue
    }
    if (advance(set, steps, !set.fresh)) last = change
    else refreshHessian(set)
  }
  return false
}

const project = ({ problem, residuals }: WorkingSet, columns: number[], into: Float64Array) => {
  const { rows, z } = problem
  into.fill(0)
  const own = new Float64Array(columns.length)
  for (const rest of residuals) {
    own.fill(0)
    for (let from = 0; from < rows; from += rowsAtOnce)
      addProjections(z, rows, columns, rest, from, Math.min(rows, from + rowsAtOnce), own)
    own.forEach((value, j) => {
      into[j] = Math.max(into[j], Math.abs(value))
    })
  }
}

const write = (set: WorkingSet, into: Float64Array, intercepts: Float64Array) => {
  const { first, many, columns, beta, pending, problem } = set
  for (let k = 0; k < many; k++) {
    for (let j = first; j < positionsOf(set); j++)
      into[k * problem.columns + columns[j - first]] = beta[j * many + k] + pending[j * many + k]
    intercepts[k] = first ? beta[k] + pending[k] : 0
  }
}
