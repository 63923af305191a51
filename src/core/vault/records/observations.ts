import { notFound } from '../../../contract/errors.ts'
import { MappingSchema } from '../../../contract/intake.ts'
import { sharedFloats, sharedIntegers } from '../../cohort/table.ts'
import type { ReadStore, Value, WriteStore } from '../store/store.ts'
import type { BatchHandle } from './batchHandle.ts'
import { addMembers } from './cases.ts'
import { findConcept, listConcepts, type StoredConcept } from './concepts.ts'
import { findOrCreatePatients } from './registration.ts'
import { getStudy } from './studies.ts'

/** One repeated measurement of a file. */
export interface ObservationRow {
  patientKey: string | null
  /** Number of the dictionary entry. */
  concept: number
  /** Days since the patient's index date; since 1970-01-01 where the file is dated. */
  day: number
  /** Normalised value: a category as its level's index. NaN: not recorded as a number. */
  value: number
  /** The text as it stood, where the value does not read the same. */
  raw: string | null
  /** Code of a coded result as the file has it, `system|code` where it names the system. */
  code?: string | null
  /** A result in words, which has no value. */
  text?: string | null
  /** Row of the source file, 1 = first data row. */
  row: number
}

/** Stores repeated measurements of a batch, finding or making their patients. */
export const insertObservations = (
  store: WriteStore,
  handle: BatchHandle,
  rows: readonly ObservationRow[],
): { created: number } => {
  const { patients, created } = findOrCreatePatients(
    store,
    handle.patients,
    rows.map(({ patientKey }) => ({ key: patientKey, name: null, birthDate: null, sex: null })),
  )
  for (const concept of new Set(rows.map((row) => row.concept)))
    store.run('UPDATE concept SET repeated = 1 WHERE id = ? AND study = ? AND repeated = 0', concept, handle.study)
  const order = Array.from(rows.keys()).sort(
    (a, b) => rows[a].concept - rows[b].concept || patients[a] - patients[b] || rows[a].day - rows[b].day,
  )
  const values: Value[] = []
  for (const from of order) {
    const { concept, day, value, raw, code, text, row } = rows[from]
    values.push(concept, patients[from], day, row, Number.isNaN(value) ? null : value, raw, code ?? null, text ?? null)
  }
  store.insertMany(
    'INSERT INTO observation (concept, patient, day, batch, row, value, raw, code, text)',
    `(?, ?, ?, ${handle.batch}, ?, ?, ?, ?, ?)`,
    values,
  )
  addMembers(store, handle.study, new Set(patients))
  handle.observations += rows.length
  return { created }
}

export interface PatientSeries {
  concept: StoredConcept
  study: string
  /** In time order. A value that is no number is null, its words in `text` or, as they stood, in `raw`. */
  points: {
    day: number
    value: number | null
    raw: string | null
    code: string | null
    text: string | null
    batch: number
  }[]
}

/** All repeated measurements of a patient, a series a concept. */
export const readSeries = (store: ReadStore, patient: number): PatientSeries[] =>
  store
    .rows<[number, string]>(
      'SELECT s.id, s.name FROM study_patient m JOIN study s ON s.id = m.study WHERE m.patient = ? ORDER BY s.name',
      patient,
    )
    .flatMap(([id, study]) =>
      listConcepts(store, id)
        .filter((concept) => concept.repeated)
        .map((concept) => ({
          concept,
          study,
          points: store.all<PatientSeries['points'][number]>(
            'SELECT day, value, raw, code, text, batch FROM observation WHERE concept = ? AND patient = ? ORDER BY day, batch, row',
            concept.id,
            patient,
          ),
        }))
        .filter(({ points }) => points.length > 0),
    )

export interface ConceptObservations {
  patients: Int32Array
  days: Float64Array
  /** NaN: recorded, but not as a number. */
  values: Float64Array
}

const observationsARun = 20_000

/** Whether the file of a batch of repeated measurements gave dates: a day such as 5000 alone does not tell. */
export const givesDates = (mapping: unknown): boolean => {
  const read = MappingSchema.safeParse(mapping)
  if (read.data?.layout.shape === 'resources') return true
  if (!read.success || read.data.layout.shape !== 'long') return false
  const { day } = read.data.layout
  return read.data.columns.some(({ column, concept }) => column === day && concept.kind === 'date')
}

