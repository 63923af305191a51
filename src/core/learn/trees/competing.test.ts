import { expect, test } from 'vitest'
import { fitForest } from '../../../../test/fixtures/trees.ts'
import { completeCases, readGolden, sampleTable, valuesOf } from '../../../../test/golden/sampleTable.ts'
import type { Outcome } from '../../cohort/matrix.ts'
import { survivalPredictor } from '../predictor.ts'
import { binColumns, binColumnsTask } from './bins.ts'
import type { Split } from './criterion.ts'
import { logRank } from './logRank.ts'
import { type CompetingRule, targetOf } from './target.ts'

type Sign = 'ascites' | 'hepato' | 'spiders'
interface Golden {
  n: number
  asked: number[]
  whole: number[]
  groups: Record<Sign, { no: number[]; yes: number[] }>
  gray: Record<Sign, number>
  causeSpecific: Record<Sign, number>
}
const golden = readGolden<Golden>('competingForest')
const signs: Sign[] = ['ascites', 'hepato', 'spiders']

const pbc = (features: readonly string[] = signs) => {
  const table = sampleTable('pbc')
  const { x, rows } = completeCases(table, features, signs)
  const status = (value: number) => Uint8Array.from(rows, (row) => Number(valuesOf(table, 'status')[row] === value))
  const time = Float64Array.from(rows, (row) => valuesOf(table, 'time')[row])
  const outcome: Extract<Outcome, { task: 'survival' }> = {
    task: 'survival',
    time,
    event: status(2),
    competing: status(1),
  }
  return { x, outcome }
}
/** Every row once, one tree, all columns tried. */
const lone = { nTrees: 1, replace: false, mtry: 20, minLeaf: 1 }
const incidenceOf = (survival: Float64Array) => Array.from(survival, (value) => 1 - value)

test("a leaf's cumulative incidence is survfit's Aalen-Johansen estimate, not one minus Kaplan-Meier", async () => {
  const { x, outcome } = pbc()
  expect(x.rows).toBe(golden.n)
  const { predictor } = await fitForest(x, outcome, { ...lone, minLeaf: x.rows })
  const whole = incidenceOf(survivalPredictor(predictor).survival(x, golden.asked)).slice(0, golden.asked.length)
  whole.forEach((value, i) => {
    expect(value).toBeCloseTo(golden.whole[i], 6)
  })
})

for (const rule of ['gray', 'causeSpecific'] as CompetingRule[])
  test(`a lone split parts the patients as the log-rank test of R would, and each side has its own curve (${rule})`, async () => {
    const { x, outcome } = pbc()
    const { target, order } = targetOf(outcome, null, rule)
    if (target.task !== 'survival') throw new TypeError('not survival')
    const binned = await binColumns(x, { maxBins: 255, order, weights: null, threads: 1 }, async (_, inputs) =>
      inputs.map((input) => binColumnsTask(input as never) as never),
    )
    const { criterion } = logRank(binned, target, { weight: new Float64Array(x.rows).fill(1), minLeaf: 1 })
    const all = Int32Array.from({ length: x.rows }, (_, position) => position)
    signs.forEach((sign, column) => {
      const best: Split = { gain: -1, column: -1, bin: 0, missingLeft: false }
      expect(criterion.enter(all, 0, x.rows)).toBe(true)
      criterion.seek(column, all, 0, x.rows, best)
      expect(best.gain).toBeCloseTo(golden[rule][sign], 6)
    })

    const { predictor } = await fitForest(x, outcome, { ...lone, maxDepth: 1, competingRule: rule })
    const strongest = signs.reduce((a, b) => (golden[rule][a] >= golden[rule][b] ? a : b))
    const column = signs.indexOf(strongest)
    const curves = incidenceOf(survivalPredictor(predictor).survival(x, golden.asked))
    for (let row = 0; row < x.rows; row++) {
      const expected = golden.groups[strongest][x.data[column * x.rows + row] === 1 ? 'yes' : 'no']
      expected.forEach((value, i) => {
        expect(curves[row * expected.length + i]).toBeCloseTo(value, 6)
      })
    }
  })

test('risks are not those of a world without the competing event, and their reasons add up', async () => {
  const { x, outcome } = pbc([...signs, 'age', 'bili', 'albumin', 'edema'])
  const settings = { nTrees: 120 }
  const competing = await fitForest(x, outcome, settings)
  const { competing: _, ...censored } = outcome
  const alone = await fitForest(x, censored, settings)
  const horizon = 3000
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const incidence = mean(incidenceOf(survivalPredictor(competing.predictor).survival(x, [horizon])))
  const withoutCompeting = mean(incidenceOf(survivalPredictor(alone.predictor).survival(x, [horizon])))
  expect(incidence).toBeLessThan(withoutCompeting)
  const overall = golden.whole[3] + ((golden.whole[4] - golden.whole[3]) * (horizon - 2500)) / 1500
  expect(Math.abs(incidence - overall)).toBeLessThan(0.05)

  const { baseline, values, scale } = competing.predictor.contributions!(x, { horizon })
  expect(scale).toBe('risk')
  const risks = incidenceOf(survivalPredictor(competing.predictor).survival(x, [horizon]))
  risks.forEach((risk, row) => {
    const shares = values.subarray(row * x.columns, (row + 1) * x.columns)
    expect(shares.reduce((sum, share) => sum + share, baseline)).toBeCloseTo(risk, 9)
  })
})
