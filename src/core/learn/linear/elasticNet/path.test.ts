import { expect, test } from 'vitest'
import {
  classOutcome,
  completeCases,
  quietContext,
  readGolden,
  sampleTable,
  survivalOutcome,
  valuesOf,
} from '../../../../../test/golden/sampleTable.ts'
import { type Outcome, takeMatrixRows } from '../../../cohort/matrix.ts'
import { fitPath } from './fitPath.ts'

interface GoldenPath {
  name: string
  file: string
  features: string[]
  family: 'gaussian' | 'binomial' | 'poisson' | 'multinomial' | 'cox'
  alpha: number
  n: number
  weights?: number[]
  factors?: number[]
  offset?: number[]
  exposure?: string
  unscaled?: boolean
  rows?: number
  lambda: number[]
  explained: number[]
  at: number[]
  /** Blocks x columns x lambdas. */
  coefficients: number[][][]
  intercepts: number[][] | null
}
const { paths } = readGolden<{ paths: GoldenPath[] }>('elasticNet')

const targets: Record<string, string> = {
  diabetes: 'target',
  bodyfat: 'DEXfat',
  'breast-cancer': 'target',
  ectopic: 'outc',
  boys: 'reg',
}

/** The complete cases and outcome of one of the golden paths. */
export const casesOf = ({
  file,
  features,
  family,
  rows: first,
}: Pick<GoldenPath, 'file' | 'features' | 'family' | 'rows'>) => {
  const table = sampleTable(file)
  const outcomes =
    family === 'cox'
      ? file === 'pbc'
        ? ['time', 'status']
        : ['rfstime', 'status']
      : file === 'wcgs'
        ? ['chd69', 'ncigs0', 'age0', 'height0', 'weight0', 'sbp0', 'dbp0', 'chol0', 'dibpat0', 'arcus0']
        : [targets[file]]
  const all = completeCases(table, features, outcomes)
  const rows = first ? all.rows.slice(0, first) : all.rows
  const x = first
    ? takeMatrixRows(
        all.x,
        Array.from({ length: first }, (_, i) => i),
      )
    : all.x
  const values = (name: string) => Float64Array.from(rows, (row) => valuesOf(table, name)[row])
  const outcome = (): Outcome => {
    if (family === 'cox')
      return file === 'pbc'
        ? survivalOutcome(table, 'time', 'status', [2], rows)
        : survivalOutcome(table, 'rfstime', 'status', [1], rows)
    if (family === 'gaussian') return { task: 'regression', y: values(first ? 'mean radius' : targets[file]) }
    if (family === 'poisson')
      return { task: 'regression', y: values(features.includes('ncigs0') || file !== 'wcgs' ? 'y' : 'ncigs0') }
    return classOutcome(table, file === 'wcgs' ? 'chd69' : targets[file], rows)
  }
  return { x, outcome: outcome(), values }
}

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
        threshold: 1e-16,
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
      expect(Math.abs(path.explained[m] - golden.explained[m])).toBeLessThan(1e-8)
    })
    // Relative to the coefficient, and where it is next to nothing to the largest that its column reaches.
    golden.at.forEach((m, k) => {
      golden.coefficients.forEach((block, b) => {
        block.forEach((own, column) => {
          const floor = 1e-2 * Math.max(...own.map(Math.abs))
          const found = path.coefficients[(m * path.blocks + b) * x.columns + column]
          if (floor > 0) expect(apart(found, own[k], floor), `${x.terms[column]} at ${m}`).toBeLessThan(1e-6)
          else expect(found).toBe(0)
        })
        if (golden.intercepts)
          expect(apart(path.intercepts[m * path.blocks + b], golden.intercepts[b][k], 1e-2)).toBeLessThan(1e-6)
      })
    })
  })
