import { expect, test } from 'vitest'
import { casesOf, type GoldenCases } from '../../../../test/fixtures/elasticNet.ts'
import { readGolden, relativeDifference } from '../../../../test/golden/sampleTable.ts'
import { dealFolds, pathFoldErrors, summarise } from './crossValidation.ts'

interface Check extends GoldenCases {
  name: string
  lambda: number[]
  mean: number[]
  error: number[]
  best: number
  simplest: number
}
const { checks } = readGolden<{ checks: Check[] }>('elasticNet')

for (const golden of checks)
  test(`the penalty chosen on given folds is cv.glmnet's: ${golden.name}`, () => {
    const { x, outcome } = casesOf(golden)
    const fold = Int32Array.from({ length: x.rows }, (_, i) => (((i + 1) * 7) % 10) + 1)
    const lambdas = Float64Array.from(golden.lambda)
    const folds = Array.from({ length: 10 }, (_, k) =>
      pathFoldErrors({
        x,
        outcome,
        family: golden.family,
        alpha: 1,
        lambdas,
        threshold: 1e-18,
        held: Uint8Array.from(fold, (own) => (own === k + 1 ? 1 : 0)),
      }),
    )
    const found = summarise(folds, lambdas.length)!
    expect(relativeDifference(found.mean, golden.mean)).toBeLessThan(1e-6)
    expect(relativeDifference(found.error, golden.error)).toBeLessThan(1e-5)
    expect(lambdas[found.best]).toBe(golden.best)
    expect(lambdas[found.simplest]).toBe(golden.simplest)
  })

test('rows of one patient stay in one fold, and every fold has its share of the events', () => {
  const rows = 200
  const cluster = Int32Array.from({ length: rows }, (_, i) => i >> 1)
  const event = Uint8Array.from({ length: rows }, (_, i) => (i % 20 === 1 ? 1 : 0))
  const time = Float64Array.from({ length: rows }, (_, i) => 1 + i)
  const fold = dealFolds({ task: 'survival', time, event, cluster }, rows, 5, 9)
  for (let i = 0; i < rows; i += 2) expect(fold[i]).toBe(fold[i + 1])
  for (let k = 1; k <= 5; k++) expect(fold.filter((own, i) => own === k && event[i] === 1).length).toBe(2)
  expect(dealFolds({ task: 'survival', time, event, cluster }, rows, 5, 9)).toEqual(fold)
  expect(dealFolds({ task: 'survival', time, event, cluster }, rows, 5, 10)).not.toEqual(fold)
})
