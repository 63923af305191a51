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
import {
  applicationId,
  autocheckpoint,
  type Cipher,
  type Connection,
  ciphers,
  lockFolder,
  openDatabase,
  pageSize,
} from './database.ts'
import {
  folderNotEmpty,
  notAFolder,
  notAVault,
  storageError,
  vaultClosed,
  vaultDamaged,
  vaultExists,
  vaultInUse,
  vaultMissing,
  vaultTruncated,
  wrongPassphrase,
} from './failures.ts'
import { encryptCopy, type RekeyOptions, removeRekeyLeftovers, resumeRekey, switchKeys } from './rekey.ts'
import { migrate, schemaVersion } from './schema.ts'
import { type KeyDerivation, makeSlot, openSeal, type Slot, sealKey, unlockSlot } from './slots.ts'
import {
  type Line,
  type ReadStore,
  readStore,
  type Statements,
  type VaultLog,
  type WriteStore,
  writeStore,
} from './store.ts'
import { addUser, listUsers, userById } from './users.ts'
import {
  isAuthentic,
  readVaultFile,
  syncFolder,
  type VaultFileContent,
  vaultFilePath,
  vaultFileVersion,
  writeVaultFile,
} from './vaultFile.ts'

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
  /**
   * Holds the database file still while `fn` runs: it is all that was committed before, and what is written meanwhile stays in
   * the log. Writes wait while the log is emptied at the start, and for nothing else; a re-keying waits for the end.
   */
  still<T>(fn: (held: StillDatabase) => Promise<T>): Promise<T>
  keyring: Keyring
  /**
   * Encrypts everything under a new key, which every slot then opens to: writes wait, reads go on. Whenever it is cut off, the
   * vault opens afterwards, under the one key or the other. Throws `diskFull`, `cancelled`; then nothing has changed.
   */
  rekey(options?: RekeyOptions): Promise<void>
  /** Rolls back what is open, closes the files and forgets the key. Safe to call twice. */
  close(): void
}

export interface StillDatabase {
  /** The encrypted file. */
  database: string
  /** Opens a copy of it, to read only. The caller closes it. */
  openCopy(file: string): Connection
}

/** The slots of `vault.json`. The database key itself does not leave the vault. */
export interface Keyring {
  /** Id of the vault. */
  vault: string
  slots(): readonly Slot[]
  rekeyedAt(): string | null
  /** A slot for a user. Nothing is written, and it opens nothing, before `replace`. */
  make(options: SlotOptions): Promise<Slot>
  /** Writes `vault.json` with these slots in place of all, whole or not at all. */
  replace(slots: readonly Slot[]): void
}

export interface SlotOptions {
  user: string
  /** Passphrase or recovery code. */
  secret: string
  kind?: Slot['header']['kind']
  login?: string | null
  costs?: KeyDerivation | undefined
}

export interface CreateOptions {
  displayName: string
  passphrase: string
  login?: string | null
  log?: VaultLog
  keyDerivation?: KeyDerivation
  /** For benchmarks; the default is the first of `ciphers`. */
  cipher?: Cipher
}

