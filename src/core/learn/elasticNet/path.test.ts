import { expect, test } from 'vitest'
import { casesOf, type GoldenCases } from '../../../../test/fixtures/elasticNet.ts'
import { quietContext, readGolden } from '../../../../test/golden/sampleTable.ts'
import type { Outcome } from '../../cohort/matrix.ts'
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

test('classes: no coefficient can move for the better, by the optimality conditions themselves', () => {
  const golden = paths.find(({ name }) => name === 'boys 0.4')
  if (!golden) throw new Error('no such path')
  const { x, outcome } = casesOf(golden)
  if (outcome.task !== 'diagnosis') throw new TypeError('not classes')
  const { alpha } = golden
  const path = fitPath(x, outcome, { family: 'multinomial', alpha, threshold: 1e-22 }, quietContext)
  const { rows, columns, data } = x
  const { blocks } = path
  for (const m of [10, 30, 60]) {
    const lambda = path.lambda[m]
    const at = (block: number, column: number) => path.coefficients[(m * blocks + block) * columns + column]
    const residuals = Array.from({ length: rows }, (_, i) => {
      const odds = Array.from({ length: blocks }, (__, block) => {
        let eta = path.intercepts[m * blocks + block]
        for (let column = 0; column < columns; column++) eta += at(block, column) * data[column * rows + i]
        return Math.exp(eta)
      })
      const sum = odds.reduce((total, one) => total + one, 0)
      return odds.map((one, block) => ((outcome.y[i] === block ? 1 : 0) - one / sum) / rows)
    })
    for (let column = 0; column < columns; column++) {
      const values = data.subarray(column * rows, (column + 1) * rows)
      const mean = values.reduce((sum, value) => sum + value, 0) / rows
      const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows)
      for (let block = 0; block < blocks; block++) {
        let pull = 0
        for (let i = 0; i < rows; i++) pull += (residuals[i][block] * (values[i] - mean)) / sd
        const beta = at(block, column) * sd
        const rest = pull - (1 - alpha) * lambda * beta
        if (beta === 0) expect(Math.abs(rest)).toBeLessThan(alpha * lambda + 1e-10)
        else expect(rest).toBeCloseTo(alpha * lambda * Math.sign(beta), 9)
      }
    }
  }
})
