import { Badge, Button, Group, Paper, PasswordInput, Skeleton, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconDeviceDesktop, IconDeviceDesktopOff } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { orpc, queryClient } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useTranslation } from '../language/index.ts'
import { Dialog } from '../parts/Dialog.tsx'
import classes from './Settings.module.css'

/** Binds the own key to this computer's keychain, and unbinds it. */
export const Keychain = () => {
  const { t } = useTranslation('settings')
  const [asking, setAsking] = useState<'bind' | 'unbind' | null>(null)
  const status = useQuery(orpc.users.keychain.queryOptions({ staleTime: 0 }))
  const { bound, obstacle, backend } = status.data ?? {}
  return (
    <Paper p="md" className={classes.section}>
      <div>
        <Group gap="xs">
          <Title order={2} size="h3">
            {t('keychain.title')}
          </Title>
          {bound && <Badge variant="light">{t('keychain.isBound')}</Badge>}
        </Group>
        <Text size="sm" c="dimmed">
          {t('keychain.help')}
        </Text>
        {status.isPending && <Skeleton height={20} mt="xs" />}
        {status.isError && <FailureAlert error={status.error} onRetry={() => void status.refetch()} />}
        {obstacle && (
          <Text size="sm" mt="xs" role="note">
            {t(`keychain.${obstacle}`, { backend })}
          </Text>
        )}
      </div>
      {bound ? (
        <Button
          variant="default"
          leftSection={<IconDeviceDesktopOff size={16} />}
          onClick={() => setAsking('unbind')}
          disabled={obstacle !== null}
        >
          {t('keychain.unbind')}
        </Button>
      ) : (
        <Button
          variant="default"
          leftSection={<IconDeviceDesktop size={16} />}
          onClick={() => setAsking('bind')}
          disabled={!status.data || obstacle !== null}
        >
          {t('keychain.bind')}
        </Button>
      )}
      {asking && <Ask act={asking} onClose={() => setAsking(null)} />}
    </Paper>
  )
}

const Ask = ({ act, onClose }: { act: 'bind' | 'unbind'; onClose: () => void }) => {
  const { t } = useTranslation('settings')
  const [passphrase, setPassphrase] = useState('')
  const [tried, setTried] = useState(false)
  const done = {
    onSuccess: () => {
      notifications.show({ color: 'moss', message: t(`keychain.${act}Done`) })
      void queryClient.invalidateQueries({ queryKey: orpc.users.key() })
      onClose()
    },
  }
  const bind = useMutation(orpc.users.bindToKeychain.mutationOptions(done))
  const unbind = useMutation(orpc.users.unbindFromKeychain.mutationOptions(done))
  const { mutate, isPending, error } = act === 'bind' ? bind : unbind
  return (
    <Dialog
      title={t('keychain.title')}
      submit={t(`keychain.${act}`)}
      pending={isPending}
      error={error}
      onClose={onClose}
      onSubmit={() => {
        setTried(true)
        if (passphrase !== '') mutate({ passphrase })
      }}
    >
      <Text size="sm">{t(`keychain.${act}Explained`)}</Text>
      <PasswordInput
        name="passphrase"
        label={t('passphrase.own')}
        value={passphrase}
        onChange={(event) => setPassphrase(event.currentTarget.value)}
        error={tried && passphrase === '' ? t('passphrase.oldMissing') : null}
        autoComplete="current-password"
        maxLength={1024}
        disabled={isPending}
        data-autofocus
        visibilityToggleButtonProps={{ 'aria-label': t('unlock:showPassphrase') }}
      />
    </Dialog>
  )
}
