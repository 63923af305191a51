import { expect, test } from 'vitest'
import {
  asCategory,
  classOutcome,
  completeCases,
  needs,
  quietContext,
  readGolden,
  relativeDifference,
  sampleTable,
  survivalOutcome,
  valuesOf,
} from '../../../../test/golden/sampleTable.ts'
import { TermsDesignSchema } from '../../../contract/design.ts'
import type { Fit } from '../../../contract/models.ts'
import { type Matrix, type Outcome, takeMatrixRows } from '../../cohort/matrix.ts'
import { applyPreparation, fitPreparation } from '../../cohort/prepare/prepare.ts'
import type { Table } from '../../cohort/table.ts'
import { fTail } from '../../numbers/distributions.ts'
import { randomOf } from '../../numbers/random.ts'
import { classPredictor, valuePredictor } from '../predictor.ts'
import { cox } from '../survival/cox.ts'
import { linear } from './linear.ts'
import { logistic } from './logistic.ts'
import { ordinal } from './ordinal.ts'
import { poisson } from './poisson.ts'

interface Tests {
  term: string[]
  statistic: number[]
  df: number[]
  p: number[]
}
interface Golden {
  term: string[]
  estimate: number[]
  standardError: number[]
  p: number[]
  deviance: number
  nullDeviance: number
  aic: number
  logLikelihood: number
  dispersion: number
  nagelkerke: number
  r2: number
  firstFive: number[]
  firstRow: number[]
  low: number[]
  high: number[]
  tests: Tests
}
const golden =
  readGolden<
    Record<
      'counts' | 'rates' | 'interacting' | 'stage' | 'development' | 'heart' | 'crossed' | 'values' | 'cox',
      Golden
    >
  >('glmTests')

const kinds = ['A1', 'A2', 'B3', 'B4']
const wcgs = asCategory(sampleTable('wcgs'), 'behpat0', (value) => kinds[value - 1])
const withTerms = (table: Table, features: string[], outcomes: string[], terms: object = {}) => {
  const { rows } = completeCases(table, features, outcomes)
  const design = TermsDesignSchema.parse(terms)
  const preparation = fitPreparation(table, rows, features, { missing: 'drop', needs, terms: design })
  const of = (name: string) => Float64Array.from(rows, (row) => valuesOf(table, name)[row])
  return { x: applyPreparation(preparation, table, rows).matrix, rows, of }
}
const smokers = ['age0', 'sbp0', 'chol0', 'behpat0']

const column = (fit: Fit | null, key: 'estimate' | 'standardError' | 'p' | 'low' | 'high') =>
  fit?.coefficients.map((row) => row[key] ?? Number.NaN) ?? []

/** The tests named as R names them, in R's order. */
const expectTests = (fit: Fit | null, { term, statistic, df, p }: Tests) => {
  const found = term.map((name) => {
    const kind = name.includes(':') ? 'interaction' : 'feature'
    const wanted = name.replace(':', ' × ')
    return fit?.tests?.find((one) => one.term === wanted && one.kind === kind)
  })
  expect(found.map((one) => one?.df)).toEqual(df)
  const of = (key: 'statistic' | 'p') => found.map((one) => one?.[key] ?? Number.NaN)
  expect(relativeDifference(of('statistic'), statistic, 1e-3)).toBeLessThan(1e-6)
  expect(relativeDifference(of('p'), p, 1e-100)).toBeLessThan(1e-5)
}

