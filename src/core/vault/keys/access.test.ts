import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { freshVault, passphrase } from '../../../../test/fixtures/vault.ts'
import { openVault, type Vault } from '../store/vault.ts'
import {
  addMember,
  changeMemberRole,
  disableMember,
  enableMember,
  makeRecovery,
  replacePassphrase,
  revokeSlot,
} from './access.ts'
import { leastKeyDerivation, openSlot } from './slots.ts'
import { addUser, listUsers } from './users.ts'
import { readVaultFile } from './vaultFile.ts'

const removals: (() => void)[] = []
afterEach(() => {
  for (const remove of removals.splice(0)) remove()
})
const made = async () => {
  const fresh = await freshVault({ login: 'ada' })
  removals.push(fresh.remove)
  return fresh
}
const reason = (name: string) => ({ failure: { reason: name } })
const grace = 'seven lanterns over quiet water'
const doctor = { displayName: 'Grace Hopper', login: 'grace', role: 'doctor' as const, passphrase: grace }
const opens = async (path: string, user: string | null, secret: string) =>
  openVault(path, { user, passphrase: secret }).then(
    ({ vault, user: found }) => {
      vault.close()
      return found.displayName
    },
    (error) => error.failure?.reason ?? error,
  )
const slotsOf = (vault: Vault, user: string) => vault.keyring.slots().filter(({ header }) => header.user === user)

test('two people open one vault, each by their own name and passphrase, and not by the other one', async () => {
  const { vault, path } = await made()
  await addMember(vault, doctor, leastKeyDerivation)
  vault.close()
  expect(await opens(path, 'grace', grace)).toBe('Grace Hopper')
  expect(await opens(path, ' GRACE', grace)).toBe('Grace Hopper')
  expect(await opens(path, 'ada', passphrase)).toBe('Dr. Ada Lovelace')
  expect(await opens(path, null, grace)).toBe('Grace Hopper')
  expect(await opens(path, 'ada', grace)).toBe('wrongPassphrase')
  expect(await opens(path, 'nobody', grace)).toBe('wrongPassphrase')
})

test('the files name nobody but by the name chosen to sign in with', async () => {
  const { vault, path } = await made()
  await addMember(vault, doctor, leastKeyDerivation)
  vault.close()
  const text = readFileSync(join(path, 'vault.json'), 'utf8')
  expect(text).toContain('grace')
  for (const name of ['Hopper', 'Lovelace', 'doctor', 'administrator']) expect(text).not.toContain(name)
})

test('a user who is shut out opens nothing, not even with the database key that the slot of before would give', async () => {
  const { vault, path } = await made()
  const user = await addMember(vault, doctor, leastKeyDerivation)
  await disableMember(vault, user)
  expect(slotsOf(vault, user)).toEqual([])
  vault.close()
  expect(await opens(path, 'grace', grace)).toBe('wrongPassphrase')
  const again = (await openVault(path, { passphrase })).vault
  await expect(replacePassphrase(again, { user, passphrase: grace }, leastKeyDerivation)).rejects.toMatchObject(
    reason('userDisabled'),
  )
  await enableMember(again, { user, login: 'grace', passphrase: `${grace} again` }, leastKeyDerivation)
  again.close()
  expect(await opens(path, 'grace', grace)).toBe('wrongPassphrase')
  expect(await opens(path, 'grace', `${grace} again`)).toBe('Grace Hopper')
})

test('the vault is never left without an administrator who can open it', async () => {
  const { vault, user } = await made()
  const refused = reason('lastAdministrator')
  await expect(disableMember(vault, user.id)).rejects.toMatchObject(refused)
  await expect(changeMemberRole(vault, user.id, 'doctor')).rejects.toMatchObject(refused)
  const [own] = slotsOf(vault, user.id)
  await expect(revokeSlot(vault, own!.header.slot)).rejects.toMatchObject(refused)
  // An administrator whose passphrase was taken away does not count.
  const second = await addMember(vault, { ...doctor, role: 'administrator' }, leastKeyDerivation)
  await revokeSlot(vault, slotsOf(vault, second)[0]!.header.slot)
  await expect(disableMember(vault, user.id)).rejects.toMatchObject(refused)
  await replacePassphrase(vault, { user: second, passphrase: grace, login: 'grace' }, leastKeyDerivation)
  await disableMember(vault, user.id)
  await expect(disableMember(vault, second)).rejects.toMatchObject(refused)
  expect(listUsers(vault.read).map(({ disabled }) => disabled)).toEqual([true, false])
})

