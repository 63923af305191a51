import { cancelled, invalidInput } from '../../../contract/errors.ts'
import type { Fit } from '../../../contract/models.ts'
import { warn, warnAs } from '../../../contract/warnings.ts'
import { alignTimes } from '../../cohort/curves/times.ts'
import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import type { FitContext, Fitted, Learner, ModelState } from '../learner.ts'
import { coefficientOf } from '../linear/coefficients.ts'
import { checkMatrix, momentsOf, noUsableFeature, withoutZeroWeights } from '../linear/design.ts'
import {
  type CrossValidation,
  dealFolds,
  type FoldError,
  learnable,
  type PathFold,
  pathFoldErrors,
  predictorAt,
  summarise,
} from './crossValidation.ts'
import { type FamilyName, fitPath } from './fitPath.ts'
import { elasticNetSettings } from './parameters.ts'
import { predictorOf } from './predictor.ts'
import type { Path } from './problem.ts'

/**
 * Regression with the elastic-net penalty along a path of lambdas, as R's glmnet, and lambda by cross-validation, as
 * cv.glmnet: binomial and multinomial classes, values, counts, and Cox's partial likelihood (Breslow). See
 * docs/methods.md.
 */
export const elasticNet: Learner = {
  id: 'elasticNet',
  family: 'regression',
  explains: 'linear',
  effect: (task, { family }) =>
    task === 'diagnosis'
      ? 'oddsRatio'
      : task === 'survival'
        ? 'hazardRatio'
        : family === 'poisson'
          ? 'rateRatio'
          : 'difference',
  auto: { order: 1, rows: 0 },
  tasks: ['diagnosis', 'regression', 'survival'],
  parameters: elasticNetSettings.list,
  needs: { categories: 'contrasts', standardise: false, native: false, missing: 'median', terms: 'reads' },
  stateVersion: 1,
  // Lambda is chosen inside each fit.
  search: () => ({ ranges: { alpha: { values: [1, 0.75, 0.5, 0.25, 0] } }, simpler: { alpha: 'high' } }),

  async fit(matrix, given, parameters, context, givenWeights): Promise<Fitted> {
    const settings = elasticNetSettings.read(parameters)
    checkMatrix(matrix, 'elasticNet', givenWeights)
    checkCancelled(context.signal)
    const { x, outcome: whole, weights } = withoutZeroWeights(matrix, given, givenWeights)
    const { outcome, present, warnings } = presentClasses(whole)
    const family = familyOf(outcome, settings.family)
    checkOutcome(outcome, family, x)
    const moments = momentsOf(x, weights)
    if (!moments.sd.some((sd) => sd > 0)) throw noUsableFeature('elasticNet')

    const alpha = settings.alpha
    const shared = { family, alpha, ...(weights ? { weights } : {}) }
    const byHand = settings.choose === 'given'
    const folds = byHand ? 0 : Math.min(settings.folds, Math.floor(x.rows / 3))
    if (!byHand && folds < 3) throw invalidInput('tooFewRows', { rows: x.rows })
    const share = byHand ? 1 : 1 / (folds + 1)
    const path = fitPath(
      x,
      outcome,
      { ...shared, count: settings.nLambda },
      {
        signal: context.signal,
        progress: (done) => context.progress(done * share * 0.99),
      },
    )
    const validation = byHand ? null : await crossValidate(x, outcome, shared, path, folds, context)
    checkCancelled(context.signal)
    if (!byHand && !validation) throw invalidInput('tooFewFolds')
    const chosen = validation ? (settings.choose === 'min' ? validation.best : validation.simplest) : -1
    // A lambda of one's own is approached from the largest, as each on the path.
    const used = validation
      ? path
      : fitPath(x, outcome, { ...shared, lambdas: downTo(path, settings.lambda) }, quiet(context))
    const at = validation ? chosen : used.lambda.length - 1
    if (!used.converged) warnings.push(warnAs('notConverged', 'pathUnsettled'))
    const { columns } = x
    const { blocks } = used
    const coefficients = used.coefficients.slice(at * blocks * columns, (at + 1) * blocks * columns)
    const intercepts = used.intercepts.slice(at * blocks, (at + 1) * blocks)
    if (coefficients.every((value) => value === 0)) warnings.push(warn('nothingSelected'))
    const classes = whole.task === 'diagnosis' ? [...whole.classes] : null
    const baseline = outcome.task === 'survival' ? baselineOf(x, outcome, used, at, weights, moments.mean) : null
    context.progress(1)
    return {
      state: {
        header: {
          task: outcome.task,
          family,
          classes,
          terms: [...x.terms],
          rows: x.rows,
          alpha,
          lambda: used.lambda[at],
          explained: used.explained[at],
        },
        arrays: {
          present: Int32Array.from(present),
          coefficients,
          intercepts,
          means: moments.mean,
          ...(baseline ? { times: baseline.times, hazard: baseline.hazard } : {}),
        },
      },
      fit: {
        coefficients: tableOf(x, coefficients, intercepts, family, classes ?? [], present),
        logLikelihood: null,
        nullLogLikelihood: null,
        iterations: null,
        converged: used.converged,
        path: shownPath(x, used, validation, at, moments.sd, alpha, classes ?? [], present),
      },
      outOfBag: null,
      backend: null,
      warnings,
    }
  },

  load: async (state: ModelState) => predictorOf(state),
}

