/**
 * Support vector machine with a Gaussian kernel on 5,000 x 30 beside libsvm (scikit-learn's SVC): the machine alone,
 * and with calibrated probabilities (six fits; here on two threads, as the app runs it, and on one). Same data, same
 * tolerance, same run, in turns. Promised: at most twice libsvm's time. Run: npx node bench/svm.ts
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Matrix, Outcome } from '../src/core/cohort/matrix.ts'
import { completeParameters } from '../src/core/learn/parameters.ts'
import { fitMachine } from '../src/core/learn/svm/fitTask.ts'
import { svm } from '../src/core/learn/svm/svm.ts'
import { randomOf } from '../src/core/numbers/random.ts'
import { createPool } from '../test/fixtures/pool.ts'

const [rows, columns] = [5000, 30]
const gamma = 1 / columns
const promised = 2
const rounds = 3

const dataOf = (): { x: Matrix; outcome: Extract<Outcome, { task: 'diagnosis' }> } => {
  const random = randomOf(42)
  const shared = new Float64Array(new SharedArrayBuffer(rows * columns * 8))
  for (let i = 0; i < shared.length; i++) shared[i] = random.normal()
  const at = (row: number, column: number) => shared[column * rows + row]
  const y = Int32Array.from({ length: rows }, (_, row) => {
    const score = at(row, 0) + at(row, 1) * at(row, 2) - Math.abs(at(row, 3)) + 0.5
    return random.uniform() < 1 / (1 + Math.exp(-2 * score)) ? 1 : 0
  })
  const terms = Array.from({ length: columns }, (_, i) => `x${i}`)
  return {
    x: { rows, columns, data: shared, terms, source: terms.map((_, i) => i) },
    outcome: { task: 'diagnosis', classes: ['healthy', 'ill'], y },
  }
}

const script = `
import json, sys, time
import numpy as np
from sklearn.svm import SVC
rows, columns = ${rows}, ${columns}
x = np.ascontiguousarray(np.fromfile(sys.argv[1] + '/x').reshape(columns, rows).T)
y = np.fromfile(sys.argv[1] + '/y', np.int32)
out = {}
for name, probability in (('machine', False), ('probabilities', True)):
    before = time.perf_counter()
    machine = SVC(C=1.0, gamma=${gamma}, tol=1e-3, cache_size=400, probability=probability, random_state=1).fit(x, y)
    out[name] = time.perf_counter() - before
out['support'] = int(machine.n_support_.sum())
out['decisions'] = machine.decision_function(x[:200]).tolist()
print(json.dumps(out))
`

export const run = async (): Promise<void> => {
  const { x, outcome } = dataOf()
  const folder = mkdtempSync(join(tmpdir(), 'bedside-svm-'))
  writeFileSync(join(folder, 'x'), new Uint8Array(x.data.buffer))
  writeFileSync(join(folder, 'y'), new Uint8Array(outcome.y.buffer))
  const all = Int32Array.from(outcome.y.keys())
  const parameters = completeParameters(svm, { gamma })
  const seconds: Record<string, number[]> = {}
  const note = (name: string, value: number) => {
    seconds[name] = [...(seconds[name] ?? []), value]
  }
  const timed = async <T>(name: string, work: () => Promise<T> | T): Promise<T> => {
    const before = performance.now()
    const result = await work()
    note(name, (performance.now() - before) / 1000)
    return result
  }
  const pools = [1, 2].map((threads) => createPool({ threads }))
  await Promise.all(pools.map((pool) => pool.warm()))
  let peer: { support: number; decisions: number[] } | null = null
  let difference = 0
  try {
    for (let round = 0; round < rounds; round++) {
      const machine = await timed('machine', () =>
        fitMachine({
          x,
          rows: all,
          y: Float64Array.from(outcome.y, (label) => (label === 1 ? 1 : -1)),
          task: 'diagnosis',
          kernel: { kind: 'rbf', gamma },
          cost: new Float64Array(rows).fill(1),
          epsilon: 0,
          tolerance: 1e-3,
          decide: all.subarray(0, 200),
        }),
      )
      for (const [i, pool] of pools.entries())
        await timed(`probabilities, ${i + 1} thread${i === 0 ? '' : 's'}`, () =>
          svm.fit(x, outcome, parameters, {
            seed: 1,
            threads: i + 1,
            signal: new AbortController().signal,
            progress: () => {},
            parallel: (task, inputs) => pool.run(task, inputs),
          }),
        )
      const python = spawnSync('/usr/bin/python3', ['-c', script, folder], { encoding: 'utf8' })
      if (python.status !== 0) continue
      const said = JSON.parse(python.stdout)
      note('libsvm machine', said.machine)
      note('libsvm probabilities', said.probabilities)
      peer = said
      difference = Math.max(
        ...said.decisions.map((value: number, i: number) => Math.abs(value - (machine.decisions as Float64Array)[i])),
      )
      console.log(`round ${round + 1}: ${machine.support.length} support vectors, libsvm ${said.support}`)
    }
  } finally {
    await Promise.all(pools.map((pool) => pool.close()))
    rmSync(folder, { recursive: true })
  }
  const median = (name: string) => [...seconds[name]].sort((a, b) => a - b)[seconds[name].length >> 1]
  for (const name of Object.keys(seconds)) console.log(`${name.padEnd(26)} ${median(name).toFixed(2)} s`)
  if (!peer) {
    console.log('scikit-learn (python3-sklearn) is not installed: no comparison.')
    return
  }
  const verdict = (ours: string, theirs: string) => {
    const ratio = median(ours) / median(theirs)
    console.log(
      `${ours} / ${theirs}: ${ratio.toFixed(2)} (promised ${promised}) ${ratio <= promised ? 'PASS' : 'FAIL'}`,
    )
  }
  verdict('machine', 'libsvm machine')
  verdict('probabilities, 1 thread', 'libsvm probabilities')
  verdict('probabilities, 2 threads', 'libsvm probabilities')
  console.log(`largest difference of 200 decisions at the tolerance of 0.001: ${difference.toExponential(1)}`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await run()
