import { csvLine } from '../../contract/csv.ts'
import type { RowError } from '../../contract/intake.ts'

/**
 * Rejected rows as a CSV file: with a byte order mark, without which Excel takes UTF-8 for something else.
 *
 * @param words place, reason and detail of an error, in the language of the app
 */
export const rowErrorsCsv = (
  header: readonly string[],
  errors: readonly RowError[],
  words: {
    placeOf: (error: RowError) => string
    reasonOf: (error: RowError) => string
    detailOf: (error: RowError) => string
  },
): string =>
  `\uFEFF${csvLine(header)}${errors
    .map((error) =>
      csvLine([
        error.row,
        words.placeOf(error),
        error.column,
        words.reasonOf(error),
        error.text,
        words.detailOf(error),
      ]),
    )
    .join('')}`
