import { Alert, Anchor, Button, Checkbox, Stack, Text, TextInput } from '@mantine/core'
import { IconAlertTriangle, IconLockOpen, IconShieldLock } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { orpc, queryClient } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useTranslation } from '../language/index.ts'
import { Restore } from '../parts/backup/Restore.tsx'
import { faultless, NewPassphraseFields, useNewPassphrase } from '../parts/NewPassphrase.tsx'
import { signedIn } from '../parts/session.ts'
import classes from './Entry.module.css'
import { Entry } from './Entry.tsx'

/** Where there is no vault yet: a new one, or one from a backup. */
export const FirstRun = ({ path }: { path: string }) => {
  const [restoring, setRestoring] = useState(false)
  return restoring ? (
    <FirstRestore onBack={() => setRestoring(false)} />
  ) : (
    <NewVault path={path} onRestore={() => setRestoring(true)} />
  )
}

const FirstRestore = ({ onBack }: { onBack: () => void }) => {
  const { t } = useTranslation('backups')
  return (
    <Entry title={t('first.title')} intro={t('first.intro')}>
      <Restore
        from=""
        elsewhere={false}
        onBack={onBack}
        after={
          <Button
            size="md"
            leftSection={<IconLockOpen size={18} />}
            onClick={() => void queryClient.invalidateQueries({ queryKey: orpc.vault.status.key() })}
          >
            {t('restored.unlock')}
          </Button>
        }
      />
    </Entry>
  )
}

/** Creates the vault and its first administrator. */
const NewVault = ({ path, onRestore }: { path: string; onRestore: () => void }) => {
  const { t } = useTranslation('unlock')
  const [displayName, setDisplayName] = useState('')
  const next = useNewPassphrase([displayName])
  const [understood, setUnderstood] = useState(false)
  const [tried, setTried] = useState(false)
  const create = useMutation(orpc.vault.create.mutationOptions({ onSuccess: signedIn }))

  const faults = {
    displayName: displayName.trim() === '' ? t('nameMissing') : null,
    ...next.faults,
    understood: understood ? null : t('understoodMissing'),
  }
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    setTried(true)
    if (faultless(event.currentTarget, faults) && !create.isPending)
      create.mutate({ displayName: displayName.trim(), passphrase: next.passphrase })
  }
  const shown = (name: keyof typeof faults) => (tried ? faults[name] : null)
  return (
    <Entry title={t('createTitle')} intro={t('createIntro')}>
      <form onSubmit={submit} noValidate>
        <Stack gap="md">
          <TextInput
            name="displayName"
            label={t('name')}
            description={t('nameHelp')}
            value={displayName}
            onChange={(event) => setDisplayName(event.currentTarget.value)}
            error={shown('displayName')}
            autoFocus
            autoComplete="name"
            maxLength={200}
            disabled={create.isPending}
          />
          <NewPassphraseFields state={next} tried={tried} disabled={create.isPending} />
          <Alert color="amber" icon={<IconAlertTriangle />} title={t('noRecoveryTitle')}>
            <Stack gap="xs">
              <Text size="sm">{t('noRecovery')}</Text>
              <Checkbox
                name="understood"
                label={t('understood')}
                checked={understood}
                onChange={(event) => setUnderstood(event.currentTarget.checked)}
                error={shown('understood')}
                disabled={create.isPending}
              />
            </Stack>
          </Alert>
          {create.isError && <FailureAlert error={create.error} focus />}
          <Button type="submit" size="md" loading={create.isPending} leftSection={<IconShieldLock size={18} />}>
            {t('create')}
          </Button>
          <Anchor component="button" type="button" size="sm" onClick={onRestore} disabled={create.isPending}>
            {t('backups:first.offer')}
          </Anchor>
          <Text className={classes.path}>{t('vaultWillBeAt', { path })}</Text>
        </Stack>
      </form>
    </Entry>
  )
}
