import { expect, test } from 'vitest'
import {
  columnFrom,
  completeCases,
  quietContext,
  sampleTable,
  survivalOutcome,
} from '../../../../test/golden/sampleTable.ts'
import { applyPreparation, fitPreparation } from '../../cohort/prepare/prepare.ts'
import type { Table } from '../../cohort/table.ts'
import { decodeArtifact, encodeArtifact } from '../../numbers/bytes.ts'
import { randomOf } from '../../numbers/random.ts'
import { oneByOne } from '../parallel.ts'
import { completeParameters } from '../parameters.ts'
import { survivalPredictor } from '../predictor.ts'
import { workerTasks } from '../workers.ts'
import { stack } from './stack.ts'
import { applyView, fitView } from './view.ts'
import { stackWeights } from './weights.ts'

const context = {
  ...quietContext,
  parallel: oneByOne(workerTasks),
}
const noGrid = new Float64Array(0)

test('values that are 0.3 of one base and 0.7 of another get these shares, and a useless third gets none', () => {
  const random = randomOf(1)
  const draw = () => Float64Array.from({ length: 200 }, () => random.normal())
  const [a, b, c] = [draw(), draw(), draw()]
  const y = a.map((value, row) => 0.3 * value + 0.7 * b[row])
  const shares = stackWeights([a, b, c], { task: 'regression', y }, undefined, noGrid)
  expect(shares[0]).toBeCloseTo(0.3, 10)
  expect(shares[1]).toBeCloseTo(0.7, 10)
  expect(shares[2]).toBeCloseTo(0, 10)
  // A base that points the wrong way is left out, not given a negative share.
  const opposed = stackWeights([y, y.map((value) => -value)], { task: 'regression', y }, undefined, noGrid)
  expect(Array.from(opposed)).toEqual([1, 0])
})

test('shares for classes are where no exchange between bases lowers the log loss (Karush-Kuhn-Tucker)', () => {
  const random = randomOf(2)
  const y = Int32Array.from({ length: 300 }, () => random.below(2))
  const guess = (skill: number) => {
    const p = new Float64Array(600)
    y.forEach((label, row) => {
      const own = 1 / (1 + Math.exp(-(skill * (label ? 1 : -1) + random.normal())))
      p[2 * row + 1] = own
      p[2 * row] = 1 - own
    })
    return p
  }
  const bases = [guess(1), guess(0.6), guess(-0.5)]
  const shares = stackWeights(bases, { task: 'diagnosis', classes: ['no', 'yes'], y }, undefined, noGrid)
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9)
  const slope = bases.map((own) =>
    y.reduce((sum, label, row) => {
      const mixed = bases.reduce((total, base, k) => total + shares[k] * base[2 * row + label], 0)
      return sum + own[2 * row + label] / mixed / y.length
    }, 0),
  )
  slope.forEach((value, k) => {
    if (shares[k] > 1e-3) expect(value).toBeCloseTo(1, 4)
    else expect(value).toBeLessThan(1 + 1e-4)
  })
  expect(shares[2]).toBeLessThan(1e-3)
})

test('of survival the curve that is right gets the share, under censoring', () => {
  const random = randomOf(3)
  const rows = 600
  const rate = Float64Array.from({ length: rows }, () => (random.below(2) ? 0.2 : 0.02))
  const death = rate.map((own) => -Math.log(1 - random.uniform()) / own)
  const end = rate.map(() => 40 * random.uniform())
  const time = death.map((at, row) => Math.min(at, end[row]))
  const event = Uint8Array.from(death, (at, row) => (at <= end[row] ? 1 : 0))
  const grid = Float64Array.of(2, 5, 10, 20)
  const curves = (of: (row: number) => number) =>
    Float64Array.from({ length: rows * 4 }, (_, at) => Math.exp(-of(at >> 2) * grid[at % 4]))
  const right = curves((row) => rate[row])
  const blind = curves(() => 0.06)
  const shares = stackWeights([blind, right], { task: 'survival', time, event }, undefined, grid)
  expect(shares[1]).toBeGreaterThan(0.85)
})

const mixed: Table = (() => {
  const random = randomOf(4)
  const rows = 60
  return {
    rows,
    columns: [
      columnFrom(
        'age',
        Array.from({ length: rows }, (_, row) => (row % 7 === 0 ? '' : String(40 + random.normal() * 10))),
      ),
      columnFrom(
        'ward',
        Array.from({ length: rows }, (_, row) => (row % 11 === 0 ? '' : ['a', 'b', 'b', 'c'][row % 4])),
      ),
    ],
    patients: Int32Array.from({ length: rows }, (_, row) => row),
    encounters: new Int32Array(rows),
  }
})()

test('a base that takes contrasts and no gaps sees what its own preparation would have made', () => {
  const rows = Int32Array.from({ length: mixed.rows }, (_, row) => row)
  const own = { categories: 'contrasts', standardise: true, native: false, missing: 'median' } as const
  const direct = applyPreparation(
    fitPreparation(mixed, rows, ['age', 'ward'], { missing: null, needs: own }),
    mixed,
    rows,
  )
  const whole = applyPreparation(
    fitPreparation(mixed, rows, ['age', 'ward'], { missing: null, needs: stack.needs }),
    mixed,
    rows,
  )
  const seen = applyView(fitView(whole.matrix, own), whole.matrix)
  expect(seen.terms).toEqual(direct.matrix.terms)
  seen.data.forEach((value, at) => {
    expect(value).toBeCloseTo(direct.matrix.data[at], 12)
  })
})

test('one artifact holds all bases, says how much each counts, and predicts as their mean under these shares', async () => {
  const pbc = sampleTable('pbc')
  const { x, rows } = completeCases(pbc, ['age', 'bili', 'albumin', 'protime'], ['time', 'status'])
  const outcome = survivalOutcome(pbc, 'time', 'status', [2], rows)
  const parameters = completeParameters(stack, { nTrees: 30, folds: 3 })
  const { state, warnings } = await stack.fit(x, outcome, parameters, context)
  const { header, arrays } = decodeArtifact(encodeArtifact(state))
  const stored = header.bases as { learner: string; share: number }[]
  expect(stored.map(({ learner }) => learner)).toEqual(['cox', 'forest', 'boosting'])
  expect(stored.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9)
  expect(stored.every(({ share }) => share >= 0)).toBe(true)
  expect(warnings.find(({ reason }) => reason === 'stackShares')!.message).toContain(
    `cox ${stored[0].share.toFixed(2)}`,
  )
  const predictor = await stack.load({ header, arrays })
  const survival = survivalPredictor(predictor).survival(x, [1000])
  expect(survival.every((s) => s >= 0 && s <= 1)).toBe(true)
})

test('with no base that does the task the refusal says so', async () => {
  const none = { regression: false, forest: false, boosting: false, svm: true }
  const { x, rows } = completeCases(sampleTable('pbc'), ['age'], ['time', 'status'])
  const outcome = survivalOutcome(sampleTable('pbc'), 'time', 'status', [2], rows)
  await expect(stack.fit(x, outcome, completeParameters(stack, none), context)).rejects.toThrow(/no base learner/)
})