for (const name of ['counts', 'rates', 'interacting'] as const)
  test(`Poisson regression, its tests and its fit are R's glm: ${name}`, async () => {
    const expected = golden[name]
    const features = name === 'interacting' ? ['age0', 'behpat0', 'sbp0'] : smokers
    const interactions = name === 'interacting' ? [['age0', 'behpat0']] : []
    const { x, of } = withTerms(wcgs, features, ['ncigs0', 'chol0'], { interactions })
    const outcome: Outcome =
      name === 'counts'
        ? { task: 'regression', y: of('ncigs0') }
        : { task: 'regression', y: of('chd69'), exposure: of('time169') }
    const { fit, state, warnings } = await poisson.fit(x, outcome, { l2: 0 }, quietContext)
    expect(fit?.coefficients.map(({ term }) => term)).toEqual(expected.term.map((term) => term.replace(':', ' × ')))
    expect(relativeDifference(column(fit, 'estimate'), expected.estimate)).toBeLessThan(1e-8)
    expect(relativeDifference(column(fit, 'standardError'), expected.standardError)).toBeLessThan(1e-8)
    expect(relativeDifference(column(fit, 'low'), expected.low)).toBeLessThan(1e-7)
    expect(relativeDifference(column(fit, 'high'), expected.high)).toBeLessThan(1e-7)
    expect(fit?.deviance).toBeCloseTo(expected.deviance, 7)
    expect(fit?.nullDeviance).toBeCloseTo(expected.nullDeviance, 7)
    expect(fit?.logLikelihood).toBeCloseTo(expected.logLikelihood, 7)
    expect(fit?.aic).toBeCloseTo(expected.aic, 7)
    expect(fit?.dispersion).toBeCloseTo(expected.dispersion, 7)
    expectTests(fit, expected.tests)
    const predicted = valuePredictor(await poisson.load(state)).values(takeMatrixRows(x, [0, 1, 2, 3, 4])) ?? []
    if (outcome.task === 'regression')
      expect(
        relativeDifference(
          Float64Array.from(predicted, (rate, i) => rate * (outcome.exposure?.[i] ?? 1)),
          expected.firstFive,
        ),
      ).toBeLessThan(1e-8)
    // Cigarettes a day vary far more than a Poisson distribution: whoever reads the p-values must be told.
    const misled = warnings.filter(({ reason }) => reason === 'overdispersed').length === 1
    expect(misled).toBe(expected.dispersion > 1.5)
  })

for (const name of ['stage', 'development'] as const)
  test(`ordinal regression is rms's lrm and MASS's polr: ${name}`, async () => {
    const expected = golden[name]
    const [file, target, features] =
      name === 'stage'
        ? ['pbc', 'stage', ['age', 'bili', 'albumin', 'sex']]
        : (['boys', 'gen', ['age', 'hgt', 'tv']] as const)
    const table = sampleTable(file)
    const { x, rows } = withTerms(table, [...features], [target])
    const outcome = classOutcome(table, target, rows)
    const { fit, state } = await ordinal.fit(x, outcome, { l2: 0, order: '' }, quietContext)
    expect(fit?.coefficients.map(({ term }) => term)).toEqual(expected.term)
    expect(relativeDifference(column(fit, 'estimate'), expected.estimate)).toBeLessThan(1e-6)
    expect(relativeDifference(column(fit, 'standardError'), expected.standardError)).toBeLessThan(1e-6)
    expect(fit?.deviance).toBeCloseTo(expected.deviance, 7)
    expect(fit?.nullDeviance).toBeCloseTo(expected.nullDeviance, 7)
    expect(fit?.aic).toBeCloseTo(expected.aic, 6)
    expect(fit?.r2).toBeCloseTo(expected.nagelkerke, 8)
    expectTests(fit, expected.tests)
    const first = classPredictor(await ordinal.load(state)).probabilities(takeMatrixRows(x, [0])) ?? []
    expect(relativeDifference(first, expected.firstRow)).toBeLessThan(1e-7)

    if (outcome.task !== 'diagnosis') return
    const reversed = [...outcome.classes].reverse()
    const other = await ordinal.fit(x, outcome, { l2: 0, order: reversed.join(' , ') }, quietContext)
    const slopes = (one: Fit | null) => one?.coefficients.slice(outcome.classes.length - 1).map((row) => row.estimate)
    expect(
      relativeDifference(
        slopes(other.fit) ?? [],
        (slopes(fit) ?? []).map((value) => -value),
      ),
    ).toBeLessThan(1e-6)
    for (const order of ['1', `${outcome.classes.join(',')},5`, outcome.classes.slice(1).join(',')])
      await expect(ordinal.fit(x, outcome, { l2: 0, order }, quietContext)).rejects.toMatchObject({
        failure: { reason: 'badParameter' },
      })
  })

