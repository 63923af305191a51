import { expect, test } from 'vitest'
import { StudyDesignSchema } from '../../contract/design.ts'
import type { Concept } from '../../contract/values.ts'
import type { Summary } from '../parts/suggest.ts'
import { designOf, draftFor, eventsOf, faultsOf, horizonsOf, outcomeColumns } from './draft.ts'

const column = (name: string, rest: Partial<Concept>, counts: Record<string, number> | null = null): Summary => ({
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
  column('id', { role: 'patientKey', kind: 'integer' }),
  column('time', { role: 'outcomeTime', unit: 'd' }),
  column('status', { role: 'outcomeEvent', kind: 'integer' }, { '0': 232, '1': 25, '2': 161 }),
  column('bili', {}),
  column('age', {}),
]
const learners = [
  { id: 'forest', tasks: ['diagnosis', 'survival'] as const, comparator: [] },
  { id: 'cox', tasks: ['survival'] as const, comparator: ['survival'] as const },
]

test('the form starts from what the dictionary says, and is a valid design as it stands', () => {
  const draft = draftFor(pbc, learners)
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

test('an event without a value cannot be sent', () => {
  expect(faultsOf({ ...draftFor(pbc, learners), eventValues: [] }, pbc)).toEqual(['eventValues'])
})

test('a model without a single feature cannot be sent', () => {
  expect(faultsOf({ ...draftFor(pbc, learners), excluded: ['bili', 'age'] }, pbc)).toEqual(['features'])
})

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
  const draft = { ...draftFor(pbc, learners), parameters: { nTrees: 100, maxDepth: 3, stale: 1 } }
  expect(designOf(draft, 'pbc', [parameter('nTrees', 100), parameter('maxDepth', 5)]).parameters).toEqual({
    maxDepth: 3,
  })
})

test('horizons are read with any separator, and nonsense is refused rather than dropped', () => {
  expect(horizonsOf('365.25, 1095.75；1826.25')).toEqual([365.25, 1095.75, 1826.25])
  expect(horizonsOf('')).toEqual([])
  expect(horizonsOf('365, soon')).toBeNull()
  expect(horizonsOf('-1')).toBeNull()
})

test('events are counted among the rows that are learned from', () => {
  expect(eventsOf({ ...draftFor(pbc, learners), test: 0 }, pbc, 418)).toBe(161)
  expect(eventsOf({ ...draftFor(pbc, learners), test: 0.25 }, pbc, 418)).toBe(121)
})

test('competing events, late entry and strata reach the design, and strata are no feature', () => {
  const draft = {
    ...draftFor(pbc, learners),
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
