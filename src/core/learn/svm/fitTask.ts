import type { Matrix } from '../../cohort/matrix.ts'
import { type Kernel, kernelMatrix, kernelRow, pointsOf } from './kernel.ts'
import { solve } from './smo.ts'

/** One machine to fit: of a pair of classes, of one fold of its calibration, or of a value. */
export interface MachineInput {
  x: Matrix
  /** Rows of `x` to learn from. */
  rows: Int32Array
  /** Diagnosis: 1 or -1 of each of `rows`. Regression: the values. */
  y: Float64Array
  task: 'diagnosis' | 'regression'
  kernel: Kernel
  /** Cost of each of `rows`. */
  cost: Float64Array
  /** Width of the tube without loss; regression only. */
  epsilon: number
  tolerance: number
  /** Rows of `x` to give decisions of: the held-out fold. */
  decide: Int32Array | null
}

export interface Machine {
  /** Rows of `x` that are support vectors, and y_i a_i of each. */
  support: Int32Array
  coefficients: Float64Array
  rho: number
  iterations: number
  converged: boolean
  decisions: Float64Array | null
}

/** Fits one machine; a task of `learn/workers.ts`. */
export const fitMachine = (input: MachineInput): Machine => {
  const { x, rows, y, task, kernel, cost, epsilon, tolerance, decide } = input
  const points = pointsOf(x, rows)
  const count = rows.length
  const { row, diagonal } = kernelMatrix(kernel, points)
  const coefficients = new Float64Array(count)
  let rho: number
  let iterations: number
  let converged: boolean
  if (task === 'diagnosis') {
    const point = Int32Array.from({ length: count }, (_, i) => i)
    const sign = Int8Array.from(y)
    const solution = solve(
      { y: sign, p: new Float64Array(count).fill(-1), bound: cost, point, row, diagonal },
      tolerance,
    )
    ;({ rho, iterations, converged } = solution)
    for (let i = 0; i < count; i++) coefficients[i] = sign[i] * solution.alpha[i]
  } else {
    // Two variables a row: how far the value may lie above the tube, and below.
    const point = Int32Array.from({ length: 2 * count }, (_, i) => i % count)
    const sign = Int8Array.from({ length: 2 * count }, (_, i) => (i < count ? 1 : -1))
    const p = Float64Array.from(point, (i, at) => (at < count ? epsilon - y[i] : epsilon + y[i]))
    const bound = Float64Array.from(point, (i) => cost[i])
    const solution = solve({ y: sign, p, bound, point, row, diagonal }, tolerance)
    ;({ rho, iterations, converged } = solution)
    for (let i = 0; i < count; i++) coefficients[i] = solution.alpha[i] - solution.alpha[count + i]
  }
  const kept = Int32Array.from(coefficients.keys()).filter((i) => coefficients[i] !== 0)
  const support = Int32Array.from(kept, (i) => rows[i])
  const machine = { support, coefficients: Float64Array.from(kept, (i) => coefficients[i]), rho, iterations, converged }
  return { ...machine, decisions: decide ? decisionsOf(machine, x, decide, kernel) : null }
}

const decisionsOf = (
  { support, coefficients, rho }: { support: Int32Array; coefficients: Float64Array; rho: number },
  x: Matrix,
  rows: Int32Array,
  kernel: Kernel,
): Float64Array => {
  const vectors = pointsOf(x, support)
  const asked = pointsOf(x, rows)
  const products = new Float64Array(support.length)
  return Float64Array.from(rows, (_, i) => {
    kernelRow(kernel, asked, i, vectors, products)
    let sum = -rho
    for (let s = 0; s < products.length; s++) sum += coefficients[s] * products[s]
    return sum
  })
}
