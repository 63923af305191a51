/**
 * Random forest of 100 trees beside scikit-learn and ranger: the same 80,000 x 30 of two classes in the same run, two
 * threads each, rounds taken in turn and their median. Timed is what a user waits for: here from Matrix to fitted
 * (bins, work shared out to threads, out-of-bag predictions, model state) on a pool already started, there the fit on
 * data already loaded.
 * Run: npx node bench/forest.ts [rounds]
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { RandomForestClassifier } from 'ml-random-forest'
import { auroc } from '../src/core/assess/ranking.ts'
import { takeMatrixRows, takeOutcomeRows } from '../src/core/cohort/matrix.ts'
import type { FitContext } from '../src/core/learn/learner.ts'
import { completeParameters } from '../src/core/learn/parameters.ts'
import { classPredictor } from '../src/core/learn/predictor.ts'
import { forest } from '../src/core/learn/trees/forest.ts'
import { encodeArtifact, sha256 } from '../src/core/numbers/bytes.ts'
import { createPool, type Pool } from '../test/fixtures/pool.ts'
import { cohort } from './cohort.ts'

const trees = 100
const columns = 30
const training = 80_000
const held = 20_000

const python = `
import sys, time
import numpy as np
from sklearn.ensemble import RandomForestClassifier
folder, depth = sys.argv[1], int(sys.argv[2])
read = lambda name, rows: np.ascontiguousarray(np.fromfile(f'{folder}/{name}').reshape(${columns}, rows).T, dtype=np.float32)
x, new = read('train.x', ${training}), read('test.x', ${held})
y = np.fromfile(f'{folder}/train.y').astype(int)
forest = RandomForestClassifier(${trees}, max_depth=depth or None, n_jobs=2, random_state=1)
start, cpu = time.perf_counter(), time.process_time()
forest.fit(x, y)
seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
forest.predict_proba(new)[:, 1].astype(float).tofile(f'{folder}/predicted')
print(seconds, cpu)
`
const r = `
suppressPackageStartupMessages(library(ranger))
folder <- commandArgs(TRUE)[1]; depth <- as.integer(commandArgs(TRUE)[2])
read <- function(name, n) { con <- file(file.path(folder, name), 'rb'); on.exit(close(con)); readBin(con, 'double', n) }
frame <- function(name, rows) { x <- matrix(read(name, rows * ${columns}), rows); colnames(x) <- paste0('x', 1:${columns}); x }
x <- frame('train.x', ${training}); new <- frame('test.x', ${held}); y <- factor(read('train.y', ${training}))
used <- system.time(f <- ranger(x = x, y = y, num.trees = ${trees}, max.depth = depth, min.node.size = 1, probability = TRUE,
  num.threads = 2, seed = 1, verbose = FALSE))
con <- file(file.path(folder, 'predicted'), 'wb'); writeBin(predict(f, new, num.threads = 2)$predictions[, '1'], con); close(con)
cat(used[['elapsed']], used[['user.self']] + used[['sys.self']])
`

interface Round {
  seconds: number
  /** Of all threads: what a busy machine does not change. */
  cpu: number
  auc: number
}
type Data = ReturnType<typeof cohort>

const contextOf = (pool: Pool): FitContext => ({
  seed: 1,
  threads: pool.threads,
  signal: new AbortController().signal,
  progress: () => {},
  parallel: (task, inputs) => pool.run(task, inputs),
})

const ours = async (data: Data, depth: number, pool: Pool): Promise<Round & { hash: string; megabytes: number }> => {
  const parameters = completeParameters(forest, { nTrees: trees, maxDepth: depth, minLeaf: 1 })
  const start = performance.now()
  const used = process.cpuUsage()
  const fitted = await forest.fit(data.train.x, data.train.outcome, parameters, contextOf(pool))
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(used)
  const predictor = await forest.load(fitted.state)
  const predicted =
    classPredictor(predictor)
      .probabilities(data.test.x)
      .filter((_, i) => i % 2 === 1) ?? []
  const artifact = encodeArtifact(fitted.state)
  return {
    seconds,
    cpu: (user + system) / 1e6,
    auc: auroc(data.test.y, predicted).value ?? Number.NaN,
    hash: sha256(artifact),
    megabytes: artifact.length / 1e6,
  }
}

const peer = (data: Data, folder: string, command: string, script: string, depth: number): Round | string => {
  const { stdout, stderr, status, error } = spawnSync(command, [join(folder, script), folder, String(depth)], {
    encoding: 'utf8',
  })
  if (status !== 0) return error?.message ?? stderr.trim().split('\n').at(-1) ?? 'failed'
  const predicted = new Float64Array(readFileSync(join(folder, 'predicted')).buffer.slice(0))
  const [seconds, cpu] = stdout.trim().split(' ').map(Number)
  return { seconds, cpu, auc: auroc(data.test.y, predicted).value ?? Number.NaN }
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]

const oneRow = async (data: Data, pool: Pool): Promise<number> => {
  const parameters = completeParameters(forest, { nTrees: trees })
  const { state } = await forest.fit(data.train.x, data.train.outcome, parameters, contextOf(pool))
  const predictor = await forest.load(state)
  const patients = Array.from({ length: 2000 }, (_, row) => takeMatrixRows(data.test.x, [row]))
  for (const patient of patients) classPredictor(predictor).probabilities(patient)
  const start = performance.now()
  for (const patient of patients) classPredictor(predictor).probabilities(patient)
  return (performance.now() - start) / patients.length
}

/**
 * ml-random-forest takes time with the square of the rows, so both learn from the first few thousand: what it can
 * finish.
 */
