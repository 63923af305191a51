import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answerOf, bedside } from './command.ts'
import { temporaryFolder } from './shells.ts'

/** The audit log, backups and restores from the shell, each call a process of its own. */
const sample = join(dirname(dirname(import.meta.dirname)), 'resources', 'samples', 'pbc.csv')
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let vault: string
const at = (name: string) => join(folder.path, name)

beforeAll(async () => {
  folder = await temporaryFolder()
  vault = at('vault')
  await answerOf(vault, ['init', '--name', 'Dr. Lin'])
  await answerOf(vault, ['import', sample, '--study', 'pbc'])
})
afterAll(() => folder.remove())

test('the audit log is verified, listed, exported and signed for from the shell', async () => {
  expect(await answerOf(vault, ['audit', 'verify'])).toMatchObject({ intact: true, findings: [] })
  const { entries, matching } = (await answerOf(vault, ['audit', 'list', '--act', 'batch'])) as {
    entries: object[]
    matching: number
  }
  expect(matching).toBe(1)
  expect(entries).toMatchObject([{ actor: 'Dr. Lin', act: 'batch.import', outcome: 'done' }])
  const exported = await answerOf(vault, ['audit', 'export', '--out', at('log.jsonl'), '--actor', 'Dr. Lin'])
  expect(exported).toMatchObject({ format: 'jsonl', checkpoint: { reason: 'export' } })
  expect(statSync(at('log.jsonl')).mode & 0o777).toBe(0o600)
  for (const line of readFileSync(at('log.jsonl'), 'utf8').trim().split('\n'))
    expect(JSON.parse(line).name).toBe('Dr. Lin')
  const made = await answerOf(vault, ['audit', 'checkpoint', '--out', at('checkpoint.json')])
  expect(made).toMatchObject({ checkpoint: { reason: 'asked' }, restored: 0 })
  expect(await answerOf(vault, ['audit', 'verify', '--against', at('checkpoint.json')])).toMatchObject({ intact: true })
})

test('an older copy of the database put in its place is named, and the command fails', async () => {
  copyFileSync(join(vault, 'bedside.db'), at('older.db'))
  await answerOf(vault, ['studies'])
  copyFileSync(join(vault, 'bedside.db'), at('newer.db'))
  copyFileSync(at('older.db'), join(vault, 'bedside.db'))
  const { code, stdout, stderr } = await bedside(vault, ['audit', 'verify', '--json'])
  expect(code).toBe(1)
  expect(JSON.parse(stdout).findings[0].fault).toBe('olderCopy')
  expect(stderr.trimEnd()).toBe('bedside: The audit log is not intact: olderCopy.')
  copyFileSync(at('newer.db'), join(vault, 'bedside.db'))
})

test('a backup is made, listed, verified and restored, and a damaged one is refused by the name of its part', async () => {
  mkdirSync(at('backups'))
  const { path } = (await answerOf(vault, ['backup', '--to', at('backups')])) as { path: string }
  expect(await answerOf(vault, ['backup', 'list', '--to', at('backups')])).toMatchObject([{ path, state: 'complete' }])
  expect(await answerOf(vault, ['backup', 'verify', '--from', path])).toMatchObject({ intact: true, own: true })
  const restored = at('restored')
  const answer = (await answerOf(restored, ['restore', path])) as { tables: { same: boolean }[] }
  expect(answer.tables.every(({ same }) => same)).toBe(true)
  expect(await answerOf(restored, ['studies'])).toMatchObject([{ name: 'pbc', cases: 418 }])
  const again = await bedside(restored, ['restore', path])
  expect(again.code).toBe(1)
  expect(again.stderr).toMatch(/already a vault/)

  const bytes = readFileSync(join(path, 'database.bedside'))
  bytes[bytes.length >> 1] ^= 1
  writeFileSync(join(path, 'database.bedside'), bytes)
  const damaged = await bedside(vault, ['backup', 'verify', '--from', path])
  expect(damaged.code).toBe(1)
  expect(damaged.stderr).toMatch(/damaged: its database\.bedside/)
  const refused = await bedside(at('other'), ['restore', path])
  expect(refused.code).toBe(1)
  expect(refused.stderr).toMatch(/damaged: its database\.bedside/)
  expect(existsSync(at('other'))).toBe(false)
})

test('the schedule is set and shown from the shell', async () => {
  expect(
    await answerOf(vault, ['backup', 'schedule', '--to', at('backups'), '--every', '24', '--keep', '3']),
  ).toMatchObject({ folder: at('backups'), everyHours: 24, keep: 3 })
  const { stdout } = await bedside(vault, ['backup', 'schedule'])
  expect(stdout).toContain('Every 24 hours while the vault is open')
  expect((await bedside(vault, ['backup', 'schedul'])).code).toBe(2)
  expect(readdirSync(at('backups'))).toHaveLength(1)
})
