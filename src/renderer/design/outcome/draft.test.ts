import { expect, test } from 'vitest'
import { pbc, start } from '../../../../test/fixtures/draft.ts'
import { designOf, faultsOf } from '../draft.ts'
import { eventsOf, horizonsOf, outcomeColumns } from './draft.ts'

test('a column of weights or strata is not learned from', () => {
  expect(outcomeColumns({ ...start(), weights: 'weight', strata: 'sex' })).toEqual(['time', 'status', 'weight', 'sex'])
  expect(outcomeColumns({ ...start(), task: 'diagnosis', target: 'status', strata: 'sex' })).toEqual(['status'])
})

test('horizons are read with any separator, and nonsense is refused rather than dropped', () => {
  expect(horizonsOf('365.25, 1095.75；1826.25')).toEqual([365.25, 1095.75, 1826.25])
  expect(horizonsOf('')).toEqual([])
  expect(horizonsOf('365, soon')).toBeNull()
  expect(horizonsOf('-1')).toBeNull()
})

test('events are counted among the rows that are learned from', () => {
  expect(eventsOf({ ...start(), test: 0 }, pbc, 418)).toBe(161)
  expect(eventsOf({ ...start(), test: 0.25 }, pbc, 418)).toBe(121)
})

test('competing events, late entry and strata reach the design, and strata are no feature', () => {
  const draft = {
    ...start(),
    competingValues: ['1'],
    entry: 'age',
    strata: 'stage',
  }
  expect(designOf(draft, 'pbc', []).outcome).toMatchObject({
    competing: { values: ['1'] },
    entry: 'age',
    strata: 'stage',
  })
  expect(outcomeColumns(draft)).toEqual(expect.arrayContaining(['age', 'stage']))
})

test('an event without a value cannot be sent', () => {
  expect(faultsOf({ ...start(), eventValues: [] }, pbc)).toEqual(['eventValues'])
})
