import { randomUUID } from 'node:crypto'
import { BedsideError, cancelled, conflict, type Failure, notFound } from '../../contract/errors.ts'
import type { Job, JobKind } from '../../contract/jobs.ts'
import { type Clock, systemClock } from './clock.ts'
import { JobEntry } from './entry.ts'
import { type Pause, setPaused } from './pause.ts'
import { isPausable, type JobInput, type JobSpec, rulesOf } from './specs.ts'

export interface JobContext {
  job: string
  /** Who asked for it, or took it up again; `system`: Bedside by itself. */
  user: string
  signal: AbortSignal
  report: (stage: string, progress: number | null, detail?: Record<string, string | number>) => void
  /** Set while the job is paused; what can be paused hands it to its threads. */
  pause: Pause
}

/** What jobs of a kind do. */
export interface JobHandler<K extends JobKind> {
  /** What people read in lists. */
  title(input: JobInput<K>): string
  /** Throws at once where it cannot be done, so that nobody waits for a refusal. */
  check?(input: JobInput<K>): void
  /** Resolves to what the job made, e.g. `{ model: 3 }`. */
  run(input: JobInput<K>, context: JobContext): Promise<Record<string, unknown>>
}
export type JobHandlers = { [K in JobKind]: JobHandler<K> }

/** A job as it is kept: how it stands, what it is to do, and who asked for it. */
export interface KeptJob {
  job: Job
  spec: JobSpec | null
  by: string
}

export interface RunnerOptions {
  /** Asked for when there is a job to do: they may stand on what is made after the runner. */
  handlers: () => JobHandlers
  /** Turns an unexpected error into a failure without patient data. */
  incident: (error: unknown) => Failure
  /** Told of each job when it is asked for and when it has ended; `close` waits for what it returns. */
  keep?: (kept: KeptJob) => Promise<void>
  /** Jobs of before, as they are known to have ended, newest first. */
  known?: readonly KeptJob[]
  clock?: Clock
}

/** So many jobs that have ended are shown. */
const mostShown = 100

/**
 * Long work of the core: training, imports, samples. One heavy job is at work at a time, the others wait their turn;
 * light ones go beside. It knows jobs by their specs alone: what is done for each kind stands in `handlers`.
 */
export class JobRunner {
  readonly #options: RunnerOptions
  readonly #clock: Clock
  readonly #entries = new Map<string, JobEntry>()
  readonly #waiting: JobEntry[] = []
  #atWork: JobEntry | null = null
  readonly #going = new Set<Promise<void>>()
  readonly #keeping = new Set<Promise<void>>()
  #settling: (() => void)[] = []

  constructor(options: RunnerOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    // Oldest first, as they would have come.
    for (const { job, ...given } of [...(options.known ?? [])].reverse())
      this.#entries.set(job.job, new JobEntry(job, { ...given, clock: this.#clock }))
  }

  /** Starts a job, or queues it behind the one that runs; returns at once. Throws what its kind's `check` throws. */
  start(spec: JobSpec, by: string): Job {
    const { title, check } = this.#handlerOf(spec)
    check?.(spec.input)
    return this.#enter(spec, by, { job: randomUUID(), title: title(spec.input) })
  }

  get(job: string): Job {
    return this.#entryOf(job).job
  }

