import { afterAll, expect, test } from 'vitest'
import { createPool } from '../../../../test/fixtures/pool.ts'
import { readGolden, sampleTable } from '../../../../test/golden/sampleTable.ts'
import { type StudyDesignInput, StudyDesignSchema } from '../../../contract/design.ts'
import type { Trial } from '../../../contract/models.ts'
import type { Concept } from '../../../contract/values.ts'
import { columnOf, type Table } from '../../cohort/table.ts'
import { learners } from '../../learn/learners.ts'
import { logistic } from '../../learn/linear/logistic.ts'
import { completeParameters } from '../../learn/parameters.ts'
import { forest } from '../../learn/trees/forest.ts'
import { decodeArtifact } from '../../numbers/bytes.ts'
import { randomOf } from '../../numbers/random.ts'
import { runStudy, type StudyResult } from '../run/run.ts'
import { expectedImprovement, fitProcess } from './gaussian.ts'
import { searchByHalving, searchByModel, searchRandomly } from './methods.ts'
import { parametersAt, type Space, spaceOf } from './space.ts'
import { pickTrial } from './trials.ts'

const single = createPool({ threads: 1 })
const double = createPool({ threads: 2 })
afterAll(() => Promise.all([single.close(), double.close()]))

const conceptsOf = (table: Table): Concept[] =>
  table.columns.map(({ name, kind, levels }) => ({
    name,
    label: { en: name },
    kind,
    role: 'observation',
    unit: null,
    plausible: null,
    reference: null,
    levels: levels?.map((code) => ({ code, label: { en: code } })) ?? null,
    coding: [],
    modifiable: false,
    description: null,
  }))

interface Options {
  threads?: 1 | 2
  signal?: AbortSignal
  stage?: (stage: string, share: number, detail?: Record<string, number | string>) => void
}
const run = (
  table: Table,
  input: StudyDesignInput,
  { threads = 1, signal, stage }: Options = {},
): Promise<StudyResult> => {
  const pool = threads === 1 ? single : double
  const design = StudyDesignSchema.parse(input)
  return runStudy(
    { design, concepts: conceptsOf(table), table, snapshotHash: '', build: '', threads },
    {
      signal: signal ?? new AbortController().signal,
      stage: stage ?? (() => {}),
      parallel: (task, inputs) => pool.run(task, inputs),
    },
  )
}

const pima = sampleTable('pima')
const pimaDesign: StudyDesignInput = {
  study: 'pima',
  outcome: { task: 'diagnosis', target: 'type' },
  learner: 'logistic',
  validation: { test: 0.25, split: 'random', folds: 0 },
  secondOpinion: false,
}

test('every learner that can be searched starts inside its own ranges and names parameters it has', () => {
  const searched = learners.filter(({ search }) => search)
  expect(searched.length).toBeGreaterThan(5)
  for (const learner of searched)
    for (const task of learner.tasks) {
      const design = StudyDesignSchema.parse(pimaDesign)
      const space = spaceOf(learner, task, {}, design.tuning, 300, 12)
      for (const at of [0, 0.3, 1]) {
        const point = space.dimensions.map(({ range }) =>
          'values' in range ? Math.round(at * (range.values.length - 1)) : at,
        )
        const parameters = parametersAt(space, point)
        expect(completeParameters(learner, parameters)).toEqual(parameters)
      }
      if (space.effort) expect(learner.parameters.map(({ name }) => name)).toContain(space.effort)
      for (const { name } of space.dimensions) expect(learner.parameters.map((one) => one.name)).toContain(name)
    }
})

test("the Gaussian process and the improvement expected of it are scikit-learn's", () => {
  const golden = readGolden<{
    x: number[][]
    y: number[]
    lengths: number[]
    noise: number
    at: number[][]
    mean: number[]
    sd: number[]
    best: number
    improvement: number[]
  }>('gaussian')
  const settings = { lengths: golden.lengths, noise: golden.noise }
  const process = fitProcess(golden.x, golden.y, randomOf(1), { settings })
  golden.at.forEach((at, i) => {
    const predicted = process.predict(at)
    expect(predicted.mean).toBeCloseTo(golden.mean[i], 8)
    expect(predicted.sd).toBeCloseTo(golden.sd[i], 8)
    expect(expectedImprovement(predicted, golden.best)).toBeCloseTo(golden.improvement[i], 7)
  })
})

