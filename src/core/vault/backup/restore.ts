import { chmodSync, existsSync, mkdirSync, renameSync, rmdirSync, rmSync, statfsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { BackupManifest, RestoreEvent } from '../../../contract/backup.ts'
import { faultOf } from '../../../contract/errors.ts'
import { openAuditLog } from '../audit/auditLog.ts'
import { checkpointsPath } from '../audit/checkpoints.ts'
import { firstOpened, type Keychain } from '../keys/keychain.ts'
import { isAuthentic, readVaultFile, syncFolder, vaultFilePath } from '../keys/vaultFile.ts'
import { databasePath, lockFolder, openDatabase } from '../store/database.ts'
import {
  backupDamaged,
  backupDiskFull,
  restoreDiffers,
  storageError,
  vaultExists,
  vaultNewer,
  wrongPassphrase,
} from '../store/failures.ts'
import { isSlotOf, keysOf, lockPath, openVault, prepareFolder, vaultState } from '../store/vault.ts'
import { tableDigests } from './digests.ts'
import { readManifest, takePart } from './manifest.ts'

export interface RestoreRequest {
  /** Folder of the backup. */
  path: string
  /** Folder for the vault: one that is not there, or is empty. */
  into: string
  /** Id or login name; null: whoever's passphrase it is. */
  user: string | null
  /** As it was when the backup was made. */
  passphrase: string
  keychain?: Keychain | null
  signal?: AbortSignal | undefined
  report?: (stage: RestoreEvent['stage'], progress: number | null) => void
}

/**
 * Restores a backup to a new place: copies its parts while holding them against the manifest, opens the copy, counts
 * and hashes every table and compares, verifies the audit log, and appends to it that it was restored. Only then does
 * it become a vault. Never touches an existing one. Throws as `readManifest`, and `backupDamaged` (with the part),
 * `wrongPassphrase`, `vaultExists`, `folderNotEmpty`, `restoreDiffers`, `backupDiskFull`, `cancelled`; then nothing is
 * left.
 */
export const restoreBackup = async ({
  path,
  into,
  user,
  passphrase,
  keychain = null,
  signal,
  report,
}: RestoreRequest): Promise<NonNullable<RestoreEvent['result']>> => {
  const target = resolve(into)
  if (vaultState(target) === 'locked') throw vaultExists(target)
  const manifest = readManifest(path)
  report?.('readingKeys', null)
  let made: string | undefined
  let unlock: (() => void) | undefined
  let placed = false
  const making = join(target, '.making')
  try {
    made = prepareFolder(target)
    unlock = lockFolder(target, lockPath(target))
    chmodSync(lockPath(target), 0o600)
    rmSync(making, { recursive: true, force: true })
    mkdirSync(making, { mode: 0o700 })
    const total = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0)
    const { bavail, bsize } = statfsSync(target)
    if (bavail * bsize < total + 1024 * 1024) throw backupDiskFull(target)

    await takePart(path, manifest, 'keys.json', vaultFilePath(making))
    const key = await keyOf(path, making, manifest, { user, passphrase, keychain })
    let tables: NonNullable<RestoreEvent['result']>['tables']
    try {
      let read = 0
      const onBytes = (bytes: number) => {
        read += bytes
        report?.('copying', read / Math.max(total, 1))
      }
      await takePart(path, manifest, 'database.bedside', databasePath(making), { signal, onBytes })
      await takePart(path, manifest, 'checkpoints.jsonl', checkpointsPath(making), { signal, onBytes })
      tables = await compare(path, making, manifest, key, { signal, report })
    } finally {
      key.fill(0)
    }
    const { auditFaults, entries } = await finishLog(making, manifest, { user, passphrase, keychain, signal, report })

    if (vaultState(target) === 'locked') throw vaultExists(target)
    placed = true
    for (const file of [checkpointsPath, databasePath, vaultFilePath]) renameSync(file(making), file(target))
    rmSync(lockPath(making), { force: true })
    rmdirSync(making)
    syncFolder(target)
    return {
      vault: manifest.vault,
      path: target,
      backup: manifest.backup,
      createdAt: manifest.createdAt,
      tables,
      auditFaults,
      entries,
    }
  } catch (error) {
    if (unlock) {
      rmSync(making, { recursive: true, force: true })
      if (placed && !existsSync(vaultFilePath(target)))
        for (const file of [checkpointsPath, databasePath]) rmSync(file(target), { force: true })
      if (process.platform !== 'win32') rmSync(lockPath(target), { force: true })
    }
    unlock?.()
    unlock = undefined
    if (made) rmSync(made, { recursive: true, force: true })
    const { code } = error as { code?: string }
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'SQLITE_FULL') throw backupDiskFull(target, { cause: error })
    throw storageError(target, error)
  } finally {
    unlock?.()
  }
}

