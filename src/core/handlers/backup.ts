import { randomUUID } from 'node:crypto'
import { basename, isAbsolute, resolve } from 'node:path'
import type { BackupSchedule, RestoreEvent } from '../../contract/backup.ts'
import {
  BedsideError,
  conflict,
  type Failure,
  FailureSchema,
  failure as failed,
  invalidInput,
  issue,
  notAllowed,
  sentenceIn,
} from '../../contract/errors.ts'
import type { JobContext, JobHandler } from '../jobs/runner.ts'
import { listBackups, makeBackup, pruneBackups, verifyBackup } from '../vault/backup/backup.ts'
import { restoreBackup } from '../vault/backup/restore.ts'
import { vaultExists } from '../vault/store/failures.ts'
import { readSettings, writeSettings } from '../vault/store/settings.ts'
import type { ReadStore } from '../vault/store/store.ts'
import { vaultState } from '../vault/store/vault.ts'
import { type Implementer, sessionOf } from './implementer.ts'
import type { Services } from './services.ts'

type Needs = Pick<Services, 'jobs' | 'options' | 'session' | 'vault'>

const hour = 3_600_000
const defaults: BackupSchedule = { folder: null, everyHours: 0, keep: 7 }

interface Last {
  at: string | null
  path: string | null
  failure: Failure | string | null
}

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
        const last = readLast(read())
        const next = dueAt(schedule, last, 0)
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
          const { folder: before, everyHours, keep } = readSchedule(store)
          const schedule: BackupSchedule = {
            folder: folder === undefined ? before : folder,
            everyHours: input.everyHours ?? everyHours,
            keep: input.keep ?? keep,
          }
          if (schedule.everyHours > 0 && schedule.folder === null) throw conflict('noBackupFolder')
          writeSettings(store, null, {
            'backup.folder': schedule.folder ?? '',
            'backup.everyHours': schedule.everyHours,
            'backup.keep': schedule.keep,
          })
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
        return restoreEvents((report) =>
          restoreBackup({ path, into, user, passphrase, keychain: services.session.keychain, signal, report }),
        )
      }),
    },
  }
}

/** A page knows nothing of the core's working folder, so a path is whole or refused. */
const absolute = (name: string, path: string): string => {
  if (!isAbsolute(path)) throw invalidInput('pathNotAbsolute', { path }, [issue(name, 'notWholePath')])
  return resolve(path)
}

/** Backups, as jobs. After one by the schedule, those beyond the number to keep are removed. */
export const backupJob = (services: Needs): JobHandler<'backup'> => ({
  title: ({ folder }) => basename(folder),
  run: async ({ folder, reason }, context) => {
    const made = await runBackup(services, folder, reason, context)
    if (reason === 'asked') return made
    const { keep } = readSchedule(services.vault().read)
    return { ...made, removed: pruneBackups(folder, services.vault().keyring.vault, keep).length }
  },
})

/** Checks of every byte of a backup, as jobs. */
export const verifyBackupJob = (services: Needs): JobHandler<'verifyBackup'> => ({
  title: ({ path }) => basename(path),
  run: async ({ path }, { signal, report }) => {
    const own = services.vault().keyring.vault
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
  },
})

/** A backup with its entries in the audit log: one that the backup itself holds, signed, and one of how it ended. */
const runBackup = async (
  services: Needs,
  folder: string,
  reason: 'asked' | 'scheduled',
  { user: actor, signal, report }: JobContext,
): Promise<Record<string, unknown>> => {
  const id = randomUUID()
  const entry = (outcome: string) => ({ actor, act: 'backup.create', record: `backup/${id}`, outcome })
  const log = services.session.auditLog()
  const vault = services.vault()
  await log.append(entry('started'))
  await log.checkpoint('backup')
  try {
    const { path, manifest } = await makeBackup({
      vault,
      folder,
      reason,
      build: services.options.build,
      id,
      signal,
      report: (stage, share) => report(stage, stage === 'copying' ? share / 2 : 0.5 + share / 2),
    })
    await log.append(entry('done'))
    await log.checkpoint('backup')
    await vault.write((store) => writeLast(store, { at: manifest.createdAt, path, failure: null }))
    const bytes = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0)
    const rows = manifest.tables.reduce((sum, { rows }) => sum + rows, 0)
    return { path, backup: id, bytes, tables: manifest.tables.length, rows, audit: manifest.audit }
  } catch (error) {
    const failure = error instanceof BedsideError ? error.failure : null
    await log.append(entry(`failed: ${failure?.reason ?? 'incident'}`)).catch(() => {})
    if (reason === 'scheduled')
      await vault.write((store) => writeLast(store, { failure: failure ?? unexpected })).catch(() => {})
    throw error
  }
}

