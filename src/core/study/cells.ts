import { invalidInput } from '../../contract/errors.ts'
import { type Column, columnOf, type Table } from '../cohort/table.ts'

/** A column that must be there; throws `invalidInput` where it is not. */
export const required = (table: Table, name: string): Column => {
  const column = columnOf(table, name)
  if (!column) throw invalidInput('unknownColumn', { column: name })
  return column
}

/** The value of a cell as a person wrote it: the level of a category, the number otherwise; null: not recorded. */
export const cellText = (column: Column, value: number): string | null => {
  if (Number.isNaN(value)) return null
  return column.levels ? (column.levels[value] ?? null) : String(value)
}

/** Whether a cell is the value a person named: the same number, or the same level text. */
export const codeTest = (column: Column, codes: readonly string[]): ((value: number) => boolean) => {
  if (column.levels) {
    const levels = column.levels
    const wanted = new Set(codes.map((code) => levels.indexOf(code)).filter((index) => index >= 0))
    return (value) => wanted.has(value)
  }
  const words: Record<string, number> = { true: 1, yes: 1, false: 0, no: 0 }
  const wanted = new Set(
    codes.map((code) => (column.kind === 'boolean' ? (words[code.toLowerCase()] ?? Number(code)) : Number(code))),
  )
  return (value) => wanted.has(value)
}
