import { expect, test } from 'vitest'
import { invalidInput } from '../../contract/errors.ts'
import type { Job } from '../../contract/jobs.ts'
import { createJobRunner } from './runner.ts'

const incident = () => ({ code: 'incident' as const, reason: 'incident', message: 'Something went wrong.' })

const statesOf = async (jobs: AsyncGenerator<Job>) => {
  const seen: Job[] = []
  for await (const job of jobs) seen.push(job)
  return seen
}

test('a watcher sees the end of a job even where the job ended before it looked', async () => {
  const runner = createJobRunner(incident)
  const { job } = runner.start('train', 'quick', async () => ({ model: 7 }))
  await statesOf(runner.watch(job))
  const late = await statesOf(runner.watch(job))
  expect(late).toHaveLength(1)
  expect(late[0]).toMatchObject({ state: 'done', progress: 1, result: { model: 7 } })
})

test('a cancelled job ends as cancelled and the next one still runs', async () => {
  const runner = createJobRunner(incident)
  const first = runner.start(
    'import',
    'long',
    ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  )
  const second = runner.start('import', 'next', async () => ({ batch: 1 }))
  const watched = statesOf(runner.watch(first.job))
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(runner.get(second.job).state).toBe('queued')
  runner.cancel(first.job)
  expect((await watched).at(-1)?.state).toBe('cancelled')
  expect((await statesOf(runner.watch(second.job))).at(-1)?.state).toBe('done')
})

test('a queued job that is cancelled never starts', async () => {
  const runner = createJobRunner(incident)
  let release = () => {}
  const first = runner.start(
    'train',
    'first',
    () =>
      new Promise((resolve) => {
        release = () => resolve({})
      }),
  )
  let started = false
  const second = runner.start('train', 'second', async () => {
    started = true
    return {}
  })
  await new Promise((resolve) => setTimeout(resolve, 5))
  runner.cancel(second.job)
  release()
  await statesOf(runner.watch(first.job))
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(runner.get(second.job).state).toBe('cancelled')
  expect(started).toBe(false)
})

test('an expected failure keeps its reason, an unexpected one shows no internals', async () => {
  const runner = createJobRunner(incident)
  const expected = runner.start('train', 'a', async () => {
    throw invalidInput('noEvents', 'No event to learn from.')
  })
  const bug = runner.start('train', 'b', async () => {
    throw new TypeError('patient Smith is undefined')
  })
  expect((await statesOf(runner.watch(expected.job))).at(-1)?.failure?.reason).toBe('noEvents')
  const failed = (await statesOf(runner.watch(bug.job))).at(-1)
  expect(failed?.failure?.code).toBe('incident')
  expect(JSON.stringify(failed)).not.toContain('Smith')
})

test('a watcher that leaves does not keep the core busy', async () => {
  const runner = createJobRunner(incident)
  const { job } = runner.start(
    'train',
    'long',
    ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  )
  const controller = new AbortController()
  const watched = statesOf(runner.watch(job, controller.signal))
  await new Promise((resolve) => setTimeout(resolve, 5))
  controller.abort()
  expect((await watched).length).toBeGreaterThan(0)
  await runner.close()
})
