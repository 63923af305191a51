import { describe, expect, test } from 'vitest'
import { aucOf, fitLearner, madeUp, matrixOf } from '../../../../test/fixtures/boosting.ts'
import { readGolden, sampleTable, valuesOf } from '../../../../test/golden/sampleTable.ts'
import { type Matrix, type Outcome, takeMatrixRows, takeOutcomeRows } from '../../cohort/matrix.ts'
import { decodeArtifact, encodeArtifact } from '../../numbers/bytes.ts'
import { randomOf } from '../../numbers/random.ts'
import { classPredictor, valuePredictor } from '../predictor.ts'
import { additive } from './additive.ts'
import { cellSums, stepOfPair } from './cells.ts'
import { editsOf, editTerms } from './edit.ts'
import { cellOf, unpackTerms } from './state.ts'
import { cellsOf } from './terms.ts'

const learned = (...[x, outcome, parameters]: [Matrix, Outcome, Record<string, number | string>?]) =>
  fitLearner(additive, x, outcome, parameters)

test('a truth that is a sum of curves is found again, each curve by itself', async () => {
  const random = randomOf(21)
  const rows = 3000
  const normals = () => Array.from({ length: rows }, () => random.normal())
  const [a, b, c] = [normals(), normals(), normals()]
  const curves = [(v: number) => Math.sin(2 * v), (v: number) => (v > 0.5 ? 2 : 0), () => 0]
  const y = Float64Array.from(a, (v, row) => 20 + curves[0](v) + curves[1](b[row]) + 0.3 * random.normal())
  const { fitted } = await learned(
    matrixOf({ a, b, c }),
    { task: 'regression', y },
    { rounds: 1500, bags: 4, cutsTried: 0 },
  )
  const model = unpackTerms(fitted.state)
  const means = [a, b, c].map((own, t) => own.reduce((sum, v) => sum + curves[t](v), 0) / rows)
  expect(model.intercept[0]).toBeCloseTo(20 + means[0] + means[1], 1)
  for (let t = 0; t < 3; t++)
    for (const value of [-1.5, -1, -0.6, -0.2, 0.1, 0.35, 0.7, 1, 1.5])
      expect(Math.abs(model.terms[t].scores[cellOf(model, t, value)] - (curves[t](value) - means[t]))).toBeLessThan(0.2)
})

describe('beside a spline model of R on the WCGS cohort', () => {
  interface Golden {
    features: string[]
    rows: number
    events: number
    grids: Record<string, number[]>
    smooths: Record<string, number[]>
    gamAuc: number
    logisticAuc: number
  }
  const golden = readGolden<Golden>('additive')
  const table = sampleTable('wcgs')
  const complete = Array.from({ length: table.rows }, (_, row) => row).filter((row) =>
    [...golden.features, 'chd69'].every((name) => !Number.isNaN(valuesOf(table, name)[row])),
  )
  const x = takeMatrixRows(
    matrixOf(Object.fromEntries(golden.features.map((name) => [name, valuesOf(table, name)]))),
    complete,
  )
  const y = Int32Array.from(complete, (row) => valuesOf(table, 'chd69')[row])
  const outcome: Outcome = { task: 'diagnosis', classes: ['no', 'yes'], y }

  test('risk factors have the curves that penalised splines give them', async () => {
    expect([x.rows, y.reduce((sum, one) => sum + one, 0)]).toEqual([golden.rows, golden.events])
    const { fitted } = await learned(x, outcome)
    const model = unpackTerms(fitted.state)
    golden.features.forEach((name, column) => {
      const differences = golden.grids[name].map(
        (value, i) => model.terms[column].scores[cellOf(model, column, value)] - golden.smooths[name][i],
      )
      // On the log-odds scale, where the curves span 0.8 to 1.6 and their standard errors are 0.1.
      expect(differences.reduce((sum, one) => sum + Math.abs(one), 0) / 10).toBeLessThan(0.12)
      expect(Math.max(...differences.map(Math.abs))).toBeLessThan(0.3)
    })
  })

  test('patients not learned from are ranked as well as by splines or logistic regression, within chance', async () => {
    const predicted = new Float64Array(x.rows)
    for (let fold = 0; fold < 5; fold++) {
      const [inside, held] = [false, true].map((out) =>
        Array.from({ length: x.rows }, (_, row) => row).filter((row) => (row % 5 === fold) === out),
      )
      const { predictor } = await learned(takeMatrixRows(x, inside), takeOutcomeRows(outcome, inside), { bags: 4 })
      const found = classPredictor(predictor).probabilities(takeMatrixRows(x, held))
      held.forEach((row, i) => {
        predicted[row] = found[2 * i + 1]
      })
    }
    // The standard error of either AUC is 0.016; paired, the difference's is about 0.005.
    expect(aucOf(predicted, y)).toBeGreaterThan(Math.max(golden.gamAuc, golden.logisticAuc) - 0.01)
  }, 20_000)
})

