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
import { StudyDesignSchema, type TermsDesign, TermsDesignSchema } from '../../../contract/design.ts'
import type { Learner } from '../../learn/learner.ts'
import { linear } from '../../learn/linear/linear.ts'
import { logistic } from '../../learn/linear/logistic.ts'
import { survivalPredictor } from '../../learn/predictor.ts'
import { cox } from '../../learn/survival/cox.ts'
import { importanceOf, sharesByFeature, sharesOf } from '../../study/ask/explanation.ts'
import { candidatesOf } from '../../study/tune/settle.ts'
import { takeMatrixRows } from '../matrix.ts'
import type { Table } from '../table.ts'
import type { Preparation } from './preparation.ts'
import { applyPreparation, fitPreparation, prepareRow } from './prepare.ts'
import { splineTerms, usualKnots } from './terms.ts'

interface Model {
  term: string[]
  estimate: number[]
  standardError: number[]
  logLikelihood: number
}
const golden = readGolden<{
  knots: { file: string; column: string; count: number; knots: number[] }[]
  basis: { knots: number[]; values: number[]; terms: number[][] }
  lrm: Model
  cph: Model
  ols: Model
  products: Model
}>('terms')

const terms = (design: object): TermsDesign => TermsDesignSchema.parse(design)
const wcgs = asCategory(sampleTable('wcgs'), 'dibpat0', (value) => (value === 1 ? 'A' : 'B'))

/** The complete cases with their terms, as the R script beside the golden values has them. */
const prepared = (table: Table, features: string[], outcomes: string[], design: object) => {
  const { rows } = completeCases(table, features, outcomes)
  const preparation = fitPreparation(table, rows, features, { missing: 'drop', needs, terms: terms(design) })
  return { preparation, rows, x: applyPreparation(preparation, table, rows).matrix }
}

const shapes: Record<'lrm' | 'cph' | 'ols' | 'products', () => Promise<Awaited<ReturnType<Learner['fit']>>>> = {
  lrm: () => {
    const { x, rows } = prepared(wcgs, ['age0', 'dibpat0', 'chol0', 'ncigs0'], ['chd69'], {
      splines: [
        { column: 'age0', knots: 4 },
        { column: 'chol0', knots: 5 },
      ],
      interactions: [['age0', 'dibpat0']],
    })
    return logistic.fit(x, classOutcome(wcgs, 'chd69', rows), { l2: 0 }, quietContext)
  },
  cph: () => {
    const table = sampleTable('pbc')
    const { x, rows } = prepared(table, ['age', 'sex', 'bili', 'albumin', 'edema'], ['time'], {
      splines: [
        { column: 'age', knots: 3 },
        { column: 'bili', knots: 5 },
      ],
      interactions: [['age', 'sex']],
    })
    const outcome = survivalOutcome(table, 'time', 'status', [2], rows)
    return cox.fit(x, outcome, { ties: 'efron', l2: 0 }, quietContext)
  },
  ols: () => {
    const table = sampleTable('diabetes')
    const { x } = prepared(table, ['bmi', 'age', 's5', 'bp'], ['target'], {
      splines: [
        { column: 'bmi', knots: 5 },
        { column: 'age', knots: 3 },
      ],
      interactions: [['s5', 'bp']],
    })
    return linear.fit(x, { task: 'regression', y: valuesOf(table, 'target') }, { l2: 0 }, quietContext)
  },
  products: () => {
    const { x, rows } = prepared(wcgs, ['age0', 'chol0', 'ncigs0', 'dibpat0', 'sbp0'], ['chd69'], {
      interactions: [
        ['age0', 'chol0'],
        ['ncigs0', 'dibpat0'],
      ],
    })
    return logistic.fit(x, classOutcome(wcgs, 'chd69', rows), { l2: 0 }, quietContext)
  },
}

/** R's name of a term: `rcs(age, 3)age'` or `age' * sex=m` as `age'` and `age' × sexm`. */
const ours = (name: string): string => {
  const plain = name.replaceAll(/rcs\(\w+, \d\)/g, '').replaceAll('=', '')
  return (name === 'Intercept' ? '(Intercept)' : plain).replace(/ \* |:/, ' × ')
}

