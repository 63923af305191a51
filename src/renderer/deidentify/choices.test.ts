import { expect, test } from 'vitest'
import { firstChoices, mayAsk, type ReportColumn, sameChoices, withTurned } from './choices.ts'

const column = (change: Partial<ReportColumn>): ReportColumn => ({
  column: 'age',
  kind: 'number',
  in: 'cases',
  treatment: 'kept',
  paragraph: null,
  why: { text: 'export:why.noIdentifier' },
  suspected: false,
  look: [],
  ...change,
})
const choices = firstChoices('pbc')

test('a report seen for other choices is no leave to write, and the order of names is no other choice', () => {
  const asked = { ...choices, drop: ['a', 'b'], quasi: ['sex', 'age'] }
  expect(sameChoices(asked, { ...asked, drop: ['b', 'a'], quasi: ['age', 'sex'] })).toBe(true)
  expect(sameChoices(asked, { ...asked, drop: ['a'] })).toBe(false)
  expect(sameChoices(asked, { ...asked, quasi: null })).toBe(false)
  expect(sameChoices(asked, { ...asked, key: 'registry' })).toBe(false)
  expect(sameChoices(asked, { ...asked, minimumK: 5 })).toBe(false)
})

test('nobody is offered to keep what must not leave, and everything that leaves can be left out', () => {
  expect(mayAsk(column({ treatment: 'dropped', paragraph: 'A' }), choices)).toBeNull()
  expect(mayAsk(column({ treatment: 'dropped', suspected: true }), choices)).toBe('keep')
  expect(mayAsk(column({ suspected: true }), { ...choices, keep: ['age'] })).toBe('keep')
  expect(mayAsk(column({}), choices)).toBe('drop')
  expect(mayAsk(column({ treatment: 'dropped' }), { ...choices, drop: ['age'] })).toBe('drop')
})

test('a column that is left out is no longer asked of the classes, where it would be refused', () => {
  const asked = { ...choices, quasi: ['age', 'sex'], sensitive: 'age' }
  expect(withTurned(asked, 'drop', 'age')).toMatchObject({ drop: ['age'], quasi: ['sex'], sensitive: null })
  expect(withTurned(withTurned(choices, 'keep', 'mrn'), 'keep', 'mrn').keep).toEqual([])
})
