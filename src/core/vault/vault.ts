import { AsyncLocalStorage } from 'node:async_hooks'
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
import type { Role } from '../../contract/procedure.ts'
import { applicationId, autocheckpoint, type Cipher, ciphers, lockFolder, openDatabase, pageSize } from './database.ts'
import {
  folderNotEmpty,
  notAFolder,
  notAVault,
  storageError,
  vaultClosed,
  vaultDamaged,
  vaultExists,
  vaultMissing,
  vaultTruncated,
  wrongPassphrase,
} from './failures.ts'
import { migrate, schemaVersion } from './schema.ts'
import { type KeyDerivation, makeSlot, openSlot } from './slots.ts'
import { type ReadStore, readStore, type Statements, type VaultLog, type WriteStore, writeStore } from './store.ts'
import { addUser, userById } from './users.ts'
import { readVaultFile, syncFolder, vaultFilePath, vaultFileVersion, writeVaultFile } from './vaultFile.ts'

export type { KeyDerivation } from './slots.ts'
export type { ReadStore, VaultEvent, VaultLog, WriteStore } from './store.ts'

export interface User {
  id: string
  displayName: string
  role: Role
}

export interface Vault {
  path: string
  schemaVersion: number
  cipher: Cipher
  /** What is committed; sees nothing of a write that has not ended. */
  read: ReadStore
  /** Runs `fn` in one transaction, after all writes asked for before. Rolled back where `fn` throws. */
  write<T>(fn: (store: WriteStore) => T): Promise<T>
  /**
   * Runs the asynchronous `fn` in one transaction, for imports: other writes wait, reads go on and see the state before.
   * Rolled back where `fn` rejects. Inside it, write with the given store alone.
   */
  exclusive<T>(fn: (store: WriteStore) => Promise<T>): Promise<T>
  /** Rolls back what is open, closes the files and forgets the key. Safe to call twice. */
  close(): void
}

export interface CreateOptions {
  displayName: string
  passphrase: string
  log?: VaultLog
  keyDerivation?: KeyDerivation
  /** For benchmarks; the default is the first of `ciphers`. */
  cipher?: Cipher
}

export interface OpenOptions {
  /** Id of the user whose slot is to be opened; null: whichever slot the passphrase opens. */
  user?: string | null
  passphrase: string
  log?: VaultLog
}

/** `locked` also where a vault is damaged: opening it says how. */
export const vaultState = (dir: string): 'absent' | 'locked' =>
  existsSync(vaultFilePath(dir)) || existsSync(databasePath(dir)) ? 'locked' : 'absent'

/**
 * Makes a vault with its first administrator in `dir` (made where it is absent) and opens it. Where anything fails, nothing
 * is left behind. Throws `vaultExists`, `folderNotEmpty`, `weakKeyDerivation`, `readOnly`, `diskFull`.
 */
