import type { LongTasks } from './tasks.ts'
import { threadTransport } from './transport/threads.ts'
import type { LongInput, LongResult, TaskContext, Units } from './transport/transport.ts'

export const runLong = <K extends keyof LongTasks>(
  workerUrl: URL,
  task: K,
  input: LongInput<K>,
  context: TaskContext,
  units?: Units,
): Promise<LongResult<K>> => threadTransport(workerUrl).run(task, input, { ...context, units })
