import { Alert, Button, Paper, Stack, Text, Title } from '@mantine/core'
import { IconCircleCheck, IconDatabaseExport } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../language/index.ts'
import classes from '../parts/backup/backups.module.css'
import { FolderField } from '../parts/backup/FolderField.tsx'
import { followJob, useJobInPlace } from '../parts/jobs/follow.ts'
import { JobProgress } from '../parts/jobs/JobProgress.tsx'
import { isActive } from '../parts/jobs/list.ts'
import { checkedOf } from './outcome.ts'

/** A backup now, while the vault is in use. */
export const MakeBackup = ({ folder }: { folder: string | null }) => {
  const { t } = useTranslation('backups')
  const formats = useFormats()
  const [into, setInto] = useState(folder ?? '')
  const [tried, setTried] = useState(false)
  const [id, setId] = useState<string | null>(null)
  const job = useJobInPlace(id)
  const make = useMutation(
    orpc.backup.create.mutationOptions({
      onSuccess: ({ job: started }) => {
        setId(started)
        void followJob(started)
      },
    }),
  )
  const busy = make.isPending || (job !== undefined && isActive(job))
  const made = checkedOf(job)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (into.trim() !== '' && !busy) make.mutate({ folder: into.trim() })
  }
  return (
    <Paper p="md">
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <div>
            <Title order={2} size="h3">
              {t('make.title')}
            </Title>
            <Text size="sm" c="dimmed">
              {t('make.help')}
            </Text>
          </div>
          <FolderField
            name="folder"
            label={t('folder')}
            value={into}
            onChange={setInto}
            error={tried && into.trim() === '' ? t('folderMissing') : null}
            disabled={busy}
          />
          {make.isError && <FailureAlert error={make.error} focus />}
          {job && (isActive(job) || job.state === 'failed' || job.state === 'cancelled') && <JobProgress job={job} />}
          {made && (
            <Alert color="moss" icon={<IconCircleCheck />} role="status">
              <Text size="sm">
                {t('make.made', {
                  size: formats.bytes(made.bytes),
                  rows: formats.integer(made.rows),
                  tables: formats.integer(made.tables),
                })}
              </Text>
              <div className={classes.path}>{made.path}</div>
            </Alert>
          )}
          <div>
            <Button type="submit" leftSection={<IconDatabaseExport size={16} />} loading={busy}>
              {t('make.do')}
            </Button>
          </div>
        </Stack>
      </form>
    </Paper>
  )
}
