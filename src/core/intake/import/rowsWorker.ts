import { type MessagePort, parentPort } from 'node:worker_threads'
import type { BedsideError, Failure } from '../../../contract/errors.ts'
import { Channel } from '../../async.ts'
import { checkRows, type PlanOf, type RowsChunk, type RowsRequest, type RowsSummary } from '../check/rows.ts'
import type { Plan } from '../mapping/plan.ts'
import type { PreviewRequest } from '../mapping/preview.ts'

/** What to do, sent once; then the plan, where rows are read; then null for each slice that was taken. */
export type RowsWorkerOrder =
  | { task: 'rows'; request: RowsRequest }
  | { task: 'preview'; request: PreviewRequest }
  | { task: 'plan'; plan: Plan }
  | null

export type RowsWorkerReply =
  | { header: string[] }
  | { chunk: RowsChunk }
  | { summary: RowsSummary }
  | { preview: unknown }
  | { failure: Failure }
  | { error: { name: string; message: string; stack: string } }

/** Slices that may lie ready before the reader waits: enough that neither side idles, too few to fill the memory. */
export const slicesAhead = 4

/** The thread that reads, checks and packs a file. It gets the file and the mapping, never the vault or its key. */
const listen = (port: MessagePort): void => {
  const credit = new Channel<null>()
  for (let slice = 0; slice < slicesAhead; slice++) credit.push(null)
  let planned: (plan: Plan) => void = () => {}
  const send = (reply: RowsWorkerReply, transfer: ArrayBuffer[] = []) => port.postMessage(reply, transfer)
  const planOf = (header: string[]): Promise<Plan> =>
    new Promise((resolve) => {
      planned = resolve
      send({ header })
    })
  port.on('message', (order: RowsWorkerOrder) => {
    if (order === null) {
      credit.push(null)
      return
    }
    if (order.task === 'plan') return planned(order.plan)
    const work =
      order.task === 'preview' ? preview(order.request, send) : rows({ request: order.request, planOf, send, credit })
    work.catch((error) => send(replyTo(error)))
  })
}

type Send = (reply: RowsWorkerReply, transfer?: ArrayBuffer[]) => void

const preview = async (request: PreviewRequest, send: Send) => {
  const { previewHere } = await import('../mapping/preview.ts')
  send({ preview: await previewHere(request) })
}

interface RowsWork {
  request: RowsRequest
  planOf: PlanOf
  send: Send
  /** One for each slice that may be sent. */
  credit: Channel<null>
}

const rows = async ({ request, planOf, send, credit }: RowsWork) => {
  const reading = checkRows(request, planOf)
  for (;;) {
    await credit.next()
    const next = await reading.next()
    if (next.done) return send({ summary: next.value })
    send({ chunk: next.value }, buffersOf(next.value))
  }
}

const replyTo = (error: unknown): RowsWorkerReply => {
  // By name, so that a thread in which nothing fails need not load the class.
  if (error instanceof Error && error.name === 'BedsideError') return { failure: (error as BedsideError).failure }
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  return { error: { name, message, stack: stack ?? '' } }
}

const buffersOf = ({ wide, long }: RowsChunk): ArrayBuffer[] =>
  [
    ...(wide ? [wide.rows.buffer, wide.records.buffer, wide.ends.buffer] : []),
    ...(long ? [long.rows.buffer, long.tests.buffer, long.days.buffer, long.values.buffer] : []),
  ] as ArrayBuffer[]

if (parentPort) listen(parentPort)
