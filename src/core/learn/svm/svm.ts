import { cancelled, invalidInput } from '../../../contract/errors.ts'
import { warn, warnAs } from '../../../contract/warnings.ts'
import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import { randomOf, shuffle } from '../../numbers/random.ts'
import type { FitContext, Fitted, Learner, Parameters } from '../learner.ts'
import { checkMatrix, withoutZeroWeights } from '../linear/design.ts'
import { choice, describe, type Infer, number } from '../parameters.ts'
import { machineSearch } from '../search.ts'
import type { Machine, MachineInput } from './fitTask.ts'
import { type Kernel, pointsOf } from './kernel.ts'
import { fitSigmoid } from './platt.ts'
import { loadMachines } from './svmModel.ts'

const settings = describe(
  choice('kernel', ['rbf', 'linear'], 'rbf'),
  number('cost', [1e-6, 1, 1e6]),
  number('gamma', [0, 0, 1e6]),
  number('epsilon', [0, 0.1, 10]),
  number('tolerance', [1e-10, 0.001, 0.1]),
)

/** Parts the training rows are dealt into to calibrate the decisions, as libsvm. */
const calibrationFolds = 5

/**
 * Support vector machine (Cortes & Vapnik 1995; regression: epsilon-insensitive) with a linear or Gaussian kernel,
 * solved by sequential minimal optimisation as libsvm. Several classes: one machine a pair. Class probabilities:
 * Platt's sigmoid on decisions of a five-fold cross-validation within the training rows, coupled over pairs. Values are
 * learned in units of their standard deviation, so that `cost` and `epsilon` mean the same for every value. See
 * docs/methods.md.
 */
export const svm: Learner = {
  id: 'svm',
  family: 'machines',
  tasks: ['diagnosis', 'regression'],
  parameters: settings.list,
  needs: { categories: 'oneHot', standardise: true, native: false, missing: 'median' },
  stateVersion: 1,
  search: machineSearch,
  fit: fitMachines,
  load: loadMachines,
}

async function fitMachines(
  matrix: Matrix,
  given: Outcome,
  parameters: Parameters,
  context: FitContext,
  givenWeights?: Float64Array,
): Promise<Fitted> {
  if (given.task === 'survival') throw new TypeError('svm learns classes or values')
  checkMatrix(matrix, 'svm', givenWeights)
  if (context.signal.aborted) throw cancelled('cancelled')
  const { x, outcome, weights } = withoutZeroWeights(matrix, given, givenWeights)
  const values = settings.read(parameters)
  const kernel = kernelOf(values, x)
  const common = { x, kernel, epsilon: values.epsilon, tolerance: values.tolerance }
  const cost = (row: number) => values.cost * (weights ? weights[row] : 1)
  const run = runnerOf(context)
  return outcome.task === 'regression'
    ? fitValue(outcome.y, common, cost, weights, run)
    : fitClasses(outcome, common, cost, weights, run, context.seed)
}

type Common = Pick<MachineInput, 'x' | 'kernel' | 'epsilon' | 'tolerance'>
type Run = (inputs: MachineInput[]) => Promise<Machine[]>

/** Fits machines on the pool, a piece each, counting those that are done. */
const runnerOf =
  (context: FitContext): Run =>
  async (inputs) => {
    let done = 0
    return await Promise.all(
      inputs.map(async (input) => {
        const [machine] = await context.parallel('fitMachine', [input])
        if (context.signal.aborted) throw cancelled('cancelled')
        context.progress(++done / inputs.length)
        return machine
      }),
    )
  }

const kernelOf = ({ kernel, gamma }: Infer<typeof settings>, x: Matrix): Kernel => {
  if (kernel === 'linear') return { kind: 'linear' }
  if (gamma > 0) return { kind: 'rbf', gamma }
  const count = x.rows * x.columns
  let mean = 0
  for (let i = 0; i < count; i++) mean += x.data[i] / count
  let variance = 0
  for (let i = 0; i < count; i++) variance += (x.data[i] - mean) ** 2 / count
  return { kind: 'rbf', gamma: variance > 0 ? 1 / (x.columns * variance) : 1 }
}

const fitValue = async (
  y: Float64Array,
  common: Common,
  cost: (row: number) => number,
  weights: Float64Array | undefined,
  run: Run,
): Promise<Fitted> => {
  if (y.some((value) => !Number.isFinite(value))) throw invalidInput('missingOutcome')
  const { mean, sd } = spreadOf(y, weights)
  const rows = Int32Array.from(y.keys())
  const scaled = y.map((value) => (value - mean) / sd)
  const input = {
    ...common,
    rows,
    y: scaled,
    task: 'regression' as const,
    cost: Float64Array.from(rows, cost),
    decide: null,
  }
  const [machine] = await run([input])
  return fittedOf(common, [machine], { task: 'regression', mean, sd }, {}, [])
}

const spreadOf = (y: Float64Array, weights: Float64Array | undefined): { mean: number; sd: number } => {
  let [total, mean, squares] = [0, 0, 0]
  y.forEach((value, row) => {
    const weight = weights ? weights[row] : 1
    total += weight
    mean += (weight / total) * (value - mean)
  })
  y.forEach((value, row) => {
    squares += (weights ? weights[row] : 1) * (value - mean) ** 2
  })
  return { mean, sd: Math.sqrt(squares / total) || 1 }
}

