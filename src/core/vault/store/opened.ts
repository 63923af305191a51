import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import { Mutex } from '../../async.ts'
import { encryptCopy, type RekeyOptions, switchKeys } from '../keys/rekey.ts'
import { makeSlot, type Slot, type SlotOptions, sealKey } from '../keys/slots.ts'
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
   * Runs the asynchronous `fn` in one transaction, for imports: other writes wait, reads go on and see the state
   * before. Rolled back where `fn` rejects. Inside it, write with the given store alone.
   */
  exclusive<T>(fn: (store: WriteStore) => Promise<T>): Promise<T>
  /**
   * Holds the database file still while `fn` runs: it is all that was committed before, and what is written meanwhile
   * stays in the log. Writes wait while the log is emptied at the start, and for nothing else; a re-keying waits for
   * the end.
   */
  still<T>(fn: (held: StillDatabase) => Promise<T>): Promise<T>
  keyring: Keyring
  /**
   * Encrypts everything under a new key, which every slot then opens to: writes wait, reads go on. Whenever it is cut
   * off, the vault opens afterwards, under the one key or the other. Throws `diskFull`, `cancelled`; then nothing has
   * changed.
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

export interface OpenOptions {
  /** Folder of the vault. */
  path: string
  /** What `vault.json` says. */
  content: VaultFileContent
  /** The database key; the vault owns it from here on, and wipes it when it closes. */
  key: Buffer
  /** Gives up the lock on the folder; called once, when the vault closes. */
  unlock: () => void
  log?: VaultLog | undefined
}

/** From a key to an open vault. Owns `key` and `unlock` from here on, unless it throws. */
export const openWith = (options: OpenOptions): Vault => new OpenVault(options)

/** How long after an import its log goes into the database, in milliseconds. */
const shorteningMilliseconds = 250

class OpenVault implements Vault {
  readonly path: string
  readonly schemaVersion = schemaVersion
  readonly read: ReadStore
  readonly keyring: Keyring
  private readonly unlock: () => void
  private readonly log: VaultLog | undefined
  private readonly file: string
  private key: Buffer
  private content: VaultFileContent
  private writer: Connection
  private reader: Line
  private readonly statements: Statements = new Map()
  private open = true
  private readonly writes = new Mutex()
  private readonly inside = new AsyncLocalStorage<true>()
  private shortening: NodeJS.Timeout | undefined
  /**
   * A reader that begins while the log is empty reads the file alone, and SQLite writes no page to a file that is read
   * so: no checkpoint comes before it ends.
   */
  private holding: { reader: Connection; ended: Promise<void> } | null = null
  private readonly closing = new AbortController()

  constructor({ path, content, key, unlock, log }: OpenOptions) {
    this.path = path
    this.content = content
    this.key = key
    this.unlock = unlock
    this.log = log
    this.file = databasePath(path)
    this.writer = openDatabase(this.file, { cipher: content.cipher, key })
    try {
      if (this.writer.pragma('application_id', { simple: true }) !== applicationId)
        throw notAVault(path, 'otherProgram')
      if (this.writer.pragma('journal_mode', { simple: true }) !== 'wal') throw vaultDamaged(path, 'noWriteAhead')
      migrate(this.writer, path)
      this.reader = this.openReader()
    } catch (error) {
      this.writer.close()
      key.fill(0)
      throw storageError(path, error)
    }
    this.read = readStore(
      () => this.reader,
      path,
      log,
      () => this.open,
    )
    this.keyring = {
      vault: content.vault,
      slots: () => this.content.slots,
      rekeyedAt: () => this.content.rekeyedAt,
      make: (slot) => makeSlot({ ...slot, vault: content.vault, key: this.key }),
      replace: (slots) => this.replaceSlots(slots),
    }
  }

  get cipher(): Cipher {
    return this.content.cipher
  }

  write<T>(fn: (store: WriteStore) => T): Promise<T> {
    return this.enqueue(fn, false)
  }

  exclusive<T>(fn: (store: WriteStore) => Promise<T>): Promise<T> {
    return this.enqueue(fn, true)
  }

  async still<T>(fn: (held: StillDatabase) => Promise<T>): Promise<T> {
    let end = () => {}
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    // In the queue of writes, and not while another holds: the log could not be emptied.
    let held: StillDatabase | null = null
    while (!held) {
      await this.holding?.ended
      const began = this.writes.run(() => (this.holding ? null : this.hold(ended)))
      held = await began.catch((error) => {
        throw storageError(this.path, error)
      })
    }
    try {
      const result = await fn(held)
      if (!this.open) throw vaultClosed()
      return result
    } finally {
      this.holding?.reader.close()
      this.holding = null
      end()
      if (this.open) {
        this.writer.pragma(`wal_autocheckpoint = ${autocheckpoint}`)
        this.shortenLogSoon()
      }
    }
  }

  rekey(options: RekeyOptions = {}): Promise<void> {
    return this.writes.run(async () => {
      await this.holding?.ended
      return this.rekeyNow(options)
    })
  }

  close(): void {
    if (!this.open) return
    this.open = false
    this.closing.abort()
    clearTimeout(this.shortening)
    try {
      this.holding?.reader.close()
      if (this.writer.inTransaction) this.writer.exec('ROLLBACK')
      this.closeHandles()
    } finally {
      this.key.fill(0)
      this.unlock()
    }
  }

