import { afterAll, describe, expect, test } from 'vitest'
import { createPool } from '../../../test/fixtures/pool.ts'
import { BedsideError } from '../../contract/errors.ts'
import { ParameterSchema } from '../../contract/models.ts'
import type { Task } from '../../contract/values.ts'
import { type Matrix, type Outcome, takeMatrixRows, takeOutcomeRows } from '../cohort/matrix.ts'
import { decodeArtifact, encodeArtifact, sha256 } from '../numbers/bytes.ts'
import { type Random, randomOf } from '../numbers/random.ts'
import type { FitContext, Fitted, Learner, Parameters, Predictor } from './learner.ts'
import { learners } from './learners.ts'
import { completeParameters } from './parameters.ts'
import {
  type ContributionTarget,
  classPredictor,
  type SurvivalPredictor,
  survivalPredictor,
  valuePredictor,
} from './predictor.ts'

/** What every learner owes the rest of the app. A learner that is not in learners.ts does not exist. */

const single = createPool({ threads: 1 })
const double = createPool({ threads: 2 })
afterAll(() => Promise.all([single.close(), double.close()]))

const contextOf = (over: Partial<FitContext> = {}): FitContext => {
  const threads = over.threads ?? 1
  const signal = over.signal ?? new AbortController().signal
  const pool = threads > 1 ? double : single
  return {
    seed: 7,
    threads,
    signal,
    progress: () => {},
    parallel: (task, inputs) => pool.run(task, inputs, signal),
    ...over,
  }
}

/** Small settings, so that the suite runs in seconds; everything else at its default. */
const quick: Parameters = {
  nTrees: 24,
  nLambda: 30,
  folds: 5,
  rounds: 40,
  bags: 2,
  epochs: 12,
  state: 12,
  intervals: 6,
}
/** What learns in a few epochs needs longer steps than in a hundred. */
const quickNet: Parameters = { ...quick, learningRate: 0.01, batchSize: 16 }
const settingsOf = (learner: Learner): Parameters => {
  const has = (name: string) => learner.parameters.some((one) => one.name === name)
  const wanted = has('epochs') ? quickNet : quick
  return completeParameters(learner, Object.fromEntries(Object.entries(wanted).filter(([name]) => has(name))))
}
const learn = (learner: Learner, data: Data, over: Partial<FitContext> = {}, weights?: Float64Array) =>
  learner.fit(data.x, data.outcome, settingsOf(learner), contextOf(over), weights)
const hashOf = ({ state }: Fitted) => sha256(encodeArtifact(state))

interface Data {
  x: Matrix
  outcome: Outcome
}
type Kind = 'two classes' | 'three classes' | 'values' | 'counts' | 'survival' | 'competing events'
const taskOf: Record<Kind, Task> = {
  'two classes': 'diagnosis',
  'three classes': 'diagnosis',
  values: 'regression',
  counts: 'regression',
  survival: 'survival',
  'competing events': 'survival',
}
/**
 * Counts are for those who take nothing else, competing events for those who read them; who needs them has nothing to
 * do without.
 */
const suits = ({ tasks, needs }: Learner, kind: Kind): boolean => {
  if (kind === 'competing events' && !needs.competing) return false
  if (kind === 'values' && needs.counts === 'required') return false
  if (kind === 'counts' && !needs.counts) return false
  if (kind === 'survival' && needs.competing === 'required') return false
  return tasks.includes(taskOf[kind])
}

const outcomeOf = (kind: Kind, score: readonly number[], random: Random): Outcome => {
  const noisy = score.map((one) => one + 0.8 * random.normal())
  if (kind === 'counts')
    return { task: 'regression', y: Float64Array.from(noisy, (one) => Math.floor(3 * Math.exp(one / 2))) }
  if (kind === 'values') return { task: 'regression', y: Float64Array.from(noisy, (one) => 50 + 10 * one) }
  if (taskOf[kind] === 'survival') {
    const death = score.map((one) => -Math.log(1 - random.uniform()) * 900 * Math.exp(-one))
    const end = score.map(() => 200 + 1500 * random.uniform())
    const time = Float64Array.from(death, (at, row) => Math.ceil(Math.min(at, end[row])))
    const event = Uint8Array.from(death, (at, row) => (at <= end[row] ? 1 : 0))
    if (kind === 'survival') return { task: 'survival', time, event }
    return { task: 'survival', time, event, competing: event.map((seen) => (seen ? 0 : random.below(2))) }
  }
  const classes = kind === 'two classes' ? ['healthy', 'ill'] : ['a', 'b', 'c']
  const y = Int32Array.from(noisy, (one) => (kind === 'two classes' ? +(one > 0) : one < -0.7 ? 0 : one < 0.7 ? 1 : 2))
  return { task: 'diagnosis', classes, y }
}

