import { afterEach, expect, test } from 'vitest'
import type { PoolWorkerTasks } from '../../../../test/fixtures/poolWorker.ts'
import { type BedsideError, invalidInput } from '../../../contract/errors.ts'
import { createPool, type Pool } from './pool.ts'

const workerUrl = new URL('../../../../test/fixtures/poolWorker.ts', import.meta.url)
let pool: Pool<PoolWorkerTasks>
const two = () => {
  pool = createPool<PoolWorkerTasks>({ threads: 2, workerUrl })
  return pool
}
afterEach(() => pool.close())

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: BedsideError) => error.failure ?? error,
  )

test('results come in the order of the inputs, whichever thread is done first', async () => {
  const inputs = [30, 1, 20, 2, 10].map((wait, value) => ({ value, wait }))
  expect(await two().run('double', inputs)).toEqual([0, 2, 4, 6, 8])
})

test('an error the user can act on keeps its code, reason, issues and details across the thread', async () => {
  const { failure: sent } = invalidInput('noEvents', { rows: 3 }, [{ path: 'status', reason: 'has none' }])
  expect(await failureOf(two().run('refuse', ['status']))).toEqual(sent)
  expect(await pool.run('double', [{ value: 4, wait: 0 }])).toEqual([8])
})

test('a bug in a worker is no expected error, and the pool goes on', async () => {
  await expect(two().run('stumble', [null, null, null])).rejects.toThrow('a bug')
  // @ts-expect-error: a name that no worker knows does not even compile.
  await expect(pool.run('nothing', [null])).rejects.toThrow('No worker task is called nothing')
  expect(await pool.run('double', [{ value: 4, wait: 0 }])).toEqual([8])
})

test('a worker that dies fails its call at once and is replaced', async () => {
  await expect(two().run('leave', [null])).rejects.toThrow('code 3')
  expect(await pool.run('double', [{ value: 1, wait: 0 }])).toEqual([2])
})

test('cancelling ends work that would never end by itself, and leaves another job running', async () => {
  const controller = new AbortController()
  const endless = failureOf(two().run('spin', [null, null, null], controller.signal))
  const other = pool.run('double', [{ value: 21, wait: 0 }])
  setTimeout(() => controller.abort(), 50)
  expect(await endless).toMatchObject({ code: 'cancelled' })
  expect(await other).toEqual([42])
  expect(await failureOf(pool.run('double', [{ value: 1, wait: 0 }], controller.signal))).toMatchObject({
    code: 'cancelled',
  })
})

test('closing ends what runs', async () => {
  const endless = failureOf(two().run('spin', [null]))
  await pool.close()
  expect(await endless).toMatchObject({ code: 'cancelled' })
  expect(await failureOf(pool.run('double', [{ value: 1, wait: 0 }]))).toMatchObject({ code: 'cancelled' })
})

test('with one thread, tasks run here, in order, and can be cancelled between inputs', async () => {
  const seen: number[] = []
  const controller = new AbortController()
  const tasks = {
    see: (value: number) => {
      seen.push(value)
      if (value === 1) controller.abort()
      return value
    },
  }
  const here = createPool<typeof tasks>({ threads: 1, workerUrl, tasks })
  expect(await failureOf(here.run('see', [0, 1, 2], controller.signal))).toMatchObject({ code: 'cancelled' })
  expect(seen).toEqual([0, 1])
})
