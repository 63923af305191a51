import { Badge, Button, Paper, Skeleton, Text, Title } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type * as z from 'zod'
import type { KeySlotSchema } from '../../contract/users.ts'
import { orpc, queryClient } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../language/index.ts'
import { DataTable } from '../parts/DataTable.tsx'
import { Dialog } from '../parts/Dialog.tsx'
import { useSession } from '../parts/session.ts'
import classes from './Settings.module.css'

type KeySlot = z.infer<typeof KeySlotSchema>

/** Every way to open the vault, and how to take one away; for administrators. */
export const Slots = () => {
  const { t } = useTranslation('settings')
  const formats = useFormats()
  const slots = useQuery(orpc.users.slots.queryOptions({ staleTime: 0 }))
  const [revoking, setRevoking] = useState<KeySlot | null>(null)
  return (
    <Paper p="md">
      <Title order={2} size="h3">
        {t('slots.title')}
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {t('slots.help')}
      </Text>
      {slots.isPending && <Skeleton height={90} />}
      {slots.isError && <FailureAlert error={slots.error} onRetry={() => void slots.refetch()} />}
      {slots.data && (
        <DataTable
          rows={slots.data}
          name={({ slot }) => String(slot)}
          label={t('slots.title')}
          verticalSpacing="xs"
          columns={[
            {
              id: 'opens',
              head: t('slots.opens'),
              cell: ({ kind, bound }) => (
                <>
                  {t(`slots.kinds.${kind}`)}{' '}
                  {bound && (
                    <Badge size="xs" color="sky">
                      {t('slots.bound')}
                    </Badge>
                  )}
                </>
              ),
            },
            {
              id: 'of',
              head: t('slots.of'),
              cell: ({ displayName, login }) => (
                <>
                  {displayName}
                  {login && (
                    <Text span size="xs" c="dimmed">
                      {' '}
                      {login}
                    </Text>
                  )}
                </>
              ),
            },
            {
              id: 'since',
              head: t('slots.since'),
              cell: ({ createdAt }) => formats.dateTime(createdAt),
              props: { className: 'tabular' },
            },
            {
              id: 'acts',
              head: <span className={classes.unseen}>{t('users.acts')}</span>,
              cell: (slot) => (
                <Button
                  size="compact-sm"
                  variant="default"
                  aria-label={t('slots.revokeNamed', { kind: t(`slots.kinds.${slot.kind}`), name: slot.displayName })}
                  onClick={() => setRevoking(slot)}
                >
                  {t('slots.revoke')}
                </Button>
              ),
              props: { ta: 'right' },
            },
          ]}
        />
      )}
      {revoking && <Revoke slot={revoking} onClose={() => setRevoking(null)} />}
    </Paper>
  )
}

const Revoke = ({ slot, onClose }: { slot: KeySlot; onClose: () => void }) => {
  const { t } = useTranslation('settings')
  const session = useSession()
  const revoke = useMutation(
    orpc.users.revokeSlot.mutationOptions({
      onSuccess: async () => {
        onClose()
        await Promise.all([
          queryClient.invalidateQueries({ queryKey: orpc.users.key() }),
          queryClient.invalidateQueries({ queryKey: orpc.vault.status.key() }),
        ])
      },
    }),
  )
  const own = slot.user === session.user && slot.kind === 'passphrase'
  return (
    <Dialog
      title={t('slots.revokeNamed', { kind: t(`slots.kinds.${slot.kind}`), name: slot.displayName })}
      submit={t('slots.revoke')}
      pending={revoke.isPending}
      error={revoke.error}
      danger
      onClose={onClose}
      onSubmit={() => revoke.mutate({ slot: slot.slot })}
    >
      <Text size="sm">
        {t(slot.kind === 'recovery' ? 'slots.revokeKit' : own ? 'slots.revokeOwn' : 'slots.revokePassphrase')}
      </Text>
      <Text size="sm" c="dimmed">
        {t('slots.thenRekey')}
      </Text>
    </Dialog>
  )
}
