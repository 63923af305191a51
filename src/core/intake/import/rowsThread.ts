import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { BedsideError, cancelled } from '../../../contract/errors.ts'
import type { Preview } from '../../../contract/intake.ts'
import { breathe, Channel } from '../../async.ts'
import { checkRows, type PlanOf, type RowsChunk, type RowsRequest, type RowsSummary } from '../check/rows.ts'
import { type PreviewRequest, previewHere } from '../mapping/preview.ts'
import type { RowsWorkerOrder, RowsWorkerReply } from './rowsWorker.ts'

export interface ThreadOptions {
  signal?: AbortSignal
  /** The built worker; in the source tree the `.ts` file beside this one. Null: work in this thread, in slices. */
  workerUrl?: URL | null
}

const besideThis = new URL('./rowsWorker.ts', import.meta.url)

export interface RowsThread {
  /** Reads, checks and packs a file and yields what comes; `planOf` is called here, with the header. Once a thread. */
  read(request: RowsRequest, planOf: PlanOf): AsyncGenerator<RowsChunk, RowsSummary>
  /** Ends the thread; safe to call twice. */
  close(): Promise<void>
}

/**
 * A thread of its own that reads files (or none, where there is no worker file: then rows are read here, giving way
 * after each slice). It starts at once, so that it has loaded while the caller prepares. Aborting ends it at once and
 * makes `read` throw `cancelled`.
 */
export const openRowsThread = ({ signal, workerUrl = besideThis }: ThreadOptions = {}): RowsThread => {
  if (signal?.aborted || !isThere(workerUrl))
    return {
      read: (request, planOf) => readHere(request, planOf, signal),
      close: async () => {},
    }
  const thread = startThread(workerUrl, signal)
  return {
    read: async function* (request, planOf) {
      stopIfAborted(signal)
      thread.send({ task: 'rows', request })
      for (;;) {
        const reply = await thread.next()
        if ('summary' in reply) return reply.summary
        if ('header' in reply) {
          thread.send({ task: 'plan', plan: await planOf(reply.header) })
          continue
        }
        if (!('chunk' in reply)) throw new Error('The thread that reads rows sent something else')
        yield reply.chunk
        thread.send(null)
      }
    },
    close: thread.end,
  }
}

async function* readHere(
  request: RowsRequest,
  planOf: PlanOf,
  signal: AbortSignal | undefined,
): AsyncGenerator<RowsChunk, RowsSummary> {
  stopIfAborted(signal)
  const rows = checkRows(request, planOf)
  for (;;) {
    const next = await rows.next()
    if (next.done) return next.value
    yield next.value
    await breathe()
    stopIfAborted(signal)
  }
}

/** Looks at a file on a thread of its own; see `previewHere`. */
export const previewFile = async (
  request: PreviewRequest,
  { signal, workerUrl = besideThis }: ThreadOptions = {},
): Promise<Omit<Preview, 'upload'>> => {
  stopIfAborted(signal)
  if (!isThere(workerUrl)) return previewHere(request)
  const thread = startThread(workerUrl, signal)
  try {
    thread.send({ task: 'preview', request })
    const reply = await thread.next()
    if (!('preview' in reply)) throw new Error('The thread that looks at files sent something else')
    return reply.preview as Omit<Preview, 'upload'>
  } finally {
    await thread.end()
  }
}

const startThread = (url: URL, signal: AbortSignal | undefined) => {
  const worker = new Worker(url)
  const replies = new Channel<RowsWorkerReply>()
  const lose = (error: unknown) => replies.fail(error)
  const abort = () => {
    lose(stopped())
    void worker.terminate()
  }
  signal?.addEventListener('abort', abort, { once: true })
  worker.on('message', (reply: RowsWorkerReply) => replies.push(reply))
  worker.on('error', lose)
  worker.on('messageerror', lose)
  worker.on('exit', (code) => lose(new Error(`The thread that reads files ended with code ${code}`)))
  return {
    next: async (): Promise<RowsWorkerReply> => {
      stopIfAborted(signal)
      const { value: reply } = await replies.next()
      if (!reply) throw new Error('The thread that reads files was ended')
      if ('failure' in reply) throw new BedsideError(reply.failure)
      if ('error' in reply) throw Object.assign(new Error(reply.error.message), reply.error)
      return reply
    },
    send: (message: RowsWorkerOrder) => worker.postMessage(message),
    end: async () => {
      signal?.removeEventListener('abort', abort)
      await worker.terminate()
    },
  }
}

const isThere = (url: URL | null): url is URL =>
  url !== null && (url.protocol !== 'file:' || existsSync(fileURLToPath(url)))

const stopped = () => cancelled('cancelled')

const stopIfAborted = (signal: AbortSignal | undefined): void => {
  if (signal?.aborted) throw stopped()
}
