import { ActionIcon, Anchor, Badge, Button, Code, Group, NumberInput, Paper, Stack, Table, Text } from '@mantine/core'
import { IconArrowUpRight, IconFilterOff, IconRefresh, IconSearchOff } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { staff } from '../../contract/procedure.ts'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../language/index.ts'
import { type AuditSearch, filterOf, isFiltered, recordsOf } from '../parts/auditSearch.ts'
import { usePlace } from '../parts/place.tsx'
import { useMay } from '../parts/session.ts'
import { Empty, Waiting } from '../parts/View.tsx'
import classes from './audit.module.css'
import { ExportLog } from './ExportLog.tsx'
import { Filter } from './Filter.tsx'
import { Pages } from './Pages.tsx'
import { useActName, useOutcomeText } from './terms.ts'

const perPage = 100

/** The log, newest first, narrowed as the address says. */
export const Entries = ({ search }: { search: AuditSearch }) => {
  const { t } = useTranslation('audit')
  const formats = useFormats()
  const place = usePlace()
  const before = search.before ?? null
  // Where the newer pages started. Paging by number, not offset, because the log grows.
  const [newer, setNewer] = useState<(number | null)[]>([])
  const log = useQuery(
    orpc.audit.list.queryOptions({
      input: { ...filterOf(search), before, limit: perPage },
      staleTime: 0,
      refetchOnMount: 'always',
      placeholderData: keepPreviousData,
    }),
  )
  const go = (start: number | null) => {
    const { before: _, ...rest } = search
    place.audit(start === null ? rest : { ...rest, before: start })
  }
  const entries = log.data?.entries ?? []
  const last = entries.at(-1)
  const more = last !== undefined && last.sequence > 1 && entries.length === perPage
  const filtered = isFiltered(search)
  const toNewer = () => {
    go(newer.at(-1) ?? null)
    setNewer(newer.slice(0, -1))
  }
  const toOlder = () => {
    if (!last) return
    setNewer([...newer, before])
    go(last.sequence)
  }
  return (
    <Stack gap="md">
      <Filter search={search} />
      <Group justify="space-between" gap="xs">
        <Group gap="sm">
          <Text size="sm" c="dimmed" role="status" className="tabular">
            {log.data && !log.isPlaceholderData
              ? filtered
                ? t('fit', { count: log.data.matching, number: formats.integer(log.data.matching) })
                : t('all', { count: log.data.total, number: formats.integer(log.data.total) })
              : t('shell:loading')}
          </Text>
          {filtered && (
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<IconFilterOff size={14} />}
              onClick={() => place.audit()}
            >
              {t('filter.reset')}
            </Button>
          )}
        </Group>
        <Group gap="xs">
          <ExportLog search={search} count={log.data?.matching ?? null} />
          <Button
            variant="default"
            leftSection={<IconRefresh size={15} />}
            loading={log.isFetching && !log.isPending}
            onClick={() => {
              setNewer([])
              if (before === null) void log.refetch()
              else go(null)
            }}
          >
            {t('newest')}
          </Button>
        </Group>
      </Group>
      {log.isError && <FailureAlert error={log.error} onRetry={() => void log.refetch()} />}
      {log.isPending && <Waiting rows={14} />}
      {log.data && entries.length === 0 && (
        <Empty
          icon={<IconSearchOff size={30} />}
          title={filtered || before !== null ? t('noneFit') : t('none')}
          {...(before !== null && !filtered
            ? {
                actions: (
                  <Button variant="default" onClick={() => place.audit()}>
                    {t('filter.reset')}
                  </Button>
                ),
              }
            : {})}
        />
      )}
      {entries.length > 0 && <EntryTable entries={entries} search={search} busy={log.isPlaceholderData} />}
      {(before !== null || more) && (
        <Pages label={t('pages')} onNewer={before === null ? null : toNewer} onOlder={more ? toOlder : null}>
          <GoTo
            onGo={(sequence) => {
              setNewer([])
              go(sequence + 1)
            }}
          />
        </Pages>
      )}
    </Stack>
  )
}

