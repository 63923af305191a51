import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createPool } from '../../../../test/fixtures/pool.ts'
import { aucOf, fitForest, harrellOf, madeUp, matrixOf } from '../../../../test/fixtures/trees.ts'
import type { BedsideError } from '../../../contract/errors.ts'
import { type Matrix, type Outcome, takeMatrixRows, takeOutcomeRows } from '../../cohort/matrix.ts'
import { decodeArtifact, encodeArtifact, sha256 } from '../../numbers/bytes.ts'
import { randomOf } from '../../numbers/random.ts'
import type { Fitted } from '../learner.ts'
import { classPredictor, survivalPredictor, valuePredictor } from '../predictor.ts'
import { forest } from './forest.ts'

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: BedsideError) => error.failure ?? error,
  )
const hashOf = ({ state }: Fitted) => sha256(encodeArtifact(state))
const goldenOf = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../../test/golden/${name}.json`, import.meta.url), 'utf8'))
const rmse = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.sqrt(Array.from(a).reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length)

test('the same seed gives the same model and out-of-bag values with one, two and three threads', async () => {
  const { x, diagnosis, many, regression, survival } = madeUp(400)
  const pools = [1, 2, 3].map((threads) => createPool({ threads }))
  for (const outcome of [diagnosis, many, regression, survival]) {
    const runs = await Promise.all(pools.map((pool) => fitForest(x, outcome, { nTrees: 25 }, { pool })))
    const [first, ...others] = runs
    for (const { fitted } of others) {
      expect(hashOf(fitted)).toBe(hashOf(first.fitted))
      expect(fitted.outOfBag).toEqual(first.fitted.outOfBag)
    }
    const other = await fitForest(x, outcome, { nTrees: 25 }, { seed: 2 })
    expect(hashOf(other.fitted)).not.toBe(hashOf(first.fitted))
  }
  await Promise.all(pools.map((pool) => pool.close()))
})

test('a stored model predicts what the fresh one did, to the bit', async () => {
  const { x, many, survival } = madeUp(300)
  for (const outcome of [many, survival]) {
    const { fitted, predictor } = await fitForest(x, outcome, { nTrees: 10 })
    const again = await forest.load(decodeArtifact(encodeArtifact(fitted.state)))
    if (outcome === many)
      expect(classPredictor(again).probabilities(x)).toEqual(classPredictor(predictor).probabilities(x))
    else
      expect(survivalPredictor(again).survival(x, [10, 500])).toEqual(
        survivalPredictor(predictor).survival(x, [10, 500]),
      )
  }
})

test('out-of-bag predictions are as good as those of new patients, not as those of remembered ones', async () => {
  const { x, diagnosis, regression, survival } = madeUp(2500)
  const fresh = madeUp(2500, 2)
  if (diagnosis.task !== 'diagnosis' || fresh.diagnosis.task !== 'diagnosis') return
  if (regression.task !== 'regression' || fresh.regression.task !== 'regression') return
  if (survival.task !== 'survival' || fresh.survival.task !== 'survival') return

  const classes = await fitForest(x, diagnosis, { nTrees: 200, minLeaf: 1 })
  const ofClass = (values: Float64Array) => values.filter((_, i) => i % 2 === 1)
  const bag = aucOf(ofClass(classes.fitted.outOfBag as Float64Array), diagnosis.y)
  const held = aucOf(ofClass(classPredictor(classes.predictor).probabilities(fresh.x)), fresh.diagnosis.y)
  const remembered = aucOf(ofClass(classPredictor(classes.predictor).probabilities(x)), diagnosis.y)
  expect(Math.abs(bag - held)).toBeLessThan(0.03)
  expect(remembered - bag).toBeGreaterThan(0.1)

  const values = await fitForest(x, regression, { nTrees: 200 })
  const bagError = rmse(values.fitted.outOfBag as Float64Array, regression.y)
  const heldError = rmse(valuePredictor(values.predictor).values(fresh.x), fresh.regression.y)
  expect(Math.abs(bagError / heldError - 1)).toBeLessThan(0.08)

  const curves = await fitForest(x, survival, { nTrees: 200 })
  const bagC = harrellOf(curves.fitted.outOfBag as Float64Array, survival.time, survival.event)
  const heldC = harrellOf(survivalPredictor(curves.predictor).risk(fresh.x), fresh.survival.time, fresh.survival.event)
  expect(Math.abs(bagC - heldC)).toBeLessThan(0.025)
})

test('a change of unit (mmol/L for mg/dL, a logarithm) changes no prediction of a patient learned from', async () => {
  const { x, diagnosis, columns } = madeUp(250)
  const changed = matrixOf({
    ...columns,
    b: columns.b.map(Math.exp),
    c: columns.c.map((value) => value ** 3 * 18 - 40),
  })
  const one = await fitForest(x, diagnosis, { nTrees: 40 })
  const two = await fitForest(changed, diagnosis, { nTrees: 40 })
  expect(two.fitted.outOfBag).toEqual(one.fitted.outOfBag)
  expect(classPredictor(two.predictor).probabilities(changed)).toEqual(classPredictor(one.predictor).probabilities(x))
})

test('a weight of three is the patient three times, and a weight of zero is none', async () => {
  const { x, diagnosis, many, regression, survival } = madeUp(220)
  const weights = Float64Array.from({ length: 220 }, (_, row) => row % 4)
  const repeated = [...weights].flatMap((weight, row) => new Array(weight).fill(row))
  const settings = { nTrees: 6, replace: false, mtry: 6, minLeaf: 8 }
  for (const outcome of [diagnosis, many, regression, survival]) {
    const weighted = await fitForest(x, outcome, settings, { weights })
    const rows = await fitForest(takeMatrixRows(x, repeated), takeOutcomeRows(outcome, repeated), settings)
    if (outcome.task === 'diagnosis') {
      expect(hashOf(weighted.fitted)).toBe(hashOf(rows.fitted))
      continue
    }
    // Sums of weighted and of repeated numbers round differently, in the last digits.
    const counted = takeMatrixRows(x, repeated)
    const tell = ({ predictor }: typeof rows) =>
      outcome.task === 'regression'
        ? valuePredictor(predictor).values(counted)
        : survivalPredictor(predictor).survival(counted, [200, 900])
    const [a, b] = [tell(weighted), tell(rows)]
    expect(Math.max(...a.map((value, i) => Math.abs(value - b[i])))).toBeLessThan(1e-6)
  }
})

test('absence of a value that tells something is learned, whichever way it points', async () => {
  const random = randomOf(9)
  for (const ill of [0, 1]) {
    const y = Int32Array.from({ length: 300 }, () => random.below(2))
    const x = matrixOf({ lab: Array.from(y, (one) => (one === ill ? Number.NaN : random.normal())) })
    const { predictor } = await fitForest(
      x,
      { task: 'diagnosis', classes: ['no', 'yes'], y },
      { nTrees: 20, minLeaf: 1 },
    )
    const asked = matrixOf({ lab: [Number.NaN, 0.2] })
    const [, missing, , known] = classPredictor(predictor).probabilities(asked)
    expect([Math.round(missing), Math.round(known)]).toEqual([ill, 1 - ill])
  }
})

test('a value missing only in a new patient goes with the larger group, not to an arbitrary side', async () => {
  const lab = Array.from({ length: 100 }, (_, row) => row)
  const outcome: Outcome = { task: 'regression', y: Float64Array.from(lab, (row) => (row < 30 ? 5 : 1)) }
  const { predictor } = await fitForest(matrixOf({ lab }), outcome, { nTrees: 1, replace: false, maxDepth: 1 })
  expect([...valuePredictor(predictor).values(matrixOf({ lab: [Number.NaN, 3, 80] }))]).toEqual([1, 5, 1])
})

test('survival curves start at 1, never rise, stay flat after the last death, and order patients as their risks do', async () => {
  const { x, survival } = madeUp(400)
  const { predictor } = await fitForest(x, survival, { nTrees: 50 })
  const times = survivalPredictor(predictor).times as Float64Array
  const asked = [0, times[0] - 0.5, ...times, times[times.length - 1] + 1, 1e9]
  const curves = survivalPredictor(predictor).survival(x, asked)
  for (let row = 0; row < x.rows; row++) {
    const curve = curves.subarray(row * asked.length, (row + 1) * asked.length)
    expect([curve[0], curve[1]]).toEqual([1, 1])
    for (let i = 1; i < curve.length; i++) expect(curve[i]).toBeLessThanOrEqual(curve[i - 1])
    expect(curve.at(-1)).toBe(curve.at(-3))
    expect(curve.at(-1)).toBeGreaterThanOrEqual(0)
  }
  const few = survivalPredictor(predictor).survival(x, [times[7], times[30]])
  for (let row = 0; row < x.rows; row++)
    expect([few[row * 2], few[row * 2 + 1]]).toEqual([curves[row * asked.length + 9], curves[row * asked.length + 32]])
})

test('one leaf is the Nelson-Aalen curve, and its risk the deaths that happened', async () => {
  const time = [5, 3, 8, 3, 9, 12, 5, 20]
  const event = [1, 1, 0, 1, 1, 0, 0, 1]
  const outcome: Outcome = { task: 'survival', time: Float64Array.from(time), event: Uint8Array.from(event) }
  const { predictor, fitted } = await fitForest(matrixOf({ x: time.map(() => 1) }), outcome, {
    nTrees: 3,
    replace: false,
  })
  const h = (list: number[]) => Math.exp(-list.reduce((sum, step) => sum + step, 0))
  const patient = matrixOf({ x: [1] })
  const expected = [1, h([2 / 8]), h([2 / 8, 1 / 6]), h([2 / 8, 1 / 6, 1 / 3]), h([2 / 8, 1 / 6, 1 / 3, 1])]
  const curve = survivalPredictor(predictor).survival(patient, [2.9, 3, 5, 9, 20])
  expected.forEach((value, i) => {
    expect(curve[i]).toBeCloseTo(value, 6)
  })
  expect(survivalPredictor(predictor).risk(patient)[0]).toBeCloseTo(5, 5)
  expect(fitted.warnings.map(({ reason }) => reason)).toEqual(['noSplit'])
  expect(fitted.outOfBag).toBeNull()
})

test('more event times than a forest keeps are booked at the next kept one, all of them', async () => {
  const random = randomOf(11)
  const rows = 5000
  const outcome: Outcome = {
    task: 'survival',
    time: Float64Array.from({ length: rows }, () => random.uniform() * 1000),
    event: new Uint8Array(rows).fill(1),
  }
  const x = matrixOf({ x: new Array(rows).fill(0) })
  const { predictor } = await fitForest(x, outcome, { nTrees: 1, replace: false })
  const times = survivalPredictor(predictor).times as Float64Array
  expect(times.length).toBe(2048)
  expect(times.at(-1)).toBe(Math.max(...outcome.time))
  const sorted = [...outcome.time].sort((a, b) => a - b)
  const [middle] = survivalPredictor(predictor).survival(matrixOf({ x: [0] }), [sorted[2499]])
  expect(middle).toBeCloseTo(0.5, 2)
})

test('data that cannot be learned from are refused in words', async () => {
  const { x, diagnosis, survival } = madeUp(50)
  if (survival.task !== 'survival' || diagnosis.task !== 'diagnosis') return
  const none: Matrix = { ...x, rows: 0, data: new Float64Array(0) }
  const reasonOf = async (matrix: Matrix, outcome: Outcome, weights?: Float64Array) =>
    (await failureOf(fitForest(matrix, outcome, { nTrees: 3 }, weights ? { weights } : {})))?.reason
  expect(await reasonOf(none, { task: 'regression', y: new Float64Array(0) })).toBe('noRows')
  expect(await reasonOf({ ...x, columns: 0 }, diagnosis)).toBe('noColumns')
  expect(await reasonOf(x, { ...diagnosis, y: new Int32Array(50) })).toBe('oneClass')
  expect(await reasonOf(x, { ...diagnosis, y: new Int32Array(50).fill(-1) })).toBe('classMissing')
  expect(await reasonOf(x, { ...survival, event: new Uint8Array(50) })).toBe('noEvents')
  expect(await reasonOf(x, { ...survival, time: new Float64Array(50).fill(-1) })).toBe('timeMissing')
  expect(await reasonOf(x, { task: 'regression', y: new Float64Array(50).fill(Number.NaN) })).toBe('badOutcome')
  expect(await reasonOf(x, diagnosis, new Float64Array(50))).toBe('noWeight')
  expect(await reasonOf(x, diagnosis, new Float64Array(50).fill(-1))).toBe('badWeights')
  const onlyHealthy = Float64Array.from(diagnosis.y, (y) => 1 - y)
  expect(await reasonOf(x, diagnosis, onlyHealthy)).toBe('oneClass')
})

test('odd but lawful data give a plain answer: one row, constant columns, more columns than rows, nothing known', async () => {
  const one = await fitForest(matrixOf({ x: [4] }), { task: 'regression', y: Float64Array.of(7) }, { nTrees: 3 })
  expect([...valuePredictor(one.predictor).values(matrixOf({ x: [9] }))]).toEqual([7])

  const y = Int32Array.from({ length: 40 }, (_, row) => row % 2)
  const outcome: Outcome = { task: 'diagnosis', classes: ['no', 'yes'], y }
  const settings = { nTrees: 10, replace: false }
  for (const value of [3, Number.NaN]) {
    const flat = await fitForest(matrixOf({ x: new Array(40).fill(value) }), outcome, settings)
    expect([...classPredictor(flat.predictor).probabilities(matrixOf({ x: [1] }))]).toEqual([0.5, 0.5])
    expect(flat.fitted.warnings[0].reason).toBe('noSplit')
  }

  const random = randomOf(2)
  const wide = matrixOf(
    Object.fromEntries(
      Array.from({ length: 300 }, (_, column) => [
        `x${column}`,
        Array.from(y, (one) => random.normal() + (column === 0 ? 4 * one : 0)),
      ]),
    ),
  )
  const { predictor } = await fitForest(wide, outcome, { nTrees: 100, mtry: 100 })
  expect(
    aucOf(
      classPredictor(predictor)
        .probabilities(wide)
        .filter((_, i) => i % 2 === 1),
      y,
    ),
  ).toBeGreaterThan(0.95)
})

test('a row prepared for another model is refused, not misread', async () => {
  const { x, diagnosis } = madeUp(60)
  const { predictor } = await fitForest(x, diagnosis, { nTrees: 2 })
  expect(() => classPredictor(predictor).probabilities(matrixOf({ a: [1], b: [2] }))).toThrow('trained on 6 columns')
})

test('a damaged artifact is refused when loaded, whichever part is damaged', async () => {
  const { x, survival } = madeUp(80)
  const { fitted } = await fitForest(x, survival, { nTrees: 3 })
  const { header, arrays } = fitted.state
  for (const name of Object.keys(arrays)) {
    const { [name]: _gone, ...rest } = arrays
    expect(await failureOf(forest.load({ header, arrays: rest }))).toMatchObject({ reason: 'badArtifact' })
    const short = { ...arrays, [name]: arrays[name].slice(0, -1) }
    expect(await failureOf(forest.load({ header, arrays: short }))).toMatchObject({ reason: 'badArtifact' })
  }
  const leafless = { ...arrays, feature: Uint16Array.from(arrays.feature).fill(0) }
  expect(await failureOf(forest.load({ header, arrays: leafless }))).toMatchObject({ reason: 'badArtifact' })
  expect(await failureOf(forest.load({ header: { kind: 'cox' }, arrays }))).toMatchObject({ reason: 'badArtifact' })
})

test('training tells how far it is and stops when told to', async () => {
  const { x, diagnosis } = madeUp(300)
  const shares: number[] = []
  await fitForest(x, diagnosis, { nTrees: 40 }, { threads: 2, progress: (share) => shares.push(share) })
  expect(shares.at(-1)).toBe(1)
  expect(shares.length).toBeGreaterThan(10)
  expect([...shares].sort((a, b) => a - b)).toEqual(shares)

  for (const threads of [1, 2]) {
    const controller = new AbortController()
    const stopped = fitForest(
      x,
      diagnosis,
      { nTrees: 1000 },
      { threads, signal: controller.signal, progress: (share) => share > 0 && controller.abort() },
    )
    expect(await failureOf(stopped)).toMatchObject({ code: 'cancelled' })
  }
})

const sklearn = goldenOf('forest-sklearn')
const single = { nTrees: 1, replace: false, minLeaf: 5, maxDepth: 4, mtry: 0 }

test("a lone tree is scikit-learn's, leaf for leaf", async () => {
  const whole = (x: Matrix) => ({ ...single, mtry: x.columns })
  const fat = matrixOf(sklearn.bodyfat.x)
  const values = await fitForest(fat, { task: 'regression', y: Float64Array.from(sklearn.bodyfat.y) }, whole(fat))
  const predicted = valuePredictor(values.predictor).values(fat)
  sklearn.bodyfat.predicted.forEach((value: number, row: number) => {
    expect(predicted[row]).toBeCloseTo(value, 9)
  })

  const boys = matrixOf(sklearn.boys.x)
  const stages: Outcome = { task: 'diagnosis', classes: sklearn.boys.classes, y: Int32Array.from(sklearn.boys.y) }
  const many = await fitForest(boys, stages, { ...whole(boys), minLeaf: 10, maxDepth: 3 })
  const stage = classPredictor(many.predictor).probabilities(boys)
  sklearn.boys.predicted.flat().forEach((value: number, i: number) => {
    expect(stage[i]).toBeCloseTo(value, 9)
  })

  // Two cuts of equal gain part the Pima women; either tree is the best, with the same squared error.
  const women = matrixOf(sklearn.pima.x)
  const y: number[] = sklearn.pima.y
  const diabetes: Outcome = { task: 'diagnosis', classes: ['No', 'Yes'], y: Int32Array.from(y) }
  const two = await fitForest(women, diabetes, { ...whole(women), minLeaf: 10 })
  const found = classPredictor(two.predictor)
    .probabilities(women)
    .filter((_, i) => i % 2 === 1)
  expect(rmse(found, y)).toBeCloseTo(rmse(sklearn.pima.predicted, y), 9)
})

const golden = goldenOf('forest')
const halves = (x: Matrix, outcome: Outcome, held: number[]) => {
  const rows = held.map((_, row) => row)
  const [train, test] = [rows.filter((row) => held[row] === 0), rows.filter((row) => held[row] === 1)]
  return {
    train: { x: takeMatrixRows(x, train), outcome: takeOutcomeRows(outcome, train) },
    test: { x: takeMatrixRows(x, test), outcome: takeOutcomeRows(outcome, test) },
  }
}

test('diagnoses of held-out patients are as probable as ranger and randomForest say: biopsy, Pima, ectopic', async () => {
  for (const name of ['biopsy', 'pima', 'ectopic']) {
    const { x, y, levels, held, ranger, brier } = golden[name]
    const outcome: Outcome = { task: 'diagnosis', classes: levels, y: Int32Array.from(y) }
    const { train, test } = halves(matrixOf(x), outcome, held)
    if (test.outcome.task !== 'diagnosis') return
    const { predictor } = await fitForest(train.x, train.outcome, { nTrees: 1000 })
    const found = classPredictor(predictor).probabilities(test.x)
    const mean = found.reduce((sum, p, i) => sum + Math.abs(p - ranger[i]), 0) / found.length
    expect(mean).toBeLessThan(0.035)
    let score = 0
    for (let i = 0; i < found.length; i++) {
      const truth = test.outcome.y[Math.floor(i / levels.length)] === i % levels.length ? 1 : 0
      score += (found[i] - truth) ** 2 / test.outcome.y.length
    }
    expect(score).toBeLessThan(Math.min(brier.ranger, brier.randomForest) * 1.05 + 0.002)
  }
})

test('body fat of held-out women is predicted as ranger and randomForest do', async () => {
  const { x, y, held, ranger, rmse: errors } = golden.bodyfat
  const { train, test } = halves(matrixOf(x), { task: 'regression', y: Float64Array.from(y) }, held)
  if (test.outcome.task !== 'regression') return
  const { predictor } = await fitForest(train.x, train.outcome, { nTrees: 1000, minLeaf: 1 })
  const found = valuePredictor(predictor).values(test.x)
  expect(rmse(found, ranger)).toBeLessThan(0.8)
  expect(rmse(found, test.outcome.y)).toBeLessThan(Math.min(errors.ranger, errors.randomForest) * 1.05)
})

test("survival of held-out patients agrees with ranger's: curves, and discrimination, on PBC and rotterdam", async () => {
  for (const name of ['pbc', 'rotterdam']) {
    const { x, time, event, held, horizon, survival, harrellC } = golden[name]
    const outcome: Outcome = { task: 'survival', time: Float64Array.from(time), event: Uint8Array.from(event) }
    const { train, test } = halves(matrixOf(x), outcome, held)
    if (test.outcome.task !== 'survival') return
    const { predictor } = await fitForest(train.x, train.outcome, { nTrees: 400 })
    const alive = survivalPredictor(predictor).survival(test.x, [horizon])
    const mean = alive.reduce((sum, s, row) => sum + Math.abs(s - survival[row]), 0) / alive.length
    expect(mean).toBeLessThan(0.025)
    const c = harrellOf(survivalPredictor(predictor).risk(test.x), test.outcome.time, test.outcome.event)
    expect(c).toBeGreaterThan(harrellC - 0.01)
  }
})

test('the learning curve that is shown while trees grow comes to what the finished forest says of rows it did not draw', async () => {
  const { x, diagnosis, regression, survival } = madeUp(900)
  const lastOf = async (outcome: Outcome) => {
    let last: Record<string, number> = {}
    let steps = 0
    const progress = (share: number, detail?: Record<string, number>) => {
      if (share > 0) steps++
      if (detail) last = detail
    }
    const { fitted } = await fitForest(x, outcome, { nTrees: 60 }, { progress })
    expect(steps).toBeGreaterThan(10)
    expect(last.trees).toBe(60)
    return { last, bag: fitted.outOfBag as Float64Array }
  }
  if (diagnosis.task !== 'diagnosis' || regression.task !== 'regression' || survival.task !== 'survival') return
  const classes = await lastOf(diagnosis)
  const brier = diagnosis.y.reduce((sum, y, row) => sum + (classes.bag[2 * row + 1] - y) ** 2, 0) / x.rows
  expect(classes.last.outOfBagBrier).toBeCloseTo(brier, 9)
  const values = await lastOf(regression)
  expect(values.last.outOfBagRmse).toBeCloseTo(rmse(values.bag, regression.y), 9)
  const curves = await lastOf(survival)
  const c = harrellOf(curves.bag, survival.time, survival.event)
  expect(Math.abs(curves.last.outOfBagConcordance - c)).toBeLessThan(0.06)
})
