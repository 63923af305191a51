import { StudyDesignSchema } from '../../contract/design.ts'
import { invalidInput, issue, notFound, outOfDomain } from '../../contract/errors.ts'
import type { ModelCard, ModelDetail } from '../../contract/models.ts'
import type { Cell, Task, Text } from '../../contract/values.ts'
import { fieldCell, fittingStudies, outcomeConcept, patientTable, valuesLabel } from '../extract/tables.ts'
import { cardOf } from '../models/cards.ts'
import { predictFile, predictRows } from '../models/predictFile.ts'
import { answerDiagnosis, answerRegression, answerSurvival } from '../study/ask/answer.ts'
import type { ModelAtHand } from '../study/ask/hand.ts'
import { whatIf } from '../study/ask/whatIf.ts'
import { cellText } from '../study/cells.ts'
import { getModel, listModels, modelDesign, modelDetail } from '../vault/models/models.ts'
import {
  type NewPrediction,
  predictionHistory,
  recordPrediction,
  respondToPrediction,
} from '../vault/models/predictions.ts'
import { encountersOf } from '../vault/records/encounters.ts'
import { describePatients } from '../vault/records/patients.ts'
import { type Implementer, sessionOf } from './implementer.ts'
import { fileReader } from './intake.ts'
import type { Services } from './services.ts'

type PredictionHistory = (ReturnType<typeof predictionHistory>[number] & { task: Task })[]

interface Asked {
  patient: number
  model: number
  encounter: number | null
}

const labelsOf = (levels: { code: string; label: Text }[] | null | undefined): Record<string, Text> =>
  Object.fromEntries((levels ?? []).map(({ code, label }) => [code, label]))

/** The headline metric, higher is better. */
const meritOf = ({ task, headline }: ModelCard): number =>
  (task === 'regression' ? -1 : 1) * (headline.estimate.value ?? Number.NEGATIVE_INFINITY)

