/**
 * Cox regression beside R's survival::coxph: the same data in the same run, median of several fits. R reads the very
 * columns this script made, as raw doubles; only the fits are timed, coxph with its formula handling as a user calls
 * it, coxph.fit without. Run: npx node bench/cox.ts
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Matrix, Outcome } from '../src/core/cohort/matrix.ts'
import { cox } from '../src/core/learn/survival/cox.ts'
import { randomOf } from '../src/core/numbers/random.ts'
import { completeCases, quietContext, sampleTable, survivalOutcome } from '../test/golden/sampleTable.ts'

type SurvivalOutcome = Extract<Outcome, { task: 'survival' }>
interface Case {
  name: string
  x: Matrix
  outcome: SurvivalOutcome
  runs: number
}

/**
 * 100,000 cases, 20 features (half of them yes/no), exponential times in whole days up to ten years, about half
 * censored.
 */
const synthetic = (rows: number, columns: number, tied: boolean): Case => {
  const random = randomOf(42, tied ? 1 : 2)
  const data = new Float64Array(rows * columns)
  const score = new Float64Array(rows)
  for (let column = 0; column < columns; column++) {
    const beta = (column % 5) * 0.1 - 0.2
    for (let i = 0; i < rows; i++) {
      const value = column % 2 === 0 ? random.normal() : random.below(2)
      data[column * rows + i] = value
      score[i] += beta * value
    }
  }
  const time = new Float64Array(rows)
  const event = new Uint8Array(rows)
  for (let i = 0; i < rows; i++) {
    const failure = -Math.log(1 - random.uniform()) * 2500 * Math.exp(-score[i])
    const censoring = random.uniform() * 3650
    const seen = Math.min(failure, censoring)
    time[i] = tied ? Math.ceil(seen) : seen
    event[i] = failure <= censoring ? 1 : 0
  }
  const terms = Array.from({ length: columns }, (_, column) => `x${column}`)
  return {
    name: `${rows} x ${columns}, ${tied ? 'times in whole days' : 'no ties'}`,
    x: { rows, columns, data, terms, source: terms.map((_, column) => column) },
    outcome: { task: 'survival', time, event },
    runs: 5,
  }
}

const cohort = (name: string, time: string, status: string, events: number[], features: string[]): Case => {
  const table = sampleTable(name)
  const { x, rows } = completeCases(table, features, [time, status])
  return {
    name: `${name} ${x.rows} x ${x.columns}`,
    x,
    outcome: survivalOutcome(table, time, status, events, rows) as SurvivalOutcome,
    runs: 25,
  }
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]

const script = `
suppressPackageStartupMessages(library(survival))
folder <- commandArgs(TRUE)[1]
shape <- as.integer(commandArgs(TRUE)[2:4])
read <- function(file, n) { con <- file(file.path(folder, file), 'rb'); on.exit(close(con)); readBin(con, 'double', n) }
x <- matrix(read('x', shape[1] * shape[2]), shape[1])
colnames(x) <- paste0('x', seq_len(shape[2]))
data <- data.frame(x, .time = read('time', shape[1]), .event = read('event', shape[1]))
for (ties in c('efron', 'breslow')) {
  whole <- c(); bare <- c(); tested <- c()
  for (run in seq_len(shape[3])) {
    whole <- c(whole, system.time(fit <- coxph(Surv(.time, .event) ~ ., data, ties = ties), gcFirst = FALSE)[['elapsed']])
    y <- Surv(data$.time, data$.event)
    bare <- c(bare, system.time(coxph.fit(x, y, NULL, NULL, NULL, coxph.control(), NULL, ties, NULL, resid = FALSE), gcFirst = FALSE)[['elapsed']])
  }
  # Once: on 100,000 rows it takes longer than all fits together.
  tested <- system.time(cox.zph(fit), gcFirst = FALSE)[['elapsed']]
  cat(ties, median(whole), median(bare), median(whole) + tested, format(fit$loglik[2], digits = 15), format(max(abs(coef(fit))), digits = 15), '\\n')
}
`

