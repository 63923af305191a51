import type { Fit } from '../../contract/models.ts'
import { type Matrix, type Outcome, takeMatrixRows } from '../cohort/matrix.ts'
import { normalP, studentTail } from '../numbers/distributions.ts'
import type { FitContext, Fitted, Learner, ModelState, Parameters, Predictor } from './learner.ts'
import { type ClassPredictor, classPredictor, survivalPredictor, valuePredictor } from './predictor.ts'

/**
 * A model of one learner that is more than its fit: the mean of fits on several completed data sets, probabilities
 * brought back to the classes' shares, or both. It is stored as one state and answers as one predictor.
 */

/** On what scale members agree and offsets are added: that of the learner's contributions, which so stay additive. */
type Scale = 'logOdds' | 'logHazard' | 'plain'

interface CompositeHeader {
  composite: { scale: Scale; members: ModelState['header'][]; offsets: number[] | null }
}

export interface CompositeOptions {
  /** Case weights. */
  weights?: Float64Array
  /** Whether each class weighs the same in the fit, and probabilities are brought back to the classes' shares. */
  balanced?: boolean
}

/**
 * Fits a learner on each of the matrices (completed data sets of the same rows, by multiple imputation; usually one),
 * all with one outcome. Predictions are pooled on the scale on which the learner is additive (Marshall et al. 2009),
 * coefficients by Rubin's rules.
 */
export const fitComposite = async (
  learner: Learner,
  matrices: readonly Matrix[],
  outcome: Outcome,
  parameters: Parameters,
  context: FitContext,
  { weights, balanced = false }: CompositeOptions = {},
): Promise<Fitted> => {
  const balancing = balanced && outcome.task === 'diagnosis' ? balancedWeights(outcome, weights) : weights
  const members: Fitted[] = []
  for (const [m, matrix] of matrices.entries())
    members.push(
      await learner.fit(
        matrix,
        outcome,
        parameters,
        { ...context, progress: (share, detail) => context.progress((m + share) / matrices.length, detail) },
        balancing,
      ),
    )
  const [first] = members
  if (members.length === 1 && balancing === weights) return first
  const predictors = await Promise.all(members.map(({ state }) => learner.load(state)))
  const scale = scaleOf(predictors[0], matrices[0], outcome)
  const kept = members.flatMap((member) => (member.outOfBag ? [member.outOfBag] : []))
  const outOfBag = kept.length === members.length ? meanOf(kept) : null
  const offsets =
    balancing !== weights && outcome.task === 'diagnosis'
      ? offsetsOf(
          outOfBag ?? meanOf(predictors.map((predictor, m) => classPredictor(predictor).probabilities(matrices[m]))),
          outcome,
          weights,
        )
      : null
  return {
    state: join(
      members.map(({ state }) => state),
      scale,
      offsets,
    ),
    fit: interceptMoved(
      poolFits(
        members.map(({ fit }) => fit),
        matrices[0].rows,
      ),
      outcome,
      scale === 'logOdds' ? offsets : null,
    ),
    outOfBag: outOfBag && offsets ? shifted(outOfBag, offsets) : outOfBag,
    backend: first.backend,
    warnings: members
      .flatMap((member) => member.warnings)
      .filter(({ message }, at, all) => all.findIndex((one) => one.message === message) === at),
  }
}

/** Opens what `fitComposite` made: a learner's own state, or several as one. */
export const loadState = async (learner: Learner, state: ModelState): Promise<Predictor> => {
  const { composite } = state.header as unknown as Partial<CompositeHeader>
  if (!composite) return learner.load(state)
  const { members, scale, offsets } = composite
  const predictors = await Promise.all(
    members.map((header, m) => learner.load({ header, arrays: arraysOf(state.arrays, m) })),
  )
  const pooled = predictors.length > 1 ? poolPredictors(predictors, scale) : predictors[0]
  return offsets ? withOffsets(classPredictor(pooled), offsets, scale) : pooled
}

const join = (states: readonly ModelState[], scale: Scale, offsets: number[] | null): ModelState => {
  const header: CompositeHeader = { composite: { scale, members: states.map((state) => state.header), offsets } }
  const arrays: ModelState['arrays'] = {}
  states.forEach((state, m) => {
    for (const [name, array] of Object.entries(state.arrays)) arrays[`${m}/${name}`] = array
  })
  return { header: header as unknown as ModelState['header'], arrays }
}

const arraysOf = (arrays: ModelState['arrays'], member: number): ModelState['arrays'] =>
  Object.fromEntries(
    Object.entries(arrays)
      .filter(([name]) => name.startsWith(`${member}/`))
      .map(([name, array]) => [name.slice(`${member}/`.length), array]),
  )

const scaleOf = (predictor: Predictor, x: Matrix, outcome: Outcome): Scale => {
  if (!predictor.contributions || (predictor.contributionCost ?? 0) > 1e9) return 'plain'
  const target =
    outcome.task === 'diagnosis'
      ? { class: 1 }
      : outcome.task === 'survival'
        ? { horizon: outcome.time.reduce((most, time) => Math.max(most, time), 0) / 2 }
        : ({ value: true } as const)
  const { scale } = predictor.contributions(takeMatrixRows(x, [0]), target)
  return scale === 'logOdds' || scale === 'logHazard' ? scale : 'plain'
}