const square: Space = {
  dimensions: ['a', 'b'].map((name) => ({ name, range: { low: 0, high: 1, log: false }, whole: false, simpler: null })),
  start: { a: 0.5, b: 0.5 },
  effort: null,
}

test('a search by a model of the scores comes closer to the optimum than as many settings at random', async () => {
  // Branin's function (Dixon & Szegoe 1978), minimum 0.397887.
  const branin = ([u, v]: number[]) => {
    const [x, y] = [15 * u - 5, 15 * v]
    return (
      (y - (5.1 * x * x) / (4 * Math.PI ** 2) + (5 * x) / Math.PI - 6) ** 2 +
      10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) +
      10
    )
  }
  const bestOf = async (search: typeof searchRandomly, seed: number) => {
    let best = Number.POSITIVE_INFINITY
    let count = 0
    await search(square, 30, seed, async (proposals) =>
      proposals.map(({ point }) => {
        best = Math.min(best, branin(point))
        count++
        return -branin(point)
      }),
    )
    expect(count).toBe(30)
    return best - 0.397887
  }
  const seeds = [1, 2, 3, 4, 5]
  const mean = async (search: typeof searchRandomly) =>
    (await Promise.all(seeds.map((seed) => bestOf(search, seed)))).reduce((sum, one) => sum + one, 0) / seeds.length
  expect(await mean(searchByModel)).toBeLessThan(0.25)
  expect(await mean(searchRandomly)).toBeGreaterThan(0.5)
})

test('halving spends the full effort on the best third of the best third only', async () => {
  const seen: { effort: number; count: number }[] = []
  const kept: number[] = []
  await searchByHalving(square, 27, 1, async (proposals) => {
    for (const { effort, point } of proposals) {
      const last = seen[seen.length - 1]
      if (last?.effort === effort) last.count++
      else seen.push({ effort, count: 1 })
      if (effort === 1) kept.push(point[0])
    }
    return proposals.map(({ point }) => point[0])
  })
  expect(seen).toEqual([
    { effort: 1 / 27, count: 27 },
    { effort: 1 / 9, count: 9 },
    { effort: 1 / 3, count: 3 },
    { effort: 1, count: 1 },
  ])
  expect(kept[0]).toBeGreaterThan(0.8)
})

test('a small space is tried once and no more', async () => {
  const space: Space = {
    dimensions: [{ name: 'a', range: { values: [1, 2, 3] }, whole: true, simpler: null }],
    start: { a: 2 },
    effort: null,
  }
  for (const search of [searchRandomly, searchByModel]) {
    const tried: number[] = []
    await search(space, 20, 1, async (proposals) =>
      proposals.map(({ point }) => {
        tried.push(parametersAt(space, point).a as number)
        return point[0]
      }),
    )
    expect(tried.sort()).toEqual([1, 2, 3])
  }
})

test('within one standard error the simplest setting is taken, whichever way the metric points; early rounds do not count', () => {
  const trial = (at: number, l2: number, mean: number | null, effort = 1): Trial => ({
    trial: at,
    parameters: { l2 },
    effort,
    mean,
    standardError: 0.02,
    seconds: 0,
    failure: null,
  })
  const trials = [
    trial(1, 1, 0.5),
    trial(2, 100, 0.515),
    trial(3, 1000, 0.53),
    trial(4, 1e4, 0.4, 0.3),
    trial(5, 1e4, null),
  ]
  const complexity = ({ l2 }: Record<string, unknown>) => -(l2 as number)
  expect(pickTrial(trials, 'logLoss', true, complexity)).toEqual({ best: 1, chosen: 2 })
  expect(pickTrial(trials, 'logLoss', false, complexity)).toEqual({ best: 1, chosen: 1 })
  expect(pickTrial(trials, 'auroc', true, complexity)).toEqual({ best: 3, chosen: 3 })
  expect(pickTrial([trial(1, 1, null)], 'auroc', true, complexity)).toBeNull()
})

