import type { Job } from '../../contract/jobs.ts'
import { Channel } from '../async.ts'
import type { Clock } from './clock.ts'
import { createCurve } from './curve.ts'
import { createPause } from './pause.ts'
import { createRate } from './rate.ts'
import type { JobSpec } from './specs.ts'

/** One job as it stands: what is shown of it, what it is to do, the time it was at work, and who watches it. */
export class JobEntry {
  job: Job
  /** Null for one of before whose spec cannot be read. */
  readonly spec: JobSpec | null
  /** Who asked for it; `system`: Bedside by itself. */
  readonly by: string
  readonly controller = new AbortController()
  readonly pause = createPause()
  begun = false
  /** Stopped by the end of Bedside, not by a person. */
  interrupted = false
  readonly #clock: Clock
  readonly #listeners = new Set<() => void>()
  readonly #rate = createRate()
  readonly #curve = createCurve()
  /** When it last went to work, by the clock's `elapsed`; null while it does not. */
  #workingSince: number | null = null
  #worked = 0

  constructor(job: Job, given: { spec: JobSpec | null; by: string; clock: Clock }) {
    this.job = job
    this.spec = given.spec
    this.by = given.by
    this.#clock = given.clock
  }

  get ended(): boolean {
    return this.job.endedAt !== null
  }

  change(changes: Partial<Job>): void {
    const left = this.#workingSince === null ? null : this.#rate.left(this.#seconds())
    const endsAt = left === null ? null : this.#date(left)
    this.job = { ...this.job, endsAt, ...changes }
    for (const listener of this.#listeners) listener()
  }

  /** Goes to work, or back to it. */
  work(changes: Partial<Job> = {}): void {
    this.#workingSince = this.#clock.elapsed()
    this.change({ state: 'running', position: null, workingSince: this.#date(), ...changes })
  }

  /** Stops working, for now or for good. */
  rest(changes: Partial<Job>): void {
    this.#worked = this.#seconds()
    this.#workingSince = null
    this.change({ worked: this.#worked, workingSince: null, ...changes })
  }

  end(changes: Partial<Job>): void {
    this.rest({ position: null, ...changes, endedAt: this.#date() })
  }

  report(stage: string, progress: number | null, detail?: Record<string, string | number>): void {
    if (this.ended) return
    if (progress !== null && this.#workingSince !== null) this.#rate.note(this.#seconds(), progress)
    this.change({ stage, progress, ...(detail ? { detail } : {}), curve: this.#curve.note(detail) })
  }

  /** Its states as they come, the last one included. */
  async *watch(signal?: AbortSignal): AsyncGenerator<Job> {
    const states = new Channel<Job>({ latest: true, signal })
    const listener = () => states.push(this.job)
    this.#listeners.add(listener)
    listener()
    try {
      for await (const job of states) {
        yield job
        if (job.endedAt !== null) return
      }
    } finally {
      this.#listeners.delete(listener)
    }
  }

  /** Seconds at work. */
  #seconds(): number {
    return this.#worked + (this.#workingSince === null ? 0 : (this.#clock.elapsed() - this.#workingSince) / 1000)
  }

  #date(secondsFromNow = 0): string {
    return new Date(this.#clock.now() + secondsFromNow * 1000).toISOString()
  }
}
