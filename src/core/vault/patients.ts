import type { PatientRow } from '../../contract/patients.ts'
import type { ReadStore, Value, WriteStore } from './store.ts'
import { termsOf } from './terms.ts'

export type Sex = PatientRow['sex']

/** What a case row says of its patient. */
export interface PersonGiven {
  /** The patient's identifier in the batch's system; null: nobody can tell, so a patient of its own. */
  key: string | null
  name: string | null
  /** ISO 8601, also partial: 1958, 1958-03, 1958-03-12. */
  birthDate: string | null
  sex: Sex | null
}

export type Demographic = 'name' | 'birthDate' | 'sex'

export interface Found {
  /** Patient of each person given, in their order. */
  patients: number[]
  created: number
  /** Where a person's demographics contradict what is recorded under the same key; the record stays. */
  conflicts: { index: number; patient: number; field: Demographic }[]
}

/** How a batch knows its patients: an identifier system, and what was seen of it so far. */
export interface PatientIndex {
  system: number
  batch: number
  /** All keys of the system, where it had none when the batch began: spares a look into the database. */
  seen: Map<string, number> | null
}

/** The identifier system of a study's own keys, where the mapping names none. */
export const ownSystem = (study: string): string => `study:${study}`

export const identifierSystem = (store: WriteStore, name: string): number =>
  store.value<number>('SELECT id FROM identifier_system WHERE name = ?', name) ??
  store.insert('INSERT INTO identifier_system (name) VALUES (?)', name)

export const patientIndex = (store: WriteStore, system: string, batch: number): PatientIndex => {
  const id = identifierSystem(store, system)
  const used = store.value('SELECT 1 FROM patient_identifier WHERE system = ? LIMIT 1', id)
  return { system: id, batch, seen: used === undefined ? new Map() : null }
}

/** Reserves `count` numbers of a kind of record and returns the first. Numbers are never given twice. */
export const reserve = (store: WriteStore, name: 'patient' | 'encounter', count: number): number => {
  store.run('INSERT INTO counter (name, next) VALUES (?, 1) ON CONFLICT DO NOTHING', name)
  const first = store.value<number>('SELECT next FROM counter WHERE name = ?', name) ?? 1
  store.run('UPDATE counter SET next = next + ? WHERE name = ?', count, name)
  return first
}

interface Known {
  id: number
  name: string | null
  sex: Sex
  birthDate: string | null
}

/**
 * Finds each person's patient by key, or makes one. A known patient gains what was not recorded yet; what contradicts the
 * record is told, not written.
 */
export const findOrCreatePatients = (store: WriteStore, index: PatientIndex, people: readonly PersonGiven[]): Found => {
  const byKey = lookUp(store, index, people)
  const known = knownPeople(store, people, byKey)
  const fresh = new Map<number, Known & { key: string | null }>()
  const changed = new Set<number>()
  const conflicts: Found['conflicts'] = []
  let unknown = 0
  const newKeys = new Set<string>()
  for (const { key } of people) {
    if (key !== null && (byKey.has(key) || newKeys.has(key))) continue
    if (key !== null) newKeys.add(key)
    unknown++
  }
  let next = unknown > 0 ? reserve(store, 'patient', unknown) : 0
  const patients = people.map((person, at) => {
    const { key, name, birthDate } = person
    const sex = person.sex ?? 'unknown'
    const id = key === null ? undefined : byKey.get(key)
    if (id === undefined) {
      const created = next++
      fresh.set(created, { id: created, key, name, birthDate, sex })
      if (key !== null) byKey.set(key, created)
      return created
    }
    const record = fresh.get(id) ?? known.get(id)
    if (!record) return id
    const fill = (field: Demographic, isKnown: boolean, same: boolean, write: () => void) => {
      if (!isKnown) {
        write()
        if (!fresh.has(id)) changed.add(id)
      } else if (!same) conflicts.push({ index: at, patient: id, field })
    }
    if (name !== null) fill('name', record.name !== null, record.name === name, () => (record.name = name))
    if (birthDate !== null)
      fill('birthDate', record.birthDate !== null, record.birthDate === birthDate, () => (record.birthDate = birthDate))
    if (sex !== 'unknown') fill('sex', record.sex !== 'unknown', record.sex === sex, () => (record.sex = sex))
    return id
  })
  insertPatients(store, index, [...fresh.values()])
  for (const id of changed) amendPatient(store, known.get(id)!)
  return { patients, created: fresh.size, conflicts }
}

