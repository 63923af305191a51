import { csvLine } from '../../contract/csv.ts'
import type { Cell } from '../../contract/values.ts'
import type { Released } from './deidentify.ts'
import { releasedPartial } from './partial.ts'
import { releasedDay } from './release.ts'

export interface Piece {
  file: string
  text: string
}

/**
 * The export as CSV (RFC 4180, UTF-8). `cases.csv`: a row a case, its patient's pseudonym first, then the dictionary's
 * columns. `measurements.csv`: a row a repeated measurement. `events.csv`: conditions, procedures, medications,
 * outcomes.
 */
export function* csvLines(released: Released, files: readonly string[]): Generator<Piece> {
  if (files.includes('cases.csv')) yield* caseLines(released)
  if (files.includes('measurements.csv')) yield* measurementLines(released)
  if (files.includes('events.csv')) yield* eventLines(released)
}

function* caseLines({ columns, order, pseudonym, rowsOf }: Released): Generator<Piece> {
  const names = columns.map(({ plan }) => plan.concept.name)
  yield line('cases.csv', [patientColumn(names), ...names])
  for (const patient of order)
    for (const row of rowsOf(patient))
      yield line('cases.csv', [pseudonym(patient), ...columns.map(({ cell }) => cell(row))])
}

function* measurementLines({ series, order, pseudonym, releasing }: Released): Generator<Piece> {
  const file = 'measurements.csv'
  yield line(file, ['patient', 'measurement', 'date', 'day', 'value', 'unit'])
  for (const patient of order)
    for (const { plan, measurements, release, from, to } of series)
      for (let at = from[patient]; at < to[patient]; at++) {
        const value = release(measurements.values[at], patient)
        if (value === null) continue
        const dated = measurements.dated[at] === 1
        yield line(file, [
          pseudonym(patient),
          plan.concept.name,
          dated ? releasedDay(releasing, measurements.days[at], patient) : null,
          dated ? null : measurements.days[at],
          value,
          plan.concept.unit,
        ])
      }
}

function* eventLines({ order, pseudonym, eventsOf, isSharedLabel, releasing }: Released): Generator<Piece> {
  const file = 'events.csv'
  yield line(file, [
    'patient',
    'kind',
    'system',
    'code',
    'label',
    'status',
    'start',
    'end',
    'startDay',
    'endDay',
    'value',
    'unit',
  ])
  for (const patient of order)
    for (const event of eventsOf(patient))
      yield line(file, [
        pseudonym(patient),
        event.kind,
        event.system,
        event.code,
        event.code !== null || isSharedLabel(event.label) ? event.label : null,
        event.status,
        releasedPartial(releasing, event.startDate, patient),
        releasedPartial(releasing, event.endDate, patient),
        event.startDay,
        event.endDay,
        event.value,
        event.unit,
      ])
}

/** `patient`, or the first of `patient_2`, ... that no column is called. */
const patientColumn = (names: readonly string[]): string => {
  let name = 'patient'
  for (let at = 2; names.includes(name); at++) name = `patient_${at}`
  return name
}

const line = (file: string, cells: readonly Cell[]): Piece => ({ file, text: csvLine(cells) })
