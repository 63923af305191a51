import { type StudyDesign, StudyDesignSchema } from '../../../contract/design.ts'
import { observedCurve, survivalQuantile } from '../../assess/observedCurve.ts'
import type { Outcome } from '../../cohort/matrix.ts'
import type { Table } from '../../cohort/table.ts'
import { defineCases, outcomeColumns } from '../design/cases.ts'
import { autoLearner } from '../tune/settle.ts'

type SurvivalOutcome = Extract<StudyDesign['outcome'], { task: 'survival' }>

/**
 * Survival as observed in all cases of a study, with intervals by log(-log), before any model.
 * @param read gives the named columns of the study
 */
export const observedSurvival = (
  study: string,
  asked: Pick<SurvivalOutcome, 'time' | 'event' | 'competing' | 'entry'>,
  read: (columns: string[]) => Table,
) => {
  const design = StudyDesignSchema.parse({
    study,
    outcome: { ...asked, task: 'survival' },
    learner: autoLearner.id,
  })
  const { outcome } = defineCases(read(outcomeColumns(design)), design, [])
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