const checkCancelled = (signal: AbortSignal) => {
  if (signal.aborted) throw cancelled('cancelled')
}

const quiet = ({ signal }: FitContext) => ({ signal, progress: () => {} })

const familyOf = (outcome: Outcome, family: 'gaussian' | 'poisson'): FamilyName => {
  if (outcome.task === 'survival') return 'cox'
  if (outcome.task === 'regression') return family
  return outcome.classes.length === 2 ? 'binomial' : 'multinomial'
}

/** The outcome of the classes that have rows, and which these are. */
const presentClasses = (given: Outcome): { outcome: Outcome; present: number[]; warnings: Fitted['warnings'] } => {
  if (given.task !== 'diagnosis') return { outcome: given, present: [], warnings: [] }
  const counts = new Float64Array(given.classes.length)
  for (const label of given.y) counts[label]++
  const present = Array.from(counts.keys()).filter((label) => counts[label] > 0)
  const absent = given.classes.filter((_, label) => counts[label] === 0)
  const place = new Map(present.map((label, at) => [label, at]))
  return {
    outcome: {
      task: 'diagnosis',
      classes: present.map((label) => given.classes[label]),
      y: given.y.map((label) => place.get(label) as number),
    },
    present,
    warnings: absent.length > 0 ? [warn('absentClass', { classes: absent })] : [],
  }
}

const checkOutcome = (outcome: Outcome, family: FamilyName, x: Matrix): void => {
  if (outcome.task === 'diagnosis' && outcome.classes.length < 2)
    throw invalidInput('oneClassOnly', { rows: x.rows, class: outcome.classes[0] ?? '–' })
  if (outcome.task === 'survival') {
    if (outcome.time.some((time) => !Number.isFinite(time))) throw invalidInput('missingOutcome')
    if (!outcome.event.some((event) => event === 1)) throw invalidInput('noEvents', { rows: x.rows })
  }
  if (outcome.task !== 'regression') return
  if (outcome.y.some((value) => !Number.isFinite(value))) throw invalidInput('missingOutcome')
  if (family === 'poisson' && outcome.y.some((value) => value < 0)) throw invalidInput('negativeCount')
  if (!learnable(outcome, family)) throw invalidInput('constantOutcome')
}

/** A path down to one lambda: ten from the largest on, or the one alone where it is larger. */
const downTo = ({ lambda }: Path, wanted: number): Float64Array => {
  const largest = lambda[0]
  if (!(wanted < largest)) return Float64Array.of(wanted)
  const steps = 10
  // Lambda 0 is no place on a logarithmic scale; the path's smallest comes before it.
  const end = wanted > 0 ? wanted : lambda[lambda.length - 1]
  const down = Array.from({ length: steps }, (_, i) => largest * (end / largest) ** (i / (steps - 1)))
  if (wanted > 0) down[steps - 1] = wanted
  else down.push(0)
  return Float64Array.from(down)
}

const crossValidate = async (
  x: Matrix,
  outcome: Outcome,
  shared: { family: FamilyName; alpha: number; weights?: Float64Array },
  path: Path,
  folds: number,
  context: FitContext,
): Promise<CrossValidation | null> => {
  const fold = dealFolds(outcome, x.rows, folds, context.seed)
  const inputs = Array.from(
    { length: folds },
    (_, k): PathFold => ({
      x,
      outcome,
      ...shared,
      lambdas: path.lambda,
      threshold: 1e-7,
      held: Uint8Array.from(fold, (own) => (own === k + 1 ? 1 : 0)),
    }),
  )
  let errors: FoldError[]
  if (context.threads > 1) errors = await context.parallel('elasticNetFold', inputs)
  else {
    errors = []
    for (const [k, input] of inputs.entries()) {
      const progress = (share: number) => context.progress((0.99 * (k + 1 + share)) / (folds + 1))
      errors.push(pathFoldErrors(input, { signal: context.signal, progress }))
      checkCancelled(context.signal)
    }
  }
  return summarise(errors, path.lambda.length)
}

