import { expect, test } from 'vitest'
import { pbc, start } from '../../../../test/fixtures/draft.ts'
import { faultsOf } from '../draft.ts'

test('half a condition is told, not dropped: a forgotten eligibility rule is another population', () => {
  const faulty = (filter: { column: string | null; op: '=' | '<'; value: string }) =>
    faultsOf({ ...start(), filters: [filter] }, pbc)
  expect(faulty({ column: null, op: '=', value: 'f' })).toEqual(['filters'])
  expect(faulty({ column: 'age', op: '<', value: '' })).toEqual(['filters'])
  expect(faulty({ column: 'age', op: '<', value: 'old' })).toEqual(['filters'])
  expect(faulty({ column: 'sex', op: '<', value: '3' })).toEqual(['filters'])
  expect(faulty({ column: 'age', op: '<', value: '80' })).toEqual([])
})
