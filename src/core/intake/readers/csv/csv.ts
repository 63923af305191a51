import type { CsvDialect } from '../../../../contract/intake.ts'

/** Why a record's fields cannot be trusted. Column counts are the caller's to judge. */
export type CsvFault = 'unclosedQuote' | 'strayQuote'

/**
 * Called for each record. `line` is the line of the file it starts on, from 1. With a fault, `fields` holds the
 * physical line as it stood, and reading has gone on with the next line. `suspect` says that the text around holds a
 * NUL or a replacement character (U+FFFD), so the fields want a look.
 */
export type OnRecord = (fields: string[], line: number, fault: CsvFault | null, suspect: boolean) => void

/** Characters in one record before a quote counts as never closed. */
const longestRecord = 1 << 24

/**
 * Reads delimited text (RFC 4180, any line ending, blank lines skipped) handed over piece by piece.
 *
 * A quote that is never closed, or closed in the middle of a field, must not swallow the rows after it: such a record
 * is reported as one faulty line and reading resumes on the next line. The same holds for a record over several lines
 * whose number of fields differs from the first record's: in a file that is otherwise sound the quote that joined the
 * lines is the mistake. csv-parse, measured beside this, takes four times as long and cannot resume.
 */
export const createCsvReader = (dialect: Pick<CsvDialect, 'delimiter' | 'quote'>, onRecord: OnRecord) => {
  const delimiter = dialect.delimiter.charCodeAt(0)
  const quote = dialect.quote.charCodeAt(0)
  const quoteText = dialect.quote
  const doubled = quoteText + quoteText
  let rest = ''
  let line = 1
  let begun = false
  let expected = -1

  const read = (text: string, final: boolean): number => {
    const length = text.length
    const suspect = text.includes('\uFFFD') || text.includes('\0')
    let start = 0
    while (start < length) {
      let i = start
      let lines = 0
      let fault: CsvFault | null = null
      let quoted = false
      const fields: string[] = []
      for (;;) {
        let from = i
        let code = i < length ? text.charCodeAt(i) : 0
        while ((code === space || code === tab) && code !== delimiter && i < length) code = text.charCodeAt(++i)
        if (code === quote && i < length) {
          quoted = true
          from = i + 1
          let close = text.indexOf(quoteText, from)
          let escapes = false
          while (close >= 0 && text.charCodeAt(close + 1) === quote) {
            escapes = true
            close = text.indexOf(quoteText, close + 2)
          }
          if (close < 0 || (close + 1 >= length && !final)) {
            if (!final && length - start <= longestRecord) return start
            fault = close < 0 ? 'unclosedQuote' : 'strayQuote'
            break
          }
          const value = text.slice(from, close)
          lines += lineEndings(value)
          fields.push(escapes ? value.replaceAll(doubled, quoteText) : value)
          i = close + 1
          code = i < length ? text.charCodeAt(i) : 0
          while ((code === space || code === tab) && code !== delimiter && i < length) code = text.charCodeAt(++i)
          if (i < length && code !== delimiter && code !== lineFeed && code !== carriageReturn) {
            fault = 'strayQuote'
            break
          }
        } else {
          while (i < length) {
            code = text.charCodeAt(i)
            if (code === delimiter || code === lineFeed || code === carriageReturn) break
            i++
          }
          fields.push(text.slice(from, i))
          // A bare quote after a text over several lines: that text began with a quote of its own line's, not of this
          // one's.
          if (lines > 0 && fields[fields.length - 1].includes(quoteText)) {
            fault = 'unclosedQuote'
            break
          }
        }
        if (i >= length) {
          if (!final && length - start <= longestRecord) return start
          break
        }
        i++
        if (code === delimiter) continue
        lines++
        if (code === carriageReturn) {
          if (i >= length && !final) return start
          if (text.charCodeAt(i) === lineFeed) i++
        }
        break
      }
      if (fault === null && expected >= 0 && fields.length !== expected && quoted && spansLines(fields))
        fault = 'unclosedQuote'
      if (fault !== null) {
        const end = lineEnd(text, start)
        if (end.next >= length && !end.sure && !final && length - start <= longestRecord) return start
        onRecord([text.slice(start, end.at)], line, fault, suspect)
        start = end.next
        if (end.ended) line++
        continue
      }
      if (fields.length > 1 || quoted || !isBlank(fields[0])) {
        onRecord(fields, line, null, suspect)
        if (expected < 0) expected = fields.length
      }
      line += lines
      start = i
    }
    return start
  }

  const take = (piece: string, final: boolean): void => {
    let text = rest + piece
    if (!begun) {
      if (text.length < longestDeclaration && !final) {
        rest = text
        return
      }
      begun = true
      const declared = declaredDelimiter(text)
      if (declared) {
        text = text.slice(declared.length)
        line = 2
      }
    }
    rest = text.slice(read(text, final))
  }

  return {
    push: (piece: string): void => {
      if (piece !== '') take(piece, false)
    },
    end: (): void => take('', true),
  }
}

/** Excel's first line `sep=;`, which is no data: its length with the line ending, and the delimiter it declares. */
export const declaredDelimiter = (text: string): { delimiter: CsvDialect['delimiter']; length: number } | null => {
  const match = /^"?sep=([,;\t|])"?(\r\n|\n|\r)/i.exec(text)
  return match ? { delimiter: match[1] as CsvDialect['delimiter'], length: match[0].length } : null
}
const longestDeclaration = 10

/** Nothing but space, or the end-of-file mark of DOS. */
const isBlank = (text: string): boolean => text.trim() === '' || text.trim() === '\u001a'

const lineFeed = 10
const carriageReturn = 13
const space = 32
const tab = 9

const lineEndings = (text: string): number => {
  let count = 0
  for (let i = text.search(/[\r\n]/); i >= 0 && i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === lineFeed || (code === carriageReturn && text.charCodeAt(i + 1) !== lineFeed)) count++
  }
  return count
}

const spansLines = (fields: readonly string[]): boolean =>
  fields.some((field) => field.includes('\n') || field.includes('\r'))

/** Where a line ends and the next begins. Not sure: the text stops before its end, or between CR and a possible LF. */
const lineEnd = (text: string, start: number): { at: number; next: number; ended: boolean; sure: boolean } => {
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === lineFeed) return { at: i, next: i + 1, ended: true, sure: true }
    if (code === carriageReturn) {
      const next = text.charCodeAt(i + 1) === lineFeed ? i + 2 : i + 1
      return { at: i, next, ended: true, sure: i + 1 < text.length }
    }
  }
  return { at: text.length, next: text.length, ended: false, sure: false }
}
