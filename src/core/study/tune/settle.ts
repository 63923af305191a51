import type { StudyDesign } from '../../../contract/design.ts'
import { BedsideError, cancelled, faultOf, invalidInput, sentenceIn } from '../../../contract/errors.ts'
import type { Choice, Trial, Tuning } from '../../../contract/models.ts'
import type { Spoken } from '../../../contract/say.ts'
import { tasks } from '../../../contract/values.ts'
import { compareModels } from '../../assess/compare.ts'
import { level } from '../../assess/intervals.ts'
import type { Table } from '../../cohort/table.ts'
import type { Learner, Parameters } from '../../learn/learner.ts'
import { learnerOf, learners } from '../../learn/learners.ts'
import type { Parallel } from '../../learn/parallel.ts'
import { completeParameters } from '../../learn/parameters.ts'
import { criticalValue } from '../../numbers/distributions.ts'
import { refuseUnreadHistory } from '../design/history.ts'
import { refuseUnread } from '../design/survivalNeeds.ts'
import { type Fitting, type Predicted, positionsOf } from '../run/fitting.ts'
import { mainHorizon, takePredictions } from '../tasks/assessment.ts'
import { type Evaluate, searchByHalving, searchByModel, searchRandomly } from './methods.ts'
import { higherIsBetter, searchMetric } from './score.ts'
import { complexityOf, parametersAt, spaceOf } from './space.ts'
import { type Evaluated, evaluateSettings, pickTrial, prepareFolds, type SearchFolds, searchRows } from './trials.ts'

/**
 * The permanent comparator: penalised logistic regression, Cox, linear regression; under competing events Fine-Gray, or
 * cause-specific Cox where rows enter late or have strata. Which it is, each learner says itself.
 */
export const comparatorOf = ({ outcome }: StudyDesign): string => {
  const found = learners.find(({ comparator }) => comparator?.(outcome))
  if (!found) throw new TypeError(`no learner is the comparator of ${outcome.task}`)
  return found.id
}

/** The design's learner that stands for several, as lists show it. */
export const autoLearner = {
  id: 'auto',

  tasks,
  parameters: [],
  family: 'together',
} as const

/** What is fitted: a learner and its parameters, and how they were found. */
export interface Settled {
  learner: Learner
  parameters: Parameters
  tuning: Tuning | null
  choice: Choice | null
}

export const requireNamed = (id: string): Learner => {
  const learner = learnerOf(id)
  if (!learner)
    throw invalidInput('unknownLearner', {
      learner: id,
      known: learners.map((known) => known.id),
      auto: autoLearner.id,
    })
  return learner
}

const requireFitting = (id: string, design: StudyDesign): Learner => {
  const learner = requireNamed(id)
  const { task } = design.outcome
  if (!learner.tasks.includes(task))
    throw invalidInput('learnerTask', { learner: learner.id, tasks: learner.tasks, task })
  refuseUnread(learner, design.outcome)
  refuseUnreadHistory(learner, design)
  if (design.terms && !learner.needs.terms)
    throw invalidInput('termsNotRead', {
      learner: learner.id,
      others: learners.filter(({ tasks, needs }) => tasks.includes(task) && needs.terms).map(({ id }) => id),
    })
  return learner
}

/** What `auto` tries besides the comparator, from simple to complex. */
const rivals = learners
  .flatMap((learner) => (learner.auto ? [{ learner, ...learner.auto }] : []))
  .sort((a, b) => a.order - b.order)

/** The learners that a design may end up with, simplest first: the one it names, or those `auto` tries. */
export const candidatesOf = (design: StudyDesign, rows: number): Learner[] => {
  if (design.learner !== autoLearner.id) return [requireFitting(design.learner, design)]
  if (Object.keys(design.parameters).length > 0)
    throw invalidInput('autoParameters', { auto: autoLearner.id, parameters: Object.keys(design.parameters) })
  if (Object.keys(design.tuning.space).length > 0) throw invalidInput('autoSpace', { auto: autoLearner.id })
  const others = rivals.flatMap(({ learner, rows: least }) => {
    if (rows < least || !learner.tasks.includes(design.outcome.task)) return []
    try {
      return [requireFitting(learner.id, design)]
    } catch (error) {
      if (error instanceof BedsideError) return []
      throw error
    }
  })
  return [requireFitting(comparatorOf(design), design), ...others]
}

export interface SettleContext {
  signal: AbortSignal
  parallel: Parallel
  /** Share done, and what is being tried. */
  progress: (share: number, detail: Record<string, number | string>) => void
}

