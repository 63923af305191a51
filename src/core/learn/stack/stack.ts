import { BedsideError, cancelled, invalidInput, sentenceIn } from '../../../contract/errors.ts'
import type { Task } from '../../../contract/values.ts'
import { warn, within } from '../../../contract/warnings.ts'
import { type Matrix, type Outcome, takeMatrixRows, takeOutcomeRows } from '../../cohort/matrix.ts'
import { randomOf, shuffle } from '../../numbers/random.ts'
import { boosting } from '../boosting/boosting.ts'
import { elasticNet } from '../elasticNet/elasticNet.ts'
import type { FoldTask } from '../foldTask.ts'
import type { FitContext, Fitted, Learner, ModelState, Parameters, Predictor } from '../learner.ts'
import { withoutZeroWeights } from '../linear/design.ts'
import { linear } from '../linear/linear.ts'
import { logistic } from '../linear/logistic.ts'
import { neural } from '../neural/neural.ts'
import { boolean, completeParameters, describe, integer } from '../parameters.ts'
import { classPredictor, survivalPredictor, valuePredictor } from '../predictor.ts'
import { cox } from '../survival/cox.ts'
import { svm } from '../svm/svm.ts'
import { forest } from '../trees/forest.ts'
import { applyView, fitView, type View } from './view.ts'
import { stackWeights } from './weights.ts'

const regressions: Record<Task, Learner> = { diagnosis: logistic, regression: linear, survival: cox }

/** Bases by the parameter that asks for them, in their order in the state. */
const bases: Record<string, (task: Task) => Learner> = {
  regression: (task) => regressions[task],
  elasticNet: () => elasticNet,
  forest: () => forest,
  boosting: () => boosting,
  svm: () => svm,
  neural: () => neural,
}

const stackSettings = describe(
  boolean('regression', true),
  boolean('elasticNet', false),
  boolean('forest', true),
  boolean('boosting', true),
  boolean('svm', false),
  boolean('neural', false),
  integer('nTrees', [1, 500, 10_000]),
  integer('folds', [2, 5, 20]),
)

interface StackHeader {
  task: Task
  classes: number
  bases: { learner: string; share: number; view: View; state: ModelState['header'] }[]
  /** Times at which the risk of survival is averaged. */
  grid: number[]
}

/**
 * Stacked generalisation (Wolpert 1992; Breiman 1996): several learners, each with its own preparation of one matrix,
 * and the mean of their predictions under shares that are not negative and sum to 1, chosen on predictions of rows that
 * the bases did not see (a super learner; van der Laan, Polley & Hubbard 2007). All bases lie in one state. See
 * docs/methods.md.
 */
export const stack: Learner = {
  id: 'stack',
  family: 'together',
  tasks: ['diagnosis', 'regression', 'survival'],
  parameters: stackSettings.list,
  needs: { categories: 'oneHot', standardise: false, native: true, missing: 'native' },
  stateVersion: 1,
  fit: fitStack,
  load: loadStack,
}

/** Bases are fitted once more on all rows; folds take about as long as they are many. */
const gridPoints = 20