  /** Newest first. */
  list(): Job[] {
    return [...this.#entries.values()].map(({ job }) => job).reverse()
  }

  /** Whether one is at work, or would be but for a pause. */
  get busy(): boolean {
    return this.list().some(({ state }) => state === 'running' || state === 'paused')
  }

  /** The job's states as they come, the last one included; ends with the job. */
  watch(job: string, signal?: AbortSignal): AsyncGenerator<Job> {
    return this.#entryOf(job).watch(signal)
  }

  /** Stops it between two units of work. Meanwhile the next in the queue has its turn. Throws `jobNotPausable`. */
  pause(job: string): void {
    const entry = this.#entryOf(job)
    const { state, pausable, title } = entry.job
    if (!pausable || state !== 'running') throw conflict('jobNotPausable', { title })
    setPaused(entry.pause, true)
    entry.rest({ state: 'paused' })
    if (this.#atWork === entry) this.#atWork = null
    this.#next()
  }

  /**
   * Goes on with a paused one, first in the queue where another runs by now; or begins one that was interrupted again,
   * under its own name and for `by`. Throws `jobNotPaused`, `jobNotResumable`, and what its kind's `check` throws.
   */
  resume(job: string, by: string): void {
    const entry = this.#entryOf(job)
    if (entry.job.state === 'interrupted') {
      this.#takeUp(entry, by)
      return
    }
    if (entry.job.state !== 'paused' || this.#waiting.includes(entry))
      throw conflict('jobNotPaused', { title: entry.job.title })
    this.#waiting.unshift(entry)
    this.#number()
    this.#next()
  }

  cancel(job: string): void {
    this.#stop(this.#entryOf(job), false)
  }

  /** Resolves when nothing runs and nothing waits but behind a pause; at once where that is so. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#settling.push(resolve)
      this.#settleIfIdle()
    })
  }

  /** Interrupts what can be taken up again, cancels what cannot, and waits until nothing runs. */
  async close(): Promise<void> {
    for (const entry of this.#entries.values()) this.#stop(entry, true)
    while (this.#going.size > 0 || this.#keeping.size > 0) await Promise.all([...this.#going, ...this.#keeping])
  }

  #takeUp({ job, spec }: JobEntry, by: string): void {
    if (!job.resumable || !spec) throw conflict('jobNotResumable', { title: job.title })
    this.#handlerOf(spec).check?.(spec.input)
    this.#enter(spec, by, { job: job.job, title: job.title })
  }

  #enter(spec: JobSpec, by: string, { job, title }: Pick<Job, 'job' | 'title'>): Job {
    const { kind } = spec
    const { beside, resumable } = rulesOf[kind]
    const entry = new JobEntry(
      {
        job,
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
        pausable: isPausable(spec),
        resumable,
        startedAt: new Date(this.#clock.now()).toISOString(),
        endedAt: null,
        result: null,
        failure: null,
      },
      { spec, by, clock: this.#clock },
    )
    // Taken up again it is the newest.
    this.#entries.delete(job)
    this.#entries.set(job, entry)
    this.#forget()
    this.#keep(entry)
    if (beside) this.#go(Promise.resolve().then(() => this.#run(entry, spec)))
    else {
      this.#waiting.push(entry)
      this.#number()
      // Not before the caller has the job in hand.
      queueMicrotask(() => this.#next())
    }
    return entry.job
  }

  async #run(entry: JobEntry, spec: JobSpec): Promise<void> {
    entry.begun = true
    entry.work({ stage: 'starting', progress: 0 })
    try {
      const result = await this.#handlerOf(spec).run(spec.input, {
        job: entry.job.job,
        user: entry.by,
        signal: entry.controller.signal,
        pause: entry.pause,
        report: (stage, progress, detail) => entry.report(stage, progress, detail),
      })
      this.#end(entry, { state: 'done', stage: 'done', progress: 1, result })
    } catch (error) {
      const failure = error instanceof BedsideError ? error.failure : this.#options.incident(error)
      const stopped = failure.code === 'cancelled' || entry.controller.signal.aborted
      if (stopped) this.#end(entry, { state: entry.interrupted ? 'interrupted' : 'cancelled' })
      else this.#end(entry, { state: 'failed', failure })
    }
  }

  /** The next in the queue has its turn, where nothing heavy is at work. */
  #next(): void {
    if (this.#atWork !== null) return
    const entry = this.#waiting.shift()
    if (!entry) {
      this.#settleIfIdle()
      return
    }
    this.#atWork = entry
    if (entry.begun) {
      entry.work()
      setPaused(entry.pause, false)
    } else
      this.#go(
        this.#run(entry, entry.spec as JobSpec).finally(() => {
          if (this.#atWork !== entry) return
          this.#atWork = null
          this.#next()
        }),
      )
    this.#number()
  }

  #go(work: Promise<void>): void {
    const going: Promise<void> = work.finally(() => {
      this.#going.delete(going)
      this.#settleIfIdle()
    })
    this.#going.add(going)
  }

  #stop(entry: JobEntry, interrupted: boolean): void {
    if (entry.ended) {
      // What was interrupted is given up by a cancel.
      if (entry.job.state === 'interrupted' && !interrupted) this.#end(entry, { state: 'cancelled' })
      return
    }
    entry.interrupted = interrupted && entry.job.resumable
    entry.controller.abort(cancelled('cancelled'))
    // Its threads have to wake up to be ended.
    setPaused(entry.pause, false)
    const at = this.#waiting.indexOf(entry)
    if (at >= 0) this.#waiting.splice(at, 1)
    if (!entry.begun) this.#end(entry, { state: entry.interrupted ? 'interrupted' : 'cancelled' })
    this.#number()
    this.#settleIfIdle()
  }

  #end(entry: JobEntry, changes: Partial<Job>): void {
    entry.end(changes)
    this.#keep(entry)
  }

  #keep({ job, spec, by }: JobEntry): void {
    const { keep, incident } = this.#options
    if (!keep || !rulesOf[job.kind].kept) return
    const keeping: Promise<void> = keep({ job, spec, by })
      .catch((error) => void incident(error))
      .finally(() => this.#keeping.delete(keeping))
    this.#keeping.add(keeping)
  }

  /** Says who waits where in the queue. */
  #number(): void {
    this.#waiting.forEach((entry, at) => {
      if (entry.job.position !== at + 1) entry.change({ position: at + 1 })
    })
  }

  #settleIfIdle(): void {
    const beside = [...this.#entries.values()].some(({ job, ended }) => rulesOf[job.kind].beside && !ended)
    if (this.#atWork !== null || this.#waiting.length > 0 || beside) return
    for (const resolve of this.#settling) resolve()
    this.#settling = []
  }

  #forget(): void {
    for (const [id, { job, ended }] of this.#entries) {
      if (this.#entries.size <= mostShown) return
      if (ended && job.state !== 'interrupted') this.#entries.delete(id)
    }
  }

  #entryOf(job: string): JobEntry {
    const entry = this.#entries.get(job)
    if (!entry) throw notFound('job')
    return entry
  }

  /** A spec's input is that of its own kind's handler, which types cannot follow through a union. */
  #handlerOf({ kind }: JobSpec): JobHandler<JobKind> {
    return this.#options.handlers()[kind] as JobHandler<JobKind>
  }
}
