import { parentPort, workerData } from 'node:worker_threads'
import { BedsideError, type Failure } from '../../contract/errors.ts'
import { type PreviewRequest, previewHere } from './preview.ts'
import { checkRows, type RowsChunk, type RowsRequest, type RowsSummary } from './rows.ts'

export type RowsWorkerData = { task: 'rows'; request: RowsRequest } | { task: 'preview'; request: PreviewRequest }

export type RowsWorkerReply =
  | { chunk: RowsChunk }
  | { summary: RowsSummary }
  | { preview: unknown }
  | { failure: Failure }
  | { error: { name: string; message: string; stack: string } }

/** Slices that may lie ready before the reader waits: enough that neither side idles, too few to fill the memory. */
export const slicesAhead = 4

/** The thread that reads, checks and packs a file. It gets the file and the mapping, never the vault or its key. */
const run = async (data: RowsWorkerData): Promise<void> => {
  const port = parentPort
  if (!port) return
  try {
    if (data.task === 'preview') {
      port.postMessage({ preview: await previewHere(data.request) } satisfies RowsWorkerReply)
      return
    }
    let credit = slicesAhead
    let wake = () => {}
    port.on('message', () => {
      credit++
      wake()
    })
    const rows = checkRows(data.request)
    for (;;) {
      if (credit === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        continue
      }
      const next = await rows.next()
      if (next.done) {
        port.postMessage({ summary: next.value } satisfies RowsWorkerReply)
        port.close()
        return
      }
      credit--
      port.postMessage({ chunk: next.value } satisfies RowsWorkerReply, buffersOf(next.value))
    }
  } catch (error) {
    if (error instanceof BedsideError) port.postMessage({ failure: error.failure } satisfies RowsWorkerReply)
    else {
      const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
      port.postMessage({ error: { name, message, stack: stack ?? '' } } satisfies RowsWorkerReply)
    }
    port.close()
  }
}

const buffersOf = ({ wide, long }: RowsChunk): ArrayBuffer[] =>
  [
    ...(wide ? [wide.rows.buffer, wide.records.buffer, wide.ends.buffer] : []),
    ...(long ? [long.rows.buffer, long.tests.buffer, long.days.buffer, long.values.buffer] : []),
  ] as ArrayBuffer[]

if (parentPort && workerData) void run(workerData as RowsWorkerData)