const keysAStatement = 400

const lookUp = (store: WriteStore, index: PatientIndex, people: readonly PersonGiven[]): Map<string, number> => {
  if (index.seen) return index.seen
  const keys = [...new Set(people.flatMap(({ key }) => (key === null ? [] : [key])))]
  const found = new Map<string, number>()
  for (let at = 0; at < keys.length; at += keysAStatement) {
    const some = keys.slice(at, at + keysAStatement)
    const places = some.length === keysAStatement ? keysAStatement : some.length
    const sql = `SELECT value, patient FROM patient_identifier WHERE system = ? AND value IN (${Array(places).fill('?').join(',')})`
    for (const [value, patient] of store.rows<[string, number]>(sql, index.system, ...some)) found.set(value, patient)
  }
  return found
}

/** Demographics on record, for those persons given whose row says something of theirs. */
const knownPeople = (
  store: WriteStore,
  people: readonly PersonGiven[],
  byKey: Map<string, number>,
): Map<number, Known> => {
  const wanted = new Set<number>()
  for (const { key, name, birthDate, sex } of people) {
    const id = key === null ? undefined : byKey.get(key)
    if (id !== undefined && (name !== null || birthDate !== null || sex !== null)) wanted.add(id)
  }
  const known = new Map<number, Known>()
  for (const id of wanted) {
    const row = store.row<[string | null, Sex, string | null]>(
      'SELECT name, sex, birth_date FROM patient WHERE id = ?',
      id,
    )
    if (row) known.set(id, { id, name: row[0], sex: row[1], birthDate: row[2] })
  }
  return known
}

const insertPatients = (
  store: WriteStore,
  index: PatientIndex,
  fresh: readonly (Known & { key: string | null })[],
): void => {
  if (fresh.length === 0) return
  const rows: Value[] = []
  const identifiers: [string, number][] = []
  const terms: [string, number, number][] = []
  for (const { id, key, name, sex, birthDate } of fresh) {
    rows.push(id, name, sex, birthDate, index.batch)
    if (key !== null) identifiers.push([key, id])
    for (const { term, overlap } of termsOf({ name, birthDate, identifiers: key === null ? [] : [key] }))
      terms.push([term, id, overlap])
  }
  store.insertMany('INSERT INTO patient (id, name, sex, birth_date, batch)', 5, rows)
  identifiers.sort((a, b) => (a[0] < b[0] ? -1 : 1))
  store.insertMany(
    'INSERT INTO patient_identifier (system, value, patient)',
    3,
    identifiers.flatMap(([value, patient]) => [index.system, value, patient]),
  )
  insertTerms(store, terms)
}

/** In the order of the index, which touches each of its pages once. */
const insertTerms = (store: WriteStore, terms: [string, number, number][]): void => {
  terms.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1]))
  store.insertMany('INSERT INTO patient_term (term, patient, overlap)', 3, terms.flat())
}

const identifiersOf = (store: ReadStore, patient: number): string[] =>
  store.column<string>('SELECT value FROM patient_identifier WHERE patient = ? ORDER BY system, value', patient)

/** Removes a patient's search terms; to be called before name, birth date or identifiers change. */
export const removeTerms = (store: WriteStore, patient: number): void => {
  const row = store.row<[string | null, string | null]>('SELECT name, birth_date FROM patient WHERE id = ?', patient)
  if (!row) return
  for (const { term } of termsOf({ name: row[0], birthDate: row[1], identifiers: identifiersOf(store, patient) }))
    store.run('DELETE FROM patient_term WHERE term = ? AND patient = ?', term, patient)
}

const amendPatient = (store: WriteStore, { id, name, sex, birthDate }: Known): void => {
  removeTerms(store, id)
  store.run('UPDATE patient SET name = ?, sex = ?, birth_date = ? WHERE id = ?', name, sex, birthDate, id)
  insertTerms(
    store,
    termsOf({ name, birthDate, identifiers: identifiersOf(store, id) }).map(({ term, overlap }) => [term, id, overlap]),
  )
}
