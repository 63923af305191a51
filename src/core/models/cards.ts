import type { ModelCard, ModelDetail } from '../../contract/models.ts'
import type { Task } from '../../contract/values.ts'
import { valuesLabel } from '../extract/tables.ts'
import { learnerOf } from '../learn/learners.ts'
import { mainHorizon } from '../study/tasks/assessment.ts'
import { modelDesign, modelDetail, type StoredModel } from '../vault/models/models.ts'
import type { ReadStore } from '../vault/store/store.ts'

type Facts = Omit<
  ModelDetail,
  keyof ModelCard | 'design' | 'designHash' | 'snapshotHash' | 'bytes' | 'effect' | 'curves' | 'mainHorizon' | 'event'
> &
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
    isComparator: learnerOf(learner)?.comparator?.(designOf(store, model).outcome) ?? false,
    headline,
    comparator,
  }
}

export const detailOf = (store: ReadStore, model: StoredModel): ModelDetail => ({
  ...(modelDetail(store, model.id) as StoredDetail),
  ...cardOf(store, model),
  design: designOf(store, model),
  ...effectOf(designOf(store, model), model.learner),
  ...survivalOf(store, model),
  designHash: model.designHash,
  snapshotHash: model.snapshotHash,
  bytes: model.bytes,
})

const designOf = (store: ReadStore, model: StoredModel) => modelDesign(store, model.id) as ModelDetail['design']

/** What is known of the learner, for views that need not know learners by name. */
const effectOf = (design: ModelDetail['design'], id: string): Pick<ModelDetail, 'effect' | 'curves'> => {
  const learner = learnerOf(id)
  return {
    effect: learner?.effect?.(design.outcome.task, design.parameters) ?? null,
    curves: learner?.curves ?? false,
  }
}

/** The horizon that all views of a model stand at, and what its event is called: decided here, once. */
const survivalOf = (store: ReadStore, model: StoredModel): Pick<ModelDetail, 'mainHorizon' | 'event'> => {
  const { outcome, study } = designOf(store, model)
  if (outcome.task !== 'survival') return { mainHorizon: null, event: null }
  const { horizons } = modelDetail(store, model.id) as StoredDetail
  return {
    mainHorizon: horizons && horizons.length > 0 ? mainHorizon(horizons) : null,
    event: valuesLabel(store, study, outcome.event),
  }
}
