import type { Evaluation } from '../../contract/models.ts'
import { cardOf, detailOf } from '../models/cards.ts'
import { describedLearners } from '../models/learners.ts'
import { memoryFor } from '../models/memory.ts'
import { checkDesignOf } from '../models/train.ts'
import { readTerms } from '../study/inspect/terms.ts'
import { listEvaluations } from '../vault/models/evaluations.ts'
import { describeModel, getModel, listModels, modelArtifact, removeModel } from '../vault/models/models.ts'
import { removeUnusedSnapshots } from '../vault/models/snapshots.ts'
import { getStudy } from '../vault/records/studies.ts'
import { type Implementer, sessionOf } from './implementer.ts'
import type { Services } from './services.ts'

type Needs = Pick<Services, 'jobs' | 'modelCache' | 'neuralBackend' | 'options' | 'transport' | 'vault'>

export const modelHandlers = (services: Needs, os: Implementer) => {
  const read = () => services.vault().read
  return {
    models: {
      learners: os.models.learners.handler(() => describedLearners),
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
