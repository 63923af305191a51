import type { ReadStore, WriteStore } from '../store/store.ts'
import type { BatchHandle } from './batchHandle.ts'
import { addMembers } from './cases.ts'
import { findOrCreatePatients } from './registration.ts'

/** A letter or report as text: FHIR DocumentReference. It is free text, and leaves in no de-identified export. */
export interface ClinicalDocument {
  /** What kind of document, as coded (LOINC's document ontology). */
  system: string | null
  code: string | null
  title: string
  /** ISO 8601, also partial. */
  date: string | null
  mediaType: string
  content: string
}

export interface DocumentRow extends ClinicalDocument {
  patientKey: string | null
  row: number
}

export interface StoredDocument extends ClinicalDocument {
  id: number
  study: string
  batch: number
  row: number
}

/** Stores documents of a batch, finding or making their patients. */
export const insertDocuments = (
  store: WriteStore,
  handle: BatchHandle,
  rows: readonly DocumentRow[],
): { created: number } => {
  const { patients, created } = findOrCreatePatients(
    store,
    handle.patients,
    rows.map(({ patientKey }) => ({ key: patientKey, name: null, birthDate: null, sex: null })),
  )
  store.insertMany(
    'INSERT INTO clinical_document (patient, study, batch, row, system, code, title, date, media_type, content)',
    `(?, ${handle.study}, ${handle.batch}, ${Array(7).fill('?').join(', ')})`,
    rows.flatMap(({ row, system, code, title, date, mediaType, content }, at) => [
      ...[patients[at], row, system, code, title, date, mediaType, content],
    ]),
  )
  addMembers(store, handle.study, new Set(patients))
  handle.documents += rows.length
  return { created }
}

/** A patient's documents, earliest first; those without a date last. */
export const readDocuments = (store: ReadStore, patient: number): StoredDocument[] =>
  store.all<StoredDocument>(
    `SELECT d.id, s.name AS study, d.batch, d.row, d.system, d.code, d.title, d.date, d.media_type AS mediaType, d.content
     FROM clinical_document d JOIN study s ON s.id = d.study WHERE d.patient = ? ORDER BY d.date IS NULL, d.date, d.id`,
    patient,
  )
