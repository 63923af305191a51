import type { Language } from './languages.ts'
import type { Translate } from './texts.ts'

/** Shown where there is no value. */
export const noValue = '–'

export interface Formats {
  /** Up to `digits` decimals (6 unless said), none that are not there: 14.5, 1,200. */
  number: (value: number | null | undefined, digits?: number) => string
  /** Exactly `digits` decimals: 0.870. */
  fixed: (value: number | null | undefined, digits: number) => string
  integer: (value: number | null | undefined) => string
  /** 0.182 -> 18% (`digits` decimals, none unless said). */
  percent: (value: number | null | undefined, digits?: number) => string
  /** A calendar date (`1950-03-01`, or the date part of an instant), without a time zone. */
  date: (iso: string | null | undefined) => string
  /** An instant in the time zone of this machine. */
  dateTime: (iso: string | null | undefined) => string
  /** The same to the second, for what has to be told apart. */
  moment: (iso: string | null | undefined) => string
  /** 80 -> 1 min 20 sec. */
  duration: (seconds: number | null | undefined) => string
  /** How long ago a moment was, in its largest unit: 3 days ago; `now` where it is less than a minute. */
  ago: (iso: string, now?: number) => string
  bytes: (count: number | null | undefined) => string
  /** Age in years; in months below two years. */
  age: (years: number | null | undefined) => string
  list: (texts: readonly string[]) => string
  /** A UCUM unit as people write it: `10*3/uL` -> 10³/µL, `mm[Hg]` -> mmHg; empty where there is none. */
  unit: (ucum: string | null | undefined) => string
  /** Number and unit: 3.2 mg/dL. */
  quantity: (value: number | null | undefined, ucum: string | null | undefined, digits?: number) => string
}

/** Numbers, dates, units and ages of a language: the same on screen, in the history, on paper and in the shell. */
export const createFormats = (language: Language, translate: Translate): Formats => {
  const cache = new Map<string, Intl.NumberFormat>()
  const numberFormat = (options: Intl.NumberFormatOptions) => {
    const key = JSON.stringify(options)
    const known = cache.get(key) ?? new Intl.NumberFormat(language, options)
    cache.set(key, known)
    return known
  }
  const write = (value: number | null | undefined, options: Intl.NumberFormatOptions): string =>
    value === null || value === undefined || Number.isNaN(value) ? noValue : numberFormat(options).format(value)
  const dates = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' })
  const instants = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' })
  const moments = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' })
  const spans = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
  const lists = new Intl.ListFormat(language, { style: 'narrow', type: 'conjunction' })
  const measure = (value: number, unit: string, digits = 0) =>
    write(value, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: digits })

  const number: Formats['number'] = (value, digits = 6) => write(value, { maximumFractionDigits: digits })
  const unit: Formats['unit'] = (ucum) => unitText(ucum ?? '', translate)
  return {
    number,
    fixed: (value, digits) => write(value, { minimumFractionDigits: digits, maximumFractionDigits: digits }),
    integer: (value) => write(value, { maximumFractionDigits: 0 }),
    percent: (value, digits = 0) => write(value, { style: 'percent', maximumFractionDigits: digits }),
    date: (iso) => {
      const at = iso ? Date.parse(`${iso.slice(0, 10)}T00:00:00Z`) : Number.NaN
      return Number.isNaN(at) ? (iso ?? noValue) : dates.format(at)
    },
    dateTime: (iso) => {
      const at = iso ? Date.parse(iso) : Number.NaN
      return Number.isNaN(at) ? (iso ?? noValue) : instants.format(at)
    },
    moment: (iso) => {
      const at = iso ? Date.parse(iso) : Number.NaN
      return Number.isNaN(at) ? (iso ?? noValue) : moments.format(at)
    },
    duration: (seconds) => {
      if (seconds === null || seconds === undefined || Number.isNaN(seconds)) return noValue
      if (seconds < 10) return measure(seconds, 'second', 1)
      const whole = Math.round(seconds)
      const parts = [
        { value: Math.floor(whole / 3600), unit: 'hour' },
        { value: Math.floor((whole % 3600) / 60), unit: 'minute' },
        { value: whole % 60, unit: 'second' },
      ].filter((part) => part.value > 0)
      return parts
        .slice(0, 2)
        .map((part) => measure(part.value, part.unit))
        .join(' ')
    },
    ago: (iso, now = Date.now()) => {
      const seconds = (Date.parse(iso) - now) / 1000
      const [unit, length] = spanUnits.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 0]
      return spans.format(length === 0 ? 0 : Math.trunc(seconds / length), unit)
    },
    bytes: (count) => {
      if (count === null || count === undefined) return noValue
      const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']
      const step = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(count) / 3))
      if (step === 0) return write(count, { style: 'unit', unit: 'byte', unitDisplay: 'long' })
      return measure(count / 1000 ** step, units[step] ?? 'terabyte', 1)
    },
    age: (years) => {
      if (years === null || years === undefined || Number.isNaN(years)) return noValue
      // In Chinese a person's years have a word of their own (岁), which Intl does not know.
      const count = Math.floor(years < 2 ? years * 12 : years)
      return translate(`formats:age.${years < 2 ? 'months' : 'years'}`, { count, number: number(count) })
    },
    list: (texts) => lists.format(texts),
    unit,
    quantity: (value, ucum, digits) => {
      const written = number(value, digits)
      const named = unit(ucum)
      if (!named || written === noValue) return written
      return named === '%' ? `${written}%` : `${written} ${named}`
    },
  }
}

const spanUnits: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]

/** Units that are words of the language: `formats:units.<code>`. */
const spelled = new Set(['a', 'mo', 'wk', 'd', 'h', 'min', 's'])
const superscript: Record<string, string> = {
  '0': '⁰',
  '1': '¹',
  '2': '²',
  '3': '³',
  '4': '⁴',
  '5': '⁵',
  '6': '⁶',
  '7': '⁷',
  '8': '⁸',
  '9': '⁹',
}
const raised = (digits: string) => [...digits].map((digit) => superscript[digit] ?? digit).join('')

const unitText = (ucum: string, translate: Translate): string => {
  if (ucum === '' || ucum === '1') return ''
  if (spelled.has(ucum)) return translate(`formats:units.${ucum}`)
  return ucum
    .replace(/10[*^](\d+)/g, (_, power: string) => `10${raised(power)}`)
    .replace(/\{([^}]*)\}/g, (_, note: string) => note.replaceAll('_', ' '))
    .replaceAll('mm[Hg]', 'mmHg')
    .replaceAll('[in_i]', 'in')
    .replaceAll('[lb_av]', 'lb')
    .replaceAll('[degF]', '°F')
    .replace(/\[(?:i)?IU\]|\[iU\]/gi, 'IU')
    .replace(/\bCel\b/g, '°C')
    .replace(/\b(?:u|mc)(?=(?:mol|g|L|l|m|U)\b)/g, 'µ')
    .replace(/\b([mck]?m)([23])\b/g, (_, base: string, power: string) => `${base}${raised(power)}`)
    .replace(/\.(?!\d)/g, '·')
}
