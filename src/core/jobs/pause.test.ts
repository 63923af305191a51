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
  /** Pieces that came back, and whether it stands at a pause. */
  const counts = new Int32Array(new SharedArrayBuffer(8))
  const worker = new Worker(
    `import { workerData } from 'node:worker_threads'
     import { createPool } from ${JSON.stringify(new URL('./transport/pool.ts', import.meta.url).href)}
     import { waitWhilePaused } from ${JSON.stringify(new URL('./pause.ts', import.meta.url).href)}
     const pool = createPool({
       threads: 2,
       workerUrl: new URL(${JSON.stringify(new URL('../../../test/fixtures/poolWorker.ts', import.meta.url).href)}),
       pausePoint: () => {
         if (Atomics.load(workerData.pause, 0) === 1) Atomics.store(workerData.counts, 1, 1)
         waitWhilePaused(workerData.pause)
         Atomics.store(workerData.counts, 1, 0)
       },
     })
     for (;;) Atomics.add(workerData.counts, 0, (await pool.run('double', Array(20).fill({ value: 1, wait: 1 }))).length)`,
    { eval: true, workerData: { pause, counts } },
  )
  workers.push(worker)
  return { pause, worker, pieces: () => Atomics.load(counts, 0), stands: () => Atomics.load(counts, 1) === 1 }
}
const until = async (holds: () => boolean) => {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 2000) throw new Error('waited too long')
    await setTimeout(5)
  }
}

test('paused, a training with threads of its own stands still; resumed, it goes on', async () => {
  const { pause, pieces, stands } = training()
  await until(() => pieces() > 0)
  setPaused(pause, true)
  await until(stands)
  const before = pieces()
  // Meanwhile another, begun only now, gets something done.
  const other = training()
  await until(() => other.pieces() >= 60)
  expect(pieces()).toBe(before)
  setPaused(pause, false)
  await until(() => pieces() > before)
})

test('a thread that waits can be ended', async () => {
  const { pause, stands, worker } = training()
  setPaused(pause, true)
  await until(stands)
  await worker.terminate()
  expect(worker.threadId).toBe(-1)
})
