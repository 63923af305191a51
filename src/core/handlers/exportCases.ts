import { csvLine } from '../../contract/csv.ts'
import { readCases } from '../vault/records/cases.ts'
import { listConcepts } from '../vault/records/concepts.ts'
import { getStudy, type StoredStudy } from '../vault/records/studies.ts'
import type { ReadStore } from '../vault/store/store.ts'
import { fieldCell } from './tables.ts'

const casesAChunk = 1000

/**
 * A study as CSV text (RFC 4180, dates ISO 8601), in pieces of a thousand rows, the header first: its cases, or its repeated
 * measurements as `patient,day,test,value`. `what` null: cases, where it has any.
 */
export const exportStudy = (
  store: ReadStore,
  name: string,
  what: 'cases' | 'measurements' | null,
  signal?: AbortSignal,
): AsyncGenerator<string> => {
  const study = getStudy(store, name)
  const long =
    what === null
      ? study.cases === 0 && listConcepts(store, study.id).some(({ repeated }) => repeated)
      : what === 'measurements'
  return long ? exportMeasurements(store, study, signal) : exportCases(store, study, signal)
}

async function* exportMeasurements(store: ReadStore, study: StoredStudy, signal?: AbortSignal): AsyncGenerator<string> {
  yield 'patient,day,test,value\r\n'
  for (const { id, name, kind, levels } of listConcepts(store, study.id).filter(({ repeated }) => repeated)) {
    let last: [patient: number, day: number, batch: number, row: number] = [-1, 0, 0, 0]
    while (!signal?.aborted) {
      const rows = store.rows<[number, number, number, number, number | null, string | null, string | null]>(
        `SELECT o.patient, o.day, o.batch, o.row, o.value, coalesce(o.text, o.raw, o.code),
           (SELECT i.value FROM patient_identifier i WHERE i.patient = o.patient ORDER BY i.system, i.value LIMIT 1)
         FROM observation o WHERE o.concept = ? AND (o.patient, o.day, o.batch, o.row) > (?, ?, ?, ?)
         ORDER BY o.patient, o.day, o.batch, o.row LIMIT ?`,
        id,
        ...last,
        casesAChunk,
      )
      if (rows.length === 0) break
      yield rows
        .map(([patient, day, , , value, raw, key]) => {
          const cell = value === null ? raw : kind === 'category' ? (levels?.[value]?.code ?? raw) : value
          return csvLine([key ?? `#${patient}`, day, name, cell])
        })
        .join('')
      const [patient, day, batch, row] = rows[rows.length - 1]
      last = [patient, day, batch, row]
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

async function* exportCases(store: ReadStore, study: StoredStudy, signal?: AbortSignal): AsyncGenerator<string> {
  const concepts = listConcepts(store, study.id).filter(({ repeated }) => !repeated)
  yield csvLine(concepts.map(({ name }) => name))
  const encounters = store.column<number>('SELECT id FROM encounter WHERE study = ? ORDER BY id', study.id)
  for (let at = 0; at < encounters.length && !signal?.aborted; at += casesAChunk) {
    const lines = readCases(store, encounters.slice(at, at + casesAChunk)).map(({ fields }) => {
      const byConcept = new Map(fields.map((field) => [field.concept.id, field]))
      return csvLine(
        concepts.map(({ id, kind }) => {
          const field = byConcept.get(id)
          if (!field) return null
          const cell = fieldCell(field)
          return kind === 'date' && typeof cell === 'number'
            ? new Date(cell * 86_400_000).toISOString().slice(0, 10)
            : cell
        }),
      )
    })
    yield lines.join('')
    await new Promise((resolve) => setImmediate(resolve))
  }
}
