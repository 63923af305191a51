import { Table } from '@mantine/core'
import { IconArrowDown, IconArrowsSort, IconArrowUp } from '@tabler/icons-react'
import { type ReactNode, useMemo, useState } from 'react'
import classes from './models.module.css'

export type Direction = 'ascending' | 'descending'
export type SortValue = string | number | null

/** Rows in the order of one column; what has no value comes last whatever the direction. */
export const sortRows = <Row,>(
  rows: readonly Row[],
  valueIn: (row: Row) => SortValue,
  direction: Direction,
  locale?: string,
): Row[] => {
  const collator = new Intl.Collator(locale, { numeric: true })
  const sign = direction === 'ascending' ? 1 : -1
  return rows
    .map((row, index) => ({ row, index, value: valueIn(row) }))
    .sort((left, right) => {
      if (left.value === null || right.value === null) {
        if (left.value === right.value) return left.index - right.index
        return left.value === null ? 1 : -1
      }
      const order =
        typeof left.value === 'number' && typeof right.value === 'number'
          ? left.value - right.value
          : collator.compare(String(left.value), String(right.value))
      return sign * order || left.index - right.index
    })
    .map(({ row }) => row)
}

export const useSorting = <Row, Column extends string>(
  rows: readonly Row[],
  values: Record<Column, (row: Row) => SortValue>,
  first: { column: NoInfer<Column>; direction: Direction } | null = null,
) => {
  const [by, setBy] = useState<{ column: Column; direction: Direction } | null>(first)
  const sorted = useMemo(() => (by ? sortRows(rows, values[by.column], by.direction) : [...rows]), [rows, values, by])
  const toggle = (column: Column) =>
    setBy(
      by?.column === column && by.direction === 'descending'
        ? { column, direction: 'ascending' }
        : { column, direction: by?.column === column ? 'descending' : 'ascending' },
    )
  return { sorted, by, toggle }
}

/** A column head that sorts: a button, and aria-sort for who cannot see the arrow. */
export const SortHead = <Column extends string>({
  column,
  by,
  onSort,
  children,
  right = false,
}: {
  column: Column
  by: { column: Column; direction: Direction } | null
  onSort: (column: Column) => void
  children: ReactNode
  right?: boolean
}) => {
  const active = by?.column === column
  const Icon = !active ? IconArrowsSort : by.direction === 'ascending' ? IconArrowUp : IconArrowDown
  return (
    <Table.Th
      className={classes.sortable}
      ta={right ? 'right' : undefined}
      aria-sort={active ? by.direction : undefined}
    >
      <button type="button" onClick={() => onSort(column)}>
        {children}
        <Icon size={13} opacity={active ? 1 : 0.35} aria-hidden />
      </button>
    </Table.Th>
  )
}
