import { afterAll, describe, expect, test } from 'vitest'
import { aucOf, fitBoosted, harrellOf, madeUp, matrixOf } from '../../../../test/fixtures/boosting.ts'
import { createPool } from '../../../../test/fixtures/pool.ts'
import type { Matrix, Outcome } from '../../cohort/matrix.ts'
import { takeMatrixRows, takeOutcomeRows } from '../../cohort/matrix.ts'
import { encodeArtifact, sha256 } from '../../numbers/bytes.ts'
import { randomOf } from '../../numbers/random.ts'
import { classPredictor, survivalPredictor, valuePredictor } from '../predictor.ts'

const pool = createPool({ threads: 3 })
afterAll(() => pool.close())

test('many rows and columns give the same model on one thread and on three, drawn rows, categories and missing values included', async () => {
  const { x, diagnosis, many } = madeUp(9000)
  const wide: Matrix = {
    ...x,
    columns: 30,
    data: Float64Array.from({ length: 30 * x.rows }, (_, i) => {
      const column = Math.floor(i / x.rows)
      const value = x.data[(column % 6) * x.rows + (i % x.rows)]
      return column === 29 ? Math.floor(Math.abs(value * 3)) % 7 : value + Math.floor(column / 6) * 0.01 * (i % 13)
    }),
    terms: Array.from({ length: 30 }, (_, i) => `x${i}`),
    source: Array.from({ length: 30 }, (_, i) => i),
    levels: Int32Array.from({ length: 30 }, (_, i) => (i === 29 ? 7 : 0)),
  }
  const settings = {
    nTrees: 12,
    maxDepth: 5,
    sampleFraction: 0.7,
    columnShare: 0.8,
    columnShareSplit: 0.5,
    patience: 5,
  }
  for (const [outcome, more] of [
    [diagnosis, {}],
    [many, { maxDepth: 0, maxLeaves: 11 }],
  ] as const) {
    const hashes = []
    for (const given of [undefined, pool]) {
      const { fitted } = await fitBoosted(wide, outcome, { ...settings, ...more }, given ? { pool: given } : {})
      hashes.push(sha256(encodeArtifact(fitted.state)))
    }
    expect(hashes[1]).toBe(hashes[0])
  }
})

test('deep trees with room for few histograms are those that grow with room for all', async () => {
  const { x, regression } = madeUp(300)
  // So many columns leave room for six histograms.
  const columns = 8200
  const repeated: Matrix = {
    ...x,
    columns,
    data: Float64Array.from({ length: columns * x.rows }, (_, i) => (i < x.data.length ? x.data[i] : 0)),
    terms: Array.from({ length: columns }, (_, i) => `x${i}`),
    source: Array.from({ length: columns }, (_, i) => i),
  }
  const settings = {
    nTrees: 1,
    maxDepth: 7,
    minChildWeight: 1,
    validationShare: 0,
    sampleFraction: 1,
    learningRate: 0.5,
  }
  const narrow = await fitBoosted(x, regression, settings)
  const wide = await fitBoosted(repeated, regression, settings)
  const expected = valuePredictor(narrow.predictor).values(x)
  valuePredictor(wide.predictor)
    .values(repeated)
    .forEach((value, row) => {
      expect(value).toBeCloseTo(expected[row], 8)
    })
})

