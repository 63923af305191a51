import { notFound } from '../../../contract/errors.ts'
import { canonicalJson, sha256 } from '../../numbers/digest.ts'
import { studyDamaged } from '../store/failures.ts'
import type { ReadStore, WriteStore } from '../store/store.ts'

/** What is kept of a model beside its artifact. `design` and `detail` are JSON values the vault does not look into. */
export interface StoredModel {
  id: number
  name: string
  /** Counts models of one name, from 1. */
  version: number
  task: string
  learner: string
  study: string
  target: string
  /** SHA-256 of the artifact. */
  hash: string
  designHash: string
  snapshotHash: string
  intendedUse: string | null
  approvedBy: string | null
  approvedAt: string | null
  trainedAt: string
  trainedBy: string
  /** Size of the artifact. */
  bytes: number
}

export interface NewModel {
  name: string
  task: string
  learner: string
  study: number
  target: string
  artifact: Uint8Array
  hash: string
  /** Patient-level arrays kept beside the model and never exported. */
  reference: Uint8Array
  design: unknown
  /** Hash of a snapshot saved before. */
  snapshot: string
  detail: unknown
  by: string | null
}

/** Keeps a model as the next version of its name. */
export const insertModel = (store: WriteStore, model: NewModel): StoredModel => {
  if (sha256(model.artifact) !== model.hash) throw new Error('The hash of a new model is not that of its artifact')
  const at = new Date().toISOString()
  const version = store.value<number>('SELECT coalesce(max(version), 0) + 1 FROM model WHERE name = ?', model.name) ?? 1
  const id = store.insert(
    `INSERT INTO model (name, version, task, learner, study, target, hash, design, snapshot, trained_at, trained_by,
       detail, artifact, reference) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    model.name,
    version,
    model.task,
    model.learner,
    model.study,
    model.target,
    model.hash,
    saveDesign(store, model.design),
    model.snapshot,
    at,
    model.by,
    JSON.stringify(model.detail),
    model.artifact,
    model.reference,
  )
  store.run(
    'INSERT INTO provenance (target, activity, agent, recorded_at, source, sha256) VALUES (?, ?, ?, ?, ?, ?)',
    `model/${id}`,
    'train',
    model.by,
    at,
    `snapshot/${model.snapshot}`,
    model.hash,
  )
  return getModel(store, id)
}

/** Keeps a design document once; returns its hash: SHA-256 of its canonical JSON. */
const saveDesign = (store: WriteStore, design: unknown): string => {
  const document = canonicalJson(design)
  const hash = sha256(document)
  store.run(
    'INSERT INTO design (hash, document, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    hash,
    document,
    new Date().toISOString(),
  )
  return hash
}

const select = `SELECT m.id, m.name, m.version, m.task, m.learner, s.name AS study, m.target, m.hash, m.design AS designHash,
  m.snapshot AS snapshotHash, m.intended_use AS intendedUse, a.display_name AS approvedBy, m.approved_at AS approvedAt,
  m.trained_at AS trainedAt, coalesce(t.display_name, '') AS trainedBy, length(m.artifact) AS bytes
  FROM model m JOIN study s ON s.id = m.study LEFT JOIN user a ON a.id = m.approved_by
  LEFT JOIN user t ON t.id = m.trained_by`

/** Models in use, newest first. */
export const listModels = (store: ReadStore): StoredModel[] =>
  store.all<StoredModel>(`${select} WHERE m.removed_at IS NULL ORDER BY m.id DESC`)

const missing = (model: number) => notFound('modelMissing', { model })

/** Throws `modelMissing`, also for a removed model. */
export const getModel = (store: ReadStore, model: number): StoredModel => {
  const found = store.get<StoredModel>(`${select} WHERE m.id = ? AND m.removed_at IS NULL`, model)
  if (!found) throw missing(model)
  return found
}

export const modelDesign = (store: ReadStore, model: number): unknown => {
  const document = store.value<string>(
    'SELECT d.document FROM model m JOIN design d ON d.hash = m.design WHERE m.id = ?',
    model,
  )
  if (document === undefined) throw missing(model)
  return JSON.parse(document)
}

export const modelDetail = (store: ReadStore, model: number): unknown => {
  const detail = store.value<string>('SELECT detail FROM model WHERE id = ? AND removed_at IS NULL', model)
  if (detail === undefined) throw missing(model)
  return JSON.parse(detail)
}

/** The artifact's bytes, checked against the model's hash. Throws `modelMissing`, `studyDamaged`. */
export const modelArtifact = (store: ReadStore, model: number): Uint8Array => {
  const row = store.row<[Uint8Array | null, string]>(
    'SELECT artifact, hash FROM model WHERE id = ? AND removed_at IS NULL',
    model,
  )
  if (!row?.[0]) throw missing(model)
  if (sha256(row[0]) !== row[1]) throw studyDamaged(`model ${model}`, 'artifactHash')
  return row[0]
}

/** The patient-level arrays beside the artifact. Throws `modelMissing`. */
export const modelReference = (store: ReadStore, model: number): Uint8Array => {
  const reference = store.value<Uint8Array>('SELECT reference FROM model WHERE id = ? AND removed_at IS NULL', model)
  if (!reference) throw missing(model)
  return reference
}

/** Renames, states the intended use, approves or takes approval back. What is left out stays. */
export const describeModel = (
  store: WriteStore,
  model: number,
  change: { name?: string; intendedUse?: string | null; approvedBy?: string | null },
): StoredModel => {
  const known = getModel(store, model)
  if (change.name !== undefined && change.name !== known.name) {
    const version =
      store.value<number>('SELECT coalesce(max(version), 0) + 1 FROM model WHERE name = ?', change.name) ?? 1
    store.run('UPDATE model SET name = ?, version = ? WHERE id = ?', change.name, version, model)
  }
  if (change.intendedUse !== undefined)
    store.run('UPDATE model SET intended_use = ? WHERE id = ?', change.intendedUse, model)
  if (change.approvedBy !== undefined)
    store.run(
      'UPDATE model SET approved_by = ?, approved_at = ? WHERE id = ?',
      change.approvedBy,
      change.approvedBy === null ? null : new Date().toISOString(),
      model,
    )
  return getModel(store, model)
}

/** Keeps detail that came later (an assessment, a note) in place of the old. */
export const replaceModelDetail = (store: WriteStore, model: number, detail: unknown): void => {
  getModel(store, model)
  store.run('UPDATE model SET detail = ? WHERE id = ?', JSON.stringify(detail), model)
}

/**
 * Removes a model from use. Where predictions were shown, all that is needed to answer for them stays; a model never
 * asked goes whole.
 */
export const removeModel = (store: WriteStore, model: number): void => {
  getModel(store, model)
  const used = store.value('SELECT 1 FROM prediction WHERE model = ? LIMIT 1', model) !== undefined
  if (used) store.run('UPDATE model SET removed_at = ? WHERE id = ?', new Date().toISOString(), model)
  else {
    store.run('DELETE FROM evaluation WHERE model = ?', model)
    store.run('DELETE FROM model WHERE id = ?', model)
  }
}
