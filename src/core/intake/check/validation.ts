import { dayOf } from '../../../contract/days.ts'
import type { Mapping, RowError } from '../../../contract/intake.ts'
import { type RejectionText, rejection } from '../../../contract/rejections.ts'
import type { Said, Values } from '../../../contract/say.ts'
import type { Concept, Sex } from '../../../contract/values.ts'
import { parseSex } from '../../terminology/sex.ts'
import { type Conversion, loadUnits, molarMass } from '../../terminology/units.ts'
import {
  dateReader,
  isoDate,
  parseBoolean,
  parseNumber,
  parsePlainNumber,
  splitNumberAndUnit,
  whyNotANumber,
} from './cells.ts'

/** What reading one cell gave. `value`: NaN where nothing is recorded (or for text, which is in `text`). */
export interface CellResult {
  value: number
  text: string | null
  /** The text as it stood, where the value does not read the same. */
  raw: string | null
  fault: { code: RowError['code']; said: Said } | null
}

/** Reads the trimmed, non-missing text of one column. Returns the same object each time: copy what is to be kept. */
export type CellReader = (text: string) => CellResult

export interface CellReaderOptions {
  decimal: '.' | ','
  /** Unit the numbers are in, where it differs from the concept's. */
  sourceUnit: string | null
  dateFormat: string | null
  /** New levels are added to the concept's (in place) instead of being refused. */
  openLevels: boolean
}

/**
 * Reader of one concept's cells. A number is converted to the concept's unit and held against its plausible range; a
 * level is found by its code, else by its label or in other capitals; nothing that leaves a doubt is guessed.
 */
export const cellReader = (concept: Concept, options: CellReaderOptions): CellReader => {
  const result: CellResult = { value: Number.NaN, text: null, raw: null, fault: null }
  const done = (value: number, raw: string | null = null): CellResult => {
    result.value = value
    result.text = null
    result.raw = raw
    result.fault = null
    return result
  }
  const fault: Fault = (code, text, values) => {
    result.value = Number.NaN
    result.text = null
    result.raw = null
    result.fault = { code, said: rejection(text, { column: concept.name, ...values }) }
    return result
  }
  switch (concept.kind) {
    case 'number':
    case 'integer':
      return numberReader(concept, options, done, fault)
    case 'date':
      return readDates(concept, options, done, fault)
    case 'boolean':
      return (text) => {
        const value = parseBoolean(text)
        if (Number.isNaN(value)) return fault('notAllowed', 'neitherYesNorNo')
        return done(value, /^(true|false|0|1)$/i.test(text) ? null : text)
      }
    case 'category':
      return levelReader(concept, options.openLevels, done, fault)
    default:
      return (text) => {
        done(Number.NaN)
        result.text = text
        return result
      }
  }
}

/** The sex each value of a concept means: by its level's code or label. Null: the value says nothing. */
export const sexReader = (concept: Concept): ((value: number, text: string | null) => Sex | null) => {
  const bySex = (code: string, label: string): Sex | null => parseSex(label) ?? parseSex(code)
  if (concept.kind === 'category')
    return (value) => {
      const level = concept.levels?.[value]
      return level ? bySex(level.code, level.label.en) : null
    }
  const byCode = new Map(concept.levels?.map(({ code, label }) => [Number(code), parseSex(label.en)]))
  return (value, text) => (text === null ? (byCode.get(value) ?? null) : parseSex(text))
}

/** Whether a mapping's `missing` texts include this one. Empty is always missing. */
export const missingTest = (missing: Mapping['missing']): ((text: string) => boolean) => {
  const texts = new Set(missing.map((text) => text.trim()))
  texts.delete('')
  const lengths = new Set([...texts].map(({ length }) => length))
  return (text) => text === '' || (lengths.has(text.length) && texts.has(text))
}

type Done = (value: number, raw?: string | null) => CellResult
type Fault = (code: RowError['code'], text: RejectionText, values?: Values) => CellResult

const numberReader = (concept: Concept, options: CellReaderOptions, done: Done, fault: Fault): CellReader => {
  const { decimal, sourceUnit } = options
  const { plausible, unit, levels } = concept
  const low = plausible?.low ?? Number.NEGATIVE_INFINITY
  const high = plausible?.high ?? Number.POSITIVE_INFINITY
  const integer = concept.kind === 'integer'
  const conversion = sourceUnit === null ? null : conversionTo(concept, sourceUnit)
  const codes = codesOf(levels)
  const byLabel = levels && levels.length > 0 ? labelIndex(levels) : null

  const checked = (value: number, raw: string | null): CellResult => {
    if (integer && !Number.isInteger(value)) return fault('notAnInteger', 'notWhole')
    if (codes !== null && !codes.has(value)) return fault('notAllowed', 'noneOf', { known: listed(levels) })
    if (value < low || value > high) return fault('outOfRange', ...rangeText(low, high, unit))
    return done(value, raw)
  }

  const other = (text: string): CellResult => {
    const level = byLabel?.(text) ?? null
    if (level !== null) {
      const code = Number(levels?.[level].code)
      if (!Number.isNaN(code)) return checked(code, text)
    }
    const written = splitNumberAndUnit(text, decimal)
    if (!written) return fault('notANumber', ...whyNotANumber(text, decimal))
    const units = loadUnits()
    const code = units.ucum(written.unit)
    if (code === null) return fault('notANumber', ...whyNotANumber(text, decimal))
    if (unit === null) return fault('unknownUnit', 'unitUnasked')
    const convert = units.conversion(code, unit, molarMass(concept))
    if (!convert) return fault('unknownUnit', 'unitNotConverted', { unit })
    return checked(converted(written.value, convert), text)
  }

  return (text) => {
    const plain = parsePlainNumber(text, decimal)
    const isPlain = !Number.isNaN(plain)
    const value = isPlain ? plain : parseNumber(text, decimal)
    if (Number.isNaN(value)) return other(text)
    if (conversion !== null) return checked(converted(value, conversion), `${text} ${sourceUnit}`)
    // More digits than a double holds: the number is near, the text is what was written.
    const same = isPlain && (text.length <= 16 || decimal !== '.' || String(value) === text)
    return checked(value, same ? null : text)
  }
}

