import { expect, test } from 'vitest'
import { groupsOf } from './learnerGroups.ts'

test('every learner stands in the group of its family, in the order of what can be read off', () => {
  const learners = [
    { id: 'net', family: 'nets' as const },
    { id: 'something new', family: 'regression' as const },
    { id: 'cox', family: 'regression' as const },
    { id: 'stack', family: 'together' as const },
  ]
  expect(groupsOf(learners).map(({ group, learners: own }) => [group, own.map(({ id }) => id)])).toEqual([
    ['regression', ['something new', 'cox']],
    ['nets', ['net']],
    ['together', ['stack']],
  ])
})
