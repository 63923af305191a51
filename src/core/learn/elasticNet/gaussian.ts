import { checkCancelled } from '../linear/likelihood.ts'
import { descend, type Quadratic } from './descent.ts'
import { squares } from './families.ts'
import { followPath } from './path.ts'
import { largestLambda, type Path, type PathSettings, type Problem, ratioOf } from './problem.ts'
import { addProjections, crossProducts } from './products.ts'

type Signals = Parameters<typeof followPath>[3]

/** Beyond it the table of column products is not made, as in glmnet. */
const mostColumns = 500

/**
 * Least squares: all steps work on the products of columns, made once (glmnet's covariance updating), whatever the
 * rows.
 */
export const gaussianPath = (problem: Problem, y: Float64Array, settings: PathSettings, signals: Signals): Path => {
  const { rows, z, usable, weights, scale, mean, penaltyFactors, columns } = problem
  let middle = 0
  for (let i = 0; i < rows; i++) middle += weights[i] * (y[i] - y[0])
  middle += y[0]
  let spread = 0
  for (let i = 0; i < rows; i++) spread += weights[i] * (y[i] - middle) ** 2
  const unit = Math.sqrt(spread)
  const target = Float64Array.from(y, (value) => (value - middle) / unit)
  const original = (path: Path): Path => {
    path.lambda.forEach((lambda, m) => {
      path.lambda[m] = lambda * unit
    })
    for (let at = 0; at < path.coefficients.length; at++) path.coefficients[at] *= unit
    path.lambda.forEach((_, m) => {
      let intercept = middle
      for (let column = 0; column < columns; column++)
        intercept -= path.coefficients[m * columns + column] * mean[column]
      path.intercepts[m] = intercept
    })
    return path
  }
  const own: PathSettings = {
    ...settings,
    lambdas: settings.lambdas ? settings.lambdas.map((lambda) => lambda / unit) : null,
  }
  if (usable.length > mostColumns) return original(followPath(problem, squares(target, weights), own, signals))

  const size = usable.length
  const hessian = new Float64Array(size * size)
  const equal = weights.every((weight) => weight === weights[0])
  const factor = equal ? weights[0] : 1
  crossProducts(z, rows, usable, usable, equal ? null : weights, (a, b, sum) => {
    hessian[a * size + b] = sum * factor
    hessian[b * size + a] = sum * factor
  })
  const correlation = new Float64Array(size)
  const weighed = target.map((value, i) => value * weights[i])
  addProjections(z, rows, usable, weighed, 0, rows, correlation)
  const factors = Float64Array.from(usable, (column) => penaltyFactors[column])
  const quadratic: Quadratic = {
    size,
    hessian,
    stride: size,
    gradient: correlation.slice(),
    beta: new Float64Array(size),
    l1: new Float64Array(size),
    l2: new Float64Array(size),
  }
  const { beta, gradient, l1, l2 } = quadratic
  const { alpha, lambdas } = settings
  const count = lambdas?.length ?? settings.count
  const [steps, explained, coefficients]: [number[], number[], Float64Array[]] = [[], [], []]
  const ratio = ratioOf(settings, problem)
  let lambda = 0
  for (let m = 0; m < count; m++) {
    checkCancelled(signals.signal)
    const free = !own.lambdas && m === 0
    if (own.lambdas) lambda = own.lambdas[m]
    else if (m === 1) lambda = ratio * largestLambda(problem, (column) => gradient[usable.indexOf(column)], alpha)
    else lambda *= ratio
    for (let k = 0; k < size; k++) {
      // The first of an own sequence holds every penalised column at 0.
      l1[k] = free && factors[k] > 0 ? Number.MAX_VALUE : alpha * lambda * factors[k]
      l2[k] = free ? 0 : (1 - alpha) * lambda * factors[k]
    }
    // Sweeps here cost nothing beside the products, so they go on for longer than they need.
    descend(quadratic, Math.min(settings.threshold, Math.max(1e-22, 1e-4 * settings.threshold)))
    let share = 0
    for (let k = 0; k < size; k++) share += beta[k] * (correlation[k] + gradient[k])
    const kept = new Float64Array(columns)
    usable.forEach((column, k) => {
      kept[column] = beta[k] / scale[column]
    })
    coefficients.push(kept)
    explained.push(share)
    steps.push(lambda)
    signals.progress((m + 1) / count)
    if (own.lambdas || m + 1 < Math.min(5, count)) continue
    if (share > settings.largestShare) break
    if (share - explained[m - 1] < settings.smallestGain * share) break
  }
  if (!own.lambdas && steps.length > 2) steps[0] = steps[1] ** 2 / steps[2]
  const flat = new Float64Array(columns * steps.length)
  coefficients.forEach((kept, m) => {
    flat.set(kept, m * columns)
  })
  return original({
    lambda: Float64Array.from(steps),
    coefficients: flat,
    intercepts: new Float64Array(steps.length),
    blocks: 1,
    explained: Float64Array.from(explained),
    converged: true,
  })
}
