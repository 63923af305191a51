import { expect, test } from 'vitest'
import { dayOf, daysAYear, isoDay, today } from './days.ts'

test('a date keeps its day there and back, before 1970 and on leap days too', () => {
  // R: as.integer(as.Date(c('1970-01-01', '1969-12-31', '2000-02-29', '1899-12-30', '2024-12-31'))).
  const known = { '1970-01-01': 0, '1969-12-31': -1, '2000-02-29': 11016, '1899-12-30': -25569, '2024-12-31': 20088 }
  for (const [date, day] of Object.entries(known)) {
    expect(dayOf(date)).toBe(day)
    expect(isoDay(day)).toBe(date)
  }
})

test('a time of day does not move the day, whatever zone it names', () => {
  expect(dayOf('2024-03-10T23:59:59+05:30')).toBe(dayOf('2024-03-10'))
  expect(isoDay(19792.4)).toBe('2024-03-10')
})

test('what is no date is no day', () => {
  expect(dayOf('2024-13-01')).toBeNaN()
  expect(dayOf('unknown')).toBeNaN()
})

test('now is the day that has begun, and a year is as long as UCUM has it', () => {
  expect(today(dayOf('2026-12-01') * 86_400_000 + 86_399_999)).toBe(dayOf('2026-12-01'))
  expect(daysAYear).toBe(365.25)
})