test('changing a passphrase leaves one way in, and what was encrypted is not touched', async () => {
  const { vault, user, path } = await made()
  const before = readFileSync(join(path, 'bedside.db'))
  await replacePassphrase(vault, { user: user.id, passphrase: grace }, leastKeyDerivation)
  expect(slotsOf(vault, user.id)).toHaveLength(1)
  expect(readFileSync(join(path, 'bedside.db')).equals(before)).toBe(true)
  vault.close()
  expect(await opens(path, 'ada', passphrase)).toBe('wrongPassphrase')
  expect(await opens(path, 'ada', grace)).toBe('Dr. Ada Lovelace')
})

test('an easy passphrase, also the own name, is refused and changes nothing', async () => {
  const { vault, user } = await made()
  for (const weak of ['password', 'GraceHopper', 'grace1906', 'aaaaaaaaaaaa'])
    await expect(addMember(vault, { ...doctor, passphrase: weak }, leastKeyDerivation)).rejects.toMatchObject(
      reason('weakPassphrase'),
    )
  await expect(
    replacePassphrase(vault, { user: user.id, passphrase: '12345678' }, leastKeyDerivation),
  ).rejects.toMatchObject(reason('weakPassphrase'))
  expect(listUsers(vault.read)).toHaveLength(1)
  expect(vault.keyring.slots()).toHaveLength(1)
})

test('two users never sign in under one name, however it is written', async () => {
  const { vault } = await made()
  await addMember(vault, doctor, leastKeyDerivation)
  for (const login of ['grace', 'GRACE', 'ｇｒａｃｅ'])
    await expect(addMember(vault, { ...doctor, login }, leastKeyDerivation)).rejects.toMatchObject(reason('loginTaken'))
  const both = [
    addMember(vault, { ...doctor, login: 'alan' }, leastKeyDerivation),
    addMember(vault, { ...doctor, login: 'Alan' }, leastKeyDerivation),
  ]
  const ends = (await Promise.allSettled(both)).map(({ status }) => status)
  expect(ends.sort()).toEqual(['fulfilled', 'rejected'])
  expect(vault.keyring.slots().filter(({ header }) => header.login?.toLowerCase() === 'alan')).toHaveLength(1)
})

test('cut off between vault.json and the user table, nobody is half in: a slot without a user opens nothing and goes', async () => {
  const { vault, path } = await made()
  const slot = await vault.keyring.make({
    user: crypto.randomUUID(),
    secret: grace,
    login: 'grace',
    costs: leastKeyDerivation,
  })
  vault.keyring.replace([...vault.keyring.slots(), slot])
  vault.close()
  expect(await opens(path, 'grace', grace)).toBe('wrongPassphrase')
  expect(await opens(path, 'ada', passphrase)).toBe('Dr. Ada Lovelace')
  expect(readVaultFile(path).slots.map(({ header }) => header.login)).toEqual(['ada'])
})

test('cut off between the user table and vault.json, who was shut out stays out, and the slot goes at the next opening', async () => {
  const { vault, path } = await made()
  const user = await addMember(vault, doctor, leastKeyDerivation)
  await vault.write((store) => store.run('UPDATE user SET disabled_at = ? WHERE id = ?', 'now', user))
  vault.close()
  expect(await opens(path, 'grace', grace)).toBe('wrongPassphrase')
  expect(readVaultFile(path).slots).toHaveLength(2)
  expect(await opens(path, 'ada', passphrase)).toBe('Dr. Ada Lovelace')
  expect(readVaultFile(path).slots).toHaveLength(1)
})

