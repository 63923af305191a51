import type { StudyDesign } from '../../contract/design.ts'
import { BedsideError } from '../../contract/errors.ts'
import type { Assessment, Fit, Metrics } from '../../contract/models.ts'
import type { Concept, Estimate } from '../../contract/values.ts'
import { compareModels } from '../assess/compare.ts'
import { type Outcome, takeOutcomeRows } from '../cohort/matrix.ts'
import { foldsOf, splitRows } from '../cohort/split.ts'
import type { Table } from '../cohort/table.ts'
import { sha256 } from '../learn/artifact.ts'
import type { ContributionTarget } from '../learn/learner.ts'
import { completeParameters } from '../learn/parameters.ts'
import { assessPredictions, headlineOf, lowerIsBetter, mainHorizon, takePredictions } from './assessment.ts'
import { type Cases, defineCases, type FlowStep, featuresOf } from './cases.ts'
import { importanceOf } from './explanation.ts'
import { channelsOf, describeFeatures } from './features.ts'
import { type FittedModel, fittingOf, type Predicted, positionsOf } from './fitting.ts'
import { defaultHorizons } from './horizons.ts'
import { encodeModel } from './model.ts'
import { outOfBagPredictions } from './outOfBag.ts'
import { meanOverFolds, permutationOf } from './permutation.ts'
import { encodeReference, joinPredictions } from './reference.ts'
import { setCoverageOf } from './sets.ts'
import { comparatorOf, namedIn, requireNamed } from './settle.ts'
import { unreadWarnings } from './survivalNeeds.ts'
import { preparationWarnings, warningsOf } from './warnings.ts'

export interface StudyRun {
  design: StudyDesign
  concepts: Concept[]
  /** Dictionary entries of all that is measured, for the labels of channels. */
  measured?: Concept[]
  table: Table
  /** What reading the columns already found. */
  warnings?: { reason: string; message: string }[]
  snapshotHash: string
  build: string
  threads: number
}

export interface RunContext {
  signal: AbortSignal
  stage: (stage: string, progress: number, detail?: Record<string, number | string>) => void
  parallel: <I, O>(task: string, inputs: readonly I[]) => Promise<O[]>
}

export interface StudyResult {
  artifact: Uint8Array
  /** SHA-256 of the artifact. */
  hash: string
  /** Patient-level arrays kept in the vault beside the model and never exported: see reference.ts. */
  reference: Uint8Array
  seconds: number
  backend: string | null
  rows: number
  events: number | null
  classes: string[] | null
  horizons: number[] | null
  flow: FlowStep[]
  split: { development: number; test: number; folds: number }
  features: ReturnType<typeof describeFeatures>
  fit: Fit | null
  assessment: Assessment
  assessedOn: 'heldOut' | 'outOfFold' | 'outOfBag' | 'apparent'
  crossValidation: { fold: number; metrics: Metrics }[] | null
  comparator: {
    learner: string
    metric: string
    estimate: Estimate
    difference: Estimate
    beats: boolean
  } | null
  comparatorAssessment: Assessment | null
  setCoverage: Estimate | null
  headline: { metric: string; estimate: Estimate }
  warnings: { reason: string; message: string }[]
}

/**
 * Runs a study design on its snapshot: eligibility, split by patient, preparation and learner fitted inside each fold and on
 * all development rows, the permanent comparator on the same folds, assessment on rows neither has seen. A function of
 * (design, snapshot, seed, build): the number of threads changes nothing but the time.
 */