const conversionTo = (concept: Concept, from: string): Conversion => {
  const units = loadUnits()
  const conversion = concept.unit === null ? null : units.conversion(from, concept.unit, molarMass(concept))
  if (!conversion) throw new UnitMismatch(concept.name, from, concept.unit)
  return conversion
}

/** A mapping that asks for a conversion that cannot be; a fault of the mapping, not of a row. */
class UnitMismatch extends Error {
  readonly column: string
  readonly from: string
  readonly to: string | null
  constructor(column: string, from: string, to: string | null) {
    super(`${column} cannot be converted from ${from} to ${to ?? 'no unit'}`)
    this.column = column
    this.from = from
    this.to = to
  }
}

/** To twelve digits, so that 5.5 mmol/L does not become 99.08580000000001 mg/dL. */
const converted = (value: number, { factor, offset }: Conversion): number =>
  Number((value * factor + offset).toPrecision(12))

const readDates = (concept: Concept, options: CellReaderOptions, done: Done, fault: Fault): CellReader => {
  const read = dateReader(options.dateFormat, options.decimal)
  if (!read) throw new RangeError(`${options.dateFormat} is not a date format`)
  const form = options.dateFormat ?? 'yyyy-MM-dd'
  const low = concept.plausible?.low ?? earliest
  const high = concept.plausible?.high ?? latest
  return (text) => {
    const day = read(text)
    if (Number.isNaN(day))
      return form === 'year' ? fault('notADate', 'notDecimalYear') : fault('notADate', 'notADate', { form })
    if (day < low || day > high) return fault('outOfRange', 'notBetween', { low: isoDate(low), high: isoDate(high) })
    return done(day, text.length === 10 && isoText.test(text) ? null : text)
  }
}

const isoText = /^\d{4}-\d{2}-\d{2}$/
const earliest = dayOf('1800-01-01')
const latest = dayOf('2200-01-01')

const levelReader = (concept: Concept, open: boolean, done: Done, fault: Fault): CellReader => {
  concept.levels ??= []
  const { levels } = concept
  const byCode = new Map(levels.map(({ code }, index) => [code, index]))
  let byLabel = labelIndex(levels)
  return (text) => {
    const index = byCode.get(text)
    if (index !== undefined) return done(index)
    if (open) {
      byCode.set(text, levels.length)
      levels.push({ code: text, label: { en: text } })
      return done(levels.length - 1)
    }
    byLabel ??= labelIndex(levels)
    const found = byLabel(text)
    if (found !== null) return done(found, text)
    return fault('notAllowed', 'noneOf', { known: listed(levels) })
  }
}

type Levels = NonNullable<Concept['levels']>

/**
 * Finds a level by its label in either language, or by its code in other capitals; null where that is not one level.
 */
const labelIndex = (levels: Levels): ((text: string) => number | null) => {
  const found = new Map<string, number | null>()
  levels.forEach(({ code, label }, index) => {
    for (const word of new Set([code, label.en, label.zh ?? label.en].map(folded))) {
      const before = found.get(word)
      found.set(word, before === undefined || before === index ? index : null)
    }
  })
  return (text) => found.get(folded(text)) ?? null
}

const folded = (text: string): string => text.normalize('NFKC').trim().toLowerCase()

/**
 * The codes of a numeric kind, where it has labelled ones: two or more are a closed list, one is a label beside
 * numbers.
 */
const codesOf = (levels: Concept['levels']): Set<number> | null =>
  levels && levels.length >= 2 ? new Set(levels.map(({ code }) => Number(code))) : null

const listed = (levels: Concept['levels']): string => {
  const codes = (levels ?? []).map(({ code }) => code)
  return codes.length > 8 ? `${codes.slice(0, 8).join(', ')}, ...` : codes.join(', ')
}

const rangeText = (low: number, high: number, unit: string | null): [RejectionText, Values] => {
  const of = (bound: number) => (unit === null || unit === '1' ? String(bound) : `${bound} ${unit}`)
  if (low === Number.NEGATIVE_INFINITY) return ['aboveRange', { high: of(high) }]
  if (high === Number.POSITIVE_INFINITY) return ['belowRange', { low: of(low) }]
  return ['outOfRange', { low: String(low), high: of(high) }]
}

/** A measurement in a unit that the one it is kept in cannot be made from. */
export const unitNotKept = ({ name, unit: kept }: Pick<Concept, 'name' | 'unit'>, unit: string | null): Said =>
  kept === null
    ? rejection('unitNotKeptAny', { column: name, unit })
    : rejection('unitNotKept', { column: name, kept, unit })
