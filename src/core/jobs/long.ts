import { Worker } from 'node:worker_threads'
import { BedsideError, cancelled, type Failure } from '../../contract/errors.ts'
import type { Pause } from './pause.ts'
import type { JobContext } from './runner.ts'
import type { LongTasks } from './tasks.ts'

export type LongReply =
  | { stage: string; progress: number | null; detail?: Record<string, string | number> }
  | { memo: { key: string; bytes: Uint8Array } }
  | { result: unknown }
  | { failure: Failure }
  | { error: { name: string; message: string; stack: string } }

export interface LongData {
  long: string
  input: unknown
  workerUrl: string
  pause?: Pause | undefined
  known?: Units['known'] | undefined
}

/** Finished units of an earlier attempt, and where the next ones are put. */
export interface Units {
  known: readonly { key: string; bytes: Uint8Array }[]
  put(key: string, bytes: Uint8Array): void
}

/**
 * Runs a long task (`jobs/tasks.ts`) on a worker thread of its own, reporting stages as they come. Aborting ends the thread
 * at once; while it is paused the thread waits between two units of work. Input and result are structured-clonable; tables lie on shared memory and are not copied.
 */
export const runLong = <Name extends keyof LongTasks>(
  workerUrl: URL,
  name: Name,
  input: Parameters<LongTasks[Name]>[0],
  { signal, report, pause }: Pick<JobContext, 'signal' | 'report'> & Partial<Pick<JobContext, 'pause'>>,
  units?: Units,
): ReturnType<LongTasks[Name]> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const workerData: LongData = { long: name, input, workerUrl: workerUrl.href, pause, known: units?.known }
    const worker = new Worker(workerUrl, { workerData })
    const settle = (finish: () => void) => {
      signal.removeEventListener('abort', abort)
      void worker.terminate()
      finish()
    }
    const abort = () =>
      settle(() =>
        reject(
          signal.reason instanceof BedsideError
            ? signal.reason
            : cancelled('cancelled', 'The work was cancelled; nothing was kept.'),
        ),
      )
    signal.addEventListener('abort', abort, { once: true })
    worker.on('message', (reply: LongReply) => {
      if ('stage' in reply) report(reply.stage, reply.progress, reply.detail)
      else if ('memo' in reply) units?.put(reply.memo.key, reply.memo.bytes)
      else if ('result' in reply) settle(() => resolve(reply.result as never))
      else if ('failure' in reply) settle(() => reject(new BedsideError(reply.failure)))
      else settle(() => reject(Object.assign(new Error(reply.error.message), reply.error)))
    })
    worker.on('error', (error) => settle(() => reject(error)))
    worker.on('exit', (code) => settle(() => reject(new Error(`The worker thread ended with code ${code}`))))
  }) as ReturnType<LongTasks[Name]>
