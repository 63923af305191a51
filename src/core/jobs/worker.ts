import { parentPort } from 'node:worker_threads'
import { workerTasks } from '../learn/workers.ts'
import { serveTasks } from './serve.ts'

/** One thread of a pool. It never sees the vault or its key. */
serveTasks(parentPort, workerTasks)