test('a user whose row was there before the slot can be given a passphrase', async () => {
  const { vault, path } = await made()
  const user = crypto.randomUUID()
  await vault.write((store) => addUser(store, { id: user, displayName: 'Grace Hopper', role: 'doctor' }))
  await replacePassphrase(vault, { user, passphrase: grace, login: 'grace' }, leastKeyDerivation)
  vault.close()
  expect(await opens(path, 'grace', grace)).toBe('Grace Hopper')
})

test('a slot that was put back from a copy of an older vault.json is refused whole', async () => {
  const { vault, path } = await made()
  const user = await addMember(vault, doctor, leastKeyDerivation)
  const older = JSON.parse(readFileSync(join(path, 'vault.json'), 'utf8'))
  await disableMember(vault, user)
  vault.close()
  const now = JSON.parse(readFileSync(join(path, 'vault.json'), 'utf8'))
  const { checksum: _, ...mixed } = { ...now, slots: older.slots }
  const { canonicalJson, sha256 } = await import('../../numbers/digest.ts')
  writeFileSync(join(path, 'vault.json'), JSON.stringify({ ...mixed, checksum: sha256(canonicalJson(mixed)) }))
  expect(await opens(path, 'ada', passphrase)).toBe('vaultDamaged')
  // The whole older file is authentic; the user stays shut out, and the slot goes again.
  writeFileSync(join(path, 'vault.json'), JSON.stringify(older))
  expect(await opens(path, 'grace', grace)).toBe('wrongPassphrase')
  expect(await opens(path, 'ada', passphrase)).toBe('Dr. Ada Lovelace')
  expect(readVaultFile(path).slots).toHaveLength(1)
})

test('a recovery code opens the vault for an administrator; a newer one, or losing the role, makes it worthless', async () => {
  const { vault, user, path } = await made()
  const first = await makeRecovery(vault, user.id, leastKeyDerivation)
  const second = await makeRecovery(vault, user.id, leastKeyDerivation)
  const recovery = vault.keyring.slots().filter(({ header }) => header.kind === 'recovery')
  expect(recovery).toHaveLength(1)
  expect(await openSlot(vault.keyring.vault, recovery[0]!, first.code)).toBeNull()
  expect(await openSlot(vault.keyring.vault, recovery[0]!, second.code)).not.toBeNull()
  const other = await addMember(vault, { ...doctor, role: 'administrator' }, leastKeyDerivation)
  await makeRecovery(vault, other, leastKeyDerivation)
  await changeMemberRole(vault, other, 'doctor')
  expect(vault.keyring.slots().filter(({ header }) => header.kind === 'recovery')).toHaveLength(1)
  await expect(makeRecovery(vault, other, leastKeyDerivation)).rejects.toMatchObject(
    reason('recoveryForAdministrators'),
  )
  vault.close()
  const opened = await openVault(path, { passphrase: second.code, kind: 'recovery' })
  expect(opened.user.displayName).toBe('Dr. Ada Lovelace')
  opened.vault.close()
  // A recovery code is no passphrase: it is not tried where one is asked for.
  expect(await opens(path, null, second.code)).toBe('wrongPassphrase')
})

test('a full or lost disk in the middle of adding somebody leaves the users as they were', async () => {
  const { vault, path } = await made()
  // The folder is gone: vault.json cannot be written.
  rmSync(join(path, 'vault.json'))
  const { mkdirSync, rmdirSync } = await import('node:fs')
  mkdirSync(join(path, 'vault.json'))
  await expect(addMember(vault, doctor, leastKeyDerivation)).rejects.toThrow()
  expect(listUsers(vault.read)).toHaveLength(1)
  expect(vault.keyring.slots()).toHaveLength(1)
  rmdirSync(join(path, 'vault.json'))
  await addMember(vault, doctor, leastKeyDerivation)
  expect(listUsers(vault.read)).toHaveLength(2)
})