/** Concepts of a study whose measurements have dates; the days of others count from each patient's own start. */
export const datedConcepts = (store: ReadStore, study: number): Set<number> => {
  const dated = store
    .rows<[number, string]>('SELECT id, mapping FROM batch WHERE study = ? AND undone_at IS NULL', study)
    .filter(([, mapping]) => givesDates(JSON.parse(mapping)))
    .map(([batch]) => batch)
  const repeated = store.column<number>('SELECT id FROM concept WHERE study = ? AND repeated = 1', study)
  return new Set(
    repeated.filter((concept) => {
      const batch = store.value<number>('SELECT batch FROM observation WHERE concept = ? LIMIT 1', concept)
      return batch !== undefined && dated.includes(batch)
    }),
  )
}

/**
 * All repeated measurements of a concept on shared memory, ordered by patient, then day; those of one patient where one
 * is named. Throws `studyMissing`, `columnMissing`.
 */
export const readObservations = (
  store: ReadStore,
  study: string | number,
  concept: string,
  of: number | null = null,
): ConceptObservations => {
  const { id, name } = getStudy(store, study)
  const found = findConcept(store, id, concept)
  if (!found) throw notFound('columnMissing', { study: name, column: concept })
  if (of !== null) {
    const own = store.rows<[number, number | null]>(
      'SELECT day, value FROM observation WHERE concept = ? AND patient = ? ORDER BY day, batch, row',
      found.id,
      of,
    )
    return {
      patients: new Int32Array(own.length).fill(of),
      days: Float64Array.from(own, ([day]) => day),
      values: Float64Array.from(own, ([, value]) => value ?? Number.NaN),
    }
  }
  const count = countObservations(store, found.id)
  const patients = sharedIntegers(count)
  const days = sharedFloats(count)
  const values = sharedFloats(count)
  let at = 0
  for (const page of observationPages(store, found.id, observationsARun))
    for (const [patient, day, , , value] of page) {
      patients[at] = patient
      days[at] = day
      values[at] = value ?? Number.NaN
      at++
    }
  return { patients, days, values }
}

/** Measurements of one concept for an export, ordered by patient, then day. Throws `columnMissing`. */
export const readMeasurements = (
  store: ReadStore,
  study: number,
  concept: string,
): { patients: Int32Array; days: Float64Array; dated: Uint8Array; values: Float64Array } => {
  const found = findConcept(store, study, concept)
  if (!found) throw notFound('columnMissing', { study: getStudy(store, study).name, column: concept })
  const dated = datedBatches(store, study)
  const count = countObservations(store, found.id)
  const read = {
    patients: new Int32Array(count),
    days: new Float64Array(count),
    dated: new Uint8Array(count),
    values: new Float64Array(count),
  }
  let at = 0
  for (const page of observationPages(store, found.id, observationsARun))
    for (const [patient, day, batch, , value] of page) {
      read.patients[at] = patient
      read.days[at] = day
      read.dated[at] = dated.has(batch) ? 1 : 0
      read.values[at] = value ?? Number.NaN
      at++
    }
  return read
}

const countObservations = (store: ReadStore, concept: number): number =>
  store.value<number>('SELECT count(*) FROM observation WHERE concept = ?', concept) ?? 0

/** Batches whose days are dates, undone ones too: their mappings say it. */
const datedBatches = (store: ReadStore, study: number): Set<number> =>
  new Set(
    store
      .rows<[number, string]>('SELECT id, mapping FROM batch WHERE study = ?', study)
      .filter(([, text]) => givesDates(JSON.parse(text)))
      .map(([batch]) => batch),
  )

/** `words`: what stands where there is no number, asked for with `words`; else null. */
export type ObservationEntry = [
  patient: number,
  day: number,
  batch: number,
  row: number,
  value: number | null,
  words: string | null,
]

/**
 * All observations of a concept, ordered by patient, then day, in pages of at most `most`: each page begins after the
 * last entry of the one before (keyset), so that none is read twice or passed over however long a reader takes.
 */
export function* observationPages(
  store: ReadStore,
  concept: number,
  most: number,
  { words = false }: { words?: boolean } = {},
): Generator<ObservationEntry[]> {
  const sql = `SELECT patient, day, batch, row, value, ${words ? 'coalesce(text, raw, code)' : 'NULL'} FROM observation
     WHERE concept = ? AND (patient, day, batch, row) > (?, ?, ?, ?) ORDER BY patient, day, batch, row LIMIT ?`
  let last: [number, number, number, number] = [-1, 0, 0, 0]
  for (;;) {
    const page = store.rows<ObservationEntry>(sql, concept, ...last, most)
    if (page.length === 0) return
    yield page
    const [patient, day, batch, row] = page[page.length - 1]
    last = [patient, day, batch, row]
  }
}
