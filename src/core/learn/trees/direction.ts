import { factorSymmetric, solveFactored } from '../../numbers/solve.ts'
import type { ForestTarget } from './forestTask.ts'

/** Rows of a node, in the order trees keep them (survival: ascending time), with the weight of each row. */
export interface NodeRows {
  order: Int32Array
  start: number
  end: number
  weight: Float64Array
}

/**
 * One step towards the best linear combination of some columns in a node: for values least squares, for classes least
 * squares on membership of `label` (which has the direction of Fisher's discriminant), for survival one Newton step of
 * Cox's partial likelihood from 0, ties as Breslow (Jaeger et al. 2024). Coefficients into `into`; false where there is
 * no direction. `values` is row-major rows x width over all columns. `ridge` is added to the diagonal, as a share of
 * its mean, so that twin columns and tiny nodes have a solution.
 */
export const directionOf = (
  target: ForestTarget,
  label: number,
  values: Float64Array,
  width: number,
  columns: ArrayLike<number>,
  rows: NodeRows,
  into: Float64Array,
  ridge = 1e-3,
): boolean => {
  const size = columns.length
  const information = new Float64Array(size * size)
  into.fill(0, 0, size)
  if (target.task === 'survival') coxStep(target, values, width, columns, rows, into, information)
  else
    leastSquares(
      (row) => (target.task === 'regression' ? target.y[row] : Number(target.y[row] === label)),
      values,
      width,
      columns,
      rows,
      into,
      information,
    )
  let trace = 0
  for (let j = 0; j < size; j++) trace += information[j * size + j]
  if (!(trace > 0)) return false
  for (let j = 0; j < size; j++) information[j * size + j] += (ridge * trace) / size
  if (factorSymmetric(information, size, 1e-12) < 0) return false
  const step = into.subarray(0, size)
  solveFactored(information, size, step)
  return step.some((value) => value !== 0 && Number.isFinite(value)) && step.every(Number.isFinite)
}

/** Centred cross products of the columns, and of them with the outcome. */
const leastSquares = (
  y: (row: number) => number,
  values: Float64Array,
  width: number,
  columns: ArrayLike<number>,
  { order, start, end, weight }: NodeRows,
  gradient: Float64Array,
  information: Float64Array,
) => {
  const size = columns.length
  const mean = new Float64Array(size)
  let total = 0
  let middle = 0
  for (let i = start; i < end; i++) {
    const row = order[i]
    const w = weight[row]
    total += w
    middle += w * y(row)
    for (let j = 0; j < size; j++) mean[j] += w * values[row * width + columns[j]]
  }
  middle /= total
  for (let j = 0; j < size; j++) mean[j] /= total
  const centred = new Float64Array(size)
  for (let i = start; i < end; i++) {
    const row = order[i]
    const w = weight[row]
    const off = y(row) - middle
    for (let j = 0; j < size; j++) {
      const value = values[row * width + columns[j]] - mean[j]
      centred[j] = value
      gradient[j] += w * value * off
      for (let k = 0; k <= j; k++) information[j * size + k] += w * value * centred[k]
    }
  }
  mirror(information, size)
}

/**
 * Score and information of Cox's partial likelihood at 0: events less the mean of those at risk, and their covariance.
 */
const coxStep = (
  { time, event }: Extract<ForestTarget, { task: 'survival' }>,
  values: Float64Array,
  width: number,
  columns: ArrayLike<number>,
  { order, start, end, weight }: NodeRows,
  score: Float64Array,
  information: Float64Array,
) => {
  const size = columns.length
  const sum = new Float64Array(size)
  const squares = new Float64Array(size * size)
  let atRisk = 0
  for (let i = end - 1; i >= start; ) {
    const now = time[order[i]]
    let events = 0
    for (; i >= start && time[order[i]] === now; i--) {
      const row = order[i]
      const w = weight[row]
      atRisk += w
      for (let j = 0; j < size; j++) {
        const value = values[row * width + columns[j]]
        sum[j] += w * value
        if (event[row] === 1) score[j] += w * value
        for (let k = 0; k <= j; k++) squares[j * size + k] += w * value * values[row * width + columns[k]]
      }
      if (event[row] === 1) events += w
    }
    if (events === 0) continue
    for (let j = 0; j < size; j++) {
      score[j] -= (events * sum[j]) / atRisk
      for (let k = 0; k <= j; k++)
        information[j * size + k] += events * (squares[j * size + k] / atRisk - (sum[j] / atRisk) * (sum[k] / atRisk))
    }
  }
  mirror(information, size)
}

const mirror = (a: Float64Array, size: number) => {
  for (let j = 0; j < size; j++) for (let k = 0; k < j; k++) a[k * size + j] = a[j * size + k]
}
