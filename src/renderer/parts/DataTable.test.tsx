import { MantineProvider } from '@mantine/core'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, test } from 'vitest'
import { DataTable, type Direction } from './DataTable.tsx'

interface Model {
  id: number
  name: string
  value: number | null
}

/** Ids of the rows as they stand on the page. */
const shown = (rows: Model[], column: 'name' | 'value', direction: Direction) => {
  const page = renderToStaticMarkup(
    <MantineProvider>
      <DataTable
        rows={rows}
        name={({ id }) => String(id)}
        first={{ column, direction }}
        columns={[
          { id: 'id', head: 'Id', cell: ({ id }) => `id ${id}` },
          { id: 'name', head: 'Name', cell: ({ name }) => name, sort: ({ name }) => name },
          { id: 'value', head: 'Value', cell: ({ value }) => value, sort: ({ value }) => value, number: true },
        ]}
      />
    </MantineProvider>,
  )
  return { page, ids: [...page.matchAll(/>id (\d+)</g)].map(([, id]) => Number(id)) }
}
const model = (id: number, value: number | null, name = '') => ({ id, name, value })

test('models without a figure never lead the list, in either direction', () => {
  const rows = [model(1, null), model(2, 0.7), model(3, 0.9)]
  expect(shown(rows, 'value', 'descending').ids).toEqual([3, 2, 1])
  expect(shown(rows, 'value', 'ascending').ids).toEqual([2, 3, 1])
})

test('names sort as people count: model 2 before model 10', () => {
  expect(shown([model(1, 0, 'model 10'), model(2, 0, 'model 2')], 'name', 'ascending').ids).toEqual([2, 1])
})

test('equal rows keep their order', () => {
  expect(shown([model(1, 5), model(2, 5)], 'value', 'descending').ids).toEqual([1, 2])
})

test('a column that sorts says so to who cannot see its arrow, and one that does not has no button', () => {
  const { page } = shown([model(1, 5)], 'value', 'descending')
  expect(page.match(/aria-sort="descending"/g)).toHaveLength(1)
  expect(page.match(/<button/g)).toHaveLength(2)
})