const mlRandomForest = async (data: Data, pool: Pool, count: number, few: number) => {
  const rows = Array.from({ length: count }, (_, row) => row)
  const x = takeMatrixRows(data.train.x, rows)
  const outcome = takeOutcomeRows(data.train.outcome, rows)
  const parameters = completeParameters(forest, { nTrees: few, minLeaf: 1 })
  const seconds: number[] = []
  for (let run = 0; run < 5; run++) {
    const start = performance.now()
    await forest.fit(x, outcome, parameters, contextOf(pool))
    seconds.push((performance.now() - start) / 1000)
  }
  const lines = rows.map((row) => Array.from({ length: columns }, (_, column) => x.data[column * count + row]))
  const start = performance.now()
  new RandomForestClassifier({ nEstimators: few, maxFeatures: 5, replacement: true, seed: 1, noOOB: true }).train(
    lines,
    Array.from(data.train.y.subarray(0, count)),
  )
  return { mine: median(seconds), theirs: (performance.now() - start) / 1000 }
}

export async function run(rounds = 3): Promise<boolean> {
  const data = cohort(training, held, columns)
  const folder = mkdtempSync(join(tmpdir(), 'bedside-forest-'))
  const two = createPool({ threads: 2 })
  const one = createPool({ threads: 1 })
  let passed = true
  const verdict = (good: boolean, words: string) => {
    if (!good) passed = false
    return `${good ? 'PASS' : 'FAIL'} (${words})`
  }
  try {
    for (const [name, values] of [
      ['train.x', data.train.x.data],
      ['test.x', data.test.x.data],
      ['train.y', Float64Array.from(data.train.y)],
    ] as const)
      writeFileSync(join(folder, name), new Uint8Array(Float64Array.from(values).buffer))
    writeFileSync(join(folder, 'forest.py'), python)
    writeFileSync(join(folder, 'forest.R'), r)
    await two.warm()
    console.log(
      `Random forest, ${training} x ${columns}, ${trees} trees, 2 threads: seconds a fit (median), held-out AUC`,
    )
    for (const [depth, turns, ofSklearn, ofRanger] of [
      [5, rounds, 1 / 8, 1 / 3],
      [0, 1, 1 / 6, 1 / 6],
    ]) {
      const mine: (Round & { hash: string; megabytes: number })[] = []
      const peers = {
        'scikit-learn': { of: ofSklearn, command: '/usr/bin/python3', script: 'forest.py', rounds: [] as Round[] },
        ranger: { of: ofRanger, command: 'Rscript', script: 'forest.R', rounds: [] as Round[] },
      }
      for (let turn = 0; turn < turns; turn++) {
        for (let again = 0; again < 3; again++) mine.push(await ours(data, depth, two))
        for (const [name, { command, script, rounds: done }] of Object.entries(peers)) {
          const found = peer(data, folder, command, script, depth)
          if (typeof found !== 'string') done.push(found)
          else if (turn === 0) console.log(`${name} skipped: ${found}`)
        }
      }
      const seconds = median(mine.map((round) => round.seconds))
      const cpu = median(mine.map((round) => round.cpu))
      const label = depth === 0 ? 'full depth' : `depth ${depth}`
      console.log(
        `${label.padEnd(12)}${'Bedside'.padEnd(14)}${seconds.toFixed(3).padStart(8)}  CPU ${cpu.toFixed(2).padStart(6)}  AUC ${mine[0].auc.toFixed(4)}  artifact ${mine[0].megabytes.toFixed(2)} MB`,
      )
      const best = Math.max(...Object.values(peers).flatMap((them) => them.rounds.map((round) => round.auc)))
      for (const [name, { of, rounds: done }] of Object.entries(peers)) {
        if (done.length === 0) continue
        const theirs = median(done.map((round) => round.seconds))
        const theirCpu = median(done.map((round) => round.cpu))
        const auc = median(done.map((round) => round.auc))
        console.log(
          `${' '.repeat(12)}${name.padEnd(14)}${theirs.toFixed(3).padStart(8)}  CPU ${theirCpu.toFixed(2).padStart(6)}  AUC ${auc.toFixed(4)}  ratio 1/${(theirs / seconds).toFixed(1)}, of CPU 1/${(theirCpu / cpu).toFixed(1)}  ${verdict(seconds <= theirs * of, `at most 1/${Math.round(1 / of)}`)}`,
        )
      }
      if (Number.isFinite(best))
        console.log(`${' '.repeat(12)}${verdict(mine[0].auc >= best - 0.005, 'AUC within 0.005 of the better')}`)
      if (depth === 5) {
        const alone = await ours(data, depth, one)
        console.log(
          `${' '.repeat(12)}${'one thread'.padEnd(14)}${alone.seconds.toFixed(3).padStart(8)}  ${verdict(alone.hash === mine[0].hash, `same model hash, ${alone.hash.slice(0, 12)}`)}`,
        )
      }
    }
    const milliseconds = await oneRow(data, two)
    console.log(
      `one patient, forest of ${trees} trees to leaves of 5: ${milliseconds.toFixed(4)} ms  ${verdict(milliseconds < 0.2, 'under 0.2 ms')}`,
    )
    for (const [count, few, promised] of [
      [1000, 20, 0],
      [10_000, 10, 1000],
    ]) {
      const { mine, theirs } = await mlRandomForest(data, two, count, few)
      const ratio = theirs / mine
      const judged = promised > 0 ? `  ${verdict(ratio >= promised, `at least ${promised} times slower`)}` : ''
      console.log(
        `ml-random-forest, ${count} x ${columns}, ${few} trees: ${theirs.toFixed(2)} s, Bedside ${mine.toFixed(4)} s, ratio 1/${Math.round(ratio)}${judged}`,
      )
    }
  } finally {
    await two.close()
    await one.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return passed
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  process.exitCode = (await run(Number(process.argv[2] ?? 3))) ? 0 : 1
