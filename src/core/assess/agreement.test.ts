import { expect, test } from 'vitest'
import { readGolden } from '../../../test/golden/sampleTable.ts'
import { criticalValue } from '../numbers/distributions.ts'
import { kappaOf } from './agreement.ts'
import { level } from './intervals.ts'

test("agreement beyond chance and its standard error are those of vcd's Kappa", () => {
  const golden = readGolden<{ classes: number; counts: number[][]; kappa: number; error: number }[]>('kappa')
  expect(golden).toHaveLength(3)
  for (const { classes, counts, kappa, error } of golden) {
    const pairs = counts.flatMap((row, a) => row.flatMap((count, b) => Array.from({ length: count }, () => [a, b])))
    const found = kappaOf(
      pairs.map(([a]) => a),
      pairs.map(([, b]) => b),
      classes,
    )
    expect(found.value).toBeCloseTo(kappa, 12)
    expect((found.high! - found.low!) / 2 / criticalValue(level)).toBeCloseTo(error, 9)
  }
})

test('two that always say the same one class have no kappa, not a perfect one', () => {
  expect(kappaOf([1, 1, 1], [1, 1, 1], 2).value).toBeNull()
  expect(kappaOf([0, 1, 1, 0], [0, 1, 1, 0], 2).value).toBe(1)
})