export interface OpenOptions {
  /** Id or login name of the user whose slot is to be opened; null: whichever slot the passphrase opens. */
  user?: string | null
  /** Or the recovery code, where `kind` says so. */
  passphrase: string
  kind?: Slot['header']['kind']
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
  { displayName, passphrase, login = null, log, keyDerivation, cipher = ciphers[0] }: CreateOptions,
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
    const slot = await makeSlot(id, user.id, passphrase, key, keyDerivation, 'passphrase', login)
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
    return { vault: openWith(path, file, key, unlock, log), user }
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
 * Opens a vault, and ends a re-keying that was cut off. Throws `vaultMissing`, `notAVault`, `vaultTruncated`, `vaultDamaged`,
 * `vaultNewer`, `vaultInUse`, `wrongPassphrase`, `readOnly`; none of these changes anything on disk.
 */
export const openVault = async (
  dir: string,
  { user = null, passphrase, kind = 'passphrase', log }: OpenOptions,
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
    for (const slot of file.slots) {
      if (slot.header.kind !== kind || (user !== null && !isSlotOf(slot, user))) continue
      keys = await keysOf(file, slot, passphrase)
      if (keys) {
        holder = slot
        break
      }
    }
    if (!keys || !holder) throw wrongPassphrase()
    if (!isAuthentic({ ...file, mac }, keys.key)) throw vaultDamaged(path, 'its vault.json was altered')
    const { header } = holder
    // Before the last migration, and before the log is looked at: the keys decide which file is the database.
    const ready = keys.next ? resumeRekey(path, { ...file, mac }, keys.key, keys.next) : { key: keys.key, file }
    const rekeyInterrupted = removeRekeyLeftovers(path)
    vault = openWith(path, ready.file, Buffer.from(ready.key), unlock, log)
    if (vault.read.value('SELECT id FROM vault') !== file.vault)
      throw vaultDamaged(path, 'its vault.json belongs to another database')
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
): Promise<{ key: Buffer; next: Buffer | null } | null> => {
  const privateKey = await unlockSlot(vault, slot, passphrase)
  const key = privateKey && openSeal(vault, slot.header, slot.seal, privateKey)
  if (!key) return null
  const seal = next?.[slot.header.slot]
  return { key, next: seal ? openSeal(vault, slot.header, seal, privateKey) : null }
}

/**
 * The user table is right, and `vault.json` follows: slots of users who are not there or are disabled go, and recovery slots of
 * those who are no administrators. Mends what a crash between the two left.
 */
export const reconcileSlots = ({ read, keyring }: Vault): void => {
  const users = new Map(listUsers(read).map((user) => [user.id, user]))
  const kept = keyring.slots().filter(({ header }) => {
    const user = users.get(header.user)
    return user && !user.disabled && (header.kind === 'passphrase' || user.role === 'administrator')
  })
  if (kept.length < keyring.slots().length) keyring.replace(kept)
}

export const databasePath = (dir: string) => join(dir, 'bedside.db')
/** What may lie in the folder before there is a vault: leftovers of a creation cut off, the lock, the intake's uploads. */
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
const openWith = (
  path: string,
  content: VaultFileContent,
  firstKey: Buffer,
  unlock: () => void,
  log: VaultLog | undefined,
): Vault => {
  const { cipher } = content
  const file = databasePath(path)
  let key = firstKey
  let slotsFile = content
  let writer = openDatabase(file, { cipher, key })
  let reader: Line
  try {
    if (writer.pragma('application_id', { simple: true }) !== applicationId)
      throw notAVault(path, 'its database is not one of Bedside')
    migrate(writer, path)
    reader = { connection: openDatabase(file, { cipher, key, readonly: true }), statements: new Map() }
  } catch (error) {
    writer.close()
    key.fill(0)
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
        if (!open || holding) return
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
      if (asynchronous && open && !holding) writer.pragma(`wal_autocheckpoint = ${autocheckpoint}`)
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

  const closeHandles = (): void => {
    statements.clear()
    reader.statements.clear()
    reader.connection.close()
    writer.close()
  }
  const openHandles = (): void => {
    writer = openDatabase(file, { cipher, key })
    reader = { connection: openDatabase(file, { cipher, key, readonly: true }), statements: new Map() }
  }
  /**
   * A reader that begins while the log is empty reads the file alone, and SQLite writes no page to a file that is read so: no
   * checkpoint comes before it ends.
   */
  let holding: { reader: Connection; ended: Promise<void> } | null = null
  const hold = (ended: Promise<void>): StillDatabase => {
    if (!open) throw vaultClosed()
    clearTimeout(shortening)
    const [{ busy }] = writer.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }]
    if (busy !== 0) throw vaultInUse(path)
    const holder = openDatabase(file, { cipher, key, readonly: true })
    holder.exec('BEGIN')
    holder.prepare('SELECT count(*) FROM sqlite_schema').get()
    holding = { reader: holder, ended }
    // Each commit would else try in vain to move the log into the file, looking through all of it.
    writer.pragma('wal_autocheckpoint = 0')
    return {
      database: file,
      openCopy: (copy) => {
        if (!open) throw vaultClosed()
        return openDatabase(copy, { cipher, key, readonly: true })
      },
    }
  }
  const still = async <T>(fn: (held: StillDatabase) => Promise<T>): Promise<T> => {
    let end = () => {}
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    // In the queue of writes, and not while another holds: the log could not be emptied.
    let held: StillDatabase | null = null
    while (!held) {
      await holding?.ended
      const began = tail.then(() => (holding ? null : hold(ended)))
      tail = began.catch(() => {})
      held = await began.catch((error) => {
        throw storageError(path, error)
      })
    }
    try {
      const result = await fn(held)
      if (!open) throw vaultClosed()
      return result
    } finally {
      holding?.reader.close()
      holding = null
      end()
      if (open) {
        writer.pragma(`wal_autocheckpoint = ${autocheckpoint}`)
        shortenLogSoon()
      }
    }
  }

