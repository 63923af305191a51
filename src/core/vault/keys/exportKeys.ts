import { invalidInput, issue } from '../../../contract/errors.ts'
import type { ExportKey } from '../../../contract/exports.ts'
import { readSettings, writeSettings } from '../store/settings.ts'
import type { ReadStore, WriteStore } from '../store/store.ts'
import { listUsers } from './users.ts'

/**
 * Export keys are settings of the whole vault, which nothing but this file reads; the file they lie in is encrypted.
 */
const prefix = 'exportKey/'

interface KeptKey {
  /** 32 bytes in base64. */
  secret: string
  createdAt: string
  createdBy: string
}

const keysOf = (store: ReadStore): Map<string, KeptKey> =>
  new Map(
    Object.entries(readSettings(store, null))
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), JSON.parse(String(value)) as KeptKey]),
  )

/** Whether there is an export key of this name. */
export const hasExportKey = (store: ReadStore, key: string): boolean => keysOf(store).has(key)

export const listExportKeys = (store: ReadStore): ExportKey[] => {
  const names = new Map(listUsers(store).map(({ id, displayName }) => [id, displayName]))
  return [...keysOf(store)].map(([key, { createdAt, createdBy }]) => ({
    key,
    createdAt,
    createdBy: names.get(createdBy) ?? '',
  }))
}

/** Keeps a secret of 32 bytes under a name, and wipes it. Throws `invalidInput` where the name is taken. */
export const createExportKey = (
  store: WriteStore,
  key: string,
  { secret, by }: { secret: Uint8Array; by: string },
): ExportKey => {
  if (hasExportKey(store, key)) throw invalidInput('exportKeyTaken', { key }, [issue('key', 'taken')])
  const kept: KeptKey = {
    secret: Buffer.from(secret).toString('base64'),
    createdAt: new Date().toISOString(),
    createdBy: by,
  }
  writeSettings(store, null, { [prefix + key]: JSON.stringify(kept) })
  secret.fill(0)
  return listExportKeys(store).find((one) => one.key === key) as ExportKey
}

/** The secret of a named key. Throws `invalidInput` where there is none of that name. */
export const exportKeySecret = (store: ReadStore, key: string): Uint8Array => {
  const kept = keysOf(store).get(key)
  if (!kept) throw invalidInput('exportKeyMissing', { key }, [issue('key', 'notThere')])
  return Uint8Array.from(Buffer.from(kept.secret, 'base64'))
}
