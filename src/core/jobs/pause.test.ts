import { setTimeout } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { afterEach, expect, test } from 'vitest'
import { createPause, setPaused } from './pause.ts'

const workers: Worker[] = []
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.terminate()
})

/** A thread that hands out pieces for ever, as a training does, and counts what comes back. */
const training = () => {
  const pause = createPause()
  const done = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(
    `import { workerData } from 'node:worker_threads'
     import { createPool } from ${JSON.stringify(new URL('./transport/pool.ts', import.meta.url).href)}
     import { waitWhilePaused } from ${JSON.stringify(new URL('./pause.ts', import.meta.url).href)}
     const pool = createPool({
       threads: 2,
       workerUrl: new URL(${JSON.stringify(new URL('../../../test/fixtures/poolWorker.ts', import.meta.url).href)}),
       pausePoint: () => waitWhilePaused(workerData.pause),
     })
     for (;;) Atomics.add(workerData.done, 0, (await pool.run('double', Array(20).fill({ value: 1, wait: 1 }))).length)`,
    { eval: true, workerData: { pause, done } },
  )
  workers.push(worker)
  return { pause, worker, pieces: () => Atomics.load(done, 0) }
}
const until = async (holds: () => boolean) => {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 2000) throw new Error('waited too long')
    await setTimeout(5)
  }
}

test('paused, a training with threads of its own stands still; resumed, it goes on', async () => {
  const { pause, pieces } = training()
  await until(() => pieces() > 0)
  setPaused(pause, true)
  await setTimeout(100)
  const before = pieces()
  await setTimeout(200)
  expect(pieces()).toBe(before)
  setPaused(pause, false)
  await until(() => pieces() > before)
})

test('a thread that waits can be ended', async () => {
  const { pause, pieces, worker } = training()
  await until(() => pieces() > 0)
  setPaused(pause, true)
  await setTimeout(50)
  await worker.terminate()
  expect(worker.threadId).toBe(-1)
})
