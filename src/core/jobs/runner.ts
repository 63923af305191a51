import { randomUUID } from 'node:crypto'
import { BedsideError, cancelled, type Failure, notFound } from '../../contract/errors.ts'
import type { Job, JobKind } from '../../contract/jobs.ts'

export interface JobContext {
  signal: AbortSignal
  report: (stage: string, progress: number | null, detail?: Record<string, string | number>) => void
}

export interface JobRunner {
  /**
   * Starts the work, or queues it behind the job that runs; returns at once. `beside`: work that is light on the processor, a
   * backup say, does not wait for a training that takes the night.
   */
  start(
    kind: JobKind,
    title: string,
    work: (context: JobContext) => Promise<Record<string, unknown>>,
    options?: { beside?: boolean },
  ): Job
  get(job: string): Job
  list(): Job[]
  /** The job's states as they come, the last one included; ends with the job. */
  watch(job: string, signal?: AbortSignal): AsyncGenerator<Job>
  cancel(job: string): void
  /** Resolves when nothing runs and nothing waits; at once where that is so. */
  settled(): Promise<void>
  /** Cancels what runs and waits until nothing does. */
  close(): Promise<void>
}

interface Entry {
  job: Job
  controller: AbortController
  listeners: Set<() => void>
  work: (context: JobContext) => Promise<Record<string, unknown>>
}

const kept = 100

/**
 * Long work of the core: training, imports, samples. One heavy job runs at a time, the others wait their turn; `incident`
 * turns an unexpected error into a failure without patient data.
 */
export const createJobRunner = (incident: (error: unknown) => Failure): JobRunner => {
  const entries = new Map<string, Entry>()
  const waiting: Entry[] = []
  let running: Promise<void> | null = null
  const beside = new Set<Promise<void>>()

  const change = (entry: Entry, changes: Partial<Job>) => {
    entry.job = { ...entry.job, ...changes }
    for (const listener of entry.listeners) listener()
  }

  const finish = (entry: Entry, changes: Partial<Job>) =>
    change(entry, { ...changes, endedAt: new Date().toISOString() })

  const run = async (entry: Entry): Promise<void> => {
    change(entry, { state: 'running', stage: 'starting', progress: 0 })
    try {
      const result = await entry.work({
        signal: entry.controller.signal,
        report: (stage, progress, detail) => {
          if (entry.job.state === 'running') change(entry, { stage, progress, ...(detail ? { detail } : {}) })
        },
      })
      finish(entry, { state: 'done', stage: 'done', progress: 1, result })
    } catch (error) {
      const failure = error instanceof BedsideError ? error.failure : incident(error)
      const stopped = failure.code === 'cancelled' || entry.controller.signal.aborted
      finish(entry, stopped ? { state: 'cancelled' } : { state: 'failed', failure })
    }
  }

  const drain = async (): Promise<void> => {
    for (let entry = waiting.shift(); entry; entry = waiting.shift()) await run(entry)
    running = null
  }

  const entryOf = (job: string): Entry => {
    const entry = entries.get(job)
    if (!entry) throw notFound('job', 'This job is not known; it may have ended before Bedside was last started.')
    return entry
  }

  const forget = () => {
    for (const [id, { job }] of entries) {
      if (entries.size <= kept) return
      if (job.endedAt !== null) entries.delete(id)
    }
  }

  const cancel = (entry: Entry) => {
    if (entry.job.endedAt !== null) return
    entry.controller.abort(cancelled('cancelled', `${entry.job.title} was cancelled; nothing was kept.`))
    const at = waiting.indexOf(entry)
    if (at < 0) return
    waiting.splice(at, 1)
    finish(entry, { state: 'cancelled' })
  }

  return {
    start: (kind, title, work, options = {}) => {
      const job: Job = {
        job: randomUUID(),
        kind,
        title,
        state: 'queued',
        progress: null,
        stage: 'queued',
        startedAt: new Date().toISOString(),
        endedAt: null,
        result: null,
        failure: null,
      }
      const entry: Entry = { job, controller: new AbortController(), listeners: new Set(), work }
      entries.set(job.job, entry)
      forget()
      if (options.beside) {
        const going: Promise<void> = Promise.resolve()
          .then(() => run(entry))
          .finally(() => beside.delete(going))
        beside.add(going)
        return entry.job
      }
      waiting.push(entry)
      running ??= Promise.resolve().then(drain)
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
    cancel: (job) => cancel(entryOf(job)),
    settled: async () => {
      while (running || beside.size > 0) await Promise.all([running, ...beside])
    },
    close: async () => {
      for (const entry of entries.values()) cancel(entry)
      await Promise.all([running, ...beside])
    },
  }
}
