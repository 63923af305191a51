import { dayMilliseconds } from '../../../contract/days.ts'
import type { ReadStore, Value, WriteStore } from '../store/store.ts'
import type { BatchHandle } from './batchHandle.ts'
import { addMembers } from './cases.ts'
import { findOrCreatePatients } from './registration.ts'

/** FHIR Condition, Procedure, MedicationStatement, and the study's own outcomes (death, relapse, transplant). */
export const eventKinds = ['condition', 'procedure', 'medication', 'outcome'] as const
export type EventKind = (typeof eventKinds)[number]

export interface ClinicalEvent {
  /** Code as given with its system (ICD-10, SNOMED CT, RxNorm, ...), where the source has one. */
  system: string | null
  code: string | null
  label: string
  /** FHIR status (`active`, `resolved`, `completed`, `stopped`, ...), as given. */
  status: string | null
  /** ISO dates, also partial. */
  startDate: string | null
  endDate: string | null
  /** Days since the patient's index date, where the source has no dates. */
  startDay: number | null
  endDay: number | null
  /** Dose of a medication, grade of a condition. */
  value: number | null
  unit: string | null
  raw: string | null
}

export interface EventRow extends ClinicalEvent {
  kind: EventKind
  patientKey: string | null
  row: number
}

export interface StoredEvent extends ClinicalEvent {
  id: number
  kind: EventKind
  study: string
  batch: number
  row: number
}

/** Stores events of a batch, finding or making their patients. */
export const insertEvents = (
  store: WriteStore,
  handle: BatchHandle,
  rows: readonly EventRow[],
): { created: number } => {
  const { patients, created } = findOrCreatePatients(
    store,
    handle.patients,
    rows.map(({ patientKey }) => ({ key: patientKey, name: null, birthDate: null, sex: null })),
  )
  for (const kind of eventKinds) {
    const values: Value[] = []
    rows.forEach((event, at) => {
      if (event.kind !== kind) return
      values.push(patients[at], event.row, event.system, event.code, event.label)
      values.push(event.status, event.startDate, event.endDate, event.startDay, event.endDay)
      values.push(event.value, event.unit, event.raw)
    })
    store.insertMany(
      `INSERT INTO ${kind} (patient, study, batch, row, system, code, label, status, start_date, end_date, start_day,
       end_day, value, unit, raw)`,
      `(?, ${handle.study}, ${handle.batch}, ${Array(12).fill('?').join(', ')})`,
      values,
    )
  }
  addMembers(store, handle.study, new Set(patients))
  handle.events += rows.length
  return { created }
}

/** A patient's events of all kinds, earliest first; those without a time last. */
export const readEvents = (store: ReadStore, patient: number): StoredEvent[] => {
  const events = eventKinds.flatMap((kind) =>
    store.all<StoredEvent>(
      `SELECT e.id, '${kind}' AS kind, s.name AS study, e.batch, e.row, e.system, e.code, e.label, e.status,
         e.start_date AS startDate, e.end_date AS endDate, e.start_day AS startDay, e.end_day AS endDay,
         e.value, e.unit, e.raw
       FROM ${kind} e JOIN study s ON s.id = e.study WHERE e.patient = ?`,
      patient,
    ),
  )
  const time = ({ startDate, startDay }: StoredEvent) =>
    startDate === null ? (startDay ?? Number.POSITIVE_INFINITY) : Date.parse(startDate) / dayMilliseconds
  return events.sort((a, b) => {
    const [first, second] = [time(a), time(b)]
    return first === second ? a.id - b.id : first - second
  })
}

export type StudyEvent = Omit<ClinicalEvent, 'raw'> & { kind: EventKind; patient: number }

/** Events of all kinds of a study, by kind, then patient, then time. */
export const studyEvents = (store: ReadStore, study: number): StudyEvent[] =>
  eventKinds.flatMap((kind) =>
    store.all<StudyEvent>(
      `SELECT '${kind}' AS kind, patient, system, code, label, status, start_date AS startDate, end_date AS endDate,
         start_day AS startDay, end_day AS endDay, value, unit
       FROM ${kind} WHERE study = ? ORDER BY patient, coalesce(start_date, ''), start_day, code, label`,
      study,
    ),
  )
