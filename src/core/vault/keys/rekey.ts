import { existsSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs'
import { copyFile, open } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { BedsideError, cancelled } from '../../../contract/errors.ts'
import { type Cipher, changeKey, databasePath, openDatabase } from '../store/database.ts'
import { diskFull, storageError, vaultDamaged } from '../store/failures.ts'
import { sealKey } from './slots.ts'
import { syncFolder, type VaultFile, type VaultFileContent, writeVaultFile } from './vaultFile.ts'

/** Where a kill is tried in the tests, in order. */
export const rekeySteps = ['begun', 'copied', 'encrypted', 'closed', 'announced', 'switched', 'finished'] as const
export type RekeyStep = (typeof rekeySteps)[number]

export interface RekeyOptions {
  /** Cipher of the new file; the same as before unless given. */
  cipher?: Cipher | undefined
  signal?: AbortSignal
  report?: (stage: string, progress: number | null) => void
  /** Entry of the thread that encrypts (`rekeyWorker.ts`, or its bundle). */
  worker?: URL
  /** For tests: told when a step has been taken. */
  step?: (step: RekeyStep) => void
}

/*
 * How a database changes keys, and what a kill leaves behind:
 *
 * begun      nothing has changed
 * copied     bedside.db.rekey: a copy under the old key        next opening: removed, the old key holds
 * encrypted  bedside.db.rekey: whole and under the new key     next opening: removed, the old key holds
 * closed     the log is in the database, both files closed     as before
 * announced  vault.json seals both keys to every slot          next opening: goes on from here
 * switched   bedside.db is the new file                        next opening: goes on from here
 * finished   vault.json seals the new key alone
 */

export interface CipherKey {
  cipher: Cipher
  key: Buffer
}

export const rekeyPath = (dir: string) => join(dir, 'bedside.db.rekey')

/** What a re-keying that did not come to be announced has left. Returns whether there was anything. */
export const removeRekeyLeftovers = (dir: string): boolean => {
  const found = existsSync(rekeyPath(dir))
  for (const end of ['', '-wal', '-shm', '-journal']) rmSync(`${rekeyPath(dir)}${end}`, { force: true })
  return found
}

/**
 * Makes `bedside.db.rekey`: the database under the new key and by the new cipher, checked and synced. The caller keeps
 * writers out and has moved the log into the database; readers go on. Throws `diskFull`, `cancelled`, `vaultDamaged`;
 * then it leaves nothing.
 */
export const encryptCopy = async (
  dir: string,
  { cipher, key }: CipherKey,
  next: CipherKey,
  { signal, report, worker = new URL('./rekeyWorker.ts', import.meta.url), step }: RekeyOptions,
): Promise<void> => {
  try {
    removeRekeyLeftovers(dir)
    const { size } = statSync(databasePath(dir))
    const { bavail, bsize } = statfsSync(dir)
    if (bavail * bsize < size * 1.05) throw diskFull(dir)
    stopIfAborted(signal)
    step?.('begun')
    report?.('copying', 0)
    await copyFile(databasePath(dir), rekeyPath(dir))
    step?.('copied')
    stopIfAborted(signal)
    report?.('encrypting', null)
    const order = { file: rekeyPath(dir), cipher, key, nextCipher: next.cipher, next: next.key }
    await encryptOnThread(worker, order, signal)
    stopIfAborted(signal)
    const file = await open(rekeyPath(dir), 'r+')
    try {
      await file.sync()
    } finally {
      await file.close()
    }
    step?.('encrypted')
  } catch (error) {
    removeRekeyLeftovers(dir)
    throw storageError(dir, error)
  }
}

/**
 * Puts the new file in the old one's place. All handles on the database are closed and its log is gone. Returns what
 * vault.json says from now on. Throws where nothing was changed; once the files are switched it no longer throws.
 */
export const switchKeys = ({
  dir,
  file,
  key,
  next,
  step,
}: {
  dir: string
  file: VaultFileContent
  key: Buffer
  next: CipherKey
  step?: ((step: RekeyStep) => void) | undefined
}): VaultFileContent => {
  const seals = Object.fromEntries(file.slots.map(({ header }) => [header.slot, sealKey(file.vault, header, next.key)]))
  const announced: VaultFileContent = {
    ...file,
    next: seals,
    ...(next.cipher === file.cipher ? {} : { nextCipher: next.cipher }),
  }
  step?.('closed')
  try {
    writeVaultFile(dir, announced, key)
    step?.('announced')
    renameSync(rekeyPath(dir), databasePath(dir))
  } catch (error) {
    removeRekeyLeftovers(dir)
    writeVaultFile(dir, { ...file, next: null }, key)
    throw storageError(dir, error)
  }
  return finish(dir, announced, next.key, step)
}

const finish = (
  dir: string,
  announced: VaultFileContent,
  next: Buffer,
  step?: (step: RekeyStep) => void,
): VaultFileContent => {
  const { nextCipher, ...rest } = announced
  const seals = announced.next ?? {}
  const done: VaultFileContent = {
    ...rest,
    cipher: nextCipher ?? rest.cipher,
    slots: announced.slots.flatMap((slot) => {
      const seal = seals[slot.header.slot]
      return seal ? [{ ...slot, seal }] : []
    }),
    next: null,
    rekeyedAt: new Date().toISOString(),
  }
  try {
    syncFolder(dir)
    step?.('switched')
    writeVaultFile(dir, done, next)
    step?.('finished')
  } catch {
    // The new key holds already; the next opening finds both in vault.json and ends this.
  }
  return done
}

/**
 * Ends a re-keying that was cut off after it was announced, before anything else touches the database: forward where
 * the new file is whole, else back. Returns the key that now holds (a copy) and what vault.json says. Neither key
 * fitting is `vaultDamaged`.
 */
export const resumeRekey = (
  dir: string,
  { mac: _, ...file }: VaultFile,
  key: Buffer,
  next: Buffer,
): { key: Buffer; file: VaultFileContent } => {
  const { cipher } = file
  const nextCipher = file.nextCipher ?? cipher
  const log = statSync(`${databasePath(dir)}-wal`, { throwIfNoEntry: false })?.size ?? 0
  if (log === 0 && existsSync(rekeyPath(dir)) && opens(rekeyPath(dir), nextCipher, next)) {
    removeLog(dir)
    renameSync(rekeyPath(dir), databasePath(dir))
    return { key: next, file: finish(dir, file, next) }
  }
  // The new file is in its place already where it opens: the log, if any, is the new file's own.
  if (opens(databasePath(dir), nextCipher, next)) {
    removeRekeyLeftovers(dir)
    return { key: next, file: finish(dir, file, next) }
  }
  if (!opens(databasePath(dir), cipher, key)) throw vaultDamaged(dir, 'neitherKey')
  removeRekeyLeftovers(dir)
  const { nextCipher: _none, ...kept } = file
  const back: VaultFileContent = { ...kept, next: null }
  writeVaultFile(dir, back, key)
  return { key, file: back }
}

/** A log that an old file left empty must not lie beside a new one. */
const removeLog = (dir: string): void => {
  for (const end of ['-wal', '-shm']) rmSync(`${databasePath(dir)}${end}`, { force: true })
}

const opens = (file: string, cipher: Cipher, key: Buffer): boolean => {
  try {
    openDatabase(file, { cipher, key }).close()
    return true
  } catch (error) {
    if (error instanceof BedsideError && error.failure.reason === 'vaultInUse') throw error
    return false
  }
}

export interface RekeyOrder {
  file: string
  cipher: Cipher
  key: Uint8Array
  nextCipher: Cipher
  next: Uint8Array
}

/** Runs in the thread: every page is deciphered and enciphered anew, then all are read back. Wipes both keys. */
export const encryptHere = ({ file, cipher, key, nextCipher, next }: RekeyOrder): void => {
  const [from, to] = [Buffer.from(key), Buffer.from(next)]
  try {
    const db = openDatabase(file, { cipher, key: from })
    try {
      // The file is a copy that is thrown away where anything fails: no journal (which SQLite calls unsafe), no syncs.
      db.unsafeMode(true)
      db.pragma('journal_mode = DELETE')
      db.pragma('journal_mode = OFF')
      db.pragma('synchronous = OFF')
      changeKey(db, nextCipher, to)
    } finally {
      db.close()
    }
    const changed = openDatabase(file, { cipher: nextCipher, key: to })
    try {
      if (changed.pragma('quick_check(1)', { simple: true }) !== 'ok') throw vaultDamaged(file, 'copyNotWhole')
      changed.pragma('journal_mode = WAL')
    } finally {
      changed.close()
    }
  } finally {
    for (const each of [from, to, key, next]) each.fill(0)
  }
}

export type RekeyReply =
  | { done: true }
  | { failure: BedsideError['failure'] }
  | { error: { name: string; stack: string } }

/** Reading and writing a gigabyte takes seconds: on a thread, so that no view waits for it. */
const encryptOnThread = (worker: URL, order: RekeyOrder, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const given = { ...order, key: new Uint8Array(order.key), next: new Uint8Array(order.next) }
    const thread = new Worker(worker, {
      workerData: given,
      transferList: [given.key.buffer, given.next.buffer],
      execArgv: [],
    })
    const stop = () => {
      void thread.terminate().then(() => reject(stopped()))
    }
    signal?.addEventListener('abort', stop, { once: true })
    thread.once('message', (reply: RekeyReply) => {
      signal?.removeEventListener('abort', stop)
      void thread.terminate()
      if ('done' in reply) resolve()
      else if ('failure' in reply) reject(new BedsideError(reply.failure))
      else reject(Object.assign(new Error('Encrypting the copy failed'), reply.error))
    })
    thread.once('error', reject)
    thread.once('exit', () => reject(new Error('The thread that encrypts ended before it was done')))
  })

const stopped = () => cancelled('cancelled')

const stopIfAborted = (signal: AbortSignal | undefined): void => {
  if (signal?.aborted) throw stopped()
}
