import type { StudyDesign } from '../../../contract/design.ts'
import type { Assessment, SecondOpinion } from '../../../contract/models.ts'
import type { Estimate } from '../../../contract/values.ts'
import { type Outcome, takeOutcomeRows } from '../../cohort/matrix.ts'
import { foldsOf, splitRows } from '../../cohort/split.ts'
import type { Learner } from '../../learn/learner.ts'
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
import { assessPredictions, headlineOf } from '../tasks/assessment.ts'
import { type Settled, settle } from '../tune/settle.ts'
import { compareOn } from './comparison.ts'
import { attempt, type CrossValidated, crossValidate } from './crossValidate.ts'
import { type FittedModel, type Fitting, fittingOf, type Predicted, positionsOf } from './fitting.ts'
import { outOfBagPredictions } from './outOfBag.ts'
import type { RunContext, StudyResult, StudyRun } from './result.ts'
import type { Step } from './steps.ts'
import { eventsOf, mainTarget, positiveIndex, rankMetric } from './target.ts'

/** What a run begins with. */
export interface Beginning {
  run: StudyRun
  context: RunContext
  /** The permanent comparator; null where the design's only learner is it. */
  comparator: Learner | null
  /** Whether learner or parameters are searched for, which takes most of the time of a fold or of the final fit. */
  searches: boolean
  /** Folds of the validation; 0: none. */
  foldCount: number
}

interface Prepared {
  cases: Cases
  split: ReturnType<typeof splitRows>
  horizons: number[] | null
  fitting: Fitting
  findings: ReturnType<typeof inspectColumns>['findings']
  /** Rows held out by each fold. */
  folds: Int32Array[]
}

interface Searched {
  settled: Settled
}

interface Validated {
  validated: CrossValidated
  /** What each feature is worth on the rows a fold's model did not see. */
  worth: Map<string, Estimate>[]
}

interface Fitted {
  model: FittedModel
  flow: FlowStep[]
}

interface Assessed {
  assessed: { on: StudyResult['assessedOn'] } & Predicted
  assessment: Assessment
  comparison: ReturnType<typeof compareOn> | null
}

type Explained = Pick<StudyResult, 'features'> & { strata: StudyResult['features'][number] | null }

/** What is fitted and searched, once a fold and once for all, beside all the rest. */
const fittingWeight = 88
const searchShare = ({ searches }: Beginning): number => (searches ? 0.85 : 0)
const weightOfOne = ({ foldCount }: Beginning): number => fittingWeight / (foldCount + 1)

/** Eligible cases, the split, horizons and what the columns themselves tell. */
export const prepare: Step<Beginning, Prepared> = {
  name: 'preparing',
  weight: 2,
  run({ run, context }) {
    const { design, table, concepts } = run
    const cases = defineCases(table, design, featuresOf(design, concepts))
    const split = splitRows(table, cases.rows, cases.outcome, design)
    const { development } = split
    const horizons = horizonsOf(design, takeOutcomeRows(cases.outcome, positionsOf(cases.rows, development)))
    const fitting = fittingOf(run, cases, horizons, { ...context, threads: run.threads })
    const { findings } = inspectColumns(run, cases, fitting, development, horizons)
    const folds = design.validation.folds > 1 ? foldsOf(table, development, fitting.outcomeOf(development), design) : []
    return { cases, split, horizons, fitting, findings, folds }
  },
}

type SettleProgress = (share: number, detail: Record<string, number | string>) => void

/** Settles learner and parameters on the rows given and nothing else. */
const settleOn = (
  { run, context, fitting, horizons }: Beginning & Prepared,
  rows: Int32Array,
  progress: SettleProgress,
): Promise<Settled> =>
  settle(run, fitting, rows, horizons, { signal: context.signal, parallel: context.parallel, progress })

export const search: Step<Beginning & Prepared, Searched> = {
  name: 'searching',
  weight: (beginning) => weightOfOne(beginning) * searchShare(beginning),
  run: async (known, progress) => ({ settled: await settleOn(known, known.split.development, progress) }),
}

/** What each of a model's features is worth, on rows it did not see. */
const worthOf = (
  { run, cases, fitting }: Beginning & Prepared,
  model: FittedModel,
  rows: Int32Array,
): Map<string, Estimate> => {
  const { matrix, rows: kept } = fitting.matrixOf(model, rows)
  const used = model.preparation.features.map(({ name }) => name)
  const metric = rankMetric(cases.outcome)
  const { seed } = run.design
  const losses = permutationOf(model.predictor, matrix, fitting.outcomeOf(kept), metric, used.length, seed)
  return new Map(used.map((name, at) => [name, losses[at]]))
}