const fitClasses = async (
  { classes, y }: Extract<Outcome, { task: 'diagnosis' }>,
  common: Common,
  cost: (row: number) => number,
  weights: Float64Array | undefined,
  run: Run,
  seed: number,
): Promise<Fitted> => {
  const members = classes.map((_, label) => Int32Array.from(y.keys()).filter((row) => y[row] === label))
  const present = [...classes.keys()].filter((label) => members[label].length > 0)
  if (present.length < 2) throw invalidInput('oneClassOnly', { rows: y.length, class: classes[present[0]] ?? '–' })
  const warnings: Fitted['warnings'] = []
  const absent = classes.filter((_, label) => members[label].length === 0)
  if (absent.length > 0) warnings.push(warn('absentClass', { classes: absent }))
  const pairs = present.flatMap((first, i) => present.slice(i + 1).map((second): [number, number] => [first, second]))

  const inputOf = (rows: Int32Array, first: number, decide: Int32Array | null): MachineInput => ({
    ...common,
    rows,
    y: Float64Array.from(rows, (row) => (y[row] === first ? 1 : -1)),
    task: 'diagnosis',
    cost: Float64Array.from(rows, cost),
    decide,
  })
  const inputs: MachineInput[] = []
  /** Of each pair: its rows, and what happens to each fold: an input, or the only class that is left to learn from. */
  const plans = pairs.map(([first, second], pair) => {
    const rows = Int32Array.from([...members[first], ...members[second]]).sort()
    const whole = inputs.push(inputOf(rows, first, null)) - 1
    const fold = foldsOf([members[first], members[second]], randomOf(seed, pair))
    const held = Array.from({ length: calibrationFolds }, (_, k) => {
      const out = rows.filter((row) => fold.get(row) === k)
      const left = rows.filter((row) => fold.get(row) !== k)
      const kinds = new Set(Array.from(left, (row) => y[row]))
      if (out.length === 0 || kinds.size < 2) return { out, input: -1, sole: kinds.size === 1 ? [...kinds][0] : null }
      return { out, input: inputs.push(inputOf(left, first, out)) - 1, sole: null }
    })
    return { first, second, whole, held }
  })
  const machines = await run(inputs)

  const sigmoids = plans.map(({ first, held }) => {
    const decisions: number[] = []
    const positive: boolean[] = []
    const cases: number[] = []
    for (const { out, input, sole } of held)
      out.forEach((row, i) => {
        // A fold whose rest has one class decides for that class, as libsvm.
        decisions.push(
          input >= 0 ? (machines[input].decisions as Float64Array)[i] : sole === null ? 0 : sole === first ? 1 : -1,
        )
        positive.push(y[row] === first)
        cases.push(weights ? weights[row] : 1)
      })
    return fitSigmoid(decisions, positive, cases)
  })
  return fittedOf(
    common,
    plans.map(({ whole }) => machines[whole]),
    { task: 'diagnosis', classes: classes.length, pairs },
    {
      sigmoids: Float64Array.from(sigmoids.flatMap(({ a, b }) => [a, b])),
    },
    warnings,
  )
}

/** Deals the rows of each class into folds in turn, so that each fold has its share of both. */
const foldsOf = (groups: Int32Array[], random: ReturnType<typeof randomOf>): Map<number, number> => {
  const fold = new Map<number, number>()
  let next = 0
  for (const group of groups)
    for (const row of shuffle(Int32Array.from(group), random)) fold.set(row, next++ % calibrationFolds)
  return fold
}

const fittedOf = (
  { x, kernel }: Common,
  machines: Machine[],
  header: Record<string, unknown>,
  arrays: Fitted['state']['arrays'],
  warnings: Fitted['warnings'],
): Fitted => {
  const unfinished = machines.filter(({ converged }) => !converged)
  if (unfinished.length > 0)
    warnings.push(warnAs('notConverged', 'costTooLarge', { iterations: unfinished[0].iterations }))
  const rhos = Float64Array.from(machines, ({ rho }) => rho)
  const common = { terms: [...x.terms], kernel, supportVectors: machines.map(({ support }) => support.length) }
  const done = (state: Fitted['state']): Fitted => ({ state, fit: null, outOfBag: null, backend: null, warnings })

  if (kernel.kind === 'linear') {
    // A plane needs no support vectors: their weighted sum says the same.
    const planes = new Float64Array(machines.length * x.columns)
    machines.forEach(({ support, coefficients }, machine) => {
      for (let column = 0; column < x.columns; column++)
        for (let s = 0; s < support.length; s++)
          planes[machine * x.columns + column] += coefficients[s] * x.data[column * x.rows + support[s]]
    })
    const means = Float64Array.from({ length: x.columns }, (_, column) => {
      let sum = 0
      for (let row = 0; row < x.rows; row++) sum += x.data[column * x.rows + row]
      return sum / x.rows
    })
    return done({ header: { ...header, ...common }, arrays: { ...arrays, rhos, planes, means } })
  }
  // One list of vectors for all machines; each has a coefficient for every one, 0 for those of others.
  const rows = Int32Array.from(new Set(machines.flatMap(({ support }) => [...support]))).sort()
  const place = new Map(Array.from(rows, (row, at) => [row, at]))
  const coefficients = new Float64Array(machines.length * rows.length)
  machines.forEach(({ support, coefficients: own }, machine) => {
    for (let s = 0; s < support.length; s++)
      coefficients[machine * rows.length + (place.get(support[s]) as number)] = own[s]
  })
  const vectors = pointsOf(x, rows).values
  return done({ header: { ...header, ...common }, arrays: { ...arrays, rhos, coefficients, vectors } })
}
