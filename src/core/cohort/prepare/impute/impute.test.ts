import { expect, test } from 'vitest'
import { quietContext, readGolden, sampleTable, valuesOf } from '../../../../../test/golden/sampleTable.ts'
import { type PreparationDesign, PreparationDesignSchema } from '../../../../contract/design.ts'
import { fitComposite } from '../../../learn/composite.ts'
import { logistic } from '../../../learn/linear/logistic.ts'
import { randomOf } from '../../../numbers/random.ts'
import type { MatrixNeeds } from '../../matrix.ts'
import type { Column, Table } from '../../table.ts'
import type { Prepared } from '../preparation.ts'
import { applyPreparation, filledAt, fitPreparation, prepareTraining } from '../prepare.ts'
import { fillFromEquations, fitChained } from './chained.ts'
import { fitLogistic, fitMultinomial, levelShares } from './regression.ts'

interface Golden {
  neighbours: { rows: number; missing: number; chol: number[] }
  conditional: { rows: number; hc: number[] }
  pooled: {
    term: string[]
    runs: number
    imputations: number
    estimate: number[]
    estimateSd: number[]
    standardError: number[]
    standardErrorSd: number[]
  }
}
const golden = readGolden<Golden>('preparation')
const needs: MatrixNeeds = { categories: 'contrasts', standardise: false, native: false, missing: 'median' }
const designOf = (given: Partial<PreparationDesign>): PreparationDesign => PreparationDesignSchema.parse(given)
const rowsUpTo = (count: number) => Int32Array.from({ length: count }, (_, row) => row)
const columnOf = ({ matrix }: Prepared, term: string) => {
  const at = matrix.terms.indexOf(term)
  return Array.from(matrix.data.subarray(at * matrix.rows, (at + 1) * matrix.rows))
}
const number = (name: string, values: number[], kind: Column['kind'] = 'number'): Column => ({
  name,
  kind,
  unit: null,
  levels: null,
  values: Float64Array.from(values),
})

test("values from the five nearest cases by Gower's distance are those of VIM's kNN", () => {
  const table = sampleTable('pbc')
  const names = ['age', 'sex', 'bili', 'chol', 'albumin', 'copper', 'platelet']
  const rows = rowsUpTo(300).filter((row) =>
    names.every((name) => name === 'chol' || !Number.isNaN(valuesOf(table, name)[row])),
  )
  expect(rows.length).toBe(golden.neighbours.rows)
  const preparation = fitPreparation(table, rows, names, { missing: 'knn', needs })
  const prepared = applyPreparation(preparation, table, rows)
  expect(prepared.filledCells).toBe(golden.neighbours.missing)
  columnOf(prepared, 'chol').forEach((value, row) => {
    expect(value).toBeCloseTo(golden.neighbours.chol[row], 9)
  })
})

test('of categories the most frequent level among the nearest is taken', () => {
  const table: Table = {
    rows: 6,
    columns: [
      number('x', [0, 1, 2, 50, 60, 1.5]),
      { ...number('stage', [0, 1, 1, 0, 0, Number.NaN]), kind: 'category', levels: ['I', 'II'] },
    ],
    patients: rowsUpTo(6),
    encounters: new Int32Array(6),
  }
  const preparation = fitPreparation(table, rowsUpTo(6), ['x', 'stage'], {
    missing: 'knn',
    needs,
    design: designOf({ neighbours: 3 }),
  })
  expect(filledAt(applyPreparation(preparation, table), 5)).toEqual([{ name: 'stage', with: 'II', unseen: null }])
})

