import { randomUUID } from 'node:crypto'
import { BedsideError, cancelled, conflict, type Failure, notFound } from '../../contract/errors.ts'
import type { Job, JobKind } from '../../contract/jobs.ts'
import { createCurve } from './curve.ts'
import { createPause, type Pause, setPaused } from './pause.ts'
import { createRate, type Rate } from './rate.ts'

export interface JobContext {
  job: string
  signal: AbortSignal
  report: (stage: string, progress: number | null, detail?: Record<string, string | number>) => void
  /** Set while the job is paused; what can be paused hands it to its threads. */
  pause: Pause
}

export interface StartOptions {
  /** Work that is light on the processor, a backup say, does not wait for a training that takes the night. */
  beside?: boolean
  /** Takes up again a job of this id that was interrupted. */
  again?: string
  pausable?: boolean
  resumable?: boolean
  /** Who asked for it and by what design: handed on to `keep`. */
  by?: string | undefined
  design?: unknown
}

export interface JobRunner {
  /** Starts the work, or queues it behind the job that runs; returns at once. */
  start(
    kind: JobKind,
    title: string,
    work: (context: JobContext) => Promise<Record<string, unknown>>,
    options?: StartOptions,
  ): Job
  get(job: string): Job
  list(): Job[]
  /** The job's states as they come, the last one included; ends with the job. */
  watch(job: string, signal?: AbortSignal): AsyncGenerator<Job>
  /** Stops it between two units of work. Meanwhile the next in the queue has its turn. Throws `jobNotPausable`. */
  pause(job: string): void
  /** Goes on with a paused one, first in the queue where another runs by now. Throws `jobNotPaused`. */
  resume(job: string): void
  cancel(job: string): void
  /** Resolves when nothing runs and nothing waits but behind a pause; at once where that is so. */
  settled(): Promise<void>
  /** Interrupts what can be taken up again, cancels what cannot, and waits until nothing runs. */
  close(): Promise<void>
}

export interface RunnerOptions {
  /** Turns an unexpected error into a failure without patient data. */
  incident: (error: unknown) => Failure
  /** Told of each job when it is asked for and when it has ended; `close` waits for what it returns. */
  keep?: (job: Job, given: Pick<StartOptions, 'by' | 'design'>) => Promise<void>
  /** Jobs of before, as they are known to have ended. */
  known?: readonly Job[]
}

interface Entry {
  job: Job
  controller: AbortController
  listeners: Set<() => void>
  work: ((context: JobContext) => Promise<Record<string, unknown>>) | null
  pause: Pause
  rate: Rate
  curve: ReturnType<typeof createCurve>
  /** When it last went to work, in milliseconds; null while it does not. */
  workingSince: number | null
  worked: number
  begun: boolean
  beside: boolean
  interrupted: boolean
  given: Pick<StartOptions, 'by' | 'design'>
}

const kept = 100

