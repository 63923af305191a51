import { expect, test } from 'vitest'
import { pbc, start } from '../../../../test/fixtures/draft.ts'
import { faultsOf } from '../draft.ts'

test('a model without a single feature cannot be sent', () => {
  expect(faultsOf({ ...start(), excluded: ['bili', 'age', 'sex', 'weight'] }, pbc)).toEqual(['features'])
})
