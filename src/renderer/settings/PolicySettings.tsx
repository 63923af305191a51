import { Paper, Select, Skeleton, Stack, Switch, Text, Title } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useId } from 'react'
import { orpc, queryClient } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useTranslation } from '../language/index.ts'
import classes from './Settings.module.css'

const choices = [1, 2, 5, 10, 15, 30, 60, 120, 240]

/** What an administrator sets for all: when a window left alone locks, and whether it may be captured. */
export const PolicySettings = () => {
  const { t } = useTranslation('settings')
  const formats = useFormats()
  const id = useId()
  const policy = useQuery(orpc.vault.policy.queryOptions({ staleTime: 0 }))
  const set = useMutation(
    orpc.vault.setPolicy.mutationOptions({
      onSuccess: (changed) => {
        queryClient.setQueryData(orpc.vault.policy.queryKey(), changed)
        void queryClient.invalidateQueries({ queryKey: orpc.vault.status.key() })
      },
    }),
  )
  const minutes = policy.data?.autoLockMinutes
  const offered = [...new Set([...choices, ...(minutes === undefined ? [] : [minutes])])].sort((a, b) => a - b)
  return (
    <Paper p="md">
      <Stack gap="sm">
        <Title order={2} size="h3">
          {t('policy.title')}
        </Title>
        {policy.isPending && <Skeleton height={70} />}
        {policy.isError && <FailureAlert error={policy.error} onRetry={() => void policy.refetch()} />}
        {policy.data && (
          <>
            <div className={classes.section}>
              <div>
                <Text fw={600} id={id}>
                  {t('policy.autoLock')}
                </Text>
                <Text size="sm" c="dimmed">
                  {t('policy.autoLockHelp')}
                </Text>
              </div>
              <Select
                aria-labelledby={id}
                w={160}
                data={offered.map((each) => ({ value: String(each), label: formats.duration(each * 60) }))}
                value={String(policy.data.autoLockMinutes)}
                onChange={(value) => value && set.mutate({ autoLockMinutes: Number(value) })}
                allowDeselect={false}
                disabled={set.isPending}
              />
            </div>
            <Switch
              label={t('policy.screen')}
              description={t('policy.screenHelp')}
              checked={policy.data.screenProtection}
              onChange={(event) => set.mutate({ screenProtection: event.currentTarget.checked })}
              disabled={set.isPending}
            />
          </>
        )}
        {set.isError && <FailureAlert error={set.error} focus />}
      </Stack>
    </Paper>
  )
}
