import type { BatchHandle } from '../../vault/records/batchHandle.ts'
import { insertCases } from '../../vault/records/cases.ts'
import type { StoredConcept } from '../../vault/records/concepts.ts'
import { insertDocuments } from '../../vault/records/documents.ts'
import { type EventRow, eventKinds, insertEvents } from '../../vault/records/events.ts'
import { insertObservations } from '../../vault/records/observations.ts'
import { insertPeople } from '../../vault/records/people.ts'
import { encodeRecord } from '../../vault/records/record.ts'
import type { Demographic } from '../../vault/records/registration.ts'
import type { WriteStore } from '../../vault/store/store.ts'
import type { CheckedResource, ResourceRows } from '../check/resources.ts'
import type { EventResource } from '../resource.ts'

type Numbered<Kind extends CheckedResource['kind']> = Extract<CheckedResource, { kind: Kind }> & { row: number }

/**
 * Stores checked records, each in the table of its kind, persons first, so that their demographics are there. `tests`:
 * the dictionary entries of the file's tests. Tells where a person contradicts what is on record.
 */
export const insertResources = (
  store: WriteStore,
  handle: BatchHandle,
  { rows, resources }: ResourceRows,
  tests: readonly StoredConcept[],
): { row: number; field: Demographic }[] => {
  const numbered = resources.map((resource, at) => ({ ...resource, row: rows[at] }))
  const of = <Kind extends CheckedResource['kind']>(...kinds: Kind[]) =>
    numbered.filter((resource) => (kinds as string[]).includes(resource.kind)) as unknown as Numbered<Kind>[]
  const { conflicts } = insertPeople(
    store,
    handle,
    of('person').map(({ patient, name, birthDate, sex, row }) => ({ key: patient, name, birthDate, sex, row })),
  )
  const record = encodeRecord({ kinds: [] }, [])
  insertCases(
    store,
    handle,
    of('encounter').map(({ patient, date, row }) => ({
      ...{ patientKey: patient, name: null, birthDate: null, sex: null, date, row, record },
    })),
  )
  insertObservations(
    store,
    handle,
    of('observation').map(({ patient, test, ...observed }) => ({
      ...observed,
      patientKey: patient,
      concept: tests[test].id,
    })),
  )
  insertEvents(store, handle, of(...eventKinds).map(eventRow))
  insertDocuments(
    store,
    handle,
    of('document').map(({ patient, coding, title, date, mediaType, content, row }) => ({
      ...{ patientKey: patient, system: coding?.system ?? null, code: coding?.code ?? null },
      ...{ title: title as string, date, mediaType, content, row },
    })),
  )
  return conflicts
}

const eventRow = (event: EventResource & { row: number }): EventRow => {
  const { kind, patient, coding, label, status, startDate, endDate, value, unit, row } = event
  return {
    ...{ kind, patientKey: patient, row, status, startDate, endDate, value, unit },
    system: coding?.system ?? null,
    code: coding?.code ?? null,
    label: label?.trim() || (coding?.code as string),
    ...{ startDay: null, endDay: null, raw: null },
  }
}
