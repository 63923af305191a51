import { expect, test } from 'vitest'
import { quietContext, readGolden, relativeDifference } from '../../../../test/golden/sampleTable.ts'
import { type Matrix, type Outcome, takeMatrixRows } from '../../cohort/matrix.ts'
import { decodeArtifact, encodeArtifact } from '../../numbers/bytes.ts'
import { survivalPredictor } from '../predictor.ts'
import { cox } from './cox.ts'
import { prepareSurvival, type Ties } from './partialLikelihood.ts'
import { coxResiduals, devianceResiduals, dfbetas } from './residuals.ts'

interface Residual {
  rows: number[]
  values: number[][]
  squares: number[]
}
interface Curves {
  survival: number[][]
  low: number[][]
  high: number[][]
}
interface Golden {
  estimate: number[]
  standardError: number[]
  robustError: number[]
  logLikelihood: number
  nullLogLikelihood: number
  iterations: number
  defaultRobust: boolean
  zph: { term: string[]; chisq: number[]; df: number[]; p: number[] }
  martingale: Residual
  deviance: Residual
  score: Residual
  dfbeta: Residual
  schoenfeld: number[][]
  patients: number[]
  at: number[]
  naive: Curves
  robust: Curves
}
interface Case {
  rows: {
    terms: string[]
    source: number[]
    x: number[][]
    time: number[]
    event: number[]
    entry: number[] | null
    strata: number[] | null
    weights: number[] | null
    cluster: number[] | null
  }
  efron: Golden
  breslow: Golden
}
const golden = readGolden<Record<string, Case>>('coxHistory')

const dataOf = ({ rows }: Case) => {
  const { terms, source, x, time, event, entry, strata, weights, cluster } = rows
  const matrix: Matrix = {
    rows: time.length,
    columns: terms.length,
    data: Float64Array.from(x.flat()),
    terms,
    source,
    ...(strata ? { strata: Int32Array.from(strata) } : {}),
  }
  const outcome: Extract<Outcome, { task: 'survival' }> = {
    task: 'survival',
    time: Float64Array.from(time),
    event: Uint8Array.from(event),
    ...(entry ? { entry: Float64Array.from(entry) } : {}),
    ...(cluster ? { cluster: Int32Array.from(cluster) } : {}),
  }
  return { matrix, outcome, weights: weights ? Float64Array.from(weights) : undefined }
}

const known = (result: Awaited<ReturnType<typeof cox.fit>>) => {
  if (!result.fit) throw new Error('no fit')
  return result.fit
}

for (const [name, expected] of Object.entries(golden))
  for (const ties of ['efron', 'breslow'] as const)
    test(`a history cut into rows, strata and weights give R's hazard ratios, tests and curves: ${name}, ${ties}`, async () => {
      const { matrix, outcome, weights } = dataOf(expected)
      const one = expected[ties]
      const learn = (variance: string) => cox.fit(matrix, outcome, { ties, l2: 0, variance }, quietContext, weights)
      const plain = await learn('model')
      const robust = await learn('robust')
      const fit = known(plain)
      const columns = (result: typeof plain, key: 'estimate' | 'standardError') =>
        known(result).coefficients.map((line) => line[key] ?? Number.NaN)
      expect(relativeDifference(columns(plain, 'estimate'), one.estimate)).toBeLessThan(1e-8)
      expect(relativeDifference(columns(plain, 'standardError'), one.standardError)).toBeLessThan(1e-8)
      expect(relativeDifference(columns(robust, 'standardError'), one.robustError)).toBeLessThan(1e-8)
      expect(fit.logLikelihood).toBeCloseTo(one.logLikelihood, 8)
      expect(fit.nullLogLikelihood).toBeCloseTo(one.nullLogLikelihood, 8)
      expect(fit.iterations).toBe(one.iterations)
      expect([fit.robust, known(robust).robust]).toEqual([false, true])
      // What R chooses where nothing is said; rows that overlap are our own addition.
      expect(known(await learn('auto')).robust).toBe(one.defaultRobust)

      const { tests, global } = fit.proportionality!
      expect(tests.map(({ df }) => df)).toEqual(one.zph.df.slice(0, -1))
      const found = [...tests, { term: 'GLOBAL', ...global }]
      expect(
        relativeDifference(
          found.map(({ chisq }) => chisq),
          one.zph.chisq,
        ),
      ).toBeLessThan(1e-7)
      expect(
        relativeDifference(
          found.map(({ p }) => p),
          one.zph.p,
        ),
      ).toBeLessThan(1e-7)

      const at = one.patients.map((patient) => patient - 1)
      for (const [result, curves] of [
        [plain, one.naive],
        [robust, one.robust],
      ] as const) {
        const predictor = await cox.load(decodeArtifact(encodeArtifact(result.state)))
        at.forEach((row, patient) => {
          const x = takeMatrixRows(matrix, [row])
          expect(
            relativeDifference(survivalPredictor(predictor).survival(x, one.at), curves.survival[patient]),
          ).toBeLessThan(1e-8)
          const { low, high } = survivalPredictor(predictor).band!(x, 0, one.at, 0.95)
          expect(relativeDifference(low, curves.low[patient])).toBeLessThan(1e-7)
          expect(relativeDifference(high, curves.high[patient])).toBeLessThan(1e-7)
        })
      }
    })

for (const [name, expected] of Object.entries(golden))
  for (const ties of ['efron', 'breslow'] as const)
    test(`residuals name the same odd patients as R: ${name}, ${ties}`, async () => {
      const { matrix, outcome, weights } = dataOf(expected)
      const one = expected[ties]
      const all = Array.from(matrix.terms.keys())
      const data = prepareSurvival(
        matrix,
        { ...outcome, ...(matrix.strata ? { strata: matrix.strata } : {}) },
        weights,
        all,
      )
      const fit = known(await cox.fit(matrix, outcome, { ties, l2: 0, variance: 'model' }, quietContext, weights))
      const beta = Float64Array.from(fit.coefficients, ({ estimate }, j) => estimate * data.scale[j])
      const { martingale, score, schoenfeld } = coxResiduals(data, beta, ties as Ties)
      const check = (values: ArrayLike<number>, width: number, { rows, values: some, squares }: Residual) => {
        const own = rows.flatMap((row) => all.slice(0, width).map((_, j) => values[(row - 1) * width + j]))
        const most = Math.max(...some.flat().map(Math.abs))
        expect(relativeDifference(own, some.flat(), most)).toBeLessThan(1e-7)
        const sums = squares.map((_, j) => {
          let sum = 0
          for (let row = 0; row < matrix.rows; row++) sum += values[row * width + j] ** 2
          return sum
        })
        expect(relativeDifference(sums, squares)).toBeLessThan(1e-7)
      }
      check(martingale, 1, one.martingale)
      check(devianceResiduals(martingale, outcome.event), 1, one.deviance)
      check(score, matrix.columns, one.score)
      const state = (await cox.fit(matrix, outcome, { ties, l2: 0, variance: 'model' }, quietContext, weights)).state
      check(dfbetas(score, state.arrays.covariance as Float64Array, matrix.columns), matrix.columns, one.dfbeta)
      expect(relativeDifference(schoenfeld.slice(0, 6 * matrix.columns), one.schoenfeld.flat(), 1e-2)).toBeLessThan(
        1e-6,
      )
    })
