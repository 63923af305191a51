import { expect, test } from 'vitest'
import { mostRows, moved, pagesOf } from './pages.ts'

test('exactly the pages in sight are asked for', () => {
  expect(pagesOf(0, 30)).toEqual([0])
  expect(pagesOf(95, 130)).toEqual([0, 1])
  expect(pagesOf(99, 99)).toEqual([0])
  expect(pagesOf(100, 100)).toEqual([1])
  expect(pagesOf(5, 4)).toEqual([])
})

test('keys never leave the list', () => {
  expect(moved('ArrowUp', 0, 10, 5)).toBe(0)
  expect(moved('ArrowDown', 9, 10, 5)).toBe(9)
  expect(moved('PageDown', 7, 10, 5)).toBe(9)
  expect(moved('End', 0, 10, 5)).toBe(9)
  expect(moved('Home', 7, 10, 5)).toBe(0)
  expect(moved('x', 4, 10, 5)).toBe(4)
})

test('a million patients do not make an element taller than a browser can draw', () => {
  expect(mostRows(46) * 46).toBeLessThanOrEqual(2 ** 24)
  expect(mostRows(46)).toBeGreaterThan(300_000)
})
