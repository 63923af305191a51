import { expect, test } from 'vitest'
import { pbc, start } from '../../../test/fixtures/draft.ts'
import { StudyDesignSchema } from '../../contract/design.ts'
import { learnerInputs } from '../../contract/models.ts'
import { designOf, draftFor, faultsOf, keptOf } from './draft.ts'

const cox = { reads: ['entry', 'strata', 'terms'] as const, requires: [] }

test('the form starts from what the dictionary says, and is a valid design as it stands', () => {
  const draft = draftFor(pbc, [
    { id: 'forest', tasks: ['diagnosis', 'survival'], comparator: [] },
    { id: 'cox', tasks: ['survival'], comparator: ['survival'] },
  ])
  expect(faultsOf(draft, pbc)).toEqual([])
  const design = StudyDesignSchema.parse(designOf(draft, 'pbc', []))
  expect(design.outcome).toEqual({
    task: 'survival',
    time: 'time',
    timeUnit: 'days',
    event: { column: 'status', values: ['2'] },
  })
  expect(design.learner).toBe('cox')
})

test('a design that asks for nothing more says nothing more, so that it stays comparable with earlier ones', () => {
  const design = designOf(start(), 'pbc', [], { reads: [...learnerInputs], requires: [] })
  expect(Object.keys(design)).not.toContain('weights')
  expect(design).toMatchObject({ filters: [], preparation: { missing: null } })
  expect(Object.keys(design.preparation ?? {})).toEqual(['missing'])
  for (const name of ['tuning', 'terms', 'summaries', 'sequences', 'grids']) expect(design).not.toHaveProperty(name)
})

test('all that was asked for stands in the design as the core reads it', () => {
  const draft = {
    ...start(),
    filters: [
      { column: 'age', op: '>=' as const, value: '18' },
      { column: 'sex', op: '=' as const, value: 'f' },
      { column: 'bili', op: 'known' as const, value: 'left over' },
    ],
    weights: 'weight',
    competingValues: ['1'],
    strata: 'sex',
    splines: [{ column: 'bili', knots: 5 }],
    interactions: [['bili', 'age']] as [string | null, string | null][],
  }
  draft.preparation = { ...draft.preparation, transform: 'robust', transforms: { bili: 'log' }, winsorise: 0.01 }
  draft.tuning = { ...draft.tuning, method: 'random', trials: 40, space: { l2: { low: 0.01, high: 10, log: true } } }
  expect(faultsOf(draft, pbc, cox)).toEqual([])
  expect(StudyDesignSchema.parse(designOf(draft, 'pbc', [], cox))).toMatchObject({
    filters: [
      { column: 'age', op: '>=', value: 18 },
      { column: 'sex', op: '=', value: 'f' },
      { column: 'bili', op: 'known', value: null },
    ],
    outcome: { event: { column: 'status', values: ['2'] }, competing: { values: ['1'] }, strata: 'sex' },
    weights: 'weight',
    preparation: { transform: 'robust', transforms: { bili: 'log' }, winsorise: 0.01, balance: 'none' },
    terms: { splines: [{ column: 'bili', knots: 5 }], interactions: [['bili', 'age']] },
    tuning: { method: 'random', trials: 40, folds: 5, space: { l2: { low: 0.01, high: 10, log: true } } },
  })
})

test('what the chosen learner cannot read is not sent to be refused', () => {
  const draft = { ...start(), splines: [{ column: 'bili', knots: 4 }], channels: ['bili'] }
  const design = designOf(draft, 'pbc', [], { reads: [], requires: [] })
  expect(design).not.toHaveProperty('terms')
  expect(design).not.toHaveProperty('sequences')
})

test('a learner is not started without what it cannot do without', () => {
  const needs = (input: 'sequences' | 'competing') => ({ reads: [input], requires: [input] })
  expect(faultsOf(start(), pbc, needs('sequences'))).toEqual(['channels'])
  expect(faultsOf(start(), pbc, needs('competing'))).toEqual(['competing'])
  expect(
    faultsOf({ ...start(), channels: ['bili'], excluded: ['bili', 'age', 'sex', 'weight'] }, pbc, needs('sequences')),
  ).toEqual([])
})

test('another question keeps the cases and forgets the outcome', () => {
  const filters = [{ column: 'age', op: '<' as const, value: '80' }]
  const draft = { ...start(), filters, strata: 'sex', competingValues: ['1'] }
  expect(keptOf(draft)).toMatchObject({ filters })
  expect(keptOf(draft)).not.toHaveProperty('strata')
})
