import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { concept, freshFolder, freshVault, importCases, passphrase } from '../../../../test/fixtures/vault.ts'
import { type BackupManifest, backupParts } from '../../../contract/backup.ts'
import { ciphers } from '../../../contract/vault.ts'
import { openAuditLog } from '../audit/auditLog.ts'
import { readTable } from '../records/cases.ts'
import { readSettings, writeSettings } from '../store/settings.ts'
import { openVault, type Vault } from '../store/vault.ts'
import { listBackups, makeBackup, pruneBackups, verifyBackup } from './backup.ts'
import { manifestName } from './manifest.ts'
import { restoreBackup } from './restore.ts'

const removals: (() => void)[] = []
afterEach(() => {
  for (const remove of removals.splice(0)) remove()
})
const reason = (name: string, details?: object) => ({
  failure: { reason: name, ...(details ? { details: expect.objectContaining(details) } : {}) },
})
const made = async (cipher: (typeof ciphers)[number] = ciphers[0]) => {
  const fresh = await freshVault({ cipher })
  removals.push(fresh.remove)
  const outside = freshFolder()
  removals.push(outside.remove)
  const log = await openAuditLog(fresh.vault)
  await fresh.vault.write((store) =>
    importCases(
      store,
      'ward',
      ['a', 'b'].map((name) => concept(name, 'number')),
      Array.from({ length: 400 }, (_, at) => ({
        patientKey: `MRN-${at}`,
        name: `Wang ${at}`,
        cells: { a: at, b: at / 7 },
      })),
    ),
  )
  await log.append({ actor: fresh.user.id, act: 'batch.import', record: 'batch/1', outcome: 'done' })
  return { ...fresh, log, outside: outside.path }
}
const back = (vault: Vault, folder: string, more = {}) =>
  makeBackup({ vault, folder, reason: 'asked', build: '0.0.0+test', ...more })
const contents = (dir: string): string[] => readdirSync(dir).sort()

test.each(ciphers)(
  '%s: what was backed up is what is restored: every row of every table, the audit log and the way in',
  async (cipher) => {
    const { vault, path, outside } = await made(cipher)
    const before = JSON.stringify(readTable(vault.read, 'ward'))
    const { path: backup, manifest } = await back(vault, outside)
    expect(contents(backup)).toEqual([...backupParts, manifestName].sort())
    for (const name of contents(backup)) expect(statSync(join(backup, name)).mode & 0o777).toBe(0o600)
    expect(manifest.tables.find(({ name }) => name === 'encounter')?.rows).toBe(400)
    expect(manifest.audit.count).toBe(1)
    expect(manifest.cipher).toBe(cipher)
    await vault.write((store) => writeSettings(store, null, { later: true }))
    expect(await verifyBackup(backup)).toEqual(manifest)

    const into = join(outside, 'restored', 'vault')
    const stages = new Set<string>()
    const result = await restoreBackup({
      path: backup,
      into,
      user: null,
      passphrase,
      report: (stage) => stages.add(stage),
    })
    expect(result.tables.every(({ same }) => same)).toBe(true)
    expect(result).toMatchObject({ auditFaults: [], entries: 2, backup: manifest.backup })
    expect([...stages]).toEqual(['readingKeys', 'copying', 'comparing', 'verifying'])
    expect(contents(into).filter((name) => !/lock$/.test(name))).toEqual([
      'bedside.db',
      'checkpoints.jsonl',
      'vault.json',
    ])
    const opened = await openVault(into, { passphrase })
    expect(opened.vault.cipher).toBe(cipher)
    expect(JSON.stringify(readTable(opened.vault.read, 'ward'))).toBe(before)
    expect(readSettings(opened.vault.read, null)).toEqual({})
    expect(opened.vault.read.value('PRAGMA integrity_check')).toBe('ok')
    const log = await openAuditLog(opened.vault)
    expect(log.alarms).toEqual([])
    expect(await log.verify()).toMatchObject({ intact: true, count: 2 })
    opened.vault.close()
    // The vault it came from goes on.
    vault.close()
    ;(await openVault(path, { passphrase })).vault.close()
  },
)

test('what is written while a backup is made is in the vault and not in the backup, and nobody waits for the backup', async () => {
  const { vault, path, outside } = await made()
  let during = 0
  const order: string[] = []
  const making = back(vault, outside, {
    report: (stage: string) => {
      if (stage !== 'copying' || during > 0) return
      during++
      void vault.write((store) => writeSettings(store, null, { during: true })).then(() => order.push('written'))
      void vault
        .exclusive(async (store) => {
          for (let at = 0; at < 50; at++) writeSettings(store, null, { [`import ${at}`]: 'x'.repeat(50_000) })
        })
        .then(() => order.push('imported'))
    },
  }).then((result) => {
    order.push('backed up')
    return result
  })
  const { path: backup, manifest } = await making
  expect(order).toEqual(['written', 'imported', 'backed up'])
  expect(manifest.tables.find(({ name }) => name === 'setting')?.rows).toBe(0)
  expect(Object.keys(readSettings(vault.read, null))).toHaveLength(51)
  expect(await verifyBackup(backup)).toEqual(manifest)
  await expect.poll(() => statSync(join(path, 'bedside.db-wal')).size, { timeout: 20_000 }).toBe(0)
  const [first, second] = await Promise.all([back(vault, outside), back(vault, outside)])
  expect(first.manifest.tables).toEqual(second.manifest.tables)
  // A change of keys waits for a backup, and a backup for a change of keys.
  const [third] = await Promise.all([back(vault, outside), vault.rekey(), back(vault, outside)])
  const into = join(outside, 'old-key')
  await restoreBackup({ path: third.path, into, user: null, passphrase })
})