const meanOf = (arrays: readonly Float64Array[]): Float64Array => {
  const [first, ...others] = arrays
  if (others.length === 0) return first
  return first.map((value, i) => others.reduce((sum, array) => sum + array[i], value) / arrays.length)
}

/**
 * Pools the members' predictions; intervals and bands, which would not know of the differences between them, are left
 * out.
 */
const poolPredictors = (members: readonly Predictor[], scale: Scale): Predictor => {
  const shares = pooledShares(members)
  const [{ task }] = members
  if (task === 'diagnosis') {
    const all = members.map(classPredictor)
    return {
      task,
      ...shares,
      probabilities: (x) => {
        const probabilities = all.map((member) => member.probabilities(x))
        if (scale !== 'logOdds') return meanOf(probabilities)
        const logs = meanOf(probabilities.map((own) => own.map(Math.log))).map(Math.exp)
        return normalised(logs, logs.length / Math.max(1, x.rows))
      },
    }
  }
  if (task === 'regression') {
    const all = members.map(valuePredictor)
    return { task, ...shares, values: (x) => meanOf(all.map((member) => member.values(x))) }
  }
  const all = members.map(survivalPredictor)
  const steps = all.every(({ times }) => times) ? all.flatMap(({ times }) => Array.from(times as Float64Array)) : null
  return {
    task,
    ...shares,
    ...(steps ? { times: Float64Array.from([...new Set(steps)].sort((a, b) => a - b)) } : {}),
    risk: (x) => meanOf(all.map((member) => member.risk(x))),
    survival: (x, times) => {
      const curves = all.map((member) => member.survival(x, times))
      if (scale !== 'logHazard') return meanOf(curves)
      const logs = meanOf(curves.map((own) => own.map((one) => Math.log(-Math.log(one)))))
      return logs.map((one) => Math.exp(-Math.exp(one)))
    },
  }
}

/** Shares of the columns, pooled where every member has them exactly. */
const pooledShares = (members: readonly Predictor[]): Pick<Predictor, 'contributions' | 'contributionCost'> => {
  const own = members.flatMap(({ contributions }) => (contributions ? [contributions] : []))
  if (own.length < members.length) return {}
  return {
    contributionCost: members.reduce((sum, { contributionCost = 0 }) => sum + contributionCost, 0),
    contributions: (x, target) => {
      const all = own.map((contributions) => contributions(x, target))
      return {
        scale: all[0].scale,
        baseline: all.reduce((sum, { baseline }) => sum + baseline, 0) / all.length,
        values: meanOf(all.map(({ values }) => values)),
      }
    },
  }
}

/** Weights under which every class weighs the same, of the same total as before. */
const balancedWeights = (
  { classes, y }: Extract<Outcome, { task: 'diagnosis' }>,
  weights?: Float64Array,
): Float64Array => {
  const totals = classTotals(classes.length, y, weights)
  const present = totals.filter((total) => total > 0).length
  const total = totals.reduce((sum, one) => sum + one, 0)
  return Float64Array.from(y, (label, row) => ((weights?.[row] ?? 1) * total) / (present * totals[label]))
}

const classTotals = (count: number, y: Int32Array, weights?: Float64Array): Float64Array => {
  const totals = new Float64Array(count)
  y.forEach((label, row) => {
    totals[label] += weights?.[row] ?? 1
  })
  return totals
}

/**
 * What is added to each class's log probability so that mean probabilities are the classes' shares among training rows
 * (calibration in the large): out of bag where the learner has such predictions. Of a likelihood model it is the prior
 * correction of King & Zeng (2001), the logarithm of the class's weight taken back.
 */
const offsetsOf = (
  probabilities: Float64Array,
  { classes, y }: Extract<Outcome, { task: 'diagnosis' }>,
  weights?: Float64Array,
): number[] => {
  const count = classes.length
  const rows = Int32Array.from(y.keys()).filter((row) => !Number.isNaN(probabilities[row * count]))
  const totals = classTotals(
    count,
    Int32Array.from(rows, (row) => y[row]),
    weights && Float64Array.from(rows, (row) => weights[row]),
  )
  const total = totals.reduce((sum, one) => sum + one, 0)
  const offsets = new Array<number>(count).fill(0)
  for (let step = 0; step < 500; step++) {
    const means = new Float64Array(count)
    const moved = shifted(probabilities, offsets)
    for (const row of rows)
      for (let k = 0; k < count; k++) means[k] += ((weights?.[row] ?? 1) * moved[row * count + k]) / total
    let most = 0
    for (let k = 0; k < count; k++) {
      if (!(means[k] > 0 && totals[k] > 0)) continue
      const move = Math.log(totals[k] / total / means[k])
      offsets[k] += move
      most = Math.max(most, Math.abs(move))
    }
    if (most < 1e-12) break
  }
  const centre = offsets.reduce((sum, one) => sum + one, 0) / count
  return offsets.map((one) => one - centre)
}

