import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { freshVault, passphrase } from '../../../../test/fixtures/vault.ts'
import { ciphers } from '../../../contract/vault.ts'
import type { Cipher } from '../store/database.ts'
import { readSettings, writeSettings } from '../store/settings.ts'
import { openVault, type Vault } from '../store/vault.ts'
import { rekeyPath, rekeySteps } from './rekey.ts'
import { leastKeyDerivation, openSlot } from './slots.ts'
import { readVaultFile } from './vaultFile.ts'

const removals: (() => void)[] = []
afterEach(() => {
  for (const remove of removals.splice(0)) remove()
})
const made = async (cipher: Cipher = 'aegis-256') => {
  const fresh = await freshVault({ cipher })
  removals.push(fresh.remove)
  const { vault } = fresh
  await vault.exclusive(async (store) => {
    for (let i = 0; i < 60; i++) writeSettings(store, null, { [`note ${i}`]: 'x'.repeat(20_000) })
  })
  return fresh
}
const keyIn = async (path: string) => {
  const { vault, slots } = readVaultFile(path)
  return (await openSlot(vault, slots[0]!, passphrase))?.toString('hex')
}
const whole = (vault: Vault) => {
  expect(vault.read.value('PRAGMA integrity_check')).toBe('ok')
  expect(Object.keys(readSettings(vault.read, null))).toHaveLength(60)
}
const filesOf = (path: string) => readdirSync(path).sort()

test('after re-keying, whoever kept the earlier key reads nothing; everybody else goes on with the passphrase they have', async () => {
  const { vault, user, path } = await made()
  const colleague = await vault.keyring.make({
    user: user.id,
    secret: 'another way in',
    login: 'ada',
    costs: leastKeyDerivation,
  })
  vault.keyring.replace([...vault.keyring.slots(), colleague])
  const [before, bytes] = [await keyIn(path), readFileSync(join(path, 'bedside.db'))]
  const writing: Promise<void>[] = []
  await vault.rekey({
    step: (step) => {
      // Reading and writing go on in between.
      if (step === 'copied') {
        whole(vault)
        writing.push(vault.write((store) => writeSettings(store, user.id, { meanwhile: true })))
      }
    },
  })
  await Promise.all(writing)
  whole(vault)
  expect(readSettings(vault.read, user.id)).toEqual({ meanwhile: true })
  vault.close()
  expect(filesOf(path)).toEqual(['bedside.db', 'bedside.lock', 'vault.json'])
  expect(await keyIn(path)).not.toBe(before)
  const after = readFileSync(join(path, 'bedside.db'))
  expect(after.equals(bytes)).toBe(false)
  expect(statSync(join(path, 'bedside.db')).mode & 0o777).toBe(0o600)
  for (const secret of [passphrase, 'another way in']) {
    const { vault: opened, rekeyInterrupted } = await openVault(path, { passphrase: secret })
    whole(opened)
    expect(rekeyInterrupted).toBe(false)
    expect(opened.keyring.rekeyedAt()).not.toBeNull()
    opened.close()
  }
  // The vault.json of before beside the database of now: its key is worthless.
  expect(before).toMatch(/^[0-9a-f]{64}$/)
})

test.each(rekeySteps.map((step, at) => ({ step, changed: at >= rekeySteps.indexOf('announced') })))(
  'killed when $step, the vault opens whole, with nothing left over',
  async ({ step, changed }) => {
    const { vault, path } = await made()
    vault.close()
    const before = await keyIn(path)
    const program = `
      import { openVault } from ${JSON.stringify(new URL('../store/vault.ts', import.meta.url).href)}
      const { vault } = await openVault(${JSON.stringify(path)}, { passphrase: ${JSON.stringify(passphrase)} })
      await vault.rekey({ step: (step) => { if (step === ${JSON.stringify(step)}) process.kill(process.pid, 'SIGKILL') } })`
    const killed = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
    expect(killed.signal, killed.stderr).toBe('SIGKILL')
    const opened = await openVault(path, { passphrase })
    whole(opened.vault)
    await opened.vault.write((store) => writeSettings(store, null, { 'note 0': 'changed' }))
    expect(opened.rekeyInterrupted).toBe(step === 'copied' || step === 'encrypted' || step === 'closed')
    opened.vault.close()
    expect((await keyIn(path)) !== before).toBe(changed)
    expect(filesOf(path)).toEqual(['bedside.db', 'bedside.lock', 'vault.json'])
    const again = await openVault(path, { passphrase })
    whole(again.vault)
    // And it can be done anew.
    await again.vault.rekey()
    whole(again.vault)
    again.vault.close()
  },
)

