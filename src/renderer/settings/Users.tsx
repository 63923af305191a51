import { Badge, Button, Group, Menu, Paper, Select, Skeleton, Text, TextInput, Title } from '@mantine/core'
import { IconChevronDown, IconUserPlus } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type Role, roles } from '../../contract/procedure.ts'
import type { UserEntry } from '../../contract/users.ts'
import { client, orpc, queryClient } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../language/index.ts'
import { DataTable } from '../parts/DataTable.tsx'
import { Dialog } from '../parts/Dialog.tsx'
import { faultless, NewPassphraseFields, useNewPassphrase } from '../parts/NewPassphrase.tsx'
import { useSession } from '../parts/session.ts'
import { LoginField, loginFault } from './LoginField.tsx'
import classes from './Settings.module.css'

type Act = 'rename' | 'changeRole' | 'reset' | 'disable' | 'enable'

/** Who may open the vault; for administrators. */
export const Users = () => {
  const { t } = useTranslation('settings')
  const formats = useFormats()
  const session = useSession()
  const list = useQuery(orpc.users.list.queryOptions({ staleTime: 0 }))
  const [adding, setAdding] = useState(false)
  const [acting, setActing] = useState<{ act: Act; user: UserEntry } | null>(null)
  const actsOn = (user: UserEntry): Act[] =>
    user.disabledAt
      ? ['enable', 'rename']
      : ['rename', 'changeRole', ...(user.user === session.user ? [] : (['reset'] as const)), 'disable']
  return (
    <Paper p="md">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h3">
          {t('users.title')}
        </Title>
        <Button variant="default" leftSection={<IconUserPlus size={16} />} onClick={() => setAdding(true)}>
          {t('users.add')}
        </Button>
      </Group>
      <Text size="sm" c="dimmed" mb="sm">
        {t('users.help')}
      </Text>
      {list.isPending && <Skeleton height={90} />}
      {list.isError && <FailureAlert error={list.error} onRetry={() => void list.refetch()} />}
      {list.data && (
        <DataTable
          rows={list.data.users}
          name={({ user }) => user}
          label={t('users.title')}
          verticalSpacing="xs"
          columns={[
            { id: 'name', head: t('name'), cell: (user) => <Named user={user} /> },
            { id: 'login', head: t('login.label'), cell: ({ login }) => login ?? '–' },
            { id: 'role', head: t('role'), cell: ({ role }) => t(`shell:roles.${role}`) },
            {
              id: 'passphrase',
              head: t('users.passphraseOf'),
              cell: ({ passphraseSetAt }) =>
                passphraseSetAt ? formats.date(passphraseSetAt) : t('users.noPassphrase'),
            },
            {
              id: 'acts',
              head: <span className={classes.unseen}>{t('users.acts')}</span>,
              cell: (user) => <Acts user={user} acts={actsOn(user)} onAct={(act) => setActing({ act, user })} />,
            },
          ]}
        />
      )}
      {adding && <AddUser onClose={() => setAdding(false)} />}
      {acting && <ChangeUser {...acting} onClose={() => setActing(null)} />}
    </Paper>
  )
}

const Named = ({ user: { displayName, disabledAt, signedIn } }: { user: UserEntry }) => {
  const { t } = useTranslation('settings')
  return (
    <>
      {displayName}{' '}
      {disabledAt ? (
        <Badge size="xs" color="gray">
          {t('users.disabled')}
        </Badge>
      ) : (
        signedIn && (
          <Badge size="xs" color="moss">
            {t('users.signedIn')}
          </Badge>
        )
      )}
    </>
  )
}

