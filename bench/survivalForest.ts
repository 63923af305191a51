/**
 * Survival forest of 100 trees on rotterdam (death, 2,982 patients) beside ranger's with its log-rank rule,
 * min.node.size 15, two
 * threads: time of a fit to all patients, half the rounds before ranger's and half after; Harrell's C on a third held
 * out, over several seeds. Timed as in bench/forest.ts. Run: npx node bench/survivalForest.ts [rounds]
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { concordance } from '../src/core/assess/concordance.ts'
import { type Matrix, type Outcome, takeMatrixRows, takeOutcomeRows } from '../src/core/cohort/matrix.ts'
import { applyPreparation, fitPreparation } from '../src/core/cohort/prepare/prepare.ts'
import { completeParameters } from '../src/core/learn/parameters.ts'
import { survivalPredictor } from '../src/core/learn/predictor.ts'
import { forest } from '../src/core/learn/trees/forest.ts'
import { encodeArtifact, sha256 } from '../src/core/numbers/bytes.ts'
import { createPool, type Pool } from '../test/fixtures/pool.ts'
import { sampleTable, survivalOutcome } from '../test/golden/sampleTable.ts'

const features = ['year', 'age', 'meno', 'size', 'grade', 'nodes', 'pgr', 'er', 'hormon', 'chemo']
const seeds = [1, 2, 3, 4, 5]

const script = `
suppressPackageStartupMessages({library(ranger); library(survival)})
folder <- commandArgs(TRUE)[1]; turns <- as.integer(commandArgs(TRUE)[2])
d <- read.csv(file.path(folder, 'data.csv')); held <- d$held == 1; d$held <- NULL
fit <- function(d, seed) ranger(Surv(time, event) ~ ., d, num.trees = 100, splitrule = 'logrank', min.node.size = 15, num.threads = 2,
  seed = seed, verbose = FALSE)
seconds <- sapply(seq_len(turns), function(turn) system.time(fit(d, turn))[['elapsed']])
c <- sapply(c(${seeds.join(', ')}), function(seed) {
  risk <- rowSums(predict(fit(d[!held, ], seed), d[held, ], num.threads = 2)$chf)
  concordance(Surv(time[held], event[held]) ~ risk, d, reverse = TRUE)$concordance
})
cat(median(seconds), mean(c))
`

const grow = async (x: Matrix, outcome: Outcome, seed: number, pool: Pool) => {
  const parameters = completeParameters(forest, { nTrees: 100 })
  const start = performance.now()
  const fitted = await forest.fit(x, outcome, parameters, {
    seed,
    threads: pool.threads,
    signal: new AbortController().signal,
    progress: () => {},
    parallel: (task, inputs) => pool.run(task, inputs),
  })
  return { fitted, seconds: (performance.now() - start) / 1000 }
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]

export async function run(rounds = 9): Promise<boolean> {
  let passed = true
  const verdict = (good: boolean, words: string) => {
    if (!good) passed = false
    return `${good ? 'PASS' : 'FAIL'} (${words})`
  }
  const table = sampleTable('rotterdam')
  const rows = Int32Array.from({ length: table.rows }, (_, row) => row)
  const preparation = fitPreparation(table, rows, features, { missing: 'native', needs: forest.needs })
  const { matrix: x } = applyPreparation(preparation, table, rows)
  const outcome = survivalOutcome(table, 'dtime', 'death', [1], rows)
  if (outcome.task !== 'survival') return false
  const test = rows.filter((row) => row % 3 === 2)
  const train = rows.filter((row) => row % 3 !== 2)

  const two = createPool({ threads: 2 })
  const one = createPool({ threads: 1 })
  const folder = mkdtempSync(join(tmpdir(), 'bedside-forest-'))
  try {
    await two.warm()
    const timed = []
    const first = await grow(x, outcome, 1, two)
    for (let round = 0; round < rounds; round++) timed.push((await grow(x, outcome, 1, two)).seconds)

    const lines = Array.from(rows, (row) =>
      [
        ...x.terms.map((_, column) => x.data[column * x.rows + row]),
        outcome.time[row],
        outcome.event[row],
        row % 3 === 2 ? 1 : 0,
      ].join(','),
    )
    const header = [...x.terms.map((_, column) => `x${column}`), 'time', 'event', 'held'].join(',')
    writeFileSync(join(folder, 'data.csv'), [header, ...lines, ''].join('\n'))
    writeFileSync(join(folder, 'forest.R'), script)
    const peer = spawnSync('Rscript', [join(folder, 'forest.R'), folder, '3'], { encoding: 'utf8' })
    for (let round = 0; round < rounds; round++) timed.push((await grow(x, outcome, 1, two)).seconds)

    const seconds = median(timed)
    const found = []
    for (const seed of seeds) {
      const { fitted } = await grow(takeMatrixRows(x, train), takeOutcomeRows(outcome, train), seed, two)
      const risk = survivalPredictor(await forest.load(fitted.state)).risk(takeMatrixRows(x, test)) ?? []
      const held = takeOutcomeRows(outcome, test)
      if (held.task === 'survival') found.push(concordance(held.time, held.event, risk).value)
    }
    const c = found.reduce((sum, value) => sum + value, 0) / found.length
    const artifact = encodeArtifact(first.fitted.state)
    console.log(
      'Survival forest, rotterdam 2982 patients, 1272 deaths, 100 trees, 2 threads: seconds a fit (median), held-out C',
    )
    console.log(
      `  Bedside  ${seconds.toFixed(3)} (first ${first.seconds.toFixed(3)})  C ${c.toFixed(4)}  artifact ${(artifact.length / 1e6).toFixed(2)} MB  ${verdict(artifact.length < 5e6, 'under 5 MB')}`,
    )
    if (peer.status === 0) {
      const [theirs, theirC] = peer.stdout.trim().split(' ').map(Number)
      console.log(
        `  ranger   ${theirs.toFixed(3)}  C ${theirC.toFixed(4)}  ratio 1/${(theirs / seconds).toFixed(1)}  ${verdict(seconds <= theirs / 20, 'at most 1/20')}  ${verdict(c >= theirC - 0.01, 'C within 0.01')}`,
      )
    } else console.log(`  ranger skipped: ${peer.error?.message ?? peer.stderr.trim().split('\n').at(-1)}`)

    const alone = await grow(x, outcome, 1, one)
    const hash = sha256(artifact)
    console.log(
      `  one thread ${alone.seconds.toFixed(3)}  ${verdict(sha256(encodeArtifact(alone.fitted.state)) === hash, `same model hash, ${hash.slice(0, 12)}`)}`,
    )

    const predictor = await forest.load(first.fitted.state)
    const patients = Array.from(rows, (row) => takeMatrixRows(x, [row]))
    const times = survivalPredictor(predictor).times ?? new Float64Array(0)
    for (const [what, ask] of [
      ['risk', (patient: Matrix) => survivalPredictor(predictor).risk(patient)],
      [
        'survival at 1, 3, 5 years',
        (patient: Matrix) => survivalPredictor(predictor).survival(patient, [365, 1096, 1826]),
      ],
      [
        `curve at all ${times.length} times`,
        (patient: Matrix) => survivalPredictor(predictor).survival(patient, times),
      ],
    ] as const) {
      for (const patient of patients) ask(patient)
      const start = performance.now()
      for (const patient of patients) ask(patient)
      const milliseconds = (performance.now() - start) / patients.length
      console.log(
        `  one patient, ${what}: ${milliseconds.toFixed(4)} ms  ${verdict(milliseconds < 0.2, 'under 0.2 ms')}`,
      )
    }
    const start = performance.now()
    for (const patient of patients.slice(0, 100)) predictor.contributions?.(patient, { horizon: 1826 })
    console.log(`  one patient, contributions to the 5-year risk: ${((performance.now() - start) / 100).toFixed(2)} ms`)
  } finally {
    await two.close()
    await one.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return passed
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  process.exitCode = (await run(Number(process.argv[2] ?? 9))) ? 0 : 1
