import { type Policy, PolicySchema } from '../../../contract/vault.ts'
import { readSettings, writeSettings } from '../store/settings.ts'
import type { ReadStore, WriteStore } from '../store/store.ts'

export const defaultPolicy: Policy = { autoLockMinutes: 15, screenProtection: false }

const names = { autoLockMinutes: 'policy.autoLockMinutes', screenProtection: 'policy.screenProtection' } as const

/** What the administrator has set for the whole vault; the default where a stored value makes no sense. */
export const readPolicy = (store: ReadStore): Policy => {
  const settings = readSettings(store, null)
  const stored = {
    autoLockMinutes: settings[names.autoLockMinutes] ?? defaultPolicy.autoLockMinutes,
    screenProtection: settings[names.screenProtection] ?? defaultPolicy.screenProtection,
  }
  return PolicySchema.safeParse(stored).data ?? defaultPolicy
}

export const writePolicy = (store: WriteStore, { autoLockMinutes, screenProtection }: Partial<Policy>): void =>
  writeSettings(store, null, {
    ...(autoLockMinutes === undefined ? {} : { [names.autoLockMinutes]: autoLockMinutes }),
    ...(screenProtection === undefined ? {} : { [names.screenProtection]: screenProtection }),
  })