export const crossValidateDesign: Step<Beginning & Prepared & Searched, Validated> = {
  name: 'crossValidating',
  weight: (beginning) => weightOfOne(beginning) * beginning.foldCount,
  async run(known, progress) {
    const { run, split, folds, horizons, fitting, comparator } = known
    const worth: Validated['worth'] = []
    const validated = await crossValidate({
      design: run.design,
      development: split.development,
      folds,
      horizons,
      fitting,
      comparator,
      settleOn: (rows, tell) => settleOn(known, rows, tell),
      settleShare: searchShare(known),
      examine: (model, held) => {
        if (split.test.length === 0) worth.push(worthOf(known, model, held))
      },
      progress,
    })
    return { validated, worth }
  },
}

export const fitFinal: Step<Beginning & Prepared & Searched, Fitted> = {
  name: 'fitting',
  weight: (beginning) => weightOfOne(beginning) * (1 - searchShare(beginning)),
  async run({ cases, split, fitting, settled }, progress) {
    const { learner, parameters } = settled
    // Its last fifth goes into predicting, which the fit does not tell.
    const told = (share: number, detail?: Record<string, number>) => progress(0.8 * share, detail)
    const model = await fitting.fit(learner, parameters, split.development, told, 'final')
    const dropped = split.development.length - model.rows.length
    const remaining = cases.rows.length - dropped
    const lost = { step: 'predictorMissing', detail: null, excluded: dropped, remaining }
    return { model, flow: dropped > 0 ? [...cases.flow, lost] : [...cases.flow] }
  },
}

export const fitComparator: Step<Beginning & Prepared & Validated, { other: FittedModel | null }> = {
  name: 'fittingComparator',
  weight: ({ comparator }) => (comparator ? 1 : 0),
  async run({ comparator, fitting, split, validated }) {
    if (!comparator) return { other: null }
    const fit = () =>
      fitting.fit(comparator, completeParameters(comparator, {}), split.development, () => {}, 'comparator')
    return { other: await attempt(fit, validated.comparatorProblems) }
  },
}

type UpToComparator = Beginning & Prepared & Searched & Validated & Fitted & { other: FittedModel | null }

/** On rows the model has not seen, where there are any; the comparator on the same. */
export const assess: Step<UpToComparator, Assessed> = {
  name: 'assessing',
  weight: 4,
  run({ run, split, horizons, fitting, validated, settled, model, comparator, other }) {
    const { design } = run
    const { outcomeOf } = fitting
    const assessed = assessedPredictions(split.test, validated.outOfFold, model, fitting)
    const { on, rows, predictions } = assessed
    const assessment = assessPredictions(predictions, outcomeOf(rows), model.outcome, horizons, design, 500)
    const ofOther =
      on === 'outOfFold'
        ? validated.comparatorOutOfFold
        : other && fitting.predict(other, on === 'heldOut' ? split.test : model.rows)
    const compared = comparator && comparator.id !== settled.learner.id && ofOther
    const comparison = compared
      ? compareOn({
          mine: assessed,
          other: ofOther,
          assessment,
          training: model.outcome,
          outcomeOf,
          horizons,
          design,
          learner: comparator.id,
        })
      : null
    return { assessed, assessment, comparison }
  },
}

const assessedPredictions = (
  test: Int32Array,
  outOfFold: Predicted | null,
  model: FittedModel,
  fitting: Fitting,
): Assessed['assessed'] => {
  if (test.length > 0) return { on: 'heldOut', ...fitting.predict(model, test) }
  if (outOfFold) return { on: 'outOfFold', ...outOfFold }
  const outOfBag = outOfBagPredictions(model)
  if (outOfBag) return { on: 'outOfBag', ...outOfBag }
  return { on: 'apparent', ...fitting.predict(model, model.rows) }
}

export const askSecondOpinion: Step<UpToComparator & Assessed, { secondOpinion: SecondOpinion | null }> = {
  name: 'askingSecond',
  weight: 2,
  run: async ({ run, context, cases, split, folds, fitting, assessed }) => ({
    secondOpinion: await askSecond({
      design: run.design,
      fitting,
      development: split.development,
      test: split.test,
      folds,
      assessed,
      positive: cases.outcome.task === 'diagnosis' ? positiveIndex(cases.outcome.classes, run.design) : null,
      parallel: context.parallel,
    }),
  }),
}

