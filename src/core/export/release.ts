import { daysAYear, isoDay } from '../../contract/days.ts'
import type { ExportChoices } from '../../contract/exports.ts'
import type { Cell } from '../../contract/values.ts'
import { oldest, yearOf } from './ages.ts'
import { type ColumnPlan, leastAge } from './columns.ts'
import type { ExportKey } from './key.ts'

/** What is known of patients, by index, when their values are released. */
export interface Releasing {
  key: ExportKey
  choices: Pick<ExportChoices, 'dates' | 'ageBand'>
  /** Days each patient's dates are moved by; 0 where only years are released. */
  shift: Int32Array
  /** Not 0: the patient is in the group of 90 and older (`overAges`). */
  over: Uint8Array
  /** Last day that is told of each patient, as it is. */
  last: Float64Array
}

/** A value as it leaves the vault: of a case row or a repeated measurement, and of the patient by index. */
export type Releaser = (value: number, patient: number) => Cell

/** A day as it is released: moved, or its year alone. */
export const releasedDay = ({ choices, shift }: Releasing, day: number, patient: number): string =>
  choices.dates === 'year' ? String(yearOf(day)) : isoDay(day + shift[patient])

/** The year a person over 89 is born in or before, by the last that is told (HHS 2012: "on or before 1920"). */
const latestBirthYear = ({ last, shift }: Releasing, patient: number): number =>
  yearOf(last[patient] + shift[patient]) - oldest

/**
 * Makes the function that releases a column's values; null for a column that is not released. `levels`: the codes that
 * a category's or text's numbers stand for.
 */
export const releaserOf = (
  { release, concept }: ColumnPlan,
  levels: readonly string[] | null,
  releasing: Releasing,
): Releaser | null => {
  const { key, choices, shift, over } = releasing
  const known =
    (of: Releaser): Releaser =>
    (value, patient) =>
      Number.isNaN(value) ? null : of(value, patient)
  switch (release.as) {
    case 'nothing':
      return null
    case 'value':
      if (levels) return known((value) => levels[value] ?? null)
      return concept.kind === 'boolean' ? known((value) => value === 1) : known((value) => value)
    case 'age': {
      const { scale } = release
      const inUnit = (years: number) => (scale === 1 ? years : Math.round(years / scale))
      const { ageBand } = choices
      return known((value, patient) => {
        const years = Math.floor(value * scale + 1e-9)
        if (over[patient] !== 0 || years >= oldest) return inUnit(oldest)
        return inUnit(Math.floor(years / ageBand) * ageBand)
      })
    }
    case 'ageLevels':
      return known((value, patient) => {
        const level = levels?.[value] ?? null
        if (level === null) return null
        const least = leastAge(level)
        return least >= oldest || (over[patient] !== 0 && !Number.isNaN(least)) ? `${oldest}+` : level
      })
    case 'duration': {
      const most = Math.floor(oldest / release.scale)
      return known((value) => Math.min(value, most))
    }
    case 'day':
      return known((value, patient) => releasedDay(releasing, value, patient))
    case 'year':
      return known((value, patient) => yearOf(value + shift[patient]))
    case 'decimalYear':
      // Three decimals are a third of a day.
      return choices.dates === 'year'
        ? known((value) => Math.floor(value))
        : known((value, patient) => Math.round((value + shift[patient] / daysAYear) * 1000) / 1000)
    case 'birthYear':
      return known((value, patient) => {
        const year = yearOf(value + shift[patient])
        return over[patient] === 0 ? year : latestBirthYear(releasing, patient)
      })
    case 'birthNumber':
      return known((value, patient) => (over[patient] === 0 ? Math.floor(value) : latestBirthYear(releasing, patient)))
    case 'site':
      return known((value) => key.site(levels ? (levels[value] ?? '') : String(value)))
  }
}

/** What of a released value enters the classes: of a date its year, which is what people know. */
export const quasiOf = ({ release }: ColumnPlan, cell: Cell): Cell => {
  if (cell === null) return null
  if (release.as === 'day') return Number(String(cell).slice(0, 4))
  if (release.as === 'decimalYear') return Math.floor(Number(cell))
  return cell
}
