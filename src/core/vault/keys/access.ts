import { randomUUID } from 'node:crypto'
import { conflict, invalidInput, issue, notFound } from '../../../contract/errors.ts'
import type { Role } from '../../../contract/procedure.ts'
import { leastScore, strengthOf } from '../../../contract/strength.ts'
import { noWayBack } from '../store/failures.ts'
import type { WriteStore } from '../store/store.ts'
import { reconcileSlots, sameLogin, type Vault } from '../store/vault.ts'
import { isBound } from './keychain.ts'
import { makeRecoveryCode } from './recovery.ts'
import type { Binding, KeyDerivation, Slot } from './slots.ts'
import { addUser, type KnownUser, listUsers, userById } from './users.ts'

/**
 * Who may open the vault, and by what. Two places know: the user table inside the database, and the slots in
 * `vault.json`. They cannot be written at one stroke, so each act is ordered such that a crash in between gives nobody
 * access who should not have it, and the next opening (`reconcileSlots`) mends the rest: a slot is added before its
 * user, and removed after.
 */

export interface NewUser {
  displayName: string
  login: string
  role: Role
  passphrase: string
}

/** Costs of new slots; undefined: the default. */
type Costs = KeyDerivation | undefined

/** Refuses a new passphrase that is easy to guess. `names`: what an attacker would try first. */
export const requireStrong = async (passphrase: string, names: readonly (string | null)[]): Promise<void> => {
  const known = names.filter((name): name is string => name !== null)
  const { score, advice } = await strengthOf(passphrase, known)
  if (score >= leastScore) return
  throw invalidInput('weakPassphrase', { score, advice }, [issue('passphrase', 'easyToGuess', { score })])
}

/** Adds a user with an initial passphrase. Throws `weakPassphrase`, `loginTaken`. Returns the user's id. */
export const addMember = async (vault: Vault, user: NewUser, costs: Costs): Promise<string> => {
  await requireStrong(user.passphrase, [user.displayName, user.login])
  requireFreeLogin(vault, user.login, null)
  const id = randomUUID()
  const slot = await vault.keyring.make({ user: id, secret: user.passphrase, login: user.login, costs })
  await withSlots(vault, (store, slots) => {
    requireFreeLogin(vault, user.login, null)
    addUser(store, { id, displayName: user.displayName, role: user.role })
    return [...slots, slot]
  })
  return id
}

export const renameMember = (vault: Vault, user: string, displayName: string): Promise<void> =>
  vault.write((store) => {
    requireUser(store, user)
    store.run('UPDATE user SET display_name = ? WHERE id = ?', displayName, user)
  })

/** Throws `lastAdministrator`. The recovery kit of who is no longer administrator opens nothing. */
export const changeMemberRole = async (vault: Vault, user: string, role: Role): Promise<void> => {
  await vault.write((store) => {
    requireUser(store, user)
    if (role !== 'administrator') requireAnotherAdministrator(store, vault, user)
    store.run('UPDATE user SET role = ? WHERE id = ?', role, user)
    requireWayBack(store, vault.keyring.slots())
  })
  reconcileSlots(vault)
}

/** Throws `lastAdministrator`. The user's name stays on what they did. */
export const disableMember = async (vault: Vault, user: string): Promise<void> => {
  await vault.write((store) => {
    requireUser(store, user)
    requireAnotherAdministrator(store, vault, user)
    store.run('UPDATE user SET disabled_at = coalesce(disabled_at, ?) WHERE id = ?', new Date().toISOString(), user)
    requireWayBack(store, vault.keyring.slots())
  })
  reconcileSlots(vault)
}

/** Lets a disabled user in again: the slots went with the disabling, so a new passphrase is needed. */
export const enableMember = async (
  vault: Vault,
  { user, login, passphrase }: { user: string; login: string; passphrase: string },
  costs: Costs,
): Promise<void> => {
  const known = requireUser(vault.read, user)
  if (!known.disabled) throw conflict('userNotDisabled', { name: known.displayName })
  await requireStrong(passphrase, [known.displayName, login])
  requireFreeLogin(vault, login, user)
  const slot = await vault.keyring.make({ user, secret: passphrase, login, costs })
  await withSlots(vault, (store, slots) => {
    requireFreeLogin(vault, login, user)
    store.run('UPDATE user SET disabled_at = NULL WHERE id = ?', user)
    return [...slots.filter(({ header }) => header.user !== user), slot]
  })
}

/**
 * Puts a new passphrase in place of the old one. The login name stays where none is given. The new key is bound to a
 * keychain only where `binding` says so.
 */
export const replacePassphrase = async (
  vault: Vault,
  {
    user,
    passphrase,
    login,
    binding = null,
  }: { user: string; passphrase: string; login?: string | undefined; binding?: Binding | null },
  costs: Costs,
): Promise<void> => {
  const known = requireUser(vault.read, user)
  if (known.disabled) throw conflict('userDisabled', { name: known.displayName })
  const chosen = login ?? loginOf(vault, user)
  await requireStrong(passphrase, [known.displayName, chosen])
  if (login !== undefined) requireFreeLogin(vault, login, user)
  await putSlot(vault, { user, passphrase, login: chosen, binding }, costs, login !== undefined)
}