async function fitStack(
  given: Matrix,
  whole: Outcome,
  parameters: Parameters,
  context: FitContext,
  givenWeights?: Float64Array,
): Promise<Fitted> {
  const settings = stackSettings.read(parameters)
  const stop = () => {
    if (context.signal.aborted) throw cancelled('cancelled')
  }
  stop()
  if (given.rows === 0) throw invalidInput('noRows')
  if (givenWeights?.some((weight) => !(weight >= 0 && Number.isFinite(weight)))) throw invalidInput('badWeights')
  const { x, outcome, weights } = withoutZeroWeights(given, whole, givenWeights)
  if (x.rows === 0) throw invalidInput('noWeight')
  const { task } = outcome
  const chosen = Object.entries(bases)
    .filter(([name]) => settings[name as keyof typeof settings] === true)
    .map(([, of]) => of(task))
    .filter((learner) => learner.tasks.includes(task))
  if (chosen.length === 0) throw invalidInput('noBases')

  const count = settings.folds
  const steps = chosen.length * (count + 1)
  let done = 0
  const warnings: Fitted['warnings'] = []
  const members: { learner: Learner; parameters: Parameters; view: View; fitted: Fitted }[] = []
  let refusal: unknown = null
  for (const learner of chosen) {
    const own = parametersOf(learner, settings)
    const view = fitView(x, learner.needs)
    try {
      const fitted = await learner.fit(
        applyView(view, x),
        outcome,
        own,
        { ...context, progress: (share) => context.progress((done + Math.min(share, 0.999)) / steps) },
        weights,
      )
      members.push({ learner, parameters: own, view, fitted })
      for (const warning of fitted.warnings) warnings.push(within(warning, 'ofLearner', { learner: learner.id }))
    } catch (error) {
      if (!(error instanceof BedsideError) || error.failure.code === 'cancelled') throw error
      refusal ??= error
      warnings.push(warn('baseLeftOut', { learner: learner.id, why: sentenceIn(error.failure) }))
    }
    done++
    stop()
  }
  if (members.length === 0) throw refusal

  const grid = gridOf(outcome)
  const held = dealRows(outcome, count, context.seed)
  const outOfFold = await predictOutOfFold(members, x, outcome, weights, held, grid, context, (share) =>
    context.progress((done + share * (steps - done) * 0.999) / steps),
  )
  stop()
  const usable = members.flatMap((_, at) => (outOfFold?.[at] ? [at] : []))
  // With too few rows to hold any out, all count alike.
  const shares = new Float64Array(members.length).fill(usable.length === 0 ? 1 / members.length : 0)
  if (outOfFold && usable.length > 0)
    stackWeights(
      usable.map((at) => outOfFold[at] as Float64Array),
      outcome,
      weights,
      grid,
    ).forEach((share, k) => {
      shares[usable[k]] = share
    })
  context.progress(1)
  return {
    state: stateOf(members, shares, outcome, grid),
    fit: null,
    outOfBag: null,
    backend: members.find(({ fitted }) => fitted.backend !== null)?.fitted.backend ?? null,
    warnings: [
      ...warnings,
      warn('stackShares', { shares: members.map(({ learner }, at) => `${learner.id} ${shares[at].toFixed(2)}`) }),
    ],
  }
}

const parametersOf = (learner: Learner, { nTrees }: { nTrees: number }): Parameters =>
  completeParameters(learner, learner.parameters.some(({ name }) => name === 'nTrees') ? { nTrees } : {})

const foldStream = 0x57ac

/** Rows dealt into folds, classes or events spread evenly. */
const dealRows = (outcome: Outcome, count: number, seed: number): Int32Array[] => {
  const rows = outcome.task === 'survival' ? outcome.time.length : outcome.y.length
  const stratum = (row: number) =>
    outcome.task === 'diagnosis' ? outcome.y[row] : outcome.task === 'survival' ? outcome.event[row] : 0
  const order = shuffle(
    Int32Array.from({ length: rows }, (_, row) => row),
    randomOf(seed, foldStream),
  )
  const dealt = Array.from(order).sort((a, b) => stratum(a) - stratum(b))
  const folds = Array.from({ length: Math.min(count, rows) }, (): number[] => [])
  dealt.forEach((row, at) => {
    folds[at % folds.length].push(row)
  })
  return folds.map((fold) => Int32Array.from(fold).sort())
}

/** Even times up to the nine tenths of the event times: beyond, few are left to judge by. */
const gridOf = (outcome: Outcome): Float64Array => {
  if (outcome.task !== 'survival') return new Float64Array(0)
  const events = outcome.time.filter((_, row) => outcome.event[row] === 1).sort()
  const last = events[Math.floor(0.9 * (events.length - 1))] ?? 0
  return Float64Array.from({ length: gridPoints }, (_, k) => (last * (k + 1)) / gridPoints)
}

type Member = { learner: Learner; parameters: Parameters }

/**
 * Each base's predictions of rows it did not see; null for a base that some fold refuses, and altogether where there
 * are too few rows.
 */
const predictOutOfFold = async (
  members: readonly Member[],
  x: Matrix,
  outcome: Outcome,
  weights: Float64Array | undefined,
  folds: readonly Int32Array[],
  grid: Float64Array,
  context: FitContext,
  progress: (share: number) => void,
): Promise<(Float64Array | null)[] | null> => {
  if (members.length < 2 || folds.length < 2) return null
  const width = outcome.task === 'diagnosis' ? outcome.classes.length : outcome.task === 'survival' ? grid.length : 1
  const all = members.map((): Float64Array | null => new Float64Array(x.rows * width).fill(Number.NaN))
  for (const [k, held] of folds.entries()) {
    if (context.signal.aborted) throw cancelled('cancelled')
    const heldSet = new Set(held)
    const training = Int32Array.from({ length: x.rows }, (_, row) => row).filter((row) => !heldSet.has(row))
    const [from, to] = [takeMatrixRows(x, training), takeMatrixRows(x, held)]
    const taught = takeOutcomeRows(outcome, training)
    const tasks = members.map(({ learner, parameters: own }): FoldTask => {
      const view = fitView(from, learner.needs)
      return {
        learner: learner.id,
        parameters: own,
        matrices: [applyView(view, from)],
        outcome: taught,
        ...(weights ? { weights: Float64Array.from(training, (row) => weights[row]) } : {}),
        balanced: false,
        seed: context.seed,
        held: applyView(view, to),
        times: Array.from(grid),
      }
    })
    const results = await context.parallel('fitFold', tasks)
    results.forEach((result, at) => {
      const into = all[at]
      if (!into) return
      if ('failure' in result) {
        all[at] = null
        return
      }
      const { predicted } = result
      const own =
        predicted.task === 'diagnosis'
          ? predicted.probabilities
          : predicted.task === 'regression'
            ? predicted.values
            : predicted.survival
      held.forEach((row, i) => {
        into.set(own.subarray(i * width, (i + 1) * width), row * width)
      })
    })
    progress((k + 1) / folds.length)
  }
  return all
}

