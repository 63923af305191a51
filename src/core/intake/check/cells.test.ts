import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  dateReader,
  dayOf,
  formatsFitting,
  isoDate,
  parseBoolean,
  parseNumber,
  splitNumberAndUnit,
  whyNotANumber,
} from './cells.ts'

test('numbers read as the engine reads them, to the last bit', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(Object.is(parseNumber(String(value), '.'), value === 0 ? 0 : value)).toBe(true)
    }),
    { numRuns: 2000 },
  )
  for (const text of ['0.1', '58.7652292950034', '123456789012345678', '0.30000000000000004', '1e-7', '.5', '5.', '+3'])
    expect(parseNumber(text, '.')).toBe(Number(text))
})

test('a thousands mark that could be a decimal mark is refused, one that cannot be is read', () => {
  expect(parseNumber('1,234', '.')).toBeNaN()
  expect(parseNumber('1.234', ',')).toBeNaN()
  expect(whyNotANumber('1,234', '.')).toEqual(['thousandsOrDecimals', { mark: ',' }])
  expect(parseNumber('1,234.5', '.')).toBe(1234.5)
  expect(parseNumber('1,234,567', '.')).toBe(1234567)
  expect(parseNumber('1.234,5', ',')).toBe(1234.5)
  expect(parseNumber("1'234'567", '.')).toBe(1234567)
  expect(parseNumber('1,5', '.')).toBeNaN()
  expect(parseNumber('12,34,567', '.')).toBeNaN()
})

test('what is no number is not made one', () => {
  for (const text of [
    '',
    '-',
    '.',
    '1-2',
    '<0.5',
    '>100',
    '0x1F',
    'Infinity',
    'NaN',
    '1 2',
    '12.3.4',
    '1e',
    '１２a',
    '--5',
    '+-5',
    '5+',
  ])
    expect(parseNumber(text, '.'), text).toBeNaN()
})

test('full-width digits and the typographic minus of Chinese input methods are numbers', () => {
  expect(parseNumber('１２．５', '.')).toBe(12.5)
  expect(parseNumber('−3.5', '.')).toBe(-3.5)
})

test('day and month do not swap', () => {
  expect(isoDate(dateReader('dd/MM/yyyy')?.('03/04/2020') ?? 0)).toBe('2020-04-03')
  expect(isoDate(dateReader('MM/dd/yyyy')?.('03/04/2020') ?? 0)).toBe('2020-03-04')
  expect(dateReader('dd/MM/yyyy')?.('03/14/2020')).toBeNaN()
  expect(formatsFitting('03/04/2020')).toEqual(['dd/MM/yyyy', 'MM/dd/yyyy'])
  expect(formatsFitting('14/03/2020')).toEqual(['dd/MM/yyyy'])
  expect(formatsFitting('14.03.2020')).toEqual(['dd.MM.yyyy'])
})

test('days that never were are no dates, leap days are', () => {
  const iso = dateReader(null)
  for (const text of [
    '2023-02-29',
    '1900-02-29',
    '2020-13-01',
    '2020-00-10',
    '2020-04-31',
    '20-01-01',
    '2020-1',
    '0000-00-00',
  ])
    expect(iso?.(text), text).toBeNaN()
  expect(isoDate(iso?.('2024-02-29') ?? 0)).toBe('2024-02-29')
  expect(isoDate(iso?.('2000-02-29T23:59:59Z') ?? 0)).toBe('2000-02-29')
})

test('calendar days agree with the engine from 1000 to 9999', () => {
  fc.assert(
    fc.property(fc.integer({ min: -354_285, max: 2_932_896 }), (day) => {
      const date = new Date(day * 86_400_000)
      expect(dayOf(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate())).toBe(day)
    }),
    { numRuns: 2000 },
  )
})

test('decimal years follow the definition of Epi, whose days are whole numbers', () => {
  // as.integer(round((1998.91718001369 - 1970) * 365.25)): cal.yr counts 365.25 days a year from 1970.
  expect(isoDate(dateReader('year')?.('1998.91718001369') ?? 0)).toBe('1998-12-02')
  expect(((1998.91718001369 - 1970) * 365.25) % 1).toBeCloseTo(0, 6)
})

test('Excel serials are read only as such, and the day that never was is refused', () => {
  expect(isoDate(dateReader('excel')?.('44927') ?? 0)).toBe('2023-01-01')
  expect(isoDate(dateReader('excel1904')?.('43465') ?? 0)).toBe('2023-01-01')
  expect(dateReader('excel')?.('60')).toBeNaN()
  expect(dateReader(null)?.('44927')).toBeNaN()
})

test('Chinese and German dates are read', () => {
  expect(isoDate(dateReader('yyyy年MM月dd日')?.('2021年3月5日') ?? 0)).toBe('2021-03-05')
  expect(isoDate(dateReader('dd.MM.yyyy')?.('5.3.2021') ?? 0)).toBe('2021-03-05')
  expect(isoDate(dateReader('dd MMM yyyy')?.('05-Mar-2021') ?? 0)).toBe('2021-03-05')
})

test('yes and no are known in both languages', () => {
  expect(['Yes', '是', '有', '阳性', 'TRUE', '1'].map(parseBoolean)).toEqual([1, 1, 1, 1, 1, 1])
  expect(['No', '否', '无', '阴性', 'f', '0'].map(parseBoolean)).toEqual([0, 0, 0, 0, 0, 0])
  expect(parseBoolean('perhaps')).toBeNaN()
})

test('a number with its unit is taken apart, a range or a limit is not', () => {
  expect(splitNumberAndUnit('5.2 mmol/L', '.')).toEqual({ value: 5.2, unit: 'mmol/L' })
  expect(splitNumberAndUnit('98.6°F', '.')).toEqual({ value: 98.6, unit: '°F' })
  for (const text of ['<5 mg', '5-6 mg', 'mg', '5']) expect(splitNumberAndUnit(text, '.')).toBeNull()
})
