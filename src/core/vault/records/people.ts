import type { WriteStore } from '../store/store.ts'
import type { BatchHandle } from './batchHandle.ts'
import { addMembers } from './cases.ts'
import { type Demographic, findOrCreatePatients, type PersonGiven } from './registration.ts'

/** A record of a person alone: FHIR Patient. */
export interface PersonRow extends PersonGiven {
  row: number
}

/** Stores records of persons, finding or making their patients; what contradicts the record is told, not written. */
export const insertPeople = (
  store: WriteStore,
  handle: BatchHandle,
  rows: readonly PersonRow[],
): { created: number; conflicts: { row: number; field: Demographic }[] } => {
  const { patients, created, conflicts } = findOrCreatePatients(store, handle.patients, rows)
  store.insertMany(
    'INSERT INTO person (patient, study, batch, row)',
    `(?, ${handle.study}, ${handle.batch}, ?)`,
    rows.flatMap(({ row }, at) => [patients[at], row]),
  )
  addMembers(store, handle.study, new Set(patients))
  handle.people += rows.length
  return { created, conflicts: conflicts.map(({ index, field }) => ({ row: rows[index].row, field })) }
}
