import { resolve } from 'node:path'
import type { RestoreEvent } from '../../contract/backup.ts'
import type { Command, Options, Run } from '../command.ts'
import { UsageError } from '../failure.ts'
import { finish } from '../job.ts'
import { askPassphrase } from '../passphrase.ts'
import { table } from '../terminal.ts'

const folderOf = (options: Options): string | null => {
  const named = options.text('to')
  return named === undefined ? null : resolve(named)
}
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`

const create = (options: Options) => {
  const folder = folderOf(options)
  return async (run: Run) => {
    const made = await finish(run, (await run.client.backup.create({ folder })).job)
    const { path, bytes, rows, tables } = made as { path: string; bytes: number; rows: number; tables: number }
    run.terminal.answer(made, [
      `Backed up to ${path}: ${megabytes(bytes)}, ${rows} rows of ${tables} tables, read back.`,
    ])
  }
}

const list = (options: Options) => {
  const folder = folderOf(options)
  return async ({ client, terminal }: Run) => {
    const backups = await client.backup.list({ folder })
    terminal.answer(
      backups,
      backups.length === 0
        ? ['There is no backup in this folder.']
        : table(
            ['made', 'state', 'vault', 'why', 'MB', 'folder'],
            backups.map(({ path, state, own, createdAt, reason, bytes }) => [
              createdAt?.slice(0, 19).replace('T', ' ') ?? '',
              state,
              own ? 'this' : 'another',
              reason ?? '',
              (bytes / 1e6).toFixed(1),
              path,
            ]),
          ),
    )
  }
}

const verify = (options: Options) => {
  const path = resolve(options.required('from'))
  return async (run: Run) => {
    const found = await finish(run, (await run.client.backup.verify({ path })).job)
    const { createdAt, bytes, own } = found as { createdAt: string; bytes: number; own: boolean }
    run.terminal.answer({ intact: true, ...found }, [
      `${path} is whole: ${megabytes(bytes)}, made ${createdAt}, of ${own ? 'this vault' : 'another vault'}.`,
    ])
  }
}

const schedule = (options: Options) => {
  const changes = {
    ...(options.has('to') ? { folder: folderOf(options) } : {}),
    ...(options.has('every') ? { everyHours: options.number('every', 0, 24 * 90) } : {}),
    ...(options.has('keep') ? { keep: options.whole('keep', 1, 1000) } : {}),
  }
  return async ({ client, terminal }: Run) => {
    if (Object.keys(changes).length > 0) await client.backup.schedule(changes)
    const now = await client.backup.settings()
    const { folder, everyHours, keep, lastAt, lastFailure } = now
    terminal.answer(now, [
      everyHours === 0 || folder === null
        ? 'No backups are made by themselves: bedside backup schedule --to DIR --every HOURS'
        : `Every ${everyHours} hours while the vault is open, into ${folder}; the newest ${keep} are kept.`,
      lastAt === null ? 'There was none yet.' : `The last was made ${lastAt}.`,
      ...(lastFailure === null ? [] : [`The last try failed: ${lastFailure}`]),
    ])
  }
}

const actions: Record<string, (options: Options) => (run: Run) => Promise<void>> = { create, list, verify, schedule }

export const backupCommand: Command = {
  name: 'backup',
  operands: `[${Object.keys(actions).join('|')}]`,
  says: 'Make a backup (create, if nothing else is said), list or verify backups, or have them made by themselves',
  options: {
    to: { value: 'DIR', says: 'folder of backups (default: the one that was scheduled)' },
    from: { value: 'BACKUP', says: 'verify: the backup' },
    every: { value: 'HOURS', says: 'schedule: hours between backups while the vault is open; 0: none' },
    keep: { value: 'N', says: 'schedule: so many scheduled backups are kept' },
  },
  examples: [
    'backup --to /media/usb',
    'backup list --to /media/usb --json',
    'backup verify --from /media/usb/bedside-2026-03-01T12-00-00Z-1a2b3c4d-5e6f',
    'backup schedule --to /media/usb --every 24 --keep 14',
  ],
  unlocks: true,
  prepare: (options, [name = 'create']) => {
    const action = actions[name]
    if (!action)
      throw new UsageError(`backup takes one of ${Object.keys(actions).join(', ')}, not ${JSON.stringify(name)}.`)
    return action(options)
  },
}

export const restoreCommand: Command = {
  name: 'restore',
  operands: 'BACKUP',
  says: 'Restore a backup to a new vault, --vault DIR, and compare every table with what was backed up',
  options: {},
  examples: ['--vault ./restored restore /media/usb/bedside-2026-03-01T12-00-00Z-1a2b3c4d-5e6f'],
  unlocks: false,
  prepare: (options, [backup = '']) => {
    const path = resolve(backup)
    const user = options.text('user') ?? null
    return async ({ client, terminal, signal }) => {
      const passphrase = await askPassphrase('Passphrase, as it was when the backup was made: ', signal)
      let result: RestoreEvent['result'] = null
      const events = await client.backup.restore({ path, user, passphrase }, { signal })
      for await (const event of events) {
        terminal.progress(event)
        result = event.result
      }
      if (!result) throw new Error('The restore ended without saying how')
      const { tables, auditFaults, entries } = result
      const rows = tables.reduce((sum, table) => sum + table.rows, 0)
      terminal.answer(result, [
        `Restored to ${result.path}: ${tables.length} tables and ${rows} rows are as they were on ${result.createdAt}.`,
        auditFaults.length === 0
          ? `The audit log is whole (${entries} entries).`
          : `The audit log was not whole when it was backed up: ${auditFaults.join(', ')}.`,
      ])
    }
  },
}
