import { expect, test } from 'vitest'
import { fitBoosted, matrixOf } from '../../../../test/fixtures/boosting.ts'
import { classOutcome, readGolden, sampleTable, valuesOf } from '../../../../test/golden/sampleTable.ts'
import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import { columnOf, type Table } from '../../cohort/table.ts'
import { linkTrees, scoresOf } from './model.ts'

interface Case {
  name: string
  sample: string
  features: string[]
  outcome: { task: string; target: string; weighted?: boolean; halves?: boolean; exposure?: string }
  settings: Record<string, number | string>
  margins: number[] | number[][]
  contributions: number[][] | null
}
const { cases } = readGolden<{ cases: Case[] }>('boosting')

const outcomeOf = (table: Table, { outcome: { task, target, exposure } }: Case): Outcome => {
  const rows = Int32Array.from({ length: table.rows }, (_, row) => row)
  if (task === 'diagnosis') return classOutcome(table, target, rows)
  if (task === 'regression')
    return {
      task,
      y: valuesOf(table, target),
      ...(exposure ? { exposure: valuesOf(table, 'age').map((age) => age / 50) } : {}),
    }
  return {
    task: 'survival',
    time: valuesOf(table, 'time').map((time, row) => time + row / 1024),
    event: Uint8Array.from(valuesOf(table, 'status'), (status) => (status === 2 ? 1 : 0)),
  }
}

for (const one of cases)
  test(`${one.name}: a doctor sees the score XGBoost gives with the same settings, to the precision of its sums`, async () => {
    const table = sampleTable(one.sample)
    // Levels count as their index here, and not as categories, as XGBoost was given them.
    const x: Matrix = matrixOf(
      Object.fromEntries(one.features.map((name) => [name, columnOf(table, name)?.values ?? []])),
    )
    if (one.outcome.halves)
      for (let column = 0; column < x.columns; column++) {
        const own = x.data.subarray(column * x.rows, (column + 1) * x.rows)
        const mean = own.reduce((sum, value) => sum + value, 0) / x.rows
        own.set(own.map((value) => (value > mean ? 1 : 0)))
      }
    const outcome = outcomeOf(table, one)
    const { eta, max_depth, max_leaves = 0, rounds, min_child_weight, gamma, monotone = '' } = one.settings
    const weights = one.outcome.weighted ? Float64Array.from({ length: x.rows }, (_, row) => 1 + (row % 3)) : undefined
    const { fitted, predictor } = await fitBoosted(
      x,
      outcome,
      {
        learningRate: eta,
        maxDepth: max_depth,
        maxLeaves: max_leaves,
        nTrees: rounds,
        minChildWeight: min_child_weight,
        minGain: gamma,
        monotone,
        loss: one.outcome.exposure ? 'poisson' : 'squared',
        sampleFraction: 1,
        validationShare: 0,
      },
      { weights },
    )
    const scores = scoresOf(linkTrees(fitted.state), x)
    const classes = scores.length / x.rows
    const offset = outcome.task === 'regression' && outcome.exposure ? outcome.exposure.map(Math.log) : null
    for (let row = 0; row < x.rows; row++)
      for (let c = 0; c < classes; c++) {
        const expected = classes === 1 ? (one.margins[row] as number) : (one.margins[row] as number[])[c]
        const found = scores[c * x.rows + row] + (offset ? offset[row] : 0)
        expect(Math.abs(found - expected)).toBeLessThan(1e-5 * Math.max(1, Math.abs(expected)))
      }
    if (!one.contributions) return
    const { values } = predictor.contributions!(x, { value: true })
    one.contributions.forEach((shares, row) => {
      shares.forEach((share, column) => {
        expect(values[row * x.columns + column]).toBeCloseTo(share, 3)
      })
    })
  })
