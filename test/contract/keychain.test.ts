import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Failure } from '../../src/contract/errors.ts'
import { type App, createApp, type Keychain } from '../../src/core/app.ts'
import { installation } from '../../src/core/installation.ts'

/** The second factor: a key bound to the keychain of one computer. */

const root = fileURLToPath(new URL('../..', import.meta.url))
const passphrase = 'correct horse battery staple'
let folder: string
let apps: App[]

/** A computer's keychain. `usable` may change, as a keyring that is not unlocked after a restart does. */
const computer = (usable = true, backend = 'gnome_libsecret') => {
  const kept = new Map<string, Uint8Array>()
  const keychain: Keychain = {
    status: async () => ({ usable: state.usable, backend }),
    keep: async (name, secret) => void kept.set(name, Uint8Array.from(secret)),
    read: async (name) => (kept.has(name) ? Uint8Array.from(kept.get(name) as Uint8Array) : null),
    forget: async (name) => void kept.delete(name),
  }
  const state = { kept, keychain, usable }
  return state
}

const start = (vault: string, keychain?: Keychain) => {
  const app = createApp({
    vaultPath: join(folder, vault),
    resources: join(root, 'resources'),
    workers: installation().workers,
    build: '0.0.0+test',
    threads: 1,
    keyDerivation: { memoryKiB: 47104, iterations: 1, parallelism: 1 },
    ...(keychain ? { keychain } : {}),
  })
  apps.push(app)
  return { app, client: app.client(app.connect('desktop')) }
}
const refusal = async (work: Promise<unknown>): Promise<Failure> => {
  const error = await work.then(
    () => null,
    (reason: { data: Failure }) => reason,
  )
  expect(error).not.toBeNull()
  return (error as { data: Failure }).data
}
/** A vault whose administrator has a recovery kit and a key bound to `keychain`; closed. */
const boundVault = async (keychain: Keychain): Promise<{ code: string }> => {
  const { app, client } = start('vault', keychain)
  await client.vault.create({ displayName: 'Dr. Adams', login: 'adams', passphrase })
  const { code } = await client.users.makeRecoveryKit({ passphrase })
  await client.users.bindToKeychain({ passphrase })
  await app.close()
  return { code }
}
const unlock = (vault: string, keychain?: Keychain, secret = passphrase) =>
  start(vault, keychain).client.vault.unlock({ user: 'adams', passphrase: secret })

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bedside-keychain-'))
  apps = []
})
afterEach(async () => {
  for (const app of apps) await app.close()
  rmSync(folder, { recursive: true, force: true })
})

test('a copied vault and its passphrase open nothing on another computer, and nothing without the desktop window', async () => {
  const clinic = computer()
  await boundVault(clinic.keychain)
  cpSync(join(folder, 'vault'), join(folder, 'stolen'), { recursive: true })
  expect(await refusal(unlock('stolen', computer().keychain))).toMatchObject({ reason: 'boundElsewhere' })
  expect(await refusal(unlock('stolen'))).toMatchObject({ code: 'notAllowed', reason: 'boundToKeychain' })
  // A thief's keychain that answers with something is not enough either.
  const forger: Keychain = { ...computer().keychain, read: async () => new Uint8Array(32) }
  expect(await refusal(unlock('stolen', forger))).toMatchObject({ reason: 'wrongPassphrase' })
  expect(await unlock('vault', clinic.keychain)).toMatchObject({ displayName: 'Dr. Adams' })
  expect(readFileSync(join(folder, 'vault', 'vault.json'), 'utf8')).not.toContain(
    Buffer.from([...clinic.kept.values()][0] as Uint8Array).toString('base64'),
  )
})

test('on its own computer the passphrase is still needed, and guessing is still counted', async () => {
  const clinic = computer()
  await boundVault(clinic.keychain)
  const { client } = start('vault', clinic.keychain)
  const guess = (secret: string) => refusal(client.vault.unlock({ user: 'adams', passphrase: secret }))
  for (let i = 0; i < 3; i++) expect(await guess('wrong horse')).toMatchObject({ reason: 'wrongPassphrase' })
  expect(await guess(passphrase)).toMatchObject({ reason: 'throttled' })
})

test('somebody who is told that the key is bound elsewhere has not used up a try, nor gained one at another key', async () => {
  const clinic = computer()
  const { app, client } = start('vault', clinic.keychain)
  await client.vault.create({ displayName: 'Dr. Adams', login: 'adams', passphrase })
  const grace = 'seven lanterns over quiet water'
  await client.users.add({ displayName: 'Grace', login: 'grace', role: 'administrator', passphrase: grace })
  await client.users.bindToKeychain({ passphrase })
  await app.close()
  const thief = start('vault').client
  for (let i = 0; i < 5; i++)
    expect(await refusal(thief.vault.unlock({ user: 'adams', passphrase: 'x' }))).toMatchObject({
      reason: 'boundToKeychain',
    })
  expect((await thief.vault.status()).waitSeconds).toBe(0)
  // Without a name Grace's key is tried, and that counts.
  for (let i = 0; i < 3; i++) await refusal(thief.vault.unlock({ user: null, passphrase: 'x' }))
  expect((await thief.vault.status()).waitSeconds).toBeGreaterThan(0)
})

