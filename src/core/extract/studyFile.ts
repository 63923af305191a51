import { csvLine } from '../../contract/csv.ts'
import { isoDay } from '../../contract/days.ts'
import { breathe } from '../async.ts'
import { readCases } from '../vault/records/cases.ts'
import { listConcepts } from '../vault/records/concepts.ts'
import { encounterNumbers } from '../vault/records/encounters.ts'
import { observationPages } from '../vault/records/observations.ts'
import { firstIdentifier } from '../vault/records/patients.ts'
import { getStudy, type StoredStudy } from '../vault/records/studies.ts'
import type { ReadStore } from '../vault/store/store.ts'
import { fieldCell } from './tables.ts'

const casesAChunk = 1000

/**
 * A study as CSV text (RFC 4180, dates ISO 8601), in pieces of a thousand rows, the header first: its cases, or its
 * repeated measurements as `patient,day,test,value`. `what` null: cases, where it has any.
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
  const keys = new Map<number, string>()
  const keyOf = (patient: number): string => {
    const known = keys.get(patient) ?? firstIdentifier(store, patient) ?? `#${patient}`
    keys.set(patient, known)
    return known
  }
  for (const { id, name, kind, levels } of listConcepts(store, study.id).filter(({ repeated }) => repeated)) {
    for (const page of observationPages(store, id, casesAChunk, { words: true })) {
      if (signal?.aborted) return
      yield page
        .map(([patient, day, , , value, words]) => {
          const cell = value === null ? words : kind === 'category' ? (levels?.[value]?.code ?? words) : value
          return csvLine([keyOf(patient), day, name, cell])
        })
        .join('')
      await breathe()
    }
  }
}

async function* exportCases(store: ReadStore, study: StoredStudy, signal?: AbortSignal): AsyncGenerator<string> {
  const concepts = listConcepts(store, study.id).filter(({ repeated }) => !repeated)
  yield csvLine(concepts.map(({ name }) => name))
  const encounters = encounterNumbers(store, study.id)
  for (let at = 0; at < encounters.length && !signal?.aborted; at += casesAChunk) {
    const lines = readCases(store, encounters.slice(at, at + casesAChunk)).map(({ fields }) => {
      const byConcept = new Map(fields.map((field) => [field.concept.id, field]))
      return csvLine(
        concepts.map(({ id, kind }) => {
          const field = byConcept.get(id)
          if (!field) return null
          const cell = fieldCell(field)
          return kind === 'date' && typeof cell === 'number' ? isoDay(cell) : cell
        }),
      )
    })
    yield lines.join('')
    await breathe()
  }
}
