import type { Concept } from '../../contract/values.ts'
import type { Table } from '../cohort/table.ts'

/** A patient of the study as recorded. */
export interface Person {
  patient: number
  sex: 'female' | 'male' | 'other' | 'unknown'
  /** ISO 8601, also partial. */
  birthDate: string | null
}

/** Repeated measurements of one concept, ordered by patient, then day. */
export interface Measurements {
  patients: Int32Array
  /** Days since 1970-01-01 where `dated` is 1, else since the patient's index date. */
  days: Float64Array
  dated: Uint8Array
  /** A category as the index of its level in the dictionary. NaN: not a number. */
  values: Float64Array
}

/** A condition, procedure, medication or outcome of a patient. */
export interface StudyEvent {
  kind: 'condition' | 'procedure' | 'medication' | 'outcome'
  patient: number
  system: string | null
  code: string | null
  label: string
  status: string | null
  /** ISO 8601, also partial. */
  startDate: string | null
  endDate: string | null
  startDay: number | null
  endDay: number | null
  value: number | null
  unit: string | null
}

/** A study as an export sees it: what it needs of the vault, and no more, is handed to it. */
export interface StudySource {
  name: string
  /** The dictionary, in the order of its columns. `repeated`: has repeated measurements. */
  concepts: readonly (Concept & { repeated: boolean })[]
  /** The named columns, a row a case. */
  table(columns: readonly string[]): Table
  people(): Person[]
  measurements(concept: string): Measurements
  events(): StudyEvent[]
  /** Days since 1970-01-01. */
  today: number
}
