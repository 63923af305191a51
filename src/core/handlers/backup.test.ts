import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { passphrase } from '../../../test/fixtures/vault.ts'
import { installation } from '../installation.ts'
import { listAudit } from '../vault/audit/auditSearch.ts'
import { leastKeyDerivation } from '../vault/keys/slots.ts'
import { readSettings, writeSettings } from '../vault/store/settings.ts'
import { scheduleBackups } from './backup.ts'
import { jobHandlersOf } from './jobKinds.ts'
import { Services } from './services.ts'

const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0)) await end()
})

const scheduled = async (
  settings: Record<string, string | number>,
): Promise<{ services: Services; folder: string }> => {
  const root = mkdtempSync(join(tmpdir(), 'bedside-schedule-'))
  const folder = join(root, 'backups')
  mkdirSync(folder)
  const options = {
    vaultPath: join(root, 'vault'),
    resources: '',
    workers: installation().workers,
    build: '0.0.0+test',
    threads: 1,
    log: () => {},
    keyDerivation: leastKeyDerivation,
  }
  const services = new Services(options, jobHandlersOf)
  endings.push(
    () => services.session.close(),
    () => rmSync(root, { recursive: true, force: true }),
  )
  await services.session.unlocking.create(services.session.connect('cli'), {
    displayName: 'Ada',
    passphrase,
    login: null,
    cipher: null,
  })
  await services.vault().write((store) => writeSettings(store, null, { 'backup.folder': folder, ...settings }))
  endings.unshift(scheduleBackups(services, 20))
  return { services, folder }
}
const until = async (holds: () => boolean) => {
  for (let tries = 0; tries < 500 && !holds(); tries++) await new Promise((resolve) => setTimeout(resolve, 20))
  expect(holds()).toBe(true)
}
const ended = (services: Services) => services.jobs.list().filter(({ endedAt }) => endedAt !== null)

test('backups make themselves while the vault is open, and the newest are kept', async () => {
  const { services, folder } = await scheduled({ 'backup.everyHours': 0.0001, 'backup.keep': 2 })
  writeFileSync(join(folder, 'letter.txt'), 'Dear colleague')
  await until(() => ended(services).length >= 4)
  expect(ended(services).every(({ state }) => state === 'done')).toBe(true)
  const kept = readdirSync(folder).filter((name) => name.startsWith('bedside-'))
  expect(kept.length).toBeLessThanOrEqual(3)
  expect(existsSync(join(folder, 'letter.txt'))).toBe(true)
  const { entries } = await listAudit(services.vault().read, { act: 'backup.create', limit: 10 })
  expect(new Set(entries.map(({ actor }) => actor))).toEqual(new Set(['system']))
}, 30_000)

test('one that is not due, or was not asked for, is not made', async () => {
  const off = await scheduled({ 'backup.everyHours': 0 })
  const early = await scheduled({ 'backup.everyHours': 24, 'backup.lastAt': new Date().toISOString() })
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect([off, early].map(({ services }) => services.jobs.list().length)).toEqual([0, 0])
})

test('a disk that is not connected is told, and asked again only an hour later', async () => {
  const { services, folder } = await scheduled({ 'backup.everyHours': 24 })
  rmSync(folder, { recursive: true })
  await until(() => ended(services).length === 1)
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(services.jobs.list().map(({ state, failure }) => [state, failure?.reason])).toEqual([
    ['failed', 'backupFolderMissing'],
  ])
  expect(readSettings(services.vault().read, null)['backup.lastFailure']).toContain('is not there')
})
