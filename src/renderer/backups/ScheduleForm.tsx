import { Alert, Button, NumberInput, Select } from '@mantine/core'
import { IconCalendarClock, IconCircleCheck } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { BackupSchedule } from '../../contract/backup.ts'
import { orpc, queryClient } from '../api.ts'
import { useFormats, useTranslation } from '../language/index.ts'
import { BackupForm } from './BackupForm.tsx'

const usual = [0, 1, 6, 12, 24, 48, 168]

/** When backups are made by themselves. */
export const ScheduleForm = ({ schedule }: { schedule: BackupSchedule }) => {
  const { t } = useTranslation('backups')
  const formats = useFormats()
  const [folder, setFolder] = useState(schedule.folder ?? '')
  const [everyHours, setEveryHours] = useState(schedule.everyHours)
  const [keep, setKeep] = useState<number | null>(schedule.keep)
  const save = useMutation(
    orpc.backup.schedule.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries({ queryKey: orpc.backup.key() }),
    }),
  )
  const hours = (usual.includes(schedule.everyHours) ? usual : [...usual, schedule.everyHours]).toSorted(
    (a, b) => a - b,
  )
  const changed =
    folder.trim() !== (schedule.folder ?? '') || everyHours !== schedule.everyHours || keep !== schedule.keep
  return (
    <BackupForm
      title={t('schedule.title')}
      help={t('schedule.help')}
      folder={{ name: 'scheduled', value: folder, onChange: setFolder, required: everyHours > 0 }}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => {
        if (keep !== null) save.mutate({ folder: folder.trim() || null, everyHours, keep })
      }}
      button={
        <Button
          type="submit"
          variant="default"
          leftSection={<IconCalendarClock size={16} />}
          loading={save.isPending}
          disabled={!changed}
        >
          {t('schedule.save')}
        </Button>
      }
      outcome={
        save.isSuccess &&
        !changed && (
          <Alert color="moss" icon={<IconCircleCheck />} role="status" p="xs">
            {t('schedule.saved')}
          </Alert>
        )
      }
    >
      {(tried) => (
        <>
          <Select
            label={t('schedule.every')}
            data={hours.map((each) => ({
              value: String(each),
              label:
                each === 0 ? t('schedule.never') : t('schedule.hours', { count: each, number: formats.number(each) }),
            }))}
            value={String(everyHours)}
            onChange={(value) => value !== null && setEveryHours(Number(value))}
            allowDeselect={false}
            disabled={save.isPending}
          />
          <NumberInput
            label={t('schedule.keep')}
            description={t('schedule.keepHelp')}
            value={keep ?? ''}
            onChange={(value) => setKeep(typeof value === 'number' ? value : null)}
            error={tried && keep === null ? t('schedule.keepMissing') : null}
            min={1}
            max={1000}
            allowDecimal={false}
            allowNegative={false}
            disabled={save.isPending}
          />
        </>
      )}
    </BackupForm>
  )
}
