import type { Collinearity, Leak } from '../../../contract/models.ts'
import type { Said, Spoken } from '../../../contract/say.ts'
import { type Warning, warn, warnAs, warningText } from '../../../contract/warnings.ts'
import type { Outcome } from '../../cohort/matrix.ts'
import type { Preparation } from '../../cohort/prepare/preparation.ts'
import { isCollinear } from './collinearity.ts'

/** Features left out, and patients' values that the model itself holds. */
export const preparationWarnings = ({ dropped, imputer, terms }: Preparation): Warning[] => {
  const warnings: Warning[] = dropped.map(({ reason, name: _name, ...text }) => ({
    reason: `${reason}Feature`,
    ...text,
  }))
  for (const { term: _term, ...text } of terms?.left ?? []) warnings.push({ reason: 'termLeftOut', ...text })
  if (imputer?.kind === 'neighbours') warnings.push(warn('casesInModel', { cases: imputer.donors[0].length }))
  return warnings
}

interface Facts {
  outcome: Outcome
  terms: number
  assessedOn: string
  comparatorProblems: readonly Spoken[]
}

/** What is known of a design's columns before anything is trained. */
export const columnWarnings = (leaks: readonly Leak[], collinearity: Collinearity | null): Warning[] => {
  const warnings = leaks.map(({ column, kind, area }) =>
    warn(kind === 'separates' ? 'possibleLeak' : 'recordedLeak', { column, area: area.toFixed(3) }),
  )
  if (collinearity && isCollinear(collinearity)) warnings.push(warn('collinear', { signs: signsOf(collinearity) }))
  return warnings
}

const signsOf = ({ pairs, inflation, condition }: Collinearity): Said[] => [
  ...pairs
    .slice(0, 4)
    .map(({ terms: [one, other], correlation }) =>
      warningText('correlated', { one, other, r: correlation.toFixed(2) }),
    ),
  ...inflation
    .slice(0, 4)
    .map(({ term, factor }) =>
      factor === null
        ? warningText('combined', { term })
        : warningText('inflated', { term, factor: factor.toFixed(0) }),
    ),
  condition === null ? warningText('conditionInfinite') : warningText('condition', { number: condition.toFixed(0) }),
]

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
    warnings.push(
      warnAs('fewEventsPerVariable', outcome.task === 'regression' ? 'fewRowsPerVariable' : 'fewEventsPerVariable', {
        events: rarest,
        terms,
        each: perTerm.toFixed(1),
      }),
    )
  if (assessedOn === 'apparent') warnings.push(warn('apparentOnly'))
  const told = new Set<string>()
  for (const why of comparatorProblems) {
    if (told.has(JSON.stringify(why))) continue
    told.add(JSON.stringify(why))
    warnings.push(warn('comparatorFailed', { why }))
  }
  return warnings
}
