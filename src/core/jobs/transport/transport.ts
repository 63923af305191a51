import type { Pause } from '../pause.ts'
import type { LongTasks } from '../tasks.ts'

/** Finished units of an earlier attempt, and where the next ones are put. */
export interface Units {
  known: readonly { key: string; bytes: Uint8Array }[]
  put(key: string, bytes: Uint8Array): void
}

/** What goes with a task wherever it runs. */
export interface TaskContext {
  /** Aborted, the work ends at once and what it was at is lost. */
  signal: AbortSignal
  report: (stage: string, progress: number | null, detail?: Record<string, string | number>) => void
  /** While it is set, the work stands still between two units. */
  pause?: Pause
  units?: Units | undefined
}

export type LongInput<K extends keyof LongTasks> = Parameters<LongTasks[K]>[0]
export type LongResult<K extends keyof LongTasks> = Awaited<ReturnType<LongTasks[K]>>

/**
 * Takes a long task (`jobs/tasks.ts`) to where it runs and its result back. Input and result are structured-clonable
 * and hold nothing of the vault. Rejects with the task's own failure, with `cancelled` where the signal is aborted, and
 * with a plain error where what runs it is lost.
 */
export interface Transport {
  run<K extends keyof LongTasks>(task: K, input: LongInput<K>, context: TaskContext): Promise<LongResult<K>>
}
