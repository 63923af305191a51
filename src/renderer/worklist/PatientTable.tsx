// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by hand, which table elements do not allow
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid keeps the focus and names its active row
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the grid answers Enter for its active row
import { Badge, Skeleton, Text } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useQueries } from '@tanstack/react-query'
import {
  columnVisibilityFeature,
  createColumnHelper,
  FlexRender,
  type Row,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { useVirtualizer, type VirtualItem } from '@tanstack/react-virtual'
import {
  type CSSProperties,
  type KeyboardEvent,
  type Ref,
  useId,
  useImperativeHandle,
  useMemo,
  useRef,
  useState,
} from 'react'
import type { PatientRow } from '../../contract/patients.ts'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../language/index.ts'
import { usePlace } from '../parts/place.tsx'
import classes from './PatientTable.module.css'
import { mostRows, moved, pageSize, pagesOf } from './pages.ts'

/** A row in sight: its place in the whole list, and the patient once read. */
interface Line {
  index: number
  patient: PatientRow | null
}

const features = tableFeatures({ columnVisibilityFeature })
const helper = createColumnHelper<typeof features, Line>()
const rowHeight = 46
/** Of the header row, which stays in place over the rows. */
const headHeight = 38

/**
 * The virtualised list. It is one stop for Tab; arrows, Page Up and Down, Home and End move the active row, Enter opens
 * it (the grid pattern of the ARIA practices, with aria-activedescendant because rows come and go while scrolling).
 */
export const PatientTable = ({
  query,
  study,
  total,
  ref,
}: {
  query: string
  study: string | null
  total: number
  ref?: Ref<HTMLDivElement>
}) => {
  const { t } = useTranslation('worklist')
  const place = usePlace()
  const id = useId()
  const scroller = useRef<HTMLDivElement>(null)
  useImperativeHandle(ref, () => scroller.current!, [])
  const [active, setActive] = useState(0)
  const shown = Math.min(total, mostRows(rowHeight))
  const virtualizer = useVirtualizer({
    count: shown,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    scrollMargin: headHeight,
    scrollPaddingStart: headHeight,
  })
  const items = virtualizer.getVirtualItems()
  const { at, failed, table, template } = useLines(query, study, items)
  const open = (index: number) => {
    const patient = at(index)
    if (patient) place.patient(patient.patient)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') {
      event.preventDefault()
      open(active)
      return
    }
    const visible = Math.max(1, Math.floor((scroller.current?.clientHeight ?? rowHeight) / rowHeight) - 2)
    const next = moved(event.key, active, shown, visible)
    if (next === active) return
    event.preventDefault()
    setActive(next)
    virtualizer.scrollToIndex(next, { align: 'auto' })
  }
  const rowId = (index: number) => `${id}-row-${index}`
  const rows = table.getRowModel().rows
  return (
    <>
      {failed && <FailureAlert error={failed.error} onRetry={() => void failed.refetch()} />}
      <div
        ref={scroller}
        className={classes.scroller}
        role="grid"
        aria-label={t('title')}
        aria-rowcount={shown + 1}
        aria-activedescendant={items.some((item) => item.index === active) ? rowId(active) : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        {table.getHeaderGroups().map((group) => (
          <div
            key={group.id}
            role="row"
            aria-rowindex={1}
            className={classes.head}
            style={{ gridTemplateColumns: template }}
          >
            {group.headers.map((header) => (
              <div key={header.id} role="columnheader" className={classes.cell} data-column={header.column.id}>
                <FlexRender header={header} />
              </div>
            ))}
          </div>
        ))}
        <div role="rowgroup" className={classes.body} style={{ height: virtualizer.getTotalSize() }}>
          {rows.map((row, position) => {
            const item = items[position]
            if (!item) return null
            return (
              <GridRow
                key={row.id}
                id={rowId(item.index)}
                row={row}
                active={item.index === active}
                style={{ gridTemplateColumns: template, transform: `translateY(${item.start - headHeight}px)` }}
                onOpen={() => {
                  setActive(item.index)
                  open(item.index)
                }}
              />
            )
          })}
        </div>
      </div>
      {shown < total && (
        <Text size="xs" c="dimmed">
          {t('narrow', { shown, total })}
        </Text>
      )}
    </>
  )
}

/** The rows in sight as a table, read page by page. */
const useLines = (query: string, study: string | null, items: readonly VirtualItem[]) => {
  const columns = useColumns()
  const medium = useMediaQuery('(min-width: 900px)', true)
  const broad = useMediaQuery('(min-width: 1250px)', true)
  const visibility = useMemo(
    () => ({ birthDate: medium, identifiers: medium, encounters: broad, studies: broad }),
    [medium, broad],
  )

  const pages = pagesOf(items[0]?.index ?? 0, items.at(-1)?.index ?? 0)
  const results = useQueries({
    queries: pages.map((page) =>
      orpc.patients.search.queryOptions({ input: { query, study, offset: page * pageSize, limit: pageSize } }),
    ),
  })
  const at = (index: number): PatientRow | null => {
    const page = pages.indexOf(Math.floor(index / pageSize))
    return results[page]?.data?.rows[index % pageSize] ?? null
  }
  const failed = results.find((result) => result.isError)

  const first = items[0]?.index ?? 0
  const settled = results.map((result) => result.dataUpdatedAt).join()
  // biome-ignore lint/correctness/useExhaustiveDependencies: `at` reads the pages, which `settled` stands for
  const data = useMemo<Line[]>(
    () => items.map((item) => ({ index: item.index, patient: at(item.index) })),
    [first, items.length, settled],
  )
  const table = useTable({
    features,
    columns,
    data,
    state: { columnVisibility: visibility },
    getRowId: (line) => String(line.index),
  })
  const template = table
    .getVisibleLeafColumns()
    .map((column) => widths[column.id] ?? '1fr')
    .join(' ')
  return { at, failed, table, template }
}

const GridRow = ({
  id,
  row,
  active,
  style,
  onOpen,
}: {
  id: string
  row: Row<typeof features, Line>
  active: boolean
  style: CSSProperties
  onOpen: () => void
}) => (
  <div
    id={id}
    role="row"
    aria-rowindex={row.original.index + 2}
    aria-selected={active}
    className={classes.row}
    style={style}
    onClick={onOpen}
  >
    {row.getVisibleCells().map((cell) => (
      <div key={cell.id} role="gridcell" className={classes.cell} data-column={cell.column.id}>
        {row.original.patient ? <FlexRender cell={cell} /> : <Skeleton height={12} width="60%" />}
      </div>
    ))}
  </div>
)

const widths: Record<string, string> = {
  label: 'minmax(150px, 2.2fr)',
  sex: 'minmax(64px, 0.8fr)',
  age: 'minmax(64px, 0.7fr)',
  birthDate: 'minmax(110px, 1fr)',
  identifiers: 'minmax(150px, 1.6fr)',
  studies: 'minmax(150px, 1.6fr)',
  encounters: 'minmax(90px, 0.7fr)',
}

const useColumns = () => {
  const { t } = useTranslation('worklist')
  const formats = useFormats()
  return useMemo(
    () =>
      helper.columns([
        helper.display({
          id: 'label',
          header: t('columns.label'),
          cell: ({ row }) => <span className={classes.name}>{row.original.patient?.label}</span>,
        }),
        helper.display({
          id: 'sex',
          header: t('columns.sex'),
          cell: ({ row }) => t(`sexes.${row.original.patient?.sex ?? 'unknown'}`),
        }),
        helper.display({
          id: 'age',
          header: t('columns.age'),
          cell: ({ row }) => <span className="tabular">{formats.age(row.original.patient?.age)}</span>,
        }),
        helper.display({
          id: 'birthDate',
          header: t('columns.birthDate'),
          cell: ({ row }) => <span className="tabular">{formats.date(row.original.patient?.birthDate)}</span>,
        }),
        helper.display({
          id: 'identifiers',
          header: t('columns.identifiers'),
          cell: ({ row }) => {
            const identifiers = row.original.patient?.identifiers ?? []
            return (
              <span
                className={`tabular ${classes.quiet}`}
                title={identifiers.map((each) => `${each.system} ${each.value}`).join('\n')}
              >
                {formats.list(identifiers.map((each) => each.value))}
              </span>
            )
          },
        }),
        helper.display({
          id: 'studies',
          header: t('columns.studies'),
          cell: ({ row }) => {
            const studies = row.original.patient?.studies ?? []
            return (
              <span className={classes.badges}>
                {studies.slice(0, 2).map((study) => (
                  <Badge key={study} size="sm" color="gray">
                    {study}
                  </Badge>
                ))}
                {studies.length > 2 && <span title={studies.slice(2).join('\n')}>+{studies.length - 2}</span>}
              </span>
            )
          },
        }),
        helper.display({
          id: 'encounters',
          header: t('columns.encounters'),
          cell: ({ row }) => <span className="tabular">{formats.integer(row.original.patient?.encounters)}</span>,
        }),
      ]),
    [t, formats],
  )
}
