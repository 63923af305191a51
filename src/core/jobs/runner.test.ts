import { expect, test } from 'vitest'
import { StudyDesignSchema } from '../../contract/design.ts'
import { invalidInput } from '../../contract/errors.ts'
import type { Job } from '../../contract/jobs.ts'
import { createCurve } from './curve.ts'
import { createRate } from './rate.ts'
import { type JobContext, type JobHandler, type JobHandlers, JobRunner, type RunnerOptions } from './runner.ts'
import type { JobSpec } from './specs.ts'

const incident = () => ({ code: 'incident' as const, reason: 'incident', message: 'Something went wrong.' })

type Work = (context: JobContext) => Promise<Record<string, unknown>>
const mapping = {
  columns: [],
  missing: [],
  dialect: { format: 'csv', encoding: 'utf-8', delimiter: ',', decimal: '.' },
}
const specOf = (kind: 'train' | 'import' | 'backup', name: string): JobSpec => {
  if (kind === 'backup') return { kind, input: { folder: name, reason: 'asked' } }
  if (kind === 'import')
    return { kind, input: { upload: name, study: 's', mapping: mapping as never, saveMappingAs: null, again: false } }
  const outcome = { task: 'regression' as const, target: 'y' }
  return { kind, input: { design: StudyDesignSchema.parse({ name, study: 's', outcome, learner: 'linear' }) } }
}

/** A runner whose jobs do what they are given by name, and a clock that stands until it is moved. */
const createTestRunner = (options: Partial<RunnerOptions> = {}) => {
  const works = new Map<string, Work>()
  let milliseconds = Date.UTC(2025, 0, 1)
  const does = (name: string, context: JobContext) => (works.get(name) as Work)(context)
  const handlers = {
    train: {
      title: ({ design }) => design.name,
      run: ({ design }, context) => does(design.name, context),
    } satisfies JobHandler<'train'>,
    import: {
      title: ({ upload }) => upload,
      run: ({ upload }, context) => does(upload, context),
    } satisfies JobHandler<'import'>,
    backup: {
      title: ({ folder }) => folder,
      run: ({ folder }, context) => does(folder, context),
    } satisfies JobHandler<'backup'>,
  }
  const runner = new JobRunner({
    handlers: () => handlers as unknown as JobHandlers,
    incident,
    clock: { now: () => milliseconds, elapsed: () => milliseconds },
    ...options,
  })
  return {
    runner,
    works,
    start: (kind: 'train' | 'import' | 'backup', name: string, work: Work) => {
      works.set(name, work)
      return runner.start(specOf(kind, name), 'ada')
    },
    pass: (seconds: number) => {
      milliseconds += seconds * 1000
    },
  }
}

const statesOf = async (jobs: AsyncGenerator<Job>) => {
  const seen: Job[] = []
  for await (const job of jobs) seen.push(job)
  return seen
}
/** Lets all that can go on by itself do so. */
const turn = () => new Promise((resolve) => setImmediate(resolve))
const abortable: Work = ({ signal }) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

test('a watcher sees the end of a job even where the job ended before it looked', async () => {
  const { runner, start } = createTestRunner()
  const { job } = start('train', 'quick', async () => ({ model: 7 }))
  await statesOf(runner.watch(job))
  const late = await statesOf(runner.watch(job))
  expect(late).toHaveLength(1)
  expect(late[0]).toMatchObject({ state: 'done', progress: 1, result: { model: 7 } })
})

test('a cancelled job ends as cancelled and the next one still runs', async () => {
  const { runner, start } = createTestRunner()
  const first = start('import', 'long', abortable)
  const second = start('import', 'next', async () => ({ batch: 1 }))
  const watched = statesOf(runner.watch(first.job))
  await turn()
  expect(runner.get(second.job).state).toBe('queued')
  runner.cancel(first.job)
  expect((await watched).at(-1)?.state).toBe('cancelled')
  expect((await statesOf(runner.watch(second.job))).at(-1)?.state).toBe('done')
})

test('a queued job that is cancelled never starts', async () => {
  const { runner, start } = createTestRunner()
  let release = () => {}
  const first = start(
    'train',
    'first',
    () =>
      new Promise((resolve) => {
        release = () => resolve({})
      }),
  )
  let started = false
  const second = start('train', 'second', async () => {
    started = true
    return {}
  })
  await turn()
  runner.cancel(second.job)
  release()
  await statesOf(runner.watch(first.job))
  await turn()
  expect(runner.get(second.job).state).toBe('cancelled')
  expect(started).toBe(false)
})

test('an expected failure keeps its reason, an unexpected one shows no internals', async () => {
  const { runner, start } = createTestRunner()
  const expected = start('train', 'a', async () => {
    throw invalidInput('noEvents')
  })
  const bug = start('train', 'b', async () => {
    throw new TypeError('patient Smith is undefined')
  })
  expect((await statesOf(runner.watch(expected.job))).at(-1)?.failure?.reason).toBe('noEvents')
  const failed = (await statesOf(runner.watch(bug.job))).at(-1)
  expect(failed?.failure?.code).toBe('incident')
  expect(JSON.stringify(failed)).not.toContain('Smith')
})

