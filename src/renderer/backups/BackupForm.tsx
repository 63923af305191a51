import { Paper, Stack, Text, Title } from '@mantine/core'
import { type FormEvent, type ReactNode, useState } from 'react'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useTranslation } from '../language/index.ts'
import { FolderField } from '../parts/backup/FolderField.tsx'

/** A form about backups: what it is for, the folder they go to, further fields, what came of it, and its button. */
export const BackupForm = ({
  title,
  help,
  folder,
  busy,
  error,
  button,
  onSubmit,
  children,
  outcome,
}: {
  title: string
  help: string
  folder: { name: string; value: string; onChange: (folder: string) => void; required: boolean }
  busy: boolean
  error: unknown
  button: ReactNode
  /** The form as it was sent, with a folder where one is required. */
  onSubmit: () => void
  /** Fields below the folder; `tried`: whether faults are to be told. */
  children?: (tried: boolean) => ReactNode
  outcome?: ReactNode
}) => {
  const { t } = useTranslation('backups')
  const [tried, setTried] = useState(false)
  const missing = folder.required && folder.value.trim() === ''
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (!missing && !busy) onSubmit()
  }
  return (
    <Paper p="md">
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <div>
            <Title order={2} size="h3">
              {title}
            </Title>
            <Text size="sm" c="dimmed">
              {help}
            </Text>
          </div>
          <FolderField
            name={folder.name}
            label={t('folder')}
            value={folder.value}
            onChange={folder.onChange}
            error={tried && missing ? t('folderMissing') : null}
            disabled={busy}
          />
          {children?.(tried)}
          {error !== null && <FailureAlert error={error} focus />}
          {outcome}
          <div>{button}</div>
        </Stack>
      </form>
    </Paper>
  )
}
