import { dayMilliseconds, daysAYear } from '../../contract/days.ts'
/** Ages over 89 are one group (45 CFR 164.514(b)(2)(i)(C)). */
export const oldest = 90

/** Year of a day since 1970-01-01. */
export const yearOf = (day: number): number => new Date(Math.round(day) * dayMilliseconds).getUTCFullYear()

/** What is gathered of each patient (by index) before ages are judged. NaN, or infinite: nothing known. */
export interface Lifetimes {
  /** Highest age stated, in years. */
  stated: Float64Array
  /** Highest age stated with the time that followed it, in years. */
  followed: Float64Array
  /** Earliest day the patient can be born on; +Infinity: not known. */
  born: Float64Array
  /** Last day that anything is told of; -Infinity: none. */
  last: Float64Array
}

export const noLifetimes = (patients: number): Lifetimes => ({
  stated: new Float64Array(patients).fill(Number.NEGATIVE_INFINITY),
  followed: new Float64Array(patients).fill(Number.NEGATIVE_INFINITY),
  born: new Float64Array(patients).fill(Number.POSITIVE_INFINITY),
  last: new Float64Array(patients).fill(Number.NEGATIVE_INFINITY),
})

export const raise = (values: Float64Array, at: number, value: number): void => {
  if (value > values[at]) values[at] = value
}
export const lower = (values: Float64Array, at: number, value: number): void => {
  if (value < values[at]) values[at] = value
}

/** 0: under 90 throughout; 1: an age of 90 or more is stated; 2: it follows from dates, or from age and follow-up. */
export type OverAge = 0 | 1 | 2

/**
 * Who is, or by what is told becomes, 90 or older. An age that is implied counts like one that is stated (HHS guidance
 * of
 * 2012: born 1910, seen 2010, is "on or before 1920"). Where only years are released, years 90 apart count too:
 * 89 cannot be told from 90 by them. A birth date without any other date is held against today.
 *
 * @param shift days each patient's dates are moved by; 0 where they are not
 */
export const overAges = (
  { stated, followed, born, last }: Lifetimes,
  shift: ArrayLike<number>,
  today: number,
): Uint8Array =>
  Uint8Array.from(stated, (age, at): OverAge => {
    if (age >= oldest) return 1
    if (followed[at] >= oldest) return 2
    if (born[at] === Number.POSITIVE_INFINITY) return 0
    const end = last[at] === Number.NEGATIVE_INFINITY ? today : last[at]
    // A day's grace: 90 years are 32,872 or 32,873 days.
    if (end - born[at] >= oldest * daysAYear - 1) return 2
    return yearOf(end + shift[at]) - yearOf(born[at] + shift[at]) >= oldest ? 2 : 0
  })