test('every trial is kept with what it cost, and the model has the parameters of the one taken', async () => {
  const shares: number[] = []
  const { tuning } = await run(
    pima,
    { ...pimaDesign, tuning: { method: 'bayesian', trials: 12, folds: 4 } },
    { stage: (_, share) => shares.push(share) },
  )
  expect(tuning!.trials).toHaveLength(12)
  expect(tuning).toMatchObject({ learner: 'logistic', metric: 'logLoss', higherIsBetter: false, folds: 4, repeats: 1 })
  const means = tuning!.trials.map(({ mean }) => mean as number)
  expect(tuning!.best).toBe(1 + means.indexOf(Math.min(...means)))
  const [best, chosen] = [tuning!.best, tuning!.chosen].map((at) => tuning!.trials[at - 1])
  expect(chosen.mean!).toBeLessThanOrEqual(best.mean! + best.standardError!)
  expect(chosen.parameters.l2 as number).toBeGreaterThanOrEqual(best.parameters.l2 as number)
  expect(shares).toEqual([...shares].sort((a, b) => a - b))
})

test('what is tuned or chosen is the same for any number of threads', async () => {
  const tuned: StudyDesignInput = {
    ...pimaDesign,
    learner: 'forest',
    parameters: { nTrees: 30 },
    tuning: { method: 'halving', trials: 6, folds: 2 },
    preparation: { missing: 'chained', imputations: 2, balance: 'balanced' },
  }
  const auto: StudyDesignInput = { ...pimaDesign, learner: 'auto', tuning: { folds: 2 } }
  for (const design of [tuned, auto]) {
    const one = await run(pima, design, { threads: 1 })
    const two = await run(pima, design, { threads: 2 })
    expect(two.hash).toBe(one.hash)
    expect(two.tuning?.trials.map(({ mean }) => mean)).toEqual(one.tuning?.trials.map(({ mean }) => mean))
  }
})

test('nothing that held-out rows hold reaches search, choice, imputation or encoding: changing all of it changes nothing in the model', async () => {
  const wcgs = sampleTable('wcgs', 'id')
  const design: StudyDesignInput = {
    study: 'wcgs',
    outcome: { task: 'diagnosis', target: 'chd69' },
    features: ['age0', 'chol0', 'sbp0', 'ncigs0', 'behpat0', 'dibpat0'],
    learner: 'logistic',
    tuning: { method: 'random', trials: 4, folds: 3 },
    preparation: { missing: 'chained', imputations: 2, iterations: 2, transform: 'robust', winsorise: 0.01 },
    validation: { test: 0.3, split: 'random', folds: 0 },
  }
  const first = await run(wcgs, design)
  const { decodeReference } = await import('../ask/reference.ts')
  const used = new Set(decodeReference(first.reference).rows)
  const random = randomOf(1)
  const spoiled: Table = {
    ...wcgs,
    columns: wcgs.columns.map((column) => ({
      ...column,
      values: column.values.map((value, row) => {
        if (used.has(row)) return value
        return column.name === 'chd69' ? 1 - value : 1000 * random.normal()
      }),
    })),
  }
  const second = await run(spoiled, design)
  // All of the model but what was measured of it on held-out rows.
  const modelOf = ({ artifact }: StudyResult) => {
    const { header, arrays } = decodeArtifact(artifact)
    const features = (header.features as Record<string, unknown>[]).map(({ permutation: _measured, ...rest }) => rest)
    return { header: { ...header, features }, arrays }
  }
  expect(modelOf(second)).toEqual(modelOf(first))
  expect(second.assessment.metrics.auroc.value).not.toBe(first.assessment.metrics.auroc.value)
})

test('the best of many settings on labels at random is not reported as a finding', async () => {
  const random = randomOf(77)
  const areas: number[] = []
  for (let seed = 1; seed <= 4; seed++) {
    const type = columnOf(pima, 'type')!
    const noise: Table = {
      ...pima,
      columns: pima.columns.map((one) =>
        one === type ? { ...one, values: Float64Array.from(one.values, () => random.below(2)) } : one,
      ),
    }
    const { assessment, assessedOn } = await run(noise, {
      ...pimaDesign,
      learner: 'forest',
      parameters: { nTrees: 12 },
      seed,
      tuning: { method: 'random', trials: 6, folds: 2, metric: 'auroc', oneStandardError: false },
      validation: { test: 0, folds: 2 },
    })
    expect(assessedOn).toBe('outOfFold')
    areas.push(assessment.metrics.auroc.value as number)
  }
  // Four areas on 300 cases each: their mean has a standard error of about 0.017.
  const mean = areas.reduce((sum, area) => sum + area, 0) / areas.length
  expect(mean).toBeLessThan(0.5 + 3 * 0.017)
})

