import { expect, test } from 'vitest'
import { invalidInput } from '../../contract/errors.ts'
import type { Job } from '../../contract/jobs.ts'
import { createCurve } from './curve.ts'
import { createRate } from './rate.ts'
import { createJobRunner, type JobContext, type JobRunner } from './runner.ts'

const incident = () => ({ code: 'incident' as const, reason: 'incident', message: 'Something went wrong.' })

const statesOf = async (jobs: AsyncGenerator<Job>) => {
  const seen: Job[] = []
  for await (const job of jobs) seen.push(job)
  return seen
}

test('a watcher sees the end of a job even where the job ended before it looked', async () => {
  const runner = createJobRunner({ incident })
  const { job } = runner.start('train', 'quick', async () => ({ model: 7 }))
  await statesOf(runner.watch(job))
  const late = await statesOf(runner.watch(job))
  expect(late).toHaveLength(1)
  expect(late[0]).toMatchObject({ state: 'done', progress: 1, result: { model: 7 } })
})

test('a cancelled job ends as cancelled and the next one still runs', async () => {
  const runner = createJobRunner({ incident })
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
  const runner = createJobRunner({ incident })
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
  const runner = createJobRunner({ incident })
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
  const runner = createJobRunner({ incident })
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

/** Work in two halves, each ended by `go`. */
const inHalves = () => {
  const halves: (() => void)[] = []
  const half = () =>
    new Promise<void>((resolve) => {
      halves.push(resolve)
    })
  return {
    go: async () => {
      halves.shift()?.()
      await turn()
    },
    work: async ({ report }: JobContext) => {
      await half()
      report('second', 0.5)
      await half()
      return {}
    },
  }
}
const turn = () => new Promise((resolve) => setTimeout(resolve, 2))
const statesIn = (runner: JobRunner) => runner.list().map(({ title, state, position }) => [title, state, position])

test('who waits sees the place in the queue, and moves up', async () => {
  const runner = createJobRunner({ incident })
  const first = inHalves()
  runner.start('train', 'first', first.work)
  const second = runner.start('train', 'second', async () => ({}))
  runner.start('train', 'third', async () => ({}))
  await turn()
  expect(statesIn(runner)).toEqual([
    ['third', 'queued', 2],
    ['second', 'queued', 1],
    ['first', 'running', null],
  ])
  runner.cancel(second.job)
  expect(statesIn(runner)[0]).toEqual(['third', 'queued', 1])
  await first.go()
  await first.go()
  await runner.settled()
  expect(statesIn(runner).map(([, state]) => state)).toEqual(['done', 'cancelled', 'done'])
})

test('while one is paused the next has its turn; resumed, it waits for that and goes on', async () => {
  const runner = createJobRunner({ incident })
  const [long, short] = [inHalves(), inHalves()]
  const { job } = runner.start('train', 'long', long.work, { pausable: true })
  await turn()
  runner.start('import', 'short', short.work)
  runner.pause(job)
  await turn()
  expect(statesIn(runner)).toEqual([
    ['short', 'running', null],
    ['long', 'paused', null],
  ])
  expect(() => runner.pause(job)).toThrow('cannot be paused')
  runner.resume(job)
  expect(() => runner.resume(job)).toThrow('is not paused')
  expect(runner.get(job)).toMatchObject({ state: 'paused', position: 1 })
  await short.go()
  await short.go()
  await turn()
  expect(runner.get(job).state).toBe('running')
  await long.go()
  await long.go()
  await runner.settled()
  expect(statesIn(runner).map(([, state]) => state)).toEqual(['done', 'done'])
})

test('a paused job can be cancelled, and does not keep the vault from being closed', async () => {
  const runner = createJobRunner({ incident })
  const abortable = ({ signal }: JobContext) =>
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  const first = runner.start('train', 'first', abortable, { pausable: true, resumable: true })
  await turn()
  runner.pause(first.job)
  await runner.settled()
  runner.cancel(first.job)
  await turn()
  expect(runner.get(first.job).state).toBe('cancelled')
  const second = runner.start('train', 'second', abortable, { pausable: true, resumable: true })
  await turn()
  runner.pause(second.job)
  await runner.close()
  expect(runner.get(second.job)).toMatchObject({ state: 'interrupted', resumable: true })
})

test('what can be taken up again is interrupted by the end, all else is cancelled; both are told to who keeps them', async () => {
  const told: [string, string][] = []
  const runner = createJobRunner({
    incident,
    keep: async ({ title, state }) => {
      await turn()
      told.push([title, state])
    },
  })
  const abortable = ({ signal }: JobContext) =>
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  runner.start('import', 'import', abortable)
  runner.start('train', 'training', abortable, { resumable: true })
  await turn()
  await runner.close()
  expect(told).toEqual([
    ['import', 'queued'],
    ['training', 'queued'],
    ['training', 'interrupted'],
    ['import', 'cancelled'],
  ])
})

test('an interrupted job of before is given up by a cancel, or taken up under its own name', async () => {
  const before = createJobRunner({ incident })
  const { job } = before.start('train', 'night', () => new Promise(() => {}), { resumable: true })
  const known: Job[] = [{ ...before.get(job), state: 'interrupted', endedAt: new Date().toISOString() }]
  const runner = createJobRunner({ incident, known })
  expect(runner.list()).toHaveLength(1)
  runner.start('train', 'night', async () => ({ model: 1 }), { again: job })
  await runner.settled()
  expect(runner.list().map(({ job, state }) => [job, state])).toEqual([[job, 'done']])
  const other = createJobRunner({ incident, known })
  other.cancel(job)
  expect(other.get(job).state).toBe('cancelled')
})

test('the time left follows the pace of late, not the pace of the beginning, and says nothing too soon', () => {
  const rate = createRate()
  rate.note(1, 0.01)
  expect(rate.left(1)).toBeNull()
  // A tenth in ten seconds, then a hundredth a second for ten seconds: a pace twice as fast would be wrong by half.
  for (let second = 2; second <= 10; second++) rate.note(second, second / 100)
  for (let second = 11; second <= 30; second++) rate.note(second, 0.1 + (second - 10) * 0.02)
  // 0.5 done at two hundredths a second: 25 s.
  expect(rate.left(30)).toBeCloseTo(25, 6)
  // Nothing heard for five seconds: they are over.
  expect(rate.left(35)).toBeCloseTo(20, 6)
})

test('pauses count neither as work nor towards the time left', async () => {
  const runner = createJobRunner({ incident })
  const work = inHalves()
  const { job } = runner.start('train', 'long', work.work, { pausable: true })
  await turn()
  runner.pause(job)
  const { worked } = runner.get(job)
  await new Promise((resolve) => setTimeout(resolve, 60))
  expect(runner.get(job)).toMatchObject({ worked, workingSince: null, endsAt: null })
  runner.resume(job)
  await work.go()
  await work.go()
  await runner.settled()
  expect(runner.get(job).worked).toBeLessThan(0.05)
})

test('a learning curve of a night keeps its shape in 200 points, and the final fit begins it anew', () => {
  const curve = createCurve()
  for (let epoch = 1; epoch <= 5000; epoch++) curve.note({ fold: 1, folds: 5, epoch, loss: 1 / epoch })
  const made = curve.note({ epoch: 5001, loss: 0.1, validationLoss: Number.NaN })
  expect(made?.x).toBe('epoch')
  expect(Object.keys(made?.series ?? {})).toEqual(['loss'])
  const points = made?.series.loss ?? []
  expect(points.length).toBeLessThanOrEqual(200)
  expect(points.length).toBeGreaterThan(90)
  expect(points[0]).toEqual([1, 1])
  expect(points.every(([x, y], at) => y === 1 / x && x > (points[at - 1]?.[0] ?? 0))).toBe(true)
  expect(points.at(-1)?.[0]).toBeGreaterThan(4900)
  expect(curve.note({ epoch: 1, loss: 2 })?.series.loss).toEqual([[1, 2]])
  expect(curve.note({ fold: 2, folds: 5 })?.series.loss).toEqual([[1, 2]])
})
