import { expect, test } from 'vitest'
import { createFormats, noValue } from '../contract/formats.ts'
import type { Language } from '../contract/languages.ts'
import { installation } from './installation.ts'
import { textsAt } from './texts.ts'

const texts = textsAt(installation().resources)
const formatsOf = (language: Language) => createFormats(language, texts.in(language))

const en = formatsOf('en')
const zh = formatsOf('zh-CN')

test('a measured value keeps the digits it was recorded with', () => {
  expect(en.number(14.5)).toBe('14.5')
  expect(en.number(0.000012, 6)).toBe('0.000012')
  expect(en.number(7394.8)).toBe('7,394.8')
  expect(en.fixed(0.87, 3)).toBe('0.870')
})

test('no value is never shown as zero', () => {
  for (const missing of [null, undefined, Number.NaN]) {
    expect(en.number(missing)).toBe(noValue)
    expect(en.percent(missing)).toBe(noValue)
    expect(en.age(missing)).toBe(noValue)
    expect(en.quantity(missing, 'mg/dL')).toBe(noValue)
  }
  expect(en.number(0)).toBe('0')
})

test('a birth date is the same day in every time zone', () => {
  expect(en.date('1950-03-01')).toBe('Mar 1, 1950')
  expect(zh.date('1950-03-01')).toBe('1950年3月1日')
  expect(en.date('1950-03-01T23:30:00-08:00')).toBe('Mar 1, 1950')
  expect(en.date('not a date')).toBe('not a date')
})

test('a percentage follows the language and does not round 99.6 to certainty when digits are asked for', () => {
  expect(en.percent(0.182)).toBe('18%')
  expect(en.percent(0.996, 1)).toBe('99.6%')
})

test('a small child has an age in months', () => {
  expect(en.age(0.5)).toBe('6 mths')
  expect(en.age(1.99)).toBe('23 mths')
  expect(en.age(58.77)).toBe('58 yrs')
  expect(zh.age(58.77)).toBe('58 岁')
  expect(zh.age(0.5)).toBe('6 个月')
})

test('durations and sizes read as a person would say them', () => {
  expect(en.duration(3.42)).toBe('3.4 sec')
  expect(en.duration(80)).toBe('1 min 20 sec')
  expect(en.duration(3600)).toBe('1 hr')
  expect(en.duration(3661)).toBe('1 hr 1 min')
  expect(en.bytes(0)).toBe('0 bytes')
  expect(en.bytes(4_200_000)).toBe('4.2 MB')
})

test.each([
  ['mg/dL', 'mg/dL'],
  ['umol/L', 'µmol/L'],
  ['10*3/uL', '10³/µL'],
  ['10*9/L', '10⁹/L'],
  ['mm[Hg]', 'mmHg'],
  ['kg/m2', 'kg/m²'],
  ['Cel', '°C'],
  ['{score}', 'score'],
  ['1', ''],
  ['', ''],
  ['U/L', 'U/L'],
  ['mL/min/{1.73_m2}', 'mL/min/1.73 m²'],
])('the unit %s is written %s, not as code', (ucum, written) => {
  expect(en.unit(ucum)).toBe(written)
})

test('a time unit is a word in the language of the app', () => {
  expect(en.unit('d')).toBe('days')
  expect(zh.unit('d')).toBe('天')
  expect(en.quantity(3.2, 'mg/dL')).toBe('3.2 mg/dL')
  expect(en.quantity(12, '%')).toBe('12%')
})

test('an old backup is not called a fresh one', () => {
  const now = Date.parse('2026-03-31T12:00:00Z')
  const english = formatsOf('en')
  expect(english.ago('2026-03-31T11:59:40Z', now)).toBe('now')
  expect(english.ago('2026-03-31T10:30:00Z', now)).toBe('1 hour ago')
  expect(english.ago('2026-03-24T11:00:00Z', now)).toBe('7 days ago')
  expect(english.ago('2025-01-01T00:00:00Z', now)).toBe('last year')
  expect(formatsOf('zh-CN').ago('2026-03-24T11:00:00Z', now)).toBe('7天前')
})
