import { dayMilliseconds } from '../../contract/days.ts'
import type { StudyDesign } from '../../contract/design.ts'
import { invalidInput, issue } from '../../contract/errors.ts'
import type { ConceptKind } from '../../contract/values.ts'
import { type Warning, warn } from '../../contract/warnings.ts'
import {
  type CaseClock,
  type Course,
  sequencesOf,
  summaryName,
  summaryValues,
  withoutTimes,
} from '../cohort/history.ts'
import { type Column, columnOf, type Table } from '../cohort/table.ts'
import { historyNames, summaryConcepts, withColumns, withGrids } from '../study/design/history.ts'
import { readCases, readTable } from '../vault/records/cases.ts'
import { listConcepts, type StoredConcept } from '../vault/records/concepts.ts'
import { encounterDates, encountersOf, hasEncounterDates } from '../vault/records/encounters.ts'
import { datedConcepts, readObservations } from '../vault/records/observations.ts'
import type { ReadStore } from '../vault/store/store.ts'

interface Study {
  id: number
  name: string
}

/** The cases a history is read from: all of a study, or one patient's. */
interface CaseColumns {
  patients: ArrayLike<number>
  encounters: ArrayLike<number>
  /** Values of a column, a row a case. */
  values(name: string): Float64Array
  /** Days since 1970-01-01 of each case's date; NaN: none. */
  dates(): Float64Array
}

/** A partial date (`2020-03`) stands for its first day. */
const moment = (date: string | null): number =>
  date === null ? Number.NaN : Date.parse(date.slice(0, 10)) / dayMilliseconds

const studyCases = (store: ReadStore, study: Study, names: readonly string[]): CaseColumns => {
  const table = readTable(store, study.id, names)
  return {
    patients: table.patients,
    encounters: table.encounters,
    values: (name) => (columnOf(table, name) as Column).values,
    dates: () => {
      const dates = encounterDates(store, study.id)
      return Float64Array.from(table.encounters, (encounter) => moment(dates.get(encounter) ?? null))
    },
  }
}

const patientCases = (store: ReadStore, study: Study, patient: number): CaseColumns => {
  const own = encountersOf(store, patient).filter((encounter) => encounter.study === study.name)
  const cases = readCases(
    store,
    own.map(({ encounter }) => encounter).sort((a, b) => a - b),
  )
  return {
    patients: new Int32Array(cases.length).fill(patient),
    encounters: cases.map(({ encounter }) => encounter),
    values: (name) =>
      Float64Array.from(
        cases,
        ({ fields }) => fields.find(({ concept }) => concept.name === name)?.value ?? Number.NaN,
      ),
    dates: () => Float64Array.from(cases, ({ date }) => moment(date)),
  }
}

/** Values of a column of the cases as a course: each case is a moment of its patient. */
const courseOfCases = (cases: CaseColumns, times: Float64Array, name: string, unit: string | null): Course => {
  const values = cases.values(name)
  const order = Array.from(times.keys())
    .filter((row) => !Number.isNaN(times[row]) && !Number.isNaN(values[row]))
    .sort((a, b) => cases.patients[a] - cases.patients[b] || times[a] - times[b] || a - b)
  return {
    name,
    unit,
    patients: Int32Array.from(order, (row) => cases.patients[row]),
    days: Float64Array.from(order, (row) => times[row]),
    values: Float64Array.from(order, (row) => values[row]),
  }
}

export interface Told {
  table: Table
  warnings: Warning[]
}

/**
 * A table with what its design reads over time: sequences and summaries of repeated measurements, or of the patient's
 * cases, up to each row's own moment and never after it; and pictures. `patient`: the table is of this one patient, and
 * only that patient's records are read. Training, external validation and a prediction at the bedside all pass through
 * here.
 */
export const withHistory = (
  store: ReadStore,
  study: Study,
  design: Pick<StudyDesign, 'study' | 'features' | 'sequences' | 'summaries' | 'caseTime' | 'grids'>,
  table: Table,
  patient: number | null = null,
): Told => {
  const names = historyNames(design)
  const pictured = withGrids(table, design)
  if (names.length === 0) return { table: pictured, warnings: [] }
  const concepts = listConcepts(store, study.id)
  const conceptOf = (name: string): StoredConcept => {
    const found = concepts.find((concept) => concept.name === name)
    if (!found) throw invalidInput('measurementMissing', { study: study.name, column: name }, [issue(name, 'notThere')])
    return found
  }
  const repeated = names.filter((name) => conceptOf(name).repeated)
  const fields = names.filter((name) => !conceptOf(name).repeated)
  const timed = design.caseTime ? [conceptOf(design.caseTime).name] : []
  const cases =
    patient === null
      ? studyCases(store, study, [...new Set([...fields, ...timed])])
      : patientCases(store, study, patient)

  const dates = timed.length > 0 ? null : cases.dates()
  const times = timed.length > 0 ? cases.values(timed[0]) : (dates as Float64Array)
  // Of the study, not of the cases at hand: one patient without a date is read as in training, where others had one.
  const anyTime = timed.length > 0 || hasEncounterDates(store, study.id)
  const isDate = timed.length === 0 || conceptOf(timed[0]).kind === ('date' satisfies ConceptKind)
  if (fields.length > 0 && !anyTime)
    throw invalidInput('noCaseTime', { columns: fields }, [issue('caseTime', 'missing')])
  const dated = datedConcepts(store, study.id)
  if (anyTime) {
    const other = repeated.filter((name) => dated.has(conceptOf(name).id) !== isDate)
    if (other.length > 0)
      throw invalidInput(isDate ? 'clocksDiffer' : 'clockOfDays', { columns: other, caseTime: design.caseTime ?? '' }, [
        issue('caseTime', 'otherClock'),
      ])
  }

  const courses = new Map(
    names.map((name): [string, Course] => {
      const { unit } = conceptOf(name)
      if (fields.includes(name)) return [name, courseOfCases(cases, times, name, unit)]
      return [name, { name, unit, ...readObservations(store, study.id, name, patient) }]
    }),
  )
  const clock = anyTime ? clockOf(table, cases, times, isDate) : withoutTimes(table.rows)
  const { sequences, summaries } = design
  const wanted = new Map((summaries ?? []).map((summary) => [summaryName(summary), summary]))
  const columns = summaryConcepts(design, concepts)
  const told = withColumns(
    pictured,
    columns,
    columns.map(({ name }) => {
      const summary = wanted.get(name)!
      return summaryValues(table.patients, clock, courses.get(summary.concept) as Course, summary)
    }),
  )
  return {
    table: sequences
      ? {
          ...told,
          sequences: sequencesOf(
            table.patients,
            clock,
            sequences.channels.map((name) => courses.get(name) as Course),
            sequences.window ?? null,
          ),
        }
      : told,
    warnings: anyTime ? [] : [warn('noCaseTime')],
  }
}

/** Moments of the table's rows. A case with a date owns that whole day; one without a time has no history. */
const clockOf = (table: Table, cases: CaseColumns, times: Float64Array, isDate: boolean): CaseClock => {
  const at = new Map(Array.from(cases.encounters, (encounter, row) => [encounter, times[row]]))
  const origin = Float64Array.from(table.encounters, (encounter) => at.get(encounter) ?? Number.NaN)
  const until = origin.map((time) => {
    if (Number.isNaN(time)) return Number.NEGATIVE_INFINITY
    // The last moment of that day, as far as a double of its size tells moments apart.
    return isDate ? Math.floor(time) + 1 - 1e-6 : time
  })
  return { origin: origin.map((time) => (Number.isNaN(time) ? 0 : time)), until }
}