const changes = ciphers.flatMap((from) => ciphers.filter((to) => to !== from).map((to) => ({ from, to })))

test.each(changes)('a vault under $from goes on under $to, with every value and a new key', async ({ from, to }) => {
  const { vault, path } = await made(from)
  const before = await keyIn(path)
  await vault.rekey({ cipher: to })
  expect(vault.cipher).toBe(to)
  whole(vault)
  await vault.write((store) => writeSettings(store, null, { 'note 0': 'changed' }))
  vault.close()
  expect(readVaultFile(path)).toMatchObject({ cipher: to, next: null })
  expect(readVaultFile(path)).not.toHaveProperty('nextCipher')
  expect(await keyIn(path)).not.toBe(before)
  expect(filesOf(path)).toEqual(['bedside.db', 'bedside.lock', 'vault.json'])
  const opened = await openVault(path, { passphrase })
  expect(opened.vault.cipher).toBe(to)
  whole(opened.vault)
  opened.vault.close()
})

test.each(rekeySteps.map((step, at) => ({ step, changed: at >= rekeySteps.indexOf('announced') })))(
  'killed when $step while the cipher changes, the vault opens by the one or the other',
  async ({ step, changed }) => {
    const { vault, path } = await made('chacha20-poly1305')
    vault.close()
    const program = `
      import { openVault } from ${JSON.stringify(new URL('../store/vault.ts', import.meta.url).href)}
      const { vault } = await openVault(${JSON.stringify(path)}, { passphrase: ${JSON.stringify(passphrase)} })
      await vault.rekey({ cipher: 'aegis-256', step: (step) => { if (step === ${JSON.stringify(step)}) process.kill(process.pid, 'SIGKILL') } })`
    const killed = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
    expect(killed.signal, killed.stderr).toBe('SIGKILL')
    const opened = await openVault(path, { passphrase })
    expect(opened.vault.cipher).toBe(changed ? 'aegis-256' : 'chacha20-poly1305')
    whole(opened.vault)
    opened.vault.close()
    expect(readVaultFile(path)).toMatchObject({ cipher: changed ? 'aegis-256' : 'chacha20-poly1305', next: null })
    expect(filesOf(path)).toEqual(['bedside.db', 'bedside.lock', 'vault.json'])
  },
)

test('announced, but the new file is lost or damaged: the earlier one holds', async () => {
  for (const damage of [
    (file: string) => truncateSync(file, 8192),
    (file: string) => writeFileSync(file, Buffer.alloc(statSync(file).size, 'lorem ipsum ')),
  ]) {
    const { vault, path } = await made()
    vault.close()
    const program = `
      import { openVault } from ${JSON.stringify(new URL('../store/vault.ts', import.meta.url).href)}
      const { vault } = await openVault(${JSON.stringify(path)}, { passphrase: ${JSON.stringify(passphrase)} })
      await vault.rekey({ step: (step) => { if (step === 'announced') process.kill(process.pid, 'SIGKILL') } })`
    spawnSync(process.execPath, ['--input-type=module', '-e', program])
    damage(rekeyPath(path))
    const opened = await openVault(path, { passphrase })
    whole(opened.vault)
    opened.vault.close()
    expect(readVaultFile(path).next).toBeNull()
    expect(existsSync(rekeyPath(path))).toBe(false)
  }
})

test('cancelled, or locked in the middle, nothing has changed', async () => {
  const { vault, path } = await made()
  const before = await keyIn(path)
  const controller = new AbortController()
  const cancelling = vault.rekey({
    signal: controller.signal,
    step: (step) => {
      if (step === 'copied') controller.abort()
    },
  })
  await expect(cancelling).rejects.toMatchObject({ failure: { code: 'cancelled' } })
  whole(vault)
  const locking = vault.rekey({
    step: (step) => {
      if (step === 'copied') vault.close()
    },
  })
  await expect(locking).rejects.toMatchObject({ failure: { code: 'cancelled' } })
  const opened = await openVault(path, { passphrase })
  whole(opened.vault)
  opened.vault.close()
  expect(await keyIn(path)).toBe(before)
})