/**
 * The intercept and the features that are in the model; penalised estimates have no standard errors that mean anything.
 */
const tableOf = (
  x: Matrix,
  coefficients: Float64Array,
  intercepts: Float64Array,
  family: FamilyName,
  classes: readonly string[],
  present: readonly number[],
): Fit['coefficients'] =>
  Array.from(intercepts).flatMap((intercept, block) => {
    const prefix = family === 'multinomial' ? `${classes[present[block]]}:` : ''
    const own = coefficients.subarray(block * x.columns, (block + 1) * x.columns)
    return [
      ...(family === 'cox' ? [] : [coefficientOf(`${prefix}(Intercept)`, intercept, Number.NaN, null)]),
      ...Array.from(own).flatMap((value, column) =>
        value === 0 ? [] : [coefficientOf(`${prefix}${x.terms[column]}`, value, Number.NaN, null)],
      ),
    ]
  })

const shownTerms = 40

const shownPath = (
  x: Matrix,
  { lambda, explained, coefficients, blocks }: Path,
  validation: CrossValidation | null,
  chosen: number,
  sd: Float64Array,
  alpha: number,
  classes: readonly string[],
  present: readonly number[],
): NonNullable<Fit['path']> => {
  const { columns } = x
  const steps = Array.from(lambda.keys())
  const terms = Array.from({ length: blocks * columns }, (_, at) => {
    const column = at % columns
    const block = Math.floor(at / columns)
    const values = steps.map((m) => coefficients[(m * blocks + block) * columns + column] * sd[column])
    const prefix = blocks > 1 ? `${classes[present[block]]}:` : ''
    return { term: `${prefix}${x.terms[column]}`, values, most: Math.max(...values.map(Math.abs)) }
  })
    .filter(({ most }) => most > 0)
    .sort((a, b) => b.most - a.most)
    .slice(0, shownTerms)
  return {
    alpha,
    lambda: [...lambda],
    explained: [...explained],
    size: steps.map((m) => {
      let count = 0
      for (let column = 0; column < columns; column++) {
        let there = false
        for (let block = 0; block < blocks; block++)
          if (coefficients[(m * blocks + block) * columns + column] !== 0) there = true
        if (there) count++
      }
      return count
    }),
    terms: terms.map(({ term, values }) => ({ term, values: values.map((value) => Number(value.toPrecision(6))) })),
    crossValidation: validation && { ...validation, mean: [...validation.mean], error: [...validation.error] },
    chosen,
  }
}

/** Breslow's cumulative hazard of a patient at the columns' means. */
const baselineOf = (
  x: Matrix,
  outcome: Extract<Outcome, { task: 'survival' }>,
  path: Path,
  at: number,
  weights: Float64Array | undefined,
  means: Float64Array,
): { times: Float64Array; hazard: Float64Array } => {
  const eta = predictorAt(
    path,
    at,
    0,
    x,
    Array.from({ length: x.rows }, (_, row) => row),
  )
  let middle = 0
  means.forEach((mean, column) => {
    middle += mean * path.coefficients[at * x.columns + column]
  })
  const time = alignTimes(outcome.time)
  const order = Uint32Array.from(time.keys()).sort((a, b) => time[b] - time[a])
  const [times, steps]: [number[], number[]] = [[], []]
  let risk = 0
  for (let from = 0; from < order.length; ) {
    let to = from
    let died = 0
    while (to < order.length && time[order[to]] === time[order[from]]) {
      const row = order[to++]
      const weight = weights ? weights[row] : 1
      risk += weight * Math.exp(eta[row] - middle)
      if (outcome.event[row]) died += weight
    }
    if (died > 0) {
      times.push(time[order[from]])
      steps.push(died / risk)
    }
    from = to
  }
  const hazard = Float64Array.from(steps.reverse())
  for (let i = 1; i < hazard.length; i++) hazard[i] += hazard[i - 1]
  return { times: Float64Array.from(times.reverse()), hazard }
}