test('a damaged backup is refused by the name of its damaged part, and nothing is restored', async () => {
  const { vault, outside } = await made()
  const { path: backup } = await back(vault, outside)
  const copy = join(outside, 'copy')
  const into = join(outside, 'into')
  const attempts = async (part: string, change: (bytes: Buffer) => Buffer | null) => {
    cpSync(backup, copy, { recursive: true })
    const changed = change(readFileSync(join(copy, part)))
    if (changed) writeFileSync(join(copy, part), changed)
    else rmSync(join(copy, part))
    await expect(verifyBackup(copy), part).rejects.toMatchObject(reason('backupDamaged', { part }))
    await expect(restoreBackup({ path: copy, into, user: null, passphrase }), part).rejects.toMatchObject(
      reason('backupDamaged', { part }),
    )
    expect(existsSync(into)).toBe(false)
    rmSync(copy, { recursive: true })
  }
  for (const part of [...backupParts, manifestName]) {
    const { length } = readFileSync(join(backup, part))
    for (const at of [0, Math.floor(length / 2), length - 2])
      await attempts(part, (bytes) => {
        // The last bit but one: in JSON never from one white space to another.
        bytes[at] ^= 2
        return bytes
      })
    await attempts(part, (bytes) => bytes.subarray(0, length - 40))
    if (part === manifestName) continue
    await attempts(part, (bytes) => Buffer.concat([bytes, Buffer.from('x')]))
    await attempts(part, () => null)
  }
  // Numbers changed on purpose meet the signature; another key, the passphrase's own vault.
  const edited = JSON.parse(readFileSync(join(backup, manifestName), 'utf8')) as BackupManifest
  edited.tables[0].rows++
  await attempts(manifestName, () => Buffer.from(JSON.stringify(edited)))
})

test('parts of two backups do not make one', async () => {
  const { vault, outside } = await made()
  const first = await back(vault, outside)
  await vault.write((store) => writeSettings(store, null, { more: true }))
  const second = await back(vault, outside)
  writeFileSync(join(second.path, 'database.bedside'), readFileSync(join(first.path, 'database.bedside')))
  await expect(verifyBackup(second.path)).rejects.toMatchObject(reason('backupDamaged', { part: 'database.bedside' }))
})

test('a backup of a newer Bedside, a folder of something else and one that is not there are three different things', async () => {
  const { vault, outside } = await made()
  const { path: backup } = await back(vault, outside)
  await expect(verifyBackup(join(outside, 'none'))).rejects.toMatchObject(reason('backupMissing'))
  await expect(verifyBackup(outside)).rejects.toMatchObject(reason('notABackup'))
  writeFileSync(join(outside, 'letter.txt'), 'Dear colleague')
  await expect(verifyBackup(join(outside, 'letter.txt'))).rejects.toMatchObject(reason('notABackup'))
  mkdirSync(join(outside, 'web'))
  writeFileSync(join(outside, 'web', manifestName), '{"name": "a web page"}')
  await expect(verifyBackup(join(outside, 'web'))).rejects.toMatchObject(reason('notABackup'))
  await vault.write((store) => store.run('PRAGMA user_version = 99'))
  const newer = await back(vault, outside)
  const into = join(outside, 'into')
  await expect(restoreBackup({ path: newer.path, into, user: null, passphrase })).rejects.toMatchObject(
    reason('backupNewer'),
  )
  expect(existsSync(into)).toBe(false)
  expect(
    listBackups(outside, vault.keyring.vault)
      .map(({ state }) => state)
      .sort(),
  ).toEqual(['complete', 'newer'])
  expect(existsSync(backup)).toBe(true)
})

