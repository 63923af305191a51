/** Milliseconds of a day. */
export const dayMilliseconds = 86_400_000

/** Days of a year on average (Julian year; UCUM's `a`). */
export const daysAYear = 365.25

/** The ISO 8601 date of a day counted from 1970-01-01 (UTC); parts of days are rounded. */
export const isoDay = (day: number): string => new Date(Math.round(day) * dayMilliseconds).toISOString().slice(0, 10)

/** Days from 1970-01-01 to an ISO 8601 date, whole dates alone or with a time, which is left out; NaN: no date. */
export const dayOf = (iso: string): number => Date.parse(`${iso.slice(0, 10)}T00:00:00Z`) / dayMilliseconds

/** The day now is, counted from 1970-01-01 (UTC). */
export const today = (now: number = Date.now()): number => Math.floor(now / dayMilliseconds)