test('a pair that acts together is found among all and named, and no part of a single effect hides in it', async () => {
  const random = randomOf(5)
  const rows = 2500
  const normals = () => Array.from({ length: rows }, () => random.normal())
  const columns = { a: normals(), b: normals(), c: normals(), d: normals() }
  const y = Float64Array.from(columns.a, (a, i) => a + 1.5 * columns.b[i] * columns.d[i] + 0.3 * random.normal())
  const x = matrixOf(columns)
  const { fitted, predictor } = await learned(x, { task: 'regression', y }, { pairs: 1, bags: 3, rounds: 400 })
  const { terms } = unpackTerms(fitted.state)
  expect(terms.map((term) => term.columns.join())).toEqual(['0', '1', '2', '3', '1,3'])
  const { scores, weights, shape } = terms[4]
  for (let i = 0; i < shape[0]; i++) {
    let sum = 0
    for (let j = 0; j < shape[1]; j++) sum += weights[i * shape[1] + j] * scores[i * shape[1] + j]
    expect(sum / rows).toBeCloseTo(0, 6)
  }
  // Single effects are centred too, so the intercept is the mean.
  for (const { scores: own, weights: held } of terms.slice(0, 4))
    expect(own.reduce((sum, score, cell) => sum + held[cell] * score, 0) / rows).toBeCloseTo(0, 9)
  const values = valuePredictor(predictor).values(x)
  const mean = y.reduce((sum, value) => sum + value, 0) / rows
  const left = y.reduce((sum, value, row) => sum + (value - values[row]) ** 2, 0)
  expect(left / y.reduce((sum, value) => sum + (value - mean) ** 2, 0)).toBeLessThan(0.25)
})

test('the best step of a grid is that of trying every cut of one side with every cut of its halves', () => {
  const random = randomOf(9)
  const [rows, columns] = [5, 4]
  const sums = cellSums(rows * columns)
  for (let cell = 0; cell < rows * columns; cell++) {
    sums.gradient[cell] = random.normal()
    sums.hessian[cell] = 0.5 + random.uniform()
    sums.weight[cell] = 1
  }
  const rules = { maxLeaves: 3, minLeaf: 1, l2: 0.5, maxStep: 0, learningRate: 1, cutsTried: 0 }
  const box = (inside: (i: number, j: number) => boolean) => {
    let [g, h] = [0, 0]
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++)
        if (inside(i, j)) {
          g += sums.gradient[i * columns + j]
          h += sums.hessian[i * columns + j]
        }
    return (g * g) / (h + rules.l2)
  }
  let best = 0
  for (const [length, other, flip] of [
    [rows, columns, false],
    [columns, rows, true],
  ] as const)
    for (let cut = 1; cut < length; cut++)
      for (let one = 1; one < other; one++)
        for (let two = 1; two < other; two++) {
          const on = (first: boolean, at: number, before: boolean) =>
            box((i, j) => {
              const [p, q] = flip ? [j, i] : [i, j]
              return p < cut === first && q < at === before
            })
          best = Math.max(
            best,
            on(true, one, true) + on(true, one, false) + on(false, two, true) + on(false, two, false) - box(() => true),
          )
        }
  expect(stepOfPair(sums, { rows, columns }, rules, null)).toBeCloseTo(best, 9)
})

