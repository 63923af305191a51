import { conflict, notFound } from '../../../contract/errors.ts'
import { type Batch, type Mapping, MappingSchema, type RowError } from '../../../contract/intake.ts'
import { rejectedRow } from '../../../contract/rejectedRows.ts'
import type { RowFault } from '../../../contract/rejections.ts'
import type { ReadStore, Value, WriteStore } from '../store/store.ts'
import type { BatchHandle } from './batchHandle.ts'
import { conceptsById } from './concepts.ts'
import { eventKinds } from './events.ts'
import { flushTerms, ownSystem, patientIndex, removePatients } from './registration.ts'
import { getStudy, recountStudy } from './studies.ts'

export interface BatchStart {
  study: number
  file: string
  /** Of the file; empty where it is only known at its end (see finishBatch). */
  sha256: string
  /** The mapping as JSON value; kept with the batch. */
  mapping: unknown
  by: string | null
  /**
   * Concepts of the records' fields, in order (see addConcepts). Empty: no cases, repeated measurements only. Null:
   * records of all kinds, whose encounters have no fields of their own.
   */
  concepts: readonly number[] | null
  /** System of the patient keys; null: the study's own. */
  identifierSystem?: string | null
}

/** Begins an import. All of a batch is written in one transaction (`vault.exclusive`), `finishBatch` last. */
export const beginBatch = (store: WriteStore, start: BatchStart): BatchHandle => {
  const study = getStudy(store, start.study)
  const { concepts } = start
  const kinds = conceptsById(store, concepts ?? []).map((concept) => {
    if (concept.study !== study.id) throw new Error(`Concept ${concept.id} is of another study`)
    return concept.kind
  })
  const form = concepts?.length === 0 ? null : formOf(store, study.id, concepts ?? [])
  const at = new Date().toISOString()
  const batch = store.insert(
    'INSERT INTO batch (study, file, sha256, mapping, form, imported_at, imported_by) VALUES (?, ?, ?, ?, ?, ?, ?)',
    study.id,
    start.file,
    start.sha256,
    JSON.stringify(start.mapping),
    form,
    at,
    start.by,
  )
  store.run(
    'INSERT INTO provenance (target, activity, agent, recorded_at, source, sha256) VALUES (?, ?, ?, ?, ?, ?)',
    `batch/${batch}`,
    'import',
    start.by,
    at,
    start.file,
    start.sha256,
  )
  return {
    batch,
    study: study.id,
    form: form === null ? null : { concepts: [...(concepts ?? [])], kinds },
    patients: patientIndex(store, start.identifierSystem ?? ownSystem(study.name), batch),
    cases: 0,
    observations: 0,
    events: 0,
    people: 0,
    documents: 0,
  }
}

const formOf = (store: WriteStore, study: number, concepts: readonly number[]): number => {
  const document = JSON.stringify(concepts)
  return (
    store.value<number>('SELECT id FROM form WHERE study = ? AND concepts = ?', study, document) ??
    store.insert('INSERT INTO form (study, concepts) VALUES (?, ?)', study, document)
  )
}

/** Keeps rejected rows with the batch, all of them. */
export const addRejectedRows = (store: WriteStore, { batch }: BatchHandle, errors: readonly RowFault[]): void => {
  const next =
    store.value<number>('SELECT coalesce(max(sequence), 0) + 1 FROM rejected_row WHERE batch = ?', batch) ?? 1
  const values: Value[] = []
  errors.forEach(({ row, place, column, code, said, text }, at) => {
    values.push(next + at, row, JSON.stringify(place), column, code, JSON.stringify(said), text)
  })
  store.insertMany(
    'INSERT INTO rejected_row (batch, sequence, row, place, "column", code, message, text)',
    `(${batch}, ?, ?, ?, ?, ?, ?, ?)`,
    values,
  )
}

