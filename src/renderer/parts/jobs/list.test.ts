import { expect, test } from 'vitest'
import type { Job } from '../../../contract/jobs.ts'
import { isActive, secondsLeft, secondsOf, waitsToGoOn, withJob } from './list.ts'

const start = Date.parse('2024-01-01T00:00:00Z')
const job = (change: Partial<Job>): Job => ({
  job: 'a',
  kind: 'train',
  title: 't',
  state: 'running',
  progress: 0.5,
  stage: 's',
  position: null,
  endsAt: null,
  worked: 0,
  workingSince: null,
  curve: null,
  pausable: false,
  resumable: false,
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

test('time at work leaves waiting and pauses out, and stands still when the job does', () => {
  const since = new Date(start).toISOString()
  expect(secondsOf(job({ worked: 5, workingSince: null }), start + 60_000)).toBe(5)
  expect(secondsOf(job({ worked: 5, workingSince: since }), start + 60_000)).toBe(65)
})

test('the time left runs down in steps a person can use, and never to nothing before the end', () => {
  expect(secondsLeft(job({}), start)).toBeNull()
  const ends = (seconds: number) => job({ endsAt: new Date(start + seconds * 1000).toISOString() })
  expect(secondsLeft(ends(3), start)).toBe(5)
  expect(secondsLeft(ends(57), start)).toBe(60)
  expect(secondsLeft(ends(57), start + 30_000)).toBe(30)
  expect(secondsLeft(ends(1000), start)).toBe(1020)
  expect(secondsLeft(ends(-20), start)).toBe(5)
})

test('a paused job is not over, an interrupted one is', () => {
  expect(isActive(job({ state: 'paused' }))).toBe(true)
  expect(isActive(job({ state: 'interrupted', endedAt: new Date(start).toISOString() }))).toBe(false)
  expect(waitsToGoOn(job({ state: 'paused', position: 1 }))).toBe(true)
  expect(waitsToGoOn(job({ state: 'queued', position: 1 }))).toBe(false)
})