/** Makes a backup by itself whenever one is due, while the vault is open. Returns how to stop that. */
export const startBackupSchedule = (services: Needs, everyMilliseconds = 60_000): (() => void) => {
  /** A disk that is not connected is not asked for each minute. */
  let tried = 0
  const look = async () => {
    if (
      !services.session.isOpen() ||
      services.jobs.list().some(({ kind, endedAt }) => kind === 'backup' && endedAt === null)
    )
      return
    const { read } = services.vault()
    const schedule = readSchedule(read)
    const { folder } = schedule
    const due = dueAt(schedule, readLast(read), tried)
    if (folder === null || due === null || due > Date.now()) return
    tried = Date.now()
    services.jobs.start({ kind: 'backup', input: { folder, reason: 'scheduled' } }, 'system')
  }
  const timer = setInterval(() => {
    look().catch((error) => services.options.log(`backup: ${(error as Error).name}`))
  }, everyMilliseconds)
  timer.unref()
  return () => clearInterval(timer)
}

/** Milliseconds; null: never. `tried`: when one was last begun, whatever became of it. */
const dueAt = ({ folder, everyHours }: BackupSchedule, { at }: Last, tried: number): number | null => {
  if (folder === null || everyHours === 0) return null
  const afterLast = at === null ? 0 : Date.parse(at) + everyHours * hour
  return Math.max(afterLast, tried === 0 ? 0 : tried + Math.min(everyHours, 1) * hour)
}

const readSchedule = (store: ReadStore): BackupSchedule => {
  const settings = readSettings(store, null)
  const { 'backup.folder': folder, 'backup.everyHours': everyHours, 'backup.keep': keep } = settings
  return {
    folder: typeof folder === 'string' && folder !== '' ? folder : defaults.folder,
    everyHours: typeof everyHours === 'number' ? everyHours : defaults.everyHours,
    keep: typeof keep === 'number' ? keep : defaults.keep,
  }
}

const unexpected = failed('incident', 'unexpected')

/** A failure, or the sentence that a Bedside of before stored. */
const storedFailure = (text: string | null): Last['failure'] => {
  if (!text?.startsWith('{')) return text
  return FailureSchema.safeParse(JSON.parse(text)).data ?? text
}

const readLast = (store: ReadStore): Last => {
  const settings = readSettings(store, null)
  const text = (name: string) => (typeof settings[name] === 'string' && settings[name] !== '' ? settings[name] : null)
  return {
    at: text('backup.lastAt'),
    path: text('backup.lastPath'),
    failure: storedFailure(text('backup.lastFailure')),
  }
}

const writeLast = (store: Parameters<typeof writeSettings>[0], last: Partial<Last>): void =>
  writeSettings(store, null, {
    ...(last.at === undefined ? {} : { 'backup.lastAt': last.at ?? '' }),
    ...(last.path === undefined ? {} : { 'backup.lastPath': last.path ?? '' }),
    ...(last.failure === undefined
      ? {}
      : {
          'backup.lastFailure':
            typeof last.failure === 'string' ? last.failure : last.failure ? JSON.stringify(last.failure) : '',
        }),
  })

/** What a restore reports, as a stream; a stage that comes again replaces the one that nobody has read yet. */
async function* restoreEvents(
  work: (report: (stage: RestoreEvent['stage'], progress: number | null) => void) => Promise<RestoreEvent['result']>,
): AsyncGenerator<RestoreEvent> {
  let next: RestoreEvent | null = null
  let wake = () => {}
  const ended = work((stage, progress) => {
    next = { stage, progress, result: null }
    wake()
  })
  let over = false
  ended.then(
    () => {
      over = true
      wake()
    },
    () => {
      over = true
      wake()
    },
  )
  while (!over) {
    if (next) {
      const event = next
      next = null
      yield event
    } else
      await new Promise<void>((resolve) => {
        wake = resolve
      })
  }
  yield { stage: 'done', progress: 1, result: await ended }
}
