import { ActionIcon, Anchor, Divider, Indicator, Popover, ScrollArea, Stack, Text, Tooltip } from '@mantine/core'
import { IconActivity } from '@tabler/icons-react'
import { useState } from 'react'
import type { Job } from '../../../contract/jobs.ts'
import { staff } from '../../../contract/procedure.ts'
import { useTranslation } from '../../language/index.ts'
import { usePlace } from '../place.tsx'
import { useMay } from '../session.ts'
import { useJobs } from './follow.ts'
import { JobProgress } from './JobProgress.tsx'
import { isActive } from './list.ts'

const shown = 12

/** What runs in the background, from anywhere in the app. */
export const JobTray = () => (useMay(staff) ? <Tray /> : null)

const Tray = () => {
  const { t } = useTranslation('jobs')
  const [opened, setOpened] = useState(false)
  // A check that is done is only a step of the intake, which shows its outcome.
  // What runs or can be taken up again stands before what is over.
  const all = useJobs().filter((job) => job.kind !== 'validate' || isActive(job))
  const open = (job: Job) => isActive(job) || (job.state === 'interrupted' && job.resumable)
  const jobs = [...all.filter(open), ...all.filter((job) => !open(job))]
  const running = jobs.filter(isActive).length
  const label = running > 0 ? t('trayRunning', { count: running }) : t('tray')
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width={340} shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <Tooltip label={label} disabled={opened}>
          <Indicator disabled={running === 0} label={running} size={16} offset={6} color="petrol">
            <ActionIcon size="lg" aria-label={label} aria-expanded={opened} onClick={() => setOpened(!opened)}>
              <IconActivity size={19} />
            </ActionIcon>
          </Indicator>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown aria-label={t('tray')} p={0}>
        <ScrollArea.Autosize mah="min(560px, 70dvh)" p="sm">
          {jobs.length === 0 ? (
            <Stack gap={4} py="xs">
              <Text fw={600}>{t('none')}</Text>
              <Text size="sm" c="dimmed">
                {t('noneHelp')}
              </Text>
            </Stack>
          ) : (
            <Stack gap="sm">
              {jobs.slice(0, shown).map((job, index) => (
                <Stack gap={4} key={job.job}>
                  {index > 0 && <Divider />}
                  <JobProgress job={job} compact />
                  <Outcome job={job} onGo={() => setOpened(false)} />
                </Stack>
              ))}
            </Stack>
          )}
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  )
}

/** Where to go from a job that is done. */
const Outcome = ({ job, onGo }: { job: Job; onGo: () => void }) => {
  const { t } = useTranslation('jobs')
  const place = usePlace()
  if (job.state !== 'done') return null
  const { model, batch } = job.result ?? {}
  const [label, go] =
    typeof model === 'number'
      ? [t('openModel'), () => place.model(model)]
      : typeof batch === 'number'
        ? [t('openBatch'), () => place.batch(batch)]
        : job.kind === 'samples'
          ? [t('openWorklist'), () => place.worklist()]
          : [null, null]
  if (!label) return null
  return (
    <Anchor
      component="button"
      type="button"
      size="xs"
      ta="left"
      onClick={() => {
        onGo()
        go()
      }}
    >
      {label}
    </Anchor>
  )
}
