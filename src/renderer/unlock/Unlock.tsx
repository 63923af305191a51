import { Alert, Autocomplete, Button, PasswordInput, Stack, Text } from '@mantine/core'
import { IconHourglass, IconLockOpen } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import type { VaultStatus } from '../../contract/vault.ts'
import { orpc, queryClient } from '../api.ts'
import { FailureAlert, useSentence } from '../errors/FailureAlert.tsx'
import { failureOf } from '../errors/failure.ts'
import { useFormats, useTranslation } from '../language/index.ts'
import { lastLockReason, signedIn } from '../parts/session.ts'
import classes from './Entry.module.css'
import { Entry } from './Entry.tsx'
import { Recover } from './Recover.tsx'
import { useCountdown } from './wait.ts'

export const Unlock = ({ status }: { status: VaultStatus }) => {
  const { t } = useTranslation('unlock')
  const sentence = useSentence()
  const formats = useFormats()
  const field = useRef<HTMLInputElement>(null)
  const [recovering, setRecovering] = useState(false)
  const [user, setUser] = useState('')
  const [passphrase, setPassphrase] = useState('')
  const [wait, startWait] = useCountdown(status.waitSeconds)
  const severalUsers = status.users > 1
  const unlock = useMutation(
    orpc.vault.unlock.mutationOptions({
      onSuccess: signedIn,
      onError: (error) => {
        setPassphrase('')
        const { reason, details } = failureOf(error)
        if (reason === 'throttled') startWait(Number(details?.seconds ?? 0))
        else
          void queryClient
            .fetchQuery(orpc.vault.status.queryOptions({ staleTime: 0 }))
            .then(({ waitSeconds }) => startWait(waitSeconds))
            .catch(() => {})
      },
    }),
  )
  const failure = unlock.error ? failureOf(unlock.error) : null
  const wrong = failure?.reason === 'wrongPassphrase'
  const waiting = wait > 0
  const reason = lastLockReason()

  // The field is disabled while the key is derived or a wait runs, which takes the focus from it: it comes back after.
  useEffect(() => {
    if (unlock.isError && !waiting) field.current?.focus()
  }, [unlock.isError, waiting])

  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (passphrase === '') field.current?.focus()
    else if (!unlock.isPending && !waiting)
      unlock.mutate({ passphrase, ...(severalUsers && user.trim() !== '' ? { user: user.trim() } : {}) })
  }
  if (recovering) return <Recover onBack={() => setRecovering(false)} />
  return (
    <Entry title={t('unlockTitle')} intro={reason ? t(`lockedBecause.${reason}`) : t('unlockIntro')}>
      <form onSubmit={submit}>
        <Stack gap="md">
          {severalUsers && (
            <Autocomplete
              name="user"
              label={t('user')}
              description={t('userHelp')}
              size="md"
              data={status.logins}
              value={user}
              onChange={setUser}
              autoFocus
              autoComplete="username"
              maxLength={200}
              disabled={unlock.isPending}
            />
          )}
          <PasswordInput
            ref={field}
            label={t('passphrase')}
            size="md"
            value={passphrase}
            onChange={(event) => {
              setPassphrase(event.currentTarget.value)
              if (unlock.isError && event.currentTarget.value !== '') unlock.reset()
            }}
            autoFocus={!severalUsers}
            autoComplete="current-password"
            disabled={unlock.isPending || waiting}
            error={wrong ? <span role="alert">{sentence(failure)}</span> : undefined}
            visibilityToggleButtonProps={{ 'aria-label': t('showPassphrase') }}
          />
          {waiting && (
            <Alert color="amber" icon={<IconHourglass />} role="status">
              {t('wait', { time: formats.duration(wait) })}
            </Alert>
          )}
          {failure && !wrong && failure.reason !== 'throttled' && <FailureAlert error={failure} />}
          <Button
            type="submit"
            size="md"
            loading={unlock.isPending}
            disabled={waiting}
            leftSection={<IconLockOpen size={18} />}
          >
            {t('unlock')}
          </Button>
          {status.recovery && (
            <Button variant="subtle" onClick={() => setRecovering(true)} disabled={unlock.isPending}>
              {t('recover.use')}
            </Button>
          )}
          <Text className={classes.path}>{t('vaultAt', { path: status.path })}</Text>
        </Stack>
      </form>
    </Entry>
  )
}
