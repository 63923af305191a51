import type { Cell, Concept } from '../../contract/values.ts'
import type { Piece } from './csv.ts'
import { fhirFiles, type Released, type ReleasedColumn } from './deidentify.ts'
import { releasedPartial } from './partial.ts'
import { releasedDay } from './release.ts'
import type { StudyEvent } from './source.ts'

/**
 * The export as FHIR R4 (4.0.1) bulk data: NDJSON, a file a resource type. Every resource bears the security label
 * PSEUDED (v3-ObservationValue). Ids are pseudonyms of the export key; nothing carries a narrative, a name or an
 * identifier.
 */
export function* fhirLines(released: Released, files: readonly string[]): Generator<Piece> {
  for (const file of files)
    for (const resource of resourcesOf[file]!(released)) yield { file, text: `${JSON.stringify(resource)}\n` }
}

type Resource = { resourceType: string } & Record<string, unknown>

const meta = {
  security: [
    { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'PSEUDED', display: 'pseudonymized' },
  ],
}
const ucum = 'http://unitsofmeasure.org'

function* patients({ order, pseudonym, people, columns, rowsOf, releasing }: Released): Generator<Resource> {
  const has = (test: (column: ReleasedColumn) => boolean) => columns.some(test)
  // Only what this study says: the sex and birth date of a patient may come from another.
  const sexed = has(({ plan }) => plan.concept.role === 'sex')
  const birth = columns.find(({ plan }) => plan.concept.role === 'birthDate')
  for (const patient of order) {
    const year = birth
      ? rowsOf(patient)
          .map(birth.cell)
          .find((cell) => cell !== null)
      : undefined
    const isOld = releasing.over[patient] !== 0
    yield {
      resourceType: 'Patient',
      id: pseudonym(patient),
      meta,
      ...(sexed ? { gender: people[patient].sex } : {}),
      ...(year === undefined
        ? {}
        : isOld
          ? { _birthDate: absent('masked') }
          : { birthDate: String(year).padStart(4, '0') }),
    }
  }
}

const absent = (code: 'masked') => ({
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: code }],
})

const subject = (pseudonym: string) => ({ reference: `Patient/${pseudonym}` })

const encounterDay = (columns: readonly ReleasedColumn[]) =>
  columns.find(({ plan }) => plan.concept.role === 'encounterDate')

