import { StudyDesignSchema } from '../../contract/design.ts'
import { invalidInput, issue } from '../../contract/errors.ts'
import { summaryName } from '../cohort/history.ts'
import { withHistory } from '../extract/history.ts'
import type { JobHandler } from '../jobs/runner.ts'
import { outcomeColumns } from '../study/design/cases.ts'
import { insertEvaluation } from '../vault/models/evaluations.ts'
import { getModel, modelArtifact, modelDesign } from '../vault/models/models.ts'
import { readTable } from '../vault/records/cases.ts'
import { listConcepts } from '../vault/records/concepts.ts'
import { getStudy } from '../vault/records/studies.ts'
import { detailOf } from './cards.ts'
import type { ModelServices } from './services.ts'

/** Assessments of a model on another study, as jobs. */
export const evaluateJob = (services: ModelServices): JobHandler<'evaluate'> => ({
  title: ({ model, study }) => {
    const { read } = services.vault()
    return `${getModel(read, model).name} on ${getStudy(read, study).name}`
  },
  run: async (input, context) => {
    const { read } = services.vault()
    const model = getModel(read, input.model)
    const other = getStudy(read, input.study)
    context.report('readingRows', 0)
    const artifact = modelArtifact(read, model.id)
    const design = StudyDesignSchema.parse(modelDesign(read, model.id))
    const { features } = detailOf(read, model)
    const { outcome } = input
    const summaries = new Set((design.summaries ?? []).map(summaryName))
    const columns = [
      ...new Set([
        ...features.map(({ name }) => name).filter((name) => !summaries.has(name)),
        ...(design.grids?.columns ?? []),
        ...outcomeColumns({ ...design, outcome: outcome ?? design.outcome }),
      ]),
    ]
    const known = new Set(listConcepts(read, other.id).map(({ name }) => name))
    const lacking = columns.filter((name) => !known.has(name))
    if (lacking.length > 0)
      throw invalidInput(
        'outcomeColumnsMissing',
        { study: other.name, columns: lacking },
        lacking.map((name) => issue(name, 'notThere')),
      )
    const { table, warnings } = withHistory(read, other, design, readTable(read, other.id, columns))
    const result = await services.transport.run(
      'evaluate',
      { artifact, study: other.name, table, warnings, outcome },
      context,
    )
    const evaluation = await services
      .vault()
      .write((store) =>
        insertEvaluation(store, { model: model.id, study: other.id, by: context.user, document: result }),
      )
    return { evaluation, model: model.id }
  },
})
