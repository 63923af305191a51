import type { Sex } from '../../../contract/values.ts'
import type { ReadStore, WriteStore } from '../store/store.ts'
import { type Term, termsOf } from './searchTerms.ts'

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
  /** Search terms not yet written: many at once, in the order of the index, cost a fraction. */
  terms: IndexedTerm[]
}

/** The identifier system of a study's own keys, where the mapping names none. */
export const ownPrefix = 'study:'
export const ownSystem = (study: string): string => ownPrefix + study

const identifierSystem = (store: WriteStore, name: string): number =>
  store.value<number>('SELECT id FROM identifier_system WHERE name = ?', name) ??
  store.insert('INSERT INTO identifier_system (name) VALUES (?)', name)

/** Whether an identifier system is called so, in upper or lower case. */
export const isIdentifierSystem = (store: ReadStore, name: string): boolean =>
  store.value('SELECT 1 FROM identifier_system WHERE lower(name) = ?', name.toLowerCase()) !== undefined

export const patientIndex = (store: WriteStore, system: string, batch: number): PatientIndex => {
  const id = identifierSystem(store, system)
  const used = store.value('SELECT 1 FROM patient_identifier WHERE system = ? LIMIT 1', id)
  return { system: id, batch, seen: used === undefined ? new Map() : null, terms: [] }
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
 * Finds each person's patient by key, or makes one. A known patient gains what was not recorded yet; what contradicts
 * the record is told, not written.
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
  // A patient of this batch whose terms still wait would keep them.
  if (changed.size > 0) flushTerms(store, index)
  if (changed.size > 0) countChanged(store, 0)
  for (const id of changed) amendPatient(store, index, known.get(id)!)
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
  const identifiers: [string, number][] = []
  for (const { id, key, name, birthDate } of fresh) {
    if (key !== null) identifiers.push([key, id])
    for (const { kind, term, overlap } of termsOf({ name, birthDate, identifiers: key === null ? [] : [key] }))
      index.terms.push({ kind, term, patient: id, overlap })
  }
  if (fresh.some(({ name, sex, birthDate }) => name !== null || sex !== 'unknown' || birthDate !== null))
    store.insertMany(
      'INSERT INTO patient (id, name, sex, birth_date, batch)',
      `(?, ?, ?, ?, ${index.batch})`,
      fresh.flatMap(({ id, name, sex, birthDate }) => [id, name, sex, birthDate]),
    )
  else
    store.run(
      `INSERT INTO patient (id, batch)
       WITH RECURSIVE numbers (id) AS (SELECT ? UNION ALL SELECT id + 1 FROM numbers WHERE id < ?) SELECT id, ? FROM numbers`,
      fresh[0].id,
      fresh[fresh.length - 1].id,
      index.batch,
    )
  countChanged(store, fresh.length)
  identifiers.sort((a, b) => (a[0] < b[0] ? -1 : 1))
  store.insertMany(
    'INSERT INTO patient_identifier (system, value, patient)',
    `(${index.system}, ?, ?)`,
    identifiers.flat(),
  )
  if (index.terms.length >= termsAtOnce) flushTerms(store, index)
}

/** Keeps the count of patients that searches tell, and the number by which they know that it may have changed. */
const countChanged = (store: WriteStore, by: number): void => {
  const add =
    'INSERT INTO counter (name, next) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET next = next + excluded.next'
  store.run(add, 'patients', by)
  store.run(add, 'patient changes', 1)
}

/** Removes patients with their identifiers and search terms. None may have records left. */
export const removePatients = (store: WriteStore, patients: readonly number[]): void => {
  store.run('CREATE TEMP TABLE IF NOT EXISTS gone (patient INTEGER PRIMARY KEY)')
  store.insertMany('INSERT INTO temp.gone (patient)', '(?)', patients)
  // Term by term where few go; in one pass over the index where many do.
  const all = store.value<number>("SELECT next FROM counter WHERE name = 'patients'") ?? 0
  if (patients.length * 20 < all) for (const patient of patients) removeTerms(store, patient)
  else store.run('DELETE FROM patient_term WHERE patient IN (SELECT patient FROM temp.gone)')
  store.run('DELETE FROM patient WHERE id IN (SELECT patient FROM temp.gone)')
  store.run('DELETE FROM temp.gone')
  countChanged(store, -patients.length)
}

interface IndexedTerm extends Term {
  patient: number
}

const termsAtOnce = 200_000

/** Writes the terms that wait; `finishBatch` does it last. */
export const flushTerms = (store: WriteStore, index: PatientIndex): void => {
  const { terms } = index
  index.terms = []
  terms.sort((a, b) => a.kind - b.kind || (a.term < b.term ? -1 : a.term > b.term ? 1 : a.patient - b.patient))
  for (const kind of [0, 1])
    store.insertMany(
      'INSERT INTO patient_term (kind, term, patient, overlap)',
      `(${kind}, ?, ?, ?)`,
      terms.flatMap((one) => (one.kind === kind ? [one.term, one.patient, one.overlap] : [])),
    )
}

const identifiersOf = (store: ReadStore, patient: number): string[] =>
  store.column<string>('SELECT value FROM patient_identifier WHERE patient = ? ORDER BY system, value', patient)

/** To be called before name, birth date or identifiers change. */
const removeTerms = (store: WriteStore, patient: number): void => {
  const row = store.row<[string | null, string | null]>('SELECT name, birth_date FROM patient WHERE id = ?', patient)
  if (!row) return
  for (const { kind, term } of termsOf({ name: row[0], birthDate: row[1], identifiers: identifiersOf(store, patient) }))
    store.run('DELETE FROM patient_term WHERE kind = ? AND term = ? AND patient = ?', kind, term, patient)
}

const amendPatient = (store: WriteStore, index: PatientIndex, { id, name, sex, birthDate }: Known): void => {
  removeTerms(store, id)
  store.run('UPDATE patient SET name = ?, sex = ?, birth_date = ? WHERE id = ?', name, sex, birthDate, id)
  for (const term of termsOf({ name, birthDate, identifiers: identifiersOf(store, id) }))
    index.terms.push({ ...term, patient: id })
}
