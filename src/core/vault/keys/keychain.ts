import { BedsideError } from '../../../contract/errors.ts'
import { boundElsewhere, boundToKeychain, keychainUnavailable } from '../store/failures.ts'
import type { Slot } from './slots.ts'

/**
 * The operating system's keychain, as the shell gives it; only the desktop window has one. It keeps secrets by name on
 * this computer, for this account.
 */
export interface Keychain {
  /**
   * `usable` is false where the keychain is not there or only pretends: keeps what it is given in clear or under a
   * known key.
   */
  status(): Promise<KeychainStatus>
  keep(name: string, secret: Uint8Array): Promise<void>
  /** The secret, which the caller wipes; null where it is not here or cannot be deciphered any more. */
  read(name: string): Promise<Uint8Array | null>
  forget(name: string): Promise<void>
}

export interface KeychainStatus {
  usable: boolean
  /** What keeps the secrets: `gnome_libsecret`, `keychain`, `basic_text`. */
  backend: string
}

export const isBound = ({ header }: Slot): boolean => header.keychain !== undefined

/**
 * The secret of a bound slot, or null where the slot is not bound. Throws `boundToKeychain` where there is no keychain
 * to ask, `keychainUnavailable` where it cannot be used now, `boundElsewhere` where it does not have the secret. The
 * caller wipes it.
 */
export const secretOf = async ({ header }: Slot, keychain: Keychain | null): Promise<Uint8Array | null> => {
  if (!header.keychain) return null
  if (!keychain) throw boundToKeychain()
  const { usable, backend } = await keychain.status()
  if (!usable) throw keychainUnavailable(backend)
  const secret = await keychain.read(header.keychain.secret)
  if (!secret) throw boundElsewhere()
  return secret
}

/**
 * What `work` makes of the first of the slots that it opens; null where it opens none. A slot whose secret is out of
 * reach is passed over; why is thrown only where nothing could be tried at all, so that a wrong passphrase counts as
 * one.
 */
export const firstOpened = async <T>(
  slots: readonly Slot[],
  keychain: Keychain | null,
  work: (slot: Slot, secret: Uint8Array | null) => Promise<T | null>,
): Promise<T | null> => {
  let outOfReach: BedsideError | null = null
  let tried = false
  for (const slot of slots) {
    let secret: Uint8Array | null = null
    try {
      secret = await secretOf(slot, keychain)
    } catch (error) {
      if (!(error instanceof BedsideError)) throw error
      outOfReach ??= error
      continue
    }
    tried = true
    try {
      const opened = await work(slot, secret)
      if (opened !== null) return opened
    } finally {
      secret?.fill(0)
    }
  }
  if (outOfReach && !tried) throw outOfReach
  return null
}