export const explain: Step<UpToComparator & Assessed, Explained> = {
  name: 'explaining',
  weight: 2,
  run(known) {
    const { run, cases, split, horizons, model, worth } = known
    const { design, concepts, table } = run
    const target = mainTarget(design, cases.outcome, horizons)
    const used = model.preparation.features.map(({ name }) => name)
    const importances = importanceOf(model.predictor, model.matrix, target, used.length, design.seed)
    const importance = cases.features.map((name) => importances[used.indexOf(name)] ?? 0)
    const all = split.test.length > 0 ? [...worth, worthOf(known, model, split.test)] : worth
    const permutation = all.length > 0 ? meanOverFolds(all) : null
    const column = design.outcome.task === 'survival' ? (design.outcome.strata ?? null) : null
    const [strata = null] = column ? describeFeatures(concepts, [column], table, model.rows, [0], null) : []
    return {
      features: describeFeatures(concepts, cases.features, table, model.rows, importance, permutation),
      strata,
    }
  },
}

/** The artifact, what the vault keeps beside it, and all that is said of the model. */
export const store: Step<
  UpToComparator & Assessed & Explained & { secondOpinion: SecondOpinion | null },
  { result: Omit<StudyResult, 'seconds'> }
> = {
  name: 'storing',
  weight: 1,
  run(known) {
    const { run, settled, split, folds, horizons, fitting, validated, model, assessed, assessment, comparison } = known
    const { design } = run
    const { on, rows, predictions } = assessed
    const { outcomeOf } = fitting
    const reference = encodeReference({
      model,
      outOfFold: validated.outOfFold,
      heldOut: on === 'heldOut' ? { rows, predictions } : null,
      apparent: () => fitting.predict(model, model.rows),
      outcomeOf,
    })
    const { outcome } = known.cases
    const classes = outcome.task === 'diagnosis' ? [...outcome.classes] : null
    const events = eventsOf(model.outcome, design)
    const artifact = artifactOf(known, classes, events)
    const metric = headlineOf(assessment, design.outcome.task)
    return {
      result: {
        artifact,
        hash: sha256(artifact),
        reference,
        learner: settled.learner.id,
        backend: model.fitted.backend,
        rows: model.rows.length,
        events,
        classes,
        horizons,
        flow: known.flow,
        split: { development: model.rows.length, test: split.test.length, folds: folds.length },
        features: known.features,
        fit: model.fitted.fit,
        assessment,
        assessedOn: on,
        crossValidation: folds.length > 0 ? validated.folds : null,
        comparator: comparison?.summary ?? null,
        comparatorAssessment: comparison?.assessment ?? null,
        setCoverage: on === 'apparent' ? null : setCoverageOf(predictions, outcomeOf(rows), design.seed),
        headline: { metric, estimate: assessment.metrics[metric] },
        warnings: warningsIn(known),
        tuning: settled.tuning,
        choice: settled.choice,
        ...known.findings,
        secondOpinion: known.secondOpinion,
      },
    }
  },
}

const artifactOf = (
  { run, settled, horizons, model, features, strata }: UpToComparator & Explained,
  classes: string[] | null,
  events: number | null,
): Uint8Array =>
  encodeModel(
    {
      build: run.build,
      learner: settled.learner.id,
      stateVersion: settled.learner.stateVersion,
      task: run.design.outcome.task,
      design: decisive(run.design),
      snapshotHash: run.snapshotHash,
      features,
      ...(strata ? { strata } : {}),
      ...channelsOf(run.measured ?? run.concepts, run.table),
      preparation: model.preparation,
      parameters: model.parameters,
      classes,
      positive: classes ? positiveIndex(classes, run.design) : null,
      horizons,
      followUp: followUpOf(model.outcome),
      rows: model.rows.length,
      events,
    },
    model.fitted.state,
  )

/**
 * A design as the artifact has it, without what changes nothing in it: a name, and a second model that is only asked.
 */
const decisive = (design: StudyDesign): StudyDesign => ({ ...design, name: '', secondOpinion: true })

const followUpOf = (outcome: Outcome): number | null =>
  outcome.task === 'survival' ? outcome.time.reduce((most, time) => Math.max(most, time), 0) : null

const warningsIn = ({ run, settled, model, assessed, validated, findings }: UpToComparator & Assessed) => [
  ...(run.warnings ?? []),
  ...preparationWarnings(model.preparation),
  ...model.fitted.warnings,
  ...unreadWarnings(settled.learner, model.outcome),
  ...warningsOf({
    outcome: model.outcome,
    terms: model.matrix.columns,
    assessedOn: assessed.on,
    comparatorProblems: validated.comparatorProblems,
  }),
  ...columnWarnings(findings.leaks, findings.collinearity),
]
