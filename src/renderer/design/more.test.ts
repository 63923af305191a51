import { expect, test } from 'vitest'
import { StudyDesignSchema } from '../../contract/design.ts'
import { learnerInputs } from '../../contract/models.ts'
import type { Concept } from '../../contract/values.ts'
import type { Summary } from '../parts/suggest.ts'
import { designOf, draftFor, faultsOf, outcomeColumns } from './draft.ts'
import { groupsOf } from './learner/learnerGroups.ts'
import { keptMore } from './more.ts'

const column = (name: string, rest: Partial<Concept> = {}, counts: Record<string, number> | null = null): Summary => ({
  concept: {
    name,
    label: { en: name },
    kind: 'number',
    role: 'observation',
    unit: null,
    plausible: null,
    reference: null,
    levels: null,
    coding: [],
    modifiable: false,
    description: null,
    ...rest,
  },
  known: 418,
  missing: 0,
  quantiles: null,
  counts: counts ? Object.entries(counts).map(([value, count]) => ({ value, count })) : null,
})
const pbc = [
  column('time', { role: 'outcomeTime', unit: 'd' }),
  column('status', { role: 'outcomeEvent', kind: 'integer' }, { '0': 232, '1': 25, '2': 161 }),
  column('bili'),
  column('age'),
  column('sex', { kind: 'category', role: 'sex' }, { f: 374, m: 44 }),
  column('weight'),
]
const learners = [{ id: 'cox', tasks: ['survival'] as const, comparator: ['survival'] as const }]
const cox = { reads: ['entry', 'strata', 'terms'] as const, requires: [] }
const start = () => draftFor(pbc, learners)

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

test('a column of weights or strata is not learned from', () => {
  expect(outcomeColumns({ ...start(), weights: 'weight', strata: 'sex' })).toEqual(['time', 'status', 'weight', 'sex'])
  expect(outcomeColumns({ ...start(), task: 'diagnosis', target: 'status', strata: 'sex' })).toEqual(['status'])
})

test('what the chosen learner cannot read is not sent to be refused', () => {
  const draft = { ...start(), splines: [{ column: 'bili', knots: 4 }], channels: ['bili'] }
  const design = designOf(draft, 'pbc', [], { reads: [], requires: [] })
  expect(design).not.toHaveProperty('terms')
  expect(design).not.toHaveProperty('sequences')
})

test('half a condition is told, not dropped: a forgotten eligibility rule is another population', () => {
  const faulty = (filter: { column: string | null; op: '=' | '<'; value: string }) =>
    faultsOf({ ...start(), filters: [filter] }, pbc)
  expect(faulty({ column: null, op: '=', value: 'f' })).toEqual(['filters'])
  expect(faulty({ column: 'age', op: '<', value: '' })).toEqual(['filters'])
  expect(faulty({ column: 'age', op: '<', value: 'old' })).toEqual(['filters'])
  expect(faulty({ column: 'sex', op: '<', value: '3' })).toEqual(['filters'])
  expect(faulty({ column: 'age', op: '<', value: '80' })).toEqual([])
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
  expect(keptMore(draft)).toMatchObject({ filters })
  expect(keptMore(draft)).not.toHaveProperty('strata')
})

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
