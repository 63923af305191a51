import { expect, test } from 'vitest'
import type { Job } from '../../contract/jobs.ts'
import { secondsLeft, secondsOf, withJob } from './list.ts'

const start = Date.parse('2024-01-01T00:00:00Z')
const job = (change: Partial<Job>): Job => ({
  job: 'a',
  kind: 'train',
  title: 't',
  state: 'running',
  progress: 0.5,
  stage: 's',
  startedAt: new Date(start).toISOString(),
  endedAt: null,
  result: null,
  failure: null,
  ...change,
})

test('news of a job replaces it in its place; a new job comes first', () => {
  const jobs = [job({ job: 'b' }), job({})]
  expect(withJob(jobs, job({ progress: 0.9 })).map((each) => [each.job, each.progress])).toEqual([
    ['b', 0.5],
    ['a', 0.9],
  ])
  expect(withJob(jobs, job({ job: 'c' })).map((each) => each.job)).toEqual(['c', 'b', 'a'])
})

test('the time of an ended job stands still', () => {
  expect(secondsOf(job({ endedAt: new Date(start + 5000).toISOString() }), start + 60_000)).toBe(5)
  expect(secondsOf(job({}), start + 60_000)).toBe(60)
})

test('no time left is promised before there is something to go by', () => {
  expect(secondsLeft(job({ progress: 0.05 }), start + 20_000)).toBeNull()
  expect(secondsLeft(job({ progress: null }), start + 20_000)).toBeNull()
  expect(secondsLeft(job({ progress: 0.5 }), start + 1000)).toBeNull()
  expect(secondsLeft(job({ state: 'done' }), start + 20_000)).toBeNull()
  expect(secondsLeft(job({ progress: 0.25 }), start + 20_000)).toBe(60)
})
