import { expect, test } from 'vitest'
import { fitLearner } from '../../../../test/fixtures/boosting.ts'
import { aucOf, harrellOf, madeUp, matrixOf } from '../../../../test/fixtures/trees.ts'
import { readGolden, sampleTable, valuesOf } from '../../../../test/golden/sampleTable.ts'
import { type Outcome, takeMatrixRows, takeOutcomeRows } from '../../cohort/matrix.ts'
import { columnOf, type Table } from '../../cohort/table.ts'
import { classPredictor, survivalPredictor, valuePredictor } from '../predictor.ts'
import { extraTrees } from './extraTrees.ts'
import { forest } from './forest.ts'
import { linkForest } from './forestModel.ts'

interface Case {
  sample: string
  features: string[]
  target: string
  positive: string | null
  mean: number
  sd: number
}
const { cases } = readGolden<{ cases: Case[] }>('extraTrees')

const outcomeOf = (table: Table, { target, positive }: Case): Outcome => {
  const column = columnOf(table, target)
  if (!column) throw new Error(`no column ${target}`)
  if (positive === null) return { task: 'regression', y: column.values }
  const wanted = column.levels ? column.levels.indexOf(positive) : Number(positive)
  const y = Int32Array.from(column.values, (value) => (value === wanted ? 1 : 0))
  return { task: 'diagnosis', classes: ['no', 'yes'], y }
}

const explained = (predicted: ArrayLike<number>, y: Float64Array) => {
  const mean = y.reduce((sum, value) => sum + value, 0) / y.length
  return (
    1 -
    y.reduce((sum, value, row) => sum + (value - predicted[row]) ** 2, 0) /
      y.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  )
}

for (const one of cases)
  test(`${one.sample}: patients not learned from are ranked as well as by scikit-learn's extra-trees`, async () => {
    const whole = sampleTable(one.sample)
    const complete = Array.from({ length: whole.rows }, (_, row) => row).filter((row) =>
      [...one.features, one.target].every((name) => !Number.isNaN(valuesOf(whole, name)[row])),
    )
    const x = takeMatrixRows(
      matrixOf(Object.fromEntries(one.features.map((name) => [name, valuesOf(whole, name)]))),
      complete,
    )
    const outcome = takeOutcomeRows(outcomeOf(whole, one), complete)
    const predicted = new Float64Array(x.rows)
    for (let fold = 0; fold < 5; fold++) {
      const [inside, outside] = [false, true].map((held) =>
        Array.from({ length: x.rows }, (_, row) => row).filter((row) => (row % 5 === fold) === held),
      )
      const { predictor } = await fitLearner(extraTrees, takeMatrixRows(x, inside), takeOutcomeRows(outcome, inside), {
        nTrees: 300,
        minLeaf: 5,
      })
      const held = takeMatrixRows(x, outside)
      const found =
        outcome.task === 'regression'
          ? valuePredictor(predictor).values(held)
          : classPredictor(predictor)
              .probabilities(held)
              .filter((_, i) => i % 2 === 1)
      outside.forEach((row, i) => {
        predicted[row] = found[i]
      })
    }
    const score =
      outcome.task === 'regression'
        ? explained(predicted, outcome.y)
        : aucOf(predicted, outcome.task === 'diagnosis' ? outcome.y : [])
    // Four standard deviations of one seed, and what 255 bins may cost.
    expect(Math.abs(score - one.mean)).toBeLessThan(4 * one.sd + 0.003)
  }, 20_000)

test('cuts are drawn evenly over the range of a column, not where its values crowd', async () => {
  // 90 of 100 values lie below 10, the rest up to 100: an even draw cuts below 10 once in ten trees.
  const values = Array.from({ length: 200 }, (_, row) => (row < 180 ? row / 18 : 10 + ((row - 180) / 19) * 90))
  const x = matrixOf({ a: values })
  const y = Float64Array.from(values, (_, row) => (row * 7919) % 200)
  const { fitted } = await fitLearner(
    extraTrees,
    x,
    { task: 'regression', y },
    { nTrees: 2000, maxDepth: 1, minLeaf: 1 },
  )
  const trees = linkForest(fitted.state)
  const cuts = Array.from({ length: trees.trees }, (_, tree) => trees.numbers[2 * trees.roots[tree]])
  for (const share of [0.1, 0.3, 0.5, 0.8])
    expect(cuts.filter((cut) => cut < 100 * share).length / cuts.length).toBeCloseTo(share, 1)
})

test('missing values go where they belong, and survival is learned too, about as well as by a forest of best cuts', async () => {
  const { x, survival, diagnosis } = madeUp(1200)
  if (survival.task !== 'survival' || diagnosis.task !== 'diagnosis') throw new TypeError('other tasks')
  const training = Array.from({ length: 800 }, (_, i) => i)
  const fresh = Array.from({ length: 400 }, (_, i) => 800 + i)
  const held = takeMatrixRows(x, fresh)
  const scoreOf = async (learner: typeof forest) => {
    const learned = async (outcome: Outcome) =>
      (
        await fitLearner(learner, takeMatrixRows(x, training), takeOutcomeRows(outcome, training), {
          nTrees: 100,
          mtry: 3,
        })
      ).predictor
    const risk = survivalPredictor(await learned(survival)).risk(held)
    const chance = classPredictor(await learned(diagnosis))
      .probabilities(held)
      .filter((_, i) => i % 2 === 1)
    return [
      harrellOf(risk, survival.time.subarray(800), survival.event.subarray(800)),
      aucOf(chance, diagnosis.y.subarray(800)),
    ]
  }
  const [concordance, auc] = await scoreOf(extraTrees)
  const [best, bestAuc] = await scoreOf(forest)
  expect(concordance).toBeGreaterThan(best - 0.03)
  expect(auc).toBeGreaterThan(bestAuc - 0.03)
})