const matrixOf = (rows: number, columns: number, value: (row: number, column: number) => number): Matrix => {
  const data = new Float64Array(new SharedArrayBuffer(rows * columns * 8))
  for (let column = 0; column < columns; column++)
    for (let row = 0; row < rows; row++) data[column * rows + row] = value(row, column)
  const terms = Array.from({ length: columns }, (_, i) => `x${i}`)
  return { rows, columns, data, terms, source: terms.map((_, i) => i) }
}

/**
 * The columns as courses or pictures too, for learners that need them: each column a channel whose value comes and goes
 * over a few days (or rows of a picture), with some noise.
 */
const along = (x: Matrix, { needs }: Learner, beside: 'courses' | 'pictures', random: Random): Matrix => {
  const { rows, columns, data } = x
  const [steps, width] = [5, columns]
  if (needs.sequences && beside === 'courses') {
    const offsets = Int32Array.from({ length: rows + 1 }, (_, row) => row * steps)
    const times = Float64Array.from({ length: rows * steps }, (_, at) => (at % steps) - steps + 1)
    const values = Float64Array.from({ length: rows * steps * width }, (_, at) => {
      const row = Math.floor(at / (steps * width))
      const step = Math.floor(at / width) % steps
      return data[(at % width) * rows + row] * (1 + step / steps) + 0.3 * random.normal()
    })
    return { ...x, sequences: { channels: x.terms.map((name) => ({ name, unit: null })), offsets, times, values } }
  }
  if (needs.grids) {
    const values = Float32Array.from({ length: rows * steps * width }, (_, at) => {
      const row = Math.floor(at / (steps * width))
      return data[(at % width) * rows + row] + 0.3 * random.normal()
    })
    return { ...x, grids: { height: steps, width, channels: ['grey'], values } }
  }
  return x
}

const plainData = (kind: Kind, rows = 180, columns = 5, seed = 3): Data => {
  const random = randomOf(seed)
  const x = matrixOf(rows, columns, (_, column) => (column === 1 ? random.below(2) : random.normal()))
  const at = (row: number, column: number) => x.data[(column % columns) * rows + row]
  const score = Array.from({ length: rows }, (_, row) => at(row, 0) + at(row, 1) - 0.5 + 0.5 * at(row, 2) * at(row, 3))
  return { x, outcome: outcomeOf(kind, score, random) }
}

const withColumn = ({ x, outcome }: Data, column: number, value: (row: number) => number): Data => {
  const data = Float64Array.from(x.data)
  for (let row = 0; row < x.rows; row++) data[column * x.rows + row] = value(row)
  return { x: { ...x, data }, outcome }
}
const takeRows = ({ x, outcome }: Data, rows: number[]): Data => ({
  x: takeMatrixRows(x, rows),
  outcome: takeOutcomeRows(outcome, rows),
})

const times = [0, 50, 200, 400, 800, 1600]

/** Everything a predictor says of a matrix, as one array. */
const everything = (predictor: Predictor, x: Matrix): Float64Array => {
  if (predictor.task === 'diagnosis') return classPredictor(predictor).probabilities(x)
  if (predictor.task === 'regression') return valuePredictor(predictor).values(x)
  return Float64Array.from([
    ...survivalPredictor(predictor).risk(x),
    ...survivalPredictor(predictor).survival(x, times),
  ])
}
const allFinite = (values: Float64Array) => values.every((value) => Number.isFinite(value))
const near = (one: ArrayLike<number>, other: ArrayLike<number>, tolerance: number) => {
  expect(one.length).toBe(other.length)
  for (let i = 0; i < one.length; i++) expect(Math.abs(one[i] - other[i])).toBeLessThanOrEqual(tolerance)
}

