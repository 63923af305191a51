import { Button, PasswordInput, Stack, Text } from '@mantine/core'
import { IconLockOpen } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { orpc } from '../api.ts'
import { FailureAlert, useSentence } from '../errors/FailureAlert.tsx'
import { failureOf } from '../errors/failure.ts'
import { useTranslation } from '../language/index.ts'
import classes from './Entry.module.css'
import { Entry } from './Entry.tsx'
import { signedIn } from './session.ts'

export const Unlock = ({ path }: { path: string }) => {
  const { t } = useTranslation('unlock')
  const sentence = useSentence()
  const field = useRef<HTMLInputElement>(null)
  const [passphrase, setPassphrase] = useState('')
  const unlock = useMutation(
    orpc.vault.unlock.mutationOptions({
      onSuccess: signedIn,
      onError: () => setPassphrase(''),
    }),
  )
  const failure = unlock.error ? failureOf(unlock.error) : null
  const wrong = failure?.reason === 'wrongPassphrase'

  // The field is disabled while the key is derived, which takes the focus from it: it comes back after an error.
  useEffect(() => {
    if (unlock.isError) field.current?.focus()
  }, [unlock.isError])

  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (passphrase === '') field.current?.focus()
    else if (!unlock.isPending) unlock.mutate({ passphrase })
  }
  return (
    <Entry title={t('unlockTitle')} intro={t('unlockIntro')}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <PasswordInput
            ref={field}
            label={t('passphrase')}
            size="md"
            value={passphrase}
            onChange={(event) => {
              setPassphrase(event.currentTarget.value)
              if (unlock.isError && event.currentTarget.value !== '') unlock.reset()
            }}
            autoFocus
            autoComplete="current-password"
            disabled={unlock.isPending}
            error={wrong ? <span role="alert">{sentence(failure)}</span> : undefined}
            visibilityToggleButtonProps={{ 'aria-label': t('showPassphrase') }}
          />
          {failure && !wrong && <FailureAlert error={failure} />}
          <Button type="submit" size="md" loading={unlock.isPending} leftSection={<IconLockOpen size={18} />}>
            {t('unlock')}
          </Button>
          <Text className={classes.path}>{t('vaultAt', { path })}</Text>
        </Stack>
      </form>
    </Entry>
  )
}
