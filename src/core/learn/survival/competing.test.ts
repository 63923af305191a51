import { expect, test } from 'vitest'
import {
  completeCases,
  derived,
  quietContext,
  readGolden,
  relativeDifference,
  sampleTable,
  valuesOf,
  withColumn,
} from '../../../../test/golden/sampleTable.ts'
import { type Outcome, takeMatrixRows } from '../../cohort/matrix.ts'
import { decodeArtifact, encodeArtifact } from '../../numbers/bytes.ts'
import type { Learner } from '../learner.ts'
import { survivalPredictor } from '../predictor.ts'
import { competingCox } from './competingCox.ts'
import { cox } from './cox.ts'
import { fineGray } from './fineGray.ts'

interface Weighted {
  estimate: number[]
  robustError: number[]
  logLikelihood: number
  nullLogLikelihood: number
}
interface Golden {
  features: string[]
  patients: number[]
  fineGray: Record<
    string,
    {
      time: string
      estimate: number[]
      error: number[]
      logLikelihood: number
      nullLogLikelihood: number
      at: number[]
      incidence: number[][]
      breslow: Weighted
      efron: Weighted
    }
  >
  causeSpecific: Record<
    string,
    { time: string; at: number[]; incidence: number[][]; estimate: Record<string, number[]> }
  >
  fgr: number[][]
}
const golden = readGolden<Golden>('competing')

const made = () => {
  let table = derived(sampleTable('pbc'), 'logBili', ['bili'], Math.log)
  table = derived(table, 'months', ['time'], (days) => Math.ceil(days / 30.4375))
  table = derived(table, 'shifted', ['time', 'status'], (days, status) => days + (status === 0 ? 0.5 : 0))
  const sex = table.columns.find(({ name }) => name === 'sex')!
  const values = sex.values.map((index) => (sex.levels![index] === 'm' ? 1 : 0))
  return withColumn(table, { name: 'male', kind: 'number', unit: null, levels: null, values })
}
const table = made()
const { x, rows } = completeCases(table, golden.features, ['time', 'status'])
const outcomeOf = (time: string): Extract<Outcome, { task: 'survival' }> => {
  const [times, status] = [valuesOf(table, time), valuesOf(table, 'status')]
  return {
    task: 'survival',
    time: Float64Array.from(rows, (row) => times[row]),
    event: Uint8Array.from(rows, (row) => (status[row] === 2 ? 1 : 0)),
    competing: Uint8Array.from(rows, (row) => (status[row] === 1 ? 1 : 0)),
  }
}
const patients = takeMatrixRows(
  x,
  golden.patients.map((patient) => patient - 1),
)
const loaded = async (learner: Learner, result: Awaited<ReturnType<Learner['fit']>>) =>
  learner.load(decodeArtifact(encodeArtifact(result.state)))
const columnOf = (result: Awaited<ReturnType<Learner['fit']>>, key: 'estimate' | 'standardError') =>
  result.fit!.coefficients.map((line) => line[key] ?? Number.NaN)

for (const [name, expected] of Object.entries(golden.fineGray)) {
  test(`a subdistribution hazard ratio, its error and the risk it gives are crr's to ten digits: ${name}`, async () => {
    const outcome = outcomeOf(expected.time)
    const result = await fineGray.fit(x, outcome, { ties: 'breslow', l2: 0 }, quietContext)
    expect(relativeDifference(columnOf(result, 'estimate'), expected.estimate)).toBeLessThan(1e-10)
    expect(relativeDifference(columnOf(result, 'standardError'), expected.error)).toBeLessThan(1e-10)
    expect(result.fit?.logLikelihood).toBeCloseTo(expected.logLikelihood, 9)
    expect(result.fit?.nullLogLikelihood).toBeCloseTo(expected.nullLogLikelihood, 9)
    const predictor = await loaded(fineGray, result)
    const spared = survivalPredictor(predictor).survival(patients, expected.at)
    golden.patients.forEach((_, patient) => {
      const own = expected.at.map((_, t) => 1 - spared[patient * expected.at.length + t])
      const theirs = expected.at.map((_, t) => expected.incidence[t][patient])
      expect(relativeDifference(own, theirs)).toBeLessThan(1e-9)
    })
  })
}

