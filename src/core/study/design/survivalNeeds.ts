import type { OutcomeDesign } from '../../../contract/design.ts'
import { invalidInput } from '../../../contract/errors.ts'
import { type Warning, warn } from '../../../contract/warnings.ts'
import type { Outcome } from '../../cohort/matrix.ts'
import type { Learner } from '../../learn/learner.ts'
import { learners } from '../../learn/learners.ts'

const whoReads = (need: 'entry' | 'strata' | 'competing'): string =>
  learners
    .filter(({ tasks, needs }) => tasks.includes('survival') && needs[need])
    .map(({ id }) => id)
    .join(', ')

/**
 * Refuses a design whose outcome the learner would misread: rows that come under observation late, or strata, with a
 * learner that knows neither; and no competing events with a learner of nothing else.
 */
export const refuseUnread = (learner: Learner, outcome: OutcomeDesign): void => {
  if (outcome.task !== 'survival') return
  const { needs, id } = learner
  if (outcome.entry && !needs.entry) throw invalidInput('entryNotRead', { learner: id, others: whoReads('entry') })
  if (outcome.strata && !needs.strata)
    throw invalidInput('strataNotRead', { learner: id, column: outcome.strata, others: whoReads('strata') })
  if (!outcome.competing && needs.competing === 'required') throw invalidInput('competingNeeded')
}

/** What a learner makes of competing events that it does not read, and what late entry leaves unmeasured. */
export const unreadWarnings = (learner: Learner, outcome: Outcome): Warning[] => {
  if (outcome.task !== 'survival') return []
  const late: Warning[] = outcome.entry ? [warn('entryAssessment')] : []
  const count = outcome.competing?.reduce((sum, one) => sum + one, 0) ?? 0
  if (count === 0 || learner.needs.competing) return late
  return [...late, warn('competingCensored', { learner: learner.id, events: count, others: whoReads('competing') })]
}
