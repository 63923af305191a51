import { Alert, Button, NumberInput, Paper, Select, Stack, Text, Title } from '@mantine/core'
import { IconCalendarClock, IconCircleCheck } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { BackupSchedule } from '../../contract/backup.ts'
import { orpc, queryClient } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../language/index.ts'
import { FolderField } from '../parts/backup/FolderField.tsx'

const usual = [0, 1, 6, 12, 24, 48, 168]

/** When backups are made by themselves. */
export const ScheduleForm = ({ schedule }: { schedule: BackupSchedule }) => {
  const { t } = useTranslation('backups')
  const formats = useFormats()
  const [folder, setFolder] = useState(schedule.folder ?? '')
  const [everyHours, setEveryHours] = useState(schedule.everyHours)
  const [keep, setKeep] = useState<number | null>(schedule.keep)
  const [tried, setTried] = useState(false)
  const save = useMutation(
    orpc.backup.schedule.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries({ queryKey: orpc.backup.key() }),
    }),
  )
  const hours = (usual.includes(schedule.everyHours) ? usual : [...usual, schedule.everyHours]).toSorted(
    (a, b) => a - b,
  )
  const faults = {
    folder: everyHours > 0 && folder.trim() === '' ? t('folderMissing') : null,
    keep: keep === null ? t('schedule.keepMissing') : null,
  }
  const changed =
    folder.trim() !== (schedule.folder ?? '') || everyHours !== schedule.everyHours || keep !== schedule.keep
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (faults.folder || keep === null || save.isPending) return
    save.mutate({ folder: folder.trim() || null, everyHours, keep })
  }
  return (
    <Paper p="md">
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <div>
            <Title order={2} size="h3">
              {t('schedule.title')}
            </Title>
            <Text size="sm" c="dimmed">
              {t('schedule.help')}
            </Text>
          </div>
          <FolderField
            name="scheduled"
            label={t('folder')}
            value={folder}
            onChange={setFolder}
            error={tried ? faults.folder : null}
            disabled={save.isPending}
          />
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
            error={tried ? faults.keep : null}
            min={1}
            max={1000}
            allowDecimal={false}
            allowNegative={false}
            disabled={save.isPending}
          />
          {save.isError && <FailureAlert error={save.error} focus />}
          {save.isSuccess && !changed && (
            <Alert color="moss" icon={<IconCircleCheck />} role="status" p="xs">
              {t('schedule.saved')}
            </Alert>
          )}
          <div>
            <Button
              type="submit"
              variant="default"
              leftSection={<IconCalendarClock size={16} />}
              loading={save.isPending}
              disabled={!changed}
            >
              {t('schedule.save')}
            </Button>
          </div>
        </Stack>
      </form>
    </Paper>
  )
}