  const closing = new AbortController()
  const rekeyNow = async ({ signal, ...options }: RekeyOptions): Promise<void> => {
    if (!open) throw vaultClosed()
    const next = randomBytes(32)
    try {
      clearTimeout(shortening)
      const [{ busy }] = writer.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }]
      if (busy !== 0) throw vaultInUse(path)
      const either = signal ? AbortSignal.any([signal, closing.signal]) : closing.signal
      await encryptCopy(path, cipher, key, next, { ...options, signal: either })
      if (!open) throw vaultClosed()
      // From here to the end nothing waits: no reader ever meets closed files.
      closeHandles()
      try {
        slotsFile = switchKeys(path, slotsFile, key, next, options.step)
        key.fill(0)
        key = Buffer.from(next)
      } finally {
        openHandles()
      }
    } finally {
      next.fill(0)
    }
  }
  const keyring: Keyring = {
    vault: content.vault,
    slots: () => slotsFile.slots,
    rekeyedAt: () => slotsFile.rekeyedAt,
    make: ({ user, secret, kind = 'passphrase', login = null, costs }) =>
      makeSlot(content.vault, user, secret, key, costs, kind, login),
    replace: (slots) => {
      if (!open) throw vaultClosed()
      if (!slots.some(({ header }) => header.kind === 'passphrase'))
        throw new Error('A vault without a passphrase slot could never be opened again.')
      const known = new Set(slotsFile.slots.map(({ header }) => header.slot))
      // A new slot is sealed here: the key may have changed while its passphrase was derived.
      const sealed = slots.map((slot) =>
        known.has(slot.header.slot) ? slot : { ...slot, seal: sealKey(content.vault, slot.header, key) },
      )
      const changed = { ...slotsFile, slots: sealed }
      writeVaultFile(path, changed, key)
      slotsFile = changed
    },
  }
  return {
    path,
    schemaVersion,
    cipher,
    read: readStore(
      () => reader,
      path,
      log,
      () => open,
    ),
    write: (fn) => enqueue(fn, false),
    exclusive: (fn) => enqueue(fn, true),
    still,
    keyring,
    rekey: (options = {}) => {
      const result = tail.then(() => holding?.ended).then(() => rekeyNow(options))
      tail = result.catch(() => {})
      return result
    },
    close: () => {
      if (!open) return
      open = false
      closing.abort()
      clearTimeout(shortening)
      try {
        holding?.reader.close()
        if (writer.inTransaction) writer.exec('ROLLBACK')
        closeHandles()
      } finally {
        key.fill(0)
        unlock()
      }
    },
  }
}
