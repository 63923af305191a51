import {
  Alert,
  Button,
  Checkbox,
  Group,
  Modal,
  NativeSelect,
  Paper,
  PasswordInput,
  Stack,
  Text,
  Title,
} from '@mantine/core'
import { IconFileShredder, IconPrinter, IconRefresh } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { createPortal } from 'react-dom'
import type { RecoveryKit } from '../../contract/users.ts'
import { ciphers } from '../../contract/vault.ts'
import { orpc, queryClient } from '../api.ts'
import { useFormats, useLanguage, useTranslation } from '../language/index.ts'
import { Dialog } from '../parts/Dialog.tsx'
import { followJob, useJobs } from '../parts/jobs/follow.ts'
import { JobProgress } from '../parts/jobs/JobProgress.tsx'
import { isActive } from '../parts/jobs/list.ts'
import { useSession } from '../parts/session.ts'
import classes from './Settings.module.css'

/** The administrator's recovery kit, and the vault's key itself. */
export const Keys = () => {
  const { t } = useTranslation('settings')
  const formats = useFormats()
  const session = useSession()
  const list = useQuery(orpc.users.list.queryOptions({ staleTime: 0 }))
  const [asking, setAsking] = useState<'kit' | 'rekey' | null>(null)
  const [kit, setKit] = useState<RecoveryKit | null>(null)
  const own = list.data?.users.find(({ user }) => user === session.user)
  const running = useJobs().find((job) => job.kind === 'rekey' && isActive(job))
  return (
    <>
      <Paper p="md" className={classes.section}>
        <div>
          <Title order={2} size="h3">
            {t('kit.title')}
          </Title>
          <Text size="sm" c="dimmed">
            {t('kit.help')} {own?.recoveryKitAt && t('kit.madeOn', { date: formats.date(own.recoveryKitAt) })}
          </Text>
          {own && !own.recoveryKitAt && (
            <Alert color="amber" mt="xs">
              {t('kit.none')}
            </Alert>
          )}
        </div>
        <Button variant="default" leftSection={<IconPrinter size={16} />} onClick={() => setAsking('kit')}>
          {t('kit.make')}
        </Button>
      </Paper>
      <Paper p="md" className={classes.section}>
        <div>
          <Title order={2} size="h3">
            {t('rekey.title')}
          </Title>
          <Text size="sm" c="dimmed">
            {t('rekey.help')}{' '}
            {list.data?.rekeyedAt && t('rekey.doneOn', { date: formats.dateTime(list.data.rekeyedAt) })}
          </Text>
          {list.data?.rekeyInterrupted && (
            <Alert color="amber" mt="xs">
              {t('rekey.interrupted')}
            </Alert>
          )}
        </div>
        {running ? (
          <div style={{ flex: '1 1 100%' }}>
            <JobProgress job={running} />
          </div>
        ) : (
          <Button variant="default" leftSection={<IconRefresh size={16} />} onClick={() => setAsking('rekey')}>
            {t('rekey.do')}
          </Button>
        )}
      </Paper>
      {asking === 'kit' && <AskKit onMade={setKit} onClose={() => setAsking(null)} />}
      {asking === 'rekey' && <AskRekey onClose={() => setAsking(null)} />}
      {kit && <KitPage kit={kit} onClose={() => setKit(null)} />}
    </>
  )
}

const OwnPassphrase = ({
  value,
  onChange,
  error,
  disabled,
}: {
  value: string
  onChange: (value: string) => void
  error: string | null
  disabled: boolean
}) => {
  const { t } = useTranslation('settings')
  return (
    <PasswordInput
      name="passphrase"
      label={t('passphrase.own')}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error}
      autoComplete="current-password"
      maxLength={1024}
      disabled={disabled}
      data-autofocus
      visibilityToggleButtonProps={{ 'aria-label': t('unlock:showPassphrase') }}
    />
  )
}

