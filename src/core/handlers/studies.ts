import { StudyDesignSchema } from '../../contract/design.ts'
import type { Concept } from '../../contract/values.ts'
import { observedCurve, survivalQuantile } from '../assess/observedCurve.ts'
import type { Outcome } from '../cohort/matrix.ts'
import { type Column, columnOf } from '../cohort/table.ts'
import { exportStudy } from '../extract/studyFile.ts'
import { quantileOf } from '../numbers/quantile.ts'
import { defineCases, outcomeColumns } from '../study/design/cases.ts'
import { autoLearner } from '../study/tune/settle.ts'
import { readTable } from '../vault/records/cases.ts'
import { listConcepts, plainConcept, updateConcept } from '../vault/records/concepts.ts'
import { getStudy, listStudies } from '../vault/records/studies.ts'
import type { Implementer } from './implementer.ts'
import type { Services } from './services.ts'

const mostCounts = 12

const countsOf = (column: Column, known: Float64Array, concept: Concept) => {
  const counts = new Map<number, number>()
  for (const value of known) {
    counts.set(value, (counts.get(value) ?? 0) + 1)
    if (!column.levels && counts.size > mostCounts) return null
  }
  const text = (value: number) => {
    if (column.levels) return column.levels[value]
    return concept.kind === 'boolean' ? String(value === 1) : String(value)
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 50)
    .map(([value, count]) => ({ value: text(value), count }))
}

/** What is recorded in a column: how much, and how it is spread. */
const summaryOf = (column: Column, concept: Concept) => {
  const known = column.values.filter((value) => !Number.isNaN(value)).sort()
  const numeric = !column.levels && concept.kind !== 'text' && concept.kind !== 'boolean' && known.length > 0
  return {
    concept,
    known: known.length,
    missing: column.values.length - known.length,
    quantiles: numeric
      ? {
          min: known[0],
          q25: quantileOf(known, 0.25),
          median: quantileOf(known, 0.5),
          q75: quantileOf(known, 0.75),
          max: known[known.length - 1],
          mean: known.reduce((sum, value) => sum + value, 0) / known.length,
        }
      : null,
    counts: concept.kind === 'text' || concept.kind === 'date' ? null : countsOf(column, known, concept),
  }
}

/** One less the incidence of the competing events, for whom the event competes in turn. */
const rivalsOf = (outcome: Extract<Outcome, { task: 'survival' }>) => {
  const { competing, event } = outcome
  if (!competing) return null
  const { survival, low, high } = observedCurve(
    { ...outcome, event: competing, competing: event },
    { interval: 'logLog' },
  )
  return { survival: [...survival], low: [...low], high: [...high] }
}

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
          columns: concepts.map((concept) => summaryOf(columnOf(table, concept.name)!, plainConcept(concept))),
        }
      }),
      describe: os.studies.describe.handler(({ input }) =>
        services.vault().write((store) => updateConcept(store, getStudy(store, input.study).id, input.concept)),
      ),
      survival: os.studies.survival.handler(({ input }) => {
        const { study, time, event, competing, entry } = input
        const asked = { task: 'survival' as const, time, event, competing, entry }
        const design = StudyDesignSchema.parse({ study, outcome: asked, learner: autoLearner.id })
        const table = readTable(read(), study, outcomeColumns(design))
        const { outcome } = defineCases(table, design, [])
        if (outcome.task !== 'survival') throw new TypeError('a survival design has a survival outcome')
        const curve = observedCurve(outcome, { interval: 'logLog' })
        return {
          times: [...curve.times],
          survival: [...curve.survival],
          low: [...curve.low],
          high: [...curve.high],
          atRisk: [...curve.atRisk],
          median: survivalQuantile(curve),
          competing: rivalsOf(outcome),
        }
      }),
      export: os.studies.export.handler(({ input, signal }) => exportStudy(read(), input.study, input.what, signal)),
    },
  }
}