test("logistic regression's tests, intervals and fit are R's, also with an interaction", async () => {
  const { x, rows } = withTerms(wcgs, smokers, ['chd69', 'ncigs0'])
  const { fit } = await logistic.fit(x, classOutcome(wcgs, 'chd69', rows), { l2: 0 }, quietContext)
  expectTests(fit, golden.heart.tests)
  expect(fit?.aic).toBeCloseTo(golden.heart.aic, 6)
  expect(fit?.r2).toBeCloseTo(golden.heart.nagelkerke, 7)
  expect(relativeDifference(column(fit, 'low'), golden.heart.low)).toBeLessThan(1e-5)
  expect(relativeDifference(column(fit, 'high'), golden.heart.high)).toBeLessThan(1e-5)
  const crossed = withTerms(wcgs, smokers, ['chd69', 'ncigs0'], { interactions: [['age0', 'behpat0']] })
  const second = await logistic.fit(crossed.x, classOutcome(wcgs, 'chd69', crossed.rows), { l2: 0 }, quietContext)
  expectTests(second.fit, golden.crossed.tests)
  const quick = await logistic.fit(
    crossed.x,
    classOutcome(wcgs, 'chd69', crossed.rows),
    { l2: 0 },
    { ...quietContext, diagnostics: false },
  )
  expect(quick.fit?.tests?.every(({ method }) => method === 'wald')).toBe(true)
  const penalised = await logistic.fit(x, classOutcome(wcgs, 'chd69', rows), { l2: 1 }, quietContext)
  expect(penalised.fit?.tests).toBeNull()
  expect(column(penalised.fit, 'low').every(Number.isNaN)).toBe(true)
})

test("linear regression's F tests of type II, intervals and R² are R's", async () => {
  const table = sampleTable('diabetes')
  const { x, of } = withTerms(table, ['age', 'bmi', 'bp', 's5', 'sex'], ['target'], { interactions: [['bmi', 'bp']] })
  const { fit } = await linear.fit(x, { task: 'regression', y: of('target') }, { l2: 0 }, quietContext)
  expectTests(fit, golden.values.tests)
  expect(fit?.r2).toBeCloseTo(golden.values.r2, 10)
  expect(fit?.aic).toBeCloseTo(golden.values.aic, 7)
  expect(relativeDifference(column(fit, 'low'), golden.values.low)).toBeLessThan(1e-8)
  expect(relativeDifference(column(fit, 'high'), golden.values.high)).toBeLessThan(1e-8)
})

test("Cox regression's intervals and Wald tests are R's", async () => {
  const table = sampleTable('pbc')
  const { x, rows } = withTerms(table, ['age', 'sex', 'bili', 'albumin'], ['time', 'status', 'stage'])
  const outcome = survivalOutcome(table, 'time', 'status', [2], rows)
  const { fit } = await cox.fit(x, outcome, { ties: 'efron', l2: 0 }, quietContext)
  expect(relativeDifference(column(fit, 'low'), golden.cox.low)).toBeLessThan(1e-7)
  expect(relativeDifference(column(fit, 'high'), golden.cox.high)).toBeLessThan(1e-7)
  expectTests(fit, golden.cox.tests)
})

