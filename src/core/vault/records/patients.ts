import { notFound } from '../../../contract/errors.ts'
import type { PatientRow } from '../../../contract/patients.ts'
import type { Sex } from '../../../contract/values.ts'
import type { ReadStore } from '../store/store.ts'
import { readCases, type StoredCase } from './cases.ts'
import { ownPrefix } from './registration.ts'

/** A patient as recorded, without its records. Throws `patientMissing`. */
export const personOf = (
  store: ReadStore,
  patient: number,
): { patient: number; name: string | null; sex: Sex; birthDate: string | null } => {
  const row = store.get<{ patient: number; name: string | null; sex: Sex; birthDate: string | null }>(
    'SELECT id AS patient, name, sex, birth_date AS birthDate FROM patient WHERE id = ?',
    patient,
  )
  if (!row) throw notFound('patientMissing', { patient })
  return row
}

/** What to call patients: the name, else the study's key (`pbc 17`), else where the first record stands. */
export const patientLabels = (store: ReadStore, patients: readonly number[]): Map<number, string> =>
  new Map(
    patients.map((patient) => [
      patient,
      labelOf(
        store,
        patient,
        store.value<string | null>('SELECT name FROM patient WHERE id = ?', patient) ?? null,
        namedIdentifiers(store, patient),
      ),
    ]),
  )

const namedIdentifiers = (store: ReadStore, patient: number): PatientRow['identifiers'] =>
  store.all(
    `SELECT s.name AS system, i.value FROM patient_identifier i JOIN identifier_system s ON s.id = i.system
     WHERE i.patient = ? ORDER BY i.system, i.value`,
    patient,
  )

const labelOf = (
  store: ReadStore,
  patient: number,
  name: string | null,
  identifiers: PatientRow['identifiers'],
): string => {
  if (name !== null) return name
  const [first] = identifiers
  if (first)
    return `${first.system.startsWith(ownPrefix) ? first.system.slice(ownPrefix.length) : first.system} ${first.value}`
  const row = store.row<[string, number]>(
    'SELECT s.name, e.row FROM encounter e JOIN study s ON s.id = e.study WHERE e.patient = ? ORDER BY e.id LIMIT 1',
    patient,
  )
  return row ? `${row[0]} #${row[1]}` : `#${patient}`
}

/** Rows of the worklist, in the order asked for; patients that are not there are left out. */
export const describePatients = (store: ReadStore, patients: readonly number[]): PatientRow[] =>
  patients.flatMap((patient) => {
    const row = store.row<[string | null, Sex, string | null]>(
      'SELECT name, sex, birth_date FROM patient WHERE id = ?',
      patient,
    )
    if (!row) return []
    const [name, sex, birthDate] = row
    const identifiers = namedIdentifiers(store, patient)
    const encounters = store.value<number>('SELECT count(*) FROM encounter WHERE patient = ?', patient) ?? 0
    const [latest, date] = store.row<[number, string | null]>(
      'SELECT id, date FROM encounter WHERE patient = ? ORDER BY date DESC, id DESC LIMIT 1',
      patient,
    ) ?? [null, null]
    return [
      {
        patient,
        label: labelOf(store, patient, name, identifiers),
        name,
        identifiers,
        sex,
        birthDate,
        age: ageAt(birthDate, date) ?? (latest === null ? null : recordedAge(store, latest)),
        studies: store.column<string>(
          'SELECT s.name FROM study_patient m JOIN study s ON s.id = m.study WHERE m.patient = ? ORDER BY s.name',
          patient,
        ),
        encounters,
      },
    ]
  })

/** Whole years between two ISO dates; null where either is not a whole date. */
const ageAt = (birthDate: string | null, date: string | null): number | null => {
  if (birthDate?.length !== 10 || date?.length !== 10) return null
  const years = Number(date.slice(0, 4)) - Number(birthDate.slice(0, 4))
  const age = date.slice(5) < birthDate.slice(5) ? years - 1 : years
  return age < 0 ? null : age
}

/** LOINC `Age`. */
const ageCode = '30525-0'

/** Age as the latest case states it: by its code, or a number named `age`. */
const recordedAge = (store: ReadStore, encounter: number): number | null => {
  const [stored] = readCases(store, [encounter])
  const isAge = ({ concept }: StoredCase['fields'][number]) =>
    (concept.kind === 'number' || concept.kind === 'integer') &&
    (concept.unit === null || concept.unit === 'a') &&
    (concept.coding.some(({ code }) => code === ageCode) || /^age$/i.test(concept.name))
  const value = stored?.fields.find(isAge)?.value
  return value === undefined || Number.isNaN(value) ? null : value
}

/** Who belongs to a study, in the order of their numbers. */
export const studyPeople = (
  store: ReadStore,
  study: number,
): { patient: number; sex: Sex; birthDate: string | null }[] =>
  store.all(
    `SELECT p.id AS patient, p.sex, p.birth_date AS birthDate
     FROM study_patient m JOIN patient p ON p.id = m.patient WHERE m.study = ? ORDER BY p.id`,
    study,
  )

/** The first identifier of a patient, by system and value; null where there is none. */
export const firstIdentifier = (store: ReadStore, patient: number): string | null =>
  store.value<string>(
    'SELECT value FROM patient_identifier WHERE patient = ? ORDER BY system, value LIMIT 1',
    patient,
  ) ?? null
