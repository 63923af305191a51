import { expect, test } from 'vitest'
import type { Concept } from '../../contract/values.ts'
import { candidates, perTerm, type Summary, suggestEvents, suggestTask, termsOf } from './suggest.ts'

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
  column('id', { role: 'patientKey' }),
  column('time', { role: 'outcomeTime' }),
  column(
    'status',
    {
      role: 'outcomeEvent',
      kind: 'integer',
      levels: [
        { code: '0', label: { en: 'censored' } },
        { code: '1', label: { en: 'transplant' } },
        { code: '2', label: { en: 'death' } },
      ],
    },
    { '0': 232, '1': 25, '2': 161 },
  ),
  column('bili'),
  column('edema', { kind: 'category' }, { '0': 354, '0.5': 44, '1': 20 }),
  column('note', { kind: 'text' }),
]

test('neither the patient key nor the outcome is offered as something to learn from', () => {
  expect(candidates(pbc, ['time', 'status']).map(({ concept }) => concept.name)).toEqual(['bili', 'edema'])
})

test('a transplant is not counted as a death', () => {
  expect(suggestEvents(pbc[2]!)).toEqual(['2'])
})

test('being without recurrence is not counted as a recurrence', () => {
  const status = column(
    'status',
    {
      kind: 'integer',
      levels: [
        { code: '0', label: { en: 'alive without recurrence', zh: '无复发存活' } },
        { code: '1', label: { en: 'recurrence or death', zh: '复发或死亡' } },
      ],
    },
    { '0': 387, '1': 299 },
  )
  expect(suggestEvents(status)).toEqual(['1'])
})

test('unlabelled codes: the highest is taken for the event', () => {
  expect(suggestEvents(column('status', { kind: 'integer' }, { '1': 63, '2': 165 }))).toEqual(['2'])
  expect(suggestEvents(column('status', { kind: 'boolean' }, { false: 10, true: 5 }))).toEqual(['true'])
})

test('a study with time and event suggests survival', () => {
  expect(suggestTask(pbc)).toBe('survival')
  expect(suggestTask([column('class', { role: 'outcome', kind: 'category' }, { benign: 458, malignant: 241 })])).toBe(
    'diagnosis',
  )
})

test('a category counts as many terms as it brings to the model', () => {
  expect(termsOf(pbc[4]!)).toBe(2)
  expect(termsOf(pbc[3]!)).toBe(1)
})

test('too few events per term are called so before training', () => {
  expect(perTerm(161, 17)).toEqual({ ratio: 161 / 17, verdict: 'fail' })
  expect(perTerm(400, 20).verdict).toBe('pass')
  expect(perTerm(null, 20).verdict).toBe('unknown')
})
