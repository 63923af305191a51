import type { StudyDesignInput } from '../../../contract/design.ts'
import type { Concept } from '../../../contract/values.ts'
import type { Concern } from '../concern.ts'

type Filter = NonNullable<StudyDesignInput['filters']>[number]
export type FilterOp = Filter['op']

/** A condition as it stands in the form; its value is text until the design is made. */
export interface FilterDraft {
  column: string | null
  op: FilterOp
  value: string
}

/** Who belongs to the study. */
export interface CasesDraft {
  filters: FilterDraft[]
}

export const isOrdered = (op: FilterOp): boolean => op === '<' || op === '<=' || op === '>' || op === '>='

/** Comparisons that a column has: only numbers have an order. */
export const opsOf = (concept: Concept | undefined): FilterOp[] =>
  concept && (concept.kind === 'number' || concept.kind === 'integer')
    ? ['=', '!=', '<', '<=', '>', '>=', 'known']
    : ['=', '!=', 'known']

const isWhole = ({ column, op, value }: FilterDraft, concepts: readonly Concept[]): boolean => {
  const concept = concepts.find(({ name }) => name === column)
  if (!concept || !opsOf(concept).includes(op)) return false
  if (op === 'known') return true
  if (value.trim() === '') return false
  return !isOrdered(op) || Number.isFinite(Number(value))
}

export const cases: Concern<CasesDraft, 'filters'> = {
  start: () => ({ filters: [] }),
  kept: ({ filters }) => ({ filters }),
  faults: ({ filters }, { concepts }) => (filters.every((filter) => isWhole(filter, concepts)) ? [] : ['filters']),
  design: ({ filters }) => ({
    filters: filters.map(({ column, op, value }) => ({
      column: column ?? '',
      op,
      value: op === 'known' ? null : isOrdered(op) ? Number(value) : value.trim(),
    })),
  }),
}
