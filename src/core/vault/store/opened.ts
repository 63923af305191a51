import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import type { Binding } from '../keys/keychain.ts'
import { encryptCopy, type RekeyOptions, switchKeys } from '../keys/rekey.ts'
import { type KeyDerivation, makeSlot, type Slot, sealKey } from '../keys/slots.ts'
import { type VaultFileContent, writeVaultFile } from '../keys/vaultFile.ts'
import { applicationId, autocheckpoint, type Cipher, type Connection, databasePath, openDatabase } from './database.ts'
import { notAVault, storageError, vaultClosed, vaultDamaged, vaultInUse } from './failures.ts'
import { migrate, schemaVersion } from './schema.ts'
import {
  type Line,
  type ReadStore,
  readStore,
  type Statements,
  type VaultLog,
  type WriteStore,
  writeStore,
} from './store.ts'

export interface Vault {
  path: string
  schemaVersion: number
  /** May change with a re-keying. */
  readonly cipher: Cipher
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
  /** Binds the slot to this computer's keychain. */
  binding?: Binding | null
}

/** From a key to an open vault. Owns `key` and `unlock` from here on, unless it throws. */
export const openWith = (
  path: string,
  content: VaultFileContent,
  firstKey: Buffer,
  unlock: () => void,
  log: VaultLog | undefined,
): Vault => {
  let { cipher } = content
  const file = databasePath(path)
  let key = firstKey
  let slotsFile = content
  let writer = openDatabase(file, { cipher, key })
  let reader: Line
  try {
    if (writer.pragma('application_id', { simple: true }) !== applicationId)
      throw notAVault(path, 'its database is not one of Bedside')
    if (writer.pragma('journal_mode', { simple: true }) !== 'wal')
      throw vaultDamaged(path, 'its database was taken out of write-ahead mode')
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
      const to = { cipher: options.cipher ?? cipher, key: next }
      await encryptCopy(path, { cipher, key }, to, { ...options, signal: either })
      if (!open) throw vaultClosed()
      // From here to the end nothing waits: no reader ever meets closed files.
      closeHandles()
      try {
        slotsFile = switchKeys(path, slotsFile, key, to, options.step)
        cipher = slotsFile.cipher
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
    make: ({ user, secret, kind = 'passphrase', login = null, costs, binding = null }) =>
      makeSlot(content.vault, user, secret, key, costs, kind, login, binding),
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
    get cipher() {
      return cipher
    },
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
