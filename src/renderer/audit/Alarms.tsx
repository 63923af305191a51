import { Alert, List } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import type { Finding } from '../../contract/audit.ts'
import { useTranslation } from '../language/index.ts'
import { PlaceLink } from '../parts/place.tsx'

/** What was wrong with the log when the vault was opened: on top of everything until somebody has seen to it. */
export const Alarms = ({ alarms, atProof }: { alarms: readonly Finding[]; atProof: boolean }) => {
  const { t } = useTranslation('audit')
  if (alarms.length === 0) return null
  const faults = [...new Set(alarms.map(({ fault }) => fault))]
  return (
    <Alert color="brick" icon={<IconAlertTriangle />} title={t('alarm.title')}>
      <List size="sm" mb={atProof ? 0 : 'xs'}>
        {faults.map((fault) => (
          <List.Item key={fault}>
            <b>{t(`faults.${fault}.name`)}.</b> {t(`faults.${fault}.means`)}
          </List.Item>
        ))}
      </List>
      {!atProof && (
        <PlaceLink to="/audit" search={{ tab: 'proof' }} size="sm">
          {t('alarm.verify')}
        </PlaceLink>
      )}
    </Alert>
  )
}
