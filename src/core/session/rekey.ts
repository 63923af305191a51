import { readSettings, removeSetting, writeSettings } from '../vault/store/settings.ts'
import type { ReadStore } from '../vault/store/store.ts'
import type { Vault } from '../vault/store/vault.ts'

/** There while a change of key runs, and after one that was cut off. */
const begun = 'rekey.begunAt'

/** Whether a change of key has begun and not ended: it runs, or was cut off. */
export const rekeyBegun = (read: ReadStore): boolean => begun in readSettings(read, null)

/** Encrypts the vault under a new key, and notes meanwhile that it does. */
export const rekeyVault = async (vault: Vault, options: Parameters<Vault['rekey']>[0]): Promise<void> => {
  await vault.write((store) => writeSettings(store, null, { [begun]: new Date().toISOString() }))
  // Where it ends by itself, done or not, nothing was cut off.
  try {
    await vault.rekey(options)
  } finally {
    await vault.write((store) => removeSetting(store, null, begun))
  }
}
