import { factorSymmetric, solveFactored } from '../../numbers/solve.ts'

/** A penalised quadratic in the coordinates of a working set: -u'd + d'Hd / 2 + sum l1 |b + d| + l2 (b + d)^2 / 2. */
export interface Quadratic {
  size: number
  /** Symmetric, row-major, `stride` apart. */
  hessian: Float64Array
  stride: number
  /** The loss's descent direction at `beta`; kept up with it. */
  gradient: Float64Array
  beta: Float64Array
  /** Absolute and squared penalty of each coordinate. */
  l1: Float64Array
  l2: Float64Array
}

/** The coordinate's best value, all others held: soft thresholding (Friedman et al. 2007). */
const shrink = (pull: number, l1: number, curvature: number): number =>
  pull > l1 ? (pull - l1) / curvature : pull < -l1 ? (pull + l1) / curvature : 0

/** Sweeps after which the support is taken for final and solved for exactly; doubled at each failure. */
const firstPolish = 6
const mostSweeps = 100_000

/**
 * Minimises by cyclic coordinate descent over all coordinates, then over those that are not 0 until they rest, and so
 * on (Friedman, Hastie & Tibshirani 2010, 2.6), until a full sweep moves nothing: largest H_jj step^2 below
 * `tolerance`. Where correlated columns make sweeps creep, the system of the current support and signs is solved
 * exactly instead, if its solution has these signs. Changes `beta` and `gradient`.
 */
export const descend = (quadratic: Quadratic, tolerance: number): void => {
  const { size, hessian, stride, gradient, beta, l1, l2 } = quadratic
  const active: number[] = []
  let sweeps = 0
  let polishAt = firstPolish
  const visit = (j: number): number => {
    const at = j * stride
    const curvature = hessian[at + j]
    if (!(curvature > 0)) return 0
    const old = beta[j]
    const now = shrink(gradient[j] + curvature * old, l1[j], curvature + l2[j])
    const step = now - old
    if (step === 0) return 0
    beta[j] = now
    for (let k = 0; k < size; k++) gradient[k] -= hessian[at + k] * step
    return curvature * step * step
  }
  while (sweeps < mostSweeps) {
    sweeps++
    let largest = 0
    for (let j = 0; j < size; j++) {
      const change = visit(j)
      if (change > largest) largest = change
    }
    if (largest < tolerance) return
    active.length = 0
    for (let j = 0; j < size; j++) if (beta[j] !== 0) active.push(j)
    while (sweeps < mostSweeps) {
      sweeps++
      largest = 0
      for (const j of active) {
        const change = visit(j)
        if (change > largest) largest = change
      }
      if (largest < tolerance) break
      if (sweeps < polishAt) continue
      polishAt = 2 * sweeps
      if (polish(quadratic, active)) break
    }
  }
}

/** Solves for the support exactly, its signs held; false, with nothing changed, where the solution has other signs. */
const polish = ({ size, hessian, stride, gradient, beta, l1, l2 }: Quadratic, active: number[]): boolean => {
  const support = active.filter((j) => beta[j] !== 0 && hessian[j * stride + j] > 0)
  const count = support.length
  const system = new Float64Array(count * count)
  const target = new Float64Array(count)
  support.forEach((j, a) => {
    // At the solution: gradient - H d = l1 sign + l2 (b + d).
    target[a] = gradient[j] - l1[j] * Math.sign(beta[j]) - l2[j] * beta[j]
    for (let b = 0; b <= a; b++) system[a * count + b] = hessian[j * stride + support[b]]
    system[a * count + a] += l2[j]
  })
  // Aliased coordinates stay where they are: of classes only differences are determined.
  if (factorSymmetric(system, count, 1e-13) < 0) return false
  solveFactored(system, count, target)
  for (let a = 0; a < count; a++) {
    const j = support[a]
    if (l1[j] > 0 && Math.sign(beta[j] + target[a]) !== Math.sign(beta[j])) return false
  }
  support.forEach((j, a) => {
    beta[j] += target[a]
    for (let k = 0; k < size; k++) gradient[k] -= hessian[j * stride + k] * target[a]
  })
  return true
}

/**
 * The same without a Hessian, for working sets too large for one: `residual` (loss's descent direction by row) is kept
 * up with beta through the row weights of the quadratic. `columns[j]` gives each coordinate's values; null is the
 * intercept.
 */
export const descendByRows = (
  columns: (Float64Array | null)[],
  weights: Float64Array,
  residual: Float64Array,
  { beta, l1, l2, curvature }: Pick<Quadratic, 'beta' | 'l1' | 'l2'> & { curvature: Float64Array },
  tolerance: number,
): void => {
  const rows = residual.length
  const visit = (j: number): number => {
    if (!(curvature[j] > 0)) return 0
    const values = columns[j]
    let pull = 0
    if (values) for (let i = 0; i < rows; i++) pull += values[i] * residual[i]
    else for (let i = 0; i < rows; i++) pull += residual[i]
    const old = beta[j]
    const now = shrink(pull + curvature[j] * old, l1[j], curvature[j] + l2[j])
    const step = now - old
    if (step === 0) return 0
    beta[j] = now
    if (values) for (let i = 0; i < rows; i++) residual[i] -= step * weights[i] * values[i]
    else for (let i = 0; i < rows; i++) residual[i] -= step * weights[i]
    return curvature[j] * step * step
  }
  for (let sweeps = 0; sweeps < mostSweeps; ) {
    sweeps++
    let largest = 0
    for (let j = 0; j < columns.length; j++) largest = Math.max(largest, visit(j))
    if (largest < tolerance) return
    const active = Array.from(columns.keys()).filter((j) => beta[j] !== 0)
    while (sweeps < mostSweeps) {
      sweeps++
      largest = 0
      for (const j of active) largest = Math.max(largest, visit(j))
      if (largest < tolerance) break
    }
  }
}