export const predictionHandlers = (
  services: Pick<Services, 'modelCache' | 'options' | 'uploads' | 'vault'>,
  os: Implementer,
) => {
  const read = () => services.vault().read

  const gather = async ({ patient, model, encounter }: Asked) => {
    const hand = await services.modelCache.take(model)
    const found = patientTable(read(), hand.header, patient, encounter)
    return { hand, ...found }
  }

  const recordedCell = (found: Awaited<ReturnType<typeof gather>>, column: string): Cell => {
    const field = found.stored.fields.find(({ concept }) => concept.name === column)
    return field ? fieldCell(field) : null
  }

  const named = <T extends { patient: number | null }>(cases: T[]): T[] => {
    const ids = [...new Set(cases.flatMap(({ patient }) => patient ?? []))]
    const labels = new Map(describePatients(read(), ids).map(({ patient, label }) => [patient, label]))
    return cases.map((one) => ({ ...one, label: labels.get(one.patient ?? -1) ?? '' }))
  }

  /** Keeps what was shown, so that feedback can name it and an auditor can see it. */
  const keep = async (
    asked: Asked,
    found: Awaited<ReturnType<typeof gather>>,
    user: string,
    summary: NewPrediction['summary'],
    shown: unknown,
  ) => {
    const at = new Date().toISOString()
    const inputs = Object.fromEntries(
      found.table.columns.map((column) => [column.name, cellText(column, column.values[0])]),
    )
    const { encounter } = found.stored
    const { patient, model } = asked
    const prediction = await services
      .vault()
      .write((store) =>
        recordPrediction(store, { patient, encounter, model, user, at, inputs, summary, payload: shown }),
      )
    return { prediction, at, patient, encounter, model: cardOf(read(), getModel(read(), model)) }
  }

  const wrongTask = (hand: ModelAtHand) => outOfDomain('wrongTask', { task: hand.header.task })

  return {
    predictions: {
      models: os.predictions.models.handler(({ input }) => {
        const store = read()
        const own = new Set(encountersOf(store, input.patient).map(({ study }) => study))
        return listModels(store)
          .filter(({ id }) => {
            const { features } = modelDetail(store, id) as ModelDetail
            const design = StudyDesignSchema.parse(modelDesign(store, id))
            const fitting = fittingStudies(
              store,
              features.map((feature) => ({ name: feature.name, kind: feature.kind as never, seen: feature.levels })),
              design,
            )
            return [...own].some((study) => fitting.has(study))
          })
          .map((model) => cardOf(store, model))
          .sort(
            (a, b) =>
              Number(own.has(b.study)) - Number(own.has(a.study)) ||
              Number(b.approvedBy !== null) - Number(a.approvedBy !== null) ||
              (a.headline.metric === b.headline.metric ? meritOf(b) - meritOf(a) : 0) ||
              b.model - a.model,
          )
      }),

      diagnose: os.predictions.diagnose.handler(async ({ input, context }) => {
        const found = await gather(input)
        const { hand } = found
        const { outcome } = hand.header.design
        if (outcome.task !== 'diagnosis') throw wrongTask(hand)
        const concept =
          outcomeConcept(read(), found.study, outcome.target) ??
          outcomeConcept(read(), hand.header.design.study, outcome.target)
        const recorded = recordedCell(found, outcome.target)
        const answer = answerDiagnosis(
          hand,
          input.patient,
          found.table,
          labelsOf(concept?.levels),
          recorded === null ? null : String(recorded),
        )
        const [top] = answer.classes
        const shown = { ...answer, similar: named(answer.similar) }
        const kept = await keep(
          input,
          found,
          sessionOf(context).user,
          { class: top.label, probability: top.probability },
          answer,
        )
        return { ...shown, ...kept }
      }),

      survive: os.predictions.survive.handler(async ({ input, context }) => {
        const found = await gather(input)
        const { hand } = found
        const { outcome } = hand.header.design
        if (outcome.task !== 'survival') throw wrongTask(hand)
        const { event } = outcome
        const time = recordedCell(found, outcome.time)
        const state = recordedCell(found, event.column)
        const recorded =
          typeof time === 'number' && state !== null ? { time, event: event.values.includes(String(state)) } : null
        const { study } = hand.header.design
        const eventLabel = valuesLabel(read(), study, event)
        const { competing } = outcome
        const competingLabel =
          competing && valuesLabel(read(), study, { ...competing, column: competing.column ?? event.column })
        const answer = answerSurvival(hand, input.patient, found.table, recorded, eventLabel, competingLabel)
        const last = answer.risks[answer.risks.length - 1]
        const summary = { event: eventLabel, years: last.years, risk: last.risk.value }
        const kept = await keep(input, found, sessionOf(context).user, summary, answer)
        return { ...answer, similar: named(answer.similar), ...kept }
      }),

      estimate: os.predictions.estimate.handler(async ({ input, context }) => {
        const found = await gather(input)
        const { hand } = found
        const { outcome } = hand.header.design
        if (outcome.task !== 'regression') throw wrongTask(hand)
        const concept = outcomeConcept(read(), hand.header.design.study, outcome.target)
        const recorded = recordedCell(found, outcome.target)
        const answer = answerRegression(
          hand,
          input.patient,
          found.table,
          typeof recorded === 'number' ? recorded : null,
          concept?.unit ?? null,
        )
        const kept = await keep(
          input,
          found,
          sessionOf(context).user,
          { target: concept?.label ?? { en: outcome.target }, value: answer.value.value, unit: concept?.unit ?? null },
          answer,
        )
        return { ...answer, similar: named(answer.similar), ...kept }
      }),

      whatIf: os.predictions.whatIf.handler(async ({ input }) => {
        const { hand, table } = await gather(input)
        return whatIf(hand, table, input)
      }),

      modifiable: os.predictions.modifiable.handler(({ input }) => {
        const { features } = modelDetail(read(), input.model) as ModelDetail
        return features.filter(({ modifiable }) => modifiable)
      }),

      respond: os.predictions.respond.handler(async ({ input, context }) => {
        if (input.outcome === 'overridden' && input.reason === null)
          throw invalidInput('reasonNeeded', {}, [issue('reason', 'missing')])
        await services.vault().write((store) => respondToPrediction(store, { ...input, user: sessionOf(context).user }))
        return {}
      }),

      history: os.predictions.history.handler(
        ({ input }) => predictionHistory(read(), input.patient) as PredictionHistory,
      ),

      rows: os.predictions.rows.handler(async ({ input, signal }) => {
        const { model, times } = input
        const hand = await services.modelCache.take(model)
        if (input.header.length === 0) throw notFound('noTableHeader')
        return predictRows(
          { store: read(), hand, times, thread: { workerUrl: null, ...(signal ? { signal } : {}) } },
          input,
        )
      }),

      file: os.predictions.file.handler(async function* ({ input, signal }) {
        const { model, upload, mapping, dialect, times } = input
        const source = services.uploads.open(upload)
        const hand = await services.modelCache.take(model)
        const thread = { workerUrl: fileReader(services.options.worker), ...(signal ? { signal } : {}) }
        yield* predictFile({ store: read(), hand, source, mapping, dialect, times, thread })
      }),
    },
  }
}
