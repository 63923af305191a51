import type { Sex } from '../../contract/values.ts'

/** A code with its system (LOINC, SNOMED CT, ICD-10, RxNorm, ...), as the file has it. */
export interface Coding {
  system: string | null
  code: string
}

/** Of whom a record is: the patient's key in the file. */
interface OfPatient {
  patient: string | null
}

/** FHIR Patient: what the vault keeps of it. */
export interface PersonResource extends OfPatient {
  kind: 'person'
  name: string | null
  /** ISO 8601, also partial. */
  birthDate: string | null
  sex: Sex | null
}

/** FHIR Encounter. Its findings are observations of their own. */
export interface EncounterResource extends OfPatient {
  kind: 'encounter'
  /** ISO 8601. */
  date: string | null
}

/** FHIR Observation with one result: a number with its unit, a code, or words. */
export interface ObservationResource extends OfPatient {
  kind: 'observation'
  coding: Coding | null
  /** What was measured, in words; null where there is only a code. */
  label: string | null
  /** ISO 8601, a whole date; a time behind it is dropped. */
  date: string | null
  value: number | null
  unit: string | null
  result: Coding | null
  /** A result in words, or what the result's code means. */
  text: string | null
}

/** FHIR Condition, Procedure, MedicationStatement, or an outcome of the study. */
export interface EventResource extends OfPatient {
  kind: 'condition' | 'procedure' | 'medication' | 'outcome'
  coding: Coding | null
  label: string | null
  status: string | null
  /** ISO 8601, also partial. */
  startDate: string | null
  endDate: string | null
  /** Dose of a medication, grade of a condition. */
  value: number | null
  unit: string | null
}

/** FHIR DocumentReference with its text. */
export interface DocumentResource extends OfPatient {
  kind: 'document'
  coding: Coding | null
  title: string | null
  date: string | null
  mediaType: string
  content: string
}

/** One clinical record of a file. Null: the file does not say. */
export type Resource = PersonResource | EncounterResource | ObservationResource | EventResource | DocumentResource
