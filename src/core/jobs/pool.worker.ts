import { parentPort } from 'node:worker_threads'
import { invalidInput } from '../../contract/errors.ts'
import { serveTasks } from './serve.ts'

/** Tasks for the pool's own tests. */
serveTasks(parentPort, {
  double: async ({ value, wait }: { value: number; wait: number }) => {
    await new Promise((resolve) => setTimeout(resolve, wait))
    return value * 2
  },
  refuse: (path: string) => {
    throw invalidInput('noEvents', 'No patient had the event.', [{ path, reason: 'has none' }], { rows: 3 })
  },
  stumble: () => {
    throw new TypeError('a bug')
  },
  spin: () => {
    for (;;);
  },
  leave: () => process.exit(3),
})
