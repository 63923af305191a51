import { Badge, Button, Checkbox, Group, Paper, Stack, Text, Title, VisuallyHidden } from '@mantine/core'
import { IconColumns3, IconFlaskOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ModelCard } from '../../../contract/models.ts'
import { clinical } from '../../../contract/procedure.ts'
import { orpc } from '../../api.ts'
import { FailureAlert } from '../../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../../language/index.ts'
import { type Column, DataTable } from '../../parts/DataTable.tsx'
import { useLearnerName, useMetricText } from '../../parts/metrics.ts'
import { PlaceLink, usePlace } from '../../parts/place.tsx'
import { useMay } from '../../parts/session.ts'
import { Empty, Waiting } from '../../parts/View.tsx'
import { Compare } from './Compare.tsx'

const mostCompared = 3

/** All models, sortable; two or three of one kind can be put side by side. */
export const ModelList = () => {
  const { t } = useTranslation('models')
  const place = usePlace()
  const mayTrain = useMay(clinical)
  const models = useQuery(orpc.models.list.queryOptions())
  const columns = useColumns()
  const [picked, setPicked] = useState<readonly number[]>([])
  const [comparing, setComparing] = useState(false)
  const all = models.data ?? []
  const chosen = all.filter((model) => picked.includes(model.model))
  const task = chosen[0]?.task
  const pick = (model: number, on: boolean) =>
    setPicked(on ? [...picked, model] : picked.filter((other) => other !== model))
  return (
    <Stack gap="xs" component="section">
      <Group justify="space-between" gap="sm">
        <Title order={2}>{t('list.title')}</Title>
        {all.length > 1 && (
          <Group gap="sm">
            <Text size="sm" c="dimmed">
              {chosen.length === 0 ? t('list.compareHelp') : t('list.picked', { count: chosen.length })}
            </Text>
            <Button
              size="xs"
              variant="default"
              leftSection={<IconColumns3 size={15} />}
              disabled={chosen.length < 2}
              onClick={() => setComparing(true)}
            >
              {t('list.compare')}
            </Button>
          </Group>
        )}
      </Group>
      {models.isError ? (
        <FailureAlert error={models.error} onRetry={() => void models.refetch()} />
      ) : models.isPending ? (
        <Waiting rows={5} />
      ) : all.length === 0 ? (
        <Empty
          icon={<IconFlaskOff size={32} />}
          title={t('list.none')}
          actions={mayTrain && <Button onClick={() => place.train()}>{t('trainModel')}</Button>}
        >
          {t('list.noneHelp')}
        </Empty>
      ) : (
        <Paper>
          <DataTable
            rows={all}
            columns={[
              {
                id: 'pick',
                head: <VisuallyHidden>{t('list.compare')}</VisuallyHidden>,
                cell: ({ model, name, version, task: its }) => {
                  const on = picked.includes(model)
                  return (
                    <Checkbox
                      size="xs"
                      checked={on}
                      disabled={!on && (picked.length >= mostCompared || (task !== undefined && task !== its))}
                      aria-label={t('list.pick', { name, version })}
                      onChange={(change) => pick(model, change.currentTarget.checked)}
                    />
                  )
                },
                width: 36,
              },
              ...columns,
            ]}
            name={({ model }) => String(model)}
            chosen={({ model }) => picked.includes(model)}
            highlightOnHover
            miw={920}
          />
        </Paper>
      )}
      {comparing && chosen.length > 1 && (
        <Compare models={chosen.map((model) => model.model)} onClose={() => setComparing(false)} />
      )}
    </Stack>
  )
}

const useColumns = (): Column<ModelCard>[] => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  const learner = useLearnerName()
  const metric = useMetricText()
  return [
    {
      id: 'name',
      head: t('list.model'),
      sort: ({ name }) => name,
      cell: ({ model, name, version }) => (
        <>
          <PlaceLink to="/models/$model" params={{ model: String(model) }} fw={600}>
            {name}
          </PlaceLink>
          <Text size="xs" c="dimmed">
            {t('version', { version })}
          </Text>
        </>
      ),
    },
    {
      id: 'target',
      head: t('list.answers'),
      sort: ({ study, target }) => `${study} ${target}`,
      cell: ({ study, target, task }) => (
        <>
          {target}
          <Text size="xs" c="dimmed">
            {t(`tasks.${task}`)} · {study}
          </Text>
        </>
      ),
    },
    { id: 'learner', head: t('list.learner'), sort: ({ learner: id }) => id, cell: ({ learner: id }) => learner(id) },
    {
      id: 'measured',
      head: t('list.measured'),
      sort: ({ headline }) => headline.estimate.value,
      cell: ({ headline, comparator }) => (
        <>
          {metric(headline.metric)} {metric.estimate(headline.estimate)}
          {comparator && (
            <Text size="xs" c={comparator.beats ? 'var(--good)' : 'var(--warn)'}>
              {t(comparator.beats ? 'list.beats' : 'list.doesNotBeat', { learner: learner(comparator.learner) })}
            </Text>
          )}
        </>
      ),
      props: { className: 'tabular' },
    },
    {
      id: 'rows',
      head: t('list.rows'),
      sort: ({ rows }) => rows,
      cell: ({ rows, events }) => (
        <>
          {formats.integer(rows)}
          {events !== null && (
            <Text size="xs" c="dimmed">
              {t('events', { count: events })}
            </Text>
          )}
        </>
      ),
      number: true,
    },
    {
      id: 'trained',
      head: t('list.trained'),
      sort: ({ trainedAt }) => trainedAt,
      cell: ({ trainedAt }) => formats.dateTime(trainedAt),
    },
    {
      id: 'approved',
      head: t('list.approved'),
      sort: ({ approvedBy }) => approvedBy,
      cell: ({ approvedBy }) =>
        approvedBy ? (
          <Badge color="moss" tt="none">
            {approvedBy}
          </Badge>
        ) : (
          <Text size="sm" c="dimmed">
            {t('notApproved')}
          </Text>
        ),
    },
  ]
}
