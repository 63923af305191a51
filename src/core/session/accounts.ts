import type { Slot } from '../vault/keys/slots.ts'
import { listUsers, userById } from '../vault/keys/users.ts'
import type { Vault } from '../vault/store/vault.ts'

/** The users of the vault, with what opens it for each of them. */
export const accountsOf = ({ read, keyring }: Vault, isSignedIn: (user: string) => boolean) => {
  const slotOf = (user: string, kind: Slot['header']['kind']) =>
    keyring.slots().find(({ header }) => header.user === user && header.kind === kind)?.header
  return listUsers(read).map(({ id, displayName, role, createdAt, disabledAt }) => {
    const passphrase = slotOf(id, 'passphrase')
    return {
      user: id,
      displayName,
      login: passphrase?.login ?? null,
      role,
      createdAt,
      disabledAt,
      passphraseSetAt: passphrase?.createdAt ?? null,
      recoveryKitAt: slotOf(id, 'recovery')?.createdAt ?? null,
      bound: passphrase?.keychain !== undefined,
      signedIn: isSignedIn(id),
    }
  })
}

/** The key slots of the vault: who each belongs to, never what opens it. */
export const keySlotsOf = ({ read, keyring }: Vault) =>
  keyring.slots().map(({ header: { slot, kind, user, login, createdAt, keychain } }) => ({
    slot,
    kind,
    user,
    displayName: userById(read, user)?.displayName ?? '',
    login,
    createdAt,
    bound: keychain !== undefined,
  }))
