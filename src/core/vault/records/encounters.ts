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

/** Dates of a study's encounters, by their numbers; null: none. */
export const encounterDates = (store: ReadStore, study: number): Map<number, string | null> =>
  new Map(store.rows<[number, string | null]>('SELECT id, date FROM encounter WHERE study = ?', study))

/** Whether any encounter of a study has a date. */
export const hasEncounterDates = (store: ReadStore, study: number): boolean =>
  store.value('SELECT 1 FROM encounter WHERE study = ? AND date IS NOT NULL LIMIT 1', study) !== undefined

/** Numbers of a study's encounters, in the order of import. */
export const encounterNumbers = (store: ReadStore, study: number): number[] =>
  store.column<number>('SELECT id FROM encounter WHERE study = ? ORDER BY id', study)

/** Encounters of a batch whose patient had one of the study in an earlier batch. */
export const countFurtherEncounters = (store: ReadStore, batch: number): number =>
  store.value<number>(
    `SELECT count(*) FROM encounter e WHERE e.batch = ? AND EXISTS
       (SELECT 1 FROM encounter o WHERE o.patient = e.patient AND o.study = e.study AND o.batch < e.batch)`,
    batch,
  ) ?? 0

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
