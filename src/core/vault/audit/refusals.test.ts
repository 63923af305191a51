import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { freshVault } from '../../../../test/fixtures/vault.ts'
import { appendAudit, readChain } from './audit.ts'
import { noteRefusal, takeRefusals } from './refusals.ts'

const removals: (() => void)[] = []
afterEach(() => {
  for (const remove of removals.splice(0)) remove()
})
const made = async () => {
  const fresh = await freshVault()
  removals.push(fresh.remove)
  return { ...fresh, file: join(fresh.path, 'refused.jsonl') }
}

test('who tried to get in while the vault was locked stands in the log after the next unlock, at the time of the attempt', async () => {
  const { vault, user, path, file } = await made()
  await vault.write((store) => appendAudit(store, { actor: user.id, act: 'vault.lock', record: null, outcome: 'done' }))
  const before = new Date()
  noteRefusal(path, 'vault.unlock', user.id)
  noteRefusal(path, 'vault.unlock', null)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(await takeRefusals(vault)).toBe(2)
  expect(existsSync(file)).toBe(false)
  const [, first, second] = readChain(vault.read, 0, 10)
  expect(first).toMatchObject({ actor: user.id, act: 'vault.unlock', record: null, outcome: 'refused' })
  expect(second).toMatchObject({ actor: 'unknown', outcome: 'refused' })
  expect(Math.abs(Date.parse(first.at) - before.getTime())).toBeLessThan(5000)
  expect(await takeRefusals(vault)).toBe(0)
})

test('a crash after they were appended does not append them twice, and loses none that came later', async () => {
  const { vault, path, file } = await made()
  noteRefusal(path, 'vault.unlock', null)
  noteRefusal(path, 'vault.unlock', null)
  const text = readFileSync(file)
  await takeRefusals(vault)
  writeFileSync(file, text)
  noteRefusal(path, 'vault.unlock', null)
  expect(await takeRefusals(vault)).toBe(1)
  expect(readChain(vault.read, 0, 10)).toHaveLength(3)
})

test('times that were tampered with cannot lie before what the log knows or after now', async () => {
  const { vault, file } = await made()
  await vault.write((store) => appendAudit(store, { actor: 'x', act: 'vault.lock', record: null, outcome: 'done' }))
  const [lock] = readChain(vault.read, 0, 1)
  const line = (at: string) => `${JSON.stringify({ at, act: 'vault.unlock', user: null })}\n`
  writeFileSync(
    file,
    `${line('1999-01-01T00:00:00.000Z')}not a line\n{"at":"2031"}\n${line('2999-01-01T00:00:00.000Z')}`,
  )
  expect(await takeRefusals(vault)).toBe(2)
  for (const { at } of readChain(vault.read, 1, 10)) {
    expect(at >= lock.at).toBe(true)
    expect(at <= new Date().toISOString()).toBe(true)
  }
})

test('somebody who tries for weeks does not fill the disk, and a folder that is gone stops nobody from being told', async () => {
  const { path, file } = await made()
  writeFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), user: null })}\n`.repeat(6000))
  const { size } = statSync(file)
  for (let i = 0; i < 3; i++) noteRefusal(path, 'vault.unlock', null)
  expect(statSync(file).size).toBe(size)
  rmSync(file)
  expect(() => noteRefusal(join(path, 'gone'), 'vault.unlock', null)).not.toThrow()
})
