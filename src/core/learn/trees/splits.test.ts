import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { randomOf } from '../../numbers/random.ts'
import { type BinnedColumns, binColumnsTask } from './bins.ts'
import type { Criterion, Split } from './criterion.ts'
import { giniOfMany, giniOfTwo, variance } from './impurity.ts'
import { logRank } from './logRank.ts'
import { targetOf } from './target.ts'

/** The best split of one column that a criterion finds for the rows in that order. */
const bestOf = (
  rows: number,
  make: (binned: BinnedColumns) => Criterion,
  x: ArrayLike<number>,
  order: Int32Array | null,
) => {
  const codes = new Uint8Array(rows)
  const data = Float64Array.from(x)
  const edges = binColumnsTask({ data, rows, order, weights: null, maxBins: 255, codes, first: 0, count: 1 })
  const criterion = make({ rows, columns: 1, codes, edges })
  const best: Split = { gain: -1, column: -1, bin: -1, missingLeft: false }
  const all = Int32Array.from({ length: rows }, (_, row) => row)
  criterion.begin?.()
  if (criterion.enter(all, 0, rows)) criterion.seek(0, all, 0, rows, best)
  return { ...best, cut: edges[0][best.bin] }
}

const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0)

/**
 * Every cut and both ways for the missing, tried one by one; `worth` judges a list of rows on the left and on the
 * right.
 */
const tryAll = (
  x: number[],
  minLeaf: number,
  weights: number[],
  worth: (left: number[], right: number[]) => number,
) => {
  let most = -1
  const rows = x.map((_, row) => row)
  const anyMissing = x.some(Number.isNaN)
  for (const cut of new Set(x.filter((value) => !Number.isNaN(value))))
    for (const missingLeft of anyMissing ? [true, false] : [false]) {
      const goes = (row: number) => (Number.isNaN(x[row]) ? missingLeft : x[row] <= cut)
      const left = rows.filter(goes)
      const right = rows.filter((row) => !goes(row))
      const weighOf = (side: number[]) => total(side.map((row) => weights[row]))
      if (weighOf(left) < minLeaf || weighOf(right) < minLeaf || left.length === 0 || right.length === 0) continue
      most = Math.max(most, worth(left, right))
    }
  return most
}

const cases = Array.from({ length: 60 }, (_, seed) => {
  const random = randomOf(seed, 77)
  const rows = seed < 40 ? 6 + random.below(40) : 560
  const levels = 2 + random.below(seed < 40 ? 12 : 200)
  const share = seed % 3 === 0 ? 0.2 : 0
  const x = Array.from({ length: rows }, () => (random.uniform() < share ? Number.NaN : random.below(levels) / 2))
  const weight = Float64Array.from(x, () => (seed % 2 === 0 ? 1 : 1 + random.below(3)))
  return { seed, random, rows, x, weight, minLeaf: 1 + random.below(4) }
})

test('Gini splits are the best there are, of two classes and of four, with missing values either way', () => {
  for (const { random, rows, x, weight, minLeaf } of cases)
    for (const [classes, counted] of [
      [2, true],
      [2, false],
      [4, false],
    ] as const) {
      const y = Uint8Array.from(x, (value) =>
        value > 2 && random.uniform() < 0.7 ? classes - 1 : random.below(classes),
      )
      const impurity = (side: number[]) => {
        const all = total(side.map((row) => weight[row]))
        const squares = Array.from(
          { length: classes },
          (_, c) => total(side.filter((r) => y[r] === c).map((r) => weight[r])) ** 2,
        )
        return all - total(squares) / all
      }
      const whole = impurity(x.map((_, row) => row))
      const expected = tryAll(x, minLeaf, [...weight], (left, right) => whole - impurity(left) - impurity(right))
      const bag = { weight, minLeaf }
      const found = bestOf(
        rows,
        (binned) => (counted ? giniOfTwo(binned, y, bag) : giniOfMany(binned, y, classes, bag)).criterion,
        x,
        null,
      )
      if (whole === 0) continue
      // Counting two classes goes by the decrease of variance, half that of Gini's impurity.
      const scale = counted && found.gain >= 0 ? 2 : 1
      expect(found.gain * scale).toBeCloseTo(expected, 8)
    }
})

