import { columnSummary } from '../cohort/columnSummary.ts'
import { columnOf } from '../cohort/table.ts'
import { exportStudy } from '../extract/studyFile.ts'
import { observedSurvival } from '../study/inspect/observedSurvival.ts'
import { readTable } from '../vault/records/cases.ts'
import { listConcepts, plainConcept, updateConcept } from '../vault/records/concepts.ts'
import { getStudy, listStudies } from '../vault/records/studies.ts'
import type { Implementer } from './implementer.ts'
import type { Services } from './services.ts'

export const studyHandlers = (services: Pick<Services, 'vault'>, os: Implementer) => {
  const read = () => services.vault().read
  return {
    studies: {
      list: os.studies.list.handler(() => listStudies(read())),
      get: os.studies.get.handler(({ input }) => {
        const study = getStudy(read(), input.study)
        return { ...study, concepts: listConcepts(read(), study.id).map(plainConcept) }
      }),
      summary: os.studies.summary.handler(({ input }) => {
        const study = getStudy(read(), input.study)
        const concepts = listConcepts(read(), study.id).filter(({ kind, repeated }) => kind !== 'text' && !repeated)
        const table = readTable(
          read(),
          study.id,
          concepts.map(({ name }) => name),
        )
        return {
          rows: table.rows,
          columns: concepts.map((concept) => columnSummary(columnOf(table, concept.name)!, plainConcept(concept))),
        }
      }),
      describe: os.studies.describe.handler(({ input }) =>
        services.vault().write((store) => updateConcept(store, getStudy(store, input.study).id, input.concept)),
      ),
      survival: os.studies.survival.handler(({ input: { study, time, event, competing, entry } }) =>
        observedSurvival(study, { time, event, competing, entry }, (columns) => readTable(read(), study, columns)),
      ),
      export: os.studies.export.handler(({ input, signal }) => exportStudy(read(), input.study, input.what, signal)),
    },
  }
}
