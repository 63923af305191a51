import { Alert, Badge, Button, Group, Paper, Stack, Table, Text, Title } from '@mantine/core'
import { IconArchiveOff, IconCircleCheck, IconFolderSearch } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useEffect, useState } from 'react'
import type { BackupEntry } from '../../contract/backup.ts'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../language/index.ts'
import classes from '../parts/backup/backups.module.css'
import { FolderField } from '../parts/backup/FolderField.tsx'
import { followJob, useJobInPlace } from '../parts/jobs/follow.ts'
import { JobProgress } from '../parts/jobs/JobProgress.tsx'
import { isActive } from '../parts/jobs/list.ts'
import { Empty, Waiting } from '../parts/View.tsx'
import { checkedOf } from './outcome.ts'

const stateColors = { complete: 'moss', damaged: 'brick', newer: 'amber' } as const

/** The backups of a folder, newest first; each can be checked to the last byte and restored beside the vault. */
export const BackupList = ({ folder, onRestore }: { folder: string | null; onRestore: (path: string) => void }) => {
  const { t } = useTranslation('backups')
  const [typed, setTyped] = useState(folder ?? '')
  const [shown, setShown] = useState(folder)
  useEffect(() => {
    setTyped(folder ?? '')
    setShown(folder)
  }, [folder])
  const list = useQuery(
    orpc.backup.list.queryOptions({ input: { folder: shown }, enabled: shown !== null, staleTime: 0 }),
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const wanted = typed.trim()
    if (wanted === '') return
    if (wanted === shown) void list.refetch()
    else setShown(wanted)
  }
  return (
    <Paper p="md">
      <Title order={2} size="h3" mb="xs">
        {t('list.title')}
      </Title>
      <form onSubmit={submit}>
        <div className={classes.row}>
          <FolderField name="listed" label={t('folder')} value={typed} onChange={setTyped} />
          <Button
            type="submit"
            variant="default"
            leftSection={<IconFolderSearch size={16} />}
            loading={list.isFetching}
            disabled={typed.trim() === ''}
          >
            {t('list.show')}
          </Button>
        </div>
      </form>
      <Stack gap="sm" mt="sm">
        {shown !== null && list.isPending && <Waiting rows={4} />}
        {list.isError && <FailureAlert error={list.error} onRetry={() => void list.refetch()} />}
        {(shown === null || list.data?.length === 0) && (
          <Empty icon={<IconArchiveOff size={30} />} title={shown === null ? t('list.noFolder') : t('list.none')}>
            {t('list.noneHelp')}
          </Empty>
        )}
        {list.data && list.data.length > 0 && (
          <Table.ScrollContainer
            minWidth={760}
            scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': t('list.title'), role: 'region' } }}
          >
            <Table fz="sm" verticalSpacing="xs">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t('list.made')}</Table.Th>
                  <Table.Th>{t('list.state')}</Table.Th>
                  <Table.Th>{t('list.of')}</Table.Th>
                  <Table.Th>{t('list.why')}</Table.Th>
                  <Table.Th ta="right">{t('list.size')}</Table.Th>
                  <Table.Th ta="right">{t('list.entries')}</Table.Th>
                  <Table.Th aria-label={t('list.acts')} />
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {list.data.map((entry) => (
                  <Row key={entry.path} entry={entry} onRestore={() => onRestore(entry.path)} />
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Stack>
    </Paper>
  )
}

const Row = ({ entry, onRestore }: { entry: BackupEntry; onRestore: () => void }) => {
  const { t } = useTranslation('backups')
  const formats = useFormats()
  const [id, setId] = useState<string | null>(null)
  const job = useJobInPlace(id)
  const verify = useMutation(
    orpc.backup.verify.mutationOptions({
      onSuccess: ({ job: started }) => {
        setId(started)
        void followJob(started)
      },
    }),
  )
  const checked = checkedOf(job)
  // The list tells as far as the manifest does; a check of every byte knows better.
  const state = job?.failure?.reason === 'backupDamaged' ? 'damaged' : entry.state
  const busy = verify.isPending || (job !== undefined && isActive(job))
  const name = entry.createdAt ? formats.dateTime(entry.createdAt) : entry.path
  const told = verify.isError || job !== undefined
  return (
    <>
      <Table.Tr style={told ? { borderBottom: 0 } : undefined}>
        <Table.Td>
          {entry.createdAt ? (
            <span className="tabular">
              {formats.dateTime(entry.createdAt)}{' '}
              <Text span size="xs" c="dimmed">
                {formats.ago(entry.createdAt)}
              </Text>
            </span>
          ) : (
            formats.dateTime(null)
          )}
          <div className={classes.path}>{entry.path}</div>
        </Table.Td>
        <Table.Td>
          <Badge miw="max-content" color={stateColors[state]}>
            {t(`states.${state}`)}
          </Badge>
        </Table.Td>
        <Table.Td>{entry.vault === null ? formats.number(null) : t(entry.own ? 'list.own' : 'list.another')}</Table.Td>
        <Table.Td>{entry.reason === null ? formats.number(null) : t(`reasons.${entry.reason}`)}</Table.Td>
        <Table.Td ta="right" className="tabular" style={{ whiteSpace: 'nowrap' }}>
          {formats.bytes(entry.bytes)}
        </Table.Td>
        <Table.Td ta="right" className="tabular">
          {formats.integer(entry.entries)}
        </Table.Td>
        <Table.Td>
          <Group gap={6} wrap="nowrap" justify="flex-end">
            <Button
              size="compact-sm"
              variant="default"
              loading={busy}
              aria-label={t('list.verifyNamed', { name })}
              onClick={() => verify.mutate({ path: entry.path })}
            >
              {t('list.verify')}
            </Button>
            <Button
              size="compact-sm"
              variant="default"
              disabled={state !== 'complete'}
              aria-label={t('list.restoreNamed', { name })}
              onClick={onRestore}
            >
              {t('list.restore')}
            </Button>
          </Group>
        </Table.Td>
      </Table.Tr>
      {told && (
        <Table.Tr>
          <Table.Td colSpan={7} pt={0}>
            {verify.isError && <FailureAlert error={verify.error} />}
            {job && (isActive(job) || job.state === 'failed' || job.state === 'cancelled') && <JobProgress job={job} />}
            {checked && (
              <Alert color="moss" icon={<IconCircleCheck />} role="status" p="xs">
                {t('list.whole', {
                  size: formats.bytes(checked.bytes),
                  rows: formats.integer(checked.rows),
                  tables: formats.integer(checked.tables),
                  entries: formats.integer(checked.audit.count),
                })}
              </Alert>
            )}
          </Table.Td>
        </Table.Tr>
      )}
    </>
  )
}
