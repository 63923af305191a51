import { Worker } from 'node:worker_threads'
import { BedsideError, cancelled } from '../../../contract/errors.ts'
import { breathe } from '../../async.ts'
import type { WorkerTasks } from '../../learn/parallel.ts'
import { type Tasks, taskOf, type WorkerReply } from './serve.ts'

export interface PoolOptions {
  /** 1 runs every task in the calling thread. */
  threads: number
  /** What a thread runs: jobs/worker.ts or its bundle. */
  workerUrl: URL
  /** What one thread, this one, runs; `learn/workers.ts` unless given. */
  tasks?: Tasks
  /** Called before a piece is handed out; may hold this thread while the work is paused. */
  pausePoint?: () => void
}

export interface Pool<T extends Tasks = WorkerTasks> {
  threads: number
  /**
   * Runs a task once per input and returns the results in the order of the inputs. Calls may
   * overlap: their tasks queue, first come first served. The first error rejects the call and drops its queued tasks.
   * Throws `cancelled` where the signal is aborted; workers busy with the call's tasks are ended, others go on.
   */
  run<K extends keyof T & string>(
    task: K,
    inputs: readonly Parameters<T[K]>[0][],
    signal?: AbortSignal,
  ): Promise<Awaited<ReturnType<T[K]>>[]>
  /** Starts all workers now and resolves when they have loaded their tasks, so that the first `run` need not wait. */
  warm(): Promise<void>
  /** Ends the workers. Running calls reject with `cancelled`. */
  close(): Promise<void>
}

interface Call {
  results: unknown[]
  left: number
  settled: boolean
  resolve: (results: unknown[]) => void
  reject: (error: unknown) => void
}
interface Piece {
  call: Call
  task: string
  input: unknown
  index: number
}
interface Seat {
  worker: Worker | null
  piece: Piece | null
  id: number
}

/**
 * Worker threads that run the tasks of `learn/workers.ts`, or those `T` that `workerUrl` serves. They start when first
 * needed and stay, idle, until `close`.
 */
export const createPool = <T extends Tasks = WorkerTasks>(options: PoolOptions): Pool<T> => {
  const { threads, workerUrl, tasks, pausePoint = () => {} } = options
  const seats: Seat[] = Array.from({ length: threads > 1 ? threads : 0 }, () => ({ worker: null, piece: null, id: 0 }))
  const queue: Piece[] = []
  let closed = false

  const end = (call: Call, error: unknown) => {
    if (call.settled) return
    call.settled = true
    for (let i = queue.length - 1; i >= 0; i--) if (queue[i].call === call) queue.splice(i, 1)
    call.reject(error)
  }

  const retire = (seat: Seat) => {
    const { worker } = seat
    seat.worker = null
    seat.piece = null
    seat.id++
    return worker?.terminate()
  }

  const hire = (seat: Seat): Worker => {
    const worker = new Worker(workerUrl)
    // A pool must never keep the process alive by itself; a running piece does (see `give`).
    worker.unref()
    const lost = (error: unknown) => {
      if (seat.worker !== worker) return
      const piece = seat.piece
      seat.worker = null
      seat.piece = null
      if (piece) end(piece.call, error)
      deal()
    }
    worker.on('message', (reply: WorkerReply) => {
      const piece = seat.piece
      if (seat.worker !== worker || !piece || reply.id !== seat.id) return
      seat.piece = null
      worker.unref()
      const { call } = piece
      if ('failure' in reply) end(call, new BedsideError(reply.failure))
      else if ('error' in reply) end(call, Object.assign(new Error(reply.error.message), reply.error))
      else if (!call.settled) {
        call.results[piece.index] = reply.result
        if (--call.left === 0) {
          call.settled = true
          call.resolve(call.results)
        }
      }
      deal()
    })
    worker.on('error', lost)
    worker.on('messageerror', lost)
    worker.on('exit', (code) => lost(new Error(`A worker thread ended with code ${code}`)))
    seat.worker = worker
    return worker
  }

  const give = (seat: Seat, piece: Piece) => {
    const worker = seat.worker ?? hire(seat)
    seat.piece = piece
    worker.ref()
    try {
      worker.postMessage({ id: ++seat.id, task: piece.task, input: piece.input })
    } catch (error) {
      seat.piece = null
      worker.unref()
      end(piece.call, error)
    }
  }

  const deal = () => {
    if (closed) return
    for (const seat of seats) {
      if (seat.piece) continue
      if (queue.length === 0) return
      pausePoint()
      give(seat, queue.shift() as Piece)
    }
  }

  const runHere = async (task: string, inputs: readonly unknown[], signal?: AbortSignal): Promise<unknown[]> => {
    const found = tasks ?? (await import('../../learn/workers.ts')).workerTasks
    const results: unknown[] = []
    for (const input of inputs) {
      // Lets messages through between pieces, an abort among them.
      await breathe()
      if (closed || signal?.aborted) throw cancelled('cancelled')
      pausePoint()
      results.push(await taskOf(found, task)(input))
    }
    return results
  }

  const spread = (task: string, inputs: readonly unknown[], signal?: AbortSignal): Promise<unknown[]> => {
    if (closed || signal?.aborted) return Promise.reject(cancelled('cancelled'))
    if (inputs.length === 0) return Promise.resolve([])
    if (seats.length === 0) return runHere(task, inputs, signal)
    return new Promise<unknown[]>((resolve, reject) => {
      const abort = () => {
        end(call, cancelled('cancelled'))
        for (const seat of seats) if (seat.piece?.call === call) void retire(seat)
        deal()
      }
      const call: Call = {
        results: new Array(inputs.length),
        left: inputs.length,
        settled: false,
        resolve: (results) => {
          signal?.removeEventListener('abort', abort)
          resolve(results)
        },
        reject: (error) => {
          signal?.removeEventListener('abort', abort)
          reject(error)
        },
      }
      signal?.addEventListener('abort', abort, { once: true })
      inputs.forEach((input, index) => {
        queue.push({ call, task, input, index })
      })
      deal()
    })
  }

  return {
    threads: Math.max(1, threads),
    run: spread as Pool<T>['run'],
    warm: async () => {
      await spread(
        'ready',
        seats.map(() => null),
      )
    },
    close: async () => {
      closed = true
      const calls = new Set([...queue, ...seats.flatMap(({ piece }) => piece ?? [])].map(({ call }) => call))
      for (const call of calls) end(call, cancelled('cancelled'))
      await Promise.all(seats.map(retire))
    },
  }
}
