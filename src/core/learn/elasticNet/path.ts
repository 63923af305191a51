import type { FitContext } from '../learner.ts'
import { checkCancelled } from '../linear/likelihood.ts'
import { centreOf } from './centre.ts'
import type { Family } from './families.ts'
import { largestLambda, type Path, type PathSettings, type Problem, ratioOf } from './problem.ts'
import { type Solver, solverOf } from './solver.ts'

type Signals = Pick<FitContext, 'signal' | 'progress'>

/** Cycles through the classes of one lambda. */
const mostCycles = 2000

/**
 * The path of elastic-net solutions (Friedman, Hastie & Tibshirani 2010; Simon et al. 2011 for Cox), from the largest
 * lambda down, each from the one before. Working sets by the sequential strong rule, checked against the optimality
 * conditions of all columns (Tibshirani et al. 2012). The path's own sequence ends early as glmnet's does.
 */
export const followPath = (problem: Problem, family: Family, settings: PathSettings, signals: Signals): Path => {
  const { columns, usable, penaltyFactors, scale, mean } = problem
  const { alpha, lambdas } = settings
  const solvers = family.blocks.map((block) => solverOf(problem, block))
  const blocks = family.blocks.reduce((sum, { etas }) => sum + etas.length, 0)
  const count = lambdas?.length ?? settings.count
  const ratio = ratioOf(settings, problem)

  /** Largest absolute gradient over the blocks, of columns outside the working set. */
  const outside = new Float64Array(columns)
  const included = new Uint8Array(columns)
  const include = (found: number[]) => {
    for (const column of found) included[column] = 1
    for (const solver of solvers) solver.include(found)
  }
  const measureOutside = () => {
    const rest = usable.filter((column) => !included[column])
    if (rest.length === 0) return rest
    for (const column of rest) outside[column] = 0
    const own = new Float64Array(rest.length)
    for (const solver of solvers) {
      if (solvers.length > 1) solver.evaluate()
      solver.project(rest, own)
      rest.forEach((column, k) => {
        outside[column] = Math.max(outside[column], own[k])
      })
    }
    return rest
  }

  let tolerance = settings.threshold
  let converged = true
  const solve = (lambda: number) => {
    for (;;) {
      converged = solveAt(solvers, lambda, alpha, penaltyFactors, tolerance) && converged
      const broken = measureOutside().filter((column) => outside[column] > alpha * lambda * penaltyFactors[column])
      if (broken.length === 0) return
      include(broken)
    }
  }
  // The intercept alone, which all explained deviance is relative to; then with the columns that are never penalised.
  const start = Math.max(...solvers.map((solver) => solver.evaluate()))
  tolerance = settings.threshold * Math.max(Math.abs(start - family.saturated), 1e-300)
  converged = solveAt(solvers, 0, alpha, penaltyFactors, tolerance)
  const nullLoss = solvers[0].loss()
  include(usable.filter((column) => penaltyFactors[column] === 0))
  converged = solveAt(solvers, 0, alpha, penaltyFactors, tolerance) && converged
  measureOutside()
  const largest = largestLambda(problem, (column) => outside[column], alpha)

  const [used, explained, found]: [number[], number[], { values: Float64Array; intercepts: Float64Array }[]] = [
    [],
    [],
    [],
  ]
  let lambda = lambdas ? Math.max(largest, lambdas[0]) : largest
  for (let m = 0; m < count; m++) {
    checkCancelled(signals.signal)
    const before = lambda
    if (lambdas) lambda = lambdas[m]
    else if (m > 0) lambda *= ratio
    if (lambdas || m > 0) {
      const likely = alpha * (2 * lambda - before)
      include(usable.filter((column) => !included[column] && outside[column] > likely * penaltyFactors[column]))
      solve(lambda)
    }
    const values = new Float64Array(columns * blocks)
    const intercepts = new Float64Array(blocks)
    solvers.forEach((solver, at) => {
      solver.write(values.subarray(at * columns), intercepts.subarray(at))
    })
    if (blocks > 1) centreColumns(values, blocks, alpha, penaltyFactors)
    for (let at = 0; at < values.length; at++) {
      const column = at % columns
      values[at] /= scale[column]
      intercepts[Math.floor(at / columns)] -= values[at] * mean[column]
    }
    // Of classes only differences between intercepts mean something; as glmnet's they sum to 0.
    const middle = blocks > 1 ? intercepts.reduce((sum, one) => sum + one, 0) / blocks : 0
    found.push({ values, intercepts: intercepts.map((one) => one - middle) })
    used.push(lambda)
    explained.push((nullLoss - solvers[0].loss()) / (nullLoss - family.saturated))
    signals.progress(((m + 1) / count) * 0.999)
    if (lambdas || m + 1 < Math.min(5, count)) continue
    const { relative, back, factor } = family.gain
    const gain = explained[m] - explained[m - back]
    if ((relative ? gain / explained[m] : gain) < settings.smallestGain * factor) break
    if (explained[m] > settings.largestShare * family.ceiling) break
  }
  const coefficients = new Float64Array(used.length * blocks * columns)
  const intercepts = new Float64Array(used.length * blocks)
  found.forEach((one, m) => {
    coefficients.set(one.values, m * blocks * columns)
    intercepts.set(one.intercepts, m * blocks)
  })
  return {
    lambda: Float64Array.from(used),
    coefficients,
    intercepts,
    blocks,
    explained: Float64Array.from(explained),
    converged,
  }
}

/** Solves for one lambda on the working set; false where the cycles ran out. */
const solveAt = (
  solvers: Solver[],
  lambda: number,
  alpha: number,
  penaltyFactors: Float64Array,
  tolerance: number,
): boolean => {
  for (const solver of solvers) solver.penalise(lambda, alpha)
  if (solvers.length === 1) return solvers[0].solve(tolerance)
  for (let cycle = 0; cycle < mostCycles; cycle++) {
    let moved = false
    for (const solver of solvers) {
      solver.evaluate()
      if (cycle % 8 === 2) solver.refresh()
      if (solver.step(tolerance)) moved = true
    }
    if (centre(solvers, alpha, penaltyFactors, tolerance)) moved = true
    if (!moved) return true
  }
  return false
}

/** What is left undetermined between classes, settled as `centre` does. */
const centreColumns = (values: Float64Array, blocks: number, alpha: number, penaltyFactors: Float64Array): void => {
  const columns = values.length / blocks
  for (let column = 0; column < columns; column++) {
    const own = Float64Array.from({ length: blocks }, (_, block) => values[block * columns + column])
    const shift = centreOf(own, penaltyFactors[column] === 0 ? 0 : alpha)
    if (shift !== 0) for (let block = 0; block < blocks; block++) values[block * columns + column] -= shift
  }
}

/**
 * Probabilities do not change when the same number is added to a coefficient in all classes; of all such numbers the
 * one of smallest penalty is taken (Friedman et al. 2010, 4.1), and intercepts sum to 0.
 */
const centre = (solvers: Solver[], alpha: number, penaltyFactors: Float64Array, tolerance: number): boolean => {
  const { size, first, set } = solvers[0].working()
  let moved = false
  const shifts = new Float64Array(size)
  for (let j = 0; j < size; j++) {
    const values = Float64Array.from(solvers, (solver) => solver.working().beta[j])
    const plain = j < first || penaltyFactors[set[j - first]] === 0
    shifts[j] = centreOf(values, plain ? 0 : alpha)
    if (shifts[j] * shifts[j] > tolerance) moved = true
  }
  if (shifts.some((shift) => shift !== 0)) for (const solver of solvers) solver.shift(shifts)
  return moved
}
