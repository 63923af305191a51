import { expect, test } from 'vitest'
import { mostFrequent, quantileOf } from './quantile.ts'

test('quantiles are those of R’s default and of numpy, at the ends and between', () => {
  // R: quantile(c(1, 2, 4, 8), c(0, .1, .25, .5, .9, 1)), type 7.
  const values = [1, 2, 4, 8]
  const shares = [0, 0.1, 0.25, 0.5, 0.9, 1]
  const known = [1, 1.3, 1.75, 3, 6.8, 8]
  for (const [i, share] of shares.entries()) expect(quantileOf(values, share)).toBeCloseTo(known[i], 14)
  expect(quantileOf([5], 0.9)).toBe(5)
})

test('of nothing there is no quantile, and an infinite end does not spoil the rest', () => {
  expect(quantileOf([], 0.5)).toBeNaN()
  expect(quantileOf([1, 2, 3, Number.POSITIVE_INFINITY], 1)).toBe(Number.POSITIVE_INFINITY)
  expect(quantileOf([1, 2, 3, Number.POSITIVE_INFINITY], 1 / 3)).toBe(2)
})

test('of the most frequent values the smallest is taken', () => {
  expect(mostFrequent(Float64Array.of(3, 1, 3, 2, 1))).toBe(1)
  expect(mostFrequent(new Float64Array())).toBeNaN()
})