/**
 * Binds a user's key to a keychain's secret, or, without one, makes it a key of the passphrase alone again. The
 * passphrase stays; that it is the user's is for the caller to know. Throws `noWayBack` where nothing unbound would
 * open the vault.
 */
export const rebind = async (
  vault: Vault,
  { user, passphrase, binding }: { user: string; passphrase: string; binding: Binding | null },
  costs: Costs,
): Promise<void> => putSlot(vault, { user, passphrase, login: loginOf(vault, user), binding }, costs, false)

/** A slot in place of all passphrase slots of a user. */
const putSlot = async (
  vault: Vault,
  {
    user,
    passphrase,
    login,
    binding,
  }: { user: string; passphrase: string; login: string | null; binding: Binding | null },
  costs: Costs,
  newLogin: boolean,
): Promise<void> => {
  const slot = await vault.keyring.make({ user, secret: passphrase, login, costs, binding })
  await vault.write((store) => {
    const { disabled, displayName } = requireUser(store, user)
    if (disabled) throw conflict('userDisabled', { name: displayName })
    if (newLogin && login !== null) requireFreeLogin(vault, login, user)
    const slots = [
      ...vault.keyring.slots().filter(({ header }) => header.user !== user || header.kind !== 'passphrase'),
      slot,
    ]
    requireWayBack(store, slots)
    vault.keyring.replace(slots)
  })
}

/** Removes one slot. Throws `lastAdministrator` where nobody could administer the vault any more. */
export const revokeSlot = (vault: Vault, slot: string): Promise<Slot> =>
  vault.write((store) => {
    const { keyring } = vault
    const found = keyring.slots().find(({ header }) => header.slot === slot)
    if (!found) throw notFound('slot')
    if (found.header.kind === 'passphrase') requireAnotherAdministrator(store, vault, found.header.user)
    const left = keyring.slots().filter((each) => each !== found)
    requireWayBack(store, left)
    keyring.replace(left)
    return found
  })

/** The recovery code of an administrator, once; an earlier one of the same user is worthless from here on. */
export const makeRecovery = async (
  vault: Vault,
  user: string,
  costs: Costs,
): Promise<{ code: string; createdAt: string }> => {
  const code = makeRecoveryCode()
  const slot = await vault.keyring.make({ user, secret: code, kind: 'recovery', costs })
  await vault.write((store) => {
    const { disabled, role } = requireUser(store, user)
    if (disabled || role !== 'administrator') throw conflict('recoveryForAdministrators')
    vault.keyring.replace([
      ...vault.keyring.slots().filter(({ header }) => header.user !== user || header.kind !== 'recovery'),
      slot,
    ])
  })
  return { code, createdAt: slot.header.createdAt }
}

const loginOf = (vault: Vault, user: string): string | null =>
  vault.keyring.slots().find(({ header }) => header.user === user && header.kind === 'passphrase')?.header.login ?? null

/**
 * A transaction that also writes `vault.json`, before it is committed: cut off in between, a slot is left that belongs
 * to nobody. Where the commit fails, the slots of before are written back.
 */
const withSlots = async (
  vault: Vault,
  work: (store: WriteStore, slots: readonly Slot[]) => readonly Slot[],
): Promise<void> => {
  const { keyring } = vault
  let before: readonly Slot[] | null = null
  try {
    await vault.write((store) => {
      const slots = keyring.slots()
      const changed = work(store, slots)
      before = slots
      keyring.replace(changed)
    })
  } catch (error) {
    if (before) reconcileSlots(vault)
    throw error
  }
}

const requireUser = (store: Vault['read'], user: string): KnownUser => {
  const known = userById(store, user)
  if (!known) throw notFound('user')
  return known
}

const requireFreeLogin = (vault: Vault, login: string, user: string | null): void => {
  const taken = vault.keyring
    .slots()
    .some(({ header }) => header.user !== user && header.login !== null && sameLogin(header.login, login))
  if (taken) throw conflict('loginTaken', { login })
}

/**
 * Where keys are bound to keychains, something else has to open the vault when their computers are gone: a recovery
 * kit, or an administrator whose key is not bound.
 */
const requireWayBack = (store: WriteStore, slots: readonly Slot[]): void => {
  if (!slots.some(isBound)) return
  const administrators = new Set(
    listUsers(store).flatMap(({ id, role, disabled }) => (role === 'administrator' && !disabled ? [id] : [])),
  )
  const free = (slot: Slot) => !isBound(slot) && administrators.has(slot.header.user)
  if (!slots.some(free)) throw noWayBack()
}

/** Somebody has to be left who can add users: an administrator who is not disabled and has a passphrase. */
const requireAnotherAdministrator = (store: WriteStore, vault: Vault, user: string): void => {
  const withPassphrase = new Set(
    vault.keyring.slots().flatMap(({ header }) => (header.kind === 'passphrase' ? [header.user] : [])),
  )
  const others = listUsers(store).filter(
    ({ id, role, disabled }) => id !== user && role === 'administrator' && !disabled && withPassphrase.has(id),
  )
  if (others.length > 0 || userById(store, user)?.role !== 'administrator') return
  throw conflict('lastAdministrator')
}