describe('what the loss is', () => {
  test('one deep step of squared loss without penalty reaches the mean of each distinct row, whatever the weights', async () => {
    const x = matrixOf({ a: [1, 1, 2, 2, 3, 3], b: [1, 2, 1, 2, 1, 2] })
    const y = Float64Array.of(3, 5, 1, 9, 2, 8)
    const { predictor } = await fitBoosted(
      x,
      { task: 'regression', y },
      { nTrees: 1, learningRate: 1, maxDepth: 0, l2: 0, minChildWeight: 0, validationShare: 0, sampleFraction: 1 },
      { weights: Float64Array.of(1, 2, 3, 4, 5, 6) },
    )
    valuePredictor(predictor)
      .values(x)
      .forEach((value, row) => {
        expect(value).toBeCloseTo(y[row], 9)
      })
  })

  test('rates of counts come out per unit of exposure, so that a patient watched twice as long is not taken for twice as ill', async () => {
    const random = randomOf(4)
    const rows = 4000
    const group = Array.from({ length: rows }, () => random.below(2))
    const exposure = Float64Array.from({ length: rows }, () => 0.5 + 3 * random.uniform())
    const y = Float64Array.from(group, (g, row) => {
      // Poisson by counting exponential gaps.
      const gap = () => -Math.log(1 - random.uniform())
      let count = 0
      for (let at = gap(); at < (g ? 3 : 1) * exposure[row]; at += gap()) count++
      return count
    })
    const x = matrixOf({ group })
    const { predictor } = await fitBoosted(
      x,
      { task: 'regression', y, exposure },
      { loss: 'poisson', nTrees: 200, learningRate: 0.2, l2: 0, validationShare: 0, sampleFraction: 1 },
    )
    const rate = (g: number) => {
      const own = Array.from(y.keys()).filter((row) => group[row] === g)
      return own.reduce((sum, row) => sum + y[row], 0) / own.reduce((sum, row) => sum + exposure[row], 0)
    }
    const predicted = valuePredictor(predictor).values(matrixOf({ group: [0, 1] }))
    expect(predicted[0]).toBeCloseTo(rate(0), 6)
    expect(predicted[1]).toBeCloseTo(rate(1), 6)
  })

  test('counts below 0, no count at all and no exposure are refused in words', async () => {
    const x = matrixOf({ a: [1, 2, 3] })
    const refused = (outcome: Outcome, reason: string) =>
      expect(fitBoosted(x, outcome, { loss: 'poisson' })).rejects.toMatchObject({
        failure: { code: 'invalidInput', reason },
      })
    await refused({ task: 'regression', y: Float64Array.of(1, -1, 2) }, 'countsNegative')
    await refused({ task: 'regression', y: Float64Array.of(0, 0, 0) }, 'countsZero')
    await refused(
      { task: 'regression', y: Float64Array.of(1, 1, 2), exposure: Float64Array.of(1, 0, 1) },
      'badExposure',
    )
  })

  test('two groups of patients end at the hazard ratio of Cox regression, with Breslow’s curves between them', async () => {
    const { x, survival } = madeUp(500)
    if (survival.task !== 'survival') throw new TypeError('not survival')
    const group: number[] = Array.from({ length: x.rows }, (_, row) => (x.data[3 * x.rows + row] > 0 ? 1 : 0))
    const two = matrixOf({ group })
    const { predictor } = await fitBoosted(two, survival, {
      nTrees: 400,
      minChildWeight: 0,
      learningRate: 0.3,
      l2: 0,
      validationShare: 0,
      sampleFraction: 1,
    })
    const [low, high] = survivalPredictor(predictor).risk(matrixOf({ group: [0, 1] }))
    // Newton on the one coefficient of Breslow's partial likelihood.
    const { time, event } = survival
    let beta = 0
    for (let step = 0; step < 30; step++) {
      let [slope, curve] = [0, 0]
      for (let i = 0; i < x.rows; i++) {
        if (event[i] !== 1) continue
        let [all, of] = [0, 0]
        for (let j = 0; j < x.rows; j++)
          if (time[j] >= time[i]) {
            const r = Math.exp(beta * group[j])
            all += r
            of += r * group[j]
          }
        slope += group[i] - of / all
        curve += of / all - (of / all) ** 2
      }
      beta += slope / curve
    }
    expect(high - low).toBeCloseTo(beta, 6)
    const [first] = Array.from(time.keys())
      .filter((row) => event[row] === 1)
      .sort((a, b) => time[a] - time[b])
    const at = time[first]
    const tied = Array.from(time.keys()).filter((row) => time[row] === at && event[row] === 1).length
    const risk = group.reduce((sum, g) => sum + Math.exp(g ? high : low), 0)
    expect(survivalPredictor(predictor).survival(matrixOf({ group: [1] }), [at])[0]).toBeCloseTo(
      Math.exp((-tied / risk) * Math.exp(high)),
      9,
    )
  })

  test('a patient who joins late is not at risk before: split follow-up says the same as whole', async () => {
    const { x, survival } = madeUp(300)
    if (survival.task !== 'survival') throw new TypeError('not survival')
    const { time, event } = survival
    // Each row a second time from its middle on, the first half ending there without event.
    const rows = Array.from({ length: 2 * x.rows }, (_, i) => i >> 1)
    const middle = time.map((end) => end / 2)
    const split: Outcome = {
      task: 'survival',
      time: Float64Array.from(rows, (row, i) => (i % 2 === 0 ? middle[row] : time[row])),
      entry: Float64Array.from(rows, (row, i) => (i % 2 === 0 ? 0 : middle[row])),
      event: Uint8Array.from(rows, (row, i) => (i % 2 === 0 ? 0 : event[row])),
    }
    const settings = {
      nTrees: 1,
      maxDepth: 1,
      l2: 0,
      learningRate: 1,
      minChildWeight: 2,
      validationShare: 0,
      sampleFraction: 1,
    }
    const whole = await fitBoosted(x, survival, settings)
    const parted = await fitBoosted(takeMatrixRows(x, rows), split, settings)
    const expected = survivalPredictor(whole.predictor).risk(x)
    survivalPredictor(parted.predictor)
      .risk(x)
      .forEach((risk, row) => {
        expect(risk).toBeCloseTo(expected[row], 9)
      })
    const curves = survivalPredictor(whole.predictor).survival(x, [200, 500])
    survivalPredictor(parted.predictor)
      .survival(x, [200, 500])
      .forEach((share, i) => {
        expect(share).toBeCloseTo(curves[i], 9)
      })
  })
})

