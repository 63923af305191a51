import { decodeSnapshot } from '../cohort/snapshot.ts'
import type { JobContext, JobHandler } from '../jobs/runner.ts'
import type { JobInput } from '../jobs/specs.ts'
import { keepVaultRows, vaultRowsOf } from '../study/ask/vaultRows.ts'
import { editArtifact } from '../study/inspect/terms.ts'
import { userById } from '../vault/keys/users.ts'
import {
  getModel,
  insertModel,
  modelArtifact,
  modelDesign,
  modelDetail,
  modelReference,
} from '../vault/models/models.ts'
import { readSnapshot } from '../vault/models/snapshots.ts'
import { getStudy } from '../vault/records/studies.ts'
import type { StoredDetail } from './cards.ts'
import type { ModelServices } from './services.ts'

/** Changes of a model's terms by hand, as jobs. */
export const editTermsJob = (services: ModelServices): JobHandler<'editTerms'> => ({
  title: ({ model }) => getModel(services.vault().read, model).name,
  check: ({ model, edits }) => {
    const { read } = services.vault()
    getModel(read, model)
    editArtifact(modelArtifact(read, model), edits)
  },
  run: (input, context) => editTermsOf(services, input, context),
})

/** Makes the next version of a model with terms changed by hand; the old one stays. */
const editTermsOf = async (
  services: ModelServices,
  { model, edits, reason }: JobInput<'editTerms'>,
  context: JobContext,
): Promise<{ model: number; hash: string }> => {
  context.report('readingRows', 0)
  const { read } = services.vault()
  const parent = getModel(read, model)
  const table = decodeSnapshot(readSnapshot(read, parent.snapshotHash))
  const input = { artifact: modelArtifact(read, model), edits, table }
  const { artifact, hash, reference, warnings, ...found } = await services.transport.run('editTerms', input, context)
  const vaultRows = vaultRowsOf(modelReference(read, model))
  const before = modelDetail(read, model) as StoredDetail
  const detail: StoredDetail = {
    ...before,
    ...found,
    // What was measured of the model it came from does not speak for this one.
    crossValidation: null,
    comparator: null,
    comparatorAssessment: null,
    features: before.features.map((feature) => ({ ...feature, importance: null, permutation: null })),
    warnings: [...warnings, ...before.warnings.filter(({ reason: old }) => !old.startsWith('edited'))],
    edited: {
      model,
      parent: parent.hash,
      at: new Date().toISOString(),
      by: userById(read, context.user)?.displayName ?? '',
      reason,
      edits,
    },
  }
  const stored = await services.vault().write((store) =>
    insertModel(store, {
      name: parent.name,
      task: parent.task,
      learner: parent.learner,
      study: getStudy(store, parent.study).id,
      target: parent.target,
      artifact,
      reference: vaultRows ? keepVaultRows(reference, vaultRows) : reference,
      hash,
      design: modelDesign(store, model),
      snapshot: parent.snapshotHash,
      detail,
      by: context.user,
    }),
  )
  return { model: stored.id, hash }
}
