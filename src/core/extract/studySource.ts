import { today } from '../../contract/days.ts'
import type { StudySource } from '../export/source.ts'
import { readTable } from '../vault/records/cases.ts'
import { listConcepts } from '../vault/records/concepts.ts'
import { studyEvents } from '../vault/records/events.ts'
import { readMeasurements } from '../vault/records/observations.ts'
import { studyPeople } from '../vault/records/patients.ts'
import { getStudy } from '../vault/records/studies.ts'
import type { ReadStore } from '../vault/store/store.ts'

/** What an export may see of a study. Throws `studyMissing`. */
export const studySource = (store: ReadStore, study: string): StudySource => {
  const { id, name } = getStudy(store, study)
  return {
    name,
    concepts: listConcepts(store, id).map(({ id: _id, study: _study, position: _position, ...concept }) => concept),
    table: (columns) => readTable(store, id, columns),
    people: () => studyPeople(store, id),
    measurements: (concept) => readMeasurements(store, id, concept),
    events: () => studyEvents(store, id),
    today: today(),
  }
}