describe('categories', () => {
  const random = randomOf(8)
  const rows = 400
  const site = Array.from({ length: rows }, () => random.below(6))
  const effect = [3, -1, 4, -2, 0.5, 5]
  const y = Float64Array.from(site, (level) => effect[level] + 0.5 * random.normal())
  const x: Matrix = { ...matrixOf({ site }), levels: Int32Array.of(6) }
  const stump = {
    nTrees: 1,
    maxDepth: 1,
    learningRate: 1,
    l2: 0,
    categorySmooth: 0,
    validationShare: 0,
    sampleFraction: 1,
  }

  test('levels are parted as trying every way to part them would', async () => {
    const { predictor } = await fitBoosted(x, { task: 'regression', y }, stump)
    const errorOf = (left: number) => {
      const sums = [0, 0]
      const counts = [0, 0]
      const side = (level: number) => (left >> level) & 1
      site.forEach((level, row) => {
        sums[side(level)] += y[row]
        counts[side(level)]++
      })
      return y.reduce((sum, value, row) => sum + (value - sums[side(site[row])] / counts[side(site[row])]) ** 2, 0)
    }
    const least = Math.min(...Array.from({ length: 62 }, (_, i) => errorOf(i + 1)))
    const values = valuePredictor(predictor).values(x)
    expect(y.reduce((sum, value, row) => sum + (value - values[row]) ** 2, 0)).toBeCloseTo(least, 8)
  })

  test('a level never seen, or none, is predicted with the missing values and never misread as another', async () => {
    const holes = { ...x, data: Float64Array.from(x.data, (level, row) => (row % 5 === 0 ? Number.NaN : level)) }
    const { predictor } = await fitBoosted(holes, { task: 'regression', y }, { ...stump, nTrees: 20, maxDepth: 3 })
    const ask = (level: number) =>
      valuePredictor(predictor).values({ ...matrixOf({ site: [level] }), levels: Int32Array.of(6) })[0]
    expect(ask(17)).toBe(ask(Number.NaN))
    const missing = Array.from(y.keys()).filter((row) => row % 5 === 0)
    expect(Math.abs(ask(Number.NaN) - missing.reduce((sum, row) => sum + y[row], 0) / missing.length)).toBeLessThan(0.3)
    expect(Math.abs(ask(5) - 5)).toBeLessThan(0.4)
    expect(Math.abs(ask(3) + 2)).toBeLessThan(0.4)
  })

  test('contributions of levels and missing cells add up to the value shown', async () => {
    const two: Matrix = {
      ...matrixOf({
        site: site.map((level, row) => (row % 7 === 0 ? null : level)),
        age: Array.from({ length: rows }, (_, row) => (row * 37) % 90),
      }),
      levels: Int32Array.of(6, 0),
    }
    const { predictor } = await fitBoosted(two, { task: 'regression', y }, { nTrees: 30, learningRate: 0.2 })
    const { baseline, values } = predictor.contributions!(two, { value: true })
    valuePredictor(predictor)
      .values(two)
      .forEach((value, row) => {
        expect(baseline + values[2 * row] + values[2 * row + 1]).toBeCloseTo(value, 9)
      })
  })

  test('more levels than can be told apart are refused by name', async () => {
    const many = { ...matrixOf({ postcode: Array.from({ length: 300 }, (_, i) => i) }), levels: Int32Array.of(300) }
    await expect(
      fitBoosted(many, { task: 'regression', y: Float64Array.from({ length: 300 }, (_, i) => i % 7) }),
    ).rejects.toMatchObject({ failure: { reason: 'tooManyLevels', message: expect.stringContaining('postcode') } })
  })
})

