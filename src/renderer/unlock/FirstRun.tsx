import { Alert, Button, Checkbox, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { IconAlertTriangle, IconShieldLock } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useTranslation } from '../language/index.ts'
import classes from './Entry.module.css'
import { Entry } from './Entry.tsx'
import { signedIn } from './session.ts'
import { hintOf, stepsOf } from './strength.ts'

/** Creates the vault and its first administrator. */
export const FirstRun = ({ path }: { path: string }) => {
  const { t } = useTranslation('unlock')
  const [displayName, setDisplayName] = useState('')
  const [passphrase, setPassphrase] = useState('')
  const [again, setAgain] = useState('')
  const [understood, setUnderstood] = useState(false)
  const [tried, setTried] = useState(false)
  const create = useMutation(orpc.vault.create.mutationOptions({ onSuccess: signedIn }))
  const hint = hintOf(passphrase, displayName)

  const faults = {
    displayName: displayName.trim() === '' ? t('nameMissing') : null,
    passphrase: passphrase === '' ? t('passphraseMissing') : null,
    again: passphrase !== again ? t('passphrasesDiffer') : null,
    understood: understood ? null : t('understoodMissing'),
  }
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    setTried(true)
    const first = (Object.keys(faults) as (keyof typeof faults)[]).find((name) => faults[name])
    if (first) {
      event.currentTarget.querySelector<HTMLInputElement>(`[name="${first}"]`)?.focus()
      return
    }
    if (!create.isPending) create.mutate({ displayName: displayName.trim(), passphrase })
  }
  const shown = (name: keyof typeof faults) => (tried ? faults[name] : null)
  const differsWhileTyping = again !== '' && !passphrase.startsWith(again) ? faults.again : null
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
          <Stack gap={8}>
            <PasswordInput
              name="passphrase"
              label={t('passphrase')}
              description={t('passphraseHelp')}
              value={passphrase}
              onChange={(event) => setPassphrase(event.currentTarget.value)}
              error={shown('passphrase')}
              autoComplete="new-password"
              maxLength={1024}
              disabled={create.isPending}
              aria-describedby="strength"
              visibilityToggleButtonProps={{ 'aria-label': t('showPassphrase') }}
            />
            <div className={classes.meter} aria-hidden>
              {[1, 2, 3, 4].map((step) => (
                <span key={step} data-on={step <= stepsOf[hint.strength] ? hint.strength : undefined} />
              ))}
            </div>
            <Text size="xs" c="dimmed" id="strength" aria-live="polite" mih={18}>
              {hint.strength !== 'empty' && t(`strength.${hint.strength}`)}
              {hint.advice && ` ${t(`advice.${hint.advice}`)}`}
            </Text>
          </Stack>
          <PasswordInput
            name="again"
            label={t('passphraseAgain')}
            value={again}
            onChange={(event) => setAgain(event.currentTarget.value)}
            error={shown('again') ?? differsWhileTyping}
            autoComplete="new-password"
            maxLength={1024}
            disabled={create.isPending}
            visibilityToggleButtonProps={{ 'aria-label': t('showPassphrase') }}
          />
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
          <Text className={classes.path}>{t('vaultWillBeAt', { path })}</Text>
        </Stack>
      </form>
    </Entry>
  )
}
