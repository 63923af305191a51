import { expect, test } from 'vitest'
import type { Matrix } from '../cohort/matrix.ts'
import { randomOf } from '../numbers/random.ts'
import { sampledShapley } from './shapley.ts'

const matrix = (rows: number[][], source = rows[0].map((_, column) => column)): Matrix => ({
  rows: rows.length,
  columns: rows[0].length,
  data: Float64Array.from(rows[0].flatMap((_, column) => rows.map((row) => row[column]))),
  terms: rows[0].map((_, column) => `x${column}`),
  source,
})

const rowsOf = (x: Matrix): number[][] =>
  Array.from({ length: x.rows }, (_, row) =>
    Array.from({ length: x.columns }, (_c, column) => x.data[column * x.rows + row]),
  )

const apply = (f: (row: number[]) => number) => (x: Matrix) => rowsOf(x).map(f)

/** Shapley values by their definition: every subset of features, the others from each background row. */
const exact = (row: number[], background: number[][], f: (row: number[]) => number): number[] => {
  const p = row.length
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1))
  const value = (subset: number) =>
    background.reduce((sum, other) => sum + f(row.map((x, i) => (subset & (1 << i) ? x : other[i]))), 0) /
    background.length
  return row.map((_, i) => {
    let total = 0
    for (let subset = 0; subset < 1 << p; subset++) {
      if (subset & (1 << i)) continue
      const size = [...subset.toString(2)].filter((bit) => bit === '1').length
      total += ((factorial(size) * factorial(p - size - 1)) / factorial(p)) * (value(subset | (1 << i)) - value(subset))
    }
    return total
  })
}

const random = randomOf(3)
const background = Array.from({ length: 8 }, () => [random.normal(), random.normal(), random.normal()])
const patient = [1.5, -0.5, 2]

test('shares add up to the prediction, whatever the model', () => {
  const f = ([a, b, c]: number[]) => 1 / (1 + Math.exp(-(a * b - 2 * c + Math.max(0, a))))
  const { baseline, prediction, values } = sampledShapley(
    matrix([patient]),
    matrix(background),
    [0, 1, 2],
    3,
    apply(f),
    5,
  )
  expect(prediction).toBeCloseTo(f(patient), 12)
  expect(values.reduce((sum, value) => sum + value, baseline)).toBeCloseTo(prediction, 12)
})

test('shares agree with the definition, interactions included', () => {
  const f = ([a, b, c]: number[]) => a * b + b * c * c - 3 * a
  const { values } = sampledShapley(matrix([patient]), matrix(background), [0, 1, 2], 3, apply(f), 8000)
  const truth = exact(patient, background, f)
  values.forEach((value, i) => {
    expect(Math.abs(value - truth[i])).toBeLessThan(0.12)
  })
})

test('the columns of one category move together: its share is one', () => {
  const f = ([a, female, male]: number[]) => 2 * a + 5 * female + 7 * male
  const groups = [0, 1, 1]
  const patients = matrix([[1, 1, 0]], groups)
  const others = matrix(
    [
      [0, 0, 1],
      [0, 0, 1],
    ],
    groups,
  )
  const { values } = sampledShapley(patients, others, groups, 2, apply(f), 10)
  expect(values[0]).toBeCloseTo(2, 12)
  expect(values[1]).toBeCloseTo(-2, 12)
})
