import { expect, test } from 'vitest'
import { readGolden, relativeDifference } from '../../../test/golden/sampleTable.ts'
import { criticalValue, normalQuantile, normalTail, studentQuantile, studentTail } from './distributions.ts'

const { normal, student } = readGolden<{
  normal: { z: number[]; tail: number[]; p: number[]; quantile: number[] }
  student: { t: number[]; df: number[]; tail: number[]; p: number[]; quantile: number[] }
}>('glm')

test("p-values and interval multipliers are R's, also far in the tail", () => {
  expect(relativeDifference(normal.z.map(normalTail), normal.tail, 0)).toBeLessThan(1e-12)
  expect(relativeDifference(normal.p.map(normalQuantile), normal.quantile, 1)).toBeLessThan(1e-12)
  const tails = student.df.flatMap((df) => student.t.map((t) => studentTail(t, df)))
  const quantiles = student.df.flatMap((df) => student.p.map((p) => studentQuantile(p, df)))
  expect(relativeDifference(tails, student.tail, 0)).toBeLessThan(1e-11)
  expect(relativeDifference(quantiles, student.quantile, 1e-3)).toBeLessThan(1e-11)
})

test('a level and a probability are not mixed up: 95 % is 1.96 of the one and 1.64 of the other', () => {
  // R: qnorm(c(.975, .95, 1e-9, .995)).
  expect(criticalValue(0.95)).toBeCloseTo(1.959963984540054, 13)
  expect(normalQuantile(0.95)).toBeCloseTo(1.6448536269514722, 13)
  expect(normalQuantile(1e-9)).toBeCloseTo(-5.9978070150076865, 12)
  expect(criticalValue(0.99)).toBeCloseTo(2.5758293035489004, 13)
})