const stateOf = (
  members: readonly { learner: Learner; view: View; fitted: Fitted }[],
  shares: Float64Array,
  outcome: Outcome,
  grid: Float64Array,
): ModelState => {
  const header: StackHeader = {
    task: outcome.task,
    classes: outcome.task === 'diagnosis' ? outcome.classes.length : 0,
    bases: members.map(({ learner, view, fitted }, at) => ({
      learner: learner.id,
      share: shares[at],
      view,
      state: fitted.state.header,
    })),
    grid: Array.from(grid),
  }
  const arrays: ModelState['arrays'] = {}
  members.forEach(({ fitted }, at) => {
    for (const [name, array] of Object.entries(fitted.state.arrays)) arrays[`${at}/${name}`] = array
  })
  return { header: header as unknown as ModelState['header'], arrays }
}

async function loadStack(state: ModelState): Promise<Predictor> {
  const { task, bases: stored, grid, classes } = state.header as unknown as StackHeader
  const known = new Map(Object.values(bases).map((of) => [of(task).id, of(task)]))
  const members = await Promise.all(
    stored.map(async ({ learner: id, share, view, state: header }, at) => {
      const learner = known.get(id)
      if (!learner) throw invalidInput('badArtifact')
      const prefix = `${at}/`
      const arrays = Object.fromEntries(
        Object.entries(state.arrays)
          .filter(([name]) => name.startsWith(prefix))
          .map(([name, array]) => [name.slice(prefix.length), array]),
      )
      return { share, view, predictor: await learner.load({ header, arrays }) }
    }),
  )
  // A base that does not count is kept for the record, and not asked.
  const asking = members.filter(({ share }) => share > 0)
  const mean = (x: Matrix, of: (predictor: Predictor, own: Matrix) => Float64Array): Float64Array => {
    let sum: Float64Array | null = null
    for (const { share, view, predictor } of asking) {
      const values = of(predictor, applyView(view, x))
      sum ??= new Float64Array(values.length)
      for (let i = 0; i < values.length; i++) sum[i] += share * values[i]
    }
    return sum as Float64Array
  }
  if (task === 'regression')
    return { task, values: (x) => mean(x, (predictor, own) => valuePredictor(predictor).values(own)) }
  if (task === 'diagnosis')
    return {
      task,
      probabilities: (x) => {
        const p = mean(x, (predictor, own) => classPredictor(predictor).probabilities(own))
        for (let row = 0; row < x.rows; row++) {
          let total = 0
          for (let k = 0; k < classes; k++) total += p[row * classes + k]
          for (let k = 0; k < classes; k++) p[row * classes + k] /= total
        }
        return p
      },
    }
  const steps = asking.flatMap(({ predictor }) => Array.from(survivalPredictor(predictor).times ?? []))
  // As one less the mean risk: where every base says 1 the mean is 1 to the bit.
  const survival = (x: Matrix, times: ArrayLike<number>) =>
    mean(x, (predictor, own) =>
      survivalPredictor(predictor)
        .survival(own, times)
        .map((s) => 1 - s),
    ).map((risk) => 1 - risk)
  return {
    task,
    survival,
    risk: (x) => {
      const curves = survival(x, grid)
      return Float64Array.from({ length: x.rows }, (_, row) => {
        let sum = 0
        for (let k = 0; k < grid.length; k++) sum += 1 - curves[row * grid.length + k]
        return sum / grid.length
      })
    },
    ...(steps.length > 0 ? { times: Float64Array.from([...new Set(steps)].sort((a, b) => a - b)) } : {}),
  }
}
