import { parentPort, workerData } from 'node:worker_threads'
import { workerTasks } from '../learn/workers.ts'
import type { LongReply } from './long.ts'
import { replyOfError, serveTasks } from './serve.ts'

/**
 * A worker thread of the core: one of a pool (pool.ts), or, where its data names a long task, that task's own (long.ts). It
 * never sees the vault or its key.
 */
const { long, input, workerUrl } = (workerData ?? {}) as { long?: string; input?: unknown; workerUrl?: string }

const runLongTask = async (name: string): Promise<LongReply> => {
  try {
    const { longTasks } = await import('../study/tasks.ts')
    const task = longTasks[name as keyof typeof longTasks] as (input: never, context: object) => Promise<unknown>
    const report = (stage: string, progress: number | null, detail?: Record<string, string | number>) =>
      parentPort?.postMessage({ stage, progress, ...(detail ? { detail } : {}) } satisfies LongReply)
    return { result: await task(input as never, { report, workerUrl: workerUrl ? new URL(workerUrl) : undefined }) }
  } catch (error) {
    return replyOfError(error)
  }
}

if (long) void runLongTask(long).then((reply) => parentPort?.postMessage(reply))
else serveTasks(parentPort, workerTasks)