test('a broken computer does not take the vault with it: the recovery kit opens it anywhere', async () => {
  const { code } = await boundVault(computer().keychain)
  const next = 'umbrella tulip engine forty'
  const { app, client } = start('vault')
  expect(await client.vault.recover({ code, passphrase: next })).toMatchObject({ displayName: 'Dr. Adams' })
  expect((await client.users.list()).users[0]).toMatchObject({ bound: false })
  await app.close()
  expect(await unlock('vault', undefined, next)).toMatchObject({ displayName: 'Dr. Adams' })
})

test('no key is bound where nothing else would open the vault any more, and the last way back cannot be taken away', async () => {
  const clinic = computer()
  const { client } = start('vault', clinic.keychain)
  await client.vault.create({ displayName: 'Dr. Adams', login: 'adams', passphrase })
  expect(await refusal(client.users.bindToKeychain({ passphrase }))).toMatchObject({ reason: 'noWayBack' })
  expect(clinic.kept.size).toBe(0)
  await client.users.makeRecoveryKit({ passphrase })
  await client.users.bindToKeychain({ passphrase })
  const recovery = (await client.users.slots()).find(({ kind }) => kind === 'recovery')
  expect(await refusal(client.users.revokeSlot({ slot: recovery?.slot as string }))).toMatchObject({
    reason: 'noWayBack',
  })
  const { user } = await client.users.add({
    displayName: 'Grace',
    login: 'grace',
    role: 'administrator',
    passphrase: 'seven lanterns over quiet water',
  })
  await client.users.revokeSlot({ slot: recovery?.slot as string })
  expect(await refusal(client.users.disable({ user }))).toMatchObject({ reason: 'noWayBack' })
  expect(await refusal(client.users.changeRole({ user, role: 'doctor' }))).toMatchObject({ reason: 'noWayBack' })
  expect((await client.users.list()).users.map(({ disabledAt, role }) => [disabledAt, role])).toEqual([
    [null, 'administrator'],
    [null, 'administrator'],
  ])
})

test('nothing is bound to a keychain that only pretends, and where there is none it says so', async () => {
  const plain = computer(false, 'basic_text')
  const { app, client } = start('vault', plain.keychain)
  await client.vault.create({ displayName: 'Dr. Adams', login: 'adams', passphrase })
  await client.users.makeRecoveryKit({ passphrase })
  expect(await client.users.keychain()).toEqual({ obstacle: 'keychainPretends', backend: 'basic_text', bound: false })
  expect(await refusal(client.users.bindToKeychain({ passphrase }))).toMatchObject({
    code: 'conflict',
    reason: 'keychainPretends',
    details: { backend: 'basic_text' },
  })
  await app.close()
  // One that takes the secret and gives back another pretends, too.
  const forgetful: Keychain = { ...computer().keychain, read: async () => new Uint8Array(32) }
  const second = start('vault', forgetful)
  await second.client.vault.unlock({ user: 'adams', passphrase })
  expect(await refusal(second.client.users.bindToKeychain({ passphrase }))).toMatchObject({
    reason: 'keychainPretends',
  })
  await second.app.close()
  const third = start('vault')
  await third.client.vault.unlock({ user: 'adams', passphrase })
  expect(await third.client.users.keychain()).toEqual({ obstacle: 'noKeychain', backend: null, bound: false })
  expect(await refusal(third.client.users.bindToKeychain({ passphrase }))).toMatchObject({ reason: 'noKeychain' })
  expect(plain.kept.size).toBe(0)
})

test('a keychain that is locked for now is named, and the key works again when it is there', async () => {
  const clinic = computer()
  await boundVault(clinic.keychain)
  clinic.usable = false
  expect(await refusal(unlock('vault', clinic.keychain))).toMatchObject({
    reason: 'keychainUnavailable',
    details: { backend: 'gnome_libsecret' },
  })
  clinic.usable = true
  expect(await unlock('vault', clinic.keychain)).toMatchObject({ displayName: 'Dr. Adams' })
})

test('binding and unbinding ask for the passphrase; a changed passphrase and an encrypted-anew vault stay bound', async () => {
  const clinic = computer()
  await boundVault(clinic.keychain)
  const next = 'umbrella tulip engine forty'
  const { app, client } = start('vault', clinic.keychain)
  await client.vault.unlock({ user: 'adams', passphrase })
  expect(await refusal(client.users.unbindFromKeychain({ passphrase: next }))).toMatchObject({
    reason: 'wrongPassphrase',
  })
  await client.users.changePassphrase({ old: passphrase, passphrase: next })
  const { job } = await client.users.rekey({ passphrase: next })
  for await (const state of await client.jobs.watch({ job })) if (state.endedAt) expect(state.failure).toBeNull()
  await app.close()
  expect(await refusal(unlock('vault', computer().keychain, next))).toMatchObject({ reason: 'boundElsewhere' })
  const again = start('vault', clinic.keychain)
  await again.client.vault.unlock({ user: 'adams', passphrase: next })
  await again.client.users.unbindFromKeychain({ passphrase: next })
  expect(clinic.kept.size).toBe(0)
  const { entries } = await again.client.audit.list({ limit: 20 })
  expect(entries.map(({ act, outcome }) => `${act} ${outcome}`)).toEqual(
    expect.arrayContaining(['user.bindToKeychain done', 'user.unbindFromKeychain done']),
  )
  await again.app.close()
  expect(await unlock('vault', undefined, next)).toMatchObject({ displayName: 'Dr. Adams' })
})