export const createVault = async (
  dir: string,
  { displayName, passphrase, log, keyDerivation, cipher = ciphers[0] }: CreateOptions,
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
    const slot = await makeSlot(id, user.id, passphrase, key, keyDerivation)
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
    writeVaultFile(making, {
      format: 'bedside-vault',
      version: vaultFileVersion,
      vault: id,
      cipher,
      createdAt,
      slots: [slot],
    })
    if (vaultState(path) === 'locked') throw vaultExists(path)
    renameSync(databasePath(making), databasePath(path))
    renameSync(vaultFilePath(making), vaultFilePath(path))
    rmdirSync(making)
    syncFolder(path)
    return { vault: openWith(path, cipher, key, unlock, log), user }
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

/**
 * Opens a vault. Throws `vaultMissing`, `notAVault`, `vaultTruncated`, `vaultDamaged`, `vaultNewer`, `vaultInUse`,
 * `wrongPassphrase`, `readOnly`; none of these changes anything on disk.
 */
export const openVault = async (
  dir: string,
  { user = null, passphrase, log }: OpenOptions,
): Promise<{ vault: Vault; user: User }> => {
  const path = resolve(dir)
  checkFolder(path)
  const file = readVaultFile(path)
  checkDatabaseSize(path)
  const unlock = lockFolder(path, lockPath(path))
  let key: Buffer | null = null
  let vault: Vault | null = null
  try {
    let holder: string | null = null
    for (const slot of file.slots) {
      if (user !== null && slot.header.user !== user) continue
      key = await openSlot(file.vault, slot, passphrase)
      if (key) {
        holder = slot.header.user
        break
      }
    }
    if (!key || !holder) throw wrongPassphrase()
    vault = openWith(path, file.cipher, key, unlock, log)
    const found = userById(vault.read, holder)
    if (!found || vault.read.value('SELECT id FROM vault') !== file.vault)
      throw vaultDamaged(path, 'its vault.json belongs to another database')
    if (found.disabled) throw wrongPassphrase()
    return { vault, user: { id: found.id, displayName: found.displayName, role: found.role } }
  } catch (error) {
    vault?.close()
    key?.fill(0)
    unlock()
    throw storageError(path, error)
  }
}

const databasePath = (dir: string) => join(dir, 'bedside.db')
/** What may lie in the folder before there is a vault: leftovers of a creation cut off, the lock, the intake's uploads. */
const ownNames = ['.making', 'bedside.lock', 'uploads', 'lost+found']
const lockPath = (dir: string) => join(dir, 'bedside.lock')

/** Makes the folder, or checks that an existing one is empty. Returns the topmost folder it made. */
const prepareFolder = (path: string): string | undefined => {
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
  if (!isFolder) throw notAVault(path, 'it is a file, not a folder')
  if (vaultState(path) === 'absent') {
    if (readdirSync(path).every((name) => ownNames.includes(name))) throw vaultMissing(path)
    throw notAVault(path, 'it holds no vault.json')
  }
}

/** SQLite would take an empty file for a new database, so this is looked at before it is opened. */
const checkDatabaseSize = (path: string): void => {
  let size: number
  try {
    size = statSync(databasePath(path)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw vaultDamaged(path, 'its database file bedside.db is missing')
    throw storageError(path, error)
  }
  // A process that died while the log went into the database leaves the file in between; the log mends that.
  const log = statSync(`${databasePath(path)}-wal`, { throwIfNoEntry: false })?.size ?? 0
  if (size === 0 || (log === 0 && size % pageSize !== 0)) throw vaultTruncated(databasePath(path))
}

/** From a key to an open vault. Owns `key` and `unlock` from here on, unless it throws. */
const openWith = (path: string, cipher: Cipher, key: Buffer, unlock: () => void, log: VaultLog | undefined): Vault => {
  const file = databasePath(path)
  const writer = openDatabase(file, { cipher, key })
  let reader: typeof writer
  try {
    if (writer.pragma('application_id', { simple: true }) !== applicationId)
      throw notAVault(path, 'its database is not one of Bedside')
    migrate(writer, path)
    reader = openDatabase(file, { cipher, key, readonly: true })
  } catch (error) {
    writer.close()
    throw storageError(path, error)
  }
  let open = true
  let tail: Promise<unknown> = Promise.resolve()
  const statements: Statements = new Map()
  const inside = new AsyncLocalStorage<true>()

  /**
   * An import is told done when it is committed; its log, as long as itself, goes into the database a moment later, between
   * other writes. Should that fail, the log is still there for the next time.
   */
  let shortening: NodeJS.Timeout | undefined
  const shortenLogSoon = (): void => {
    clearTimeout(shortening)
    shortening = setTimeout(() => {
      tail = tail.then(() => {
        if (!open) return
        try {
          writer.pragma('wal_checkpoint(TRUNCATE)')
        } catch {
          // Nothing is lost: the log is part of the database.
        }
      })
    }, 250)
    shortening.unref()
  }

  const transaction = async <T>(fn: (store: WriteStore) => T | Promise<T>, asynchronous: boolean): Promise<T> => {
    if (!open) throw vaultClosed()
    const { store, end } = writeStore(writer, path, log, statements)
    try {
      if (asynchronous) writer.pragma('wal_autocheckpoint = 0')
      writer.exec('BEGIN IMMEDIATE')
      let result: T | Promise<T>
      result = inside.run(true, () => fn(store))
      if (asynchronous) result = await result
      else if (result instanceof Promise) {
        result.catch(() => {})
        throw new Error('write() takes a function that ends at once; use exclusive() for one that waits')
      }
      if (!open) throw vaultClosed()
      writer.exec('COMMIT')
      if (asynchronous) shortenLogSoon()
      return result as T
    } catch (error) {
      if (open && writer.inTransaction) writer.exec('ROLLBACK')
      throw open ? storageError(path, error) : vaultClosed()
    } finally {
      end()
      if (asynchronous && open) writer.pragma(`wal_autocheckpoint = ${autocheckpoint}`)
    }
  }
  const enqueue = <T>(fn: (store: WriteStore) => T | Promise<T>, asynchronous: boolean): Promise<T> => {
    if (inside.getStore())
      return Promise.reject(
        new Error('A write was asked for inside another, which would wait for itself; use its store.'),
      )
    const result = tail.then(() => transaction(fn, asynchronous))
    tail = result.catch(() => {})
    return result
  }
  return {
    path,
    schemaVersion,
    cipher,
    read: readStore(reader, path, log, () => open),
    write: (fn) => enqueue(fn, false),
    exclusive: (fn) => enqueue(fn, true),
    close: () => {
      if (!open) return
      open = false
      statements.clear()
      clearTimeout(shortening)
      try {
        if (writer.inTransaction) writer.exec('ROLLBACK')
        reader.close()
        writer.close()
      } finally {
        key.fill(0)
        unlock()
      }
    },
  }
}
