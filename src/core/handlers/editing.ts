import type { TermEditInput } from '../../contract/terms.ts'
import { decodeSnapshot } from '../cohort/snapshot.ts'
import { runLong } from '../jobs/long.ts'
import type { JobContext } from '../jobs/runner.ts'
import { keepVaultRows, vaultRowsOf } from '../study/ask/vaultRows.ts'
import { editArtifact } from '../study/inspect/terms.ts'
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
import type { Core } from './core.ts'

interface Change {
  model: number
  edits: TermEditInput[]
  reason: string
}

/** Begins an edit as a job. Throws at once where an edit fits nothing, so that nobody waits for a refusal. */
export const startEditing = (core: Core, change: Change, user: { id: string; name: string }) => {
  const { read } = core.vault()
  const { name } = getModel(read, change.model)
  editArtifact(modelArtifact(read, change.model), change.edits)
  return core.jobs.start('evaluate', name, (context) => editTermsOf(core, change, user, context))
}

/** Makes the next version of a model with terms changed by hand; the old one stays. */
const editTermsOf = async (
  core: Core,
  { model, edits, reason }: Change,
  user: { id: string; name: string },
  context: JobContext,
): Promise<{ model: number; hash: string }> => {
  context.report('readingRows', 0)
  const { read } = core.vault()
  const parent = getModel(read, model)
  const table = decodeSnapshot(readSnapshot(read, parent.snapshotHash))
  const input = { artifact: modelArtifact(read, model), edits, table }
  const { artifact, hash, reference, warnings, ...found } = await runLong(
    core.options.worker,
    'editTerms',
    input,
    context,
  )
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
    edited: { model, parent: parent.hash, at: new Date().toISOString(), by: user.name, reason, edits },
  }
  const stored = await core.vault().write((store) =>
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
      by: user.id,
    }),
  )
  return { model: stored.id, hash }
}
