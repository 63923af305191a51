import { StudyDesignSchema } from '../../contract/design.ts'
import { invalidInput, issue } from '../../contract/errors.ts'
import { type Evaluation, learnerInputs } from '../../contract/models.ts'
import { summaryName } from '../cohort/history.ts'
import { withHistory } from '../extract/history.ts'
import type { JobHandler } from '../jobs/runner.ts'
import type { Learner } from '../learn/learner.ts'
import { learners } from '../learn/learners.ts'
import { cardOf, detailOf } from '../models/cards.ts'
import { memoryFor } from '../models/memory.ts'
import { checkDesignOf } from '../models/train.ts'
import { outcomeColumns } from '../study/design/cases.ts'
import { readTerms } from '../study/inspect/terms.ts'
import { autoLearner } from '../study/tune/settle.ts'
import { insertEvaluation, listEvaluations } from '../vault/models/evaluations.ts'
import { describeModel, getModel, listModels, modelArtifact, modelDesign, removeModel } from '../vault/models/models.ts'
import { removeUnusedSnapshots } from '../vault/models/snapshots.ts'
import { readTable } from '../vault/records/cases.ts'
import { listConcepts } from '../vault/records/concepts.ts'
import { getStudy } from '../vault/records/studies.ts'
import { type Implementer, sessionOf } from './implementer.ts'
import type { Services } from './services.ts'

type Needs = Pick<Services, 'jobs' | 'modelCache' | 'neuralBackend' | 'options' | 'transport' | 'vault'>

export const modelHandlers = (services: Needs, os: Implementer) => {
  const read = () => services.vault().read
  return {
    models: {
      learners: os.models.learners.handler(() =>
        [...learners, { ...autoLearner, needs: {} as Partial<Learner['needs']> }].map(
          ({ id, label, description, tasks, parameters, needs }) => ({
            id,
            label,
            description,
            tasks: [...tasks],
            parameters: [...parameters],
            reads: learnerInputs.filter((input) => needs[input] !== undefined),
            requires: learnerInputs.filter((input) => needs[input] === 'required'),
          }),
        ),
      ),
      list: os.models.list.handler(() => listModels(read()).map((model) => cardOf(read(), model))),
      get: os.models.get.handler(({ input }) => detailOf(read(), getModel(read(), input.model))),
      check: os.models.check.handler(({ input, signal }) => checkDesignOf(services, input, signal)),
      train: os.models.train.handler(({ input, context }) => {
        getStudy(read(), input.study)
        const { job } = services.jobs.start({ kind: 'train', input: { design: input } }, sessionOf(context).user)
        return { job }
      }),
      memory: os.models.memory.handler(({ input }) => {
        const { needs, free } = memoryFor(services, input)
        return { needs, free }
      }),
      terms: os.models.terms.handler(({ input }) => {
        const { edited = null } = detailOf(read(), getModel(read(), input.model))
        return { model: input.model, ...readTerms(modelArtifact(read(), input.model)), edited }
      }),
      editTerms: os.models.editTerms.handler(({ input, context }) => {
        const { job } = services.jobs.start({ kind: 'editTerms', input }, sessionOf(context).user)
        return { job }
      }),
      describe: os.models.describe.handler(async ({ input, context }) => {
        const { model, name, intendedUse, approve } = input
        const { user } = sessionOf(context)
        const stored = await services.vault().write((store) =>
          describeModel(store, model, {
            ...(name === undefined ? {} : { name }),
            ...(intendedUse === undefined ? {} : { intendedUse }),
            ...(approve === undefined ? {} : { approvedBy: approve ? user : null }),
          }),
        )
        return cardOf(read(), stored)
      }),
      remove: os.models.remove.handler(async ({ input }) => {
        await services.vault().write((store) => {
          removeModel(store, input.model)
          removeUnusedSnapshots(store)
        })
        services.modelCache.forget(input.model)
        return {}
      }),
      evaluate: os.models.evaluate.handler(({ input, context }) => {
        const { job } = services.jobs.start({ kind: 'evaluate', input }, sessionOf(context).user)
        return { job }
      }),
      evaluations: os.models.evaluations.handler(({ input }) =>
        listEvaluations(read(), input.model).map(({ document, ...rest }) => ({
          ...rest,
          ...(document as Pick<Evaluation, 'assessment' | 'flow' | 'warnings'>),
        })),
      ),
      artifact: os.models.artifact.handler(({ input }) => {
        const { name, version, hash } = getModel(read(), input.model)
        const bytes = modelArtifact(read(), input.model)
        const file = `${name.replace(/[^\p{L}\p{N}]+/gu, '-')}-${version}.bedside-model`
        return { file, sha256: hash, bytes: new Blob([new Uint8Array(bytes)]) }
      }),
    },
  }
}

/** Assessments of a model on another study, as jobs. */
export const evaluateJob = (services: Needs): JobHandler<'evaluate'> => ({
  title: ({ model, study }) => {
    const { read } = services.vault()
    return `${getModel(read, model).name} on ${getStudy(read, study).name}`
  },
  run: async (input, context) => {
    const { read } = services.vault()
    const model = getModel(read, input.model)
    const other = getStudy(read, input.study)
    context.report('readingRows', 0)
    const artifact = modelArtifact(read, model.id)
    const design = StudyDesignSchema.parse(modelDesign(read, model.id))
    const { features } = detailOf(read, model)
    const { outcome } = input
    const summaries = new Set((design.summaries ?? []).map(summaryName))
    const columns = [
      ...new Set([
        ...features.map(({ name }) => name).filter((name) => !summaries.has(name)),
        ...(design.grids?.columns ?? []),
        ...outcomeColumns({ ...design, outcome: outcome ?? design.outcome }),
      ]),
    ]
    const known = new Set(listConcepts(read, other.id).map(({ name }) => name))
    const lacking = columns.filter((name) => !known.has(name))
    if (lacking.length > 0)
      throw invalidInput(
        'outcomeColumnsMissing',
        { study: other.name, columns: lacking },
        lacking.map((name) => issue(name, 'notThere')),
      )
    const { table, warnings } = withHistory(read, other, design, readTable(read, other.id, columns))
    const result = await services.transport.run(
      'evaluate',
      { artifact, study: other.name, table, warnings, outcome },
      context,
    )
    const evaluation = await services
      .vault()
      .write((store) =>
        insertEvaluation(store, { model: model.id, study: other.id, by: context.user, document: result }),
      )
    return { evaluation, model: model.id }
  },
})
