import { randomUUID } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, join, relative, resolve, sep } from 'node:path'
import { type BackupEntry, type BackupManifest, backupParts, type backupReasons } from '../../../contract/backup.ts'
import { dayMilliseconds } from '../../../contract/days.ts'
import { BedsideError } from '../../../contract/errors.ts'
import { sha256 } from '../../numbers/digest.ts'
import { checkpointsPath } from '../audit/checkpoints.ts'
import { signContent, signingKey } from '../audit/signing.ts'
import { syncFolder, vaultFilePath } from '../keys/vaultFile.ts'
import type { Connection } from '../store/database.ts'
import { backupDiskFull, backupFolderMissing, backupInsideVault, storageError } from '../store/failures.ts'
import type { Vault } from '../store/vault.ts'
import { tableDigests } from './digests.ts'
import { copyHashed, manifestName, readManifest, takePart } from './manifest.ts'

export interface BackupRequest {
  vault: Vault
  /** Folder to make the backup in; a folder of its own is made there. */
  folder: string
  reason: (typeof backupReasons)[number]
  build: string
  /** Id of the backup. */
  id?: string
  signal?: AbortSignal | undefined
  report?: (stage: 'copying' | 'comparing', progress: number) => void
}

/**
 * Makes a backup of the vault as it is at one moment, while it is in use: the database file holds still while its
 * encrypted pages are copied (`Vault.still`), writes go on in the log. Then the copy is opened, and every table read,
 * counted and hashed for the manifest, so that a copy that cannot be read is no backup. It is there whole or not at
 * all. Throws `backupFolderMissing`, `backupInsideVault`, `backupDiskFull`, `readOnly`, `cancelled`; then nothing is
 * left.
 */
export const makeBackup = async ({
  vault,
  folder,
  reason,
  build,
  id = randomUUID(),
  signal,
  report,
}: BackupRequest): Promise<{ path: string; manifest: BackupManifest }> => {
  const into = resolve(folder)
  if (!statSync(into, { throwIfNoEntry: false })?.isDirectory()) throw backupFolderMissing(into)
  const inside = relative(vault.path, into)
  if (inside === '' || (!inside.startsWith(`..${sep}`) && inside !== '..' && resolve(inside) !== inside))
    throw backupInsideVault(into)
  const createdAt = new Date().toISOString()
  const vaultId = vault.keyring.vault
  const name = nameOf(createdAt, vaultId, id)
  const part = join(into, `.${name}.part`)
  const at = (file: string) => join(part, file)
  const held: { copy: Connection | null } = { copy: null }
  try {
    removeLeftovers(into)
    mkdirSync(part, { mode: 0o700 })
    const files: BackupManifest['files'] = []
    const opened = await vault.still(async ({ database, openCopy }) => {
      const size = statSync(database).size
      requireSpace(into, size)
      // Both read before anything waits, so that they are of the same moment as the database.
      const small = [
        ['keys.json', readFileSync(vaultFilePath(vault.path))],
        ['checkpoints.jsonl', existingBytes(checkpointsPath(vault.path))],
      ] as const
      let copied = 0
      const pages = await copyHashed(database, at('database.bedside'), {
        signal,
        onBytes: (bytes) => {
          copied += bytes
          report?.('copying', copied / Math.max(size, 1))
        },
      })
      files.push({ name: 'database.bedside', ...pages })
      for (const [file, bytes] of small) {
        writeSynced(at(file), bytes)
        files.push({ name: file, bytes: bytes.length, sha256: sha256(bytes) })
      }
      held.copy = openCopy(at('database.bedside'))
      return held.copy
    })
    const tables = await tableDigests(opened, { signal, onProgress: (share) => report?.('comparing', share) })
    const [count, head] = (opened
      .prepare('SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1')
      .raw()
      .get() as [number, string] | undefined) ?? [0, '']
    const schema = opened.pragma('user_version', { simple: true }) as number
    opened.close()
    for (const tail of ['-wal', '-shm']) rmSync(at(`database.bedside${tail}`), { force: true })
    const key = signingKey(vault.read)
    const content = {
      format: 'bedside-backup' as const,
      version: 1 as const,
      backup: id,
      vault: vaultId,
      createdAt,
      reason,
      build,
      cipher: vault.cipher,
      schemaVersion: schema,
      files,
      tables,
      audit: { count, head },
      key: key.fingerprint,
      publicKey: key.publicKey,
    }
    const manifest: BackupManifest = { ...content, signature: signContent(vault.read, key, content) }
    writeSynced(at(manifestName), `${JSON.stringify(manifest, null, 2)}\n`)
    syncFolder(part)
    const path = join(into, name)
    renameSync(part, path)
    syncFolder(into)
    return { path, manifest }
  } catch (error) {
    held.copy?.close()
    rmSync(part, { recursive: true, force: true })
    const { code } = error as { code?: string }
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'SQLITE_FULL') throw backupDiskFull(into, { cause: error })
    throw storageError(into, error)
  }
}