export const runStudy = async (run: StudyRun, context: RunContext): Promise<StudyResult> => {
  const started = performance.now()
  const { design, table, concepts } = run
  const settled = namedIn(design)
  const { learner } = settled
  const strataColumn = design.outcome.task === 'survival' ? (design.outcome.strata ?? null) : null
  context.stage('preparing', 0.01)
  const cases = defineCases(table, design, featuresOf(design, concepts))
  const split = splitRows(table, cases.rows, cases.outcome, design)
  const flow = [...cases.flow]
  const horizons = horizonsOf(design, takeOutcomeRows(cases.outcome, positionsOf(cases.rows, split.development)))
  const fitting = fittingOf(run, cases, horizons, { ...context, threads: run.threads })
  const { outcomeOf } = fitting

  const comparatorId = comparatorOf(design)
  const comparator = comparatorId === learner.id ? null : requireNamed(comparatorId)
  const comparatorParameters = comparator ? completeParameters(comparator, {}) : {}

  const worthOf = (model: FittedModel, rows: Int32Array): Map<string, Estimate> => {
    const { matrix, rows: kept } = fitting.matrixOf(model, rows)
    const used = model.preparation.features.map(({ name }) => name)
    const metric = rankMetric(cases.outcome)
    const losses = permutationOf(model.predictor, matrix, outcomeOf(kept), metric, used.length, design.seed)
    return new Map(used.map((name, at) => [name, losses[at]]))
  }

  const folds =
    design.validation.folds > 1 ? foldsOf(table, split.development, outcomeOf(split.development), design) : []
  const crossValidation: { fold: number; metrics: Metrics }[] = []
  const worth: Map<string, Estimate>[] = []
  const outOfFold = collector()
  const comparatorOutOfFold = collector()
  const comparatorProblems: string[] = []
  const shareOfFolds = folds.length > 0 ? 0.6 : 0
  for (const [k, held] of folds.entries()) {
    const stage = (share: number) =>
      context.stage('crossValidating', 0.02 + (shareOfFolds * (k + share)) / folds.length, {
        fold: k + 1,
        folds: folds.length,
      })
    stage(0)
    const heldSet = new Set(held)
    const training = split.development.filter((row) => !heldSet.has(row))
    const model = await fitting.fit(learner, settled.parameters, training, (share) => stage(share * 0.8))
    const predicted = fitting.predict(model, held)
    outOfFold.add(predicted)
    crossValidation.push({
      fold: k + 1,
      metrics: assessPredictions(predicted.predictions, outcomeOf(predicted.rows), model.outcome, horizons, design, 0)
        .metrics,
    })
    if (split.test.length === 0) worth.push(worthOf(model, held))
    if (comparator) {
      try {
        const other = await fitting.fit(comparator, comparatorParameters, training, () => {}, 'comparator')
        comparatorOutOfFold.add(fitting.predict(other, held))
      } catch (error) {
        if (!(error instanceof BedsideError) || error.failure.code === 'cancelled') throw error
        comparatorProblems.push(error.failure.message)
      }
    }
  }

  const model = await fitting.fit(
    learner,
    settled.parameters,
    split.development,
    (share, detail) => context.stage('fitting', 0.02 + shareOfFolds + (0.9 - shareOfFolds) * 0.7 * share, detail),
    'final',
  )
  const droppedRows = split.development.length - model.rows.length
  if (droppedRows > 0)
    flow.push({
      step: 'predictorMissing',
      detail: null,
      excluded: droppedRows,
      remaining: cases.rows.length - droppedRows,
    })
  let other: FittedModel | null = null
  if (comparator) {
    context.stage('fittingComparator', 0.02 + shareOfFolds + (0.9 - shareOfFolds) * 0.7)
    try {
      other = await fitting.fit(comparator, comparatorParameters, split.development, () => {}, 'comparator')
    } catch (error) {
      if (!(error instanceof BedsideError) || error.failure.code === 'cancelled') throw error
      comparatorProblems.push(error.failure.message)
    }
  }

  context.stage('assessing', 0.9)
  const { on, rows: assessedRows, predictions } = assessedPredictions(split.test, outOfFold, model, fitting.predict)
  const assessment = assessPredictions(predictions, outcomeOf(assessedRows), model.outcome, horizons, design, 500)
  const otherPredictions =
    on === 'outOfFold'
      ? comparatorOutOfFold.rows.length > 0
        ? { rows: comparatorOutOfFold.rows, predictions: comparatorOutOfFold.predictions() }
        : null
      : other
        ? fitting.predict(other, on === 'heldOut' ? split.test : model.rows)
        : null
  const comparison =
    comparator && otherPredictions
      ? compareOn(
          { rows: assessedRows, predictions },
          otherPredictions,
          outcomeOf,
          model.outcome,
          horizons,
          design,
          comparator.id,
          assessment,
        )
      : null

  context.stage('explaining', 0.96)
  const target = mainTarget(design, cases.outcome, horizons)
  const used = model.preparation.features.map(({ name }) => name)
  const importances = importanceOf(model.predictor, model.matrix, target, used.length, design.seed)
  const importance = cases.features.map((name) => importances[used.indexOf(name)] ?? 0)
  if (split.test.length > 0) worth.push(worthOf(model, split.test))
  const permutation = worth.length > 0 ? meanOverFolds(worth) : null
  const features = describeFeatures(concepts, cases.features, table, model.rows, importance, permutation)
  const [strata] = strataColumn ? describeFeatures(concepts, [strataColumn], table, model.rows, [0], null) : []
  const reference = encodeReference({
    model,
    outOfFold: folds.length > 0 ? { rows: outOfFold.rows, predictions: outOfFold.predictions() } : null,
    heldOut: on === 'heldOut' ? { rows: assessedRows, predictions } : null,
    apparent: () => fitting.predict(model, model.rows),
    outcomeOf,
  })
  const classes = cases.outcome.task === 'diagnosis' ? [...cases.outcome.classes] : null
  const events = model.outcome.task === 'survival' ? sum(model.outcome.event) : eventsOf(model.outcome, design)
  const artifact = encodeModel(
    {
      build: run.build,
      learner: learner.id,
      stateVersion: learner.stateVersion,
      task: design.outcome.task,
      design,
      snapshotHash: run.snapshotHash,
      features,
      ...(strata ? { strata } : {}),
      ...channelsOf(run.measured ?? concepts, table),
      preparation: model.preparation,
      parameters: model.parameters,
      classes,
      positive: classes ? positiveIndex(classes, design) : null,
      horizons,
      followUp: model.outcome.task === 'survival' ? maximum(model.outcome.time) : null,
      rows: model.rows.length,
      events,
    },
    model.fitted.state,
  )
  const metric = headlineOf(assessment, design.outcome.task)
  const warnings = [
    ...(run.warnings ?? []),
    ...preparationWarnings(model.preparation),
    ...model.fitted.warnings,
    ...unreadWarnings(learner, model.outcome),
    ...warningsOf({
      design,
      table,
      rows: model.rows,
      outcome: model.outcome,
      terms: model.matrix.columns,
      features: cases.features,
      assessedOn: on,
      comparatorProblems,
    }),
  ]
  context.stage('storing', 0.99)
  return {
    artifact,
    hash: sha256(artifact),
    reference,
    seconds: (performance.now() - started) / 1000,
    backend: model.fitted.backend,
    rows: model.rows.length,
    events,
    classes,
    horizons,
    flow,
    split: { development: model.rows.length, test: split.test.length, folds: folds.length },
    features,
    fit: model.fitted.fit,
    assessment,
    assessedOn: on,
    crossValidation: crossValidation.length > 0 ? crossValidation : null,
    comparator: comparison?.summary ?? null,
    comparatorAssessment: comparison?.assessment ?? null,
    setCoverage: on === 'apparent' ? null : setCoverageOf(predictions, outcomeOf(assessedRows), design.seed),
    headline: { metric, estimate: assessment.metrics[metric] },
    warnings,
  }
}

