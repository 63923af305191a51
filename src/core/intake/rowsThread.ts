import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { BedsideError, cancelled } from '../../contract/errors.ts'
import type { Preview } from '../../contract/intake.ts'
import { type PreviewRequest, previewHere } from './preview.ts'
import { checkRows, type RowsChunk, type RowsRequest, type RowsSummary } from './rows.ts'
import type { RowsWorkerData, RowsWorkerReply } from './rowsWorker.ts'

export interface ThreadOptions {
  signal?: AbortSignal
  /** The built worker; in the source tree the `.ts` file beside this one. Null: work in this thread, in slices. */
  workerUrl?: URL | null
}

const besideThis = new URL('./rowsWorker.ts', import.meta.url)

/**
 * Reads, checks and packs a file on a thread of its own (or here, giving way after each slice, where there is no worker
 * file) and yields what comes. Aborting ends the thread at once and throws `cancelled`.
 */
export async function* readRows(
  request: RowsRequest,
  { signal, workerUrl = besideThis }: ThreadOptions = {},
): AsyncGenerator<RowsChunk, RowsSummary> {
  stopIfAborted(signal)
  if (!isThere(workerUrl)) {
    const rows = checkRows(request)
    for (;;) {
      const next = await rows.next()
      if (next.done) return next.value
      yield next.value
      await giveWay()
      stopIfAborted(signal)
    }
  }
  const thread = startThread(workerUrl, { task: 'rows', request }, signal)
  try {
    for (;;) {
      const reply = await thread.next()
      if ('summary' in reply) return reply.summary
      if (!('chunk' in reply)) throw new Error('The thread that reads rows sent something else')
      yield reply.chunk
      thread.ready()
    }
  } finally {
    await thread.end()
  }
}

/** Looks at a file on a thread of its own; see `previewHere`. */
export const previewFile = async (
  request: PreviewRequest,
  { signal, workerUrl = besideThis }: ThreadOptions = {},
): Promise<Omit<Preview, 'upload'>> => {
  stopIfAborted(signal)
  if (!isThere(workerUrl)) return previewHere(request)
  const thread = startThread(workerUrl, { task: 'preview', request }, signal)
  try {
    const reply = await thread.next()
    if (!('preview' in reply)) throw new Error('The thread that looks at files sent something else')
    return reply.preview as Omit<Preview, 'upload'>
  } finally {
    await thread.end()
  }
}

const startThread = (url: URL, data: RowsWorkerData, signal: AbortSignal | undefined) => {
  const worker = new Worker(url, { workerData: data })
  const replies: RowsWorkerReply[] = []
  let lost: unknown = null
  let wake = () => {}
  const lose = (error: unknown) => {
    lost ??= error
    wake()
  }
  const abort = () => {
    lose(stopped())
    void worker.terminate()
  }
  signal?.addEventListener('abort', abort, { once: true })
  worker.on('message', (reply: RowsWorkerReply) => {
    replies.push(reply)
    wake()
  })
  worker.on('error', lose)
  worker.on('messageerror', lose)
  worker.on('exit', (code) => lose(new Error(`The thread that reads files ended with code ${code}`)))
  return {
    next: async (): Promise<RowsWorkerReply> => {
      for (;;) {
        if (signal?.aborted) throw stopped()
        const reply = replies.shift()
        if (reply) {
          if ('failure' in reply) throw new BedsideError(reply.failure)
          if ('error' in reply) throw Object.assign(new Error(reply.error.message), reply.error)
          return reply
        }
        if (lost !== null) throw lost
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
    ready: () => worker.postMessage(null),
    end: async () => {
      signal?.removeEventListener('abort', abort)
      await worker.terminate()
    },
  }
}

const isThere = (url: URL | null): url is URL =>
  url !== null && (url.protocol !== 'file:' || existsSync(fileURLToPath(url)))

const giveWay = () => new Promise<void>((resolve) => setImmediate(resolve))

const stopped = () => cancelled('cancelled', 'The import was cancelled; nothing was kept.')

const stopIfAborted = (signal: AbortSignal | undefined): void => {
  if (signal?.aborted) throw stopped()
}