test("with one incomplete feature the conditional mean is that of mice's norm.predict", () => {
  const boys = sampleTable('boys')
  const names = ['age', 'hgt', 'wgt', 'hc']
  const complete = rowsUpTo(boys.rows).filter((row) =>
    ['age', 'hgt', 'wgt'].every((name) => !Number.isNaN(valuesOf(boys, name)[row])),
  )
  const cells = names.map((name) => Float64Array.from(complete, (row) => valuesOf(boys, name)[row]))
  const features = names.map((name) => ({ name, levels: 0, whole: false }))
  const { imputer } = fitChained(features, cells, { imputations: 1, iterations: 1, seed: 1 })
  expect(complete.length).toBe(golden.conditional.rows)
  fillFromEquations(imputer, cells, rowsUpTo(complete.length))
  const { low, high } = { low: imputer.low[3], high: imputer.high[3] }
  cells[3].forEach((value, row) => {
    expect(value).toBeCloseTo(Math.min(high, Math.max(low, golden.conditional.hc[row])), 8)
  })
})

test('coefficients pooled over chained equations lie where those of mice lie, within their Monte Carlo error', async () => {
  const pima = sampleTable('pima')
  const names = ['npreg', 'glu', 'bp', 'skin', 'bmi', 'ped', 'age']
  const outcome = {
    task: 'diagnosis',
    classes: ['No', 'Yes'],
    y: Int32Array.from(valuesOf(pima, 'type')),
  } as const
  const { completions } = prepareTraining(pima, rowsUpTo(pima.rows), names, {
    missing: 'chained',
    needs,
    design: designOf({ imputations: 40, iterations: 10 }),
    outcome,
    seed: 11,
  })
  expect(completions).toHaveLength(40)
  const { fit } = await fitComposite(
    logistic,
    completions.map(({ matrix }) => matrix),
    outcome,
    { l2: 0 },
    quietContext,
  )
  const { pooled } = golden
  expect(fit!.coefficients.map(({ term }) => term)).toEqual(pooled.term)
  fit!.coefficients.forEach(({ estimate, standardError }, at) => {
    // One run of 40 sets strays by 1/sqrt(2) of one of 20, the mean of mice's 40 runs hardly at all: four of these.
    const error = pooled.estimateSd[at] * Math.sqrt(pooled.imputations / 40 + 1 / pooled.runs)
    expect(Math.abs(estimate - pooled.estimate[at])).toBeLessThan(4 * error)
    const spread = pooled.standardErrorSd[at] * Math.sqrt(pooled.imputations / 40 + 1 / pooled.runs)
    expect(Math.abs(standardError! - pooled.standardError[at])).toBeLessThan(
      4 * spread + 0.01 * pooled.standardError[at],
    )
  })
})

test('observed cells are never touched, drawn numbers are numbers somebody had, and the same seed draws the same', () => {
  const boys = sampleTable('boys')
  const names = ['age', 'hgt', 'wgt', 'hc', 'gen', 'tv', 'reg']
  const options = { missing: 'chained', needs, design: designOf({ imputations: 3, iterations: 2 }), seed: 4 } as const
  const first = prepareTraining(boys, rowsUpTo(boys.rows), names, options)
  const again = prepareTraining(boys, rowsUpTo(boys.rows), names, options)
  expect(again.preparation).toEqual(first.preparation)
  const head = valuesOf(boys, 'hc')
  const seen = new Set(head)
  const drawn = first.completions.map((completion) => columnOf(completion, 'hc'))
  head.forEach((value, row) => {
    for (const values of drawn) {
      if (!Number.isNaN(value)) expect(values[row]).toBe(value)
      expect(seen.has(values[row])).toBe(true)
    }
  })
  const gaps = rowsUpTo(boys.rows).filter((row) => Number.isNaN(head[row]))
  expect(gaps.some((row) => drawn[0][row] !== drawn[1][row])).toBe(true)
})

