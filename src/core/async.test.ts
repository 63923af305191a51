import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { breathe, Channel, Mutex } from './async.ts'

const all = async <T>(channel: AsyncIterable<T>): Promise<T[]> => {
  const read: T[] = []
  for await (const value of channel) read.push(value)
  return read
}

test('nothing that was said before the end is lost, whenever it is read', async () => {
  const channel = new Channel<number>()
  channel.push(1)
  channel.push(2)
  const reading = all(channel)
  await breathe()
  channel.push(3)
  channel.end()
  channel.push(4)
  expect(await reading).toEqual([1, 2, 3])
})

test('a failure comes after what was said before it, and the first is the one that is told', async () => {
  const channel = new Channel<number>()
  channel.push(1)
  channel.fail(new Error('first'))
  channel.fail(new Error('second'))
  expect(await channel.next()).toEqual({ done: false, value: 1 })
  await expect(channel.next()).rejects.toThrow('first')
})

test('a slow reader of states gets the newest, not the queue of old ones', async () => {
  const channel = new Channel<string>({ latest: true })
  for (const state of ['waiting', 'running', 'done']) channel.push(state)
  channel.end()
  expect(await all(channel)).toEqual(['done'])
})

test('an abort ends a reader that waits, and one that has values before it', async () => {
  const controller = new AbortController()
  const [waits, behind] = [new Channel<number>(controller), new Channel<number>(controller)]
  const reading = all(waits)
  behind.push(1)
  controller.abort()
  expect(await reading).toEqual([])
  expect(await all(behind)).toEqual([])
  expect(await all(new Channel<number>(controller))).toEqual([])
})

test('a reader that goes away leaves no listener on the signal', async () => {
  const controller = new AbortController()
  const channel = new Channel<number>(controller)
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1)
  channel.push(1)
  for await (const value of channel) if (value === 1) break
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
})

test('writes run one after another, and one that fails holds up none', async () => {
  const mutex = new Mutex()
  const order: string[] = []
  const slow = mutex.run(async () => {
    await breathe()
    order.push('slow')
  })
  const failing = mutex.run(() => {
    order.push('failing')
    throw new Error('disk full')
  })
  const last = mutex.run(() => order.push('last'))
  await expect(failing).rejects.toThrow('disk full')
  await Promise.all([slow, last])
  expect(order).toEqual(['slow', 'failing', 'last'])
})
