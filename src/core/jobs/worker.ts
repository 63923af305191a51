import { parentPort, workerData } from 'node:worker_threads'
import { workerTasks } from '../learn/workers.ts'
import type { LongData, LongReply } from './long.ts'
import { waitWhilePaused } from './pause.ts'
import { replyOfError, serveTasks } from './serve.ts'

/**
 * A worker thread of the core: one of a pool (pool.ts), or, where its data names a long task, that task's own (long.ts). It
 * never sees the vault or its key.
 */
const runLongTask = async ({ long, input, workerUrl, pause, known = [] }: LongData): Promise<LongReply> => {
  try {
    const { longTasks } = await import('./tasks.ts')
    const task = longTasks[long as keyof typeof longTasks] as (input: never, context: object) => Promise<unknown>
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
    return { result: await task(input as never, { report, pausePoint, memo, workerUrl: new URL(workerUrl) }) }
  } catch (error) {
    return replyOfError(error)
  }
}

const data = workerData as LongData | null
if (data?.long) void runLongTask(data).then((reply) => parentPort?.postMessage(reply))
else serveTasks(parentPort, workerTasks)
