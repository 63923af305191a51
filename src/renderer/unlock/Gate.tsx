import { Loader, Text } from '@mantine/core'
import { type ReactNode, useEffect, useRef } from 'react'
import { queryClient } from '../api.ts'
import { reconnect, useConnection } from '../connection.ts'
import { failureOf } from '../errors/failure.ts'
import { useTranslation } from '../language/index.ts'
import { forgetRecords, SessionContext, startAfresh, useVaultStatus } from '../parts/session.ts'
import { ConnectionView } from './ConnectionView.tsx'
import { Entry } from './Entry.tsx'
import { FirstRun } from './FirstRun.tsx'
import { usePresence } from './presence.ts'
import { Unlock } from './Unlock.tsx'
import { VaultTrouble } from './VaultTrouble.tsx'

/**
 * Decides what stands before the app: connecting, a lost core, the first run, unlock. Inside, somebody is signed in.
 */
export const Gate = ({ children }: { children: ReactNode }) => {
  const connection = useConnection()
  const status = useVaultStatus()
  const gone = connection === 'lost' || connection === 'refused'
  useEffect(() => {
    // What was read stays out of sight of whoever comes back to this window.
    if (gone) forgetRecords()
  }, [gone])
  const open = status.data?.state === 'open' && status.data.session !== null
  const wasOpen = useRef(false)
  const leaving = wasOpen.current && !open && !gone && status.data !== undefined
  useEffect(() => {
    if (open) wasOpen.current = true
    if (leaving) startAfresh()
  }, [open, leaving])

  if (gone)
    return (
      <ConnectionView
        state={connection}
        onRetry={() => {
          reconnect()
          void queryClient.resetQueries()
        }}
      />
    )
  if (leaving) return <Connecting />
  if (status.isError) {
    if (failureOf(status.error).code === 'cancelled') return <Connecting />
    return <VaultTrouble error={status.error} onRetry={() => void status.refetch()} />
  }
  if (!status.data) return <Connecting />
  if (status.data.state === 'absent') return <FirstRun path={status.data.path} />
  if (status.data.state === 'locked' || !status.data.session) return <Unlock status={status.data} />
  return (
    <SessionContext.Provider value={status.data.session}>
      <Present />
      {children}
    </SessionContext.Provider>
  )
}

const Present = () => {
  usePresence()
  return null
}

const Connecting = () => {
  const { t } = useTranslation('unlock')
  return (
    <Entry>
      <div role="status" style={{ display: 'flex', gap: 12, alignItems: 'center' }}>
        <Loader size="sm" />
        <Text c="dimmed">{t('connecting')}</Text>
      </div>
    </Entry>
  )
}