test('auto takes the simplest learner that is as good as the best, and says by how much each differs', async () => {
  const { choice, learner, comparator } = await run(pima, { ...pimaDesign, learner: 'auto' })
  expect(choice!.candidates.map((one) => one.learner).slice(0, 2)).toContain('logistic')
  expect(learner).toBe(choice!.chosen)
  const best = choice!.candidates.find((one) => one.learner === choice!.best)!
  expect(best.difference).toBeNull()
  for (const one of choice!.candidates) {
    expect(one.failure).toBeNull()
    if (one !== best) expect(one.difference!.low!).toBeLessThan(one.difference!.high!)
  }
  const first = choice!.candidates.find(({ asGood }) => asGood)!
  expect(choice!.chosen).toBe(first.learner)
  expect(choice!.reason).toBe(choice!.chosen === choice!.best ? 'best' : 'simpler')
  if (learner === 'logistic') expect(comparator).toBeNull()
})

test('auto takes a forest where no line tells the classes apart', async () => {
  const random = randomOf(9)
  const rows = 400
  const x = Array.from({ length: 3 }, () => Float64Array.from({ length: rows }, () => random.normal()))
  const y = Float64Array.from({ length: rows }, (_, row) => (x[0][row] * x[1][row] > 0 ? 1 : 0))
  const number = (name: string, values: Float64Array) => ({
    name,
    kind: 'number' as const,
    unit: null,
    levels: null,
    values,
  })
  const table: Table = {
    rows,
    columns: [...x.map((values, at) => number(`x${at}`, values)), number('y', y)],
    patients: Int32Array.from({ length: rows }, (_, row) => row),
    encounters: new Int32Array(rows),
  }
  const { choice, comparator } = await run(table, {
    ...pimaDesign,
    outcome: { task: 'diagnosis', target: 'y' },
    learner: 'auto',
    tuning: { folds: 3 },
  })
  expect(choice!.candidates.find(({ learner }) => learner === 'logistic')!.asGood).toBe(false)
  expect(choice!.chosen).not.toBe('logistic')
  expect(comparator).toMatchObject({ learner: 'logistic', beats: true })
})

test('a search is refused before anything runs where there is nothing to search or the range is wrong', () => {
  const design = (space: NonNullable<StudyDesignInput['tuning']>['space']) =>
    StudyDesignSchema.parse({ ...pimaDesign, tuning: { method: 'random', space } }).tuning
  const space = (given: NonNullable<StudyDesignInput['tuning']>['space'], parameters = {}) =>
    spaceOf(logistic, 'diagnosis', parameters, design(given), 100, 5)
  expect(() => space({}, { l2: 1 })).toThrow(/no parameter left/)
  expect(() => space({ nTrees: { low: 1, high: 2 } })).toThrow(/nTrees is not a parameter of logistic/)
  expect(() => space({ l2: { low: -5, high: 2 } })).toThrow(/at least 0/)
  expect(() => space({ l2: { low: 0, high: 2, log: true } })).toThrow(/above 0/)
  // What the design sets is not searched, unless it names a range for it too.
  expect(spaceOf(forest, 'diagnosis', { mtry: 2 }, design({}), 100, 5).dimensions.map(({ name }) => name)).toEqual([
    'minLeaf',
  ])
})

test('a cancelled search stops at the next setting and leaves nothing', async () => {
  const controller = new AbortController()
  let seen = 0
  const training = run(
    pima,
    { ...pimaDesign, tuning: { method: 'random', trials: 200 } },
    {
      signal: controller.signal,
      stage: (stage) => {
        if (stage === 'searching' && ++seen === 3) controller.abort()
      },
    },
  )
  await expect(training).rejects.toThrow(/cancelled/)
  expect(seen).toBeLessThan(6)
})
