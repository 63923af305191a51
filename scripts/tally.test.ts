import { expect, test } from 'vitest'
import { tally } from './tally.ts'

const report = (passed: number, failed: number, skipped: number, broken = 0) => ({
  numPassedTests: passed,
  numFailedTests: failed,
  numPendingTests: skipped,
  numTodoTests: 0,
  testResults: Array.from({ length: broken }, () => ({ status: 'failed', assertionResults: [] })),
})
const steps = (...failing: string[]) =>
  ['typecheck', 'lint', 'rooms', 'unit', 'build', 'end-to-end'].map((name) => ({
    name,
    passed: !failing.includes(name),
  }))

test('the runners are added up', () => {
  expect(tally({ unit: report(10, 0, 1), 'end-to-end': report(5, 0, 2) }, steps())).toEqual({
    passed: 15,
    failed: 0,
    skipped: 3,
  })
  expect(tally({ unit: report(9, 1, 0), 'end-to-end': report(5, 0, 0) }, steps('unit'))).toMatchObject({ failed: 1 })
})

test.each([
  ['a test file that does not load', { unit: report(9, 0, 0, 1), 'end-to-end': report(5, 0, 0) }, steps('unit')],
  ['a runner that died without a report', { unit: null, 'end-to-end': report(5, 0, 0) }, steps('unit')],
  ['an error outside any test', { unit: report(9, 0, 0), 'end-to-end': report(5, 0, 0) }, steps('unit')],
  ['a type error', { unit: report(9, 0, 0), 'end-to-end': report(5, 0, 0) }, steps('typecheck')],
  ['a run that was cut off', { unit: report(9, 0, 0), 'end-to-end': report(5, 0, 0) }, null],
])('%s is not reported as success', (_what, reports, all) => {
  expect(tally(reports, all).failed).toBe(1)
})
