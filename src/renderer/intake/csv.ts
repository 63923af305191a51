import type { RowError } from '../../contract/intake.ts'

/**
 * A cell of a CSV file. Text that a spreadsheet would run as a formula gets an apostrophe before it: what stood in
 * somebody else's file must not act when the clerk opens the list of faults.
 */
const cell = (value: string | number | null): string => {
  if (value === null) return ''
  const text = String(value)
  const harmless = typeof value === 'number' || !/^[=+\-@\t\r]/.test(text) || /^[+-]?\d+([.,]\d+)?$/.test(text)
  const safe = harmless ? text : `'${text}`
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const line = (cells: readonly (string | number | null)[]): string => `${cells.map(cell).join(',')}\r\n`

/**
 * Rejected rows as a CSV file: with a byte order mark, without which Excel takes UTF-8 for something else.
 *
 * @param words place and reason of an error, in the language of the app
 */
export const rowErrorsCsv = (
  header: readonly string[],
  errors: readonly RowError[],
  words: { placeOf: (error: RowError) => string; reasonOf: (error: RowError) => string },
): string =>
  `\uFEFF${line(header)}${errors
    .map((error) =>
      line([error.row, words.placeOf(error), error.column, words.reasonOf(error), error.text, error.message]),
    )
    .join('')}`

/** Saves a text as a file, by way of the browser's own download. */
export const saveText = (name: string, text: string, type = 'text/csv;charset=utf-8'): void => {
  const address = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  document.body.append(link)
  link.click()
  link.remove()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
