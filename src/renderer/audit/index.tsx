import { Tabs } from '@mantine/core'
import { IconListDetails, IconShieldCheck, IconShieldOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { orpc } from '../api.ts'
import { useTranslation } from '../language/index.ts'
import type { AuditSearch } from '../parts/auditSearch.ts'
import { usePlace } from '../parts/place.tsx'
import { useMay } from '../parts/session.ts'
import { Empty, View } from '../parts/View.tsx'
import { Alarms } from './Alarms.tsx'
import { Entries } from './Entries.tsx'
import { Proof } from './Proof.tsx'

/** Who did what to which record, and whether the log that says so is whole. Clinical values are never in it. */
export const AuditView = ({ search }: { search: AuditSearch }) => {
  const { t } = useTranslation('audit')
  const allowed = useMay(['administrator', 'auditor'])
  return allowed ? (
    <Log search={search} />
  ) : (
    <View title={t('title')}>
      <Empty icon={<IconShieldOff size={30} />} title={t('notAllowed')}>
        {t('notAllowedHelp')}
      </Empty>
    </View>
  )
}

const Log = ({ search }: { search: AuditSearch }) => {
  const { t } = useTranslation('audit')
  const place = usePlace()
  const status = useQuery(orpc.audit.status.queryOptions({ staleTime: 0 }))
  const tab = search.tab ?? 'entries'
  return (
    <View title={t('title')} subtitle={t('about')} wide>
      {status.data && <Alarms alarms={status.data.alarms} atProof={tab === 'proof'} />}
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(chosen) => {
          const { tab: _, ...rest } = search
          place.audit(chosen === 'proof' ? { ...rest, tab: 'proof' } : rest)
        }}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="entries" leftSection={<IconListDetails size={16} aria-hidden />}>
            {t('tabs.entries')}
          </Tabs.Tab>
          <Tabs.Tab value="proof" leftSection={<IconShieldCheck size={16} aria-hidden />}>
            {t('tabs.proof')}
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="entries">
          <Entries search={search} />
        </Tabs.Panel>
        <Tabs.Panel value="proof">
          <Proof />
        </Tabs.Panel>
      </Tabs>
    </View>
  )
}