/** Resolves to the failure a fit ends with; fails the test where it succeeds or stumbles. */
const refusal = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => new Error('it was learned from all the same'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof BedsideError)) throw error
  return error.failure
}
/** A fit either works, with finite predictions, or is refused in words; it never crashes or gives NaN. */
const worksOrRefuses = async (learner: Learner, data: Data) => {
  const fitted = await learn(learner, data).catch((error: unknown) => {
    if (error instanceof BedsideError && error.failure.code === 'invalidInput') return null
    throw error
  })
  if (fitted) expect(allFinite(everything(await learner.load(fitted.state), data.x))).toBe(true)
  return fitted
}

test('ids are unique', () => {
  expect(new Set(learners.map(({ id }) => id)).size).toBe(learners.length)
})

for (const learner of learners)
  describe(`${learner.id}`, () => {
    test('parameters are described, and their defaults lie within their own bounds', () => {
      for (const parameter of learner.parameters) expect(ParameterSchema.safeParse(parameter).success).toBe(true)
      const defaults = completeParameters(learner, {})
      expect(completeParameters(learner, defaults)).toEqual(defaults)
    })

    test('a misspelt or impossible parameter is refused by name, not ignored', () => {
      expect(() => completeParameters(learner, { noSuchThing: 1 })).toThrow(/noSuchThing/)
      for (const { name, type, min, choices } of learner.parameters) {
        if (min !== null) expect(() => completeParameters(learner, { [name]: min - 1 })).toThrow(BedsideError)
        if (type === 'integer') expect(() => completeParameters(learner, { [name]: 1.5 })).toThrow(BedsideError)
        if (choices) expect(() => completeParameters(learner, { [name]: 'none of these' })).toThrow(BedsideError)
      }
    })

    for (const kind of (Object.keys(taskOf) as Kind[]).filter((one) => suits(learner, one)))
      describe(kind, () => contract(learner, kind, learner.needs.sequences ? 'courses' : 'pictures'))

    if (learner.needs.sequences && learner.needs.grids)
      describe('two classes by pictures', () => contract(learner, 'two classes', 'pictures'))
  })