for (const name of Object.keys(shapes) as (keyof typeof shapes)[])
  test(`curves and products are those of R, term by term: ${name}`, async () => {
    const expected = golden[name]
    const { fit } = await shapes[name]()
    const found = new Map(fit?.coefficients.map((row) => [row.term, row]))
    const names = expected.term.map(ours)
    expect([...found.keys()].sort()).toEqual([...names].sort())
    const of = (key: 'estimate' | 'standardError') => names.map((term) => found.get(term)?.[key] ?? Number.NaN)
    expect(relativeDifference(of('estimate'), expected.estimate)).toBeLessThan(1e-6)
    expect(relativeDifference(of('standardError'), expected.standardError)).toBeLessThan(1e-6)
    if (expected.logLikelihood) expect(fit?.logLikelihood).toBeCloseTo(expected.logLikelihood, 7)
  })

test('knots lie where rms::rcs puts them: few values, ties, many zeros, fewer than 100 rows', () => {
  for (const { file, column, count, knots } of golden.knots) {
    const values = valuesOf(sampleTable(file), column).filter((value) => !Number.isNaN(value))
    const found = usualKnots(values.sort(), count)
    expect(found.length, `${file} ${column} ${count}`).toBe(knots.length)
    expect(relativeDifference(found, knots), `${file} ${column} ${count}`).toBeLessThan(1e-12)
  }
})

test('the basis is straight beyond its outer knots, and Hmisc::rcspline.eval between them', () => {
  const { knots, values, terms: expected } = golden.basis
  const found = splineTerms(values, knots)
  expect(found.length).toBe(expected.length)
  for (let i = 0; i < found.length; i++) expect(relativeDifference(found[i], expected[i], 1e-9)).toBeLessThan(1e-9)
})

const design = { splines: [{ column: 'age', knots: [40, 50, 60] }], interactions: [['age', 'sex']] }
const pbc = sampleTable('pbc')
const fitted = (over: object = design, missing: 'median' | 'drop' = 'median'): Preparation =>
  fitPreparation(
    pbc,
    Array.from({ length: 418 }, (_, row) => row),
    ['age', 'sex', 'bili', 'chol'],
    { missing, needs, terms: terms(over) },
  )

test('a patient gets the terms of the model, from the knots of the training rows alone', () => {
  const preparation = JSON.parse(JSON.stringify(fitted())) as Preparation
  const { matrix } = prepareRow(preparation, { age: 55, sex: 'm', bili: 1, chol: 200 })
  expect(matrix.terms).toEqual(['age', "age'", 'sexm', 'bili', 'chol', 'age × sexm', "age' × sexm"])
  const [bend] = splineTerms([55], [40, 50, 60])
  expect([...matrix.data]).toEqual([55, bend[0], 1, 1, 200, 55, bend[0]])
  expect([...matrix.source]).toEqual([0, 0, 1, 2, 3, 0, 0])
})

