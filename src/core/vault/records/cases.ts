import { notFound } from '../../../contract/errors.ts'
import { type Column, compareLevels, sharedFloats, sharedIntegers, type Table } from '../../cohort/table.ts'
import { studyDamaged } from '../store/failures.ts'
import type { ReadStore, Value, WriteStore } from '../store/store.ts'
import type { BatchHandle } from './batchHandle.ts'
import { conceptsById, listConcepts, type StoredConcept } from './concepts.ts'
import { decodeRecord, decodeRecords, type RecordForm } from './record.ts'
import { type Demographic, findOrCreatePatients, type PersonGiven, reserve } from './registration.ts'
import { getStudy } from './studies.ts'

/** One row of a file, ready to be stored. */
export interface CaseRow {
  patientKey: PersonGiven['key']
  name: PersonGiven['name']
  birthDate: PersonGiven['birthDate']
  sex: PersonGiven['sex']
  /** ISO date of the encounter. */
  date: string | null
  /** Row of the source file, 1 = first data row. */
  row: number
  /** Packed by `encodeRecord` with the batch's form. */
  record: Uint8Array
}

export interface InsertedCases {
  created: number
  /** Rows whose demographics contradict what is recorded of their patient; the record stays as it was. */
  conflicts: { row: number; field: Demographic }[]
}

/** Stores cases of a batch, finding or making their patients. A few thousand rows a call go fastest. */
export const insertCases = (store: WriteStore, handle: BatchHandle, rows: readonly CaseRow[]): InsertedCases => {
  if (!handle.form) throw new Error(`Batch ${handle.batch} was begun without concepts for cases`)
  if (rows.length === 0) return { created: 0, conflicts: [] }
  const found = findOrCreatePatients(
    store,
    handle.patients,
    rows.map(({ patientKey, name, birthDate, sex }) => ({ key: patientKey, name, birthDate, sex })),
  )
  const first = reserve(store, 'encounter', rows.length)
  const dated = rows.some(({ date }) => date !== null)
  const values: Value[] = []
  rows.forEach(({ row, date, record }, at) => {
    if (dated) values.push(first + at, found.patients[at], row, date, record)
    else values.push(first + at, found.patients[at], row, record)
  })
  const { study, batch } = handle
  store.insertMany(
    'INSERT INTO encounter (id, study, batch, patient, row, date, record)',
    `(?, ${study}, ${batch}, ?, ?, ${dated ? '?' : 'NULL'}, ?)`,
    values,
  )
  store.run(
    `INSERT INTO study_patient (study, patient) SELECT study, patient FROM encounter WHERE id BETWEEN ? AND ?
     ON CONFLICT DO NOTHING`,
    first,
    first + rows.length - 1,
  )
  store.run(
    'UPDATE batch SET first_encounter = coalesce(first_encounter, ?), last_encounter = ? WHERE id = ?',
    first,
    first + rows.length - 1,
    handle.batch,
  )
  handle.cases += rows.length
  return {
    created: found.created,
    conflicts: found.conflicts.map(({ index, field }) => ({ row: rows[index].row, field })),
  }
}

/** Notes that patients belong to a study. */
export const addMembers = (store: WriteStore, study: number, patients: Iterable<number>): void => {
  store.insertMany('INSERT OR IGNORE INTO study_patient (study, patient)', `(${study}, ?)`, [...patients])
}

interface BatchRange {
  batch: number
  form: number
  first: number
  last: number
  cases: number
}

const batchRanges = (store: ReadStore, study: number): BatchRange[] =>
  store.all<BatchRange>(
    `SELECT id AS batch, form, first_encounter AS first, last_encounter AS last,
       iif(finished_at IS NULL, last_encounter - first_encounter + 1, coalesce(cases, imported)) AS cases
     FROM batch WHERE study = ? AND undone_at IS NULL AND first_encounter IS NOT NULL ORDER BY id`,
    study,
  )

/** Records are fetched a run at a time, joined in the database: a row a call would take four times as long. */
const casesARun = 1024
const runSql = `SELECT count(*), min(id), max(id), min(patient - id), max(patient - id),
  CAST(group_concat(record, '') AS BLOB) FROM encounter WHERE id BETWEEN ? AND ?`

type Run = [count: number, first: number, last: number, least: number, most: number, records: Uint8Array]

/**
 * Columns of a study as a table on shared memory, a row a case, in the order of import. `columnNames` null: all. A
 * column that a batch did not have is missing in its rows. Category levels are those that occur, in the order of
 * `compareLevels`; so are the distinct texts of a text column. Throws `studyMissing`, `columnMissing`.
 */
