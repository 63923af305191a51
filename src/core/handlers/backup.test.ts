import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { passphrase } from '../../../test/fixtures/vault.ts'
import { type Core, createCore } from '../session/core.ts'
import { listAudit } from '../vault/audit/auditSearch.ts'
import { leastKeyDerivation } from '../vault/keys/slots.ts'
import { readSettings, writeSettings } from '../vault/store/settings.ts'
import { startBackupSchedule } from './backup.ts'
import { jobHandlersOf } from './jobKinds.ts'

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0)) await end()
})

const scheduled = async (settings: Record<string, string | number>): Promise<{ core: Core; folder: string }> => {
  const root = mkdtempSync(join(tmpdir(), 'bedside-schedule-'))
  const folder = join(root, 'backups')
  mkdirSync(folder)
  const options = {
    vaultPath: join(root, 'vault'),
    resources: '',
    worker: new URL('../jobs/worker.ts', import.meta.url),
    build: '0.0.0+test',
    threads: 1,
    log: () => {},
    keyDerivation: leastKeyDerivation,
  }
  const core = createCore(options, jobHandlersOf)
  endings.push(
    () => core.close(),
    () => rmSync(root, { recursive: true, force: true }),
  )
  await core.create(core.connect('cli'), { displayName: 'Ada', passphrase, login: null, cipher: null })
  await core.vault().write((store) => writeSettings(store, null, { 'backup.folder': folder, ...settings }))
  endings.unshift(startBackupSchedule(core, 20))
  return { core, folder }
}
const until = async (holds: () => boolean) => {
  for (let tries = 0; tries < 500 && !holds(); tries++) await new Promise((resolve) => setTimeout(resolve, 20))
  expect(holds()).toBe(true)
}
const ended = (core: Core) => core.jobs.list().filter(({ endedAt }) => endedAt !== null)

test('backups make themselves while the vault is open, and the newest are kept', async () => {
  const { core, folder } = await scheduled({ 'backup.everyHours': 0.0001, 'backup.keep': 2 })
  writeFileSync(join(folder, 'letter.txt'), 'Dear colleague')
  await until(() => ended(core).length >= 4)
  expect(ended(core).every(({ state }) => state === 'done')).toBe(true)
  const kept = readdirSync(folder).filter((name) => name.startsWith('bedside-'))
  expect(kept.length).toBeLessThanOrEqual(3)
  expect(existsSync(join(folder, 'letter.txt'))).toBe(true)
  const { entries } = await listAudit(core.vault().read, { act: 'backup.create', limit: 10 })
  expect(new Set(entries.map(({ actor }) => actor))).toEqual(new Set(['system']))
}, 30_000)

test('one that is not due, or was not asked for, is not made', async () => {
  const off = await scheduled({ 'backup.everyHours': 0 })
  const early = await scheduled({ 'backup.everyHours': 24, 'backup.lastAt': new Date().toISOString() })
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect([off, early].map(({ core }) => core.jobs.list().length)).toEqual([0, 0])
})

test('a disk that is not connected is told, and asked again only an hour later', async () => {
  const { core, folder } = await scheduled({ 'backup.everyHours': 24 })
  rmSync(folder, { recursive: true })
  await until(() => ended(core).length === 1)
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(core.jobs.list().map(({ state, failure }) => [state, failure?.reason])).toEqual([
    ['failed', 'backupFolderMissing'],
  ])
  expect(readSettings(core.vault().read, null)['backup.lastFailure']).toContain('is not there')
})