/** Class probabilities with the offsets added to their logarithms. */
const shifted = (probabilities: Float64Array, offsets: readonly number[]): Float64Array => {
  const factors = offsets.map(Math.exp)
  return normalised(
    probabilities.map((p, at) => p * factors[at % offsets.length]),
    offsets.length,
  )
}

const normalised = (values: Float64Array, width: number): Float64Array => {
  for (let from = 0; from < values.length; from += width) {
    let sum = 0
    for (let k = 0; k < width; k++) sum += values[from + k]
    if (sum > 0) for (let k = 0; k < width; k++) values[from + k] /= sum
  }
  return values
}

/** The intercepts that the model as stored has; their errors were those of the weighted fit. */
const interceptMoved = (fit: Fit | null, outcome: Outcome, offsets: readonly number[] | null): Fit | null => {
  if (!fit || !offsets || outcome.task !== 'diagnosis') return fit
  const { classes } = outcome
  const moves = new Map(
    classes.map((name, k) => [classes.length === 2 ? '(Intercept)' : `${name}:(Intercept)`, offsets[k] - offsets[0]]),
  )
  const coefficients = fit.coefficients.map((one) => {
    const move = moves.get(one.term)
    return move === undefined ? one : { ...one, estimate: one.estimate + move, standardError: null, z: null, p: null }
  })
  return { ...fit, coefficients }
}

/**
 * Shares of a two-class model on the log-odds scale stay exact, with the offset in the baseline. On other scales they
 * would not add up, and views explain by sampling instead.
 */
const withOffsets = (inner: ClassPredictor, offsets: readonly number[], scale: Scale): Predictor => {
  const { contributions, contributionCost, interval: _interval, ...rest } = inner
  const shiftedPredictor: ClassPredictor = { ...rest, probabilities: (x) => shifted(inner.probabilities(x), offsets) }
  if (!contributions || scale !== 'logOdds' || offsets.length !== 2) return shiftedPredictor
  return {
    ...shiftedPredictor,
    ...(contributionCost === undefined ? {} : { contributionCost }),
    contributions: (x, target) => {
      const shares = contributions(x, target)
      const own = 'class' in target ? target.class : 1
      return { ...shares, baseline: shares.baseline + offsets[own] - offsets[1 - own] }
    },
  }
}

/**
 * Rubin's rules (1987): the mean of the estimates; variance W + (1 + 1/m) B of the mean within-fit variance W and the
 * variance B between fits; tests by t with the degrees of freedom of Barnard & Rubin (1999). Terms that some fit leaves
 * out are left out.
 */
export const poolFits = (fits: readonly (Fit | null)[], rows: number): Fit | null => {
  if (fits.some((fit) => fit === null)) return null
  const all = fits as Fit[]
  const m = all.length
  if (m === 1) return all[0]
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const known = (values: readonly (number | null)[]): number[] | null =>
    values.every((value) => value !== null) ? (values as number[]) : null
  const size = all[0].coefficients.length
  const coefficients = all[0].coefficients.flatMap(({ term }): Fit['coefficients'] => {
    const members = all.map(({ coefficients: own }) => own.find((one) => one.term === term))
    if (members.some((member) => member === undefined)) return []
    const own = members as Fit['coefficients']
    const estimate = mean(own.map((one) => one.estimate))
    const errors = known(own.map(({ standardError }) => standardError))
    if (!errors) return [{ term, estimate, standardError: null, z: null, p: null }]
    const within = mean(errors.map((error) => error ** 2))
    const between = own.reduce((sum, one) => sum + (one.estimate - estimate) ** 2, 0) / (m - 1)
    const total = within + (1 + 1 / m) * between
    const standardError = Math.sqrt(total)
    const tested = own.every(({ z }) => z !== null) && total > 0
    if (!tested) return [{ term, estimate, standardError, z: null, p: null }]
    const z = estimate / standardError
    const share = ((1 + 1 / m) * between) / total
    const complete = rows - size
    const observed = ((complete + 1) / (complete + 3)) * complete * (1 - share)
    const df = share > 0 ? 1 / (1 / ((m - 1) / share ** 2) + 1 / observed) : complete
    return [{ term, estimate, standardError, z, p: df > 0 ? 2 * studentTail(Math.abs(z), df) : normalP(z) }]
  })
  const likelihoods = known(all.map(({ logLikelihood }) => logLikelihood))
  const nulls = known(all.map(({ nullLogLikelihood }) => nullLogLikelihood))
  return {
    ...all[0],
    coefficients,
    logLikelihood: likelihoods && mean(likelihoods),
    nullLogLikelihood: nulls && mean(nulls),
    iterations: all.reduce((most, { iterations }) => Math.max(most, iterations ?? 0), 0),
    converged: all.every(({ converged }) => converged !== false),
  }
}
