/** A cell of a CSV file; null and undefined are empty. */
export type CsvCell = string | number | boolean | null | undefined

/**
 * One record of a CSV file (RFC 4180) with its end of line.
 *
 * Text that a spreadsheet would run as a formula gets an apostrophe before it (`guardFormula`): what stood in somebody
 * else's file must not act when a clerk opens an export. Every CSV file that Bedside writes is written by this
 * function.
 */
export const csvLine = (cells: readonly CsvCell[], end: '\r\n' | '\n' = '\r\n'): string =>
  cells.map(csvCell).join(',') + end

export const csvCell = (cell: CsvCell): string => {
  if (cell === null || cell === undefined) return ''
  const text = typeof cell === 'string' ? guardFormula(cell) : String(cell)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/**
 * The text with an apostrophe before it where a spreadsheet might take it for a formula: where it begins, spaces aside,
 * with one of the characters OWASP lists under CSV injection (`=`, `+`, `-`, `@`, tab, carriage return, line feed and
 * the full-width forms). Of those with a sign, results that no spreadsheet can compute with stay as they are: numbers
 * (`-12,5`, `+1.5e3`), signs alone (`+`, `+/-`, `--`), and a number with words (`-5 to 0`, `+2 strong`).
 */
export const guardFormula = (text: string): string =>
  /^\s*[=@＝＠]|^[\t\r\n]/.test(text) || (/^\s*[+\-＋－]/.test(text) && !signedResult.test(text)) ? `'${text}` : text

const signedResult =
  /^\s*(?:[+\-/\s]+|[+-]\s?\d[\d.,'’\s]*(?:[eE][+-]?\d+)?\s?%?|[+-]\s?\d[\d.,]*(?:\s+(?:\p{L}+|\d[\d.,]*))+)$/u