const EntryTable = ({
  entries,
  search,
  busy,
}: {
  entries: readonly AuditEntry[]
  search: AuditSearch
  busy: boolean
}) => {
  const { t } = useTranslation('audit')
  return (
    <Paper>
      <Table.ScrollContainer
        minWidth={720}
        scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': t('tabs.entries'), role: 'region' } }}
      >
        <Table fz="sm" highlightOnHover aria-busy={busy}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th ta="right" w={84}>
                {t('columns.sequence')}
              </Table.Th>
              <Table.Th>{t('columns.at')}</Table.Th>
              <Table.Th>{t('columns.actor')}</Table.Th>
              <Table.Th>{t('columns.act')}</Table.Th>
              <Table.Th>{t('columns.record')}</Table.Th>
              <Table.Th>{t('columns.outcome')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {entries.map((entry) => (
              <Entry key={entry.sequence} entry={entry} search={search} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Paper>
  )
}

/** Straight to an entry, for a log of many pages. */
const GoTo = ({ onGo }: { onGo: (sequence: number) => void }) => {
  const { t } = useTranslation('audit')
  const [text, setText] = useState<string | number>('')
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (typeof text === 'number' && text >= 1) onGo(text)
      }}
    >
      <NumberInput
        aria-label={t('goTo')}
        placeholder={t('goTo')}
        value={text}
        onChange={setText}
        min={1}
        max={1e12}
        allowDecimal={false}
        allowNegative={false}
        hideControls
        w={150}
      />
    </form>
  )
}

const outcomeColors: Record<string, string> = { done: 'moss', started: 'sky', found: 'brick' }

type AuditEntry = { sequence: number; at: string; actor: string; act: string; record: string | null; outcome: string }

const Entry = ({ entry, search }: { entry: AuditEntry; search: AuditSearch }) => {
  const { t } = useTranslation('audit')
  const formats = useFormats()
  const place = usePlace()
  const nameOf = useActName()
  const outcomeText = useOutcomeText()
  const narrow = (change: AuditSearch) => {
    const { before: _, ...rest } = search
    place.audit({ ...rest, ...change })
  }
  return (
    <Table.Tr>
      <Table.Td ta="right" className="tabular" c="dimmed">
        {formats.integer(entry.sequence)}
      </Table.Td>
      <Table.Td className="tabular" style={{ whiteSpace: 'nowrap' }}>
        <time dateTime={entry.at} title={entry.at}>
          {formats.moment(entry.at)}
        </time>
      </Table.Td>
      <Table.Td>
        <Only label={t('only', { what: entry.actor })} onClick={() => narrow({ actor: entry.actor })}>
          {entry.actor === 'system' || entry.actor === 'unknown' ? t(`actors.${entry.actor}`) : entry.actor}
        </Only>
      </Table.Td>
      <Table.Td>
        <Only label={t('only', { what: nameOf(entry.act) })} onClick={() => narrow({ act: entry.act })}>
          {nameOf(entry.act)}
        </Only>{' '}
        <Text span size="xs" c="dimmed">
          {entry.act}
        </Text>
      </Table.Td>
      <Table.Td>
        <div className={classes.records}>
          {recordsOf(entry.record).map((record) => (
            <Record key={record} record={record} onOnly={() => narrow({ record })} />
          ))}
        </div>
      </Table.Td>
      <Table.Td>
        <Badge miw="max-content" color={outcomeColors[entry.outcome.split(': ')[0] ?? ''] ?? 'amber'}>
          {outcomeText(entry.outcome)}
        </Badge>
      </Table.Td>
    </Table.Tr>
  )
}

/** A value of an entry that narrows the log to it. */
const Only = ({ label, onClick, children }: { label: string; onClick: () => void; children: React.ReactNode }) => (
  <Anchor component="button" type="button" size="sm" c="var(--ink)" ta="left" title={label} onClick={onClick}>
    {children}
  </Anchor>
)

/** A record narrows the log to it, and opens where this user may see it. */
const Record = ({ record, onOnly }: { record: string; onOnly: () => void }) => {
  const { t } = useTranslation('audit')
  const place = usePlace()
  const seesPatients = useMay(staff)
  const [kind = '', id = ''] = record.split('/')
  const number = /^\d{1,15}$/.test(id) ? Number(id) : null
  const opens: Record<string, (() => void) | undefined> =
    number === null
      ? {}
      : {
          patient: seesPatients ? () => place.patient(number) : undefined,
          batch: seesPatients ? () => place.batch(number) : undefined,
          model: () => place.model(number),
        }
  const open = opens[kind]
  // Ids are long; their first part tells them apart, and the whole stands in the hint.
  const shown = id.length === 36 ? `${kind}/${id.slice(0, 8)}…` : record
  return (
    <span className={classes.record}>
      <Only label={t('only', { what: record })} onClick={onOnly}>
        <Code>{shown}</Code>
      </Only>
      {open && (
        <ActionIcon size="xs" aria-label={t('open', { record })} onClick={open}>
          <IconArrowUpRight size={13} />
        </ActionIcon>
      )}
    </span>
  )
}
