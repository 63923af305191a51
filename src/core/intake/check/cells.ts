import { daysAYear, isoDay } from '../../../contract/days.ts'
import type { DecimalMark } from '../../../contract/intake.ts'
import type { RejectionText } from '../../../contract/rejections.ts'
import type { Values } from '../../../contract/say.ts'

/**
 * The number a trimmed text writes, or NaN where it writes none or leaves it open which one. Digits with one decimal
 * mark of the dialect and an exponent are read; thousands marks only where no other reading is possible (`1,234,567` or
 * `1,234.5`, never `1,234`).
 */
export const parseNumber = (text: string, decimal: DecimalMark): number => {
  const value = parsePlainNumber(text, decimal)
  return Number.isNaN(value) ? parseOther(text, decimal) : value
}

/** The same for the one plain form, digits with or without a minus and a decimal mark; NaN for all else. */
export const parsePlainNumber = (text: string, decimal: DecimalMark): number => {
  const length = text.length
  const negative = length > 0 && text.charCodeAt(0) === minus
  const mark = decimal === '.' ? point : comma
  let mantissa = 0
  let digits = 0
  let decimals = -1
  for (let i = negative ? 1 : 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code >= zero && code <= nine) {
      mantissa = mantissa * 10 + (code - zero)
      digits++
      if (decimals >= 0) decimals++
    } else if (code === mark && decimals < 0) decimals = 0
    else return Number.NaN
  }
  if (digits === 0) return Number.NaN
  // Up to 15 digits over a power of ten up to 22 is correctly rounded (Clinger 1990); beyond, the engine's own reading.
  if (digits > 15) return Number(decimal === '.' ? text : text.replace(',', '.'))
  const value = decimals > 0 ? mantissa / powersOfTen[decimals] : mantissa
  return negative && value !== 0 ? -value : value
}

/** Why a text that should be a number is none, so that the person can mend the file. */
export const whyNotANumber = (text: string, decimal: DecimalMark): [RejectionText, Values?] => {
  const other = decimal === '.' ? ',' : '.'
  const mark = other === ',' ? ',' : '\\.'
  if (new RegExp(`^[+-]?\\d{1,3}${mark}\\d{3}$`).test(text)) return ['thousandsOrDecimals', { mark: other }]
  if (new RegExp(`^[+-]?\\d+${mark}\\d+$`).test(text)) return ['otherDecimal', { mark: other }]
  if (/^[<>≤≥＜＞]/.test(text)) return ['limit']
  if (/[\d.,]\s*[-–~～]\s*\d/.test(text)) return ['range']
  return ['notANumber']
}

/** A number followed by a unit (`5.2 mmol/L`), or null. */
export const splitNumberAndUnit = (text: string, decimal: DecimalMark): { value: number; unit: string } | null => {
  const match = /^([+-]?[\d.,]*\d(?:[eE][+-]?\d+)?)\s*([^\d\s.,<>+\-–~:/][^<>]*)$/.exec(text.normalize('NFKC'))
  if (!match) return null
  const value = parseNumber(match[1], decimal)
  return Number.isNaN(value) ? null : { value, unit: match[2].trim() }
}

/**
 * How dates may be written, beside ISO. `year`: decimal years; `excel`, `excel1904`: serial day numbers, only if asked.
 */
export const dateFormats = [
  'yyyy-MM-dd',
  'yyyyMMdd',
  'yyyy年MM月dd日',
  'dd.MM.yyyy',
  'dd/MM/yyyy',
  'MM/dd/yyyy',
  'dd-MM-yyyy',
  'MM-dd-yyyy',
  'dd MMM yyyy',
  'year',
  'excel',
  'excel1904',
] as const
export type DateFormat = (typeof dateFormats)[number]

/** Days since 1970-01-01 of a calendar date (proleptic Gregorian), or NaN for a day that never was. */
export const dayOf = (year: number, month: number, day: number): number => {
  if (!(year >= 1000 && year <= 9999) || !(month >= 1 && month <= 12)) return Number.NaN
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  if (!(day >= 1 && day <= (month === 2 && leap ? 29 : monthDays[month - 1]))) return Number.NaN
  const past = year - 1
  const leapDays = Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400)
  return past * 365 + leapDays + monthStarts[month - 1] + (leap && month > 2 ? 1 : 0) + day - 719_163
}

