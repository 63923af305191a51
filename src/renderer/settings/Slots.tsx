import { Badge, Button, Paper, Skeleton, Table, Text, Title } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type * as z from 'zod'
import type { KeySlotSchema } from '../../contract/users.ts'
import { orpc, queryClient } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../language/index.ts'
import { Dialog } from '../parts/Dialog.tsx'
import { ScrollSection } from '../parts/ScrollX.tsx'
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
        <ScrollSection label={t('slots.title')}>
          <Table verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('slots.opens')}</Table.Th>
                <Table.Th>{t('slots.of')}</Table.Th>
                <Table.Th>{t('slots.since')}</Table.Th>
                <Table.Th>
                  <span className={classes.unseen}>{t('users.acts')}</span>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {slots.data.map((slot) => (
                <Table.Tr key={slot.slot}>
                  <Table.Td>
                    {t(`slots.kinds.${slot.kind}`)}{' '}
                    {slot.bound && (
                      <Badge size="xs" color="sky">
                        {t('slots.bound')}
                      </Badge>
                    )}
                  </Table.Td>
                  <Table.Td>
                    {slot.displayName}
                    {slot.login && (
                      <Text span size="xs" c="dimmed">
                        {' '}
                        {slot.login}
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td className="tabular">{formats.dateTime(slot.createdAt)}</Table.Td>
                  <Table.Td ta="right">
                    <Button
                      size="compact-sm"
                      variant="default"
                      aria-label={t('slots.revokeNamed', {
                        kind: t(`slots.kinds.${slot.kind}`),
                        name: slot.displayName,
                      })}
                      onClick={() => setRevoking(slot)}
                    >
                      {t('slots.revoke')}
                    </Button>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollSection>
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