/**
 * Settles a design's learner and parameters on the rows given and nothing else: as named, by a search on folds of these
 * rows, or by holding several learners against each other on the same folds.
 */
export const settle = async (
  { design, table }: { design: StudyDesign; table: Table },
  fitting: Fitting,
  rows: Int32Array,
  horizons: number[] | null,
  context: SettleContext,
): Promise<Settled> => {
  const candidates = candidatesOf(design, rows.length)
  const { method } = design.tuning
  if (candidates.length === 1 && method === 'none') {
    const [learner] = candidates
    return { learner, parameters: completeParameters(learner, design.parameters), tuning: null, choice: null }
  }
  const metric = searchMetric(design)
  const parts = searchRows(table, design, rows, fitting.outcomeOf(rows))
  const tried: Tried[] = []
  for (const [at, learner] of candidates.entries()) {
    const progress: SettleContext['progress'] = (share, detail) =>
      context.progress((at + share) / candidates.length, { learner: learner.id, ...detail })
    progress(0, {})
    try {
      const folds = prepareFolds(fitting, learner, metric, rows, parts)
      tried.push(await tryLearner(design, folds, horizons, candidates.length > 1, { ...context, progress }))
    } catch (error) {
      if (candidates.length === 1 || !(error instanceof BedsideError) || error.failure.code === 'cancelled') throw error
      tried.push({ learner, parameters: {}, tuning: null, evaluated: null, failure: sentenceIn(error.failure) })
    }
  }
  if (candidates.length === 1) {
    const [{ learner, parameters, tuning }] = tried
    return { learner, parameters, tuning, choice: null }
  }
  const choice = choose(tried, metric, design, fitting, horizons)
  const { learner, parameters, tuning } = tried.find((one) => one.learner.id === choice.chosen) as Tried
  return { learner, parameters, tuning, choice }
}

interface Tried {
  learner: Learner
  parameters: Parameters
  tuning: Tuning | null
  /** Of the setting taken; null where nothing could be fitted. */
  evaluated: (Evaluated & { predicted: Predicted | null }) | null
  failure: Spoken | null
}

const check = (signal: AbortSignal) => {
  if (signal.aborted) throw cancelled('cancelled')
}

const tryLearner = async (
  design: StudyDesign,
  folds: SearchFolds,
  horizons: number[] | null,
  comparing: boolean,
  context: SettleContext,
): Promise<Tried> => {
  const { learner, metric } = folds
  const { seed } = design
  const run = (settings: { parameters: Parameters; rowsShare: number }[]) => {
    check(context.signal)
    return evaluateSettings(folds, settings, { seed, horizons, parallel: context.parallel })
  }
  const tuning = await tune(design, folds, run, context, comparing)
  const taken = tuning?.trials.find(({ trial }) => trial === tuning.chosen)
  const parameters = taken?.parameters ?? completeParameters(learner, design.parameters)
  if (!comparing) return { learner, parameters, tuning, evaluated: null, failure: null }
  const [evaluated] = await run([{ parameters, rowsShare: 1 }])
  const failure = evaluated.failure ?? (evaluated.mean === null ? faultOf('metricUndefined', { metric }) : null)
  return { learner, parameters, tuning, evaluated: { ...evaluated, predicted: evaluated.outOfFold() }, failure }
}

/** Below this many rows a share of them says little about a setting. */
const leastRows = 100

