import type { ReadStore } from './store.ts'

/** A patient's encounters in a study (all studies where null), latest first. */
export const encountersOf = (
  store: ReadStore,
  patient: number,
  study: number | null = null,
): { encounter: number; study: string }[] =>
  store.all<{ encounter: number; study: string }>(
    `SELECT e.id AS encounter, s.name AS study FROM encounter e JOIN study s ON s.id = e.study
     WHERE e.patient = ? AND (? IS NULL OR e.study = ?) ORDER BY coalesce(e.date, '') DESC, e.id DESC`,
    patient,
    study,
    study,
  )
