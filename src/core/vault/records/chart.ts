import { isoDay } from '../../../contract/days.ts'
import type { Chart, PatientRow } from '../../../contract/patients.ts'
import type { Cell } from '../../../contract/values.ts'
import type { ReadStore } from '../store/store.ts'
import { batchMapping } from './batches.ts'
import { readCases, type StoredCase } from './cases.ts'
import { listConcepts, plainConcept, type StoredConcept } from './concepts.ts'
import { readDocuments } from './documents.ts'
import { encountersOf } from './encounters.ts'
import { readEvents } from './events.ts'
import { givesDates, readSeries } from './observations.ts'
import { describePatients, personOf } from './patients.ts'
import { findStudy } from './studies.ts'

type ChartValue = Chart['encounters'][number]['values'][number]

/** All that is recorded of one patient. Throws `patientMissing`. */
export const readChart = (store: ReadStore, patient: number): Chart => {
  personOf(store, patient)
  const [row] = describePatients(store, [patient]) as [PatientRow]
  const encounters = encountersOf(store, patient)
  const cases = new Map(
    readCases(
      store,
      encounters.map(({ encounter }) => encounter),
    ).map((stored) => [stored.encounter, stored]),
  )
  const series = readSeries(store, patient)
  const events = readEvents(store, patient)
  const documents = readDocuments(store, patient)
  const batches = new Set([
    ...[...encounters, ...events, ...documents].map(({ batch }) => batch),
    ...series.flatMap(({ points }) => points.map(({ batch }) => batch)),
  ])
  const dated = new Set(
    [...new Set(series.flatMap(({ points }) => points.map(({ batch }) => batch)))].filter((batch) =>
      givesDates(batchMapping(store, batch)),
    ),
  )
  return {
    patient: row,
    encounters: encounters.map(({ encounter, study, batch, row, date }) => ({
      encounter,
      study,
      batch,
      row,
      date,
      values: cases.get(encounter)?.fields.map(chartValue) ?? [],
    })),
    series: series.map(({ concept, study, points }) => ({
      concept: concept.name,
      study,
      points: isCoded(concept) ? [] : points.flatMap(({ day, value }) => (value === null ? [] : [{ day, value }])),
      results: points.flatMap(({ day, value, code, text, raw }) => {
        if (value !== null && !isCoded(concept)) return []
        const written = value === null ? (text ?? raw ?? code) : (concept.levels?.[value]?.label.en ?? raw ?? code)
        return written === null ? [] : [{ day, code, text: written }]
      }),
      dated: points.some(({ batch }) => dated.has(batch)),
    })),
    events: events.map(({ id: _id, ...event }) => event),
    documents: documents.map(({ id: _id, ...document }) => document),
    dictionaries: Object.fromEntries(
      row.studies.map((name) => {
        const study = findStudy(store, name)
        return [name, study ? listConcepts(store, study.id).map(plainConcept) : []]
      }),
    ),
    provenance: [...batches]
      .sort((a, b) => a - b)
      .flatMap((batch) =>
        store.all<Chart['provenance'][number]>(
          `SELECT b.id AS batch, s.name AS study, b.file, b.imported_at AS importedAt,
             coalesce(u.display_name, '') AS importedBy
           FROM batch b JOIN study s ON s.id = b.study LEFT JOIN user u ON u.id = b.imported_by WHERE b.id = ?`,
          batch,
        ),
      ),
  }
}

/** Its values are indices of levels, which make no curve. */
const isCoded = ({ kind }: StoredConcept): boolean => kind === 'category'

/** A field as the chart shows it: the normalised value, how it reads, the raw text where it differs, a flag. */
const chartValue = ({ concept, value, text, raw }: StoredCase['fields'][number]): ChartValue => ({
  concept: concept.name,
  ...readsAs(concept, value, text),
  raw,
  flag: flagOf(concept, value),
})

const readsAs = (concept: StoredConcept, value: number, text: string | null): { value: Cell; text: string } => {
  if (concept.kind === 'text') return { value: text, text: text ?? '' }
  if (Number.isNaN(value)) return { value: null, text: '' }
  if (concept.kind === 'category') {
    const level = concept.levels?.[value]
    return { value: level?.code ?? null, text: level?.label.en ?? '' }
  }
  if (concept.kind === 'date') {
    const date = isoDay(value)
    return { value: date, text: date }
  }
  const meaning = concept.levels?.find(({ code }) => code === String(value))?.label.en
  if (concept.kind === 'boolean') return { value: value === 1, text: meaning ?? (value === 1 ? 'yes' : 'no') }
  return { value, text: meaning ?? String(value) }
}

/** Days since 1970-01-01 as an ISO date. */

const flagOf = ({ reference, kind }: StoredConcept, value: number): ChartValue['flag'] => {
  if (!reference || (kind !== 'number' && kind !== 'integer')) return null
  if (reference.low !== null && value < reference.low) return 'low'
  return reference.high !== null && value > reference.high ? 'high' : null
}
