import type { OutcomeDesign, StudyDesign } from '../../../contract/design.ts'
import { invalidInput } from '../../../contract/errors.ts'
import type { Assessment } from '../../../contract/models.ts'
import { daysPer } from '../../../contract/values.ts'
import { type Warning, warn } from '../../../contract/warnings.ts'
import { type Outcome, takeOutcomeRows } from '../../cohort/matrix.ts'
import { applyPreparation } from '../../cohort/prepare/prepare.ts'
import type { Table } from '../../cohort/table.ts'
import { defineCases, type FlowStep } from '../design/cases.ts'
import { alignTable, openModel } from '../model.ts'
import { assessPredictions, predictionsOf } from '../tasks/assessment.ts'

export interface EvaluationRun {
  artifact: Uint8Array
  study: string
  table: Table
  /** What reading the columns already found. */
  warnings?: Warning[]
  /** Where the other study names its outcome differently; null: as in the model's design. */
  outcome: OutcomeDesign | null
}

export interface EvaluationResult {
  assessment: Assessment
  flow: FlowStep[]
  warnings: Warning[]
}

/** Assesses a model on another study's cases (external validation): nothing is fitted, nothing adapted. */
export const evaluateStudy = async (
  { artifact, study, table, warnings: found = [], outcome: named }: EvaluationRun,
  { stage }: { stage: (stage: string, progress: number) => void },
): Promise<EvaluationResult> => {
  stage('preparing', 0.05)
  const model = await openModel(artifact)
  const { header } = model
  if (named && named.task !== header.task) throw invalidInput('outcomeTask', { task: header.task, named: named.task })
  const design: StudyDesign = {
    ...header.design,
    study,
    filters: [],
    weights: null,
    outcome: named ?? header.design.outcome,
  }
  const cases = defineCases(
    table,
    design,
    header.features.map(({ name }) => name),
    header.classes,
  )
  const aligned = alignTable(header, table)
  stage('assessing', 0.2)
  const prepared = applyPreparation(header.preparation, aligned, cases.rows)
  const gone = new Set(prepared.dropped)
  const kept = Int32Array.from(cases.rows.keys()).filter((at) => !gone.has(cases.rows[at]))
  const flow = [...cases.flow]
  if (gone.size > 0) flow.push({ step: 'predictorMissing', detail: null, excluded: gone.size, remaining: kept.length })
  if (kept.length === 0) throw invalidInput('allCasesIncomplete', { study })
  const outcome = inUnitOf(header.design, design, takeOutcomeRows(cases.outcome, kept))
  const predictions = predictionsOf(model.predictor, prepared.matrix, header.horizons)
  const assessment = assessPredictions(predictions, outcome, outcome, header.horizons, design, 500)
  const warnings: Warning[] = [...found]
  if (study === header.design.study) warnings.push(warn('sameStudy'))
  const filled = prepared.filledCells
  if (filled > 0) warnings.push(warn('valuesFilled', { filled }))
  return { assessment, flow, warnings }
}

/** Times of the other study in the unit the model's times are in. */
const inUnitOf = (model: StudyDesign, other: StudyDesign, outcome: Outcome): Outcome => {
  if (outcome.task !== 'survival' || model.outcome.task !== 'survival' || other.outcome.task !== 'survival')
    return outcome
  const { [other.outcome.timeUnit]: from, [model.outcome.timeUnit]: to } = daysPer
  if (from === to) return outcome
  const converted = (times: Float64Array) => times.map((time) => (time * from) / to)
  const { time, entry } = outcome
  return { ...outcome, time: converted(time), ...(entry ? { entry: converted(entry) } : {}) }
}
