/**
 * Memory of training on 1,000,000 x 30: the largest resident size while a random forest of 100 trees learns, above that
 * with the data alone, in a process of its own, on two threads. Promised: at most 2 GB. Run: npx node bench/memory.ts
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Matrix, Outcome } from '../src/core/cohort/matrix.ts'
import { completeParameters } from '../src/core/learn/parameters.ts'
import { forest } from '../src/core/learn/trees/forest.ts'
import { encodeArtifact } from '../src/core/numbers/bytes.ts'
import { randomOf } from '../src/core/numbers/random.ts'
import { createPool } from '../test/fixtures/pool.ts'

const [rows, columns, trees] = [1_000_000, 30, 100]
const promised = 2

const cohort = (): { x: Matrix; outcome: Outcome } => {
  const random = randomOf(7)
  const data = new Float64Array(new SharedArrayBuffer(rows * columns * 8))
  for (let i = 0; i < data.length; i++) data[i] = random.normal()
  const at = (column: number, row: number) => data[column * rows + row]
  const y = Int32Array.from({ length: rows }, (_, row) => {
    const z = at(0, row) - 0.7 * at(1, row) + at(2, row) * at(3, row) - 1
    return random.uniform() < 1 / (1 + Math.exp(-z)) ? 1 : 0
  })
  const terms = Array.from({ length: columns }, (_, column) => `x${column}`)
  return {
    x: { rows, columns, data, terms, source: terms.map((_, column) => column) },
    outcome: { task: 'diagnosis', classes: ['no', 'yes'], y },
  }
}

const gigabytes = (bytes: number) => bytes / 1e9

const child = async () => {
  const { x, outcome } = cohort()
  const before = process.memoryUsage().rss
  const pool = createPool({ threads: 2 })
  const start = performance.now()
  const { state } = await forest.fit(x, outcome, completeParameters(forest, { nTrees: trees }), {
    seed: 1,
    threads: 2,
    signal: new AbortController().signal,
    progress: () => {},
    parallel: (task, inputs) => pool.run(task, inputs),
  })
  const seconds = (performance.now() - start) / 1000
  const artifact = encodeArtifact(state).length
  const most = process.resourceUsage().maxRSS * 1024
  await pool.close()
  console.log(JSON.stringify({ before, most, seconds, artifact }))
}

export const run = async (): Promise<boolean> => {
  const { stdout, stderr, status } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), 'child'], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`training failed: ${stderr.trim().split('\n').at(-1)}`)
  const { before, most, seconds, artifact } = JSON.parse(stdout)
  const above = gigabytes(most - before)
  const good = above <= promised
  console.log(`Random forest, ${rows} x ${columns}, ${trees} trees, leaves of 5: ${seconds.toFixed(1)} s`)
  console.log(`with the data alone ${gigabytes(before).toFixed(2)} GB, at most ${gigabytes(most).toFixed(2)} GB`)
  console.log(
    `${above.toFixed(2)} GB above the data (artifact ${gigabytes(artifact).toFixed(2)} GB)  ${good ? 'PASS' : 'FAIL'} (at most ${promised} GB)`,
  )
  return good
}

if (import.meta.main) {
  if (process.argv[2] === 'child') await child()
  else process.exitCode = (await run()) ? 0 : 1
}
