/**
 * Elastic-net paths of 100 lambdas beside R's glmnet: 80,000 x 30, the same columns in the same run, fits in turn, the
 * quickest of several. In R only glmnet() is timed. Both go through all 100 lambdas at glmnet's usual threshold, and
 * both are held against glmnet's solution at a threshold of 1e-14. Run: npx node bench/elasticNet.ts
 */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import type { Matrix, Outcome } from '../src/core/cohort/matrix.ts'
import { type FamilyName, fitPath } from '../src/core/learn/elasticNet/fitPath.ts'
import type { Path } from '../src/core/learn/elasticNet/problem.ts'
import { randomOf } from '../src/core/numbers/random.ts'
import { quietContext } from '../test/golden/sampleTable.ts'

const [rows, columns, lambdas] = [80_000, 30, 100]
const promised: Partial<Record<FamilyName, number>> = { gaussian: 1.5, binomial: 1.5 }
/** The quicker a fit, the more of them. */
const runsOf = (family: FamilyName) => (family === 'gaussian' ? 25 : 5)

/** Correlated columns; a third of them have no effect. */
const simulate = () => {
  const random = randomOf(42)
  const data = new Float64Array(new SharedArrayBuffer(rows * columns * 8))
  const score = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    let before = 0
    for (let column = 0; column < columns; column++) {
      before = 0.5 * before + random.normal()
      data[column * rows + i] = before
      if (column % 3 > 0) score[i] += before * (column % 5) * 0.04 * (column % 2 ? 1 : -1)
    }
  }
  const terms = Array.from({ length: columns }, (_, column) => `x${column}`)
  const x: Matrix = { rows, columns, data, terms, source: terms.map((_, column) => column) }
  const y = score.map((value) => value + random.normal())
  const ill = Int32Array.from(score, (value) => (random.uniform() < 1 / (1 + Math.exp(1 - value)) ? 1 : 0))
  const counts = score.map((value) => {
    const limit = Math.exp(-Math.exp(value / 2))
    let count = 0
    for (let product = random.uniform(); product > limit; product *= random.uniform()) count++
    return count
  })
  const time = new Float64Array(rows)
  const event = new Uint8Array(rows)
  for (let i = 0; i < rows; i++) {
    const failure = -Math.log(1 - random.uniform()) * Math.exp(-score[i])
    const end = random.uniform() * 3
    time[i] = Math.min(failure, end)
    event[i] = failure <= end ? 1 : 0
  }
  const outcomes: Record<Exclude<FamilyName, 'multinomial'>, Outcome> = {
    gaussian: { task: 'regression', y },
    binomial: { task: 'diagnosis', classes: ['no', 'yes'], y: ill },
    poisson: { task: 'regression', y: counts },
    cox: { task: 'survival', time, event },
  }
  return { x, outcomes }
}

const script = `
suppressPackageStartupMessages({ library(glmnet); library(survival) })
folder <- commandArgs(TRUE)[1]; shape <- as.integer(commandArgs(TRUE)[2:4])
read <- function(file, n) { con <- file(file.path(folder, file), 'rb'); on.exit(close(con)); readBin(con, 'double', n) }
x <- matrix(read('x', shape[1] * shape[2]), shape[1])
outcome <- list(gaussian = read('gaussian', shape[1]), binomial = read('binomial', shape[1]), poisson = read('poisson', shape[1]),
  cox = Surv(read('time', shape[1]), read('event', shape[1])))
glmnet.control(fdev = 0, devmax = 1)
commands <- file('stdin', 'r')
cat('ready\\n')
while (length(line <- readLines(commands, 1)) == 1) {
  words <- strsplit(line, ' ')[[1]]; y <- outcome[[words[2]]]
  if (words[1] == 'time') cat(system.time(glmnet(x, y, family = words[2], nlambda = shape[3]), gcFirst = FALSE)[['elapsed']], '\\n')
  else { fit <- glmnet(x, y, family = words[2], nlambda = shape[3], thresh = as.numeric(words[3])); cat(format(as.vector(as.matrix(fit$beta)), digits = 15), '\\n') }
}
`

