import { notifications } from '@mantine/notifications'
import { useQuery } from '@tanstack/react-query'
import { createContext, useContext } from 'react'
import type { Role } from '../../contract/procedure.ts'
import type { LockReason, Session } from '../../contract/vault.ts'
import { client, orpc, queryClient } from '../api.ts'

export const SessionContext = createContext<Session | null>(null)

/** Who is signed in; only inside the shell, where somebody is. */
export const useSession = (): Session => {
  const session = useContext(SessionContext)
  if (!session) throw new Error('useSession outside an open vault')
  return session
}

/** Whether the signed-in user's role is one of these. The core checks again; this only spares a refusal. */
export const useMay = (roles: readonly Role[]): boolean => roles.includes(useSession().role)

export const useVaultStatus = () =>
  useQuery(orpc.vault.status.queryOptions({ staleTime: Number.POSITIVE_INFINITY, gcTime: Number.POSITIVE_INFINITY }))

/** Outlasts the page, which begins anew at the lock. */
const reasonKey = 'bedside.lockReason'
const told = ['idle', 'system', 'revoked'] as const satisfies readonly LockReason[]

/** Why the window was locked, where that was not its user's own doing. */
export const lastLockReason = (): (typeof told)[number] | null => {
  const kept = window.sessionStorage.getItem(reasonKey)
  return told.find((reason) => reason === kept) ?? null
}

/** After unlock or create: the status is known without asking again. */
export const signedIn = (session: Session): void => {
  window.sessionStorage.removeItem(reasonKey)
  queryClient.setQueryData(orpc.vault.status.queryKey(), (status) =>
    status ? { ...status, state: 'open' as const, session } : status,
  )
  void queryClient.invalidateQueries({ queryKey: orpc.vault.status.key() })
}

/** Locks the vault and forgets every record this window holds. */
export const lockVault = async (): Promise<void> => {
  try {
    await client.vault.lock()
  } finally {
    forgetRecords()
    void queryClient.invalidateQueries({ queryKey: orpc.vault.status.key() })
  }
}

/**
 * What was read leaves sight, and what was searched for the address; the window shows as locked until the core says
 * otherwise. The gate then begins the page anew (`startAfresh`): caches, timers and events hold on to what they have
 * seen.
 */
export const forgetRecords = (reason: LockReason | null = null): void => {
  // The first to say it knows why; it is told again by whoever comes after.
  if (reason) window.sessionStorage.setItem(reasonKey, reason)
  const statusKey = JSON.stringify(orpc.vault.status.queryKey())
  queryClient.setQueryData(orpc.vault.status.queryKey(), (status) =>
    status ? { ...status, state: 'locked' as const, session: null } : status,
  )
  queryClient.removeQueries({ predicate: (query) => JSON.stringify(query.queryKey) !== statusKey })
  queryClient.getMutationCache().clear()
  notifications.clean()
  window.history.replaceState(null, '', '#/')
}

/** The page begins anew, with nothing in its memory of what it showed. */
export const startAfresh = (): void => window.location.reload()

/** The session outside React, for the router. */
export const currentSession = (): Session | null =>
  queryClient.getQueryData(orpc.vault.status.queryKey())?.session ?? null
