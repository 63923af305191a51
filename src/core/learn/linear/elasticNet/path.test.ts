import { expect, test } from 'vitest'
import { quietContext, readGolden } from '../../../../../test/golden/sampleTable.ts'
import type { Outcome } from '../../../cohort/matrix.ts'
import { casesOf, type GoldenCases } from './cases.fixture.ts'
import { fitPath } from './fitPath.ts'

interface GoldenPath extends GoldenCases {
  name: string
  alpha: number
  n: number
  weights?: number[]
  factors?: number[]
  offset?: number[]
  exposure?: string
  unscaled?: boolean
  lambda: number[]
  explained: number[]
  at: number[]
  /** Blocks x columns x lambdas. */
  coefficients: number[][][]
  intercepts: number[][] | null
}
const { paths } = readGolden<{ paths: GoldenPath[] }>('elasticNet')

for (const golden of paths)
  test(`the whole path is glmnet's: ${golden.name}, ${golden.family}`, () => {
    const { x, outcome, values } = casesOf(golden)
    const exposure = golden.exposure ? values(golden.exposure) : undefined
    const counted: Outcome = exposure ? { task: 'regression', y: values('chd69'), exposure } : outcome
    expect(x.rows).toBe(golden.n)
    const path = fitPath(
      x,
      counted,
      {
        family: golden.family,
        alpha: golden.alpha,
        threshold: 1e-22,
        weights: golden.weights && Float64Array.from(golden.weights),
        penaltyFactors: golden.factors && Float64Array.from(golden.factors),
        offset: golden.offset && Float64Array.from(golden.offset),
        standardise: !golden.unscaled,
      },
      quietContext,
    )
    expect(path.lambda.length).toBe(golden.lambda.length)
    const apart = (one: number, other: number, floor: number) =>
      Math.abs(one - other) / Math.max(Math.abs(other), floor)
    golden.lambda.forEach((lambda, m) => {
      expect(apart(path.lambda[m], lambda, 0)).toBeLessThan(1e-8)
      expect(Math.abs(path.explained[m] - golden.explained[m])).toBeLessThan(1e-7)
    })
    // Relative to the coefficient, and where it is small to a tenth of the largest that its column reaches.
    golden.at.forEach((m, k) => {
      golden.coefficients.forEach((block, b) => {
        block.forEach((own, column) => {
          const floor = 0.1 * Math.max(...own.map(Math.abs))
          const found = path.coefficients[(m * path.blocks + b) * x.columns + column]
          // glmnet descends class by class and stops a little short of the optimum of all.
          const tolerance = golden.family === 'multinomial' ? 4e-6 : 1e-6
          if (floor > 0) expect(apart(found, own[k], floor), `${x.terms[column]} at ${m}`).toBeLessThan(tolerance)
          else expect(found).toBe(0)
        })
        if (golden.intercepts)
          expect(apart(path.intercepts[m * path.blocks + b], golden.intercepts[b][k], 1e-2)).toBeLessThan(1e-6)
      })
    })
  })
