import { basename, isAbsolute, resolve } from 'node:path'
import { conflict, invalidInput, issue, notAllowed, sentenceIn } from '../../contract/errors.ts'
import type { JobHandler } from '../jobs/runner.ts'
import { checkBackup, runBackup, startBackupSchedule } from '../session/backups.ts'
import { restoring } from '../session/restore.ts'
import { listBackups } from '../vault/backup/backup.ts'
import { backupDueAt, readLastBackup, readSchedule, writeSchedule } from '../vault/backup/schedule.ts'
import { vaultExists } from '../vault/store/failures.ts'
import { vaultState } from '../vault/store/vault.ts'
import { type Implementer, sessionOf } from './implementer.ts'
import type { Services } from './services.ts'

type Needs = Pick<Services, 'jobs' | 'options' | 'session' | 'vault'>

export const backupHandlers = (services: Needs, os: Implementer) => {
  const read = () => services.vault().read
  const folderOf = (given: string | null): string => {
    if (given !== null) return absolute('folder', given)
    const { folder } = readSchedule(read())
    if (folder === null) throw conflict('noBackupFolder')
    return folder
  }
  return {
    backup: {
      create: os.backup.create.handler(({ input, context }) => {
        const folder = folderOf(input.folder)
        const spec = { kind: 'backup' as const, input: { folder, reason: 'asked' as const } }
        return { job: services.jobs.start(spec, sessionOf(context).user).job }
      }),
      list: os.backup.list.handler(({ input }) => listBackups(folderOf(input.folder), services.vault().keyring.vault)),
      verify: os.backup.verify.handler(({ input, context }) => {
        const spec = { kind: 'verifyBackup' as const, input: { path: absolute('path', input.path) } }
        return { job: services.jobs.start(spec, sessionOf(context).user).job }
      }),
      settings: os.backup.settings.handler(() => {
        const schedule = readSchedule(read())
        const last = readLastBackup(read())
        const next = backupDueAt(schedule, last)
        return {
          ...schedule,
          lastAt: last.at,
          lastPath: last.path,
          lastFailure: typeof last.failure === 'object' ? (last.failure?.message ?? null) : last.failure,
          lastFailureSaid: typeof last.failure === 'object' && last.failure ? sentenceIn(last.failure) : null,
          nextAt: next === null ? null : new Date(Math.max(next, Date.now())).toISOString(),
        }
      }),
      schedule: os.backup.schedule.handler(({ input }) => {
        const folder = typeof input.folder === 'string' ? absolute('folder', input.folder) : input.folder
        return services.vault().write((store) => {
          const before = readSchedule(store)
          const schedule = {
            folder: folder === undefined ? before.folder : folder,
            everyHours: input.everyHours ?? before.everyHours,
            keep: input.keep ?? before.keep,
          }
          if (schedule.everyHours > 0 && schedule.folder === null) throw conflict('noBackupFolder')
          writeSchedule(store, schedule)
          return schedule
        })
      }),
      restore: os.backup.restore.handler(({ input, context, signal }) => {
        const into = input.into === null ? services.options.vaultPath : absolute('into', input.into)
        // Before anyone is signed in a restore may only make the vault that is not there yet, as creating one does.
        const own = resolve(into) === resolve(services.options.vaultPath)
        if (!own && (context.connection.session?.role !== 'administrator' || !services.session.isOpen()))
          throw notAllowed('restoreElsewhere')
        // Before the named folder is looked at: with a vault here, a stranger learns nothing of this machine's files.
        if (own && vaultState(into) === 'locked') throw vaultExists(into)
        const path = absolute('path', input.path)
        const { user, passphrase } = input
        return restoring({ path, into, user, passphrase, keychain: services.session.keychain, signal })
      }),
    },
  }
}

/** A page knows nothing of the core's working folder, so a path is whole or refused. */
const absolute = (name: string, path: string): string => {
  if (!isAbsolute(path)) throw invalidInput('pathNotAbsolute', { path }, [issue(name, 'notWholePath')])
  return resolve(path)
}

/** Backups, as jobs. */
export const backupJob = (services: Needs): JobHandler<'backup'> => ({
  title: ({ folder }) => basename(folder),
  run: async ({ folder, reason }, { user: actor, signal, report }) => {
    const { build } = services.options
    const auditLog = services.session.auditLog()
    return runBackup({ vault: services.vault(), auditLog, folder, reason, build, actor, signal, report })
  },
})

/** Checks of every byte of a backup, as jobs. */
export const verifyBackupJob = (services: Needs): JobHandler<'verifyBackup'> => ({
  title: ({ path }) => basename(path),
  run: async ({ path }, context) => checkBackup(path, services.vault().keyring.vault, context),
})

/** Backups by the schedule, as jobs of the system. Returns how to stop them. */
export const scheduleBackups = (services: Needs, everyMilliseconds?: number): (() => void) =>
  startBackupSchedule(
    {
      isOpen: services.session.isOpen,
      vault: services.vault,
      busy: () => services.jobs.list().some(({ kind, endedAt }) => kind === 'backup' && endedAt === null),
      start: (folder) => services.jobs.start({ kind: 'backup', input: { folder, reason: 'scheduled' } }, 'system'),
      log: services.options.log,
    },
    everyMilliseconds,
  )
