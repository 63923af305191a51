import { expect, test } from 'vitest'
import { auditSearchOf, filterOf, isFiltered, recordsOf } from './auditSearch.ts'

test('an address that was cut or written by hand asks for what it says and for nothing else', () => {
  expect(auditSearchOf({})).toEqual({})
  expect(
    auditSearchOf({ actor: ' Dr. Lin ', act: 7, from: 'yesterday', to: '2026-02-31x', before: '-3', tab: 'x' }),
  ).toEqual({ actor: 'Dr. Lin' })
  expect(auditSearchOf({ record: 'patient/17', from: '2026-03-01', before: 501, tab: 'proof' })).toEqual({
    record: 'patient/17',
    from: '2026-03-01',
    before: 501,
    tab: 'proof',
  })
})

test('a day is the day of whoever reads the log, whole', () => {
  const { from, to } = filterOf({ from: '2026-03-01', to: '2026-03-01' })
  const first = new Date(String(from))
  const last = new Date(String(to))
  expect([first.getFullYear(), first.getMonth(), first.getDate(), first.getHours()]).toEqual([2026, 2, 1, 0])
  expect(last.getTime() - first.getTime()).toBe(24 * 3_600_000 - 1)
})

test('the page and the open half are no filter', () => {
  expect(filterOf({ before: 12, tab: 'proof', outcome: 'failed' })).toEqual({ outcome: 'failed' })
  expect(isFiltered({ before: 12, tab: 'proof' })).toBe(false)
  expect(isFiltered({ to: '2026-03-01' })).toBe(true)
})

test('each record of an entry stands for itself', () => {
  expect(recordsOf('patient/17 model/3')).toEqual(['patient/17', 'model/3'])
  expect(recordsOf(null)).toEqual([])
})