function contract(learner: Learner, kind: Kind, beside: 'courses' | 'pictures') {
  const task = taskOf[kind]
  const dataOf = (of: Kind, rows = 180, columns = 5, seed = 3): Data => {
    const { x, outcome } = plainData(of, rows, columns, seed)
    return { x: along(x, learner, beside, randomOf(seed, 1)), outcome }
  }

  test('the same data, settings and seed give the same hash, with one thread and with two', async () => {
    const data = dataOf(kind)
    const first = hashOf(await learn(learner, data))
    expect(hashOf(await learn(learner, data))).toBe(first)
    expect(hashOf(await learn(learner, data, { threads: 2 }))).toBe(first)
  })

  test('a model saved and loaded says the same, and its header survives as JSON', async () => {
    const data = dataOf(kind)
    const { state } = await learn(learner, data)
    const kept = decodeArtifact(encodeArtifact(state))
    expect(kept).toEqual(state)
    const before = everything(await learner.load(state), data.x)
    expect(everything(await learner.load(kept), data.x)).toEqual(before)
    expect((await learner.load(kept)).task).toBe(task)
  })

  test('predictions are finite, follow the truth, and are the same one by one as together', async () => {
    const data = dataOf(kind)
    const predictor = await learner.load((await learn(learner, data)).state)
    const fresh = dataOf(kind, 60, 5, 99)
    const all = everything(predictor, fresh.x)
    expect(allFinite(all)).toBe(true)
    for (const row of [0, 31]) {
      const one = everything(predictor, takeMatrixRows(fresh.x, [row]))
      if (task === 'survival') {
        expect(one[0]).toBe(all[row])
        expect([...one.slice(1)]).toEqual([...all.slice(60 + row * times.length, 60 + (row + 1) * times.length)])
      } else {
        const width = all.length / 60
        expect([...one]).toEqual([...all.slice(row * width, (row + 1) * width)])
      }
    }
    expect(everything(predictor, takeMatrixRows(fresh.x, [])).length).toBe(0)
    expect(agreement(predictor, fresh)).toBeGreaterThan(0.6)
  })

  test('a matrix with other columns than the model learned from is refused, not misread', async () => {
    const predictor = await learner.load((await learn(learner, dataOf(kind))).state)
    expect(() => everything(predictor, dataOf(kind, 10, 4).x)).toThrow(BedsideError)
  })

  test('missing values are learned from where the learner takes them, and refused in words where it does not', async () => {
    const random = randomOf(11)
    const holes = withColumn(dataOf(kind), 2, () => (random.uniform() < 0.3 ? Number.NaN : random.normal()))
    if (learner.needs.native) {
      const predictor = await learner.load((await learn(learner, holes)).state)
      expect(allFinite(everything(predictor, holes.x))).toBe(true)
      const never = withColumn(dataOf(kind, 20), 0, () => Number.NaN)
      expect(allFinite(everything(predictor, never.x))).toBe(true)
    } else expect(await refusal(learn(learner, holes))).toMatchObject({ code: 'invalidInput', reason: 'missingValues' })
  })

  test('a constant column harms nothing; nothing but constant columns is refused or gives the base rate', async () => {
    const data = dataOf(kind)
    const constant = withColumn(data, 3, () => 4)
    const predictor = await learner.load((await learn(learner, constant)).state)
    expect(allFinite(everything(predictor, constant.x))).toBe(true)
    await worksOrRefuses(learner, { x: matrixOf(40, 2, () => 1), outcome: dataOf(kind, 40).outcome })
  })

  test('more columns than rows, and twin columns, give finite predictions', async () => {
    const wide = dataOf(kind, 24, 60, 5)
    expect(await worksOrRefuses(learner, wide)).not.toBeNull()
    const data = dataOf(kind)
    expect(
      await worksOrRefuses(
        learner,
        withColumn(data, 4, (row) => data.x.data[row]),
      ),
    ).not.toBeNull()
  })

  test('no row at all is refused, one row is refused or learned from without NaN', async () => {
    const none = takeRows(dataOf(kind), [])
    expect((await refusal(learn(learner, none))).code).toBe('invalidInput')
    await worksOrRefuses(learner, takeRows(dataOf(kind), [0]))
    const two = dataOf(kind)
    await worksOrRefuses(learner, takeRows(two, [0, 1]))
  })

  if (task === 'diagnosis')
    test('one class only is refused, saying which', async () => {
      const { x, outcome } = dataOf(kind)
      if (outcome.task !== 'diagnosis') throw new TypeError('not classes')
      const same = { x, outcome: { ...outcome, y: new Int32Array(x.rows).fill(1) } }
      const failure = await refusal(learn(learner, same))
      expect(failure.code).toBe('invalidInput')
      expect(failure.message).toContain(outcome.classes[1])
    })

  if (task === 'diagnosis')
    test('probabilities lie within 0 and 1 and sum to 1, also with a class nobody has', async () => {
      const { x, outcome } = dataOf(kind)
      if (outcome.task !== 'diagnosis') throw new TypeError('not classes')
      for (const classes of [outcome.classes, [...outcome.classes, 'nobody']]) {
        const predictor = await learner.load((await learn(learner, { x, outcome: { ...outcome, classes } })).state)
        const p = classPredictor(predictor).probabilities(x)
        expect(p.length).toBe(x.rows * classes.length)
        for (let row = 0; row < x.rows; row++) {
          const own = p.subarray(row * classes.length, (row + 1) * classes.length)
          expect(own.every((one) => one >= 0 && one <= 1)).toBe(true)
          expect(own.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 9)
        }
      }
    })

  if (task === 'survival' && learner.needs.entry)
    test('a history cut into two rows teaches what it taught as one, and rows that are never followed are refused', async () => {
      const data = dataOf(kind)
      if (data.outcome.task !== 'survival') throw new TypeError('not survival')
      const { x, outcome } = data
      const { rows } = x
      const twice = Array.from({ length: 2 * rows }, (_, i) => i % rows)
      const cut = takeOutcomeRows(outcome, twice)
      if (cut.task !== 'survival') throw new TypeError('not survival')
      const entry = new Float64Array(2 * rows)
      for (let row = 0; row < rows; row++) {
        const half = outcome.time[row] / 2
        cut.time[row] = half
        cut.event[row] = 0
        if (cut.competing) cut.competing[row] = 0
        entry[rows + row] = half
      }
      const pieces = { x: takeMatrixRows(x, twice), outcome: { ...cut, entry, cluster: Int32Array.from(twice) } }
      // What is drawn or counted by rows is another where there are more rows; everything else may not differ.
      const has = (name: string) => learner.parameters.some((one) => one.name === name)
      const undrawn = Object.fromEntries(
        Object.entries({ sampleFraction: 1, validationShare: 0, bags: 1, minLeaf: 1, cutsTried: 0 }).filter(([name]) =>
          has(name),
        ),
      )
      const learnAll = async (from: Data) => {
        const parameters = { ...settingsOf(learner), ...undrawn }
        const { state } = await learner.fit(from.x, from.outcome, parameters, contextOf())
        return everything(await learner.load(state), x)
      }
      near(await learnAll(pieces), await learnAll(data), 1e-8)
      const never = { x: pieces.x, outcome: { ...pieces.outcome, entry: cut.time.slice() } }
      expect(await refusal(learn(learner, never))).toMatchObject({ reason: 'entryNotBeforeTime' })
    })

  if (task === 'survival' && learner.needs.strata)
    test('each stratum has a curve of its own, one of a single level changes nothing, and an unknown one gets none', async () => {
      const data = dataOf(kind)
      const alone = { ...data, x: { ...data.x, strata: new Int32Array(data.x.rows) } }
      const plain = everything(await learner.load((await learn(learner, data)).state), data.x)
      near(everything(await learner.load((await learn(learner, alone)).state), alone.x), plain, 1e-9)
      const halves = {
        ...data,
        x: { ...data.x, strata: Int32Array.from(data.x.data.subarray(data.x.rows, 2 * data.x.rows)) },
      }
      const predictor = await learner.load((await learn(learner, halves)).state)
      const asked = (stratum: number) =>
        survivalPredictor(predictor).survival({ ...takeMatrixRows(data.x, [5]), strata: Int32Array.of(stratum) }, times)
      expect(Array.from(asked(0))).not.toEqual(Array.from(asked(1)))
      expect(asked(-1).every((value) => Number.isNaN(value))).toBe(true)
      expect(() => survivalPredictor(predictor).survival(data.x, times)).toThrow(BedsideError)
    })

  if (task === 'survival') {
    test('no event is refused', async () => {
      const { x, outcome } = dataOf(kind)
      if (outcome.task !== 'survival') throw new TypeError('not survival')
      const alive = { x, outcome: { ...outcome, event: new Uint8Array(x.rows) } }
      expect(await refusal(learn(learner, alive))).toMatchObject({ code: 'invalidInput', reason: 'noEvents' })
    })

    test('curves start at 1, never rise, stay within 0 and 1, are flat beyond follow-up, and order as the risk', async () => {
      const data = dataOf(kind)
      const predictor = await learner.load((await learn(learner, data)).state)
      const last = (data.outcome as { time: Float64Array }).time.reduce((most, at) => Math.max(most, at), 0)
      const grid = Float64Array.from(
        [0, ...(survivalPredictor(predictor).times ?? [last / 4, last / 2, last]), last, 1e7, 2e7].sort(
          (a, b) => a - b,
        ),
      )
      const curves = survivalPredictor(predictor).survival(data.x, grid)
      const middle = new Float64Array(data.x.rows)
      for (let row = 0; row < data.x.rows; row++) {
        const own = curves.subarray(row * grid.length, (row + 1) * grid.length)
        expect(own[0]).toBe(1)
        for (let i = 1; i < own.length; i++) {
          expect(own[i]).toBeLessThanOrEqual(own[i - 1])
          expect(own[i]).toBeGreaterThanOrEqual(0)
        }
        expect(own.at(-1)).toBe(own.at(-3))
        middle[row] = 1 - own[Math.floor(own.length / 2)]
      }
      expect(pairsInOrder(survivalPredictor(predictor).risk(data.x), middle)).toBeGreaterThan(0.9)
    })

    if (banded.includes(learner.id))
      test('the band of a curve holds the curve', async () => {
        const data = dataOf(kind)
        const predictor = survivalPredictor(await learner.load((await learn(learner, data)).state))
        const curve = predictor.survival(takeMatrixRows(data.x, [4]), times)
        const { low, high } = bandOf(predictor)(data.x, 4, times, 0.95)
        for (let i = 0; i < times.length; i++) {
          expect(low[i]).toBeLessThanOrEqual(curve[i])
          expect(high[i]).toBeGreaterThanOrEqual(curve[i])
          expect(low[i]).toBeGreaterThanOrEqual(0)
          expect(high[i]).toBeLessThanOrEqual(1)
        }
      })
    else
      test('no curve has a band that nothing is known of', async () => {
        const predictor = survivalPredictor(await learner.load((await learn(learner, dataOf(kind))).state))
        expect(predictor.band).toBeUndefined()
      })
  }

  test('a training that was cancelled before it began ends with `cancelled`', async () => {
    const before = new AbortController()
    before.abort()
    expect((await refusal(learn(learner, dataOf(kind), { signal: before.signal }))).code).toBe('cancelled')
  })

  if (oneStep[learner.id]?.includes(kind))
    test('a training of one step reports nothing between its start and its end', async () => {
      const between: number[] = []
      const progress = (share: number) => {
        if (share > 0 && share < 1) between.push(share)
      }
      await learn(learner, dataOf(kind), { progress })
      expect(between).toEqual([])
    })
  else
    test('a training that is cancelled on its way ends with `cancelled`, not at its end', async () => {
      const during = new AbortController()
      let last = 0
      const progress = (share: number) => {
        last = share
        if (share > 0 && share < 1) during.abort()
      }
      const failure = await refusal(learn(learner, dataOf(kind), { signal: during.signal, progress }))
      expect(failure.code).toBe('cancelled')
      expect(last).toBeLessThan(1)
    })

  test('progress never falls, stays within 0 and 1 and ends at 1', async () => {
    const seen: number[] = []
    await learn(learner, dataOf(kind), { progress: (share) => seen.push(share) })
    expect(seen.at(-1)).toBe(1)
    for (let i = 0; i < seen.length; i++) {
      expect(seen[i]).toBeGreaterThanOrEqual(i === 0 ? 0 : seen[i - 1])
      expect(seen[i]).toBeLessThanOrEqual(1)
    }
  })

  test('a row of weight zero has no say, whatever stands in it', async () => {
    const data = dataOf(kind)
    const weights = Float64Array.from({ length: data.x.rows }, (_, row) => (row % 6 === 5 ? 0 : 1))
    const random = randomOf(77)
    const scrambled = withColumn(data, 0, (row) => (weights[row] === 0 ? 40 * random.normal() : data.x.data[row]))
    const from = (given: Data) =>
      takeRows(
        given,
        Array.from(weights.keys()).filter((row) => weights[row] > 0),
      )
    const kept = from(data)
    const predictionsOf = async (given: Data) =>
      everything(await learner.load((await learn(learner, given, {}, weights)).state), kept.x)
    near(await predictionsOf(scrambled), await predictionsOf(data), 1e-9)
  })

  test('weights of 1 change nothing, and a negative weight is refused', async () => {
    const data = dataOf(kind)
    const predictionsOf = async (weights?: Float64Array) =>
      everything(await learner.load((await learn(learner, data, {}, weights)).state), data.x)
    near(await predictionsOf(new Float64Array(data.x.rows).fill(1)), await predictionsOf(), 1e-6)
    const negative = new Float64Array(data.x.rows).fill(1)
    negative[3] = -1
    expect((await refusal(learn(learner, data, {}, negative))).code).toBe('invalidInput')
  })

  if (learner.explains)
    test('contributions add up to the prediction they explain', async () => {
      const data = dataOf(kind)
      const predictor = await learner.load((await learn(learner, data)).state)
      const { rows, columns } = data.x
      for (const target of targetsOf(data.outcome)) {
        const { baseline, values, scale } = contributionsOf(predictor)(data.x, target)
        expect(values.length).toBe(rows * columns)
        const explained = explainedOf(predictor, data.x, scale, target)
        for (let row = 0; row < rows; row++) {
          let sum = baseline
          for (let column = 0; column < columns; column++) sum += values[row * columns + column]
          expect(sum).toBeCloseTo(explained[row], 6)
        }
      }
    })
  else
    test('no contributions are offered by a learner that does not say how they come about', async () => {
      const predictor = await learner.load((await learn(learner, dataOf(kind))).state)
      expect(predictor.contributions).toBeUndefined()
    })

  if (bagged.includes(learner.id))
    test('out-of-bag predictions are of the right size and finite or marked absent', async () => {
      const data = dataOf(kind)
      const outOfBag = (await learn(learner, data)).outOfBag as Float64Array
      const width = data.outcome.task === 'diagnosis' ? data.outcome.classes.length : 1
      expect(outOfBag?.length).toBe(data.x.rows * width)
      const absent = outOfBag.filter((value) => Number.isNaN(value)).length
      expect(absent).toBeLessThan(outOfBag.length / 10)
      expect(outOfBag.every((value) => Number.isNaN(value) || Number.isFinite(value))).toBe(true)
    })
  else
    test('nothing passes for out-of-bag where no rows are left out of a bag', async () => {
      expect((await learn(learner, dataOf(kind))).outOfBag).toBeNull()
    })

  test('a state that is cut or foreign is refused, not half read', async () => {
    const { state } = await learn(learner, dataOf(kind))
    const bytes = encodeArtifact(state)
    expect(() => decodeArtifact(bytes.subarray(0, bytes.length - 16))).toThrow(BedsideError)
    await expect(learner.load({ header: {}, arrays: {} })).rejects.toThrow()
  })
}