/** Reads every byte of a backup and holds it against its manifest. Throws as `readManifest`, and `backupDamaged`. */
export const verifyBackup = async (
  path: string,
  { signal, onProgress }: { signal?: AbortSignal | undefined; onProgress?: (share: number) => void } = {},
): Promise<BackupManifest> => {
  const manifest = readManifest(path)
  const total = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0)
  let read = 0
  for (const name of backupParts)
    await takePart(path, manifest, name, null, {
      signal,
      onBytes: (bytes) => {
        read += bytes
        onProgress?.(read / Math.max(total, 1))
      },
    })
  return manifest
}

/** Backups in a folder, newest first, as far as their manifests tell. `own`: id of the vault whose they may be. */
export const listBackups = (folder: string, own: string | null): BackupEntry[] => {
  const into = resolve(folder)
  if (!statSync(into, { throwIfNoEntry: false })?.isDirectory()) throw backupFolderMissing(into)
  return readdirSync(into, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && namePattern.test(entry.name))
    .map((entry): BackupEntry => {
      const path = join(into, entry.name)
      try {
        const { backup, vault, createdAt, reason, files, audit } = readManifest(path)
        const whole = files.every(
          ({ name, bytes }) => statSync(join(path, name), { throwIfNoEntry: false })?.size === bytes,
        )
        return {
          path,
          state: whole ? 'complete' : 'damaged',
          backup,
          vault,
          own: vault === own,
          createdAt,
          reason,
          bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
          entries: audit.count,
        }
      } catch (error) {
        const newer = error instanceof BedsideError && error.failure.reason === 'backupNewer'
        const nothing = { backup: null, vault: null, createdAt: null, reason: null, entries: null }
        return { path, state: newer ? 'newer' : 'damaged', own: false, bytes: 0, ...nothing }
      }
    })
    .sort((a, b) => (madeAt(a) < madeAt(b) ? 1 : -1))
}

/**
 * Removes scheduled backups of this vault but the newest `keep`. What was asked for, what is damaged and what is
 * another vault's stays. Returns the removed.
 */
export const pruneBackups = (folder: string, vault: string, keep: number): string[] =>
  listBackups(folder, vault)
    .filter(({ state, own, reason }) => state === 'complete' && own && reason === 'scheduled')
    .slice(keep)
    .map(({ path }) => {
      // The manifest first: cut off in between, the rest is seen as no whole backup.
      for (const name of [manifestName, ...backupParts]) rmSync(join(path, name), { force: true })
      rmdirSync(path)
      return path
    })

const nameOf = (createdAt: string, vault: string, id: string): string =>
  `bedside-${createdAt.slice(0, 19).replaceAll(':', '-')}Z-${vault.slice(0, 8)}-${id.slice(0, 4)}`
/** From its name, where its manifest cannot tell. */
const madeAt = ({ createdAt, path }: BackupEntry): string =>
  createdAt ??
  basename(path)
    .slice(8, 27)
    .replace(/T(..)-(..)-/, 'T$1:$2:')
const namePattern = /^bedside-\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}Z-[0-9a-f]{8}-[0-9a-f]{4}$/

/**
 * What a power cut or a kill left of a backup, once it is a day old: a younger one may be another computer's, under
 * way.
 */
const removeLeftovers = (into: string): void => {
  for (const entry of readdirSync(into)) {
    if (!entry.endsWith('.part') || !namePattern.test(entry.slice(1, -'.part'.length))) continue
    const path = join(into, entry)
    if (Date.now() - statSync(path).mtimeMs > dayMilliseconds) rmSync(path, { recursive: true, force: true })
  }
}

const requireSpace = (into: string, bytes: number): void => {
  const { bavail, bsize } = statfsSync(into)
  if (bavail * bsize < bytes + 1024 * 1024) throw backupDiskFull(into)
}

const existingBytes = (path: string): Buffer => (existsSync(path) ? readFileSync(path) : Buffer.alloc(0))

const writeSynced = (path: string, content: string | Uint8Array): void => {
  const file = openSync(path, 'wx', 0o600)
  try {
    writeFileSync(file, content)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
