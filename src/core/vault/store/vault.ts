import { randomBytes, randomUUID } from 'node:crypto'
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Role } from '../../../contract/procedure.ts'
import { firstOpened, type Keychain } from '../keys/keychain.ts'
import { defaultCipher } from '../keys/processor.ts'
import { removeRekeyLeftovers, resumeRekey } from '../keys/rekey.ts'
import { type KeyDerivation, makeSlot, openSeal, type Slot, unlockSlot } from '../keys/slots.ts'
import { addUser, listUsers, userById } from '../keys/users.ts'
import {
  isAuthentic,
  readVaultFile,
  syncFolder,
  type VaultFileContent,
  vaultFilePath,
  vaultFileVersion,
  writeVaultFile,
} from '../keys/vaultFile.ts'
import { type Cipher, databasePath, lockFolder, openDatabase, pageSize } from './database.ts'
import {
  folderNotEmpty,
  notAFolder,
  notAVault,
  storageError,
  vaultDamaged,
  vaultExists,
  vaultMissing,
  vaultTruncated,
  wrongPassphrase,
} from './failures.ts'
import { openWith, type Vault } from './opened.ts'
import { migrate } from './schema.ts'
import { type VaultLog, writeStore } from './store.ts'

export type { KeyDerivation, SlotOptions } from '../keys/slots.ts'
export type { Keyring, StillDatabase, Vault } from './opened.ts'
export type { ReadStore, VaultEvent, VaultLog, WriteStore } from './store.ts'

export interface User {
  id: string
  displayName: string
  role: Role
}

export interface CreateOptions {
  displayName: string
  passphrase: string
  login?: string | null
  log?: VaultLog
  keyDerivation?: KeyDerivation
  /** Which is quick and authentic on this machine, unless given. */
  cipher?: Cipher | undefined
}

export interface OpenOptions {
  /** Id or login name of the user whose slot is to be opened; null: whichever slot the passphrase opens. */
  user?: string | null
  /** Or the recovery code, where `kind` says so. */
  passphrase: string
  kind?: Slot['header']['kind']
  /** Asked for the secrets of bound slots; null: there is none. */
  keychain?: Keychain | null
  log?: VaultLog
}

/** `locked` also where a vault is damaged: opening it says how. */
export const vaultState = (dir: string): 'absent' | 'locked' =>
  existsSync(vaultFilePath(dir)) || existsSync(databasePath(dir)) ? 'locked' : 'absent'

/**
 * Makes a vault with its first administrator in `dir` (made where it is absent) and opens it. Where anything fails,
 * nothing is left behind. Throws `vaultExists`, `folderNotEmpty`, `weakKeyDerivation`, `readOnly`, `diskFull`.
 */
export const createVault = async (
  dir: string,
  { displayName, passphrase, login = null, log, keyDerivation, cipher = defaultCipher() }: CreateOptions,
): Promise<{ vault: Vault; user: User }> => {
  const path = resolve(dir)
  if (vaultState(path) === 'locked') throw vaultExists(path)
  const making = join(path, '.making')
  let made: string | undefined
  let unlock: (() => void) | undefined
  const key = randomBytes(32)
  try {
    const id = randomUUID()
    const user: User = { id: randomUUID(), displayName, role: 'administrator' }
    const createdAt = new Date().toISOString()
    // First, for it is what asks most of the input: nothing on disk yet.
    const slot = await makeSlot({ vault: id, user: user.id, secret: passphrase, key, costs: keyDerivation, login })
    made = prepareFolder(path)
    unlock = lockFolder(path, lockPath(path))
    chmodSync(lockPath(path), 0o600)
    // Only a creation that was cut off leaves this folder, and the lock says that none is under way.
    rmSync(making, { recursive: true, force: true })
    mkdirSync(making, { mode: 0o700 })
    const db = openDatabase(databasePath(making), { cipher, key, create: true })
    try {
      migrate(db, path)
      const { store } = writeStore(db, path, undefined, new Map())
      db.exec('BEGIN IMMEDIATE')
      store.run('INSERT INTO vault (id, created_at) VALUES (?, ?)', id, createdAt)
      addUser(store, user, createdAt)
      db.exec('COMMIT')
    } finally {
      db.close()
    }
    chmodSync(databasePath(making), 0o600)
    const file: VaultFileContent = {
      format: 'bedside-vault',
      version: vaultFileVersion,
      vault: id,
      cipher,
      createdAt,
      slots: [slot],
      rekeyedAt: null,
      next: null,
    }
    writeVaultFile(making, file, key)
    if (vaultState(path) === 'locked') throw vaultExists(path)
    renameSync(databasePath(making), databasePath(path))
    renameSync(vaultFilePath(making), vaultFilePath(path))
    rmdirSync(making)
    syncFolder(path)
    return { vault: openWith({ path, content: file, key, unlock, log }), user }
  } catch (error) {
    key.fill(0)
    // Only who holds the lock may tidy up: another may be creating a vault here at the same time.
    if (unlock) {
      rmSync(making, { recursive: true, force: true })
      if (!existsSync(vaultFilePath(path))) {
        rmSync(databasePath(path), { force: true })
        if (process.platform !== 'win32') rmSync(lockPath(path), { force: true })
      }
      unlock()
      if (made) rmSync(made, { recursive: true, force: true })
    }
    throw storageError(path, error)
  }
}

/** Whether a slot is its who signs in under this name: compared without regard to case or Unicode spelling. */
export const isSlotOf = ({ header }: Slot, name: string): boolean =>
  header.user === name || (header.login !== null && sameLogin(header.login, name))

export const sameLogin = (one: string, other: string): boolean => loginKey(one) === loginKey(other)
const loginKey = (login: string): string => login.trim().normalize('NFKC').toLowerCase()