describe('monotone columns', () => {
  test('a risk that may only rise with a finding never falls along it, whatever else is the case', async () => {
    const { x, diagnosis } = madeUp(800)
    const { predictor } = await fitBoosted(x, diagnosis, {
      nTrees: 60,
      learningRate: 0.3,
      maxDepth: 5,
      l2: 0,
      monotone: 'b:+, c:-',
      validationShare: 0,
      sampleFraction: 1,
    })
    for (const [column, sign] of [
      [1, 1],
      [2, -1],
    ])
      for (let row = 0; row < 40; row++) {
        const grid = takeMatrixRows(x, new Array(60).fill(row))
        for (let i = 0; i < 60; i++) grid.data[column * 60 + i] = -3 + i / 10
        const p = classPredictor(predictor).probabilities(grid)
        for (let i = 1; i < 60; i++) expect(sign * (p[2 * i + 1] - p[2 * i - 1])).toBeGreaterThanOrEqual(-1e-12)
      }
  })

  test('a constraint on a column that is not there, or without a direction, is refused by name', async () => {
    const { x, diagnosis } = madeUp(50)
    for (const monotone of ['albumine:+', 'a', 'a:up'])
      await expect(fitBoosted(x, diagnosis, { monotone })).rejects.toMatchObject({
        failure: { code: 'invalidInput', reason: 'badMonotone', message: expect.stringContaining(monotone) },
      })
  })
})

test('growing stops where rows kept aside no longer gain, and the trees up to the best of them are kept', async () => {
  const { x, diagnosis } = madeUp(400)
  const losses: number[] = []
  const settings = { nTrees: 2000, learningRate: 0.3, patience: 10, maxDepth: 6 }
  const { fitted } = await fitBoosted(x, diagnosis, settings, {
    progress: (_share, detail) => {
      if (detail) losses.push(detail.validationLoss)
    },
  })
  const best = losses.indexOf(Math.min(...losses))
  expect(losses.length).toBe(best + 10)
  expect(fitted.state.arrays.treeNodes.length).toBe(best + 1)
})

test('on new patients boosting ranks by what is there to be found: an interaction, a threshold and a line', async () => {
  const { x, diagnosis, survival, regression, chance } = madeUp(3000)
  const training = Array.from({ length: 2000 }, (_, i) => i)
  const fresh = Array.from({ length: 1000 }, (_, i) => 2000 + i)
  const held = takeMatrixRows(x, fresh)
  const learned = async (outcome: Outcome) =>
    (await fitBoosted(takeMatrixRows(x, training), takeOutcomeRows(outcome, training))).predictor
  const classes = takeOutcomeRows(diagnosis, fresh)
  const p = classPredictor(await learned(diagnosis))
    .probabilities(held)
    .filter((_, i) => i % 2 === 1)
  if (classes.task === 'diagnosis')
    expect(aucOf(p, classes.y)).toBeGreaterThan(aucOf(chance.slice(2000), classes.y) - 0.04)
  const times = takeOutcomeRows(survival, fresh)
  const risk = survivalPredictor(await learned(survival)).risk(held)
  if (times.task === 'survival') expect(harrellOf(risk, times.time, times.event)).toBeGreaterThan(0.7)
  const numbers = takeOutcomeRows(regression, fresh)
  const values = valuePredictor(await learned(regression)).values(held)
  if (numbers.task === 'regression') {
    const mean = numbers.y.reduce((sum, one) => sum + one, 0) / 1000
    const left = numbers.y.reduce((sum, one, row) => sum + (one - values[row]) ** 2, 0)
    expect(left / numbers.y.reduce((sum, one) => sum + (one - mean) ** 2, 0)).toBeLessThan(0.25)
  }
})
