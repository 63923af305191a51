import type { TermEditInput } from '../../../contract/terms.ts'
import { type Warning, warn } from '../../../contract/warnings.ts'
import { type Outcome, takeOutcomeRows } from '../../cohort/matrix.ts'
import { applyPreparation } from '../../cohort/prepare/prepare.ts'
import { splitRows } from '../../cohort/split.ts'
import type { Table } from '../../cohort/table.ts'
import { sha256 } from '../../numbers/bytes.ts'
import { encodeReference } from '../ask/reference.ts'
import { defineCases } from '../design/cases.ts'
import { setCoverageOf } from '../design/sets.ts'
import { editArtifact } from '../inspect/terms.ts'
import { openModel } from '../model.ts'
import { assessPredictions, headlineOf, predictionsOf } from '../tasks/assessment.ts'
import { positionsOf } from './fitting.ts'
import type { StudyResult } from './result.ts'

export interface EditRun {
  artifact: Uint8Array
  edits: TermEditInput[]
  /** The snapshot the model was trained on. */
  table: Table
}

export type EditResult = Pick<
  StudyResult,
  'artifact' | 'hash' | 'reference' | 'assessment' | 'assessedOn' | 'setCoverage' | 'headline'
> & { warnings: Warning[] }

/**
 * Changes a model's terms and assesses what comes of it on the same held-out cases as before; where the design held
 * none out, on the cases it was trained on, which is said.
 */
export const editModel = async (
  { artifact, edits, table }: EditRun,
  { stage }: { stage: (stage: string, progress: number) => void },
): Promise<EditResult> => {
  stage('preparing', 0.05)
  const changed = editArtifact(artifact, edits)
  const { header, predictor } = await openModel(changed)
  const { design, preparation, horizons } = header
  const cases = defineCases(
    table,
    design,
    header.features.map(({ name }) => name),
    header.classes,
  )
  const split = splitRows(table, cases.rows, cases.outcome, design)
  const outcomeOf = (rows: Int32Array): Outcome => takeOutcomeRows(cases.outcome, positionsOf(cases.rows, rows))
  const predict = (rows: Int32Array) => {
    const made = applyPreparation(preparation, table, rows)
    return { rows: made.rows, predictions: predictionsOf(predictor, made.matrix, horizons) }
  }
  stage('assessing', 0.3)
  const held = split.test.length > 0
  const training = applyPreparation(preparation, table, split.development).rows
  const assessed = predict(held ? split.test : split.development)
  const outcome = outcomeOf(assessed.rows)
  const assessment = assessPredictions(assessed.predictions, outcome, outcomeOf(training), horizons, design, 500)
  const metric = headlineOf(assessment, design.outcome.task)
  const warnings: Warning[] = [warn('editedByHand', { edits: edits.length })]
  if (!held) warnings.push(warn('editedApparent'))
  stage('storing', 0.95)
  return {
    artifact: changed,
    hash: sha256(changed),
    reference: encodeReference({
      model: { rows: training },
      outOfFold: null,
      heldOut: held ? assessed : null,
      apparent: () => assessed,
      outcomeOf,
    }),
    assessment,
    assessedOn: held ? 'heldOut' : 'apparent',
    setCoverage: held ? setCoverageOf(assessed.predictions, outcome, design.seed) : null,
    headline: { metric, estimate: assessment.metrics[metric] },
    warnings,
  }
}