const tune = async (
  design: StudyDesign,
  { learner, metric, folds }: SearchFolds,
  run: (settings: { parameters: Parameters; rowsShare: number }[]) => Promise<Evaluated[]>,
  { progress }: SettleContext,
  lenient: boolean,
): Promise<Tuning | null> => {
  const { method, trials: count, oneStandardError, repeats } = design.tuning
  if (method === 'none') return null
  const [{ set }] = folds
  const { rows, columns } = set.matrices[0]
  // Among several learners one without parameters to search is taken as it is.
  if (lenient && !learner.search) return null
  const space = spaceOf(learner, design.outcome.task, design.parameters, design.tuning, rows, columns)
  const sign = higherIsBetter(metric) ? 1 : -1
  const trials: Trial[] = []
  let best: number | null = null
  const evaluate: Evaluate = async (proposals) => {
    const settings = proposals.map(({ point, effort }) => {
      const parameters = parametersAt(space, point)
      if (effort === 1 || !space.effort) return { parameters, rowsShare: effort }
      const whole = Number(parameters[space.effort])
      return { parameters: { ...parameters, [space.effort]: Math.max(1, Math.round(whole * effort)) }, rowsShare: 1 }
    })
    const results = await run(settings)
    results.forEach(({ mean, standardError, seconds, failure }, at) => {
      trials.push({
        trial: trials.length + 1,
        parameters: settings[at].parameters,
        effort: proposals[at].effort,
        mean,
        standardError,
        seconds,
        failure,
      })
      if (mean !== null && proposals[at].effort === 1 && (best === null || sign * mean > sign * best)) best = mean
    })
    progress(Math.min(1, trials.length / (method === 'halving' ? 1.5 * count : count)), {
      trial: trials.length,
      ...(method === 'halving' ? {} : { trials: count }),
      metric,
      ...(best === null ? {} : { best }),
    })
    return results.map(({ mean }) => (mean === null ? null : sign * mean))
  }
  if (method === 'random') await searchRandomly(space, count, design.seed, evaluate)
  else if (method === 'bayesian') await searchByModel(space, count, design.seed, evaluate)
  else await searchByHalving(space, count, design.seed, evaluate, space.effort ? 0 : leastRows / rows)
  const picked = pickTrial(trials, metric, oneStandardError, (parameters) => complexityOf(space, parameters))
  if (!picked)
    throw invalidInput('nothingFitted', {
      count: trials.length,
      learner: learner.id,
      why: trials.find(({ failure }) => failure)?.failure ?? faultOf('metricUndefined', { metric }),
    })
  return {
    learner: learner.id,
    method,
    metric,
    higherIsBetter: sign === 1,
    folds: folds.length / repeats,
    repeats,
    trials,
    ...picked,
  }
}

/**
 * The best learner by the mean over folds, and of those as good within one standard error of the difference (on the
 * same
 * cases: DeLong, infinitesimal jackknife, or paired bootstrap) the simplest.
 */
const choose = (
  tried: readonly Tried[],
  metric: string,
  design: StudyDesign,
  fitting: Fitting,
  horizons: number[] | null,
): Choice => {
  const sign = higherIsBetter(metric) ? 1 : -1
  const fitted = tried.filter(({ failure }) => failure === null)
  if (fitted.length === 0)
    throw invalidInput('noLearnerFitted', {
      tried: tried.map(({ learner, failure }) => faultOf('tried', { learner: learner.id, why: failure })),
    })
  const meanOf = ({ evaluated }: Tried) => sign * (evaluated?.mean as number)
  const best = fitted.reduce((one, other) => (meanOf(other) > meanOf(one) ? other : one))
  const candidates = tried.map((one): Choice['candidates'][number] => {
    const { learner, parameters, tuning, evaluated, failure } = one
    const difference =
      one === best || failure !== null
        ? null
        : differenceOf(
            metric,
            evaluated?.predicted as Predicted,
            best.evaluated?.predicted as Predicted,
            design,
            fitting,
            horizons,
          )
    // Half the width of the interval is about two standard errors.
    const error =
      difference?.low != null && difference.high != null
        ? (difference.high - difference.low) / 2 / criticalValue(level)
        : 0
    return {
      learner: learner.id,
      parameters,
      mean: evaluated?.mean ?? null,
      standardError: evaluated?.standardError ?? null,
      difference,
      asGood: one === best || (difference?.value != null && sign * difference.value >= -error),
      failure,
      tuning,
    }
  })
  const chosen = candidates.find(({ asGood }) => asGood)!.learner
  return {
    metric,
    higherIsBetter: sign === 1,
    folds: design.tuning.folds,
    candidates,
    best: best.learner.id,
    chosen,
    reason: fitted.length === 1 ? 'only' : chosen === best.learner.id ? 'best' : 'simpler',
  }
}

const differenceOf = (
  metric: string,
  mine: Predicted,
  other: Predicted,
  design: StudyDesign,
  fitting: Fitting,
  horizons: number[] | null,
) => {
  const others = new Set(other.rows)
  const shared = mine.rows.filter((row) => others.has(row))
  const left = takePredictions(mine.predictions, positionsOf(mine.rows, shared))
  const right = takePredictions(other.predictions, positionsOf(other.rows, shared))
  return compareModels(
    metric,
    left,
    right,
    fitting.outcomeOf(shared),
    design.seed,
    horizons ? { horizon: mainHorizon(horizons), replicates: 300 } : { replicates: 300 },
  )
}