/** An R process that answers a line with a line. */
const converse = (child: ChildProcessWithoutNullStreams) => {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => String((await lines.next()).value)
  return {
    next,
    ask: (line: string) => {
      child.stdin.write(`${line}\n`)
      return next()
    },
  }
}

/** Largest difference of a coefficient, relative to the largest of all. */
const apart = (one: ArrayLike<number>, other: ArrayLike<number>): number => {
  let [largest, difference] = [0, 0]
  for (let at = 0; at < lambdas * columns; at++) {
    largest = Math.max(largest, Math.abs(other[at]))
    difference = Math.max(difference, Math.abs(one[at] - other[at]))
  }
  return difference / largest
}

export async function run(): Promise<boolean> {
  const { x, outcomes } = simulate()
  const families = Object.keys(outcomes) as (keyof typeof outcomes)[]
  const peer = spawnSync('Rscript', ['-e', 'packageVersion("glmnet")'], { encoding: 'utf8' }).status === 0
  if (!peer) console.log('R with the package glmnet is not here: its times are skipped.')
  const folder = mkdtempSync(join(tmpdir(), 'bedside-path-'))
  const write = (name: string, values: ArrayLike<number>) =>
    writeFileSync(join(folder, name), new Uint8Array(Float64Array.from(values).buffer))
  let child: ChildProcessWithoutNullStreams | null = null
  let passed = true
  try {
    let theirs: ReturnType<typeof converse> | null = null
    if (peer) {
      write('x', x.data)
      for (const family of families) {
        const outcome = outcomes[family]
        if (outcome.task === 'survival') {
          write('time', outcome.time)
          write('event', outcome.event)
        } else write(family, outcome.y)
      }
      writeFileSync(join(folder, 'path.R'), script)
      child = spawn('Rscript', [join(folder, 'path.R'), folder, String(rows), String(columns), String(lambdas)])
      child.stderr.resume()
      theirs = converse(child)
      await theirs.next()
    }
    console.log(`Elastic net, ${rows} x ${columns}, ${lambdas} lambdas, seconds (quickest of 5; gaussian of 25)`)
    console.log('family      Bedside   glmnet   ratio   off glmnet at 1e-14: Bedside, glmnet')
    for (const family of families) {
      let [mine, other] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
      let path: Path | null = null
      for (let i = 0; i < runsOf(family); i++) {
        const start = performance.now()
        path = fitPath(
          x,
          outcomes[family],
          { family, count: lambdas, smallestGain: Number.NEGATIVE_INFINITY, largestShare: 1 },
          quietContext,
        )
        mine = Math.min(mine, (performance.now() - start) / 1000)
        if (theirs) other = Math.min(other, Number(await theirs.ask(`time ${family}`)))
      }
      let verdict = ''
      let error = ''
      if (theirs && path) {
        const numbers = async (threshold: string) =>
          (await theirs.ask(`solve ${family} ${threshold}`)).trim().split(/\s+/).map(Number)
        const exact = await numbers('1e-14')
        const usual = await numbers('1e-7')
        error = `${apart(path.coefficients, exact).toExponential(1)}, ${apart(usual, exact).toExponential(1)}`
        const ratio = promised[family]
        if (ratio !== undefined) {
          const reached = mine <= ratio * other
          verdict = `at most ${ratio}: ${reached ? 'PASS' : 'FAIL'}`
          if (!reached) passed = false
        }
      }
      console.log(
        `${family.padEnd(10)}  ${mine.toFixed(3)}     ${other.toFixed(3)}    ${(mine / other).toFixed(2)}    ${error}  ${verdict}`,
      )
    }
  } finally {
    child?.stdin.end()
    rmSync(folder, { recursive: true, force: true })
  }
  return passed
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) process.exitCode = (await run()) ? 0 : 1
