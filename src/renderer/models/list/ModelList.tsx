import { Badge, Button, Checkbox, Group, Paper, Stack, Table, Text, Title, VisuallyHidden } from '@mantine/core'
import { IconColumns3, IconFlaskOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ModelCard } from '../../../contract/models.ts'
import { clinical } from '../../../contract/procedure.ts'
import { orpc } from '../../api.ts'
import { FailureAlert } from '../../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../../language/index.ts'
import { useLearnerName, useMetricText } from '../../parts/metrics.ts'
import classes from '../../parts/models.module.css'
import { PlaceLink, usePlace } from '../../parts/place.tsx'
import { ScrollX } from '../../parts/ScrollX.tsx'
import { useMay } from '../../parts/session.ts'
import { SortHead, useSorting } from '../../parts/sorting.tsx'
import { Empty, Waiting } from '../../parts/View.tsx'
import { Compare } from './Compare.tsx'

const values = {
  name: (model: ModelCard) => model.name,
  target: (model: ModelCard) => `${model.study} ${model.target}`,
  learner: (model: ModelCard) => model.learner,
  measured: (model: ModelCard) => model.headline.estimate.value,
  rows: (model: ModelCard) => model.rows,
  trained: (model: ModelCard) => model.trainedAt,
  approved: (model: ModelCard) => model.approvedBy,
}

const mostCompared = 3

/** All models, sortable; two or three of one kind can be put side by side. */
export const ModelList = () => {
  const { t } = useTranslation('models')
  const formats = useFormats()
  const place = usePlace()
  const learner = useLearnerName()
  const metric = useMetricText()
  const mayTrain = useMay(clinical)
  const models = useQuery(orpc.models.list.queryOptions())
  const { sorted, by, toggle } = useSorting(models.data ?? [], values)
  const [picked, setPicked] = useState<readonly number[]>([])
  const [comparing, setComparing] = useState(false)
  const chosen = (models.data ?? []).filter((model) => picked.includes(model.model))
  const task = chosen[0]?.task
  const pick = (model: number, on: boolean) =>
    setPicked(on ? [...picked, model] : picked.filter((other) => other !== model))
  return (
    <Stack gap="xs" component="section">
      <Group justify="space-between" gap="sm">
        <Title order={2}>{t('list.title')}</Title>
        {sorted.length > 1 && (
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
      ) : sorted.length === 0 ? (
        <Empty
          icon={<IconFlaskOff size={32} />}
          title={t('list.none')}
          actions={mayTrain && <Button onClick={() => place.train()}>{t('trainModel')}</Button>}
        >
          {t('list.noneHelp')}
        </Empty>
      ) : (
        <Paper>
          <ScrollX>
            <Table highlightOnHover miw={920}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th w={36}>
                    <VisuallyHidden>{t('list.compare')}</VisuallyHidden>
                  </Table.Th>
                  <SortHead column="name" by={by} onSort={toggle}>
                    {t('list.model')}
                  </SortHead>
                  <SortHead column="target" by={by} onSort={toggle}>
                    {t('list.answers')}
                  </SortHead>
                  <SortHead column="learner" by={by} onSort={toggle}>
                    {t('list.learner')}
                  </SortHead>
                  <SortHead column="measured" by={by} onSort={toggle}>
                    {t('list.measured')}
                  </SortHead>
                  <SortHead column="rows" by={by} onSort={toggle} right>
                    {t('list.rows')}
                  </SortHead>
                  <SortHead column="trained" by={by} onSort={toggle}>
                    {t('list.trained')}
                  </SortHead>
                  <SortHead column="approved" by={by} onSort={toggle}>
                    {t('list.approved')}
                  </SortHead>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {sorted.map((model) => {
                  const on = picked.includes(model.model)
                  return (
                    <Table.Tr key={model.model} className={on ? classes.chosen : undefined}>
                      <Table.Td>
                        <Checkbox
                          size="xs"
                          checked={on}
                          disabled={
                            !on && (picked.length >= mostCompared || (task !== undefined && task !== model.task))
                          }
                          aria-label={t('list.pick', { name: model.name, version: model.version })}
                          onChange={(change) => pick(model.model, change.currentTarget.checked)}
                        />
                      </Table.Td>
                      <Table.Td>
                        <PlaceLink to="/models/$model" params={{ model: String(model.model) }} fw={600}>
                          {model.name}
                        </PlaceLink>
                        <Text size="xs" c="dimmed">
                          {t('version', { version: model.version })}
                        </Text>
                      </Table.Td>
                      <Table.Td>
                        {model.target}
                        <Text size="xs" c="dimmed">
                          {t(`tasks.${model.task}`)} · {model.study}
                        </Text>
                      </Table.Td>
                      <Table.Td>{learner(model.learner)}</Table.Td>
                      <Table.Td className="tabular">
                        {metric(model.headline.metric)} {metric.estimate(model.headline.estimate)}
                        {model.comparator && (
                          <Text size="xs" c={model.comparator.beats ? 'var(--good)' : 'var(--warn)'}>
                            {t(model.comparator.beats ? 'list.beats' : 'list.doesNotBeat', {
                              learner: learner(model.comparator.learner),
                            })}
                          </Text>
                        )}
                      </Table.Td>
                      <Table.Td ta="right" className="tabular">
                        {formats.integer(model.rows)}
                        {model.events !== null && (
                          <Text size="xs" c="dimmed">
                            {t('events', { count: model.events })}
                          </Text>
                        )}
                      </Table.Td>
                      <Table.Td>{formats.dateTime(model.trainedAt)}</Table.Td>
                      <Table.Td>
                        {model.approvedBy ? (
                          <Badge color="moss" tt="none">
                            {model.approvedBy}
                          </Badge>
                        ) : (
                          <Text size="sm" c="dimmed">
                            {t('notApproved')}
                          </Text>
                        )}
                      </Table.Td>
                    </Table.Tr>
                  )
                })}
              </Table.Tbody>
            </Table>
          </ScrollX>
        </Paper>
      )}
      {comparing && chosen.length > 1 && (
        <Compare models={chosen.map((model) => model.model)} onClose={() => setComparing(false)} />
      )}
    </Stack>
  )
}