  private enqueue<T>(fn: (store: WriteStore) => T | Promise<T>, asynchronous: boolean): Promise<T> {
    if (this.inside.getStore())
      return Promise.reject(
        new Error('A write was asked for inside another, which would wait for itself; use its store.'),
      )
    return this.writes.run(() => this.transaction(fn, asynchronous))
  }

  private async transaction<T>(fn: (store: WriteStore) => T | Promise<T>, asynchronous: boolean): Promise<T> {
    if (!this.open) throw vaultClosed()
    const { writer } = this
    const { store, end } = writeStore(writer, this.path, this.log, this.statements)
    try {
      if (asynchronous) writer.pragma('wal_autocheckpoint = 0')
      writer.exec('BEGIN IMMEDIATE')
      let result: T | Promise<T>
      result = this.inside.run(true, () => fn(store))
      if (asynchronous) result = await result
      else if (result instanceof Promise) {
        result.catch(() => {})
        throw new Error('write() takes a function that ends at once; use exclusive() for one that waits')
      }
      if (!this.open) throw vaultClosed()
      writer.exec('COMMIT')
      if (asynchronous) this.shortenLogSoon()
      return result as T
    } catch (error) {
      if (this.open && writer.inTransaction) writer.exec('ROLLBACK')
      throw this.open ? storageError(this.path, error) : vaultClosed()
    } finally {
      end()
      if (asynchronous && this.open && !this.holding) writer.pragma(`wal_autocheckpoint = ${autocheckpoint}`)
    }
  }

  /**
   * An import is told done when it is committed; its log, as long as itself, goes into the database a moment later,
   * between other writes. Should that fail, the log is still there for the next time.
   */
  private shortenLogSoon(): void {
    clearTimeout(this.shortening)
    this.shortening = setTimeout(() => {
      void this.writes.run(() => {
        if (!this.open || this.holding) return
        try {
          this.writer.pragma('wal_checkpoint(TRUNCATE)')
        } catch {
          // Nothing is lost: the log is part of the database.
        }
      })
    }, shorteningMilliseconds)
    this.shortening.unref()
  }

  /** Throws `vaultInUse` where another program reads from the log. */
  private emptyLog(): void {
    clearTimeout(this.shortening)
    const [{ busy }] = this.writer.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }]
    if (busy !== 0) throw vaultInUse(this.path)
  }

  private hold(ended: Promise<void>): StillDatabase {
    if (!this.open) throw vaultClosed()
    this.emptyLog()
    const holder = openDatabase(this.file, { cipher: this.cipher, key: this.key, readonly: true })
    holder.exec('BEGIN')
    holder.prepare('SELECT count(*) FROM sqlite_schema').get()
    this.holding = { reader: holder, ended }
    // Each commit would else try in vain to move the log into the file, looking through all of it.
    this.writer.pragma('wal_autocheckpoint = 0')
    return {
      database: this.file,
      openCopy: (copy) => {
        if (!this.open) throw vaultClosed()
        return openDatabase(copy, { cipher: this.cipher, key: this.key, readonly: true })
      },
    }
  }

  private async rekeyNow({ signal, ...options }: RekeyOptions): Promise<void> {
    if (!this.open) throw vaultClosed()
    const next = randomBytes(32)
    try {
      this.emptyLog()
      const either = signal ? AbortSignal.any([signal, this.closing.signal]) : this.closing.signal
      const to = { cipher: options.cipher ?? this.cipher, key: next }
      await encryptCopy(this.path, { cipher: this.cipher, key: this.key }, to, { ...options, signal: either })
      if (!this.open) throw vaultClosed()
      // From here to the end nothing waits: no reader ever meets closed files.
      this.closeHandles()
      try {
        this.content = switchKeys({ dir: this.path, file: this.content, key: this.key, next: to, step: options.step })
        this.key.fill(0)
        this.key = Buffer.from(next)
      } finally {
        this.writer = openDatabase(this.file, { cipher: this.cipher, key: this.key })
        this.reader = this.openReader()
      }
    } finally {
      next.fill(0)
    }
  }

  private replaceSlots(slots: readonly Slot[]): void {
    if (!this.open) throw vaultClosed()
    if (!slots.some(({ header }) => header.kind === 'passphrase'))
      throw new Error('A vault without a passphrase slot could never be opened again.')
    const { vault } = this.content
    const known = new Set(this.content.slots.map(({ header }) => header.slot))
    // A new slot is sealed here: the key may have changed while its passphrase was derived.
    const sealed = slots.map((slot) =>
      known.has(slot.header.slot) ? slot : { ...slot, seal: sealKey(vault, slot.header, this.key) },
    )
    const changed = { ...this.content, slots: sealed }
    writeVaultFile(this.path, changed, this.key)
    this.content = changed
  }

  private openReader(): Line {
    const connection = openDatabase(this.file, { cipher: this.cipher, key: this.key, readonly: true })
    return { connection, statements: new Map() }
  }

  private closeHandles(): void {
    this.statements.clear()
    this.reader.statements.clear()
    this.reader.connection.close()
    this.writer.close()
  }
}
