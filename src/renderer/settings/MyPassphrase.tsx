import { Button, Paper, PasswordInput, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconKey } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { orpc, queryClient } from '../api.ts'
import { useTranslation } from '../language/index.ts'
import { Dialog } from '../parts/Dialog.tsx'
import { faultless, NewPassphraseFields, useNewPassphrase } from '../parts/NewPassphrase.tsx'
import { useSession } from '../parts/session.ts'
import { LoginField, loginFault } from './LoginField.tsx'
import classes from './Settings.module.css'

/** The own passphrase, and the name to sign in with. */
export const MyPassphrase = () => {
  const { t } = useTranslation('settings')
  const [open, setOpen] = useState(false)
  return (
    <Paper p="md" className={classes.section}>
      <div>
        <Title order={2} size="h3">
          {t('passphrase.title')}
        </Title>
        <Text size="sm" c="dimmed">
          {t('passphrase.help')}
        </Text>
      </div>
      <Button variant="default" leftSection={<IconKey size={16} />} onClick={() => setOpen(true)}>
        {t('passphrase.change')}
      </Button>
      {open && <ChangePassphrase onClose={() => setOpen(false)} />}
    </Paper>
  )
}

const ChangePassphrase = ({ onClose }: { onClose: () => void }) => {
  const { t } = useTranslation('settings')
  const session = useSession()
  const [old, setOld] = useState('')
  const [login, setLogin] = useState('')
  const [tried, setTried] = useState(false)
  const next = useNewPassphrase([session.displayName, login])
  const change = useMutation(
    orpc.users.changePassphrase.mutationOptions({
      onSuccess: () => {
        notifications.show({ color: 'moss', message: t('passphrase.changed') })
        void queryClient.invalidateQueries({ queryKey: orpc.users.key() })
        onClose()
      },
    }),
  )
  const faults = {
    old: old === '' ? t('passphrase.oldMissing') : null,
    ...next.faults,
    login: login.trim() === '' || !loginFault(login) ? null : t('login.fault'),
  }
  return (
    <Dialog
      title={t('passphrase.change')}
      submit={t('passphrase.change')}
      pending={change.isPending}
      error={change.error}
      onClose={onClose}
      onSubmit={(form) => {
        setTried(true)
        if (faultless(form, faults))
          change.mutate({
            old,
            passphrase: next.passphrase,
            ...(login.trim() === '' ? {} : { login: login.trim() }),
          })
      }}
    >
      <PasswordInput
        name="old"
        label={t('passphrase.old')}
        value={old}
        onChange={(event) => setOld(event.currentTarget.value)}
        error={tried ? faults.old : null}
        autoComplete="current-password"
        maxLength={1024}
        disabled={change.isPending}
        data-autofocus
        visibilityToggleButtonProps={{ 'aria-label': t('unlock:showPassphrase') }}
      />
      <NewPassphraseFields
        state={next}
        tried={tried}
        disabled={change.isPending}
        label={t('unlock:recover.newPassphrase')}
      />
      <LoginField
        value={login}
        onChange={setLogin}
        error={tried ? faults.login : null}
        disabled={change.isPending}
        optional
      />
    </Dialog>
  )
}