test('one patient with gaps is filled from what is known of that patient, the same each time, and the doctor is told', () => {
  const boys = sampleTable('boys')
  const names = ['age', 'hgt', 'wgt', 'hc', 'gen', 'tv', 'reg']
  const preparation = fitPreparation(boys, rowsUpTo(boys.rows), names, {
    missing: 'chained',
    needs,
    design: designOf({ imputations: 3, iterations: 3 }),
  })
  const row = rowsUpTo(boys.rows).find((at) => names.every((name) => !Number.isNaN(valuesOf(boys, name)[at]))) as number
  const without: Table = {
    ...boys,
    columns: boys.columns.map((column) =>
      column.name === 'wgt' || column.name === 'gen'
        ? { ...column, values: column.values.map((value, at) => (at === row ? Number.NaN : value)) }
        : column,
    ),
  }
  const told = filledAt(applyPreparation(preparation, without, [row], 'predict'), 0)
  expect(told.map(({ name }) => name)).toEqual(['wgt', 'gen'])
  // Height says much about weight: nearer to the truth than the median of all boys is.
  const truth = valuesOf(boys, 'wgt')[row]
  const known = valuesOf(boys, 'wgt')
    .filter((value) => !Number.isNaN(value))
    .sort()
  expect(Math.abs((told[0].with as number) - truth)).toBeLessThan(Math.abs(known[known.length >> 1] - truth))
  expect(filledAt(applyPreparation(preparation, without, [row], 'predict'), 0)).toEqual(told)
})

test('a column that gives the target away among held-out rows only brings no gain through imputation', () => {
  // `leak` is missing in training exactly where held-out rows carry the outcome: nothing there to learn it from.
  const random = randomOf(12)
  const y = Array.from({ length: 300 }, () => random.below(2))
  const x = y.map(() => random.normal())
  const table: Table = {
    rows: 300,
    columns: [
      number('x', x),
      number(
        'leak',
        y.map((label, row) =>
          row < 200 ? (row % 4 === 0 ? random.normal() : Number.NaN) : row % 2 ? label : Number.NaN,
        ),
      ),
    ],
    patients: rowsUpTo(300),
    encounters: new Int32Array(300),
  }
  for (const missing of ['knn', 'chained'] as const) {
    const preparation = fitPreparation(table, rowsUpTo(200), ['x', 'leak'], { missing, needs })
    const gaps = rowsUpTo(300).filter((row) => row >= 200 && row % 2 === 0)
    const filled = columnOf(applyPreparation(preparation, table, gaps), 'leak')
    const mean = (label: number) => {
      const own = filled.filter((_, at) => y[gaps[at]] === label)
      return own.reduce((sum, value) => sum + value, 0) / own.length
    }
    expect(Math.abs(mean(1) - mean(0))).toBeLessThan(0.4)
  }
})

test('logistic steps find the maximum: the gradient is nothing there', () => {
  const random = randomOf(3)
  const x = [0, 1].map(() => Float64Array.from({ length: 120 }, () => random.normal()))
  const y = Float64Array.from({ length: 120 }, (_, row) => (x[0][row] + random.normal() > 0.3 ? 1 : 0))
  const rows = rowsUpTo(120)
  const { beta } = fitLogistic(x, rows, y)
  const gradient = (column: Float64Array | null) =>
    rows.reduce((sum, row) => {
      const p = 1 / (1 + Math.exp(-(beta[0] + beta[1] * x[0][row] + beta[2] * x[1][row])))
      return sum + (y[row] - p) * (column ? column[row] : 1)
    }, 0)
  expect(gradient(null)).toBeCloseTo(0, 6)
  // The weak prior takes half the coefficient from the gradient of each slope.
  expect(gradient(x[0]) - beta[1] / 2).toBeCloseTo(0, 6)
  const many = fitMultinomial(x, rows, y, 2)
  for (let row = 0; row < 120; row++) {
    const p = 1 / (1 + Math.exp(-(beta[0] + beta[1] * x[0][row] + beta[2] * x[1][row])))
    // Two sets of slopes share the prior between them, so it pulls a little less.
    expect(levelShares(many, x, row)[1]).toBeCloseTo(p, 1)
  }
})
