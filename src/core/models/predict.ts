import { StudyDesignSchema } from '../../contract/design.ts'
import { outOfDomain } from '../../contract/errors.ts'
import type { ModelCard, ModelDetail } from '../../contract/models.ts'
import type { Cell, Text } from '../../contract/values.ts'
import { fieldCell, fittingStudies, outcomeConcept, patientTable, valuesLabel } from '../extract/tables.ts'
import { answerDiagnosis, answerRegression, answerSurvival } from '../study/ask/answer.ts'
import type { ModelAtHand } from '../study/ask/hand.ts'
import { whatIf } from '../study/ask/whatIf.ts'
import { cellText } from '../study/cells.ts'
import { getModel, listModels, modelDesign, modelDetail } from '../vault/models/models.ts'
import { type NewPrediction, recordPrediction } from '../vault/models/predictions.ts'
import { encountersOf } from '../vault/records/encounters.ts'
import { describePatients } from '../vault/records/patients.ts'
import type { ReadStore } from '../vault/store/store.ts'
import type { Vault } from '../vault/store/vault.ts'
import { cardOf } from './cards.ts'
import type { ModelCache } from './modelCache.ts'

/** What a prediction for a patient is handed. */
interface Needs {
  /** The open vault; throws `locked`. */
  vault(): Vault
  modelCache: ModelCache
}

interface Asked {
  patient: number
  model: number
  /** Null: the latest that the model can be asked about. */
  encounter: number | null
}

/** A model ready to answer, and the patient as a table of one row. */
type Found = Awaited<ReturnType<typeof gather>>

const gather = async (needs: Needs, { patient, model, encounter }: Asked) => {
  const hand = await needs.modelCache.take(model)
  return { hand, ...patientTable(needs.vault().read, hand.header, patient, encounter) }
}

/** Models that know one of the patient's studies; those of the own study, approved and better ones first. */
export const modelsFor = (store: ReadStore, patient: number): ModelCard[] => {
  const own = new Set(encountersOf(store, patient).map(({ study }) => study))
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
}

/** The headline metric, higher is better. */
const meritOf = ({ task, headline }: ModelCard): number =>
  (task === 'regression' ? -1 : 1) * (headline.estimate.value ?? Number.NEGATIVE_INFINITY)

/** Probabilities of the classes for one patient, kept as shown. Throws `outOfDomain` for a model of another task. */
export const diagnosePatient = async (needs: Needs, asked: Asked, user: string) => {
  const found = await gather(needs, asked)
  const { hand } = found
  const { outcome, study } = hand.header.design
  if (outcome.task !== 'diagnosis') throw wrongTask(hand)
  const store = needs.vault().read
  const concept = outcomeConcept(store, found.study, outcome.target) ?? outcomeConcept(store, study, outcome.target)
  const recorded = recordedCell(found, outcome.target)
  const answer = answerDiagnosis(
    hand,
    asked.patient,
    found.table,
    labelsOf(concept?.levels),
    recorded === null ? null : String(recorded),
  )
  const [top] = answer.classes
  const summary = { class: top.label, probability: top.probability }
  return { ...named(store, answer), ...(await keep(needs, asked, found, { user, summary, answer })) }
}

/** Risks over time for one patient, kept as shown. Throws `outOfDomain` for a model of another task. */
export const survivalOfPatient = async (needs: Needs, asked: Asked, user: string) => {
  const found = await gather(needs, asked)
  const { hand } = found
  const { outcome, study } = hand.header.design
  if (outcome.task !== 'survival') throw wrongTask(hand)
  const store = needs.vault().read
  const { event, competing } = outcome
  const time = recordedCell(found, outcome.time)
  const state = recordedCell(found, event.column)
  const recorded =
    typeof time === 'number' && state !== null ? { time, event: event.values.includes(String(state)) } : null
  const eventLabel = valuesLabel(store, study, event)
  const competingLabel =
    competing && valuesLabel(store, study, { ...competing, column: competing.column ?? event.column })
  const answer = answerSurvival(hand, asked.patient, found.table, recorded, eventLabel, competingLabel)
  const last = answer.risks[answer.risks.length - 1]
  const summary = { event: eventLabel, years: last.years, risk: last.risk.value }
  return { ...named(store, answer), ...(await keep(needs, asked, found, { user, summary, answer })) }
}

/** A value for one patient, kept as shown. Throws `outOfDomain` for a model of another task. */
export const estimateForPatient = async (needs: Needs, asked: Asked, user: string) => {
  const found = await gather(needs, asked)
  const { hand } = found
  const { outcome, study } = hand.header.design
  if (outcome.task !== 'regression') throw wrongTask(hand)
  const store = needs.vault().read
  const concept = outcomeConcept(store, study, outcome.target)
  const recorded = recordedCell(found, outcome.target)
  const unit = concept?.unit ?? null
  const answer = answerRegression(
    hand,
    asked.patient,
    found.table,
    typeof recorded === 'number' ? recorded : null,
    unit,
  )
  const summary = { target: concept?.label ?? { en: outcome.target }, value: answer.value.value, unit }
  return { ...named(store, answer), ...(await keep(needs, asked, found, { user, summary, answer })) }
}

/** How one patient's prediction would change with one modifiable factor. */
export const whatIfPatient = async (needs: Needs, asked: Asked & Parameters<typeof whatIf>[2]) => {
  const { hand, table } = await gather(needs, asked)
  return whatIf(hand, table, asked)
}

const wrongTask = ({ header }: ModelAtHand) => outOfDomain('wrongTask', { task: header.task })

const labelsOf = (levels: { code: string; label: Text }[] | null | undefined): Record<string, Text> =>
  Object.fromEntries((levels ?? []).map(({ code, label }) => [code, label]))

const recordedCell = ({ stored }: Found, column: string): Cell => {
  const field = stored.fields.find(({ concept }) => concept.name === column)
  return field ? fieldCell(field) : null
}

/** An answer with the names of its similar patients: shown, but never stored with the prediction. */
const named = <C extends { patient: number | null }, A extends { similar: C[] }>(store: ReadStore, answer: A) => {
  const ids = [...new Set(answer.similar.flatMap(({ patient }) => patient ?? []))]
  const labels = new Map(describePatients(store, ids).map(({ patient, label }) => [patient, label]))
  return { ...answer, similar: answer.similar.map((one) => ({ ...one, label: labels.get(one.patient ?? -1) ?? '' })) }
}

/** Keeps what was shown, so that feedback can name it and an auditor can see it. */
const keep = async (
  { vault }: Needs,
  { patient, model }: Asked,
  { stored: { encounter }, table }: Found,
  { user, summary, answer }: { user: string; summary: NewPrediction['summary']; answer: unknown },
) => {
  const at = new Date().toISOString()
  const inputs = Object.fromEntries(table.columns.map((column) => [column.name, cellText(column, column.values[0])]))
  const prediction = await vault().write((store) =>
    recordPrediction(store, { patient, encounter, model, user, at, inputs, summary, payload: answer }),
  )
  const { read } = vault()
  return { prediction, at, patient, encounter, model: cardOf(read, getModel(read, model)) }
}