test('whether an effect bends is asked of its spline as rms asks it: chi-square, degrees and p', async () => {
  const { lrm, cph, ols } =
    readGolden<Record<string, { anova: { row: string[]; table: (number | null)[][] } }>>('terms')
  const bent = asCategory(sampleTable('wcgs'), 'dibpat0', (value) => (value === 1 ? 'A' : 'B'))
  const heart = withTerms(bent, ['age0', 'dibpat0', 'chol0', 'ncigs0'], ['chd69'], {
    splines: [
      { column: 'age0', knots: 4 },
      { column: 'chol0', knots: 5 },
    ],
    interactions: [['age0', 'dibpat0']],
  })
  const outcome = classOutcome(bent, 'chd69', heart.rows)
  const first = await logistic.fit(heart.x, outcome, { l2: 0 }, { ...quietContext, diagnostics: false })
  const rowOf = ({ anova }: typeof lrm, start: string) => {
    const feature = anova.row.findIndex((row) => row.startsWith(start))
    const at = anova.row.findIndex((row, i) => i > feature && row.startsWith('Nonlinear'))
    return { feature, nonlinear: at }
  }
  const check = (
    fit: Fit | null,
    peer: typeof lrm,
    name: string,
    columns: [number, number, number],
    tolerance = 1e-6,
  ) => {
    const { feature, nonlinear } = rowOf(peer, name)
    const [statistic, df, p] = columns.map((at) => peer.anova.table[at])
    for (const [kind, at] of [
      ['feature', feature],
      ['nonlinear', nonlinear],
    ] as const) {
      const found = fit?.tests?.find((one) => one.kind === kind && one.term === name)
      expect(found?.df).toBe(df[at])
      expect(relativeDifference([found?.statistic ?? Number.NaN], [statistic[at] as number])).toBeLessThan(tolerance)
      expect(Math.abs((found?.p ?? Number.NaN) - (p[at] as number))).toBeLessThan(tolerance)
    }
  }
  // The covariance is glm's, of its last step's weights; lrm's is of the maximum.
  check(first.fit, lrm, 'age0', [0, 1, 2], 2e-4)
  check(first.fit, lrm, 'chol0', [0, 1, 2], 2e-4)
  const liver = sampleTable('pbc')
  const survived = withTerms(liver, ['age', 'sex', 'bili', 'albumin', 'edema'], ['time'], {
    splines: [
      { column: 'age', knots: 3 },
      { column: 'bili', knots: 5 },
    ],
    interactions: [['age', 'sex']],
  })
  const death = survivalOutcome(liver, 'time', 'status', [2], survived.rows)
  const second = await cox.fit(survived.x, death, { ties: 'efron', l2: 0 }, quietContext)
  check(second.fit, cph, 'age', [0, 1, 2])
  check(second.fit, cph, 'bili', [0, 1, 2])
  const table = sampleTable('diabetes')
  const sugar = withTerms(table, ['bmi', 'age', 's5', 'bp'], ['target'], {
    splines: [
      { column: 'bmi', knots: 5 },
      { column: 'age', knots: 3 },
    ],
    interactions: [['s5', 'bp']],
  })
  const y = sugar.of('target')
  const third = await linear.fit(sugar.x, { task: 'regression', y }, { l2: 0 }, { ...quietContext, diagnostics: false })
  check(third.fit, ols, 'bmi', [3, 0, 4])
  check(third.fit, ols, 'age', [3, 0, 4])
})

test('odds that are not proportional are said', async () => {
  const random = randomOf(8)
  const rows = 1500
  const a = Float64Array.from({ length: rows }, () => random.normal())
  // Drives the lowest class and nothing above it.
  const y = Int32Array.from(a, (value) => (random.uniform() < 1 / (1 + Math.exp(-2 * value)) ? 1 + random.below(2) : 0))
  const x: Matrix = { rows, columns: 1, data: a, terms: ['a'], source: [0] }
  const reasons = async (outcome: Int32Array) =>
    (
      await ordinal.fit(
        x,
        { task: 'diagnosis', classes: ['low', 'middle', 'high'], y: outcome },
        { l2: 0, order: '' },
        quietContext,
      )
    ).warnings.map(({ reason }) => reason)
  expect(await reasons(y)).toEqual(['notProportionalOdds'])
  const proportional = Int32Array.from(a, (value) => {
    const latent = value + Math.log(1 / (1 - random.uniform()) - 1) * -1
    return latent < -1 ? 0 : latent < 1 ? 1 : 2
  })
  expect(await reasons(proportional)).toEqual([])
})

test('the tail of F is R’s pf', () => {
  // pf(c(0.5, 3, 20), c(1, 4, 2), c(10, 432, 7), lower.tail = FALSE)
  const found = [fTail(0.5, 1, 10), fTail(3, 4, 432), fTail(20, 2, 7)]
  expect(relativeDifference(found, [0.49564750438312, 0.01839443973134097, 0.001274971970810274])).toBeLessThan(1e-12)
})

test('what is no count is refused by name', async () => {
  const x: Matrix = { rows: 4, columns: 1, data: Float64Array.of(1, 2, 3, 5), terms: ['a'], source: [0] }
  const refused = (y: number[], exposure?: number[]) =>
    expect(
      poisson.fit(
        x,
        { task: 'regression', y: Float64Array.from(y), ...(exposure ? { exposure: Float64Array.from(exposure) } : {}) },
        { l2: 0 },
        quietContext,
      ),
    ).rejects
  await refused([1, -1, 2, 3]).toMatchObject({ failure: { reason: 'negativeCount' } })
  await refused([0, 0, 0, 0]).toMatchObject({ failure: { reason: 'constantOutcome' } })
  await refused([1, 2, 0, 1], [1, 0, 1, 1]).toMatchObject({ failure: { reason: 'badExposure' } })
})
