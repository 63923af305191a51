import { dayMilliseconds, daysAYear } from '../../contract/days.ts'
import type { Table } from '../cohort/table.ts'
import { type Lifetimes, lower, noLifetimes, raise } from './ages.ts'
import type { ColumnPlan } from './columns.ts'
import type { Measurements, Person, StudyEvent } from './source.ts'

export interface PlannedColumn {
  plan: ColumnPlan
  values: Float64Array
}

/** First and last day a partial ISO date may mean, since 1970-01-01; null where it is none. */
export const daysOf = (date: string | null): { first: number; last: number } | null => {
  const match = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?/.exec(date ?? '')
  if (!match) return null
  const year = Number(match[1])
  const month = match[2] === undefined ? null : Number(match[2])
  const day = match[3] === undefined ? null : Number(match[3])
  const at = (y: number, m: number, d: number) => Math.round(Date.UTC(y, m - 1, d) / dayMilliseconds)
  if (month === null) return { first: at(year, 1, 1), last: at(year, 12, 31) }
  if (day === null) return { first: at(year, month, 1), last: at(year, month + 1, 0) }
  return { first: at(year, month, day), last: at(year, month, day) }
}

const dayOfYear = (year: number) => (year - 1970) * daysAYear

export interface StudyRecords {
  people: readonly Person[]
  /** Patient number to index. */
  indexOf: ReadonlyMap<number, number>
  table: Table
  columns: readonly PlannedColumn[]
  series: readonly Measurements[]
  events: readonly StudyEvent[]
}

/**
 * Everything a study tells of how old its patients are or become: ages, birth dates, all other dates, and time elapsed
 * after an age.
 */
export const gatherLifetimes = ({ people, indexOf, table, columns, series, events }: StudyRecords): Lifetimes => {
  const lifetimes = noLifetimes(people.length)
  const { stated, followed, born, last } = lifetimes
  people.forEach(({ birthDate }, patient) => {
    const days = daysOf(birthDate)
    if (days) lower(born, patient, days.first)
  })
  const of = (test: (plan: ColumnPlan) => boolean) => columns.filter(({ plan }) => test(plan))
  // A column that is not released counts too: what it says of an age is true all the same.
  const isBirth = ({ release }: ColumnPlan) => release.as === 'birthYear' || release.as === 'birthNumber'
  const days = of((plan) => plan.concept.kind === 'date' && !isBirth(plan)).map(({ plan, values }) => ({
    values,
    isEncounter: plan.concept.role === 'encounterDate',
    day: (value: number) => value,
  }))
  const years = of((plan) => plan.release.as === 'decimalYear' || plan.calendarYear).map(({ values }) => ({
    values,
    isEncounter: false,
    day: dayOfYear,
  }))
  const dates = [...days, ...years]
  const births = of(isBirth).map(({ plan, values }) => ({
    values,
    day: plan.release.as === 'birthNumber' ? dayOfYear : (value: number) => value,
  }))
  const ages = of(({ release }) => release.as === 'age')
  const elapsed = of(({ followUp }) => followUp !== null)
  for (let row = 0; row < table.rows; row++) {
    const patient = indexOf.get(table.patients[row])
    if (patient === undefined) continue
    let age = Number.NEGATIVE_INFINITY
    for (const { plan, values } of ages)
      if (plan.release.as === 'age' && values[row] * plan.release.scale > age) age = values[row] * plan.release.scale
    let time = 0
    for (const { plan, values } of elapsed) if (values[row] * plan.followUp! > time) time = values[row] * plan.followUp!
    for (const { values, day } of births) if (!Number.isNaN(values[row])) lower(born, patient, day(values[row]))
    let start = Number.POSITIVE_INFINITY
    let encounter = Number.NaN
    for (const { values, day, isEncounter } of dates) {
      const value = values[row]
      if (Number.isNaN(value)) continue
      const at = day(value)
      raise(last, patient, at)
      if (at < start) start = at
      if (isEncounter) encounter = at
    }
    if (!Number.isNaN(encounter)) start = encounter
    if (start < Number.POSITIVE_INFINITY) {
      raise(last, patient, start + time * daysAYear)
      if (age > 0) lower(born, patient, start - age * daysAYear)
    }
    raise(stated, patient, age)
    raise(followed, patient, age + time)
  }
  const later = (patient: number | undefined, daysAfter: number | null) => {
    if (patient !== undefined && daysAfter !== null) raise(followed, patient, stated[patient] + daysAfter / daysAYear)
  }
  for (const { patients, days: at, dated } of series)
    for (let i = 0; i < patients.length; i++) {
      const patient = indexOf.get(patients[i])
      if (patient === undefined) continue
      if (dated[i]) raise(last, patient, at[i])
      else later(patient, at[i])
    }
  for (const { patient: number, startDate, endDate, startDay, endDay } of events) {
    const patient = indexOf.get(number)
    if (patient === undefined) continue
    for (const date of [startDate, endDate]) {
      const found = daysOf(date)
      if (found) raise(last, patient, found.last)
    }
    later(patient, startDay)
    later(patient, endDay)
  }
  return lifetimes
}