const horizonsOf = (design: StudyDesign, outcome: Outcome): number[] | null => {
  if (outcome.task !== 'survival' || design.outcome.task !== 'survival') return null
  if (!design.horizons) return defaultHorizons(outcome.time, outcome.event, design.outcome.timeUnit)
  return [...new Set(design.horizons)].sort((a, b) => a - b)
}

/** Gathers the predictions of each fold; rows in the order they were held out. */
const collector = () => {
  const parts: Predicted[] = []
  return {
    add: (part: Predicted) => parts.push(part),
    get rows() {
      return Int32Array.from(parts.flatMap((part) => Array.from(part.rows)))
    },
    predictions: () => joinPredictions(parts.map((part) => part.predictions)),
  }
}

const assessedPredictions = (
  test: Int32Array,
  outOfFold: ReturnType<typeof collector>,
  model: FittedModel,
  predictWith: (model: FittedModel, rows: Int32Array) => Predicted,
): { on: StudyResult['assessedOn'] } & Predicted => {
  if (test.length > 0) return { on: 'heldOut', ...predictWith(model, test) }
  if (outOfFold.rows.length > 0) return { on: 'outOfFold', rows: outOfFold.rows, predictions: outOfFold.predictions() }
  const outOfBag = outOfBagPredictions(model)
  if (outOfBag) return { on: 'outOfBag', ...outOfBag }
  return { on: 'apparent', ...predictWith(model, model.rows) }
}