/**
 * Closes a batch with its counts. `imported + rejected = rows` is checked here and by the schema, and `imported`
 * against the records that were inserted: one a row of the file.
 */
export const finishBatch = (
  store: WriteStore,
  handle: BatchHandle,
  { rows, imported, rejected, sha256 }: { rows: number; imported: number; rejected: number; sha256?: string },
): Batch => {
  if (imported + rejected !== rows)
    throw new Error(`Batch ${handle.batch}: ${imported} + ${rejected} is not ${rows} rows`)
  const { cases, observations, events, people, documents } = handle
  const stored = cases + observations + events + people + documents
  if (stored !== imported) throw new Error(`Batch ${handle.batch}: ${stored} records stored, ${imported} told`)
  store.run(
    'UPDATE batch SET rows = ?, imported = ?, cases = ?, rejected = ?, finished_at = ? WHERE id = ?',
    rows,
    imported,
    cases === imported ? null : cases,
    rejected,
    new Date().toISOString(),
    handle.batch,
  )
  if (sha256) {
    store.run('UPDATE batch SET sha256 = ? WHERE id = ?', sha256, handle.batch)
    store.run(
      "UPDATE provenance SET sha256 = ? WHERE target = ? AND activity = 'import'",
      sha256,
      `batch/${handle.batch}`,
    )
  }
  flushTerms(store, handle.patients)
  recountStudy(store, handle.study)
  return getBatch(store, handle.batch)
}

const select = `SELECT b.id AS batch, s.name AS study, b.file, b.sha256, b.imported_at AS importedAt,
  coalesce(u.display_name, '') AS importedBy, b.rows, b.imported, b.rejected, b.undone_at AS undoneAt
  FROM batch b JOIN study s ON s.id = b.study LEFT JOIN user u ON u.id = b.imported_by`

/** Throws `batchMissing`. */
export const getBatch = (store: ReadStore, batch: number): Batch => {
  const found = store.get<Batch>(`${select} WHERE b.id = ?`, batch)
  if (!found) throw notFound('batchMissing', { batch })
  return found
}

/** All batches, newest first. */
export const listBatches = (store: ReadStore): Batch[] => store.all<Batch>(`${select} ORDER BY b.id DESC`)

export const batchMapping = (store: ReadStore, batch: number): unknown => {
  const document = store.value<string>('SELECT mapping FROM batch WHERE id = ?', batch)
  return document === undefined ? null : JSON.parse(document)
}

/** How the files of a study that stand were mapped, newest first. */
export const studyMappings = (store: ReadStore, study: number): Mapping[] =>
  store
    .column<string>('SELECT mapping FROM batch WHERE study = ? AND undone_at IS NULL ORDER BY id DESC', study)
    .flatMap((document) => MappingSchema.safeParse(JSON.parse(document)).data ?? [])

/** Rejected rows of a batch, in the order of the file. */
export const listRejectedRows = (
  store: ReadStore,
  batch: number,
  offset: number,
  limit: number,
): { total: number; errors: RowError[] } => {
  getBatch(store, batch)
  return {
    total: store.value<number>('SELECT count(*) FROM rejected_row WHERE batch = ?', batch) ?? 0,
    errors: store
      .all<Omit<RowError, 'place'> & { place: string }>(
        `SELECT row, place, "column", code, message, text FROM rejected_row
         WHERE batch = ? ORDER BY sequence LIMIT ? OFFSET ?`,
        batch,
        limit,
        offset,
      )
      .map(rejectedAsStored),
  }
}

/** `message` holds the fault's text as JSON, or the sentence that was written before faults had texts. */
const rejectedAsStored = (stored: Omit<RowError, 'place' | 'said'> & { place: string }): RowError => {
  const error = { ...stored, place: JSON.parse(stored.place) as RowError['place'] }
  return stored.message.startsWith('{"text":') ? rejectedRow({ ...error, said: JSON.parse(stored.message) }) : error
}

