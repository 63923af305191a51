import { Alert, Stack, Text } from '@mantine/core'
import { IconAlertTriangle, IconShieldOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { administrators } from '../../contract/procedure.ts'
import type { Said } from '../../contract/say.ts'
import { orpc } from '../api.ts'
import { FailureAlert } from '../errors/FailureAlert.tsx'
import { useFormats, useSaid, useTranslation } from '../language/index.ts'
import classes from '../parts/backup/backups.module.css'
import { useMay } from '../parts/session.ts'
import { Empty, View, Waiting } from '../parts/View.tsx'
import { BackupList } from './BackupList.tsx'
import { MakeBackup } from './MakeBackup.tsx'
import { RestoreElsewhere } from './RestoreElsewhere.tsx'
import { ScheduleForm } from './ScheduleForm.tsx'

/** What outlives the disk: backups made now and by themselves, looked over, checked, and restored beside the vault. */
export const BackupsView = () => {
  const { t } = useTranslation('backups')
  const allowed = useMay(administrators)
  return allowed ? (
    <Backups />
  ) : (
    <View title={t('title')}>
      <Empty icon={<IconShieldOff size={30} />} title={t('notAllowed')}>
        {t('notAllowedHelp')}
      </Empty>
    </View>
  )
}

const Backups = () => {
  const { t } = useTranslation('backups')
  const [restoring, setRestoring] = useState<string | null>(null)
  const settings = useQuery(orpc.backup.settings.queryOptions({ staleTime: 0, refetchInterval: 60_000 }))
  return (
    <View title={t('title')} subtitle={t('subtitle')} wide>
      {settings.isPending && <Waiting rows={10} />}
      {settings.isError && <FailureAlert error={settings.error} onRetry={() => void settings.refetch()} />}
      {settings.data && (
        <Stack gap="md">
          <Standing {...settings.data} />
          <div className={classes.halves}>
            <MakeBackup folder={settings.data.folder} />
            <ScheduleForm
              key={`${settings.data.folder} ${settings.data.everyHours} ${settings.data.keep}`}
              schedule={settings.data}
            />
          </div>
          <BackupList folder={settings.data.folder} onRestore={setRestoring} />
        </Stack>
      )}
      {restoring !== null && <RestoreElsewhere path={restoring} onClose={() => setRestoring(null)} />}
    </View>
  )
}

/** How the vault stands: when the last backup was made, whether the last try failed, when the next is due. */
const Standing = ({
  lastAt,
  lastFailure,
  lastFailureSaid,
  nextAt,
}: {
  lastAt: string | null
  lastFailure: string | null
  lastFailureSaid?: Said | null | undefined
  nextAt: string | null
}) => {
  const { t } = useTranslation('backups')
  const spoken = useSaid()
  const formats = useFormats()
  const said = [
    lastAt === null
      ? t('standing.none')
      : t('standing.last', { date: formats.dateTime(lastAt), ago: formats.ago(lastAt) }),
    nextAt === null ? t('standing.noNext') : t('standing.next', { date: formats.dateTime(nextAt) }),
  ].join(' ')
  if (lastFailure !== null)
    return (
      <Alert color="brick" icon={<IconAlertTriangle />} title={t('standing.failed')} role="alert">
        <Text size="sm">{spoken(lastFailureSaid ?? lastFailure)}</Text>
        <Text size="sm" mt={4}>
          {said}
        </Text>
      </Alert>
    )
  if (lastAt === null)
    return (
      <Alert color="amber" icon={<IconAlertTriangle />}>
        {said}
      </Alert>
    )
  return (
    <Text size="sm" className="tabular">
      {said}
    </Text>
  )
}