/** Long work of the core: training, imports, samples. One heavy job is at work at a time, the others wait their turn. */
export const createJobRunner = ({ incident, keep = async () => {}, known = [] }: RunnerOptions): JobRunner => {
  const entries = new Map<string, Entry>()
  const waiting: Entry[] = []
  let atWork: Entry | null = null
  const going = new Set<Promise<void>>()
  const keeping = new Set<Promise<void>>()
  let settling: (() => void)[] = []

  const change = (entry: Entry, changes: Partial<Job>) => {
    const left = entry.workingSince === null ? null : entry.rate.left(workedOf(entry))
    const endsAt = left === null ? null : new Date(Date.now() + left * 1000).toISOString()
    entry.job = { ...entry.job, endsAt, ...changes }
    for (const listener of entry.listeners) listener()
  }
  const keepNow = (entry: Entry) => {
    const promise: Promise<void> = keep(entry.job, entry.given)
      .catch((error) => void incident(error))
      .finally(() => keeping.delete(promise))
    keeping.add(promise)
  }

  const begin = (entry: Entry, changes: Partial<Job>) => {
    entry.workingSince = performance.now()
    change(entry, { state: 'running', position: null, workingSince: new Date().toISOString(), ...changes })
  }
  const rest = (entry: Entry, changes: Partial<Job>) => {
    entry.worked = workedOf(entry)
    entry.workingSince = null
    change(entry, { worked: entry.worked, workingSince: null, ...changes })
  }

  const finish = (entry: Entry, changes: Partial<Job>) => {
    rest(entry, { position: null, ...changes, endedAt: new Date().toISOString() })
    keepNow(entry)
  }

  const number = () => {
    waiting.forEach((entry, at) => {
      if (entry.job.position !== at + 1) change(entry, { position: at + 1 })
    })
  }

  const settleIfIdle = () => {
    const busy = atWork !== null || waiting.length > 0 || [...entries.values()].some(isBesideAtWork)
    if (busy) return
    for (const resolve of settling) resolve()
    settling = []
  }

  const run = async (entry: Entry): Promise<void> => {
    entry.begun = true
    begin(entry, { stage: 'starting', progress: 0 })
    try {
      const result = await entry.work?.({
        job: entry.job.job,
        signal: entry.controller.signal,
        pause: entry.pause,
        report: (stage, progress, detail) => {
          if (entry.job.endedAt !== null) return
          if (progress !== null && entry.workingSince !== null) entry.rate.note(workedOf(entry), progress)
          change(entry, { stage, progress, ...(detail ? { detail } : {}), curve: entry.curve.note(detail) })
        },
      })
      finish(entry, { state: 'done', stage: 'done', progress: 1, result: result ?? {} })
    } catch (error) {
      const failure = error instanceof BedsideError ? error.failure : incident(error)
      const stopped = failure.code === 'cancelled' || entry.controller.signal.aborted
      const state = stopped ? (entry.interrupted ? 'interrupted' : 'cancelled') : 'failed'
      finish(entry, stopped ? { state } : { state, failure })
    }
  }

  const goOn = (entry: Entry) => {
    if (entry.begun) {
      begin(entry, {})
      setPaused(entry.pause, false)
      return
    }
    const promise: Promise<void> = run(entry).finally(() => {
      going.delete(promise)
      if (atWork === entry) {
        atWork = null
        next()
      }
      settleIfIdle()
    })
    going.add(promise)
  }

  const next = () => {
    if (atWork !== null) return
    const entry = waiting.shift()
    if (!entry) return settleIfIdle()
    atWork = entry
    goOn(entry)
    number()
  }

  const entryOf = (job: string): Entry => {
    const entry = entries.get(job)
    if (!entry) throw notFound('job', 'This job is not known; it may have ended long ago.')
    return entry
  }

  const forget = () => {
    for (const [id, { job }] of entries) {
      if (entries.size <= kept) return
      if (job.endedAt !== null && job.state !== 'interrupted') entries.delete(id)
    }
  }

  const stop = (entry: Entry, interrupted: boolean) => {
    if (entry.job.endedAt !== null) {
      // What was interrupted is given up by a cancel.
      if (entry.job.state === 'interrupted' && !interrupted) finish(entry, { state: 'cancelled' })
      return
    }
    entry.interrupted = interrupted && entry.job.resumable
    entry.controller.abort(cancelled('cancelled', `${entry.job.title} was cancelled; nothing was kept.`))
    // Its threads have to wake up to be ended.
    setPaused(entry.pause, false)
    const at = waiting.indexOf(entry)
    if (at >= 0) waiting.splice(at, 1)
    if (!entry.begun) finish(entry, { state: entry.interrupted ? 'interrupted' : 'cancelled' })
    number()
    settleIfIdle()
  }

  const entryFor = (job: Job): Entry => ({
    job,
    controller: new AbortController(),
    listeners: new Set(),
    work: null,
    pause: createPause(),
    rate: createRate(),
    curve: createCurve(),
    workingSince: null,
    worked: 0,
    begun: false,
    beside: false,
    interrupted: false,
    given: {},
  })
  // Oldest first, as they would have come.
  for (const job of [...known].reverse()) entries.set(job.job, entryFor(job))

  return {
    start: (kind, title, work, { beside = false, again, pausable = false, resumable = false, by, design } = {}) => {
      const job: Job = {
        job: again ?? randomUUID(),
        kind,
        title,
        state: 'queued',
        position: null,
        progress: null,
        endsAt: null,
        worked: 0,
        workingSince: null,
        stage: 'queued',
        curve: null,
        pausable,
        resumable,
        startedAt: new Date().toISOString(),
        endedAt: null,
        result: null,
        failure: null,
      }
      const entry: Entry = { ...entryFor(job), work, beside, given: { by, design } }
      // Taken up again it is the newest.
      entries.delete(job.job)
      entries.set(job.job, entry)
      forget()
      keepNow(entry)
      if (beside) {
        const promise: Promise<void> = Promise.resolve()
          .then(() => run(entry))
          .finally(() => {
            going.delete(promise)
            settleIfIdle()
          })
        going.add(promise)
        return entry.job
      }
      waiting.push(entry)
      number()
      // Not before the caller has the job in hand.
      queueMicrotask(next)
      return entry.job
    },
    get: (job) => entryOf(job).job,
    list: () => [...entries.values()].map(({ job }) => job).reverse(),
    async *watch(id, signal) {
      const entry = entryOf(id)
      let last: Job | null = null
      let wake = () => {}
      const listener = () => wake()
      entry.listeners.add(listener)
      signal?.addEventListener('abort', listener)
      try {
        while (!signal?.aborted) {
          if (entry.job === last) {
            await new Promise<void>((resolve) => {
              wake = resolve
            })
            continue
          }
          last = entry.job
          yield last
          if (last.endedAt !== null) return
        }
      } finally {
        entry.listeners.delete(listener)
        signal?.removeEventListener('abort', listener)
      }
    },
    pause: (id) => {
      const entry = entryOf(id)
      const { state, pausable, title } = entry.job
      if (!pausable || state !== 'running')
        throw conflict('jobNotPausable', `${title} cannot be paused: only a training or an evaluation at work can.`)
      setPaused(entry.pause, true)
      rest(entry, { state: 'paused' })
      if (atWork === entry) atWork = null
      next()
    },
    resume: (id) => {
      const entry = entryOf(id)
      if (entry.job.state !== 'paused' || waiting.includes(entry))
        throw conflict('jobNotPaused', `${entry.job.title} is not paused; nothing was changed.`)
      waiting.unshift(entry)
      number()
      next()
    },
    cancel: (job) => stop(entryOf(job), false),
    settled: () =>
      new Promise((resolve) => {
        settling.push(resolve)
        settleIfIdle()
      }),
    close: async () => {
      for (const entry of entries.values()) stop(entry, true)
      while (going.size > 0 || keeping.size > 0) await Promise.all([...going, ...keeping])
    },
  }
}

const isBesideAtWork = ({ beside, job }: Entry): boolean => beside && job.endedAt === null

/** Seconds at work. */
const workedOf = ({ worked, workingSince }: Entry): number =>
  worked + (workingSince === null ? 0 : (performance.now() - workingSince) / 1000)
