import type { StudyDesign } from '../../contract/design.ts'
import type { Outcome } from '../cohort/matrix.ts'
import type { Preparation } from '../cohort/preparation.ts'
import { columnOf, type Table } from '../cohort/table.ts'

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
  design: StudyDesign
  table: Table
  rows: Int32Array
  outcome: Outcome
  terms: number
  features: readonly string[]
  assessedOn: string
  comparatorProblems: readonly string[]
}

const leakConcordance = 0.98

/** Area under the ROC curve of one column for one class, folded to at least 0.5; by mid-ranks (Mann-Whitney). */
const separation = (values: Float64Array, positive: Uint8Array): number => {
  const order = Array.from(values.keys())
    .filter((i) => !Number.isNaN(values[i]))
    .sort((a, b) => values[a] - values[b])
  let positives = 0
  let rankSum = 0
  for (let start = 0; start < order.length; ) {
    let end = start
    while (end < order.length && values[order[end]] === values[order[start]]) end++
    for (let i = start; i < end; i++)
      if (positive[order[i]] === 1) {
        positives++
        rankSum += (start + end + 1) / 2
      }
    start = end
  }
  const negatives = order.length - positives
  if (positives === 0 || negatives === 0) return 0.5
  const area = (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives)
  return Math.max(area, 1 - area)
}

const leaks = ({ table, rows, outcome, features }: Facts): Warning[] => {
  if (outcome.task !== 'diagnosis' || outcome.classes.length !== 2) return []
  const positive = Uint8Array.from(outcome.y)
  return features
    .map((name) => {
      const { values } = columnOf(table, name)!
      return {
        name,
        area: separation(
          Float64Array.from(rows, (row) => values[row]),
          positive,
        ),
      }
    })
    .filter(({ area }) => area >= leakConcordance)
    .map(({ name, area }) => ({
      reason: 'possibleLeak',
      message: `${name} alone tells the outcome apart almost perfectly (AUROC ${area.toFixed(3)}): check that it was known before the outcome, else exclude it.`,
    }))
}

const minimumPerTerm = 10

/** What a reader of the model must know before trusting it: too few events, possible leaks, no unseen rows. */
export const warningsOf = (facts: Facts): Warning[] => {
  const { outcome, terms, assessedOn, comparatorProblems } = facts
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
  return [...warnings, ...leaks(facts)]
}
