import { Worker } from 'node:worker_threads'
import { BedsideError, cancelled, type Failure } from '../../../contract/errors.ts'
import type { Pause } from '../pause.ts'
import type { TaskContext, Transport, Units } from './transport.ts'

export type LongReply =
  | { stage: string; progress: number | null; detail?: Record<string, string | number> }
  | { memo: { key: string; bytes: Uint8Array } }
  | { result: unknown }
  | { failure: Failure }
  | { error: { name: string; message: string; stack: string } }

/** What a thread is started with; `task` is a name of `jobs/tasks.ts`. */
export interface LongData {
  task: string
  input: unknown
  workerUrl: string
  pause?: Pause | undefined
  known?: Units['known'] | undefined
}

/**
 * Each long task on a worker thread of its own, `workerUrl` (jobs/worker.ts or its bundle). Tables lie on shared memory
 * and are not copied. Aborting ends the thread, and the pool that it holds with it.
 */
export const threadTransport = (workerUrl: URL): Transport => ({
  run: (task, input, context) => runOnThread({ task, input, workerUrl: workerUrl.href }, context) as Promise<never>,
})

const runOnThread = (
  data: Pick<LongData, 'task' | 'input' | 'workerUrl'>,
  { signal, report, pause, units }: TaskContext,
): Promise<unknown> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const workerData: LongData = { ...data, pause, known: units?.known }
    const worker = new Worker(new URL(data.workerUrl), { workerData })
    const settle = (finish: () => void) => {
      signal.removeEventListener('abort', abort)
      void worker.terminate()
      finish()
    }
    const abort = () =>
      settle(() => reject(signal.reason instanceof BedsideError ? signal.reason : cancelled('cancelled')))
    signal.addEventListener('abort', abort, { once: true })
    worker.on('message', (reply: LongReply) => {
      if ('stage' in reply) report(reply.stage, reply.progress, reply.detail)
      else if ('memo' in reply) units?.put(reply.memo.key, reply.memo.bytes)
      else if ('result' in reply) settle(() => resolve(reply.result))
      else if ('failure' in reply) settle(() => reject(new BedsideError(reply.failure)))
      else settle(() => reject(Object.assign(new Error(reply.error.message), reply.error)))
    })
    worker.on('error', (error) => settle(() => reject(error)))
    worker.on('exit', (code) => settle(() => reject(new Error(`The worker thread ended with code ${code}`))))
  })
