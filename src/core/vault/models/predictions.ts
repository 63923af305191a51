import { randomUUID } from 'node:crypto'
import { notFound } from '../../../contract/errors.ts'
import { SummarySchema } from '../../../contract/predictions.ts'
import type { Summary } from '../../../contract/words.ts'
import { canonicalJson, sha256 } from '../../numbers/digest.ts'
import type { ReadStore, WriteStore } from '../store/store.ts'

export type FeedbackOutcome = 'accepted' | 'overridden' | 'deferred'

export interface NewPrediction {
  patient: number
  encounter: number | null
  model: number
  user: string | null
  /** The inputs the model saw; only their hash is kept. */
  inputs: unknown
  /** One line for the history, as data. */
  summary: Exclude<Summary, string>
  /** What was shown, as JSON value. */
  payload: unknown
  /** Time shown; now, where left out. */
  at?: string
}

/** Records a prediction as it was shown; returns its UUID, which feedback names. */
export const recordPrediction = (store: WriteStore, prediction: NewPrediction): string => {
  const id = randomUUID()
  store.run(
    `INSERT INTO prediction (id, patient, encounter, model, user, at, inputs_hash, summary, payload)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    prediction.patient,
    prediction.encounter,
    prediction.model,
    prediction.user,
    prediction.at ?? new Date().toISOString(),
    sha256(canonicalJson(prediction.inputs)),
    JSON.stringify(prediction.summary),
    JSON.stringify(prediction.payload),
  )
  return id
}

export interface StoredPrediction {
  prediction: string
  patient: number
  encounter: number | null
  model: number
  at: string
  by: string
  inputsHash: string
  summary: Summary
  payload: unknown
}

/** As it stands in the table: JSON, or the sentence that was written before summaries were data. */
const summaryOf = (stored: string): Summary => {
  try {
    return SummarySchema.parse(JSON.parse(stored))
  } catch {
    return stored
  }
}

/** Throws `predictionMissing`. */
export const getPrediction = (store: ReadStore, prediction: string): StoredPrediction => {
  const row = store.get<Omit<StoredPrediction, 'payload' | 'summary'> & { payload: string; summary: string }>(
    `SELECT p.id AS prediction, p.patient, p.encounter, p.model, p.at, coalesce(u.display_name, '') AS by,
       p.inputs_hash AS inputsHash, p.summary, p.payload
     FROM prediction p LEFT JOIN user u ON u.id = p.user WHERE p.id = ?`,
    prediction,
  )
  if (!row) throw notFound('predictionMissing', { prediction })
  return { ...row, summary: summaryOf(row.summary), payload: JSON.parse(row.payload) as unknown }
}

/** Records what the doctor decided. Answers add up; the latest stands, and none is ever overwritten. */
export const respondToPrediction = (
  store: WriteStore,
  {
    prediction,
    outcome,
    reason,
    comment,
    user,
  }: {
    prediction: string
    outcome: FeedbackOutcome
    reason: string | null
    comment: string | null
    user: string | null
  },
): void => {
  getPrediction(store, prediction)
  store.run(
    'INSERT INTO feedback (prediction, outcome, reason, comment, user, at) VALUES (?, ?, ?, ?, ?, ?)',
    prediction,
    outcome,
    reason,
    comment,
    user,
    new Date().toISOString(),
  )
}

export interface PredictionHistoryEntry {
  prediction: string
  at: string
  by: string
  model: number
  modelName: string
  task: string
  summary: Summary
  outcome: FeedbackOutcome | null
  reason: string | null
  comment: string | null
}

/** Predictions shown for a patient, newest first, each with the latest answer. */
export const predictionHistory = (store: ReadStore, patient: number): PredictionHistoryEntry[] =>
  store
    .all<Omit<PredictionHistoryEntry, 'summary'> & { summary: string }>(
      `SELECT p.id AS prediction, p.at, coalesce(u.display_name, '') AS by, p.model, m.name AS modelName, m.task, p.summary,
       f.outcome, f.reason, f.comment
     FROM prediction p JOIN model m ON m.id = p.model LEFT JOIN user u ON u.id = p.user
     LEFT JOIN feedback f ON f.id = (SELECT max(id) FROM feedback WHERE prediction = p.id)
     WHERE p.patient = ? ORDER BY p.at DESC, p.rowid DESC`,
      patient,
    )
    .map((row) => ({ ...row, summary: summaryOf(row.summary) }))

/** How often a model's predictions were shown and what became of them. */
export const feedbackCounts = (
  store: ReadStore,
  model: number,
): { shown: number; accepted: number; overridden: number; deferred: number } =>
  store.get(
    `SELECT count(*) AS shown, coalesce(sum(f.outcome = 'accepted'), 0) AS accepted,
       coalesce(sum(f.outcome = 'overridden'), 0) AS overridden, coalesce(sum(f.outcome = 'deferred'), 0) AS deferred
     FROM prediction p LEFT JOIN feedback f ON f.id = (SELECT max(id) FROM feedback WHERE prediction = p.id)
     WHERE p.model = ?`,
    model,
  )!