test('where no censoring ties with an event, both ways of ties agree with weighted coxph on finegray rows', async () => {
  const expected = golden.fineGray.shifted
  for (const ties of ['breslow', 'efron'] as const) {
    const result = await fineGray.fit(x, outcomeOf('shifted'), { ties, l2: 0 }, quietContext)
    expect(relativeDifference(columnOf(result, 'estimate'), expected[ties].estimate)).toBeLessThan(1e-8)
    expect(result.fit?.logLikelihood).toBeCloseTo(expected[ties].logLikelihood, 7)
    expect(result.fit?.nullLogLikelihood).toBeCloseTo(expected[ties].nullLogLikelihood, 7)
  }
})

test("the risk a doctor reads is riskRegression's FGR", async () => {
  const result = await fineGray.fit(x, outcomeOf('time'), { ties: 'breslow', l2: 0 }, quietContext)
  const predictor = await loaded(fineGray, result)
  const spared = survivalPredictor(predictor).survival(patients, golden.fineGray.days.at)
  const own = golden.patients.flatMap((_, patient) =>
    golden.fineGray.days.at.map((_, t) => 1 - spared[patient * 5 + t]),
  )
  const theirs = golden.patients.flatMap((_, patient) => golden.fgr.map((line) => line[patient]))
  // FGR stops iterating at a looser tolerance.
  expect(relativeDifference(own, theirs)).toBeLessThan(1e-6)
})

for (const [name, expected] of Object.entries(golden.causeSpecific))
  test(`two cause-specific models join to the incidence of riskRegression's CSC: ${name}`, async () => {
    const result = await competingCox.fit(
      x,
      outcomeOf(expected.time),
      { ties: 'efron', l2: 0, variance: 'model' },
      quietContext,
    )
    const [event, competing] = [expected.estimate['Cause 1'], expected.estimate['Cause 2']]
    expect(relativeDifference(columnOf(result, 'estimate'), [...event, ...competing])).toBeLessThan(1e-8)
    const predictor = await loaded(competingCox, result)
    const spared = survivalPredictor(predictor).survival(patients, expected.at)
    golden.patients.forEach((_, patient) => {
      // Patient 1 is so ill that R's increments exceed 1 and its risks with them; here they stop at what is left.
      const own = expected.at.map((_, t) => 1 - spared[patient * expected.at.length + t])
      const theirs = expected.at.map((_, t) => expected.incidence[t][patient])
      if (patient === 0) expect(Math.max(...own)).toBeLessThanOrEqual(1)
      else expect(relativeDifference(own, theirs)).toBeLessThan(1e-8)
    })
  })

test('without a single competing event both are Cox regression, and without the word they refuse', async () => {
  const outcome = { ...outcomeOf('time'), competing: new Uint8Array(rows.length) }
  const plain = await cox.fit(x, outcome, { ties: 'breslow', l2: 0, variance: 'model' }, quietContext)
  const expected = survivalPredictor(await loaded(cox, plain)).survival(patients, golden.fineGray.days.at)
  const gray = await fineGray.fit(x, outcome, { ties: 'breslow', l2: 0 }, quietContext)
  expect(
    relativeDifference(
      survivalPredictor(await loaded(fineGray, gray)).survival(patients, golden.fineGray.days.at),
      expected,
    ),
  ).toBeLessThan(1e-10)
  const both = await competingCox.fit(x, outcome, { ties: 'breslow', l2: 0, variance: 'model' }, quietContext)
  expect(columnOf(both, 'estimate')).toEqual(columnOf(plain, 'estimate'))
  for (const learner of [fineGray, competingCox])
    await expect(
      learner.fit(x, { ...outcome, competing: undefined }, { ties: 'breslow', l2: 0 }, quietContext),
    ).rejects.toMatchObject({ failure: { reason: 'competingNeeded' } })
})

test('a risk under competing events is never more than everyone, however ill the patient', async () => {
  const extreme = { ...patients, data: patients.data.map((value, i) => (Math.floor(i / 4) === 2 ? value + 6 : value)) }
  for (const learner of [fineGray, competingCox]) {
    const result = await learner.fit(x, outcomeOf('time'), { ties: 'breslow', l2: 0, variance: 'model' }, quietContext)
    const spared = survivalPredictor(await loaded(learner, result)).survival(extreme, [10, 500, 4000])
    expect(spared.every((value) => value >= 0 && value <= 1)).toBe(true)
  }
})
