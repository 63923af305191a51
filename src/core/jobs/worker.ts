import { parentPort, workerData } from 'node:worker_threads'
import { workerTasks } from '../learn/workers.ts'
import { waitWhilePaused } from './pause.ts'
import type { LongTaskContext } from './tasks.ts'
import { replyOfError, serveTasks } from './transport/serve.ts'
import type { LongData, LongReply } from './transport/threads.ts'

/**
 * A worker thread of the core: one of a pool (transport/pool.ts), or, where its data names a long task, that task's own
 * (transport/threads.ts). It
 * never sees the vault or its key.
 */
const runLongTask = async ({ task, input, workerUrl, pause, known = [] }: LongData): Promise<LongReply> => {
  try {
    const [{ longTasks }, { createPool }] = await Promise.all([import('./tasks.ts'), import('./transport/pool.ts')])
    const run = longTasks[task as keyof typeof longTasks] as (
      input: never,
      context: LongTaskContext,
    ) => Promise<unknown>
    const pausePoint = () => {
      if (pause) waitWhilePaused(pause)
    }
    const report = (stage: string, progress: number | null, detail?: Record<string, string | number>) => {
      parentPort?.postMessage({ stage, progress, ...(detail ? { detail } : {}) } satisfies LongReply)
      pausePoint()
    }
    const units = new Map(known.map(({ key, bytes }) => [key, bytes]))
    const memo = {
      get: (key: string) => units.get(key),
      put: (key: string, bytes: Uint8Array) => parentPort?.postMessage({ memo: { key, bytes } } satisfies LongReply),
    }
    const openPool = (threads: number) => createPool({ threads, pausePoint, workerUrl: new URL(workerUrl) })
    return { result: await run(input as never, { report, openPool, memo }) }
  } catch (error) {
    return replyOfError(error)
  }
}

const data = workerData as LongData | null
if (data?.task) void runLongTask(data).then((reply) => parentPort?.postMessage(reply))
else serveTasks(parentPort, workerTasks)