export const readTable = (
  store: ReadStore,
  study: string | number,
  columnNames: readonly string[] | null = null,
): Table => {
  const { id, name } = getStudy(store, study)
  const dictionary = listConcepts(store, id)
  const wanted = columnNames ? columnNames.map((column) => conceptNamed(dictionary, name, column)) : dictionary
  const ranges = batchRanges(store, id)
  const rows = ranges.reduce((sum, range) => sum + range.cases, 0)
  const patients = sharedIntegers(rows)
  const encounters = sharedIntegers(rows)
  const columns = wanted.map(() => sharedFloats(rows))
  const texts = wanted.map((concept) => (concept.kind === 'text' ? new Map<string, number>() : null))
  let at = 0
  for (const range of ranges) {
    const { concepts, form } = readForm(store, range.form)
    const places = concepts.map((concept) => wanted.findIndex((column) => column.id === concept))
    const targets = places.map((place) => (place < 0 ? null : columns[place]))
    const start = at
    wanted.forEach((_, place) => {
      if (!places.includes(place)) columns[place].fill(Number.NaN, start, start + range.cases)
    })
    const onExtra = texts.some((seen) => seen !== null)
      ? (row: number, field: number, isRaw: boolean, written: string) => {
          const seen = isRaw || places[field] < 0 ? null : texts[places[field]]
          if (!seen) return
          let level = seen.get(written)
          if (level === undefined) {
            level = seen.size
            seen.set(written, level)
          }
          columns[places[field]][row] = level
        }
      : undefined
    for (let from = range.first; from <= range.last; from += casesARun) {
      const to = Math.min(from + casesARun - 1, range.last)
      const [count, first, last, least, most, records] = store.row<Run>(runSql, from, to)!
      if (count === 0) continue
      if (at + count > rows) throw countsDiffer(name)
      decodeRecords(form, records, count, targets, at, onExtra)
      if (count === last - first + 1 && least === most)
        for (let i = 0; i < count; i++) {
          encounters[at + i] = first + i
          patients[at + i] = first + i + least
        }
      else
        store
          .rows<[number, number]>('SELECT id, patient FROM encounter WHERE id BETWEEN ? AND ?', from, to)
          .forEach(([encounter, patient], i) => {
            encounters[at + i] = encounter
            patients[at + i] = patient
          })
      at += count
    }
  }
  if (at !== rows) throw countsDiffer(name)
  return {
    rows,
    patients,
    encounters,
    columns: wanted.map((concept, place) => finishColumn(concept, columns[place], texts[place])),
  }
}

const countsDiffer = (study: string) => studyDamaged(study, 'caseCount')

const conceptNamed = (dictionary: readonly StoredConcept[], study: string, column: string): StoredConcept => {
  const concept = dictionary.find((entry) => entry.name === column)
  if (!concept) throw notFound('columnMissing', { study, column })
  return concept
}

/** Level indices as stored become indices into the levels that occur, in the order R gives them. */
const finishColumn = (concept: StoredConcept, values: Float64Array, texts: Map<string, number> | null): Column => {
  const { name, kind, unit } = concept
  const codes = texts
    ? [...texts.keys()]
    : kind === 'category'
      ? (concept.levels ?? []).map((level) => level.code)
      : null
  if (!codes) return { name, kind, unit, values, levels: null }
  const counts = new Uint32Array(codes.length)
  for (let i = 0; i < values.length; i++) {
    const level = values[i]
    if (!Number.isNaN(level)) {
      if (level >= codes.length) throw studyDamaged(name, 'levelUnknown')
      counts[level]++
    }
  }
  const present = codes.map((code, level) => ({ code, level })).filter(({ level }) => counts[level] > 0)
  present.sort((a, b) => compareLevels(a.code, b.code))
  const remap = new Float64Array(codes.length)
  present.forEach(({ level }, index) => {
    remap[level] = index
  })
  for (let i = 0; i < values.length; i++) {
    const level = values[i]
    if (!Number.isNaN(level)) values[i] = remap[level]
  }
  return { name, kind, unit, values, levels: present.map(({ code }) => code) }
}

const readForm = (store: ReadStore, form: number): { concepts: number[]; form: RecordForm } => {
  const concepts = JSON.parse(store.value<string>('SELECT concepts FROM form WHERE id = ?', form)!) as number[]
  return { concepts, form: { kinds: conceptsById(store, concepts).map((concept) => concept.kind) } }
}

export interface StoredCase {
  encounter: number
  study: number
  patient: number
  batch: number
  row: number
  date: string | null
  /** One a field of the record, in the order of the form. */
  fields: { concept: StoredConcept; value: number; text: string | null; raw: string | null }[]
}

/** One case with its values. Throws `encounterMissing`. */
export const readCase = (store: ReadStore, encounter: number): StoredCase => {
  const [found] = readCases(store, [encounter])
  if (!found) throw notFound('encounterMissing', { encounter })
  return found
}

/** Cases by number; those that are not there are left out. */
export const readCases = (store: ReadStore, encounters: readonly number[]): StoredCase[] => {
  const forms = new Map<number, { concepts: StoredConcept[]; form: RecordForm }>()
  return encounters.flatMap((encounter) => {
    const row = store.get<Omit<StoredCase, 'fields'> & { form: number; record: Uint8Array }>(
      `SELECT e.id AS encounter, e.study, e.patient, e.batch, e.row, e.date, e.record, b.form
       FROM encounter e JOIN batch b ON b.id = e.batch WHERE e.id = ?`,
      encounter,
    )
    if (!row) return []
    const { form: formId, record, ...rest } = row
    let form = forms.get(formId)
    if (!form) {
      const read = readForm(store, formId)
      form = { concepts: conceptsById(store, read.concepts), form: read.form }
      forms.set(formId, form)
    }
    const { values, texts, raws } = decodeRecord(form.form, record)
    return [
      {
        ...rest,
        fields: form.concepts.map((concept, at) => ({ concept, value: values[at], text: texts[at], raw: raws[at] })),
      },
    ]
  })
}
