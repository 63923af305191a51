import { ActionIcon, Alert, Button, Group, Paper, Text, Title, VisuallyHidden } from '@mantine/core'
import { IconCircleCheck, IconDownload, IconWritingSign } from '@tabler/icons-react'
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Checkpoint } from '../../contract/audit.ts'
import { orpc, queryClient } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { noValue } from '../language/formats.ts'
import { useFormats, useTranslation } from '../language/index.ts'
import { DataTable } from '../parts/DataTable.tsx'
import { saveFile } from '../parts/save.ts'
import { Waiting } from '../parts/View.tsx'
import classes from './audit.module.css'
import { Pages } from './Pages.tsx'

const perPage = 10

const save = (checkpoint: Checkpoint) =>
  saveFile(
    `bedside-checkpoint-${checkpoint.vault.slice(0, 8)}-${checkpoint.number}.json`,
    [`${JSON.stringify(checkpoint)}\n`],
    'application/json',
  )

/** Counts and heads of the log that were signed; one kept elsewhere shows later what became of the log. */
export const Checkpoints = () => {
  const { t } = useTranslation('audit')
  const [starts, setStarts] = useState<(number | null)[]>([null])
  const list = useQuery(
    orpc.audit.checkpoints.queryOptions({
      input: { before: starts.at(-1) ?? null, limit: perPage },
      staleTime: 0,
      placeholderData: keepPreviousData,
    }),
  )
  const make = useMutation(
    orpc.audit.checkpoint.mutationOptions({
      onSuccess: () => {
        setStarts([null])
        void queryClient.invalidateQueries({ queryKey: orpc.audit.key() })
      },
    }),
  )
  const checkpoints = list.data?.checkpoints ?? []
  const last = checkpoints.at(-1)
  const more = last !== undefined && last.number > 1 && checkpoints.length === perPage
  return (
    <Paper p="md">
      <Group justify="space-between" align="flex-start" gap="sm" mb="sm">
        <div style={{ flex: '1 1 240px' }}>
          <Title order={2} size="h3">
            {t('checkpoints.title')}
          </Title>
          <Text size="sm" c="dimmed">
            {t('checkpoints.help')}
          </Text>
        </div>
        <Button
          variant="default"
          leftSection={<IconWritingSign size={16} />}
          loading={make.isPending}
          onClick={() => make.mutate(undefined)}
        >
          {t('checkpoints.make')}
        </Button>
      </Group>
      {make.isError && <FailureAlert error={make.error} focus />}
      {make.data && <Made {...make.data} />}
      {list.isPending && <Waiting rows={5} />}
      {list.isError && <FailureAlert error={list.error} onRetry={() => void list.refetch()} />}
      {list.data && checkpoints.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('checkpoints.none')}
        </Text>
      )}
      {checkpoints.length > 0 && <CheckpointTable checkpoints={checkpoints} />}
      {(starts.length > 1 || more) && (
        <Pages
          label={t('checkpoints.pages')}
          onNewer={starts.length > 1 ? () => setStarts(starts.slice(0, -1)) : null}
          onOlder={more ? () => setStarts([...starts, last.number]) : null}
          small
        />
      )}
    </Paper>
  )
}

/** The one just made, to be kept elsewhere. */
const Made = ({ checkpoint, restored }: { checkpoint: Checkpoint; restored: number }) => {
  const { t } = useTranslation('audit')
  const formats = useFormats()
  return (
    <Alert color="moss" icon={<IconCircleCheck />} role="status" mb="sm">
      <Text size="sm">
        {t('checkpoints.made', {
          number: formats.integer(checkpoint.number),
          entries: formats.integer(checkpoint.count),
        })}{' '}
        {restored > 0 &&
          t('checkpoints.restored', {
            count: restored,
            number: formats.integer(restored),
          })}
      </Text>
      <Button size="compact-sm" mt="xs" leftSection={<IconDownload size={14} />} onClick={() => save(checkpoint)}>
        {t('checkpoints.saveIt')}
      </Button>
    </Alert>
  )
}

const CheckpointTable = ({ checkpoints }: { checkpoints: readonly Checkpoint[] }) => {
  const { t } = useTranslation('audit')
  const formats = useFormats()
  return (
    <DataTable
      rows={checkpoints}
      name={({ number }) => String(number)}
      label={t('checkpoints.title')}
      fz="sm"
      miw={440}
      columns={[
        { id: 'number', head: t('columns.sequence'), cell: ({ number }) => formats.integer(number), number: true },
        {
          id: 'at',
          head: t('columns.at'),
          cell: ({ at }) => formats.moment(at),
          props: { className: 'tabular', style: { whiteSpace: 'nowrap' } },
        },
        { id: 'count', head: t('checkpoints.entries'), cell: ({ count }) => formats.integer(count), number: true },
        { id: 'why', head: t('checkpoints.why'), cell: ({ reason }) => t(`checkpoints.reasons.${reason}`) },
        {
          id: 'head',
          head: t('checkpoints.head'),
          cell: ({ head }) => (
            <span className={classes.hash} title={head}>
              {head === '' ? noValue : `${head.slice(0, 12)}…`}
            </span>
          ),
        },
        {
          id: 'save',
          head: <VisuallyHidden>{t('checkpoints.save')}</VisuallyHidden>,
          cell: (checkpoint) => (
            <ActionIcon
              aria-label={t('checkpoints.saveNumber', { number: formats.integer(checkpoint.number) })}
              title={t('checkpoints.save')}
              onClick={() => save(checkpoint)}
            >
              <IconDownload size={16} />
            </ActionIcon>
          ),
          props: { ta: 'right' },
        },
      ]}
    />
  )
}