test('the share of a product goes to both its features, and all shares add up to the prediction', async () => {
  const preparation = fitted()
  const { matrix } = applyPreparation(preparation, pbc)
  const outcome = survivalOutcome(
    pbc,
    'time',
    'status',
    [2],
    Int32Array.from({ length: 418 }, (_, row) => row),
  )
  const { state, fit } = await cox.fit(matrix, outcome, { ties: 'efron', l2: 0 }, quietContext)
  const predictor = await cox.load(state)
  const target = { horizon: 1000 }
  const { values, baseline } = sharesByFeature(predictor.contributions!, matrix, target, 4)
  const risk = survivalPredictor(predictor).risk(matrix)
  for (let row = 0; row < 418; row++) {
    const own = values.subarray(row * 4, row * 4 + 4)
    expect(own.reduce((sum, share) => sum + share, baseline)).toBeCloseTo(risk[row], 9)
  }
  // By hand, from the definition: half the product of what differs from the means, and each mean times the other's
  // difference.
  const beta = new Map(fit?.coefficients.map(({ term, estimate }) => [term, estimate]))
  const column = (term: string) => {
    const at = matrix.terms.indexOf(term)
    return matrix.data.subarray(at * 418, (at + 1) * 418)
  }
  const mean = (all: Float64Array) => all.reduce((sum, value) => sum + value, 0) / 418
  const [age, bend, male] = ['age', "age'", 'sexm'].map(column)
  const row = 7
  const d = (all: Float64Array) => all[row] - mean(all)
  const half = (term: string, all: Float64Array) => (beta.get(term) as number) * ((d(all) * d(male)) / 2)
  const ageShare =
    beta.get('age')! * d(age) +
    beta.get("age'")! * d(bend) +
    half('age × sexm', age) +
    beta.get('age × sexm')! * mean(male) * d(age) +
    half("age' × sexm", bend) +
    beta.get("age' × sexm")! * mean(male) * d(bend)
  const sexShare =
    beta.get('sexm')! * d(male) +
    half('age × sexm', age) +
    beta.get('age × sexm')! * mean(age) * d(male) +
    half("age' × sexm", bend) +
    beta.get("age' × sexm")! * mean(bend) * d(male)
  expect(values[row * 4]).toBeCloseTo(ageShare, 8)
  expect(values[row * 4 + 1]).toBeCloseTo(sexShare, 8)
  const one = applyPreparation(preparation, pbc, [row]).matrix
  const shares = sharesOf('cox', predictor, one, target, 4, () => matrix, 1)
  expect(shares.values[0]).toBeCloseTo(ageShare, 8)
  // By sampling, for learners without exact shares: the product follows whichever of its features is taken from whom.
  const { contributions: _, ...bare } = predictor
  const sampled = sharesOf('cox', bare, one, target, 4, () => matrix, 1)
  expect(sampled.values.reduce((sum, share) => sum + share, sampled.baseline)).toBeCloseTo(sampled.prediction, 9)
  const still = { ...one, data: one.data.map((value, at) => (matrix.source[at] === 0 ? matrix.data[at * 418] : value)) }
  const alone = sharesOf('cox', bare, still, target, 4, () => takeMatrixRows(matrix, [0]), 1)
  expect(alone.values[0]).toBeCloseTo(0, 12)
  expect(importanceOf(predictor, matrix, target, 4, 1).every((share) => share > 0)).toBe(true)
})

const reasonOf = (over: object) => {
  try {
    fitted(over)
  } catch (error) {
    return (error as { failure?: { reason: string } }).failure?.reason ?? String(error)
  }
  return 'nothing was refused'
}

test('a term that cannot be meant is refused by name', () => {
  expect(reasonOf({ splines: [{ column: 'sex' }] })).toBe('badTerms')
  expect(reasonOf({ splines: [{ column: 'albumin' }] })).toBe('badTerms')
  expect(reasonOf({ splines: [{ column: 'age' }, { column: 'age', knots: 5 }] })).toBe('badTerms')
  expect(reasonOf({ splines: [{ column: 'age', knots: [50, 40, 60] }] })).toBe('badTerms')
  expect(reasonOf({ interactions: [['age', 'age']] })).toBe('badTerms')
  expect(
    reasonOf({
      interactions: [
        ['age', 'sex'],
        ['sex', 'age'],
      ],
    }),
  ).toBe('badTerms')
  expect(reasonOf(design)).toBe('nothing was refused')
})

test('a term of a feature that is constant in a fold is left out and said, the fold is not lost', () => {
  const few = Array.from({ length: 418 }, (_, row) => row).filter((row) => valuesOf(pbc, 'stage')[row] === 4)
  const preparation = fitPreparation(pbc, few, ['age', 'stage', 'edema'], {
    missing: 'median',
    needs,
    terms: terms({ splines: [{ column: 'stage' }, { column: 'edema' }], interactions: [['age', 'stage']] }),
  })
  expect(preparation.terms?.left.map(({ term }) => term)).toEqual(['spline of stage', 'spline of edema', 'age × stage'])
  expect(applyPreparation(preparation, pbc, few).matrix.terms).toEqual(['age', 'edema'])
})

test('values that were filled in do not pull the knots to the median', () => {
  const known = valuesOf(pbc, 'chol').filter((value) => !Number.isNaN(value))
  const { terms: learned } = fitted({ splines: [{ column: 'chol', knots: 5 }] })
  expect(learned?.splines[0].knots).toEqual(usualKnots(known.sort(), 5))
})

test('a learner that takes no terms refuses them and names those that do', () => {
  const design = StudyDesignSchema.parse({
    study: 's',
    learner: 'forest',
    outcome: { task: 'survival', time: 'time', event: { column: 'status', values: ['2'] } },
    terms: { splines: [{ column: 'age' }] },
  })
  expect(() => candidatesOf(design, 418)).toThrow(/forest.*cox.*fineGray/)
  expect(candidatesOf({ ...design, learner: 'cox' }, 418)[0].id).toBe('cox')
})
