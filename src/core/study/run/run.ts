import type { StudyDesign } from '../../../contract/design.ts'
import type {
  Assessment,
  Choice,
  Collinearity,
  Fit,
  Leak,
  Metrics,
  SampleSize,
  SecondOpinion,
  Tuning,
} from '../../../contract/models.ts'
import type { Concept, Estimate } from '../../../contract/values.ts'
import type { Warning } from '../../../contract/warnings.ts'
import { compareModels } from '../../assess/compare.ts'
import { type Outcome, takeOutcomeRows } from '../../cohort/matrix.ts'
import { foldsOf, splitRows } from '../../cohort/split.ts'
import type { Table } from '../../cohort/table.ts'
import type { ContributionTarget } from '../../learn/learner.ts'
import type { Parallel } from '../../learn/parallel.ts'
import { completeParameters } from '../../learn/parameters.ts'
import { sha256 } from '../../numbers/bytes.ts'
import { importanceOf } from '../ask/explanation.ts'
import { meanOverFolds, permutationOf } from '../ask/permutation.ts'
import { encodeReference } from '../ask/reference.ts'
import { type Cases, defineCases, type FlowStep, featuresOf } from '../design/cases.ts'
import { channelsOf, describeFeatures } from '../design/features.ts'
import { horizonsOf } from '../design/horizons.ts'
import { setCoverageOf } from '../design/sets.ts'
import { unreadWarnings } from '../design/survivalNeeds.ts'
import { inspectColumns } from '../inspect/check.ts'
import { askSecond } from '../inspect/secondOpinion.ts'
import { columnWarnings, preparationWarnings, warningsOf } from '../inspect/warnings.ts'
import { encodeModel } from '../model.ts'
import { assessPredictions, headlineOf, lowerIsBetter, mainHorizon, takePredictions } from '../tasks/assessment.ts'
import { candidatesOf, comparatorOf, requireNamed, settle } from '../tune/settle.ts'
import { attempt, crossValidate } from './crossValidate.ts'
import { type FittedModel, fittingOf, type Predicted, positionsOf } from './fitting.ts'
import type { Memo } from './memo.ts'
import { outOfBagPredictions } from './outOfBag.ts'

export interface StudyRun {
  design: StudyDesign
  concepts: Concept[]
  /** Dictionary entries of all that is measured, for the labels of channels. */
  measured?: Concept[]
  table: Table
  /** What reading the columns already found. */
  warnings?: Warning[]
  snapshotHash: string
  build: string
  threads: number
}

export interface RunContext {
  signal: AbortSignal
  stage: (stage: string, progress: number, detail?: Record<string, number | string>) => void
  parallel: Parallel
  /** Finished fits of an earlier attempt at the same run, where it was interrupted. */
  memo?: Memo
}

export interface StudyResult {
  artifact: Uint8Array
  /** SHA-256 of the artifact. */
  hash: string
  /** Patient-level arrays kept in the vault beside the model and never exported: see reference.ts. */
  reference: Uint8Array
  /** The design's, or the one `auto` took. */
  learner: string
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
  warnings: Warning[]
  tuning: Tuning | null
  choice: Choice | null
  sampleSize: SampleSize
  leaks: Leak[]
  collinearity: Collinearity | null
  secondOpinion: SecondOpinion | null
}

/**
 * Runs a study design on its snapshot: eligibility, split by patient, preparation and learner fitted inside each fold and on
 * all development rows, the permanent comparator on the same folds, assessment on rows neither has seen. A function of
 * (design, snapshot, seed, build): the number of threads changes nothing but the time.
 */