/** The metric that says what a feature is worth. */
const rankMetric = (outcome: Outcome): string => {
  if (outcome.task === 'survival') return 'harrellC'
  return outcome.task === 'regression' ? 'rmse' : outcome.classes.length === 2 ? 'auroc' : 'logLoss'
}

/** Holds the comparator against the model on the rows that both predict. */
const compareOn = (
  mine: Predicted,
  other: Predicted,
  outcomeOf: (rows: Int32Array) => Outcome,
  training: Outcome,
  horizons: number[] | null,
  design: StudyDesign,
  learner: string,
  assessment: Assessment,
) => {
  const others = new Set(other.rows)
  const shared = mine.rows.filter((row) => others.has(row))
  const left = takePredictions(mine.predictions, positionsOf(mine.rows, shared))
  const right = takePredictions(other.predictions, positionsOf(other.rows, shared))
  const outcome = outcomeOf(shared)
  const otherAssessment = assessPredictions(right, outcome, training, horizons, design, 200)
  const metric = headlineOf(assessment, design.outcome.task)
  const difference = compareModels(metric, left, right, outcome, design.seed)
  const beats = lowerIsBetter(metric) ? (difference.high ?? 0) < 0 : (difference.low ?? 0) > 0
  return {
    assessment: otherAssessment,
    summary: { learner, metric, estimate: otherAssessment.metrics[metric], difference, beats },
  }
}

/** What importances and explanations speak of: the positive class, the risk at the main horizon, or the value. */
export const mainTarget = (design: StudyDesign, outcome: Outcome, horizons: number[] | null): ContributionTarget => {
  if (outcome.task === 'diagnosis') return { class: positiveIndex(outcome.classes, design) }
  return outcome.task === 'survival' ? { horizon: mainHorizon(horizons as number[]) } : { value: true }
}

export const positiveIndex = (classes: readonly string[], design: StudyDesign): number => {
  const named = design.outcome.task === 'diagnosis' ? design.outcome.positive : null
  return named === null ? classes.length - 1 : classes.indexOf(named)
}

const eventsOf = (outcome: Outcome, design: StudyDesign): number | null => {
  if (outcome.task !== 'diagnosis') return null
  const positive = positiveIndex(outcome.classes, design)
  return outcome.y.reduce((count, y) => count + (y === positive ? 1 : 0), 0)
}

const sum = (values: Uint8Array) => values.reduce((total, value) => total + value, 0)
const maximum = (values: Float64Array) => values.reduce((most, value) => Math.max(most, value), 0)

export type { Cases, FittedModel }
