import type { ModelCard, ModelDetail } from '../../contract/models.ts'
import type { Task } from '../../contract/values.ts'
import { modelDesign, modelDetail, type StoredModel } from '../vault/models/models.ts'
import type { ReadStore } from '../vault/store/store.ts'

type Facts = Omit<ModelDetail, keyof ModelCard | 'design' | 'designHash' | 'snapshotHash' | 'bytes'> &
  Pick<ModelCard, 'rows' | 'events' | 'headline' | 'comparator'>

/** What is stored of a training run beside the model's own row: the facts of `ModelDetail`. */
export type StoredDetail = Facts

/** A model as lists and predictions show it. */
export const cardOf = (store: ReadStore, model: StoredModel): ModelCard => {
  const { rows, events, headline, comparator } = modelDetail(store, model.id) as StoredDetail
  const { name, version, learner, study, target, hash, trainedAt, trainedBy, intendedUse, approvedBy } = model
  const task = model.task as Task
  return {
    model: model.id,
    name,
    version,
    task,
    learner,
    study,
    target,
    hash,
    trainedAt,
    trainedBy,
    rows,
    events,
    intendedUse,
    approvedBy,
    headline,
    comparator,
  }
}

export const detailOf = (store: ReadStore, model: StoredModel): ModelDetail => ({
  ...(modelDetail(store, model.id) as StoredDetail),
  ...cardOf(store, model),
  design: modelDesign(store, model.id) as ModelDetail['design'],
  designHash: model.designHash,
  snapshotHash: model.snapshotHash,
  bytes: model.bytes,
})
