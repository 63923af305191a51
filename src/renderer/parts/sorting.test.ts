import { expect, test } from 'vitest'
import { sortRows } from './sorting.tsx'

test('models without a figure never lead the list, in either direction', () => {
  const rows = [{ value: null }, { value: 0.7 }, { value: 0.9 }]
  expect(sortRows(rows, (row) => row.value, 'descending').map((row) => row.value)).toEqual([0.9, 0.7, null])
  expect(sortRows(rows, (row) => row.value, 'ascending').map((row) => row.value)).toEqual([0.7, 0.9, null])
})

test('names sort as people count: model 2 before model 10', () => {
  expect(sortRows(['model 10', 'model 2'], (row) => row, 'ascending')).toEqual(['model 2', 'model 10'])
})

test('equal rows keep their order', () => {
  const rows = [
    { id: 1, value: 5 },
    { id: 2, value: 5 },
  ]
  expect(sortRows(rows, (row) => row.value, 'descending').map((row) => row.id)).toEqual([1, 2])
})
