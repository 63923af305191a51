import { expect, test } from 'vitest'
import { scaleOf, ticksOf } from './scale.ts'

test('equal values lie in the middle instead of nowhere', () => {
  expect(scaleOf(4, 4, 0, 100)(4)).toBe(50)
  expect(scaleOf(0, 10, 100, 0)(2.5)).toBe(75)
})

test('ticks are round numbers inside the range', () => {
  expect(ticksOf(0.1, 0.9, 4)).toEqual([0.2, 0.4, 0.6, 0.8])
  expect(ticksOf(0, 30, 3)).toEqual([0, 10, 20, 30])
  expect(ticksOf(-3, 3, 3)).toEqual([-2, 0, 2])
  expect(ticksOf(5, 5, 4)).toEqual([5])
})
