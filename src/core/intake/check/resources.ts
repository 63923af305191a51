import type { Mapping, Place, RowError } from '../../../contract/intake.ts'
import { type RowFault, rejection } from '../../../contract/rejections.ts'
import type { Said } from '../../../contract/say.ts'
import type { Concept } from '../../../contract/values.ts'
import { loadUnits } from '../../terminology/units.ts'
import { defaultConcept } from '../mapping/mapping.ts'
import type { ResourcesPlan } from '../mapping/plan.ts'
import type { Coding, ObservationResource, Resource } from '../resource.ts'
import { dateReader, isoDate } from './cells.ts'
import { type CellReader, cellReader, unitNotKept } from './validation.ts'
import { isDamaged, tomorrow } from './wideRows.ts'

/** An accepted measurement; `test` is an index into the tests of the file, in the order they were met. */
export interface CheckedObservation {
  kind: 'observation'
  patient: string
  test: number
  /** Days since 1970-01-01. */
  day: number
  /** A coded result as its level's index; NaN: in words. */
  value: number
  raw: string | null
  code: string | null
  text: string | null
}

export type CheckedResource = CheckedObservation | Exclude<Resource, ObservationResource>

/** Accepted records with their row of the file, in its order. */
export interface ResourceRows {
  rows: Int32Array
  resources: CheckedResource[]
  /** Tests met for the first time in this slice; their indices go on from those before. */
  newTests: Concept[]
}

type Fault = (column: string, code: RowError['code'], said: Said, text: string | null) => void

/** Checks clinical records of several kinds. A record is accepted whole or rejected with all its faults. */
export const createResourceCheck = (plan: ResourcesPlan, mapping: Mapping) => {
  const tests = createTests(plan, mapping)
  const latest = tomorrow()
  let out = emptyOut()

  const add = (resource: Resource, row: number, place: Place): void => {
    const before = out.errors.length
    const fault: Fault = (column, code, said, text) =>
      out.errors.push({ row, place, column, code, said, text: text === null ? null : text.slice(0, 200) })
    out.rows++
    if (!resource.patient?.trim()) fault('patient', 'missingKey', rejection('recordWithoutPatient'), null)
    for (const [field, text] of Object.entries(resource))
      if (typeof text === 'string' && isDamaged(text))
        fault(field, 'badEncoding', rejection('damaged', { column: field }), text)
    const checked =
      resource.kind === 'observation' ? checkObservation(resource, tests, fault) : checkRecord(resource, latest, fault)
    if (out.errors.length > before || checked === null) {
      out.rejected++
      return
    }
    out.accepted.push(row)
    out.resources.push(checked)
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
      const { rows, rejected, errors, accepted, resources } = out
      out = emptyOut()
      return {
        ...{ rows, rejected, errors, wide: null, long: null },
        resources: { rows: Int32Array.from(accepted), resources, newTests: tests.takeNew() } satisfies ResourceRows,
      }
    },
    withoutOutcome: () => 0,
    newLevels: () => tests.newLevels(),
  }
}

const emptyOut = () => ({
  rows: 0,
  rejected: 0,
  errors: [] as RowFault[],
  accepted: [] as number[],
  resources: [] as CheckedResource[],
})

const readDay = dateReader(null) as (text: string) => number
const partial = /^(\d{4})(-(\d{2})(-(\d{2}))?)?$/

/**
 * Days since 1970-01-01 of the first day a partial date may mean; NaN where it is none. A time behind it is dropped.
 */
const partialDay = (text: string): number => {
  if (!partial.test(text)) return readDay(text)
  return readDay(text.length === 4 ? `${text}-01-01` : text.length === 7 ? `${text}-01` : text)
}

const checkDate = (field: string, text: string | null, fault: Fault): number => {
  const day = text === null ? Number.NaN : partialDay(text)
  if (text !== null && Number.isNaN(day)) fault(field, 'notADate', rejection('notIsoDate', { column: field }), text)
  return day
}

const checkNumber = (field: string, value: number | null, fault: Fault): void => {
  if (value !== null && !Number.isFinite(value))
    fault(field, 'notANumber', rejection('notANumber', { column: field }), String(value))
}

const checkRecord = (
  resource: Exclude<Resource, ObservationResource>,
  latest: number,
  fault: Fault,
): Exclude<Resource, ObservationResource> | null => {
  switch (resource.kind) {
    case 'person': {
      const born = checkDate('birthDate', resource.birthDate, fault)
      if (born > latest) fault('birthDate', 'outOfRange', rejection('birthInFuture'), resource.birthDate)
      return resource
    }
    case 'encounter': {
      const day = resource.date === null ? Number.NaN : readDay(resource.date)
      if (resource.date !== null && Number.isNaN(day))
        fault('date', 'notADate', rejection('notWholeDate', { column: 'date' }), resource.date)
      return { ...resource, date: Number.isNaN(day) ? null : isoDate(day) }
    }
    case 'document': {
      checkDate('date', resource.date, fault)
      if (!resource.title?.trim()) fault('title', 'notAllowed', rejection('noTitle'), null)
      if (resource.content.trim() === '') fault('content', 'notAllowed', rejection('noText'), null)
      return resource
    }
    default: {
      const start = checkDate('startDate', resource.startDate, fault)
      const end = checkDate('endDate', resource.endDate, fault)
      const whole = resource.startDate?.length === resource.endDate?.length
      if (whole && end < start) fault('endDate', 'outOfRange', rejection('endBeforeStart'), resource.endDate)
      if (!resource.label?.trim() && !resource.coding?.code) fault('label', 'notAllowed', rejection('ofNothing'), null)
      checkNumber('value', resource.value, fault)
      return resource
    }
  }
}

