import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Matrix, Outcome } from '../src/core/cohort/matrix.ts'
import type { FitContext } from '../src/core/learn/learner.ts'
import { fineGray } from '../src/core/learn/survival/fineGray.ts'
import { randomOf } from '../src/core/numbers/random.ts'

/**
 * Fine-Gray regression beside R's `cmprsk::crr`, which is the same model to ten digits: `npx node bench/competing.ts`.
 * crr visits every patient at every event time, so its time grows with the square of the patients. Promise: at most
 * 1/50 of its time at 3,000 x 5.
 */

const rows = 3000
const columns = 5
const promised = 1 / 50

const context: FitContext = {
  seed: 1,
  threads: 1,
  signal: new AbortController().signal,
  progress: () => {},
  parallel: () => Promise.reject(new Error('nothing here runs in parallel')),
}

const made = (): { x: Matrix; outcome: Extract<Outcome, { task: 'survival' }> } => {
  const random = randomOf(11)
  const data = Float64Array.from({ length: rows * columns }, () => random.normal())
  const time = new Float64Array(rows)
  const event = new Uint8Array(rows)
  const competing = new Uint8Array(rows)
  for (let row = 0; row < rows; row++) {
    const death = (-Math.log(1 - random.uniform()) * 900) / Math.exp(0.5 * data[row] - 0.3 * data[rows + row])
    const other = (-Math.log(1 - random.uniform()) * 1500) / Math.exp(0.4 * data[2 * rows + row])
    const end = 200 + 2000 * random.uniform()
    time[row] = Math.min(death, other, end)
    if (time[row] === death) event[row] = 1
    else if (time[row] === other) competing[row] = 1
  }
  const terms = Array.from({ length: columns }, (_, column) => `x${column}`)
  const x = { rows, columns, data, terms, source: terms.map((_, column) => column) }
  return { x, outcome: { task: 'survival', time, event, competing } }
}

const script = `
suppressPackageStartupMessages(library(cmprsk))
folder <- commandArgs(TRUE)[1]
n <- as.integer(commandArgs(TRUE)[2]); p <- as.integer(commandArgs(TRUE)[3])
read <- function(file, k) { con <- file(file.path(folder, file), 'rb'); on.exit(close(con)); readBin(con, 'double', k) }
x <- matrix(read('x', n * p), n)
seconds <- system.time(fit <- crr(read('time', n), read('cause', n), x, gtol = 1e-12, maxiter = 30))[['elapsed']]
cat(format(c(seconds, fit$coef, sqrt(diag(fit$var))), digits = 15), '\\n')
`

export async function run(): Promise<boolean> {
  const { x, outcome } = made()
  const seconds: number[] = []
  let mine: number[] = []
  for (let round = 0; round < 5; round++) {
    const start = performance.now()
    const { fit } = await fineGray.fit(x, outcome, { ties: 'breslow', l2: 0 }, context)
    seconds.push((performance.now() - start) / 1000)
    mine = [
      ...(fit?.coefficients ?? []).map(({ estimate }) => estimate),
      ...(fit?.coefficients ?? []).map(({ standardError }) => standardError ?? Number.NaN),
    ]
  }
  const own = seconds.sort((a, b) => a - b)[2]
  console.log(`Fine-Gray regression, ${rows} x ${columns}: ${own.toFixed(4)} s`)
  if (spawnSync('Rscript', ['-e', 'packageVersion("cmprsk")'], { encoding: 'utf8' }).status !== 0) {
    console.log('R with the package cmprsk is not here: crr is skipped.')
    return true
  }
  const folder = mkdtempSync(join(tmpdir(), 'bedside-competing-'))
  try {
    const cause = Float64Array.from(outcome.event, (seen, row) => (seen ? 1 : outcome.competing![row] ? 2 : 0))
    for (const [name, values] of Object.entries({ x: x.data, time: outcome.time, cause }))
      writeFileSync(join(folder, name), new Uint8Array(Float64Array.from(values).buffer))
    writeFileSync(join(folder, 'crr.R'), script)
    const { stdout, stderr, status } = spawnSync(
      'Rscript',
      [join(folder, 'crr.R'), folder, String(rows), String(columns)],
      { encoding: 'utf8' },
    )
    if (status !== 0) throw new Error(stderr)
    const [theirs, ...values] = stdout.trim().split(/\s+/).map(Number)
    const agrees = values.every((value, i) => Math.abs(mine[i] / value - 1) < 1e-7)
    const fast = own <= promised * theirs
    console.log(`cmprsk::crr: ${theirs.toFixed(3)} s, ratio ${(own / theirs).toFixed(4)}`)
    console.log(agrees ? 'Coefficients and errors are the same to 7 digits.' : `DIFFERS: ${mine} ${values}`)
    console.log(`${fast ? 'PASS' : 'FAIL'} (at most ${promised.toFixed(3)} of the time of crr)`)
    return agrees && fast
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) process.exitCode = (await run()) ? 0 : 1
