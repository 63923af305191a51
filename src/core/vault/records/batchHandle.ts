import type { ConceptKind } from '../../../contract/values.ts'
import type { RecordForm } from './record.ts'
import type { PatientIndex } from './registration.ts'

/** A batch under way; good for the transaction it was begun in. */
export interface BatchHandle {
  batch: number
  study: number
  /** How the batch's records are packed: its concepts in order. Null where it brings repeated measurements only. */
  form: (RecordForm & { concepts: readonly number[]; kinds: readonly ConceptKind[] }) | null
  patients: PatientIndex
  /** Stored so far. */
  cases: number
  observations: number
  events: number
  people: number
  documents: number
}
