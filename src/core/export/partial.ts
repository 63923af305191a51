import { isoDay } from '../../contract/days.ts'
import { yearOf } from './ages.ts'
import { daysOf } from './lifetimes.ts'
import type { Releasing } from './release.ts'

/** A date that may be partial (2010, 2010-03), moved and no more exact than it was; null where it is none. */
export const releasedPartial = ({ choices, shift }: Releasing, date: string | null, patient: number): string | null => {
  const days = daysOf(date)
  if (!days || date === null) return null
  if (choices.dates === 'year') return String(yearOf(days.first))
  const middle = Math.floor((days.first + days.last) / 2)
  return isoDay(middle + shift[patient]).slice(0, Math.min(date.length, 10))
}
