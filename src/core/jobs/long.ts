import { Worker } from 'node:worker_threads'
import { BedsideError, cancelled, type Failure } from '../../contract/errors.ts'
import type { LongTasks } from '../study/tasks.ts'
import type { JobContext } from './runner.ts'

export type LongReply =
  | { stage: string; progress: number | null; detail?: Record<string, string | number> }
  | { result: unknown }
  | { failure: Failure }
  | { error: { name: string; message: string; stack: string } }

/**
 * Runs a long task (`study/tasks.ts`) on a worker thread of its own, reporting stages as they come. Aborting ends the thread
 * at once. Input and result are structured-clonable; tables lie on shared memory and are not copied.
 */
export const runLong = <Name extends keyof LongTasks>(
  workerUrl: URL,
  name: Name,
  input: Parameters<LongTasks[Name]>[0],
  { signal, report }: JobContext,
): ReturnType<LongTasks[Name]> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const worker = new Worker(workerUrl, { workerData: { long: name, input, workerUrl: workerUrl.href } })
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
      else if ('result' in reply) settle(() => resolve(reply.result as never))
      else if ('failure' in reply) settle(() => reject(new BedsideError(reply.failure)))
      else settle(() => reject(Object.assign(new Error(reply.error.message), reply.error)))
    })
    worker.on('error', (error) => settle(() => reject(error)))
    worker.on('exit', (code) => settle(() => reject(new Error(`The worker thread ended with code ${code}`))))
  }) as ReturnType<LongTasks[Name]>
