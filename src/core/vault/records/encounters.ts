import type { ReadStore } from '../store/store.ts'
import { readCases, type StoredCase } from './cases.ts'

export interface PatientEncounter {
  encounter: number
  /** Name of the study. */
  study: string
  batch: number
  row: number
  date: string | null
}

/** A patient's encounters, latest first: by date, undated ones by order of import. */
export const encountersOf = (store: ReadStore, patient: number): PatientEncounter[] =>
  store.all<PatientEncounter>(
    `SELECT e.id AS encounter, s.name AS study, e.batch, e.row, e.date
     FROM encounter e JOIN study s ON s.id = e.study WHERE e.patient = ? ORDER BY e.date DESC, e.id DESC`,
    patient,
  )

const casesARun = 500

/** All cases of a study, in the order of import, a few hundred at a time; for exports. */
export function* eachCase(store: ReadStore, study: number): Generator<StoredCase[]> {
  const ranges = store.rows<[number, number]>(
    `SELECT first_encounter, last_encounter FROM batch
     WHERE study = ? AND undone_at IS NULL AND first_encounter IS NOT NULL ORDER BY id`,
    study,
  )
  for (const [first, last] of ranges)
    for (let from = first; from <= last; from += casesARun) {
      const to = Math.min(from + casesARun - 1, last)
      yield readCases(
        store,
        Array.from({ length: to - from + 1 }, (_, at) => from + at),
      )
    }
}
