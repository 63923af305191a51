import { Button, type ButtonProps, Group, Progress, Stack, Text } from '@mantine/core'
import { IconPlayerPause, IconPlayerPlay, IconPlayerStop } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { Job } from '../../../contract/jobs.ts'
import { clinical } from '../../../contract/procedure.ts'
import { orpc, queryClient } from '../../api.ts'
import { FailureAlert, useSentence } from '../../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../../language/index.ts'
import { useMay } from '../session.ts'
import { followJob, titleOf } from './follow.ts'
import { LearningCurve } from './LearningCurve.tsx'
import { isActive, secondsLeft, secondsOf, waitsToGoOn } from './list.ts'

const useNow = (ticking: boolean): number => {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    if (!ticking) return
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [ticking])
  return now
}

/**
 * One job: what it does now, how far it is, how long it has taken and will take, and ways to hold it, go on and stop
 * it.
 */
export const JobProgress = ({ job, compact = false }: { job: Job; compact?: boolean }) => {
  const { t } = useTranslation('jobs')
  const formats = useFormats()
  const sentence = useSentence()
  const active = isActive(job)
  const begun = active && job.state !== 'queued'
  const now = useNow(begun)
  const [failed, setFailed] = useState<Error | null>(null)
  const left = secondsLeft(job, now)
  const waits = waitsToGoOn(job)
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
            {job.state === 'running' ? stage : t(waits ? 'states.waitsToGoOn' : `states.${job.state}`)}
            {job.position !== null && ` · ${t('position', { position: job.position })}`}
            {job.endedAt !== null && job.worked > 0 && ` · ${formats.duration(secondsOf(job, now))}`}
          </Text>
        </div>
        <Controls job={job} title={title} onFailed={setFailed} />
      </Group>
      {begun && (
        <Progress.Root size={compact ? 'sm' : 'md'}>
          <Progress.Section
            value={job.progress === null ? 100 : Math.max(1, job.progress * 100)}
            animated={job.progress === null && job.state === 'running'}
            striped={job.progress === null || job.state === 'paused'}
            aria-label={title}
            aria-valuetext={job.progress === null ? t('working') : formats.percent(job.progress)}
          />
        </Progress.Root>
      )}
      {begun && (
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
      {job.curve && active && <LearningCurve curve={job.curve} title={title} />}
      {job.failure && job.state === 'failed' && !compact && <FailureAlert error={job.failure} />}
      {job.failure && job.state === 'failed' && compact && (
        <Text size="xs" c="var(--high)">
          {sentence(job.failure)}
        </Text>
      )}
      {failed && <FailureAlert error={failed} />}
    </Stack>
  )
}

/** What can be done with a job as it stands. */
const Controls = ({ job, title, onFailed }: { job: Job; title: string; onFailed: (error: Error | null) => void }) => {
  const { t } = useTranslation('jobs')
  const mayResume = useMay(clinical)
  const { job: id } = job
  const told = {
    onMutate: () => onFailed(null),
    onError: (error: Error) => onFailed(error),
    onSuccess: () => void queryClient.invalidateQueries({ queryKey: orpc.jobs.list.queryKey() }),
  }
  const pause = useMutation(orpc.jobs.pause.mutationOptions(told))
  const cancel = useMutation(orpc.jobs.cancel.mutationOptions(told))
  const resume = useMutation(
    orpc.jobs.resume.mutationOptions({
      ...told,
      onSuccess: () => {
        told.onSuccess()
        void followJob(id)
      },
    }),
  )
  const interrupted = job.state === 'interrupted' && job.resumable
  const looks = { size: 'compact-xs', variant: 'default' } satisfies ButtonProps
  return (
    <Group gap={4} wrap="nowrap">
      {job.pausable && job.state === 'running' && (
        <Button
          {...looks}
          leftSection={<IconPlayerPause size={12} />}
          loading={pause.isPending}
          onClick={() => pause.mutate({ job: id })}
          aria-label={t('pauseNamed', { title })}
        >
          {t('pause')}
        </Button>
      )}
      {mayResume && (interrupted || (job.state === 'paused' && !waitsToGoOn(job))) && (
        <Button
          {...looks}
          leftSection={<IconPlayerPlay size={12} />}
          loading={resume.isPending}
          onClick={() => resume.mutate({ job: id })}
          aria-label={t('resumeNamed', { title })}
        >
          {t('resume')}
        </Button>
      )}
      {(isActive(job) || interrupted) && (
        <Button
          {...looks}
          leftSection={<IconPlayerStop size={12} />}
          loading={cancel.isPending}
          onClick={() => cancel.mutate({ job: id })}
          aria-label={t('cancelNamed', { title })}
        >
          {t('cancel')}
        </Button>
      )}
    </Group>
  )
}