test('a restore never writes over a vault or into a folder with other files, and a wrong passphrase restores nothing', async () => {
  const { vault, path, outside } = await made()
  const { path: backup } = await back(vault, outside)
  const attempt = (into: string, secret = passphrase) =>
    restoreBackup({ path: backup, into, user: null, passphrase: secret })
  const before = readFileSync(join(path, 'vault.json'))
  await expect(attempt(path)).rejects.toMatchObject(reason('vaultExists'))
  expect(readFileSync(join(path, 'vault.json'))).toEqual(before)
  const thesis = join(outside, 'thesis')
  mkdirSync(thesis)
  writeFileSync(join(thesis, 'thesis.doc'), 'years of work')
  await expect(attempt(thesis)).rejects.toMatchObject(reason('folderNotEmpty'))
  expect(contents(thesis)).toEqual(['thesis.doc'])
  const empty = join(outside, 'empty')
  mkdirSync(empty)
  await expect(attempt(empty, 'wrong')).rejects.toMatchObject(reason('wrongPassphrase'))
  expect(contents(empty)).toEqual([])
  await attempt(empty)
  ;(await openVault(empty, { passphrase })).vault.close()
})

test('a backup that fails or is cancelled leaves nothing, and the vault goes on', async () => {
  const { vault, path, outside } = await made()
  const before = contents(outside)
  const stop = new AbortController()
  for (const stage of ['copying', 'comparing']) {
    const controller = stage === 'copying' ? stop : new AbortController()
    const backing = back(vault, outside, {
      signal: controller.signal,
      report: (now: string) => now === stage && controller.abort(),
    })
    const outcome = await backing.then(
      () => 'made',
      (error) => error.failure?.reason,
    )
    // A small table is compared in one go, after which there is nothing to cancel.
    if (outcome === 'made') rmSync(join(outside, contents(outside)[0]), { recursive: true })
    else expect(outcome).toBe('cancelled')
    expect(contents(outside)).toEqual(before)
  }
  await expect(back(vault, join(outside, 'none'))).rejects.toMatchObject(reason('backupFolderMissing'))
  await expect(back(vault, path)).rejects.toMatchObject(reason('backupInsideVault'))
  mkdirSync(join(path, 'uploads'))
  await expect(back(vault, join(path, 'uploads'))).rejects.toMatchObject(reason('backupInsideVault'))
  const closing = back(vault, outside, { report: () => vault.close() })
  await expect(closing).rejects.toMatchObject(reason('vaultClosed'))
  expect(contents(outside)).toEqual(before)
  ;(await openVault(path, { passphrase })).vault.close()
})

test('a full disk is told as such, and nothing is left on it, by a backup or a restore', async (context) => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return context.skip('needs the right to mount a disk')
  const { vault, outside } = await made()
  const disk = join(outside, 'disk')
  mkdirSync(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1800k', 'tmpfs', disk], { stdio: 'ignore' })
  } catch {
    return context.skip('needs the right to mount a disk')
  }
  removals.unshift(() => execFileSync('umount', ['-l', disk]))
  const { path: backup } = await back(vault, outside)
  writeFileSync(join(disk, 'filler'), Buffer.alloc(1_500_000))
  await expect(back(vault, disk)).rejects.toMatchObject(reason('backupDiskFull'))
  await expect(restoreBackup({ path: backup, into: join(disk, 'v'), user: null, passphrase })).rejects.toMatchObject(
    reason('backupDiskFull'),
  )
  expect(contents(disk)).toEqual(['filler'])
  // The disk fills up only while it is written.
  rmSync(join(disk, 'filler'))
  let filled = false
  const filling = back(vault, disk, {
    report: () => {
      if (filled) return
      filled = true
      try {
        writeFileSync(join(disk, 'filler'), Buffer.alloc(3_000_000))
      } catch {
        // Full.
      }
    },
  })
  await expect(filling).rejects.toMatchObject(reason('backupDiskFull'))
  expect(contents(disk)).toEqual(['filler'])
})

test('of scheduled backups the newest are kept; others, and those of another vault, are never removed', async () => {
  const { vault, outside } = await made()
  const other = await made()
  const id = vault.keyring.vault
  const later = () => new Promise((resolve) => setTimeout(resolve, 20))
  const asked = await back(vault, outside)
  const scheduled: string[] = []
  for (let at = 0; at < 4; at++) {
    await later()
    scheduled.push((await back(vault, outside, { reason: 'scheduled' })).path)
  }
  const foreign = await back(other.vault, outside, { reason: 'scheduled' })
  writeFileSync(join(scheduled[1], manifestName), 'x')
  expect(pruneBackups(outside, id, 2)).toEqual([scheduled[0]])
  expect(contents(outside)).toHaveLength(5)
  const listed = listBackups(outside, id)
  expect(listed.find(({ path }) => path === scheduled[1])?.state).toBe('damaged')
  expect(listed.find(({ path }) => path === foreign.path)).toMatchObject({ own: false, state: 'complete' })
  expect(listed.find(({ path }) => path === asked.path)).toMatchObject({ own: true, reason: 'asked', entries: 1 })
})

test('no patient and no staff name can be read in a backup', async () => {
  const { vault, outside } = await made()
  const { path: backup } = await back(vault, outside)
  const all = contents(backup)
    .map((name) => readFileSync(join(backup, name)).toString('latin1'))
    .join('')
  expect(['MRN-1', 'Wang', 'Lovelace', 'ward', passphrase].filter((text) => all.includes(text))).toEqual([])
})
