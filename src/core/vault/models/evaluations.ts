import type { ReadStore, WriteStore } from '../store/store.ts'
import { getModel } from './models.ts'

/** An external validation of a model; `document` is a JSON value the vault does not look into. */
export interface StoredEvaluation {
  evaluation: number
  model: number
  study: string
  at: string
  document: unknown
}

export const insertEvaluation = (
  store: WriteStore,
  { model, study, by, document }: { model: number; study: number; by: string | null; document: unknown },
): number => {
  getModel(store, model)
  return store.insert(
    'INSERT INTO evaluation (model, study, at, by, document) VALUES (?, ?, ?, ?, ?)',
    model,
    study,
    new Date().toISOString(),
    by,
    JSON.stringify(document),
  )
}

/** Evaluations of a model, newest first. */
export const listEvaluations = (store: ReadStore, model: number): StoredEvaluation[] =>
  store
    .all<Omit<StoredEvaluation, 'document'> & { document: string }>(
      `SELECT e.id AS evaluation, e.model, s.name AS study, e.at, e.document
       FROM evaluation e JOIN study s ON s.id = e.study WHERE e.model = ? ORDER BY e.id DESC`,
      model,
    )
    .map((row) => ({ ...row, document: JSON.parse(row.document) as unknown }))
