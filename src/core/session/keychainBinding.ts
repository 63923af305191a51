import { randomBytes, randomUUID } from 'node:crypto'
import { rebind, replacePassphrase } from '../vault/keys/access.ts'
import { isBound, type Keychain, secretOf } from '../vault/keys/keychain.ts'
import type { Binding, Slot } from '../vault/keys/slots.ts'
import { keychainPretends, noKeychain } from '../vault/store/failures.ts'
import type { KeyDerivation, Vault } from '../vault/store/vault.ts'

/** What a change of a user's key is handed. */
interface Needs {
  vault: Vault
  /** Null where the shell has none. */
  keychain: Keychain | null
  /** Costs of new key slots. */
  costs(): Promise<KeyDerivation>
}

interface Secret {
  user: string
  passphrase: string
}

/** Whether a user's key can be bound to the system's keychain, and whether it is. */
export const keychainStatus = async ({ vault, keychain }: Omit<Needs, 'costs'>, user: string) => {
  const bound = boundSlotOf(vault, user) !== undefined
  if (!keychain) return { obstacle: 'noKeychain' as const, backend: null, bound }
  const { usable, backend } = await keychain.status()
  return { obstacle: usable ? null : ('keychainPretends' as const), backend, bound }
}

/** Binds a user's key to a new secret of the keychain. Throws `noKeychain`, `keychainPretends`. */
export const bindToKeychain = async ({ vault, keychain, costs }: Needs, secret: Secret): Promise<void> => {
  const before = boundSlotOf(vault, secret.user)
  await withNewSecret(keychain, async (binding) => rebind(vault, { ...secret, binding }, await costs()))
  await forget(keychain, before)
}

/** Lets the passphrase alone open a user's key again; nothing is done where it does. */
export const unbindFromKeychain = async ({ vault, keychain, costs }: Needs, secret: Secret): Promise<void> => {
  const before = boundSlotOf(vault, secret.user)
  if (!before) return
  await rebind(vault, { ...secret, binding: null }, await costs())
  await forget(keychain, before)
}

/** A user's new passphrase; a bound key stays bound to the same secret. Throws `weakPassphrase`. */
export const changePassphrase = async (
  { vault, keychain, costs }: Needs,
  change: Secret & { login?: string | undefined },
): Promise<void> => {
  const slot = boundSlotOf(vault, change.user)
  const secret = slot ? await secretOf(slot, keychain) : null
  try {
    const binding = secret && slot?.header.keychain ? { name: slot.header.keychain.secret, secret } : null
    await replacePassphrase(vault, { ...change, binding }, await costs())
  } finally {
    secret?.fill(0)
  }
}

const boundSlotOf = ({ keyring }: Vault, user: string): Slot | undefined =>
  keyring.slots().find((slot) => slot.header.user === user && slot.header.kind === 'passphrase' && isBound(slot))

/**
 * A secret of 256 random bits in the keychain, read back before anything relies on it, and gone again where `work`
 * fails.
 */
const withNewSecret = async (keychain: Keychain | null, work: (binding: Binding) => Promise<void>): Promise<void> => {
  if (!keychain) throw noKeychain()
  const { usable, backend } = await keychain.status()
  if (!usable) throw keychainPretends(backend)
  const name = randomUUID()
  const secret = randomBytes(32)
  try {
    await keychain.keep(name, secret)
    const kept = await keychain.read(name)
    if (!kept || !secret.equals(kept)) throw keychainPretends(backend)
    kept.fill(0)
    await work({ name, secret })
  } catch (error) {
    await keychain.forget(name).catch(() => {})
    throw error
  } finally {
    secret.fill(0)
  }
}

const forget = async (keychain: Keychain | null, slot: Slot | undefined): Promise<void> => {
  // A secret that stays behind opens nothing: its slot is gone.
  if (slot?.header.keychain) await keychain?.forget(slot.header.keychain.secret).catch(() => {})
}
