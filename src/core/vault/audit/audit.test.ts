import { createHash } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { freshVault } from '../../../../test/fixtures/vault.ts'
import type { AuditFilter } from '../../../contract/audit.ts'
import type { User, Vault } from '../store/vault.ts'
import { appendAudit, auditHead, readChain } from './audit.ts'
import { listAudit, walkAudit } from './auditSearch.ts'

const removals: (() => void)[] = []
afterEach(() => {
  for (const remove of removals.splice(0)) remove()
})
const withEntries = async (count: number): Promise<{ vault: Vault; user: User }> => {
  const { vault, user, remove } = await freshVault()
  removals.push(remove)
  await vault.write((store) => {
    for (let at = 1; at <= count; at++)
      appendAudit(store, { actor: user.id, act: 'patient.read', record: `patient/${at}`, outcome: 'done' })
  })
  return { vault, user }
}

test('the log lists newest first who did what to which record, by name, in pages', async () => {
  const { vault, user } = await withEntries(5)
  await vault.write((store) =>
    appendAudit(store, { actor: 'system', act: 'vault.lock', record: null, outcome: 'done' }),
  )
  const first = await listAudit(vault.read, { limit: 2 })
  expect(first.total).toBe(6)
  expect(first.entries.map(({ sequence, actor, record }) => [sequence, actor, record])).toEqual([
    [6, 'system', null],
    [5, user.displayName, 'patient/5'],
  ])
  expect(first.matching).toBe(6)
  const second = await listAudit(vault.read, { before: 5, limit: 2 })
  expect(second.entries.map(({ sequence }) => sequence)).toEqual([4, 3])
})

test('each entry hashes the one before, by a rule anyone can recompute', async () => {
  const { vault, user } = await withEntries(2)
  const [first, second] = readChain(vault.read, 0, 10)
  expect(first.previous).toBe('')
  expect(second.previous).toBe(first.hash)
  const text = JSON.stringify([2, second.at, user.id, 'patient.read', 'patient/2', 'done', first.hash])
  expect(second.hash).toBe(createHash('sha256').update(text).digest('hex'))
  expect(auditHead(vault.read)).toEqual({ count: 2, hash: second.hash })
})

test('the database itself refuses to change, delete, replace, insert between or skip', async () => {
  const { vault } = await withEntries(3)
  const before = readChain(vault.read, 0, 10)
  const refused = [
    "UPDATE audit SET actor = 'someone else' WHERE sequence = 2",
    'DELETE FROM audit WHERE sequence = 3',
    'DELETE FROM audit',
    "INSERT OR REPLACE INTO audit SELECT 3, at, 'x', act, record, outcome, previous, hash FROM audit WHERE sequence = 3",
    "INSERT INTO audit SELECT 5, at, actor, act, record, outcome, hash, 'x' FROM audit WHERE sequence = 3",
    "INSERT INTO audit SELECT 4, at, actor, act, record, outcome, 'x', 'x' FROM audit WHERE sequence = 3",
    "INSERT INTO audit SELECT -1, at, actor, act, record, outcome, previous, 'x' FROM audit WHERE sequence = 1",
  ]
  for (const sql of refused)
    await expect(vault.write((store) => store.run(sql))).rejects.toThrow('only ever appended to')
  expect(readChain(vault.read, 0, 10)).toEqual(before)
})

test('an act that fails takes its entry with it', async () => {
  const { vault } = await withEntries(1)
  await expect(
    vault.write((store) => {
      appendAudit(store, { actor: 'x', act: 'batch.import', record: 'batch/1', outcome: 'done' })
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  expect(auditHead(vault.read).count).toBe(1)
})

test('an auditor finds the entries of one person, one record, one kind of act and one time, and no others', async () => {
  const { vault, user } = await withEntries(17)
  await vault.write((store) => {
    const at = (hour: number) => `2031-05-0${hour < 24 ? 1 : 2}T${String(hour % 24).padStart(2, '0')}:00:00.000Z`
    const put = (hour: number, actor: string, act: string, record: string | null, outcome = 'done') =>
      appendAudit(store, { actor, act, record, outcome }, at(hour))
    put(0, 'system', 'patient.readings', 'patient/1')
    put(12, user.id, 'prediction.survive', 'patient/17 model/3')
    put(23, 'unknown', 'vault.unlock', null, 'failed: wrongPassphrase')
    put(24, user.id, 'patient.search', null)
  })
  const found = async (filter: AuditFilter) => {
    const { entries, matching } = await listAudit(vault.read, { ...filter, limit: 100 })
    expect(matching).toBe(entries.length)
    return entries.map(({ sequence }) => sequence)
  }
  expect(await found({ record: 'patient/1' })).toEqual([18, 1])
  expect(await found({ record: 'patient/17' })).toEqual([19, 17])
  expect(await found({ record: 'model/3' })).toEqual([19])
  expect(await found({ act: 'patient.read', from: '2031-05-01' })).toEqual([])
  expect(await found({ act: 'patient', from: '2031-05-01' })).toEqual([21, 18])
  expect(await found({ actor: 'system' })).toEqual([18])
  expect(await found({ actor: user.displayName, from: '2031-05-01' })).toEqual([21, 19])
  expect(await found({ actor: user.id, act: 'prediction' })).toEqual([19])
  expect(await found({ outcome: 'failed' })).toEqual([20])
  expect(await found({ outcome: 'failed: wrongPassphrase', actor: 'unknown' })).toEqual([20])
  expect(await found({ outcome: 'fail' })).toEqual([])
  expect(await found({ from: '2031-05-01', to: '2031-05-01' })).toEqual([20, 19, 18])
  expect(await found({ from: '2031-05-01T12:00:00Z', to: '2031-05-01T14:00:00+02:00' })).toEqual([19])
  await expect(found({ from: 'yesterday' })).rejects.toMatchObject({ failure: { reason: 'badMoment' } })
  const walked: number[] = []
  for await (const piece of walkAudit(vault.read, { actor: user.displayName, record: 'patient/17' }))
    walked.push(...piece.map(({ sequence }) => sequence))
  expect(walked).toEqual([17, 19])
})

test('what is exported holds all that the hashes were made of', async () => {
  const { vault, user } = await withEntries(3)
  let previous = ''
  for await (const piece of walkAudit(vault.read, {}))
    for (const { sequence, at, actor, act, record, outcome, hash, name } of piece) {
      const text = JSON.stringify([sequence, at, actor, act, record, outcome, previous])
      expect(createHash('sha256').update(text).digest('hex')).toBe(hash)
      expect(name).toBe(user.displayName)
      previous = hash
    }
  expect(previous).toBe(auditHead(vault.read).hash)
})
