import { randomUUID } from 'node:crypto'
import { BedsideError, failure as failed } from '../../contract/errors.ts'
import type { AuditLog } from '../vault/audit/auditLog.ts'
import { makeBackup, pruneBackups, verifyBackup } from '../vault/backup/backup.ts'
import { backupDueAt, readLastBackup, readSchedule, writeLastBackup } from '../vault/backup/schedule.ts'
import type { Vault } from '../vault/store/vault.ts'

/** How work that takes long is told and stopped. */
interface Progress {
  signal: AbortSignal
  report(stage: string, share: number): void
}

interface BackupRun extends Progress {
  vault: Vault
  auditLog: AuditLog
  folder: string
  reason: 'asked' | 'scheduled'
  /** What the backup is made by. */
  build: string
  /** Who is on record for it. */
  actor: string
}

const unexpected = failed('incident', 'unexpected')

/** A backup on record. After one by the schedule, those beyond the number to keep are removed. */
export const runBackup = async (run: BackupRun): Promise<Record<string, unknown>> => {
  const { vault, folder, reason } = run
  const made = await recordedBackup(run)
  if (reason === 'asked') return made
  return { ...made, removed: pruneBackups(folder, vault.keyring.vault, readSchedule(vault.read).keep).length }
}

/** A backup with its entries in the audit log: one that the backup itself holds, signed, and one of how it ended. */
const recordedBackup = async ({ vault, auditLog, folder, reason, build, actor, signal, report }: BackupRun) => {
  const id = randomUUID()
  const entry = (outcome: string) => ({ actor, act: 'backup.create', record: `backup/${id}`, outcome })
  await auditLog.append(entry('started'))
  await auditLog.checkpoint('backup')
  try {
    const { path, manifest } = await makeBackup({
      vault,
      folder,
      reason,
      build,
      id,
      signal,
      report: (stage, share) => report(stage, stage === 'copying' ? share / 2 : 0.5 + share / 2),
    })
    await auditLog.append(entry('done'))
    await auditLog.checkpoint('backup')
    await vault.write((store) => writeLastBackup(store, { at: manifest.createdAt, path, failure: null }))
    const bytes = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0)
    const rows = manifest.tables.reduce((sum, { rows }) => sum + rows, 0)
    return { path, backup: id, bytes, tables: manifest.tables.length, rows, audit: manifest.audit }
  } catch (error) {
    const failure = error instanceof BedsideError ? error.failure : null
    await auditLog.append(entry(`failed: ${failure?.reason ?? 'incident'}`)).catch(() => {})
    if (reason === 'scheduled')
      await vault.write((store) => writeLastBackup(store, { failure: failure ?? unexpected })).catch(() => {})
    throw error
  }
}

/**
 * What a check of every byte of a backup found. Throws where one differs.
 * @param own the vault that is open
 */
export const checkBackup = async (path: string, own: string, { signal, report }: Progress) => {
  const manifest = await verifyBackup(path, { signal, onProgress: (share) => report('readingBackup', share) })
  const { backup, vault, createdAt, files, tables, audit, key } = manifest
  return {
    path,
    backup,
    vault,
    own: vault === own,
    createdAt,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    tables: tables.length,
    rows: tables.reduce((sum, { rows }) => sum + rows, 0),
    audit,
    key,
  }
}

/** What the schedule looks at, and how it has a backup made. */
export interface ScheduleHooks {
  isOpen(): boolean
  vault(): Vault
  /** Whether a backup is being made already. */
  busy(): boolean
  start(folder: string): void
  log(line: string): void
}

/** Makes a backup by itself whenever one is due, while the vault is open. Returns how to stop that. */
export const startBackupSchedule = (hooks: ScheduleHooks, everyMilliseconds = 60_000): (() => void) => {
  /** A disk that is not connected is not asked for each minute. */
  let tried = 0
  const look = () => {
    if (!hooks.isOpen() || hooks.busy()) return
    const { read } = hooks.vault()
    const schedule = readSchedule(read)
    const { folder } = schedule
    const due = backupDueAt(schedule, readLastBackup(read), tried)
    if (folder === null || due === null || due > Date.now()) return
    tried = Date.now()
    hooks.start(folder)
  }
  const timer = setInterval(() => {
    try {
      look()
    } catch (error) {
      hooks.log(`backup: ${(error as Error).name}`)
    }
  }, everyMilliseconds)
  timer.unref()
  return () => clearInterval(timer)
}
