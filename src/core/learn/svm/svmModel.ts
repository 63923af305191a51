import type { Matrix } from '../../cohort/matrix.ts'
import type { ModelState, Predictor } from '../learner.ts'
import { checkColumns } from '../linear/design.ts'
import { type Kernel, kernelRow, type Points, pointsOf } from './kernel.ts'
import { couple, sigmoidOf } from './platt.ts'

/** Pair probabilities are kept from 0 and 1, as libsvm, so that pairs can be coupled. */
const least = 1e-7

export const loadMachines = async (state: ModelState): Promise<Predictor> => {
  const kernel = state.header.kernel as Kernel
  const columns = (state.header.terms as string[]).length
  const decide = decisionsOf(state, kernel, columns)
  if (state.header.task === 'regression') {
    const { mean, sd } = state.header as { mean: number; sd: number }
    const values = (x: Matrix) => decide(x).map((decision) => mean + sd * decision)
    return {
      task: 'regression',
      values,
      ...(kernel.kind === 'linear'
        ? {
            contributions: (x: Matrix) => ({
              ...sharesOf(state, x, columns, (f) => mean + sd * f, sd),
              scale: 'value' as const,
            }),
          }
        : {}),
    }
  }

  const { classes, pairs } = state.header as { classes: number; pairs: [number, number][] }
  const { sigmoids } = state.arrays
  const present = [...new Set(pairs.flat())].sort((a, b) => a - b)
  const place = new Map(present.map((label, index) => [label, index]))
  const probabilities = (x: Matrix): Float64Array => {
    const decisions = decide(x)
    const result = new Float64Array(x.rows * classes)
    for (let row = 0; row < x.rows; row++) {
      const own = pairs.map((_, pair) =>
        sigmoidOf(decisions[pair * x.rows + row], sigmoids[2 * pair], sigmoids[2 * pair + 1]),
      )
      if (pairs.length === 1) {
        result[row * classes + pairs[0][0]] = own[0]
        result[row * classes + pairs[0][1]] = 1 - own[0]
        continue
      }
      const k = present.length
      const r = new Float64Array(k * k)
      pairs.forEach(([first, second], pair) => {
        const p = Math.min(1 - least, Math.max(least, own[pair]))
        r[(place.get(first) as number) * k + (place.get(second) as number)] = p
        r[(place.get(second) as number) * k + (place.get(first) as number)] = 1 - p
      })
      const coupled = couple(r, k)
      let total = 0
      for (const p of coupled) total += p
      present.forEach((label, i) => {
        result[row * classes + label] = coupled[i] / total
      })
    }
    return result
  }
  // Two classes with a plane: the log odds are -(a f + b), so the shares are exact.
  if (kernel.kind !== 'linear' || pairs.length > 1) return { task: 'diagnosis', probabilities }
  return {
    task: 'diagnosis',
    probabilities,
    contributions(x, target) {
      const sign = 'class' in target && target.class === pairs[0][0] ? 1 : -1
      const [a, b] = sigmoids
      return { ...sharesOf(state, x, columns, (f) => -sign * (a * f + b), -sign * a), scale: 'logOdds' }
    },
  }
}

/** Decisions, machine after machine: sum of coefficients times K(vector, row), less rho. */
const decisionsOf = (state: ModelState, kernel: Kernel, columns: number): ((x: Matrix) => Float64Array) => {
  const { rhos, planes, coefficients, vectors } = state.arrays
  const machines = rhos.length
  if (kernel.kind === 'linear')
    return (x) => {
      checkColumns(x, columns)
      const result = new Float64Array(machines * x.rows)
      for (let machine = 0; machine < machines; machine++)
        for (let row = 0; row < x.rows; row++) {
          let sum = -rhos[machine]
          for (let column = 0; column < columns; column++)
            sum += planes[machine * columns + column] * x.data[column * x.rows + row]
          result[machine * x.rows + row] = sum
        }
      return result
    }
  const count = vectors.length / columns
  const squares = new Float64Array(count)
  for (let i = 0; i < vectors.length; i++) squares[Math.floor(i / columns)] += vectors[i] ** 2
  const support: Points = { rows: count, columns, values: vectors as Float64Array, squares }
  return (x) => {
    checkColumns(x, columns)
    const points = pointsOf(
      x,
      Array.from({ length: x.rows }, (_, row) => row),
    )
    const result = new Float64Array(machines * x.rows)
    const products = new Float64Array(count)
    for (let row = 0; row < x.rows; row++) {
      kernelRow(kernel, points, row, support, products)
      for (let machine = 0; machine < machines; machine++) {
        let sum = -rhos[machine]
        for (let s = 0; s < count; s++) sum += coefficients[machine * count + s] * products[s]
        result[machine * x.rows + row] = sum
      }
    }
    return result
  }
}

/** Shares (x - mean) times the plane times `factor`, and what the whole says at the means. */
const sharesOf = (
  { arrays: { rhos, planes, means } }: ModelState,
  x: Matrix,
  columns: number,
  say: (decision: number) => number,
  factor: number,
) => {
  checkColumns(x, columns)
  let centre = -rhos[0]
  for (let column = 0; column < columns; column++) centre += planes[column] * means[column]
  const values = new Float64Array(x.rows * columns)
  for (let column = 0; column < columns; column++)
    for (let row = 0; row < x.rows; row++)
      values[row * columns + column] = factor * planes[column] * (x.data[column * x.rows + row] - means[column])
  return { baseline: say(centre), values }
}
