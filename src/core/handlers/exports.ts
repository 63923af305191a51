import { invalidInput, issue } from '../../contract/errors.ts'
import type { ExportChoices } from '../../contract/exports.ts'
import { deidentify } from '../export/deidentify.ts'
import { exportKey, newSecret } from '../export/key.ts'
import type { Measurements, Person, StudyEvent, StudySource } from '../export/source.ts'
import { writeExport } from '../export/write.ts'
import { createExportKey, exportKeySecret, listExportKeys } from '../vault/keys/exportKeys.ts'
import { readTable } from '../vault/records/cases.ts'
import { findConcept, listConcepts } from '../vault/records/concepts.ts'
import { eventKinds } from '../vault/records/events.ts'
import { givesDates } from '../vault/records/observations.ts'
import { getStudy } from '../vault/records/studies.ts'
import type { ReadStore } from '../vault/store/store.ts'
import type { Core } from './core.ts'
import { type Implementer, sessionOf } from './implementer.ts'

export const exportHandlers = (core: Core, os: Implementer) => {
  const read = () => core.vault().read
  const prepare = ({ key: name, ...choices }: ExportChoices & { key: string | null }) => {
    const secret = name === null ? newSecret() : exportKeySecret(read(), name)
    try {
      return deidentify(studySource(read(), choices.study), choices, exportKey(secret), name)
    } finally {
      secret.fill(0)
    }
  }
  return {
    exports: {
      keys: os.exports.keys.handler(() => listExportKeys(read())),
      createKey: os.exports.createKey.handler(({ input: { key }, context }) =>
        core
          .vault()
          .write((store) => createExportKey(store, key, { secret: newSecret(), by: sessionOf(context).user })),
      ),
      preview: os.exports.preview.handler(({ input }) => prepare(input).report),
      write: os.exports.write.handler(({ input: { report: seen, ...input }, signal }) => {
        const { report, released } = prepare(input)
        if (report.digest !== seen) throw invalidInput('reportOutdated', {}, [issue('report', 'otherExport')])
        return writeExport(released, report, signal)
      }),
    },
  }
}

/** What an export may see of a study. */
export const studySource = (store: ReadStore, study: string): StudySource => {
  const { id, name } = getStudy(store, study)
  return {
    name,
    concepts: listConcepts(store, id).map(({ id: _id, study: _study, position: _position, ...concept }) => concept),
    table: (columns) => readTable(store, id, columns),
    people: () =>
      store.all<Person & Record<string, unknown>>(
        `SELECT p.id AS patient, p.sex, p.birth_date AS birthDate
         FROM study_patient m JOIN patient p ON p.id = m.patient WHERE m.study = ? ORDER BY p.id`,
        id,
      ) as Person[],
    measurements: (concept) => readMeasurements(store, id, concept),
    events: () =>
      eventKinds.flatMap((kind) =>
        store.all<StudyEvent>(
          `SELECT '${kind}' AS kind, patient, system, code, label, status, start_date AS startDate, end_date AS endDate,
             start_day AS startDay, end_day AS endDay, value, unit
           FROM ${kind} WHERE study = ? ORDER BY patient, coalesce(start_date, ''), start_day, code, label`,
          id,
        ),
      ),
    today: Math.floor(Date.now() / 86_400_000),
  }
}

const measurementsARun = 20_000

/** Whether a batch's days are dates stands in the mapping it was imported with. */
const datedBatches = (store: ReadStore, study: number): Set<number> =>
  new Set(
    store
      .rows<[number, string]>('SELECT id, mapping FROM batch WHERE study = ?', study)
      .filter(([, text]) => givesDates(JSON.parse(text)))
      .map(([batch]) => batch),
  )

const readMeasurements = (store: ReadStore, study: number, name: string): Measurements => {
  const concept = findConcept(store, study, name)!.id
  const dated = datedBatches(store, study)
  const count = store.value<number>('SELECT count(*) FROM observation WHERE concept = ?', concept) ?? 0
  const found: Measurements = {
    patients: new Int32Array(count),
    days: new Float64Array(count),
    dated: new Uint8Array(count),
    values: new Float64Array(count),
  }
  let at = 0
  let last: [number, number, number, number] = [-1, 0, 0, 0]
  while (at < count) {
    const rows = store.rows<[number, number, number, number, number | null]>(
      `SELECT patient, day, batch, row, value FROM observation
       WHERE concept = ? AND (patient, day, batch, row) > (?, ?, ?, ?) ORDER BY patient, day, batch, row LIMIT ?`,
      concept,
      ...last,
      measurementsARun,
    )
    if (rows.length === 0) break
    for (const [patient, day, batch, , value] of rows) {
      found.patients[at] = patient
      found.days[at] = day
      found.dated[at] = dated.has(batch) ? 1 : 0
      found.values[at] = value ?? Number.NaN
      at++
    }
    const [patient, day, batch, row] = rows[rows.length - 1]
    last = [patient, day, batch, row]
  }
  return found
}