/**
 * Opens a vault, and ends a re-keying that was cut off. Throws `vaultMissing`, `notAVault`, `vaultTruncated`,
 * `vaultDamaged`, `vaultNewer`, `vaultInUse`, `wrongPassphrase`, `boundToKeychain`, `boundElsewhere`, `readOnly`; none
 * of these changes anything on disk.
 */
export const openVault = async (
  dir: string,
  { user = null, passphrase, kind = 'passphrase', keychain = null, log }: OpenOptions,
): Promise<{ vault: Vault; user: User; slot: string; rekeyInterrupted: boolean }> => {
  const path = resolve(dir)
  checkFolder(path)
  const { mac, ...file } = readVaultFile(path)
  checkDatabaseSize(path)
  const unlock = lockFolder(path, lockPath(path))
  let keys: { key: Buffer; next: Buffer | null } | null = null
  let vault: Vault | null = null
  try {
    let holder: Slot | null = null
    const named = file.slots.filter((slot) => slot.header.kind === kind && (user === null || isSlotOf(slot, user)))
    keys = await firstOpened(named, keychain, (slot, secret) => {
      holder = slot
      return keysOf(file, slot, passphrase, secret)
    })
    if (!keys || !holder) throw wrongPassphrase()
    if (!isAuthentic({ ...file, mac }, keys.key)) throw vaultDamaged(path, 'vaultFileAltered')
    const { header } = holder as Slot
    // Before the last migration, and before the log is looked at: the keys decide which file is the database.
    const ready = keys.next ? resumeRekey(path, { ...file, mac }, keys.key, keys.next) : { key: keys.key, file }
    const rekeyInterrupted = removeRekeyLeftovers(path)
    vault = openWith({ path, content: ready.file, key: Buffer.from(ready.key), unlock, log })
    if (vault.read.value('SELECT id FROM vault') !== file.vault) throw vaultDamaged(path, 'otherDatabase')
    const found = userById(vault.read, header.user)
    // Without a row: whoever added the user was cut off before the end, so that there is no such user.
    if (!found || found.disabled) throw wrongPassphrase()
    reconcileSlots(vault)
    const { id, displayName, role } = found
    return { vault, user: { id, displayName, role }, slot: header.slot, rekeyInterrupted }
  } catch (error) {
    vault?.close()
    unlock()
    throw storageError(path, error)
  } finally {
    keys?.key.fill(0)
    keys?.next?.fill(0)
  }
}

/** The database key, and the one it is about to be changed for, or null where the passphrase is not the slot's. */
export const keysOf = async (
  { vault, next }: VaultFileContent,
  slot: Slot,
  passphrase: string,
  secret: Uint8Array | null,
): Promise<{ key: Buffer; next: Buffer | null } | null> => {
  const privateKey = await unlockSlot(vault, slot, passphrase, secret)
  const key = privateKey && openSeal(vault, slot.header, slot.seal, privateKey)
  if (!key) return null
  const seal = next?.[slot.header.slot]
  return { key, next: seal ? openSeal(vault, slot.header, seal, privateKey) : null }
}

/**
 * The user table is right, and `vault.json` follows: slots of users who are not there or are disabled go, and recovery
 * slots of those who are no administrators. Mends what a crash between the two left.
 */
export const reconcileSlots = ({ read, keyring }: Vault): void => {
  const users = new Map(listUsers(read).map((user) => [user.id, user]))
  const kept = keyring.slots().filter(({ header }) => {
    const user = users.get(header.user)
    return user && !user.disabled && (header.kind === 'passphrase' || user.role === 'administrator')
  })
  if (kept.length < keyring.slots().length) keyring.replace(kept)
}

/**
 * What may lie in the folder before there is a vault: leftovers of a creation cut off, the lock, the intake's uploads.
 */
const ownNames = ['.making', 'bedside.lock', 'uploads', 'lost+found']
export const lockPath = (dir: string) => join(dir, 'bedside.lock')

/** Makes the folder, or checks that an existing one is empty. Returns the topmost folder it made. */
export const prepareFolder = (path: string): string | undefined => {
  if (!existsSync(path)) {
    let parent = dirname(path)
    while (!existsSync(parent) && dirname(parent) !== parent) parent = dirname(parent)
    if (!statSync(parent).isDirectory()) throw notAFolder(parent)
    accessSync(parent, constants.W_OK)
    return mkdirSync(path, { recursive: true, mode: 0o700 })
  }
  if (!statSync(path).isDirectory() || readdirSync(path).some((name) => !ownNames.includes(name)))
    throw folderNotEmpty(path)
  chmodSync(path, 0o700)
  return undefined
}

const checkFolder = (path: string): void => {
  let isFolder: boolean
  try {
    isFolder = statSync(path).isDirectory()
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw vaultMissing(path)
    throw storageError(path, error)
  }
  if (!isFolder) throw notAVault(path, 'isNoFolder')
  if (vaultState(path) === 'absent') {
    if (readdirSync(path).every((name) => ownNames.includes(name))) throw vaultMissing(path)
    throw notAVault(path, 'noVaultFile')
  }
}

/** SQLite would take an empty file for a new database, so this is looked at before it is opened. */
const checkDatabaseSize = (path: string): void => {
  let size: number
  try {
    size = statSync(databasePath(path)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw vaultDamaged(path, 'databaseMissing')
    throw storageError(path, error)
  }
  // A process that died while the log went into the database leaves the file in between; the log mends that.
  const log = statSync(`${databasePath(path)}-wal`, { throwIfNoEntry: false })?.size ?? 0
  if (size === 0 || (log === 0 && size % pageSize !== 0)) throw vaultTruncated(databasePath(path))
}
