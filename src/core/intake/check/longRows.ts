import type { Mapping, Place, RowError } from '../../../contract/intake.ts'
import { type RowFault, rejection } from '../../../contract/rejections.ts'
import type { Said } from '../../../contract/say.ts'
import type { Concept } from '../../../contract/values.ts'
import { loadUnits } from '../../terminology/units.ts'
import type { LongPlan } from '../mapping/plan.ts'
import { decimalOf } from '../reader.ts'
import { dateReader, parseNumber } from './cells.ts'
import { type CellReader, cellReader, missingTest, unitNotKept } from './validation.ts'
import { damageIn, isDamaged, trimmed } from './wideRows.ts'

/** Accepted measurements, one after another in each list. */
export interface LongRows {
  rows: Int32Array
  keys: string[]
  /** Index into the tests of the file, in the order they were met. */
  tests: Int32Array
  /** Days since the patient's index date, or since 1970-01-01 where dated. */
  days: Float64Array
  values: Float64Array
  raws: (string | null)[]
  /** Tests met for the first time in this slice; their indices go on from those before. */
  newTests: Concept[]
}

/** Checks rows of a file with one measurement a row. */
export const createLongCheck = (plan: LongPlan, mapping: Mapping, header: readonly string[]) => {
  const at = (column: string | null): number => {
    if (column === null) return -1
    const index = header.indexOf(column)
    if (index < 0) throw new Error(`The plan has a column ${column} that the file lacks`)
    return index
  }
  const decimal = decimalOf(mapping.dialect)
  const isMissing = missingTest(mapping.missing)
  const [key, test, value, day, unit] = [plan.key, plan.test, plan.value, plan.day, plan.unit].map(at)
  const readDate = plan.dated ? dateReader(plan.dayFormat, decimal) : null
  const known = new Map(plan.tests.map((concept) => [concept.name, concept]))
  const concepts = new Map<string, { index: number; concept: Concept; readers: Map<string, CellReader | null> }>()
  let out = emptyOut()

  const testOf = (name: string, unitCode: string | null) => {
    let found = concepts.get(name)
    if (!found) {
      const concept = known.get(name) ?? { ...plan.newTest, name, label: { en: name }, unit: unitCode }
      found = { index: concepts.size, concept, readers: new Map() }
      concepts.set(name, found)
      out.newTests.push(concept)
    }
    return found
  }

  /** Reader of a test in a unit; null where the unit cannot be converted to the test's. */
  const readerOf = (found: ReturnType<typeof testOf>, unitCode: string | null): CellReader | null => {
    const name = unitCode ?? ''
    let reader = found.readers.get(name)
    if (reader === undefined) {
      const sourceUnit = unitCode === found.concept.unit ? null : unitCode
      try {
        reader = cellReader(found.concept, { decimal, sourceUnit, dateFormat: null, openLevels: false })
      } catch {
        reader = null
      }
      found.readers.set(name, reader)
    }
    return reader
  }

  const add = (cells: readonly string[], row: number, place: Place, suspect: boolean): void => {
    const before = out.errors.length
    const fault = (column: string, code: RowError['code'], said: Said, text: string | null) =>
      out.errors.push({ row, place, column, code, said, text: text === null ? null : text.slice(0, 200) })
    out.rows++
    const patient = trimmed(cells[key])
    const name = trimmed(cells[test])
    const written = trimmed(cells[value])
    if (suspect)
      for (const index of [key, test, value, day])
        if (index >= 0 && isDamaged(cells[index]))
          fault(header[index], 'badEncoding', damageIn(header[index], cells[index]), cells[index])
    if (isMissing(patient)) fault(header[key], 'missingKey', rejection('noPatient'), null)
    if (isMissing(name)) fault(header[test], 'notAllowed', rejection('noTest'), null)
    let when = 0
    if (day >= 0) {
      const text = trimmed(cells[day])
      when = readDate ? readDate(text) : parseNumber(text, decimal)
      if (Number.isNaN(when)) fault(header[day], 'notADate', rejection('noDay', { column: header[day] }), text)
    }
    if (isMissing(written)) fault(header[value], 'notANumber', rejection('noValue'), null)
    if (out.errors.length > before) {
      out.rejected++
      return
    }
    let unitCode: string | null = null
    if (unit >= 0) {
      const text = trimmed(cells[unit])
      unitCode = isMissing(text) ? null : loadUnits().ucum(text)
      if (unitCode === null && !isMissing(text)) {
        fault(header[unit], 'unknownUnit', rejection('noUnit', { column: header[unit] }), text)
        out.rejected++
        return
      }
    }
    const found = testOf(name, unitCode)
    const read = readerOf(found, unitCode)
    const result = read?.(written) ?? null
    if (result === null)
      fault(header[unit], 'unknownUnit', unitNotKept({ name, unit: found.concept.unit }, unitCode), unitCode)
    else if (result.fault !== null) fault(header[value], result.fault.code, result.fault.said, written)
    else if (Number.isNaN(result.value))
      fault(header[value], 'notANumber', rejection('textRepeated', { column: name }), written)
    if (result === null || out.errors.length > before) {
      out.rejected++
      return
    }
    out.accepted.push(row)
    out.keys.push(patient)
    out.tests.push(found.index)
    out.days.push(when)
    out.values.push(result.value)
    out.raws.push(result.raw)
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
      const { rows, rejected, errors, accepted, keys, tests, days, values, raws, newTests } = out
      out = emptyOut()
      const long: LongRows = {
        rows: Int32Array.from(accepted),
        keys,
        tests: Int32Array.from(tests),
        days: Float64Array.from(days),
        values: Float64Array.from(values),
        raws,
        newTests: newTests.map((concept) => structuredClone(concept)),
      }
      return { rows, rejected, errors, wide: null, long, resources: null }
    },
    withoutOutcome: () => 0,
    newLevels: () => [],
  }
}

const emptyOut = () => ({
  rows: 0,
  rejected: 0,
  errors: [] as RowFault[],
  accepted: [] as number[],
  keys: [] as string[],
  tests: [] as number[],
  days: [] as number[],
  values: [] as number[],
  raws: [] as (string | null)[],
  newTests: [] as Concept[],
})
