import { expect, test } from 'vitest'
import { start } from '../../../../test/fixtures/draft.ts'
import { designOf } from '../draft.ts'

test('only parameters that were changed go into the design, so that defaults stay comparable', () => {
  const parameter = (name: string, value: number) => ({
    name,
    label: { en: name },
    description: { en: name },
    type: 'integer' as const,
    default: value,
    min: null,
    max: null,
    choices: null,
  })
  const draft = { ...start(), parameters: { nTrees: 100, maxDepth: 3, stale: 1 } }
  expect(designOf(draft, 'pbc', [parameter('nTrees', 100), parameter('maxDepth', 5)]).parameters).toEqual({
    maxDepth: 3,
  })
})
