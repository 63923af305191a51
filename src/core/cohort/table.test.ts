import { expect, test } from 'vitest'
import { compareLevels } from './table.ts'

test('a coefficient compares with the reference level R takes, not with another group of patients', () => {
  // levels(factor(x)) in R 4.2 with ICU, LC_COLLATE C.UTF-8 and en_US.UTF-8 alike.
  const asInR = [
    ['<=20', '>50', '20-50'],
    ['>4', '1-2', '3-4'],
    ['autosomal', 'X-linked'],
    ['a', 'A', 'b', 'B', 'Z'],
    ['Europe:Amsterdam', 'Europe:other', 'US:NIH', 'US:other'],
    ['1', '10', '2', 'é', 'f', '女', '男'],
    ['_', '-', '(', '+1', '0', 'x y'],
  ]
  for (const levels of asInR) expect([...levels].reverse().sort(compareLevels)).toEqual(levels)
  expect(compareLevels('é', 'e\u0301')).not.toBe(0)
})
