import { expect, test } from 'vitest'
import { derived, sampleTable, valuesOf } from '../../../../test/golden/sampleTable.ts'
import { StudyDesignSchema } from '../../../contract/design.ts'
import { applyPreparation, fitPreparation } from '../../cohort/prepare/prepare.ts'
import type { Table } from '../../cohort/table.ts'
import type { Learner } from '../../learn/learner.ts'
import { cox } from '../../learn/survival/cox.ts'
import { defineCases, featuresOf } from './cases.ts'
import { refuseUnread, unreadWarnings } from './survivalNeeds.ts'

const pbc = sampleTable('pbc', 'id')
const event = { column: 'status', values: ['2'] }
const designOf = (over: object) =>
  StudyDesignSchema.parse({ study: 's', learner: 'cox', outcome: { task: 'survival', time: 'time', event, ...over } })
const outcomeOf = (table: Table, over: object) => {
  const { outcome, flow, rows } = defineCases(table, designOf(over), [])
  if (outcome.task !== 'survival') throw new TypeError('not survival')
  return { outcome, flow, rows }
}
const reasonOf = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    return (error as { failure?: { reason: string } }).failure?.reason ?? String(error)
  }
  return 'nothing was refused'
}

test('a design written before competing events were known means what it meant, to the letter', () => {
  const design = designOf({})
  expect(Object.keys(design.outcome)).toEqual(['task', 'time', 'timeUnit', 'event'])
  const { outcome } = outcomeOf(pbc, {})
  expect(Object.keys(outcome)).toEqual(['task', 'time', 'event'])
})

test('a transplant is neither a death nor the end of follow-up without a reason', () => {
  const { outcome } = outcomeOf(pbc, { competing: { values: ['1'] } })
  const status = valuesOf(pbc, 'status')
  expect(Array.from(outcome.event)).toEqual(Array.from(status, (value) => (value === 2 ? 1 : 0)))
  expect(Array.from(outcome.competing!)).toEqual(Array.from(status, (value) => (value === 1 ? 1 : 0)))
})

test('a competing event in a column of its own yields to the event, and may be unrecorded where the event was seen', () => {
  const made = derived(pbc, 'transplant', ['status'], (status) => (status === 1 ? 1 : status === 2 ? Number.NaN : 0))
  const { outcome, rows } = outcomeOf(made, { competing: { column: 'transplant', values: ['1'] } })
  expect(rows.length).toBe(418)
  expect(outcome.competing!.reduce((sum, one) => sum + one, 0)).toBe(25)
  const both = derived(pbc, 'transplant', ['status'], (status) => (status > 0 ? 1 : 0))
  const other = outcomeOf(both, { competing: { column: 'transplant', values: ['1'] } }).outcome
  expect(Array.from(other.competing!)).toEqual(Array.from(outcome.competing!))
})

test('one value cannot be the event and compete with it', () => {
  expect(reasonOf(() => outcomeOf(pbc, { competing: { values: ['1', '2'] } }))).toBe('eventAndCompeting')
})

test('a row that would be under observation for no time at all is refused by its number, not dropped in silence', () => {
  const visits = sampleTable('pbcseq', 'id')
  const stopped = derived(visits, 'stop', ['day', 'futime'], (day, end) => Math.min(day + 100, end))
  const design = { time: 'stop', entry: 'day' }
  const { outcome } = outcomeOf(stopped, design)
  expect(Array.from(outcome.entry!)).toEqual(Array.from(valuesOf(visits, 'day')))
  expect(outcome.cluster?.length).toBe(visits.rows)
  const broken = derived(stopped, 'stop', ['day', 'futime'], (day, end) => (day === 0 ? 0 : Math.min(day + 100, end)))
  expect(reasonOf(() => outcomeOf(broken, design))).toBe('entryAfterTime')
})

test('strata and times of the outcome never become features', () => {
  const concepts = pbc.columns.map(({ name, kind }) => ({
    name,
    label: { en: name },
    kind,
    role: 'observation' as const,
    unit: null,
    plausible: null,
    reference: null,
    levels: null,
    coding: [],
    modifiable: false,
    description: null,
  }))
  const design = designOf({ strata: 'stage', entry: 'age', competing: { column: 'spiders', values: ['1'] } })
  const features = featuresOf(design, concepts)
  for (const name of ['stage', 'age', 'spiders', 'time', 'status']) expect(features).not.toContain(name)
  expect(features).toContain('bili')
})

test('a stratum that no training row had gets no prediction by another one’s curve', () => {
  const rows = Array.from({ length: 418 }, (_, row) => row)
  const stage = valuesOf(pbc, 'stage')
  const training = rows.filter((row) => stage[row] !== 4)
  const preparation = fitPreparation(pbc, training, ['age', 'bili'], {
    missing: 'median',
    needs: cox.needs,
    strata: 'stage',
  })
  expect(preparation.strata?.levels).toEqual(['1', '2', '3'])
  const fitted = applyPreparation(preparation, pbc, rows)
  expect(fitted.matrix.rows).toBe(rows.filter((row) => stage[row] < 4).length)
  expect(Array.from(fitted.dropped)).toEqual(rows.filter((row) => !(stage[row] < 4)))
  expect(Array.from(fitted.rows, (row) => stage[row] - 1)).toEqual(Array.from(fitted.matrix.strata!))
  const asked = applyPreparation(preparation, pbc, rows, 'predict')
  expect(Array.from(asked.matrix.strata!)).toEqual(rows.map((row) => (stage[row] < 4 ? stage[row] - 1 : -1)))
})

test('a learner that would misread late entry or strata refuses, and says who competing events are censored for', () => {
  const blind: Learner = {
    ...cox,
    id: 'blind',
    needs: { ...cox.needs, entry: undefined, strata: undefined, competing: undefined },
  }
  const refused = (over: object, learner = blind) => reasonOf(() => refuseUnread(learner, designOf(over).outcome))
  expect(refused({ entry: 'age' })).toBe('entryNotRead')
  expect(refused({ strata: 'stage' })).toBe('strataNotRead')
  expect(refused({}, { ...blind, needs: { ...blind.needs, competing: 'required' } })).toBe('competingNeeded')
  expect(refused({ competing: { values: ['1'] } })).toBe('nothing was refused')
  const [warning] = unreadWarnings(blind, outcomeOf(pbc, { competing: { values: ['1'] } }).outcome)
  expect(warning).toMatchObject({ reason: 'competingCensored', message: expect.stringContaining('25') })
})
