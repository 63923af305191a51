import { Badge, Button, Code, Group, Paper, Table, Text } from '@mantine/core'
import { IconChevronLeft, IconChevronRight, IconRefresh, IconShieldOff } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../language/index.ts'
import { Empty, View, Waiting } from '../shell/View.tsx'
import { useMay } from '../unlock/session.ts'

const perPage = 100

/** Who did what to which record, newest first. Clinical values are never in it. */
export const AuditView = () => {
  const { t } = useTranslation('audit')
  const allowed = useMay(['administrator', 'auditor'])
  return allowed ? (
    <Log />
  ) : (
    <View title={t('title')}>
      <Empty icon={<IconShieldOff size={30} />} title={t('notAllowed')}>
        {t('notAllowedHelp')}
      </Empty>
    </View>
  )
}

const Log = () => {
  const { t } = useTranslation('audit')
  const formats = useFormats()
  // Where each page starts: entries before this sequence number. Paging by number, not offset, because the log grows.
  const [starts, setStarts] = useState<(number | null)[]>([null])
  const before = starts.at(-1) ?? null
  const log = useQuery(
    orpc.audit.list.queryOptions({
      input: { before, limit: perPage },
      staleTime: 0,
      refetchOnMount: 'always',
      placeholderData: keepPreviousData,
    }),
  )
  /** `done`, `refused`, or `failed: wrongPassphrase`. */
  const outcomeText = (outcome: string) => {
    const [word = outcome, reason] = outcome.split(': ')
    return `${t(`outcomes.${word}`, { defaultValue: word })}${reason ? `: ${reason}` : ''}`
  }
  const entries = log.data?.entries ?? []
  const last = entries.at(-1)
  const more = last !== undefined && last.sequence > 1 && entries.length === perPage
  return (
    <View
      title={t('title')}
      subtitle={
        log.data ? t('subtitle', { count: log.data.total, number: formats.integer(log.data.total) }) : t('about')
      }
      wide
      actions={
        <Button
          variant="default"
          leftSection={<IconRefresh size={15} />}
          loading={log.isFetching && !log.isPending}
          onClick={() => {
            setStarts([null])
            void log.refetch()
          }}
        >
          {t('newest')}
        </Button>
      }
    >
      {log.isError && <FailureAlert error={log.error} onRetry={() => void log.refetch()} />}
      {log.isPending && <Waiting rows={14} />}
      {log.data && entries.length === 0 && <Empty title={t('none')} />}
      {entries.length > 0 && (
        <Paper>
          <Table.ScrollContainer minWidth={680}>
            <Table fz="sm" highlightOnHover>
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
                  <Table.Tr key={entry.sequence}>
                    <Table.Td ta="right" className="tabular" c="dimmed">
                      {formats.integer(entry.sequence)}
                    </Table.Td>
                    <Table.Td className="tabular" style={{ whiteSpace: 'nowrap' }}>
                      {formats.dateTime(entry.at)}
                    </Table.Td>
                    <Table.Td>{entry.actor}</Table.Td>
                    <Table.Td>
                      {t(`acts.${entry.act.replaceAll('.', '_')}`, { defaultValue: entry.act })}{' '}
                      <Text span size="xs" c="dimmed">
                        {entry.act}
                      </Text>
                    </Table.Td>
                    <Table.Td>{entry.record && <Code>{entry.record}</Code>}</Table.Td>
                    <Table.Td>
                      <Badge color={entry.outcome === 'done' ? 'moss' : 'amber'}>{outcomeText(entry.outcome)}</Badge>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </Paper>
      )}
      {(starts.length > 1 || more) && (
        <Group justify="center" gap="sm">
          <Button
            variant="default"
            disabled={starts.length === 1}
            leftSection={<IconChevronLeft size={15} />}
            onClick={() => setStarts(starts.slice(0, -1))}
          >
            {t('newer')}
          </Button>
          <Button
            variant="default"
            disabled={!more}
            rightSection={<IconChevronRight size={15} />}
            onClick={() => last && setStarts([...starts, last.sequence])}
          >
            {t('older')}
          </Button>
        </Group>
      )}
    </View>
  )
}
