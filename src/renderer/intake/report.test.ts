import { expect, test } from 'vitest'
import type { ImportReport } from '../../contract/intake.ts'
import type { Job } from '../../contract/jobs.ts'
import { byCount, reportOf } from './report.ts'

const report: ImportReport = {
  batch: 1,
  study: 'pbc',
  rows: 10,
  imported: 8,
  rejected: 2,
  seconds: 0.1,
  errors: [],
  byReason: [
    { column: 'b', code: 'notANumber', count: 1 },
    { column: 'a', code: 'outOfRange', count: 3 },
  ],
  warnings: [],
}
const job = (change: Partial<Job>): Job => ({
  job: 'j',
  kind: 'import',
  title: 't',
  state: 'done',
  progress: 1,
  stage: 'done',
  position: null,
  endsAt: null,
  worked: 0,
  workingSince: null,
  curve: null,
  pausable: false,
  resumable: false,
  startedAt: '2024-01-01T00:00:00Z',
  endedAt: '2024-01-01T00:00:01Z',
  result: report,
  failure: null,
  ...change,
})

test('the report is read from the job whether it is the result or stands in it', () => {
  expect(reportOf(job({}))?.imported).toBe(8)
  expect(reportOf(job({ result: { batch: 1, report } }))?.rejected).toBe(2)
})

test('a job that did not end well reports nothing as imported', () => {
  expect(reportOf(job({ state: 'failed' }))).toBeNull()
  expect(reportOf(job({ result: { batch: 1 } }))).toBeNull()
  expect(reportOf(undefined)).toBeNull()
})

test('the reason that cost most rows comes first', () => {
  expect(byCount(report.byReason)[0]?.code).toBe('outOfRange')
})