/** The key of the backed-up database; proof that the passphrase, and `keys.json`, are of this vault. */
const keyOf = async (
  path: string,
  making: string,
  manifest: BackupManifest,
  { user, passphrase, keychain }: Pick<RestoreRequest, 'user' | 'passphrase'> & { keychain: Keychain | null },
): Promise<Buffer> => {
  const { mac, ...file } = readVaultFile(making)
  if (file.vault !== manifest.vault) throw backupDamaged(path, 'keys.json')
  const named = file.slots.filter(
    (slot) => slot.header.kind === 'passphrase' && (user === null || isSlotOf(slot, user)),
  )
  const keys = await firstOpened(named, keychain, (slot, secret) => keysOf(file, slot, passphrase, secret))
  if (!keys) throw wrongPassphrase()
  keys.next?.fill(0)
  if (isAuthentic({ ...file, mac }, keys.key)) return keys.key
  keys.key.fill(0)
  throw backupDamaged(path, 'keys.json')
}

/** Every table of the restored database against the manifest. */
const compare = async (
  path: string,
  making: string,
  manifest: BackupManifest,
  key: Buffer,
  { signal, report }: Pick<RestoreRequest, 'signal' | 'report'>,
): Promise<NonNullable<RestoreEvent['result']>['tables']> => {
  const { cipher } = readVaultFile(making)
  const file = databasePath(making)
  const db = openDatabase(file, { cipher, key, readonly: true })
  try {
    const version = db.pragma('user_version', { simple: true }) as number
    if (version !== manifest.schemaVersion) throw vaultNewer(path, version, manifest.schemaVersion)
    const digests = await tableDigests(db, { signal, onProgress: (share) => report?.('comparing', share) })
    const found = new Map(digests.map((digest) => [digest.name, digest]))
    const tables = manifest.tables.map(({ name, rows, sha256 }) => ({
      name,
      rows: found.get(name)?.rows ?? 0,
      same: found.get(name)?.rows === rows && found.get(name)?.sha256 === sha256,
    }))
    const differing = tables.filter(({ same }) => !same).map(({ name }) => name)
    if (differing.length > 0) throw restoreDiffers(path, faultOf('tablesDiffer', { tables: differing }))
    if (digests.length !== tables.length) throw restoreDiffers(path, faultOf('otherTables'))
    return tables
  } finally {
    db.close()
    // A reader cannot take these away itself.
    for (const tail of ['-wal', '-shm']) rmSync(`${file}${tail}`, { force: true })
  }
}

/** Opens the restored vault where it still is nobody's, verifies its audit log and appends that it was restored. */
const finishLog = async (
  making: string,
  manifest: BackupManifest,
  {
    user,
    passphrase,
    keychain,
    signal,
    report,
  }: Pick<RestoreRequest, 'user' | 'passphrase' | 'signal' | 'report'> & { keychain: Keychain | null },
): Promise<{ auditFaults: string[]; entries: number }> => {
  report?.('verifying', null)
  const { vault, user: holder } = await openVault(making, { user, passphrase, keychain })
  try {
    const log = await openAuditLog(vault)
    const { findings } = await log.verify({ signal })
    const { sequence } = await log.append({
      actor: holder.id,
      act: 'backup.restore',
      record: `backup/${manifest.backup}`,
      outcome: 'done',
    })
    await log.checkpoint('restore')
    return { auditFaults: [...new Set(findings.map(({ fault }) => fault))], entries: sequence }
  } finally {
    vault.close()
  }
}