/** `yyyy-MM-dd` of days since 1970-01-01. */
export const isoDate = (day: number): string => {
  let text = isoDates.get(day)
  if (text === undefined) {
    text = isoDay(day)
    // A clinic's dates are some thousand different days; a file of others must not fill the memory.
    if (isoDates.size < 100_000) isoDates.set(day, text)
  }
  return text
}

const isoDates = new Map<number, string>()
const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const monthStarts = monthDays.map((_, month) => monthDays.slice(0, month).reduce((sum, days) => sum + days, 0))

/**
 * Reader of one date format: days since 1970-01-01, or NaN. A time of day behind the date is dropped, the date being
 * taken as written, in no time zone. Two-digit years are not read: the century would be a guess. Decimal years follow
 * Epi's `cal.yr`: 1970 + days / 365.25. Null: `format` is none of `dateFormats`.
 */
export const dateReader = (format: string | null, decimal: DecimalMark = '.'): ((text: string) => number) | null => {
  const byParts =
    (pattern: RegExp, year: number, month: number, day: number) =>
    (text: string): number => {
      const match = pattern.exec(text)
      return match ? dayOf(Number(match[year]), Number(match[month]), Number(match[day])) : Number.NaN
    }
  switch (format) {
    case null:
    case '':
    case 'yyyy-MM-dd':
      return readIso
    case 'yyyyMMdd':
      return byParts(/^(\d{4})(\d{2})(\d{2})$/, 1, 2, 3)
    case 'yyyy年MM月dd日':
      return byParts(/^(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]?$/, 1, 2, 3)
    case 'dd.MM.yyyy':
      return byParts(dated('\\.'), 3, 2, 1)
    case 'dd/MM/yyyy':
      return byParts(dated('/'), 3, 2, 1)
    case 'MM/dd/yyyy':
      return byParts(dated('/'), 3, 1, 2)
    case 'dd-MM-yyyy':
      return byParts(dated('-'), 3, 2, 1)
    case 'MM-dd-yyyy':
      return byParts(dated('-'), 3, 1, 2)
    case 'dd MMM yyyy':
      return (text) => {
        const match = /^(\d{1,2})[ -]([a-z]{3})[a-z]*\.?,?[ -](\d{4})$/i.exec(text)
        return match
          ? dayOf(Number(match[3]), months.indexOf(match[2].toLowerCase()) + 1, Number(match[1]))
          : Number.NaN
      }
    case 'year':
      return (text) => {
        const year = parseNumber(text, decimal)
        return year >= 1000 && year < 2500 ? Math.round((year - 1970) * daysAYear) : Number.NaN
      }
    case 'excel':
      // Day 60 is the 29th of February 1900, which never was: days before it are one off and not read.
      return (text) => {
        const serial = parseNumber(text, decimal)
        return serial >= 61 && serial < 2_958_466 ? Math.floor(serial) - 25_569 : Number.NaN
      }
    case 'excel1904':
      return (text) => {
        const serial = parseNumber(text, decimal)
        return serial >= 0 && serial < 2_957_004 ? Math.floor(serial) - 24_107 : Number.NaN
      }
    default:
      return null
  }
}

/** Formats a text fits, ignoring those that any number fits. `03/04/2020` fits two. */
export const formatsFitting = (text: string): DateFormat[] => {
  if (!looksLikeDate(text)) return []
  return writtenFormats.filter(({ read }) => !Number.isNaN(read(text))).map(({ format }) => format)
}

/** Cheap test before the exact one: digits and date marks only, or a month's name. */
export const looksLikeDate = (text: string): boolean =>
  text.length >= 8 &&
  text.length <= 40 &&
  /^(\d{4}[-/.年]\s*\d{1,2}[-/.月]\s*\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{1,2}[ -][a-z]{3,9}\.?,?[ -]\d{4})/i.test(
    text,
  )