function* encounters({ order, pseudonym, columns, rowsOf, encounterCode }: Released): Generator<Resource> {
  const date = encounterDay(columns)
  const site = columns.find(({ plan }) => plan.release.as === 'site')
  for (const patient of order)
    for (const row of rowsOf(patient)) {
      const day = date?.cell(row) ?? null
      const at = site?.cell(row) ?? null
      yield {
        resourceType: 'Encounter',
        id: encounterCode(row),
        meta,
        status: 'unknown',
        class: { system: 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor', code: 'UNK', display: 'unknown' },
        subject: subject(pseudonym(patient)),
        ...(day === null ? {} : { period: { start: String(day) } }),
        ...(at === null ? {} : { serviceProvider: { identifier: { system: 'urn:bedside:site', value: String(at) } } }),
      }
    }
}

const inOtherResources = new Set(['sex', 'birthDate', 'encounterDate'])

function* observations(released: Released): Generator<Resource> {
  const { order, pseudonym, columns, rowsOf, encounterCode, releasing, series, eventsOf } = released
  const date = encounterDay(columns)
  const site = columns.find(({ plan }) => plan.release.as === 'site')
  const observed = columns.filter((column) => column !== site && !inOtherResources.has(column.plan.concept.role))
  for (const patient of order) {
    const of = subject(pseudonym(patient))
    for (const row of rowsOf(patient)) {
      const encounter = encounterCode(row)
      const day = date?.cell(row) ?? null
      for (const [at, { plan, cell }] of observed.entries()) {
        const value = cell(row)
        if (value === null) continue
        yield {
          resourceType: 'Observation',
          id: `${encounter}-${at + 1}`,
          meta,
          status: 'final',
          code: codeOf(plan.concept),
          subject: of,
          encounter: { reference: `Encounter/${encounter}` },
          ...(day === null ? {} : { effectiveDateTime: String(day) }),
          ...valueAs(plan, value),
        }
      }
    }
    for (const [at, { plan, measurements, release, from, to }] of series.entries())
      for (let i = from[patient]; i < to[patient]; i++) {
        const value = release(measurements.values[i], patient)
        if (value === null) continue
        const day = measurements.days[i]
        yield {
          resourceType: 'Observation',
          id: `${pseudonym(patient)}-m${at + 1}-${i - from[patient] + 1}`,
          meta,
          status: 'final',
          code: codeOf(plan.concept),
          subject: of,
          ...(measurements.dated[i] === 1 ? { effectiveDateTime: releasedDay(releasing, day, patient) } : {}),
          ...valueAs(plan, value),
          ...(measurements.dated[i] === 1 ? {} : sinceIndexDate(day)),
        }
      }
    for (const [at, event] of eventsOf(patient).entries()) {
      if (event.kind !== 'outcome') continue
      const start = releasedPartial(releasing, event.startDate, patient)
      yield {
        resourceType: 'Observation',
        id: `${pseudonym(patient)}-e${at + 1}`,
        meta,
        status: 'final',
        code: eventCode(released, event),
        subject: of,
        ...(start === null ? {} : { effectiveDateTime: start }),
        ...(event.value === null ? { valueBoolean: true } : { valueQuantity: quantity(event.value, event.unit) }),
        ...(start === null && event.startDay !== null ? sinceIndexDate(event.startDay) : {}),
      }
    }
  }
}

/** R4 has no time relative to an index date; it stands as a component. */
const sinceIndexDate = (days: number) => ({
  component: [{ code: { text: 'Days since the index date' }, valueQuantity: quantity(days, 'd') }],
})

const codeOf = ({ coding, name, label }: Concept) => ({
  ...(coding.length > 0 ? { coding: coding.map(({ system, code }) => ({ system, code })) } : {}),
  text: label.en === '' ? name : label.en,
})

const quantity = (value: number, unit: string | null, comparator?: '>=') => ({
  value,
  ...(comparator ? { comparator } : {}),
  ...(unit === null ? {} : { unit, system: ucum, code: unit }),
})

/** A released value as value[x]; the group of 90 and older as `>= 90`. */
const valueAs = ({ concept, release }: ReleasedColumn['plan'], value: Exclude<Cell, null>): Record<string, unknown> => {
  const level = concept.levels?.find(({ code }) => code === String(value))
  if (level && typeof value !== 'boolean')
    return {
      valueCodeableConcept: {
        coding: [{ code: level.code, display: level.label.en || level.code }],
        text: level.label.en || level.code,
      },
    }
  if (release.as === 'day' || release.as === 'year' || release.as === 'birthYear')
    return { valueDateTime: String(value).padStart(4, '0') }
  if (typeof value === 'boolean') return { valueBoolean: value }
  if (typeof value === 'string') return { valueCodeableConcept: { text: value } }
  const years = release.as === 'age' || release.as === 'duration' ? Math.floor(value * release.scale + 1e-3) : 0
  if (
    concept.unit === null &&
    concept.kind === 'integer' &&
    years < 90 &&
    Number.isInteger(value) &&
    Math.abs(value) < 2 ** 31
  )
    return { valueInteger: value }
  return { valueQuantity: quantity(value, concept.unit, years >= 90 ? '>=' : undefined) }
}

const eventCode = ({ isSharedLabel }: Released, { system, code, label }: StudyEvent) => ({
  ...(code === null ? {} : { coding: [{ ...(system === null ? {} : { system }), code }] }),
  ...(code !== null || isSharedLabel(label) ? { text: label } : { text: 'withheld' }),
})

const clinicalStatuses = new Set(['active', 'recurrence', 'relapse', 'inactive', 'remission', 'resolved'])
const statusesOf: Record<'procedure' | 'medication', readonly string[]> = {
  procedure: [
    'preparation',
    'in-progress',
    'not-done',
    'on-hold',
    'stopped',
    'completed',
    'entered-in-error',
    'unknown',
  ],
  medication: ['active', 'completed', 'entered-in-error', 'intended', 'stopped', 'on-hold', 'unknown', 'not-taken'],
}

const eventsAs = (kind: 'condition' | 'procedure' | 'medication') =>
  function* (released: Released): Generator<Resource> {
    const { order, pseudonym, eventsOf, releasing } = released
    for (const patient of order)
      for (const [at, event] of eventsOf(patient).entries()) {
        if (event.kind !== kind) continue
        const start = releasedPartial(releasing, event.startDate, patient)
        const end = releasedPartial(releasing, event.endDate, patient)
        const period = { ...(start === null ? {} : { start }), ...(end === null ? {} : { end }) }
        const timed = start !== null || end !== null
        const id = `${pseudonym(patient)}-e${at + 1}`
        const of = subject(pseudonym(patient))
        const code = eventCode(released, event)
        if (kind === 'condition') {
          const status = event.status?.toLowerCase() ?? ''
          yield {
            resourceType: 'Condition',
            id,
            meta,
            ...(clinicalStatuses.has(status)
              ? {
                  clinicalStatus: {
                    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: status }],
                  },
                }
              : {}),
            code,
            subject: of,
            ...(start === null
              ? event.startDay === null
                ? {}
                : { onsetString: `Day ${event.startDay} since the index date` }
              : { onsetDateTime: start }),
            ...(end === null
              ? event.endDay === null
                ? {}
                : { abatementString: `Day ${event.endDay} since the index date` }
              : { abatementDateTime: end }),
          }
        } else {
          const status = event.status?.toLowerCase() ?? ''
          const known = statusesOf[kind].includes(status) ? status : 'unknown'
          yield kind === 'procedure'
            ? {
                resourceType: 'Procedure',
                id,
                meta,
                status: known,
                code,
                subject: of,
                ...(timed
                  ? { performedPeriod: period }
                  : event.startDay === null
                    ? {}
                    : { performedString: `Day ${event.startDay} since the index date` }),
              }
            : {
                resourceType: 'MedicationStatement',
                id,
                meta,
                status: known,
                medicationCodeableConcept: code,
                subject: of,
                ...(timed ? { effectivePeriod: period } : {}),
                ...(event.value === null
                  ? {}
                  : { dosage: [{ doseAndRate: [{ doseQuantity: quantity(event.value, event.unit) }] }] }),
              }
        }
      }
  }

const resourcesOf: Record<string, (released: Released) => Generator<Resource>> = {
  'Patient.ndjson': patients,
  'Encounter.ndjson': encounters,
  'Observation.ndjson': observations,
  [fhirFiles.condition]: eventsAs('condition'),
  [fhirFiles.procedure]: eventsAs('procedure'),
  [fhirFiles.medication]: eventsAs('medication'),
}
