import type { DecimalMark } from '../../../contract/intake.ts'
import type { Values } from '../../../contract/say.ts'
import type { ConceptKind } from '../../../contract/values.ts'
import { type Warning, type WarningText, warn, within } from '../../../contract/warnings.ts'
import { analyteOf } from '../../terminology/analytes.ts'
import { parseSex } from '../../terminology/sex.ts'
import { headerWords } from '../../terminology/words.ts'
import { type DateFormat, dateFormats, dateReader, looksLikeDate, parseNumber } from '../check/cells.ts'

/** What the cells of one column look like. */
export interface InferredColumn {
  name: string
  kind: ConceptKind
  dateFormat: DateFormat | null
  known: number
  missing: number
  /** Counted up to 10,000. */
  distinct: number
  examples: string[]
  /** Distinct texts of a category, code units ascending; null where a category may have more than were seen. */
  levels: string[] | null
  /** Every known text is a word for a sex. */
  sexes: boolean
  low: number | null
  high: number | null
  warnings: Warning[]
}

/** Texts that only ever mean "not recorded". */
const alwaysMissing = ['', 'NA']
/** Texts that mean it in a column otherwise of numbers or dates. */
const maybeMissing = new Set(
  'N/A|n/a|#N/A|na|NaN|nan|NULL|null|Null|.|-|--|---|?|missing|Missing|unknown|Unknown|nd|ND|n.d.|缺失|未测|未查|未做|不详|未知|/'.split(
    '|',
  ),
)

/**
 * Share of a column's known cells that must be numbers (or dates) for it to be one; the others are slips, rejected row
 * by row.
 */
const mostly = 0.9
const mostLevels = 100
const examplesKept = 5
const distinctKept = 10_000

/**
 * Infers what columns hold from rows given one after another. Numeric codes stay numbers, as R reads them: which of
 * them are labels of something is for a dictionary to say. Codes with leading zeros and digits too long for a number
 * stay text. Words for yes and no keep their spelling as the two levels of a category, as in R, unless a file spells
 * them in several ways; TRUE and FALSE are boolean.
 */
export const createInference = (names: readonly string[], decimal: DecimalMark) => {
  const scans = names.map((name) => createColumnScan(name, decimal))
  let rows = 0
  return {
    addRow: (fields: readonly string[]): void => {
      rows++
      for (let i = 0; i < scans.length; i++) scans[i].add((fields[i] ?? '').trim())
    },
    rows: () => rows,
    /** `whole`: all rows of the file were seen, so that no later row can hold something new. */
    finish: (whole: boolean): { columns: InferredColumn[]; missing: string[] } => {
      const finished = scans.map((scan) => scan.finish(whole))
      const found = new Set(finished.flatMap(({ missingTexts }) => missingTexts))
      return {
        columns: finished.map(({ column }) => column),
        missing: [...alwaysMissing, ...[...found].sort()],
      }
    },
  }
}

type FormatCount = { format: DateFormat; read: (text: string) => number; count: number }

