import { Alert, Button, Text } from '@mantine/core'
import { IconCircleCheck, IconDatabaseExport } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { orpc } from '../api.ts'
import { useFormats, useTranslation } from '../language/index.ts'
import classes from '../parts/backup/backups.module.css'
import { followJob, useJobInPlace } from '../parts/jobs/follow.ts'
import { JobProgress } from '../parts/jobs/JobProgress.tsx'
import { isActive } from '../parts/jobs/list.ts'
import { BackupForm } from './BackupForm.tsx'
import { checkedOf } from './outcome.ts'

/** A backup now, while the vault is in use. */
export const MakeBackup = ({ folder }: { folder: string | null }) => {
  const { t } = useTranslation('backups')
  const formats = useFormats()
  const [into, setInto] = useState(folder ?? '')
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
  return (
    <BackupForm
      title={t('make.title')}
      help={t('make.help')}
      folder={{ name: 'folder', value: into, onChange: setInto, required: true }}
      busy={busy}
      error={make.error}
      onSubmit={() => make.mutate({ folder: into.trim() })}
      button={
        <Button type="submit" leftSection={<IconDatabaseExport size={16} />} loading={busy}>
          {t('make.do')}
        </Button>
      }
      outcome={
        <>
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
        </>
      }
    />
  )
}
