import type { CsvDialect, DecimalMark } from '../../../../contract/intake.ts'
import { type Warning, warn } from '../../../../contract/warnings.ts'
import { looksLikeDate, parseNumber } from '../../check/cells.ts'
import type { HintOf } from '../../reader.ts'
import { createCsvReader, declaredDelimiter } from './csv.ts'

export interface DialectGuess {
  dialect: CsvDialect
  warnings: Warning[]
}

const delimiters = [',', ';', '\t', '|'] as const
const lookedRows = 200

/**
 * Guesses delimiter, quote, decimal mark and header from the first rows of a file, its encoding being known. What is
 * given is taken as it is. A decimal comma is only assumed where the file proves it: `1,234` alone may be a thousand,
 * and is later rejected rather than guessed.
 */
export const guessDialect = (
  head: string,
  encoding: CsvDialect['encoding'],
  given: HintOf<'csv'> = {},
  headIsWhole = false,
): DialectGuess => {
  const warnings: DialectGuess['warnings'] = []
  const declared = declaredDelimiter(head)
  // Cut off here too: a line `sep=;` must not count when quotes and delimiters are.
  const text = declared ? head.slice(declared.length) : head
  const quote = given.quote ?? guessQuote(text)
  const delimiter = given.delimiter ?? declared?.delimiter ?? guessDelimiter(text, quote, headIsWhole)
  const rows = readHead(text, delimiter, quote, headIsWhole)
  const decimal = given.decimal ?? guessDecimal(rows, warnings)
  const header = given.header ?? guessHeader(rows, decimal)
  if (!header && given.header === undefined) warnings.push(warn('noHeader'))
  return {
    dialect: { format: 'csv', encoding: given.encoding ?? encoding, delimiter, quote, decimal, header },
    warnings,
  }
}

const readHead = (text: string, delimiter: CsvDialect['delimiter'], quote: CsvDialect['quote'], whole: boolean) => {
  const rows: string[][] = []
  const reader = createCsvReader({ delimiter, quote }, (fields, _line, fault) => {
    if (rows.length < lookedRows && fault === null) rows.push(fields.map((field) => field.trim()))
  })
  reader.push(text)
  // The last line of a head may be cut in two; it only counts where nothing else is there.
  if (whole || rows.length === 0) reader.end()
  return rows
}

const guessQuote = (text: string): CsvDialect['quote'] => {
  const double = text.match(/(^|[,;\t|\r\n])"/g)?.length ?? 0
  if (double > 0) return '"'
  const enclosed = text.match(/(^|[,;\t|\r\n])'[^'\r\n]*'(?=[,;\t|\r\n]|$)/g)?.length ?? 0
  const opened = text.match(/(^|[,;\t|\r\n])'/g)?.length ?? 0
  return enclosed >= 2 && enclosed >= opened * 0.9 ? "'" : '"'
}

/** The delimiter that cuts the rows into the same number of fields, most of them numbers, dates or nothing. */
const guessDelimiter = (text: string, quote: CsvDialect['quote'], whole: boolean): CsvDialect['delimiter'] => {
  let best: CsvDialect['delimiter'] = ','
  let bestScore = 0
  for (const delimiter of delimiters) {
    const rows = readHead(text, delimiter, quote, whole)
    const counts = new Map<number, number>()
    for (const { length } of rows) counts.set(length, (counts.get(length) ?? 0) + 1)
    const [width, share] = [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0] ?? [1, 0]
    if (width < 2) continue
    const consistent = share / rows.length
    const headerFits = rows[0].length === width ? 1 : 0.5
    let typed = 0
    let cells = 0
    for (const row of rows.slice(1, 50)) {
      for (const cell of row) {
        cells++
        if (cell === '' || !Number.isNaN(parseNumber(cell, '.')) || !Number.isNaN(parseNumber(cell, ','))) typed++
        else if (looksLikeDate(cell)) typed++
      }
    }
    const score = consistent * headerFits * (1 + (cells > 0 ? typed / cells : 0)) * (1 + Math.log2(width) / 100)
    if (score > bestScore) {
      best = delimiter
      bestScore = score
    }
  }
  return best
}

const guessDecimal = (rows: string[][], warnings: DialectGuess['warnings']): DecimalMark => {
  let comma = 0
  let point = 0
  let either = 0
  for (const row of rows) {
    for (const cell of row) {
      if (/^[+-]?\d{1,3},\d{3}$/.test(cell) && !/^[+-]?0,/.test(cell)) either++
      else if (/^[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+(e[+-]?\d+)?$/i.test(cell)) comma++
      else if (/^[+-]?(\d+|\d{1,3}(,\d{3})+)\.\d+(e[+-]?\d+)?$/i.test(cell)) point++
    }
  }
  if (comma > 0 && point === 0) return ','
  if (comma > 0 && point > 0) {
    warnings.push(warn('mixedDecimals'))
    return comma > point ? ',' : '.'
  }
  if (either > 0 && point === 0) warnings.push(warn('ambiguousComma'))
  return '.'
}

/** A header is there unless the first row holds numbers where the rows below do, or every row looks alike. */
const guessHeader = (rows: string[][], decimal: DecimalMark): boolean => {
  const [first, ...below] = rows
  if (!first) return true
  const isValue = (cell: string) => !Number.isNaN(parseNumber(cell, decimal)) || looksLikeDate(cell)
  let against = 0
  for (let column = 0; column < first.length; column++) {
    if (!isValue(first[column])) continue
    const known = below.map((row) => row[column] ?? '').filter((cell) => cell !== '')
    if (known.length === 0 || known.filter(isValue).length >= known.length * 0.5) against++
  }
  const named = first.filter((cell) => cell !== '' && !isValue(cell))
  // Numbers as names (years, item numbers) are possible as long as most columns have a word for a name.
  return against === 0 || (named.length > against * 4 && new Set(first).size === first.length && wordsOnlyAbove(rows))
}

const wordsOnlyAbove = ([first, ...below]: string[][]): boolean =>
  first.every((cell, column) => cell === '' || below.every((row) => row[column] !== cell))
