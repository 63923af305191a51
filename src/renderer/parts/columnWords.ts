import type { Concept } from '../../contract/values.ts'
import { useText } from '../language/index.ts'
import type { Summary } from './suggest.ts'

export interface ColumnWords {
  labelOf: (column: Summary) => string
  /** Columns to choose from. */
  options: (from: readonly Summary[]) => { value: string; label: string }[]
  /** A value of a column with what it means. */
  named: (concept: Concept, value: string) => string
}

/** How columns of a study and their values are called. */
export const useColumnWords = (): ColumnWords => {
  const text = useText()
  const labelOf = ({ concept: { name, label } }: Summary) =>
    text(label) && text(label) !== name ? `${name} – ${text(label)}` : name
  return {
    labelOf,
    options: (from) => from.map((column) => ({ value: column.concept.name, label: labelOf(column) })),
    named(concept, value) {
      const level = concept.levels?.find(({ code }) => code === value)
      const label = level ? text(level.label) : ''
      return label && label.toLowerCase() !== value.toLowerCase() ? `${value} = ${label}` : value
    },
  }
}
