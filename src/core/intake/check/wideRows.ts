import { today } from '../../../contract/days.ts'
import type { Mapping, Place, RowError } from '../../../contract/intake.ts'
import { type RowFault, rejection } from '../../../contract/rejections.ts'
import type { Said } from '../../../contract/say.ts'
import type { Concept, Sex } from '../../../contract/values.ts'
import { encodeRecord } from '../../vault/records/record.ts'
import type { WidePlan } from '../mapping/plan.ts'
import { decimalOf } from '../reader.ts'
import { isoDate } from './cells.ts'
import { type CellReader, cellReader, missingTest, sexReader } from './validation.ts'

/** Accepted rows, one after another in each list; lists of what the mapping does not have are null. */
export interface WideRows {
  rows: Int32Array
  keys: string[] | null
  names: (string | null)[] | null
  birthDates: (string | null)[] | null
  sexes: (Sex | null)[] | null
  dates: (string | null)[] | null
  /** Packed records, the i-th from `ends[i - 1]` to `ends[i]`. */
  records: Uint8Array
  ends: Uint32Array
}

interface Field {
  index: number
  concept: Concept
  read: CellReader
}

/** Today as days since 1970-01-01, and a day more for those east of Greenwich. */
export const tomorrow = () => today() + 1

/** Checks rows of a file with one case a row. A row is accepted whole or rejected with all its faults. */
export const createWideCheck = (plan: WidePlan, mapping: Mapping, header: readonly string[], pack: boolean) => {
  const at = (column: string): number => {
    const index = header.indexOf(column)
    if (index < 0) throw new Error(`The plan has a column ${column} that the file lacks`)
    return index
  }
  const decimal = decimalOf(mapping.dialect)
  const isMissing = missingTest(mapping.missing)
  const fields: Field[] = plan.fields.map(({ column, concept, sourceUnit, dateFormat, open }) => ({
    index: at(column),
    concept,
    read: cellReader(concept, { decimal, sourceUnit, dateFormat, openLevels: open }),
  }))
  const levelsBefore = plan.fields.map(({ concept }) => concept.levels?.length ?? 0)
  const form = { kinds: fields.map(({ concept }) => concept.kind) }
  const of = (role: Concept['role']) => fields.findIndex(({ concept }) => concept.role === role)
  const [key, name, birth] = [of('patientKey'), of('patientName'), of('birthDate')]
  const [date, sex] = [of('encounterDate'), of('sex')]
  const readSex = sex < 0 ? null : sexReader(fields[sex].concept)
  const times = fields.flatMap(({ concept }, field) => (concept.role === 'outcomeTime' ? [field] : []))
  const events = fields.flatMap(({ concept }, field) => (concept.role === 'outcomeEvent' ? [field] : []))
  const outcomes = fields.flatMap(({ concept }, field) => (concept.role === 'outcome' ? [field] : []))
  const latest = tomorrow()

  const count = fields.length
  const values = new Float64Array(count)
  const texts = new Array<string | null>(count).fill(null)
  const raws = new Array<string | null>(count).fill(null)
  const known = new Uint8Array(count)
  let out = emptyOut()
  let withoutOutcome = 0

  const add = (cells: readonly string[], row: number, place: Place, suspect: boolean): void => {
    const before = out.errors.length
    const fault = (column: string, code: RowError['code'], said: Said, text: string | null) =>
      out.errors.push({ row, place, column, code, said, text: text === null ? null : text.slice(0, 200) })
    let anyKnown = false
    let anyRaw = false
    for (let field = 0; field < count; field++) {
      const { index, read } = fields[field]
      const text = trimmed(cells[index])
      if (suspect && isDamaged(text)) {
        known[field] = 1
        values[field] = Number.NaN
        fault(header[index], 'badEncoding', damageIn(header[index], text), text)
        continue
      }
      if (isMissing(text)) {
        values[field] = Number.NaN
        texts[field] = null
        raws[field] = null
        known[field] = 0
        continue
      }
      anyKnown = true
      known[field] = 1
      const result = read(text)
      if (result.fault !== null) {
        values[field] = Number.NaN
        fault(header[index], result.fault.code, result.fault.said, text)
        continue
      }
      values[field] = result.value
      texts[field] = result.text
      raws[field] = result.raw
      if (result.raw !== null) anyRaw = true
    }
    if (!anyKnown && out.errors.length === before)
      out.errors.push({ row, place, column: null, code: 'missingKey', said: rejection('emptyRow'), text: null })
    else if (key >= 0 && known[key] === 0) fault(header[fields[key].index], 'missingKey', rejection('noPatient'), null)
    checkDates(fault)
    const hasOutcome = checkOutcomes(fault)

    out.rows++
    if (out.errors.length > before) {
      out.rejected++
      return
    }
    out.accepted.push(row)
    if (!hasOutcome) withoutOutcome++
    if (!pack) return
    if (key >= 0) out.keys.push(writtenOf(key))
    if (name >= 0) out.names.push(known[name] ? writtenOf(name) : null)
    if (birth >= 0) out.birthDates.push(known[birth] ? isoDate(values[birth]) : null)
    if (date >= 0) out.dates.push(known[date] ? isoDate(values[date]) : null)
    if (readSex) out.sexes.push(known[sex] ? readSex(values[sex], texts[sex]) : null)
    out.records.push(encodeRecord(form, values, texts, anyRaw ? raws : null))
  }

  const writtenOf = (field: number): string => texts[field] ?? raws[field] ?? String(values[field])

  type Fault = (column: string, code: RowError['code'], said: Said, text: string | null) => void

  const checkDates = (fault: Fault): void => {
    if (birth >= 0 && known[birth] && values[birth] > latest)
      fault(header[fields[birth].index], 'outOfRange', rejection('birthInFuture'), isoDate(values[birth]))
    if (birth >= 0 && date >= 0 && known[birth] && known[date] && values[date] < values[birth])
      fault(header[fields[date].index], 'outOfRange', rejection('beforeBirth'), isoDate(values[date]))
  }

  /**
   * A time without its event, or an event without its time, would turn into a wrong survival time or vanish. Tells
   * whether there is any outcome.
   */
  const checkOutcomes = (fault: Fault): boolean => {
    let some = outcomes.length + times.length === 0 || outcomes.some((field) => known[field] === 1)
    for (let pair = 0; pair < times.length; pair++) {
      const time = times[pair]
      const column = header[fields[time].index]
      if (known[time] && values[time] < 0)
        fault(column, 'negativeTime', rejection('negativeTime', { column }), String(values[time]))
      if (known[time]) some = true
      const event = events[pair]
      if (event === undefined) continue
      if (known[event]) some = true
      if (known[time] !== known[event]) {
        const absent = known[time] ? event : time
        fault(
          header[fields[absent].index],
          'missingOutcome',
          rejection(known[time] ? 'timeWithoutEvent' : 'eventWithoutTime'),
          null,
        )
      }
    }
    return some
  }

  return {
    add,
    reject: (error: RowFault): void => {
      out.rows++
      out.rejected++
      out.errors.push(error)
    },
    take: () => {
      if (out.rows === 0) return null
      const { rows, rejected, errors, accepted, keys, names, birthDates, sexes, dates, records } = out
      out = emptyOut()
      const wide: WideRows = {
        rows: Int32Array.from(accepted),
        keys: key >= 0 ? keys : null,
        names: name >= 0 ? names : null,
        birthDates: birth >= 0 ? birthDates : null,
        sexes: readSex ? sexes : null,
        dates: date >= 0 ? dates : null,
        ...joined(records),
      }
      return { rows, rejected, errors, wide, long: null, resources: null }
    },
    withoutOutcome: () => withoutOutcome,
    newLevels: () =>
      fields.flatMap(({ concept }, field) => {
        const added = concept.kind === 'category' ? (concept.levels ?? []).slice(levelsBefore[field]) : []
        return added.length > 0 ? [{ concept: concept.name, levels: added }] : []
      }),
  }
}

