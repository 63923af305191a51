import { conflict, notFound } from '../../../contract/errors.ts'
import type { Study } from '../../../contract/patients.ts'
import type { ReadStore, WriteStore } from '../store/store.ts'

/** A study with its number in the vault. Names are the users' handle, numbers the repositories'. */
export interface StoredStudy extends Study {
  id: number
}

const select = `SELECT s.id, s.name, s.title, s.source, s.cases, s.patients,
  (SELECT count(*) FROM concept c WHERE c.study = s.id) AS columns FROM study s`

/** Makes an empty study. Throws `studyExists` where the name is taken. */
export const createStudy = (
  store: WriteStore,
  { name, title, source, by }: { name: string; title?: string; source?: string | null; by: string | null },
): StoredStudy => {
  if (findStudy(store, name)) throw conflict('studyExists', { study: name })
  const id = store.insert(
    'INSERT INTO study (name, title, source, created_at, created_by) VALUES (?, ?, ?, ?, ?)',
    name,
    title ?? name,
    source ?? null,
    new Date().toISOString(),
    by,
  )
  return { id, name, title: title ?? name, source: source ?? null, cases: 0, patients: 0, columns: 0 }
}

export const findStudy = (store: ReadStore, name: string): StoredStudy | undefined =>
  store.get<StoredStudy>(`${select} WHERE s.name = ?`, name)

const studyMissing = (store: ReadStore, study: string | number) => {
  const names = store.column<string>('SELECT name FROM study ORDER BY name LIMIT 13')
  if (names.length === 0) return notFound('noStudies', { study })
  return notFound('studyMissing', { study, known: [...names.slice(0, 12), ...(names.length > 12 ? ['...'] : [])] })
}

/** Throws `studyMissing`, `noStudies`. */
export const getStudy = (store: ReadStore, study: string | number): StoredStudy => {
  const found =
    typeof study === 'string' ? findStudy(store, study) : store.get<StoredStudy>(`${select} WHERE s.id = ?`, study)
  if (!found) throw studyMissing(store, study)
  return found
}

export const listStudies = (store: ReadStore): StoredStudy[] => store.all<StoredStudy>(`${select} ORDER BY s.name`)

/** Brings the counts of cases and patients up to date, after a batch came or went. */
export const recountStudy = (store: WriteStore, study: number): void => {
  const cases =
    store.value<number>(
      'SELECT sum(coalesce(cases, imported)) FROM batch WHERE study = ? AND undone_at IS NULL AND first_encounter IS NOT NULL',
      study,
    ) ?? 0
  const patients = store.value<number>('SELECT count(*) FROM study_patient WHERE study = ?', study) ?? 0
  store.run('UPDATE study SET cases = ?, patients = ? WHERE id = ?', cases, patients, study)
}
