import type { workerTasks } from './workers.ts'

export type WorkerTasks = typeof workerTasks
export type TaskInput<K extends keyof WorkerTasks> = Parameters<WorkerTasks[K]>[0]
export type TaskResult<K extends keyof WorkerTasks> = Awaited<ReturnType<WorkerTasks[K]>>

/** Runs a task once per input, on as many threads as there are, and returns the results in the order of the inputs. */
export type Parallel = <K extends keyof WorkerTasks>(
  task: K,
  inputs: readonly TaskInput<K>[],
) => Promise<TaskResult<K>[]>

/** All in this thread, one after another. */
export const oneByOne =
  (tasks: WorkerTasks): Parallel =>
  async <K extends keyof WorkerTasks>(task: K, inputs: readonly TaskInput<K>[]) => {
    const run = tasks[task] as unknown as (input: TaskInput<K>) => TaskResult<K> | Promise<TaskResult<K>>
    const results: TaskResult<K>[] = []
    for (const input of inputs) results.push(await run(input))
    return results
  }
