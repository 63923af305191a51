import type { Collinearity, Leak } from '../../../contract/models.ts'
import type { Outcome } from '../../cohort/matrix.ts'
import type { Preparation } from '../../cohort/prepare/preparation.ts'
import { isCollinear } from './collinearity.ts'

export interface Warning {
  reason: string
  message: string
}

/** Features left out, and patients' values that the model itself holds. */
export const preparationWarnings = ({ dropped, imputer, terms }: Preparation): Warning[] => {
  const warnings = dropped.map(({ reason, message }) => ({ reason: `${reason}Feature`, message }))
  for (const { message } of terms?.left ?? []) warnings.push({ reason: 'termLeftOut', message })
  if (imputer?.kind === 'neighbours')
    warnings.push({
      reason: 'casesInModel',
      message: `To fill missing values from similar cases the model holds the values of ${imputer.donors[0].length} training cases, without identifiers: an exported model carries them along.`,
    })
  return warnings
}

interface Facts {
  outcome: Outcome
  terms: number
  assessedOn: string
  comparatorProblems: readonly string[]
}

const leakMessage = ({ column, kind, area }: Leak): string =>
  kind === 'separates'
    ? `${column} alone tells the outcome apart almost perfectly (out of fold ${area.toFixed(3)}): check that it was known before the outcome, else exclude it.`
    : `Whether ${column} is recorded tells the outcome apart (${area.toFixed(3)}): it may be recorded only once the outcome is known; check it, else exclude it.`

/** What is known of a design's columns before anything is trained. */
export const columnWarnings = (leaks: readonly Leak[], collinearity: Collinearity | null): Warning[] => {
  const warnings = leaks.map((leak) => ({
    reason: leak.kind === 'separates' ? 'possibleLeak' : 'recordedLeak',
    message: leakMessage(leak),
  }))
  if (collinearity && isCollinear(collinearity))
    warnings.push({ reason: 'collinear', message: `Columns repeat each other: ${collinearText(collinearity)}.` })
  return warnings
}

const collinearText = ({ pairs, inflation, condition }: Collinearity): string =>
  [
    ...pairs.slice(0, 4).map(({ terms, correlation }) => `${terms.join(' and ')} (r ${correlation.toFixed(2)})`),
    ...inflation
      .slice(0, 4)
      .map(({ term, factor }) =>
        factor === null ? `${term} is a combination of others` : `variance inflation of ${term} ${factor.toFixed(0)}`,
      ),
    condition === null ? 'condition number infinite' : `condition number ${condition.toFixed(0)}`,
  ].join('; ')

const minimumPerTerm = 10

/** What a reader of the model must know before trusting it: too few events, no unseen rows. */
export const warningsOf = ({ outcome, terms, assessedOn, comparatorProblems }: Facts): Warning[] => {
  const warnings: Warning[] = []
  const rarest =
    outcome.task === 'survival'
      ? outcome.event.reduce((total, event) => total + event, 0)
      : outcome.task === 'diagnosis'
        ? Math.min(...outcome.classes.map((_, k) => outcome.y.reduce((count, y) => count + (y === k ? 1 : 0), 0)))
        : outcome.y.length
  const perTerm = rarest / Math.max(1, terms)
  if (perTerm < minimumPerTerm)
    warnings.push({
      reason: 'fewEventsPerVariable',
      message: `${rarest} ${outcome.task === 'regression' ? 'rows' : 'events'} for ${terms} model terms, ${perTerm.toFixed(1)} each: below 10, expect optimism; use fewer features or a penalty.`,
    })
  if (assessedOn === 'apparent')
    warnings.push({
      reason: 'apparentOnly',
      message:
        'The figures were measured on the rows the model learned from and are too good: hold rows out or ask for folds.',
    })
  for (const message of new Set(comparatorProblems))
    warnings.push({ reason: 'comparatorFailed', message: `The comparator could not be fitted: ${message}` })
  return warnings
}