type Tests = ReturnType<typeof createTests>

const checkObservation = (resource: ObservationResource, tests: Tests, fault: Fault): CheckedObservation | null => {
  const { patient, coding, label, date, value, unit, result, text } = resource
  const day = date === null ? Number.NaN : readDay(date)
  if (Number.isNaN(day)) fault('date', 'notADate', rejection('observationDate'), date)
  if (!label?.trim() && !coding?.code) {
    fault('label', 'notAllowed', rejection('nothingObserved'), null)
    return null
  }
  checkNumber('value', value, fault)
  if (value === null && result === null && !text?.trim()) {
    fault('value', 'notANumber', rejection('noResult'), null)
    return null
  }
  if (Number.isNaN(day) || (value !== null && !Number.isFinite(value)) || !patient) return null
  const code = unit === null ? null : loadUnits().ucum(unit)
  if (unit !== null && code === null) {
    fault('unit', 'unknownUnit', rejection('noUnit', { column: unit }), unit)
    return null
  }
  const test = tests.find(resource, code)
  const read = tests.readerOf(test, code)
  if (read === null) {
    fault('unit', 'unknownUnit', unitNotKept(test.concept, unit), unit)
    return null
  }
  const written = value !== null ? String(value) : (result?.code ?? (text as string).trim())
  const cell = read(written)
  if (cell.fault !== null) {
    fault(value !== null ? 'value' : 'result', cell.fault.code, cell.fault.said, written)
    return null
  }
  const inWords = Number.isNaN(cell.value)
  if (result !== null && text !== null && !inWords) tests.nameLevel(test, cell.value, text)
  return {
    kind: 'observation',
    patient,
    test: test.index,
    day,
    value: cell.value,
    raw: cell.raw,
    code: result === null ? null : token(result),
    text: inWords ? text?.trim() || written : null,
  }
}

/** A code as FHIR writes it in a search. */
const token = ({ system, code }: Coding): string => (system === null ? code : `${system}|${code}`)

interface Test {
  index: number
  concept: Concept
  readers: Map<string, CellReader | null>
  /** A category whose levels are not known beforehand: those that come are added. */
  open: boolean
}

/** The tests of a file: each one's dictionary entry by the mapping, by its code, by its name, or a new one. */
const createTests = ({ tests: dictionary }: ResourcesPlan, mapping: Mapping) => {
  const mapped = new Map(
    mapping.columns.filter(({ use }) => use === 'import').map(({ column, concept }) => [column, concept]),
  )
  const byName = new Map(dictionary.map((concept) => [concept.name, concept]))
  const byCode = new Map(
    dictionary.flatMap((concept) => concept.coding.map((coding) => [token(coding), concept] as const)),
  )
  const byTest = new Map<string, Test>()
  const byConcept = new Map<string, Test>()
  let fresh: Concept[] = []

  const conceptFor = ({ coding, label, value, result }: ObservationResource, unit: string | null): Concept => {
    const name = label?.trim() || (coding as Coding).code
    const asked = mapped.get(coding?.code ?? '') ?? mapped.get(name)
    const known = asked
      ? (byName.get(asked.name) ?? asked)
      : ((coding && byCode.get(token(coding))) ?? byName.get(name))
    if (known) return structuredClone(known)
    return defaultConcept(name, {
      kind: value !== null ? 'number' : result !== null ? 'category' : 'text',
      unit: value !== null ? unit : null,
      coding: coding?.system ? [{ system: coding.system, code: coding.code }] : [],
      levels: null,
    })
  }

  return {
    find: (resource: ObservationResource, unit: string | null): Test => {
      const key = JSON.stringify([resource.coding, resource.label])
      let test = byTest.get(key)
      if (test) return test
      const concept = conceptFor(resource, unit)
      test = byConcept.get(concept.name)
      if (!test) {
        test = {
          index: byConcept.size,
          concept,
          readers: new Map(),
          open: concept.kind === 'category' && !concept.levels?.length,
        }
        byConcept.set(concept.name, test)
        fresh.push(concept)
      }
      byTest.set(key, test)
      return test
    },
    /** Reader of a test's results in a unit; null where the unit cannot be converted to the test's. */
    readerOf: ({ concept, readers, open }: Test, unit: string | null): CellReader | null => {
      const key = unit ?? ''
      let reader = readers.get(key)
      if (reader === undefined) {
        const sourceUnit = unit === concept.unit ? null : unit
        try {
          reader = cellReader(concept, { decimal: '.', sourceUnit, dateFormat: null, openLevels: open })
        } catch {
          reader = null
        }
        readers.set(key, reader)
      }
      return reader
    },
    /** What a level means, where only its code was known. */
    nameLevel: ({ concept }: Test, index: number, text: string): void => {
      const level = concept.levels?.[index]
      if (level && level.label.en === level.code) level.label = { en: text }
    },
    takeNew: (): Concept[] => {
      const taken = fresh.map((concept) => structuredClone(concept))
      fresh = []
      return taken
    },
    /** Levels of all open categories; those that the dictionary has by then are left alone. */
    newLevels: () =>
      [...byConcept.values()].flatMap(({ concept, open }) =>
        open && concept.levels ? [{ concept: concept.name, levels: concept.levels }] : [],
      ),
  }
}
