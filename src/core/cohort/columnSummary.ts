import type { Concept } from '../../contract/values.ts'
import { quantileOf } from '../numbers/quantile.ts'
import type { Column } from './table.ts'

const mostCounts = 12

const countsOf = (column: Column, known: Float64Array, concept: Concept) => {
  const counts = new Map<number, number>()
  for (const value of known) {
    counts.set(value, (counts.get(value) ?? 0) + 1)
    if (!column.levels && counts.size > mostCounts) return null
  }
  const text = (value: number) => {
    if (column.levels) return column.levels[value]
    return concept.kind === 'boolean' ? String(value === 1) : String(value)
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 50)
    .map(([value, count]) => ({ value: text(value), count }))
}

/** What is recorded in a column: how much, and how it is spread. */
export const columnSummary = (column: Column, concept: Concept) => {
  const known = column.values.filter((value) => !Number.isNaN(value)).sort()
  const numeric = !column.levels && concept.kind !== 'text' && concept.kind !== 'boolean' && known.length > 0
  return {
    concept,
    known: known.length,
    missing: column.values.length - known.length,
    quantiles: numeric
      ? {
          min: known[0],
          q25: quantileOf(known, 0.25),
          median: quantileOf(known, 0.5),
          q75: quantileOf(known, 0.75),
          max: known[known.length - 1],
          mean: known.reduce((sum, value) => sum + value, 0) / known.length,
        }
      : null,
    counts: concept.kind === 'text' || concept.kind === 'date' ? null : countsOf(column, known, concept),
  }
}