test('a watcher that leaves does not keep the core busy', async () => {
  const { runner, start } = createTestRunner()
  const { job } = start('train', 'long', abortable)
  const controller = new AbortController()
  const watched = statesOf(runner.watch(job, controller.signal))
  await turn()
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
const statesIn = (runner: JobRunner) => runner.list().map(({ title, state, position }) => [title, state, position])

test('who waits sees the place in the queue, and moves up', async () => {
  const { runner, start } = createTestRunner()
  const first = inHalves()
  start('train', 'first', first.work)
  const second = start('train', 'second', async () => ({}))
  start('train', 'third', async () => ({}))
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
  const { runner, start } = createTestRunner()
  const [long, short] = [inHalves(), inHalves()]
  const { job } = start('train', 'long', long.work)
  await turn()
  start('import', 'short', short.work)
  runner.pause(job)
  await turn()
  expect(statesIn(runner)).toEqual([
    ['short', 'running', null],
    ['long', 'paused', null],
  ])
  expect(() => runner.pause(job)).toThrow('cannot be paused')
  runner.resume(job, 'ada')
  expect(() => runner.resume(job, 'ada')).toThrow('is not paused')
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
  const { runner, start } = createTestRunner()
  const first = start('train', 'first', abortable)
  await turn()
  runner.pause(first.job)
  await runner.settled()
  runner.cancel(first.job)
  await turn()
  expect(runner.get(first.job).state).toBe('cancelled')
  const second = start('train', 'second', abortable)
  await turn()
  runner.pause(second.job)
  await runner.close()
  expect(runner.get(second.job)).toMatchObject({ state: 'interrupted', resumable: true })
})

test('what can be taken up again is interrupted by the end, all else is cancelled; both are told to who keeps them', async () => {
  const told: [string, string][] = []
  const { runner, start } = createTestRunner({
    keep: async ({ job: { title, state } }) => {
      await turn()
      told.push([title, state])
    },
  })
  start('import', 'import', abortable)
  start('train', 'training', abortable)
  await turn()
  await runner.close()
  expect(told).toEqual([
    ['import', 'queued'],
    ['training', 'queued'],
    ['training', 'interrupted'],
    ['import', 'cancelled'],
  ])
})

test('an interrupted job of before is given up by a cancel, or taken up under its own name by who asks now', async () => {
  const before = createTestRunner()
  const { job } = before.start('train', 'night', abortable)
  const spec = specOf('train', 'night')
  const found = { ...before.runner.get(job), state: 'interrupted' as const, endedAt: new Date().toISOString() }
  const known = [{ job: found, spec, by: 'ada' }]
  const { runner, works } = createTestRunner({ known })
  expect(runner.list()).toHaveLength(1)
  works.set('night', async ({ user }) => ({ model: 1, user }))
  runner.resume(job, 'grace')
  await runner.settled()
  expect(runner.list()).toMatchObject([{ job, state: 'done', title: 'night', result: { model: 1, user: 'grace' } }])
  const other = createTestRunner({ known }).runner
  other.cancel(job)
  expect(other.get(job).state).toBe('cancelled')
  expect(() => other.resume(job, 'ada')).toThrow('is not paused')
})

test('what was interrupted and cannot be begun again says so', async () => {
  const { runner, start } = createTestRunner()
  const { job } = start('import', 'file', abortable)
  const found = { ...runner.get(job), state: 'interrupted' as const, endedAt: new Date().toISOString() }
  const later = createTestRunner({ known: [{ job: found, spec: specOf('import', 'file'), by: 'ada' }] }).runner
  expect(() => later.resume(job, 'ada')).toThrow('cannot be taken up again')
  const unread = { ...found, kind: 'train' as const, resumable: true }
  const newer = createTestRunner({ known: [{ job: unread, spec: null, by: 'ada' }] }).runner
  expect(() => newer.resume(job, 'ada')).toThrow('cannot be taken up again')
})

test('a backup goes beside a training, and nothing is settled before it has ended', async () => {
  const { runner, start } = createTestRunner()
  const first = inHalves()
  const { job } = start('train', 'night', first.work)
  const copy = inHalves()
  const backup = start('backup', 'disk', copy.work)
  await turn()
  expect(runner.get(backup.job).state).toBe('running')
  runner.pause(job)
  let settled = false
  const settling = runner.settled().then(() => {
    settled = true
  })
  await turn()
  expect(settled).toBe(false)
  await copy.go()
  await copy.go()
  await settling
  expect(runner.get(job).state).toBe('paused')
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
  const { runner, start, pass } = createTestRunner()
  const work = inHalves()
  const { job } = start('train', 'long', work.work)
  await turn()
  pass(20)
  await work.go()
  // Half of it took twenty seconds.
  expect(runner.get(job).endsAt).toBe('2025-01-01T00:00:40.000Z')
  runner.pause(job)
  pass(3600)
  expect(runner.get(job)).toMatchObject({ worked: 20, workingSince: null, endsAt: null })
  runner.resume(job, 'ada')
  expect(runner.get(job)).toMatchObject({
    workingSince: '2025-01-01T01:00:20.000Z',
    endsAt: '2025-01-01T01:00:40.000Z',
  })
  pass(15)
  await work.go()
  await runner.settled()
  expect(runner.get(job)).toMatchObject({ worked: 35, endedAt: '2025-01-01T01:00:35.000Z' })
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
