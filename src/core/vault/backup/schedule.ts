import type { BackupSchedule } from '../../../contract/backup.ts'
import { type Failure, FailureSchema } from '../../../contract/errors.ts'
import { readSettings, writeSettings } from '../store/settings.ts'
import type { ReadStore, WriteStore } from '../store/store.ts'

const hour = 3_600_000
const defaults: BackupSchedule = { folder: null, everyHours: 0, keep: 7 }

/**
 * The latest backup that succeeded, and why one by the schedule failed after it: a sentence where an older Bedside
 * stored it.
 */
export interface LastBackup {
  at: string | null
  path: string | null
  failure: Failure | string | null
}

export const readSchedule = (store: ReadStore): BackupSchedule => {
  const settings = readSettings(store, null)
  const { 'backup.folder': folder, 'backup.everyHours': everyHours, 'backup.keep': keep } = settings
  return {
    folder: typeof folder === 'string' && folder !== '' ? folder : defaults.folder,
    everyHours: typeof everyHours === 'number' ? everyHours : defaults.everyHours,
    keep: typeof keep === 'number' ? keep : defaults.keep,
  }
}

export const writeSchedule = (store: WriteStore, { folder, everyHours, keep }: BackupSchedule): void =>
  writeSettings(store, null, { 'backup.folder': folder ?? '', 'backup.everyHours': everyHours, 'backup.keep': keep })

export const readLastBackup = (store: ReadStore): LastBackup => {
  const settings = readSettings(store, null)
  const text = (name: string) => (typeof settings[name] === 'string' && settings[name] !== '' ? settings[name] : null)
  return {
    at: text('backup.lastAt'),
    path: text('backup.lastPath'),
    failure: storedFailure(text('backup.lastFailure')),
  }
}

/** A failure, or the sentence that a Bedside of before stored. */
const storedFailure = (text: string | null): LastBackup['failure'] => {
  if (!text?.startsWith('{')) return text
  return FailureSchema.safeParse(JSON.parse(text)).data ?? text
}

/** What is left out stays as it is. */
export const writeLastBackup = (store: WriteStore, last: Partial<LastBackup>): void =>
  writeSettings(store, null, {
    ...(last.at === undefined ? {} : { 'backup.lastAt': last.at ?? '' }),
    ...(last.path === undefined ? {} : { 'backup.lastPath': last.path ?? '' }),
    ...(last.failure === undefined ? {} : { 'backup.lastFailure': failureText(last.failure) }),
  })

const failureText = (failure: LastBackup['failure']): string => {
  if (typeof failure === 'string') return failure
  return failure ? JSON.stringify(failure) : ''
}

/** Milliseconds since 1970; null: never. `tried`: when one was last begun, whatever became of it; 0: not yet. */
export const backupDueAt = (
  { folder, everyHours }: BackupSchedule,
  { at }: Pick<LastBackup, 'at'>,
  tried = 0,
): number | null => {
  if (folder === null || everyHours === 0) return null
  const afterLast = at === null ? 0 : Date.parse(at) + everyHours * hour
  return Math.max(afterLast, tried === 0 ? 0 : tried + Math.min(everyHours, 1) * hour)
}