export async function run(): Promise<boolean> {
  const cases = [synthetic(100_000, 20, true), synthetic(100_000, 20, false)]
  try {
    cases.push(
      cohort('pbc', 'time', 'status', [2], ['age', 'sex', 'edema', 'bili', 'albumin', 'protime', 'stage']),
      cohort('lung', 'time', 'status', [2], ['age', 'sex', 'ph.ecog', 'ph.karno', 'wt.loss']),
      cohort(
        'rotterdam',
        'rtime',
        'recur',
        [1],
        ['age', 'meno', 'size', 'grade', 'nodes', 'pgr', 'er', 'hormon', 'chemo'],
      ),
    )
  } catch (error) {
    console.log(`sample cohorts skipped: ${(error as Error).message}`)
  }
  const folder = mkdtempSync(join(tmpdir(), 'bedside-cox-'))
  const scriptFile = join(folder, 'cox.R')
  writeFileSync(scriptFile, script)
  const peer = spawnSync('Rscript', ['-e', 'packageVersion("survival")'], { encoding: 'utf8' }).status === 0
  if (!peer) console.log('R with the package survival is not here: its times are skipped.')
  console.log('Cox regression, seconds a fit (median)')
  console.log(
    [
      'data'.padEnd(38),
      'ties'.padEnd(8),
      'Bedside',
      'coxph',
      'coxph.fit',
      'ratio',
      'with test',
      '+ cox.zph',
      'log-likelihood',
    ].join('  '),
  )
  let passed = true
  try {
    for (const { name, x, outcome, runs } of cases) {
      const theirs = new Map<string, number[]>()
      if (peer) {
        writeFileSync(join(folder, 'x'), new Uint8Array(Float64Array.from(x.data).buffer))
        writeFileSync(join(folder, 'time'), new Uint8Array(Float64Array.from(outcome.time).buffer))
        writeFileSync(join(folder, 'event'), new Uint8Array(Float64Array.from(outcome.event).buffer))
        const { stdout, stderr, status } = spawnSync(
          'Rscript',
          [scriptFile, folder, String(x.rows), String(x.columns), String(Math.min(runs, 9))],
          { encoding: 'utf8' },
        )
        if (status !== 0) throw new Error(stderr)
        for (const line of stdout.trim().split('\n')) {
          const [ties, ...values] = line.trim().split(/\s+/)
          theirs.set(ties, values.map(Number))
        }
      }
      for (const ties of ['efron', 'breslow']) {
        const seconds: number[] = []
        let logLikelihood = Number.NaN
        for (let i = 0; i < runs; i++) {
          const start = performance.now()
          const context = { ...quietContext, diagnostics: false }
          const { fit } = await cox.fit(x, outcome, { ties, l2: 0 }, context)
          seconds.push((performance.now() - start) / 1000)
          logLikelihood = fit?.logLikelihood ?? Number.NaN
        }
        const start = performance.now()
        await cox.fit(x, outcome, { ties, l2: 0 }, quietContext)
        const withTest = (performance.now() - start) / 1000
        const mine = median(seconds)
        const [whole, bare, tested, likelihood] = theirs.get(ties) ?? Array.from({ length: 4 }, () => Number.NaN)
        const large = x.rows >= 100_000
        const agrees = !peer || Math.abs(logLikelihood / likelihood - 1) < 1e-9
        const fast = !peer || !large || (mine <= whole && withTest <= tested)
        if (!agrees || !fast) passed = false
        console.log(
          [
            name.padEnd(38),
            ties.padEnd(8),
            mine.toFixed(4).padStart(7),
            whole.toFixed(4),
            bare.toFixed(4).padStart(9),
            (mine / whole).toFixed(2).padStart(5),
            withTest.toFixed(4).padStart(9),
            tested.toFixed(4).padStart(9),
            agrees ? 'same as R to 9 digits' : `DIFFERS ${logLikelihood} ${likelihood}`,
            large && peer
              ? fast
                ? 'PASS (no slower than coxph, with the test than coxph and cox.zph)'
                : 'FAIL (slower than R)'
              : '',
          ].join('  '),
        )
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return passed
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) process.exitCode = (await run()) ? 0 : 1
