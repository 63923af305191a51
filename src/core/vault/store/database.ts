import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { ciphers } from '../../../contract/vault.ts'
import { checkClearHeader, saltOf } from '../keys/clearHeader.ts'
import { storageError, vaultDamaged, vaultInUse, vaultTruncated } from './failures.ts'

export type Connection = Database.Database

export type Cipher = (typeof ciphers)[number]

export const databasePath = (dir: string) => join(dir, 'bedside.db')

export const pageSize = 4096
/** Pages of log after which a commit moves them into the database: 8 MB. */
export const autocheckpoint = 2000
/** `BEDS`: marks the database as Bedside's. */
export const applicationId = 0x42454453

/**
 * How SQLite3 Multiple Ciphers calls them, how many bytes of a page their nonce and tag take, and how each is told that
 * the key is a key and no passphrase to derive from.
 */
const keyForms: Record<
  Cipher,
  { name: string; variant?: string; reserved: number; salted?: true; before: string; after: string }
> = {
  'aegis-256': { name: 'aegis', variant: 'aegis-256', reserved: 64, salted: true, before: 'raw:', after: '' },
  'chacha20-poly1305': { name: 'chacha20', reserved: 32, before: 'raw:', after: '' },
  'sqlcipher-aes-256': { name: 'sqlcipher', reserved: 80, before: "x'", after: "'" },
}

/**
 * Opens the encrypted database and reads its first page, so that a wrong key, a foreign file and a cut one are told
 * apart here. Throws `vaultDamaged` or `vaultTruncated`; closes what it opened.
 */
export const openDatabase = (
  file: string,
  {
    cipher,
    key,
    readonly = false,
    create = false,
  }: { cipher: Cipher; key: Buffer; readonly?: boolean; create?: boolean },
): Connection => {
  let db: Connection | null = null
  try {
    db = new Database(file, { readonly, fileMustExist: !create, timeout: 5000 })
    applyKey(db, cipher, key)
    if (create) db.pragma(`page_size = ${pageSize}`)
    readFirstPage(db, file)
    const { reserved, salted } = keyForms[cipher]
    if (!create) checkClearHeader(file, reserved, salted ? saltOf(key) : null)
    tune(db, { readonly, create })
    return db
  } catch (error) {
    db?.close()
    throw storageError(file, error)
  }
}

/** How every connection works; apart from the key, so that bench/encryption.ts can tune a plain database alike. */
export const tune = (db: Connection, { readonly, create }: { readonly: boolean; create: boolean }): void => {
  db.pragma('foreign_keys = ON')
  db.pragma('trusted_schema = OFF')
  db.pragma('cell_size_check = ON')
  // Sorters and statement journals would else be written to disk in clear.
  db.pragma('temp_store = MEMORY')
  db.pragma(`cache_size = ${readonly ? -65536 : -131072}`)
  if (readonly) return
  if (create) db.pragma('journal_mode = WAL')
  // FULL syncs the log at every commit: what was said to be stored survives a power cut. NORMAL could lose the last
  // commits.
  db.pragma('synchronous = FULL')
  // What is deleted is overwritten: a case taken back is gone for whoever holds the key, too.
  db.pragma('secure_delete = ON')
  db.pragma(`wal_autocheckpoint = ${autocheckpoint}`)
  db.pragma(`journal_size_limit = ${64 * 1024 * 1024}`)
}

/** The key goes in as bytes that are wiped, never as SQL or as a JavaScript string, which cannot be. */
const applyKey = (db: Connection, cipher: Cipher, key: Buffer): void => {
  chooseCipher(db, cipher)
  // The alias brings `key` and `rekey`; the types of plain better-sqlite3 do not know them.
  withKeyForm(cipher, key, (form) => (db as Connection & { key: (key: Buffer) => number }).key(form))
}

const chooseCipher = (db: Connection, cipher: Cipher): void => {
  const { name, variant } = keyForms[cipher]
  db.pragma(`cipher = '${name}'`)
  // Said even where it is the library's default: a default may change, files may not.
  if (variant) db.pragma(`algorithm = '${variant}'`)
}

/**
 * Enciphers every page under another key, and by another cipher where it is one. Not in write-ahead mode. Ciphers
 * differ in the bytes they take of each page, so another one rebuilds the database, in as much memory as it is large:
 * never in a temporary file, which would be in clear.
 */
export const changeKey = (db: Connection, cipher: Cipher, key: Buffer): void => {
  chooseCipher(db, cipher)
  withKeyForm(cipher, key, (form) => (db as Connection & { rekey: (key: Buffer) => number }).rekey(form))
}

const withKeyForm = (cipher: Cipher, key: Buffer, use: (form: Buffer) => void): void => {
  const { before, after, salted } = keyForms[cipher]
  const digits = '0123456789abcdef'
  const bytes = salted ? Buffer.concat([key, saltOf(key)]) : Buffer.from(key)
  const literal = Buffer.alloc(before.length + 2 * bytes.length + after.length)
  literal.write(before, 0, 'latin1')
  bytes.forEach((byte, at) => {
    literal[before.length + 2 * at] = digits.charCodeAt(byte >> 4)
    literal[before.length + 2 * at + 1] = digits.charCodeAt(byte & 15)
  })
  literal.write(after, before.length + 2 * bytes.length, 'latin1')
  try {
    use(literal)
  } finally {
    literal.fill(0)
    bytes.fill(0)
  }
}

/**
 * Asks for what stands on page 1 alone: not authentic is NOTADB, a file with fewer pages than page 1 says is CORRUPT.
 */
const readFirstPage = (db: Connection, file: string): void => {
  try {
    db.pragma('user_version')
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'SQLITE_CORRUPT') throw vaultTruncated(file, { cause: error })
    if (code === 'SQLITE_NOTADB') throw vaultDamaged(file, 'undeciphered', { cause: error })
    throw error
  }
}

/**
 * Keeps other processes out for as long as the returned function is not called. The lock is the operating system's,
 * held on an empty file through SQLite's own locking: it goes with the process, however that ends, so none is ever left
 * over. Nothing in this process may open that file besides: closing it would let the lock go (POSIX).
 */
export const lockFolder = (dir: string, file: string): (() => void) => {
  let db: Connection | null = null
  try {
    db = new Database(file, { timeout: 0 })
    db.pragma('journal_mode = MEMORY')
    db.pragma('locking_mode = EXCLUSIVE')
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    db?.close()
    if (/^SQLITE_(BUSY|LOCKED)/.test((error as { code?: string }).code ?? '')) throw vaultInUse(dir, { cause: error })
    throw storageError(dir, error)
  }
  const held = db
  return () => {
    if (!held.open) return
    if (held.inTransaction) held.exec('ROLLBACK')
    held.close()
  }
}
