import { Table, type TableProps, type TableTdProps } from '@mantine/core'
import { IconArrowDown, IconArrowsSort, IconArrowUp } from '@tabler/icons-react'
import { createSortedRowModel, rowSortingFeature, type SortFn, tableFeatures, useTable } from '@tanstack/react-table'
import type { ReactNode } from 'react'
import classes from './DataTable.module.css'
import { ScrollSection, ScrollX } from './ScrollX.tsx'

export type SortValue = string | number | null
export type Direction = 'ascending' | 'descending'

/** A column of a table: its head, and what stands in it for a row. */
export interface Column<Row> {
  id: string
  head: ReactNode
  cell: (row: Row) => ReactNode
  /** What the table is sorted by; a column without it has no button to sort. */
  sort?: (row: Row) => SortValue
  /** Numbers stand at the right, with digits of one width. */
  number?: boolean
  /** Names the row for those who hear the table. */
  heads?: boolean
  /** Of its head, in pixels. */
  width?: number
  /** Of its cells. */
  props?: Pick<TableTdProps, 'miw' | 'maw' | 'ta' | 'className' | 'style'>
}

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() })

const collator = new Intl.Collator(undefined, { numeric: true })

// biome-ignore lint/suspicious/noExplicitAny: one order for rows of any kind
const byValue: SortFn<typeof features, any> = (left, right, column) => {
  const a = left.getValue<string | number>(column)
  const b = right.getValue<string | number>(column)
  return typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b))
}

/**
 * A table that is sorted by its heads, upwards at first; what has no value comes last whatever the direction, and equal
 * rows keep their order. Wider than the page, it scrolls.
 */
export const DataTable = <Row extends object>({
  rows,
  columns,
  name,
  first,
  chosen,
  label,
  ...table
}: {
  rows: readonly Row[]
  /** A column that is `false` is left out. */
  columns: readonly (Column<Row> | false)[]
  /** Tells rows apart. */
  name: (row: Row) => string
  /** How it is sorted when it is opened; else as the rows come. */
  first?: { column: string; direction: Direction }
  chosen?: (row: Row) => boolean
  /** Names the region that scrolls, where it stands beside others. */
  label?: string
} & Omit<TableProps, 'children'>) => {
  const shown = columns.filter((column) => column !== false)
  const sorted = useTable<typeof features, Row>({
    features,
    data: rows as Row[],
    columns: shown.map(({ id, sort }) => ({
      id,
      // Undefined stands for no value here: it comes last in both directions.
      accessorFn: (row) => sort?.(row) ?? undefined,
      sortFn: byValue,
      sortUndefined: 'last',
      enableSorting: sort !== undefined,
    })),
    initialState: { sorting: first ? [{ id: first.column, desc: first.direction === 'descending' }] : [] },
    getRowId: name,
    sortDescFirst: false,
    enableSortingRemoval: false,
    enableMultiSort: false,
  })
  const shape = (
    <Table {...table}>
      <Table.Thead>
        <Table.Tr>
          {shown.map(({ id, head, sort, number, width }) => {
            const column = sorted.getColumn(id)
            return (
              <SortHead
                key={id}
                by={directions[String(column?.getIsSorted())]}
                {...(sort && column ? { onSort: () => column.toggleSorting() } : {})}
                right={number}
                width={width}
              >
                {head}
              </SortHead>
            )
          })}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {sorted.getRowModel().rows.map(({ id: row, original }) => (
          <Table.Tr key={row} className={chosen?.(original) ? classes.chosen : undefined}>
            {shown.map(({ id, cell, number, heads, props }) => {
              const its = { ...(number ? { ta: 'right' as const, className: 'tabular' } : {}), ...props }
              return heads ? (
                <Table.Th key={id} scope="row" fw={500} {...its}>
                  {cell(original)}
                </Table.Th>
              ) : (
                <Table.Td key={id} {...its}>
                  {cell(original)}
                </Table.Td>
              )
            })}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
  return label ? <ScrollSection label={label}>{shape}</ScrollSection> : <ScrollX>{shape}</ScrollX>
}

const directions: Record<string, Direction | undefined> = { asc: 'ascending', desc: 'descending' }

/** The head of a column: where it sorts a button, and aria-sort for those who cannot see the arrow. */
const SortHead = ({
  by,
  onSort,
  children,
  right = false,
  width,
}: {
  by: Direction | undefined
  onSort?: () => void
  children: ReactNode
  right?: boolean | undefined
  width?: number | undefined
}) => {
  const its = { ta: right ? ('right' as const) : undefined, w: width }
  if (!onSort) return <Table.Th {...its}>{children}</Table.Th>
  const Icon = !by ? IconArrowsSort : by === 'ascending' ? IconArrowUp : IconArrowDown
  return (
    <Table.Th className={classes.sortable} {...its} aria-sort={by}>
      <button type="button" onClick={onSort}>
        {children}
        <Icon size={13} opacity={by ? 1 : 0.35} aria-hidden />
      </button>
    </Table.Th>
  )
}
