import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

interface Report {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTodoTests: number
  testResults: { status: string; assertionResults: unknown[] }[]
}
interface Step {
  name: string
  passed: boolean
}
export interface Tally {
  passed: number
  failed: number
  skipped: number
}

/**
 * Sums the reports of the test runners. Whatever went wrong without a failing test counts as one failure: a test file
 * that could not be loaded, a runner that left no report, a check (types, lint, rooms, build) that failed.
 *
 * @param reports by step name; null where there is none
 * @param steps every step of `npm test`, or null where it did not come to its end
 */
export const tally = (reports: Record<string, Report | null>, steps: Step[] | null): Tally => {
  const sum: Tally = { passed: 0, failed: steps === null ? 1 : 0, skipped: 0 }
  for (const [name, report] of Object.entries(reports)) {
    if (!report) {
      sum.failed++
      continue
    }
    const broken = report.testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    ).length
    sum.passed += report.numPassedTests
    sum.failed += report.numFailedTests + broken
    sum.skipped += report.numPendingTests + report.numTodoTests
    const step = steps?.find((known) => known.name === name)
    // An error outside any test: the runner failed, no test did.
    if (step && !step.passed && report.numFailedTests + broken === 0) sum.failed++
  }
  sum.failed += (steps ?? []).filter(({ name, passed }) => !passed && !(name in reports)).length
  return sum
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const results = join(dirname(import.meta.dirname), 'test-results')
  const read = (name: string) => {
    const path = join(results, `${name}.json`)
    return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null
  }
  const { passed, failed, skipped } = tally({ unit: read('unit'), 'end-to-end': read('end-to-end') }, read('steps'))
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
  process.exitCode = failed === 0 ? 0 : 1
}