/** Tables of single records of a patient, beside encounters and measurements. */
const ofOnePatient = [...eventKinds, 'person', 'clinical_document'] as const

/**
 * Takes a batch back: its cases, measurements, events and documents go, and those patients that it created and on whom
 * nothing else stands (no other batch's records, no prediction shown to a doctor). Its row, its rejected rows and the
 * dictionary stay. Throws `batchMissing`, `batchUndone`.
 */
export const undoBatch = (store: WriteStore, batch: number, by: string | null): Batch => {
  const known = getBatch(store, batch)
  if (known.undoneAt) throw conflict('batchUndone', { batch, date: known.undoneAt.slice(0, 10) })
  const { study, first, last } = store.get<{ study: number; first: number | null; last: number | null }>(
    'SELECT study, first_encounter AS first, last_encounter AS last FROM batch WHERE id = ?',
    batch,
  )!
  // Whom the batch touched; gathered before it goes.
  store.run('CREATE TEMP TABLE IF NOT EXISTS touched (patient INTEGER PRIMARY KEY)')
  store.run('DELETE FROM temp.touched')
  if (first !== null && last !== null)
    store.run('INSERT OR IGNORE INTO temp.touched SELECT patient FROM encounter WHERE id BETWEEN ? AND ?', first, last)
  for (const table of ofOnePatient)
    store.run(`INSERT OR IGNORE INTO temp.touched SELECT patient FROM ${table} WHERE batch = ?`, batch)
  const repeated = store.column<number>('SELECT id FROM concept WHERE study = ? AND repeated = 1', study)
  for (const concept of repeated) {
    store.run(
      'INSERT OR IGNORE INTO temp.touched SELECT patient FROM observation WHERE concept = ? AND batch = ?',
      concept,
      batch,
    )
    store.run('DELETE FROM observation WHERE concept = ? AND batch = ?', concept, batch)
  }
  for (const table of ofOnePatient) store.run(`DELETE FROM ${table} WHERE batch = ?`, batch)
  if (first !== null && last !== null)
    store.run('DELETE FROM encounter WHERE id BETWEEN ? AND ? AND batch = ?', first, last, batch)

  // What may still stand on a patient: records of any batch, in one study or in all.
  const standing = (patient: string, within: string) =>
    ['encounter', ...ofOnePatient]
      .map((table) => `EXISTS (SELECT 1 FROM ${table} r WHERE r.patient = ${patient} ${within})`)
      .join(' OR ')
  const measured = (patient: string, within: string) =>
    `EXISTS (SELECT 1 FROM concept c WHERE c.repeated = 1 ${within}
       AND EXISTS (SELECT 1 FROM observation o WHERE o.concept = c.id AND o.patient = ${patient}))`
  store.run(
    `DELETE FROM study_patient WHERE study = ? AND patient IN (SELECT patient FROM temp.touched)
       AND NOT (${standing('study_patient.patient', 'AND r.study = study_patient.study')}
         OR ${measured('study_patient.patient', 'AND c.study = study_patient.study')})`,
    study,
  )
  const gone = store.column<number>(
    `SELECT p.id FROM temp.touched t JOIN patient p ON p.id = t.patient
     WHERE p.batch = ? AND NOT EXISTS (SELECT 1 FROM prediction r WHERE r.patient = p.id)
       AND NOT (${standing('p.id', '')} OR ${measured('p.id', '')})`,
    batch,
  )
  removePatients(store, gone)
  store.run('DELETE FROM temp.touched')
  const at = new Date().toISOString()
  store.run('UPDATE batch SET undone_at = ?, undone_by = ? WHERE id = ?', at, by, batch)
  store.run(
    'INSERT INTO provenance (target, activity, agent, recorded_at, source) VALUES (?, ?, ?, ?, ?)',
    `batch/${batch}`,
    'undo',
    by,
    at,
    known.file,
  )
  recountStudy(store, study)
  return getBatch(store, batch)
}
