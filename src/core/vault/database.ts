import Database from 'better-sqlite3'
import { storageError, vaultDamaged, vaultInUse, vaultTruncated } from './failures.ts'

export type Connection = Database.Database

/** Ciphers a vault file may name. New vaults take the first; docs/data-model.md says why and what the other costs. */
export const ciphers = ['chacha20-poly1305', 'sqlcipher-aes-256'] as const
export type Cipher = (typeof ciphers)[number]

export const pageSize = 4096
/** `BEDS`: marks the database as Bedside's. */
export const applicationId = 0x42454453

const keyPragmas: Record<Cipher, { cipher: string; literal: (hex: string) => string }> = {
  'chacha20-poly1305': { cipher: 'chacha20', literal: (hex) => `raw:${hex}` },
  'sqlcipher-aes-256': { cipher: 'sqlcipher', literal: (hex) => `x'${hex}'` },
}

/**
 * Opens the encrypted database and reads its first page, so that a wrong key, a foreign file and a cut one are told apart
 * here. Throws `vaultDamaged` or `vaultTruncated`; closes what it opened.
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
    db.pragma(`cipher = '${keyPragmas[cipher].cipher}'`)
    const literal = Buffer.from(keyPragmas[cipher].literal(key.toString('hex')), 'latin1')
    // The alias brings `key`; the types of plain better-sqlite3 do not know it.
    ;(db as Connection & { key: (key: Buffer) => number }).key(literal)
    literal.fill(0)
    if (create) db.pragma(`page_size = ${pageSize}`)
    readFirstPage(db, file)
    db.pragma('foreign_keys = ON')
    db.pragma('trusted_schema = OFF')
    db.pragma('cell_size_check = ON')
    // Sorters and statement journals would else be written to disk in clear.
    db.pragma('temp_store = MEMORY')
    db.pragma(`cache_size = ${readonly ? -65536 : -131072}`)
    if (!readonly) {
      if (create) db.pragma('journal_mode = WAL')
      // FULL syncs the log at every commit: what was said to be stored survives a power cut. NORMAL could lose the last commits.
      db.pragma('synchronous = FULL')
      // What is deleted is overwritten: a case taken back is gone for whoever holds the key, too.
      db.pragma('secure_delete = ON')
      db.pragma('wal_autocheckpoint = 2000')
      db.pragma(`journal_size_limit = ${64 * 1024 * 1024}`)
    }
    return db
  } catch (error) {
    db?.close()
    throw storageError(file, error)
  }
}

/** Asks for what stands on page 1 alone: not authentic is NOTADB, a file with fewer pages than page 1 says is CORRUPT. */
const readFirstPage = (db: Connection, file: string): void => {
  try {
    db.pragma('user_version')
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'SQLITE_CORRUPT') throw vaultTruncated(file, { cause: error })
    if (code === 'SQLITE_NOTADB') throw vaultDamaged(file, 'its database cannot be deciphered', { cause: error })
    throw error
  }
}

/**
 * Keeps other processes out for as long as the returned function is not called. The lock is the operating system's, held
 * on an empty file through SQLite's own locking: it goes with the process, however that ends, so none is ever left over.
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
