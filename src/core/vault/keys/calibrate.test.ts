import { expect, test } from 'vitest'
import { calibratedKeyDerivation, passesFor } from './calibrate.ts'
import { defaultKeyDerivation } from './slots.ts'

test('a slow machine never gets a cheaper key than the default, and a fast one a dearer key', async () => {
  expect([100_000, 1000, 500, 250, 100, 1, 0].map((milliseconds) => passesFor(milliseconds))).toEqual([
    3, 3, 3, 6, 15, 24, 24,
  ])
  const found = await calibratedKeyDerivation()
  expect(found).toMatchObject({ memoryKiB: defaultKeyDerivation.memoryKiB, parallelism: 4 })
  expect(found.iterations).toBeGreaterThanOrEqual(3)
})