const AskKit = ({ onMade, onClose }: { onMade: (kit: RecoveryKit) => void; onClose: () => void }) => {
  const { t } = useTranslation('settings')
  const [passphrase, setPassphrase] = useState('')
  const [tried, setTried] = useState(false)
  const make = useMutation(
    orpc.users.makeRecoveryKit.mutationOptions({
      // The code is kept by the page that shows it, and by nothing else.
      gcTime: 0,
      onSuccess: (kit) => {
        void queryClient.invalidateQueries({ queryKey: orpc.users.key() })
        void queryClient.invalidateQueries({ queryKey: orpc.vault.status.key() })
        onMade(kit)
        onClose()
      },
    }),
  )
  return (
    <Dialog
      title={t('kit.make')}
      submit={t('kit.make')}
      pending={make.isPending}
      error={make.error}
      onClose={onClose}
      onSubmit={() => {
        setTried(true)
        if (passphrase !== '') make.mutate({ passphrase })
      }}
    >
      <Text size="sm">{t('kit.replaces')}</Text>
      <OwnPassphrase
        value={passphrase}
        onChange={setPassphrase}
        error={tried && passphrase === '' ? t('passphrase.oldMissing') : null}
        disabled={make.isPending}
      />
    </Dialog>
  )
}

const KitText = ({ kit }: { kit: RecoveryKit }) => {
  const [title, ...lines] = kit.text[useLanguage() === 'zh-CN' ? 'zh' : 'en']
  return (
    <>
      <Title order={2}>{title}</Title>
      <p className={classes.code} translate="no">
        {kit.code}
      </p>
      {lines
        .filter((line) => !line.includes(kit.code))
        .map((line) => (
          <p key={line}>{line}</p>
        ))}
    </>
  )
}

/** Shown once. Printed is a copy of its own beside the app, which is left out: a dialog would be cut at its edges. */
const KitPage = ({ kit, onClose }: { kit: RecoveryKit; onClose: () => void }) => {
  const { t } = useTranslation('settings')
  const [kept, setKept] = useState(false)
  return (
    <Modal
      opened
      onClose={() => {}}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
      size="lg"
      title={<Text fw={640}>{t('kit.shownOnce')}</Text>}
    >
      <Stack gap="md">
        <div className={classes.kit}>
          <KitText kit={kit} />
        </div>
        {createPortal(
          <div className={classes.printed}>
            <KitText kit={kit} />
          </div>,
          document.body,
        )}
        <Checkbox label={t('kit.kept')} checked={kept} onChange={(event) => setKept(event.currentTarget.checked)} />
        <Group justify="flex-end" gap="xs">
          <Button leftSection={<IconPrinter size={16} />} onClick={() => window.print()} data-autofocus>
            {t('kit.print')}
          </Button>
          <Button variant="default" leftSection={<IconFileShredder size={16} />} disabled={!kept} onClick={onClose}>
            {t('kit.close')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

const AskRekey = ({ onClose }: { onClose: () => void }) => {
  const { t } = useTranslation('settings')
  const [passphrase, setPassphrase] = useState('')
  const [tried, setTried] = useState(false)
  const [cipher, setCipher] = useState<(typeof ciphers)[number] | null>(null)
  const info = useQuery(orpc.system.info.queryOptions())
  const rekey = useMutation(
    orpc.users.rekey.mutationOptions({
      onSuccess: ({ job }) => {
        void followJob(job)
        onClose()
      },
    }),
  )
  return (
    <Dialog
      title={t('rekey.title')}
      submit={t('rekey.do')}
      pending={rekey.isPending}
      error={rekey.error}
      onClose={onClose}
      onSubmit={() => {
        setTried(true)
        if (passphrase !== '') rekey.mutate({ passphrase, cipher })
      }}
    >
      <Text size="sm">{t('rekey.explained')}</Text>
      <NativeSelect
        label={t('rekey.cipher')}
        description={info.data?.aes === false ? t('rekey.noAes') : t('rekey.cipherHelp')}
        value={cipher ?? ''}
        onChange={({ currentTarget }) => setCipher(ciphers.find((each) => each === currentTarget.value) ?? null)}
        disabled={rekey.isPending}
        data={[
          { value: '', label: t('rekey.keep', { cipher: info.data?.cipher ?? '' }) },
          ...ciphers.filter((each) => each !== info.data?.cipher),
        ]}
      />
      <OwnPassphrase
        value={passphrase}
        onChange={setPassphrase}
        error={tried && passphrase === '' ? t('passphrase.oldMissing') : null}
        disabled={rekey.isPending}
      />
    </Dialog>
  )
}