const yes = ['true', 't', 'yes', 'y', '1', 'positive', 'pos', '+', 'present', '是', '有', '阳性', '真', '对', '存在']
const no = [
  'false',
  'f',
  'no',
  'n',
  '0',
  'negative',
  'neg',
  '-',
  'absent',
  '否',
  '无',
  '没有',
  '阴性',
  '假',
  '错',
  '不存在',
]
const booleanWords = new Map([...yes.map((word) => [word, 1] as const), ...no.map((word) => [word, 0] as const)])

/** 1, 0, or NaN for a word that is neither, in English or Chinese. */
export const parseBoolean = (text: string): number => booleanWords.get(text.toLowerCase()) ?? Number.NaN

const zero = 48
const nine = 57
const minus = 45
const plus = 43
const point = 46
const comma = 44
const powersOfTen = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`))
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const timeOfDay = '(?:[T ]\\s*\\d{1,2}:\\d{2}(?::\\d{2}(?:[.,]\\d+)?)?\\s*(?:Z|[+-]\\d{2}:?\\d{2}|[ap]m)?)?'
const isoPattern = new RegExp(`^(\\d{4})[-/.](\\d{1,2})[-/.](\\d{1,2})${timeOfDay}$`, 'i')
const otherIso = (text: string): number => {
  const match = isoPattern.exec(text)
  return match ? dayOf(Number(match[1]), Number(match[2]), Number(match[3])) : Number.NaN
}
/** `yyyy-MM-dd` digit by digit, as nearly all are written; else by the pattern. */
const readIso = (text: string): number => {
  if (text.length !== 10 || text.charCodeAt(4) !== minus || text.charCodeAt(7) !== minus) return otherIso(text)
  let digits = 0
  for (let i = 0; i < 10; i++) {
    if (i === 4 || i === 7) continue
    const code = text.charCodeAt(i)
    if (code < zero || code > nine) return otherIso(text)
    digits = digits * 10 + (code - zero)
  }
  return dayOf(Math.floor(digits / 10_000), Math.floor(digits / 100) % 100, digits % 100)
}
const dated = (mark: string) => new RegExp(`^(\\d{1,2})${mark}(\\d{1,2})${mark}(\\d{4})${timeOfDay}$`, 'i')

const writtenFormats = dateFormats
  .filter((format) => !['year', 'excel', 'excel1904', 'yyyyMMdd'].includes(format))
  .map((format) => ({ format, read: dateReader(format) ?? (() => Number.NaN) }))

const otherForms = { '.': numberForms(',', '\\.'), ',': numberForms('\\.', ',') }

function numberForms(group: string, mark: string) {
  return {
    exponent: new RegExp(`^[+-]?(\\d+(${mark}\\d*)?|${mark}\\d+)e[+-]?\\d{1,3}$`, 'i'),
    thousands: new RegExp(
      `^[+-]?\\d{1,3}((${group}\\d{3}){2,}(${mark}\\d+)?|${group}\\d{3}${mark}\\d+|('\\d{3})+(${mark}\\d+)?)$`,
    ),
    groups: new RegExp(`${group}|'`, 'g'),
  }
}

/** Exponents, thousands marks that can only be that, full-width digits, the typographic minus. */
const parseOther = (text: string, decimal: DecimalMark): number => {
  if (text.length > 40) return Number.NaN
  const first = text.charCodeAt(0)
  if ((first >= 65 && first <= 90) || (first >= 97 && first <= 122)) return Number.NaN
  if (/[^ -~]/.test(text)) {
    const plain = text.normalize('NFKC').replace(/[\u2212\u2013]/, '-')
    return plain !== text && !/[^!-~]/.test(plain) ? parseNumber(plain, decimal) : Number.NaN
  }
  if (first === plus && text.charCodeAt(1) !== minus) return parseNumber(text.slice(1), decimal)
  const { exponent, thousands, groups } = otherForms[decimal]
  if (exponent.test(text)) return finite(decimal === '.' ? text : text.replace(',', '.'))
  if (!thousands.test(text)) return Number.NaN
  const bare = text.replace(groups, '')
  return finite(decimal === '.' ? bare : bare.replace(',', '.'))
}

const finite = (text: string): number => {
  const value = Number(text)
  return Number.isFinite(value) ? value : Number.NaN
}
