import { Alert, Badge, Button, Group, PasswordInput, Progress, Stack, Table, Text, TextInput } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck, IconDatabaseImport, IconPlayerStop } from '@tabler/icons-react'
import { type FormEvent, type ReactNode, useState } from 'react'
import type { RestoreEvent } from '../../../contract/backup.ts'
import { FailureAlert } from '../../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../../language/index.ts'
import { faultless } from '../NewPassphrase.tsx'
import { ScrollSection } from '../ScrollX.tsx'
import classes from './backups.module.css'
import { FolderField } from './FolderField.tsx'
import { useRestore } from './restoring.ts'

/**
 * From a backup to a vault at a new place: what to restore and with whose passphrase, how far it is, and then every
 * table against what was backed up.
 */
export const Restore = ({
  from,
  elsewhere,
  onBack,
  after,
}: {
  /** The backup; empty: it is asked for. */
  from: string
  /**
   * Whether it is restored beside the vault, to a folder that is asked for; else it becomes this installation's vault.
   */
  elsewhere: boolean
  onBack: () => void
  /** What there is to do once it is restored. */
  after: ReactNode
}) => {
  const { t } = useTranslation('backups')
  const [path, setPath] = useState(from)
  const [into, setInto] = useState('')
  const [user, setUser] = useState('')
  const [passphrase, setPassphrase] = useState('')
  const [tried, setTried] = useState(false)
  const { state, start, cancel } = useRestore()
  const running = state.at === 'running'

  if (state.at === 'done')
    return (
      <Stack gap="md">
        <Restored result={state.result} />
        {after}
      </Stack>
    )
  const faults = {
    backup: path.trim() === '' ? t('restore.pathMissing') : null,
    into: elsewhere && into.trim() === '' ? t('restore.intoMissing') : null,
    passphrase: passphrase === '' ? t('restore.passphraseMissing') : null,
  }
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    setTried(true)
    if (running || !faultless(event.currentTarget, faults)) return
    void start({
      path: path.trim(),
      into: elsewhere ? into.trim() : null,
      user: user.trim() === '' ? null : user.trim(),
      passphrase,
    })
  }
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <FolderField
          name="backup"
          label={t('restore.path')}
          description={t('restore.pathHelp')}
          value={path}
          onChange={setPath}
          error={tried ? faults.backup : null}
          disabled={running || from !== ''}
        />
        {elsewhere && (
          <FolderField
            name="into"
            label={t('restore.into')}
            description={t('restore.intoHelp')}
            value={into}
            onChange={setInto}
            error={tried ? faults.into : null}
            disabled={running}
          />
        )}
        <TextInput
          name="user"
          label={t('restore.user')}
          description={t('restore.userHelp')}
          value={user}
          onChange={(event) => setUser(event.currentTarget.value)}
          disabled={running}
          maxLength={200}
          autoComplete="username"
          spellCheck={false}
        />
        <PasswordInput
          name="passphrase"
          label={t('restore.passphrase')}
          description={t('restore.passphraseHelp')}
          value={passphrase}
          onChange={(event) => setPassphrase(event.currentTarget.value)}
          error={tried ? faults.passphrase : null}
          disabled={running}
          maxLength={1024}
          autoComplete="current-password"
          visibilityToggleButtonProps={{ 'aria-label': t('unlock:showPassphrase') }}
        />
        {state.at === 'asking' && state.error ? <FailureAlert error={state.error} focus /> : null}
        {running && <Running stage={state.stage} progress={state.progress} />}
        <Group justify="flex-end" gap="xs">
          {running ? (
            <Button variant="default" leftSection={<IconPlayerStop size={15} />} onClick={cancel}>
              {t('shell:cancel')}
            </Button>
          ) : (
            <Button variant="default" onClick={onBack}>
              {t('shell:back')}
            </Button>
          )}
          <Button type="submit" leftSection={<IconDatabaseImport size={16} />} loading={running}>
            {t('restore.do')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** How far a restore is; no share where it cannot be told. */
const Running = ({ stage, progress }: { stage: string; progress: number | null }) => {
  const { t } = useTranslation('backups')
  const formats = useFormats()
  return (
    <div>
      <Text size="sm" role="status" mb={4}>
        {t(`restore.stages.${stage}`)}
        {progress !== null && ` ${formats.percent(progress)}`}
      </Text>
      <Progress.Root>
        <Progress.Section
          value={progress === null ? 100 : Math.max(1, progress * 100)}
          animated={progress === null}
          striped={progress === null}
          aria-label={t(`restore.stages.${stage}`)}
        />
      </Progress.Root>
    </div>
  )
}

const Restored = ({ result }: { result: NonNullable<RestoreEvent['result']> }) => {
  const { t } = useTranslation('backups')
  const formats = useFormats()
  const { tables, auditFaults, entries, createdAt, path } = result
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const whole = auditFaults.length === 0
  return (
    <>
      <Alert color="moss" icon={<IconCircleCheck />} title={t('restored.title')} role="status">
        <Text size="sm">
          {t('restored.what', {
            tables: formats.integer(tables.length),
            rows: formats.integer(rows),
            date: formats.dateTime(createdAt),
          })}
        </Text>
        <div className={classes.path}>{path}</div>
      </Alert>
      <Alert
        color={whole ? 'moss' : 'brick'}
        icon={whole ? <IconCircleCheck /> : <IconAlertTriangle />}
        role={whole ? 'status' : 'alert'}
      >
        {whole
          ? t('restored.logWhole', { entries: formats.integer(entries) })
          : t('restored.logNotWhole', {
              faults: formats.list(
                auditFaults.map((fault) => t(`audit:faults.${fault}.name`, { defaultValue: fault })),
              ),
            })}
      </Alert>
      <ScrollSection className={classes.tables} label={t('restored.tables')}>
        <Table fz="sm" stickyHeader>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('restored.table')}</Table.Th>
              <Table.Th ta="right">{t('restored.rows')}</Table.Th>
              <Table.Th>{t('restored.compared')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {tables.map(({ name, rows: count, same }) => (
              <Table.Tr key={name}>
                <Table.Td>{name}</Table.Td>
                <Table.Td ta="right" className="tabular">
                  {formats.integer(count)}
                </Table.Td>
                <Table.Td>
                  <Badge miw="max-content" color={same ? 'moss' : 'brick'}>
                    {t(same ? 'restored.same' : 'restored.differs')}
                  </Badge>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollSection>
    </>
  )
}
