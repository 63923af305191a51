import { expect, test } from 'vitest'
import type { Matrix } from '../../cohort/matrix.ts'
import { randomOf } from '../../numbers/random.ts'
import { binColumns, binColumnsTask, edgesOf, missingBin } from './bins.ts'

const columnOf = (values: number[]): Matrix => ({
  rows: values.length,
  columns: 1,
  data: Float64Array.from(values),
  terms: ['x'],
  source: [0],
})
const here = async <I, O>(_task: string, inputs: readonly I[]) =>
  inputs.map((input) => binColumnsTask(input as never) as O)
const bin = (values: number[], maxBins = 255, weights: Float64Array | null = null) =>
  binColumns(columnOf(values), { maxBins, order: null, weights, threads: 1 }, here)

test('with few distinct values each has its own bin and cuts lie halfway, so no threshold of a small study is lost', async () => {
  const { codes, edges } = await bin([3, 1, 2, Number.NaN, 3, 10])
  expect([...edges[0]]).toEqual([1.5, 2.5, 6.5, Number.POSITIVE_INFINITY])
  expect([...codes]).toEqual([2, 0, 1, missingBin, 2, 3])
})

test('codes and edges tell the same story for every value, so that a prediction needs no bins', async () => {
  const random = randomOf(3)
  for (const make of [
    () => random.normal(),
    () => Math.exp(5 * random.normal()),
    () => Math.round(30 * random.uniform()) / 3,
    () => (random.uniform() < 0.8 ? 0 : random.normal()),
    () => (random.uniform() < 0.1 ? Number.NaN : 1e-300 * random.uniform()),
  ]) {
    const values = Array.from({ length: 3000 }, make)
    for (const maxBins of [2, 16, 255]) {
      const { codes, edges } = await bin(values, maxBins)
      expect(edges[0].length).toBeLessThanOrEqual(maxBins)
      values.forEach((value, row) => {
        expect(codes[row]).toBe(Number.isNaN(value) ? missingBin : edges[0].findIndex((edge) => value <= edge))
      })
    }
  }
})

test('many distinct values fall in bins of about equal size, and a heap of equal ones is kept apart', async () => {
  const random = randomOf(4)
  const values = Array.from({ length: 20_000 }, () => (random.uniform() < 0.5 ? 0 : random.normal()))
  const { codes, edges } = await bin(values)
  const counts = new Array(256).fill(0)
  for (const code of codes) counts[code]++
  const heap = codes[values.indexOf(0)]
  expect(counts[heap]).toBe(values.filter((value) => value === 0).length)
  const others = counts.slice(0, edges[0].length).filter((_, code) => code !== heap)
  expect(Math.max(...others)).toBeLessThan(120)
  expect(edges[0].length).toBeGreaterThan(200)
})

test('in a large study too, a value that only three patients have keeps its own bin where values are few', async () => {
  const values = Array.from({ length: 100_000 }, (_, row) => (row % 33_334 === 0 ? 999 : row % 5))
  expect([...(await bin(values)).edges[0]]).toEqual([0.5, 1.5, 2.5, 3.5, 501.5, Number.POSITIVE_INFINITY])
  const random = randomOf(6)
  const many = await bin(Array.from({ length: 100_000 }, () => random.normal()))
  const counts = new Array(256).fill(0)
  for (const code of many.codes) counts[code]++
  expect(Math.max(...counts)).toBeLessThan(2 * (100_000 / 255))
  expect(many.edges[0].length).toBeGreaterThan(250)
})

test('weights bin as repeated rows would', async () => {
  const random = randomOf(5)
  const values = Array.from({ length: 2000 }, () => random.normal())
  const weights = Float64Array.from(values, () => random.below(4))
  const repeated = values.flatMap((value, row) => new Array(weights[row]).fill(value))
  expect(edgesOf(Float64Array.from(values), weights, 64)).toEqual(edgesOf(Float64Array.from(repeated), null, 64))
})

test('neighbouring, infinite and absent values leave no cut that parts equal rows', async () => {
  const next = 1 + Number.EPSILON
  expect([...(await bin([1, next])).codes]).toEqual([0, 1])
  const wide = [Number.NEGATIVE_INFINITY, -Number.MAX_VALUE, 0, Number.MAX_VALUE, Number.POSITIVE_INFINITY]
  expect([...(await bin(wide)).codes]).toEqual([0, 1, 2, 3, 4])
  expect([...(await bin([Number.NaN, Number.NaN])).edges[0]]).toEqual([Number.POSITIVE_INFINITY])
  expect([...(await bin([-0, 0, 0])).codes]).toEqual([0, 0, 0])
})