test('variance splits are the best there are, also far from zero', () => {
  for (const { random, rows, x, weight, minLeaf } of cases) {
    const y = Float64Array.from(x, (value) => 1e6 + (value > 2 ? 1 : 0) + random.normal())
    const spread = (side: number[]) => {
      const mean = total(side.map((row) => weight[row] * y[row])) / total(side.map((row) => weight[row]))
      return total(side.map((row) => weight[row] * (y[row] - mean) ** 2))
    }
    const whole = spread(x.map((_, row) => row))
    const expected = tryAll(x, minLeaf, [...weight], (left, right) => whole - spread(left) - spread(right))
    const found = bestOf(rows, (binned) => variance(binned, y, { weight, minLeaf }).criterion, x, null)
    expect(found.gain).toBeCloseTo(expected, 5)
  }
})

/** The log-rank statistic as textbooks have it: over event times, observed less expected, hypergeometric variance. */
const textbookLogRank = (time: number[], event: number[], weight: number[], isLeft: (row: number) => boolean) => {
  const rows = time.map((_, row) => row)
  let u = 0
  let v = 0
  for (const now of new Set(rows.filter((row) => event[row] === 1).map((row) => time[row]))) {
    const risk = rows.filter((row) => time[row] >= now)
    const dying = risk.filter((row) => time[row] === now && event[row] === 1)
    const sum = (list: number[]) => total(list.map((row) => weight[row]))
    const [n, d, nLeft, dLeft] = [sum(risk), sum(dying), sum(risk.filter(isLeft)), sum(dying.filter(isLeft))]
    u += dLeft - (d * nLeft) / n
    if (n > 1) v += (d * (nLeft / n) * (1 - nLeft / n) * (n - d)) / (n - 1)
  }
  return v > 1e-12 ? (u * u) / v : -1
}

test('log-rank splits are exact, with ties, repeated rows, missing values, few bins and many', () => {
  for (const { random, rows, x, weight, minLeaf } of cases.slice(0, 46)) {
    const time = x.map((value) => Math.ceil((value > 2 ? 5 : 15) * random.uniform() * 4) / 2)
    const event = x.map(() => (random.uniform() < 0.6 ? 1 : 0))
    event[0] = 1
    const outcome = { task: 'survival' as const, time: Float64Array.from(time), event: Uint8Array.from(event) }
    const { target, order } = targetOf(outcome, null)
    if (target.task !== 'survival' || !order) throw new Error('no survival target')
    const inOrder = Float64Array.from(order, (row) => weight[row])
    const found = bestOf(rows, (binned) => logRank(binned, target, { weight: inOrder, minLeaf }).criterion, x, order)
    const expected = tryAll(x, minLeaf, [...weight], (left) => {
      const set = new Set(left)
      return textbookLogRank(time, event, [...weight], (row) => set.has(row))
    })
    expect(found.gain).toBeCloseTo(expected, 7)
  }
})

const golden = JSON.parse(readFileSync(new URL('../../../../test/golden/forest.json', import.meta.url), 'utf8')).logRank

test("log-rank splits and their chi-square are those of R's survdiff on PBC patients", () => {
  const outcome = {
    task: 'survival' as const,
    time: Float64Array.from(golden.time),
    event: Uint8Array.from(golden.event),
  }
  const { target, order } = targetOf(outcome, null)
  if (target.task !== 'survival' || !order) throw new Error('no survival target')
  const weight = new Float64Array(order.length).fill(1)
  const split = (x: (number | null)[]) =>
    bestOf(
      order.length,
      (binned) => logRank(binned, target, { weight, minLeaf: 1 }).criterion,
      x.map((value) => value ?? Number.NaN),
      order,
    )
  for (const { x, cut, chisq } of golden.columns) {
    const found = split(x)
    expect(found.gain).toBeCloseTo(chisq, 6)
    expect(found.cut).toBeGreaterThan(cut - 1e-9)
    expect(x.filter((value: number) => value > cut + 1e-9 && value <= found.cut)).toEqual([])
  }
  const found = split(golden.missing.x)
  expect(found.gain).toBeCloseTo(golden.missing.chisq, 6)
  expect(found.missingLeft).toBe(golden.missing.left)
})