describe('changing a model by hand', () => {
  const made = async () => {
    const { x, diagnosis } = madeUp(500)
    const { fitted } = await learned(x, diagnosis, { rounds: 150, bags: 3, pairs: 1 })
    return { x, state: fitted.state }
  }
  const at = (x: Matrix, row: number, column: number, value: number) => {
    const one = takeMatrixRows(x, [row])
    one.data[column] = value
    return one
  }
  const scoreOf = async (state: Awaited<ReturnType<typeof made>>['state'], x: Matrix) => {
    const p = classPredictor(await additive.load(state)).probabilities(x)
    return Math.log(p[1] / p[0])
  }

  test('a range that is set says just that, everything else stays, the old model too, and the change is on record', async () => {
    const { x, state } = await made()
    const before = encodeArtifact(state)
    const edit = { columns: [1], change: 'set', where: { from: 0.5, to: null }, value: 0.25 } as const
    const edited = editTerms(state, [edit])
    expect(encodeArtifact(state)).toEqual(before)
    expect(editsOf(decodeArtifact(encodeArtifact(edited)))).toEqual([edit])
    const model = unpackTerms(state)
    const own = model.terms[1].scores[cellOf(model, 1, 1.2)]
    expect((await scoreOf(edited, at(x, 3, 1, 1.2))) - (await scoreOf(state, at(x, 3, 1, 1.2)))).toBeCloseTo(
      0.25 - own,
      9,
    )
    for (const value of [-1, 0, 0.3])
      expect(await scoreOf(edited, at(x, 3, 1, value))).toBe(await scoreOf(state, at(x, 3, 1, value)))
  })

  test('flattening keeps the mean over the patients concerned, and the missing cell can be changed by itself', async () => {
    const { state } = await made()
    const [before, after, gone] = [
      state,
      editTerms(state, [{ columns: [0], change: 'flatten', where: { from: null, to: null } }]),
      editTerms(state, [{ columns: [0], change: 'set', where: 'missing', value: 0 }]),
    ].map((one) => unpackTerms(one).terms[0])
    const known = (term: typeof before) => Array.from(term.scores.subarray(0, cellsOf(term) - 1))
    const mass = (term: typeof before) => known(term).reduce((sum, score, i) => sum + term.weights[i] * score, 0)
    expect(new Set(known(after)).size).toBe(1)
    expect(mass(after)).toBeCloseTo(mass(before), 9)
    expect(after.scores.at(-1)).toBe(before.scores.at(-1))
    expect(known(gone)).toEqual(known(before))
    expect(gone.scores.at(-1)).toBe(0)
  })

  test('a curve made to rise never falls, and is the nearest such curve', async () => {
    const { state } = await made()
    const before = unpackTerms(state).terms[3]
    const after = unpackTerms(editTerms(state, [{ columns: [3], change: 'monotone', direction: 'falling' }])).terms[3]
    const count = cellsOf(after) - 1
    for (let cell = 1; cell < count; cell++) expect(after.scores[cell]).toBeLessThanOrEqual(after.scores[cell - 1])
    // Where pool adjacent violators holds, what was taken sums to nothing over each level stretch (the conditions of
    // optimality).
    for (let start = 0; start < count; ) {
      let end = start
      let sum = 0
      for (; end < count && after.scores[end] === after.scores[start]; end++)
        sum += before.weights[end] * (before.scores[end] - after.scores[end])
      expect(sum).toBeCloseTo(0, 6)
      start = end
    }
  })

  test('smoothing lessens jumps, and a removed term, pairs included, no longer counts', async () => {
    const { x, state } = await made()
    const jumps = (scores: Float64Array) => scores.slice(1, -1).reduce((sum, v, i) => sum + Math.abs(v - scores[i]), 0)
    const { terms } = unpackTerms(state)
    const smooth = { columns: [3], change: 'smooth', where: { from: null, to: null }, reach: 8 } as const
    expect(jumps(unpackTerms(editTerms(state, [smooth])).terms[3].scores)).toBeLessThan(jumps(terms[3].scores))
    const pair = terms[terms.length - 1].columns
    const edited = editTerms(state, [
      { columns: pair, change: 'remove' },
      { columns: [3], change: 'remove' },
    ])
    expect(unpackTerms(edited).terms.length).toBe(terms.length - 2)
    expect(await scoreOf(edited, at(x, 7, 3, -2))).toBe(await scoreOf(edited, at(x, 7, 3, 2)))
  })

  test('an edit that fits nothing is refused in words, and nothing is changed', async () => {
    const { state } = await made()
    for (const edit of [
      { columns: [99], change: 'remove' },
      { columns: [1], change: 'set', where: { from: 50, to: 60 }, value: 1 },
      { columns: [1], change: 'set', where: { from: null, to: null }, value: Number.NaN },
      { columns: [1], change: 'set', where: { levels: [0] }, value: 1 },
      { columns: [1], class: 4, change: 'flatten', where: 'missing' },
    ] as const)
      expect(() => editTerms(state, [edit])).toThrow(
        expect.objectContaining({ failure: expect.objectContaining({ reason: 'badEdit' }) }),
      )
  })
})
