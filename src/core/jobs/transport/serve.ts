import type { MessagePort } from 'node:worker_threads'
import { BedsideError, type Failure } from '../../../contract/errors.ts'

/** Tasks by name; each takes one input. `learn/workers.ts` has those of learners. */
export type Tasks = Record<string, (input: never) => unknown>

/** What a worker is sent and what it answers. `ready` is a task every worker has. */
export interface WorkerRequest {
  id: number
  task: string
  input: unknown
}
export type WorkerReply = { id: number } & (
  | { result: unknown }
  | { failure: Failure }
  | { error: { name: string; message: string; stack: string } }
)

/** Answers a port's requests with the tasks of that name, one after another. */
export const serveTasks = (port: MessagePort | null, tasks: Tasks): void => {
  port?.on('message', async ({ id, task, input }: WorkerRequest) => {
    let reply: WorkerReply
    try {
      reply = { id, result: task === 'ready' ? null : await taskOf(tasks, task)(input) }
    } catch (error) {
      reply = { id, ...replyOfError(error) }
    }
    port.postMessage(reply)
  })
}

/** An error as it crosses threads: what a user can act on stays whole, a bug keeps its message and stack. */
export const replyOfError = (
  error: unknown,
): { failure: Failure } | { error: { name: string; message: string; stack: string } } => {
  if (error instanceof BedsideError) return { failure: error.failure }
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  return { error: { name, message, stack: stack ?? '' } }
}

/** The task of that name; a missing one is a bug. */
export const taskOf = (tasks: Tasks, name: string): ((input: unknown) => unknown) => {
  const task = tasks[name]
  if (!task) throw new Error(`No worker task is called ${name}`)
  return task as (input: unknown) => unknown
}
