import { expect, test } from 'vitest'
import type { Matrix } from '../cohort/matrix.ts'
import { randomOf } from '../numbers/random.ts'
import { domainOf, domainPercentile, domainVerdict, nearestCases, yardstickOf } from './similar.ts'

const columns = 3
const random = randomOf(11)

const matrix = (rows: number[][]): Matrix => ({
  rows: rows.length,
  columns,
  data: Float64Array.from(Array.from({ length: columns }, (_, column) => rows.map((row) => row[column])).flat()),
  terms: ['age', 'bilirubin', 'albumin'],
  source: [0, 1, 2],
})

/** Columns of very different spread, as laboratory values are. */
const cases = Array.from({ length: 400 }, () => [
  50 + 10 * random.normal(),
  100 * random.normal(),
  0.01 * random.normal(),
])
const training = matrix(cases)
const yardstick = yardstickOf(training)

test('the most similar case is the nearest in standard deviations, not in raw units', () => {
  const patient = [50, 300, 0]
  const standardised = cases.map((row) =>
    Math.hypot((row[0] - patient[0]) / 10, (row[1] - patient[1]) / 100, (row[2] - patient[2]) / 0.01),
  )
  const nearest = standardised.indexOf(Math.min(...standardised))
  const found = nearestCases(matrix([patient]), training, yardstick, 10)
  expect(found.slice(0, 3).map(({ row }) => row)).toContain(nearest)
  const distances = found.map(({ distance }) => distance)
  expect(distances).toEqual([...distances].sort((a, b) => a - b))
})

test("a patient's own case is not offered as a similar patient", () => {
  const [first] = nearestCases(matrix([cases[7]]), training, yardstick, 1)
  expect(first).toEqual({ row: 7, distance: 0 })
  expect(
    nearestCases(matrix([cases[7]]), training, yardstick, 5, (row) => row === 7).map(({ row }) => row),
  ).not.toContain(7)
})

test('distances are told in units of the median distance between two cases', () => {
  const between = Array.from({ length: 500 }, () => {
    const one = random.below(400)
    const [{ distance }] = nearestCases(matrix([cases[one]]), matrix([cases[random.below(400)]]), yardstick, 1)
    return distance
  }).sort((a, b) => a - b)
  expect(between[250]).toBeGreaterThan(0.9)
  expect(between[250]).toBeLessThan(1.1)
})

test('a patient far from all training cases is told as outside, one in their midst is not', () => {
  const domain = domainOf(training, yardstick)
  const percentile = (row: number[]) => domainPercentile(matrix([row]), training, yardstick, domain)
  expect(domainVerdict(percentile([50, 0, 0]))).toBe('inside')
  expect(domainVerdict(percentile([50, 2000, 0]))).toBe('outside')
})

test('new patients of the same population are told as outside about as often as said: 1 in 100', () => {
  const domain = domainOf(training, yardstick)
  const fresh = Array.from({ length: 1000 }, () => [
    50 + 10 * random.normal(),
    100 * random.normal(),
    0.01 * random.normal(),
  ])
  const outside = fresh.filter(
    (row) => domainVerdict(domainPercentile(matrix([row]), training, yardstick, domain)) === 'outside',
  )
  expect(outside.length).toBeLessThan(30)
})

test('a missing value neither hides a patient nor breaks the distance', () => {
  const found = nearestCases(matrix([[50, Number.NaN, 0]]), training, yardstick, 3)
  expect(found).toHaveLength(3)
  for (const { distance } of found) expect(Number.isFinite(distance)).toBe(true)
})