const createColumnScan = (name: string, decimal: DecimalMark) => {
  const distinct = new Map<string, number>()
  const missingLike = new Map<string, number>()
  const formats: FormatCount[] = writtenFormats.map((format) => ({
    format,
    read: dateReader(format) ?? (() => Number.NaN),
    count: 0,
  }))
  const datedWord = dateHeader.test(headerWords(name))
  let known = 0
  let missing = 0
  let numbers = 0
  let unclear = 0
  let withMark = 0
  let fractions = 0
  let zeroLed = 0
  let longDigits = 0
  let dates = 0
  let compact = 0
  let sexes = 0
  let longest = 0
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY

  const add = (text: string): void => {
    if (text === '' || text === 'NA') {
      missing++
      return
    }
    if (maybeMissing.has(text)) {
      missingLike.set(text, (missingLike.get(text) ?? 0) + 1)
      return
    }
    known++
    if (distinct.size < distinctKept) distinct.set(text, (distinct.get(text) ?? 0) + 1)
    const value = parseNumber(text, decimal)
    if (!Number.isNaN(value)) {
      numbers++
      if (value < low) low = value
      if (value > high) high = value
      if (!Number.isInteger(value)) fractions++
      else if (datedWord && text.length === 8 && !Number.isNaN(compactDate(text))) compact++
      if (text.includes(decimal)) withMark++
      else if (text.charCodeAt(0) === 48 && text.length > 1) zeroLed++
      if (text.length > 15 && /^\d{16,}$/.test(text)) longDigits++
      return
    }
    if (eitherMark.test(text)) {
      // A number all the same, only not which: the row will be rejected, the column is no text.
      unclear++
      return
    }
    if (text.length > longest) longest = text.length
    if (looksLikeDate(text)) {
      let fits = false
      for (const format of formats) {
        if (!Number.isNaN(format.read(text))) {
          format.count++
          fits = true
        }
      }
      if (fits) dates++
    } else if (text.length <= 8 && parseSex(text) !== null) sexes++
  }

  const finish = (whole: boolean): { column: InferredColumn; missingTexts: string[] } => {
    const warnings: InferredColumn['warnings'] = []
    const tell: Warn = (reason, values) => warnings.push(within(warn(reason, values), 'ofColumn', { column: name }))
    const asNumbers = known > 0 && numbers + unclear >= known * mostly && zeroLed === 0 && longDigits === 0
    const asDates = !asNumbers && known > 0 && dates >= known * mostly
    const likeMissing = [...missingLike.values()].reduce((sum, count) => sum + count, 0)
    const isMissing = asNumbers || asDates || known === 0
    if (!isMissing) for (const [text, count] of missingLike) distinct.set(text, count)
    const column: InferredColumn = {
      name,
      kind: 'text',
      dateFormat: null,
      known: isMissing ? known : known + likeMissing,
      missing: isMissing ? missing + likeMissing : missing,
      distinct: distinct.size,
      examples: [...distinct.keys()].slice(0, examplesKept).map((text) => text.slice(0, 100)),
      levels: null,
      sexes: known > 0 && !asNumbers && sexes >= known * mostly,
      low: asNumbers && numbers > 0 ? low : null,
      high: asNumbers && numbers > 0 ? high : null,
      warnings,
    }
    const missingTexts = isMissing ? [...missingLike.keys()] : []

    if (asNumbers) decideNumber(column, tell, whole)
    else if (asDates) decideDate(column, tell)
    else decideText(column, tell, whole)
    return { column, missingTexts }
  }

  const decideNumber = (column: InferredColumn, tell: Warn, whole: boolean): void => {
    if (numbers < known) tell('notAllNumbers', { others: known - numbers, known })
    if (compact >= known * mostly) {
      column.kind = 'date'
      column.dateFormat = 'yyyyMMdd'
      return
    }
    const calendar = low >= 1850 && high < 2101
    if (calendar && fractions >= numbers * 0.8 && (numbers >= 20 || (datedWord && numbers >= 3))) {
      column.kind = 'date'
      column.dateFormat = 'year'
      return
    }
    if (datedWord && low >= 15_000 && high <= 80_000 && fractions === 0) tell('excelSerials')
    for (const code of [-9, -99, -999, 999, 9999, 99999]) {
      const count = distinct.get(String(code)) ?? 0
      if (count >= 2 && isOutlyingCode(code, distinct, decimal)) tell('possibleMissingCode', { code, count })
    }
    column.kind = fractions === 0 && withMark === 0 && whole && isCodeOrCount() ? 'integer' : 'number'
  }

  /**
   * Whole numbers so far: an integer only where few and close together (codes, scores, small counts). A laboratory
   * value that happens to be whole in this file must not make the next file's 261.5 an error.
   */
  const isCodeOrCount = (): boolean =>
    analyteOf(name) === null &&
    distinct.size <= 30 &&
    high - low <= 100 &&
    (distinct.size * 2 <= known || high - low <= 10)

  const decideDate = (column: InferredColumn, tell: Warn): void => {
    const best = Math.max(...formats.map(({ count }) => count))
    const fitting = formats.filter(({ count }) => count === best)
    if (fitting.length > 1) {
      column.kind = 'text'
      tell('ambiguousDates', { example: column.examples[0], formats: fitting.map(({ format }) => format) })
      return
    }
    column.kind = 'date'
    column.dateFormat = fitting[0].format === 'yyyy-MM-dd' ? null : fitting[0].format
    if (best < known) tell('notAllDates', { others: known - best, known, format: fitting[0].format })
  }

  const decideText = (column: InferredColumn, tell: Warn, whole: boolean): void => {
    if (column.known === 0) return
    if (numbers >= known * 0.5 && numbers > 0 && zeroLed === 0 && longDigits === 0)
      tell('mixedNumbers', { others: known - numbers, known })
    const texts = [...distinct.keys()].sort()
    const folded = new Set(texts.map((text) => text.toLowerCase()))
    if (
      texts.every((text) => /^(true|false|t|f)$/i.test(text)) &&
      texts.some((text) => /^(true|false)$/i.test(text) || texts.length === 2)
    ) {
      column.kind = 'boolean'
      return
    }
    if (folded.size <= 2 && texts.length > folded.size && texts.every((text) => yesOrNo.test(text))) {
      column.kind = 'boolean'
      return
    }
    const repeated = distinct.size * 2 <= column.known || (column.known < 20 && longest <= 24 && distinct.size <= 12)
    if (distinct.size > mostLevels || longest > 80 || !repeated || nameHeader.test(headerWords(name))) return
    column.kind = 'category'
    column.levels = whole ? texts : null
    if (folded.size < texts.length) tell('spellings', { texts: texts.slice(0, 6) })
  }

  return { add, finish }
}

type Warn = (reason: WarningText, values?: Values) => void

/** `1,234` or `1.234`, whichever is not the decimal mark here. */
const eitherMark = /^[+-]?\d{1,3}[.,]\d{3}$/
const yesOrNo = /^(yes|no|y|n|positive|negative|pos|neg|是|否|有|无|阳性|阴性)$/i
const nameHeader = /(^| )(name|surname|姓名|comment|comments|note|notes|remark|remarks|备注|address|地址|phone|电话)$/
const dateHeader = /(^| )(date|dob|dobth|birthday|visit|admission|discharge|day|do[a-z]{1,4})( |$)|日期|时间|生日|出生/
const compactDate = dateReader('yyyyMMdd') ?? (() => Number.NaN)
const writtenFormats = dateFormats.filter(
  (format): format is DateFormat => !['year', 'excel', 'excel1904', 'yyyyMMdd'].includes(format),
)

/** A code such as 999 stands out when all other values are on one side and far away. */
const isOutlyingCode = (code: number, distinct: ReadonlyMap<string, number>, decimal: DecimalMark): boolean => {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const text of distinct.keys()) {
    const value = parseNumber(text, decimal)
    if (Number.isNaN(value) || value === code) continue
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  if (!(low <= high)) return false
  return code < 0 ? low >= 0 : code > high + Math.max(high - low, 1)
}
