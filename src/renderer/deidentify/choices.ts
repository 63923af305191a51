import type { ExportChoices, ExportReport } from '../../contract/exports.ts'

/** What the report is made for and the export written with. */
export type Choices = ExportChoices & { key: string | null }

export const firstChoices = (study: string): Choices => ({
  study,
  format: 'csv',
  dates: 'shift',
  ageBand: 1,
  quasi: null,
  sensitive: null,
  minimumK: null,
  drop: [],
  keep: [],
  key: null,
})

/** Whether a report speaks of these choices; one that does not is no leave to write. */
export const sameChoices = (a: Choices, b: Choices): boolean =>
  JSON.stringify(inOrder(a)) === JSON.stringify(inOrder(b))

const inOrder = ({ drop, keep, quasi, ...rest }: Choices) => ({
  ...rest,
  drop: drop.toSorted(),
  keep: keep.toSorted(),
  quasi: quasi?.toSorted() ?? null,
})

export type ReportColumn = ExportReport['columns'][number]

/** What a person may ask of a column besides what the rules say; null: nothing, the rules stand. */
export const mayAsk = (column: ReportColumn, { drop, keep }: Choices): 'drop' | 'keep' | null => {
  if (column.in === 'measurements') return null
  if (drop.includes(column.column)) return 'drop'
  if (keep.includes(column.column) || column.suspected) return 'keep'
  return column.treatment === 'dropped' ? null : 'drop'
}

/** The choices with what is asked of one column turned over. */
export const withTurned = (choices: Choices, what: 'drop' | 'keep', column: string): Choices => {
  const list = choices[what]
  const turned = list.includes(column) ? list.filter((each) => each !== column) : [...list, column]
  // A column that is left out can be no quasi-identifier, nor be watched for its diversity.
  const leaves = what === 'drop' && turned.includes(column)
  return {
    ...choices,
    [what]: turned,
    quasi: leaves ? (choices.quasi?.filter((each) => each !== column) ?? null) : choices.quasi,
    sensitive: leaves && choices.sensitive === column ? null : choices.sensitive,
  }
}