/** Learners whose curves have an analytic band. */
const banded: readonly string[] = ['cox', 'aft']
const bandOf = ({ band }: SurvivalPredictor): NonNullable<SurvivalPredictor['band']> => {
  if (!band) throw new TypeError('it offers no band')
  return band
}

/** Learners that draw rows for each of their parts as they are set by default. */
const bagged: readonly string[] = ['forest', 'obliqueForest']

/** Solved in one step, which has nothing to be cancelled in. */
const oneStep: Record<string, readonly Kind[]> = { linear: ['values'], svm: ['values'] }

const contributionsOf = ({ contributions }: Predictor): NonNullable<Predictor['contributions']> => {
  if (!contributions) throw new TypeError('it offers no contributions')
  return contributions
}

const horizon = 600
/** All that a prediction can be explained for: each class, the risk by a time, or the value. */
const targetsOf = (outcome: Outcome): ContributionTarget[] =>
  outcome.task === 'diagnosis'
    ? outcome.classes.map((_, index) => ({ class: index }))
    : [outcome.task === 'survival' ? { horizon } : { value: true }]

/** The figure contributions of a scale add up to, a row. */
const explainedOf = (predictor: Predictor, x: Matrix, scale: string, target: ContributionTarget): Float64Array => {
  const every = (value: (row: number) => number) => Float64Array.from({ length: x.rows }, (_, row) => value(row))
  if (scale === 'value') return valuePredictor(predictor).values(x)
  if (scale === 'logHazard') return survivalPredictor(predictor).risk(x)
  if (scale === 'risk') {
    const survival = survivalPredictor(predictor).survival(x, [horizon])
    return every((row) => 1 - survival[row])
  }
  if (!('class' in target)) throw new TypeError(`${scale} is of a class`)
  const p = classPredictor(predictor).probabilities(x)
  const classes = p.length / x.rows
  if (scale === 'probability') return every((row) => p[row * classes + target.class])
  const logs = p.map(Math.log)
  if (classes === 2) return every((row) => logs[row * 2 + target.class] - logs[row * 2 + 1 - target.class])
  // Of several classes, log odds against the geometric mean of all: the one that needs no reference class.
  return every((row) => {
    const own = logs.subarray(row * classes, (row + 1) * classes)
    return own[target.class] - own.reduce((sum, one) => sum + one, 0) / classes
  })
}