const Acts = ({ user, acts, onAct }: { user: UserEntry; acts: readonly Act[]; onAct: (act: Act) => void }) => {
  const { t } = useTranslation('settings')
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button
          size="compact-sm"
          variant="default"
          rightSection={<IconChevronDown size={13} aria-hidden />}
          aria-label={t('users.actsOn', { name: user.displayName })}
        >
          {t('users.acts')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {acts.map((act) => (
          <Menu.Item key={act} onClick={() => onAct(act)}>
            {t(`users.${act}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

const refresh = () =>
  Promise.all([
    queryClient.invalidateQueries({ queryKey: orpc.users.key() }),
    queryClient.invalidateQueries({ queryKey: orpc.vault.status.key() }),
  ])

const RoleSelect = ({ value, onChange }: { value: Role; onChange: (role: Role) => void }) => {
  const { t } = useTranslation('settings')
  return (
    <Select
      name="role"
      label={t('role')}
      description={t(`users.may.${value}`)}
      data={roles.map((role) => ({ value: role, label: t(`shell:roles.${role}`) }))}
      value={value}
      onChange={(role) => role && onChange(role as Role)}
      allowDeselect={false}
    />
  )
}

const AddUser = ({ onClose }: { onClose: () => void }) => {
  const { t } = useTranslation('settings')
  const [displayName, setDisplayName] = useState('')
  const [login, setLogin] = useState('')
  const [role, setRole] = useState<Role>('doctor')
  const [tried, setTried] = useState(false)
  const next = useNewPassphrase([displayName, login])
  const add = useMutation(
    orpc.users.add.mutationOptions({
      onSuccess: async () => {
        await refresh()
        onClose()
      },
    }),
  )
  const faults = {
    displayName: displayName.trim() === '' ? t('users.nameMissing') : null,
    login: loginFault(login) ? t('login.fault') : null,
    ...next.faults,
  }
  return (
    <Dialog
      title={t('users.add')}
      submit={t('users.add')}
      pending={add.isPending}
      error={add.error}
      onClose={onClose}
      onSubmit={(form) => {
        setTried(true)
        if (faultless(form, faults))
          add.mutate({ displayName: displayName.trim(), login: login.trim(), role, passphrase: next.passphrase })
      }}
    >
      <TextInput
        name="displayName"
        label={t('name')}
        description={t('unlock:nameHelp')}
        value={displayName}
        onChange={(event) => setDisplayName(event.currentTarget.value)}
        error={tried ? faults.displayName : null}
        maxLength={200}
        disabled={add.isPending}
        data-autofocus
      />
      <LoginField value={login} onChange={setLogin} error={tried ? faults.login : null} disabled={add.isPending} />
      <RoleSelect value={role} onChange={setRole} />
      <NewPassphraseFields state={next} tried={tried} disabled={add.isPending} label={t('users.initialPassphrase')} />
    </Dialog>
  )
}

const ChangeUser = ({ act, user, onClose }: { act: Act; user: UserEntry; onClose: () => void }) => {
  const { t } = useTranslation('settings')
  const [displayName, setDisplayName] = useState(user.displayName)
  const [role, setRole] = useState<Role>(user.role)
  const [login, setLogin] = useState(user.login ?? '')
  const [tried, setTried] = useState(false)
  const next = useNewPassphrase([user.displayName, login])
  const setsPassphrase = act === 'reset' || act === 'enable'
  const change = useMutation({
    mutationFn: async () => {
      const target = { user: user.user }
      const { passphrase } = next
      if (act === 'rename') await client.users.rename({ ...target, displayName: displayName.trim() })
      else if (act === 'changeRole') await client.users.changeRole({ ...target, role })
      else if (act === 'disable') await client.users.disable(target)
      else if (act === 'enable') await client.users.enable({ ...target, login: login.trim(), passphrase })
      else await client.users.resetPassphrase({ ...target, login: login.trim(), passphrase })
    },
    onSuccess: async () => {
      await refresh()
      onClose()
    },
  })
  const faults = {
    displayName: act === 'rename' && displayName.trim() === '' ? t('users.nameMissing') : null,
    ...(setsPassphrase ? { login: loginFault(login) ? t('login.fault') : null, ...next.faults } : {}),
  }
  return (
    <Dialog
      title={t('users.actTitle', { act: t(`users.${act}`), name: user.displayName })}
      submit={t(`users.${act}`)}
      pending={change.isPending}
      error={change.error}
      danger={act === 'disable'}
      onClose={onClose}
      onSubmit={(form) => {
        setTried(true)
        if (faultless(form, faults)) change.mutate()
      }}
    >
      {act === 'rename' && (
        <TextInput
          name="displayName"
          label={t('name')}
          value={displayName}
          onChange={(event) => setDisplayName(event.currentTarget.value)}
          error={tried ? faults.displayName : null}
          maxLength={200}
          data-autofocus
        />
      )}
      {act === 'changeRole' && <RoleSelect value={role} onChange={setRole} />}
      {act === 'disable' && <Text size="sm">{t('users.disableHelp')}</Text>}
      {setsPassphrase && (
        <>
          <Text size="sm">{t(act === 'reset' ? 'users.resetHelp' : 'users.enableHelp')}</Text>
          <LoginField
            value={login}
            onChange={setLogin}
            error={tried ? (faults.login ?? null) : null}
            disabled={change.isPending}
          />
          <NewPassphraseFields
            state={next}
            tried={tried}
            disabled={change.isPending}
            label={t('users.initialPassphrase')}
          />
        </>
      )}
    </Dialog>
  )
}
