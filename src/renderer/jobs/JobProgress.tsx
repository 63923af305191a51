import { Button, Group, Progress, Stack, Text } from '@mantine/core'
import { IconPlayerStop } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { Job } from '../../contract/jobs.ts'
import { orpc } from '../api.ts'
import { FailureAlert, useSentence } from '../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../language/index.ts'
import { titleOf } from './follow.ts'
import { isActive, secondsLeft, secondsOf } from './list.ts'

const useNow = (ticking: boolean): number => {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    if (!ticking) return
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [ticking])
  return now
}

/** One job: what it does now, how far it is, how long it has taken, and a way to stop it. */
export const JobProgress = ({ job, compact = false }: { job: Job; compact?: boolean }) => {
  const { t } = useTranslation('jobs')
  const formats = useFormats()
  const sentence = useSentence()
  const active = isActive(job)
  const now = useNow(active)
  const cancel = useMutation(orpc.jobs.cancel.mutationOptions())
  const left = secondsLeft(job, now)
  const stage = t(`stages.${job.stage}`, { ...job.detail, defaultValue: t(`states.${job.state}`) })
  const title = titleOf(job)
  return (
    <Stack gap={6}>
      <Group justify="space-between" wrap="nowrap" gap="sm" align="flex-start">
        <div style={{ minWidth: 0 }}>
          <Text fw={600} size="sm" c="var(--ink)" style={{ overflowWrap: 'anywhere' }}>
            {title}
          </Text>
          <Text size="xs" c="dimmed" aria-live={compact ? 'off' : 'polite'}>
            {job.state === 'running' ? stage : t(`states.${job.state}`)}
            {job.endedAt !== null && ` · ${formats.duration(secondsOf(job, now))}`}
          </Text>
        </div>
        {active && (
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconPlayerStop size={12} />}
            loading={cancel.isPending}
            onClick={() => cancel.mutate({ job: job.job })}
            aria-label={t('cancelNamed', { title })}
          >
            {t('cancel')}
          </Button>
        )}
      </Group>
      {active && (
        <Progress.Root size={compact ? 'sm' : 'md'}>
          <Progress.Section
            value={job.progress === null ? 100 : Math.max(1, job.progress * 100)}
            animated={job.progress === null}
            striped={job.progress === null}
            aria-label={title}
            aria-valuetext={job.progress === null ? t('working') : formats.percent(job.progress)}
          />
        </Progress.Root>
      )}
      {active && (
        <Group justify="space-between" gap="xs">
          <Text size="xs" c="dimmed" className="tabular">
            {job.progress !== null ? `${formats.percent(job.progress)} · ` : ''}
            {formats.duration(Math.round(secondsOf(job, now)))}
          </Text>
          {left !== null && (
            <Text size="xs" c="dimmed" className="tabular">
              {t('left', { time: formats.duration(left) })}
            </Text>
          )}
        </Group>
      )}
      {job.failure && job.state === 'failed' && !compact && <FailureAlert error={job.failure} />}
      {job.failure && job.state === 'failed' && compact && (
        <Text size="xs" c="var(--high)">
          {sentence(job.failure)}
        </Text>
      )}
      {cancel.isError && <FailureAlert error={cancel.error} />}
    </Stack>
  )
}