/** How often predictions order pairs of rows as the truth does (ties half). */
const agreement = (predictor: Predictor, { x, outcome }: Data): number => {
  if (outcome.task === 'regression') return pairsInOrder(valuePredictor(predictor).values(x), outcome.y)
  if (outcome.task === 'survival') {
    const dead = Array.from(outcome.event.keys()).filter((row) => outcome.event[row])
    const risk = survivalPredictor(predictor).risk(x)
    return pairsInOrder(
      dead.map((row) => risk[row]),
      dead.map((row) => -outcome.time[row]),
    )
  }
  const width = outcome.classes.length
  const p = classPredictor(predictor).probabilities(x)
  const mean = Array.from(outcome.y, (_, row) => {
    let sum = 0
    for (let k = 0; k < width; k++) sum += k * p[row * width + k]
    return sum
  })
  return pairsInOrder(mean, outcome.y)
}

const pairsInOrder = (one: ArrayLike<number>, other: ArrayLike<number>): number => {
  let [right, all] = [0, 0]
  for (let i = 0; i < one.length; i++)
    for (let j = 0; j < i; j++) {
      const direction = Math.sign(other[i] - other[j])
      if (direction === 0) continue
      all++
      const product = Math.sign(one[i] - one[j]) * direction
      right += product > 0 ? 1 : product === 0 ? 0.5 : 0
    }
  return all > 0 ? right / all : 1
}