export const runStudy = async (run: StudyRun, context: RunContext): Promise<StudyResult> => {
  const started = performance.now()
  const { design, table, concepts } = run
  const strataColumn = design.outcome.task === 'survival' ? (design.outcome.strata ?? null) : null
  // What the design asks for that nothing could do is said before anything is read.
  const possible = candidatesOf(design, table.rows)
  context.stage('preparing', 0.01)
  const cases = defineCases(table, design, featuresOf(design, concepts))
  const split = splitRows(table, cases.rows, cases.outcome, design)
  const flow = [...cases.flow]
  const horizons = horizonsOf(design, takeOutcomeRows(cases.outcome, positionsOf(cases.rows, split.development)))
  const fitting = fittingOf(run, cases, horizons, { ...context, threads: run.threads })
  const { outcomeOf } = fitting

  const { findings } = inspectColumns(run, cases, fitting, split.development, horizons)

  const comparatorId = comparatorOf(design)
  const comparator = possible.length === 1 && possible[0].id === comparatorId ? null : requireNamed(comparatorId)
  const worth: Map<string, Estimate>[] = []
  const worthOf = (model: FittedModel, rows: Int32Array) => {
    const { matrix, rows: kept } = fitting.matrixOf(model, rows)
    const used = model.preparation.features.map(({ name }) => name)
    const metric = rankMetric(cases.outcome)
    const losses = permutationOf(model.predictor, matrix, outcomeOf(kept), metric, used.length, design.seed)
    worth.push(new Map(used.map((name, at) => [name, losses[at]])))
  }

  const folds =
    design.validation.folds > 1 ? foldsOf(table, split.development, outcomeOf(split.development), design) : []

  // Each fold does once more what is done on all development rows; a search takes most of the time of either.
  const searches = possible.length > 1 || design.tuning.method !== 'none'
  const settleShare = searches ? 0.85 : 0
  const part = 0.88 / (folds.length + 1)
  const settleOn = (rows: Int32Array, progress: (share: number, detail: Record<string, number | string>) => void) =>
    settle(run, fitting, rows, horizons, { signal: context.signal, parallel: context.parallel, progress })
  const settled = await settleOn(split.development, (share, detail) =>
    context.stage('searching', 0.02 + part * settleShare * share, detail),
  )
  const { learner } = settled
  const validated = await crossValidate({
    design,
    development: split.development,
    folds,
    horizons,
    fitting,
    comparator,
    settleOn,
    settleShare,
    examine: split.test.length === 0 ? worthOf : () => {},
    progress: (share, detail) =>
      context.stage('crossValidating', 0.02 + part * (settleShare + folds.length * share), detail),
  })
  const { outOfFold, comparatorOutOfFold, comparatorProblems } = validated

  const before = 0.02 + part * (settleShare + folds.length)
  const model = await fitting.fit(
    learner,
    settled.parameters,
    split.development,
    (share, detail) => context.stage('fitting', before + part * (1 - settleShare) * 0.8 * share, detail),
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
  if (comparator) context.stage('fittingComparator', 0.89)
  const other = comparator
    ? await attempt(
        () => fitting.fit(comparator, completeParameters(comparator, {}), split.development, () => {}, 'comparator'),
        comparatorProblems,
      )
    : null

  context.stage('assessing', 0.9)
  const { on, rows: assessedRows, predictions } = assessedPredictions(split.test, outOfFold, model, fitting.predict)
  const assessment = assessPredictions(predictions, outcomeOf(assessedRows), model.outcome, horizons, design, 500)
  const otherPredictions =
    on === 'outOfFold'
      ? comparatorOutOfFold
      : other
        ? fitting.predict(other, on === 'heldOut' ? split.test : model.rows)
        : null
  const comparison =
    comparator && comparator.id !== learner.id && otherPredictions
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

  context.stage('askingSecond', 0.94)
  const secondOpinion = await askSecond({
    design,
    fitting,
    development: split.development,
    test: split.test,
    folds,
    assessed: { on, rows: assessedRows, predictions },
    positive: cases.outcome.task === 'diagnosis' ? positiveIndex(cases.outcome.classes, design) : null,
    parallel: context.parallel,
  })

  context.stage('explaining', 0.96)
  const target = mainTarget(design, cases.outcome, horizons)
  const used = model.preparation.features.map(({ name }) => name)
  const importances = importanceOf(model.predictor, model.matrix, target, used.length, design.seed)
  const importance = cases.features.map((name) => importances[used.indexOf(name)] ?? 0)
  if (split.test.length > 0) worthOf(model, split.test)
  const permutation = worth.length > 0 ? meanOverFolds(worth) : null
  const features = describeFeatures(concepts, cases.features, table, model.rows, importance, permutation)
  const [strata] = strataColumn ? describeFeatures(concepts, [strataColumn], table, model.rows, [0], null) : []
  const reference = encodeReference({
    model,
    outOfFold,
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
      design: decisive(design),
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
      outcome: model.outcome,
      terms: model.matrix.columns,
      assessedOn: on,
      comparatorProblems,
    }),
    ...columnWarnings(findings.leaks, findings.collinearity),
  ]
  context.stage('storing', 0.99)
  return {
    artifact,
    hash: sha256(artifact),
    reference,
    learner: learner.id,
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
    crossValidation: folds.length > 0 ? validated.folds : null,
    comparator: comparison?.summary ?? null,
    comparatorAssessment: comparison?.assessment ?? null,
    setCoverage: on === 'apparent' ? null : setCoverageOf(predictions, outcomeOf(assessedRows), design.seed),
    headline: { metric, estimate: assessment.metrics[metric] },
    warnings,
    tuning: settled.tuning,
    choice: settled.choice,
    ...findings,
    secondOpinion,
  }
}

/** A design as the artifact has it, without what changes nothing in it: a name, and a second model that is only asked. */
const decisive = (design: StudyDesign): StudyDesign => ({ ...design, name: '', secondOpinion: true })

const assessedPredictions = (
  test: Int32Array,
  outOfFold: Predicted | null,
  model: FittedModel,
  predictWith: (model: FittedModel, rows: Int32Array) => Predicted,
): { on: StudyResult['assessedOn'] } & Predicted => {
  if (test.length > 0) return { on: 'heldOut', ...predictWith(model, test) }
  if (outOfFold) return { on: 'outOfFold', ...outOfFold }
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