/** Without space around it, which is cheap to see for the many cells that have none. */
export const trimmed = (text: string): string => {
  const last = text.length - 1
  if (last < 0) return text
  const first = text.charCodeAt(0)
  const end = text.charCodeAt(last)
  return first > 32 && first < 128 && end > 32 && end < 128 ? text : text.trim()
}

/** A replacement character or NUL: the bytes were malformed, here or in the program that wrote the file. */
export const isDamaged = (text: string): boolean => text.includes('\uFFFD') || text.includes('\0')

export const damageIn = (column: string, text: string): Said =>
  rejection(text.includes('\0') ? 'nul' : 'badEncoding', { column })

const emptyOut = () => ({
  rows: 0,
  rejected: 0,
  errors: [] as RowFault[],
  accepted: [] as number[],
  keys: [] as string[],
  names: [] as (string | null)[],
  birthDates: [] as (string | null)[],
  sexes: [] as (Sex | null)[],
  dates: [] as (string | null)[],
  records: [] as Uint8Array[],
})

const joined = (records: readonly Uint8Array[]): Pick<WideRows, 'records' | 'ends'> => {
  const ends = new Uint32Array(records.length)
  let length = 0
  records.forEach((record, index) => {
    length += record.length
    ends[index] = length
  })
  const all = new Uint8Array(length)
  records.forEach((record, index) => {
    all.set(record, ends[index] - record.length)
  })
  return { records: all, ends }
}
