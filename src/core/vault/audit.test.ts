import { createHash } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { appendAudit, auditHead, entryHash, listAudit, readChain, verifyAudit } from './audit.ts'
import { freshVault } from './fixture.ts'
import type { WriteStore } from './store.ts'
import type { User, Vault } from './vault.ts'

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

/** What someone with the key and a database tool could do: the triggers put aside. */
const tamper = (vault: Vault, change: (store: WriteStore) => void) =>
  vault.write((store) => {
    const triggers = store.rows<[string, string]>(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit'",
    )
    for (const [name] of triggers) store.run(`DROP TRIGGER ${name}`)
    change(store)
    for (const [, sql] of triggers) store.run(sql)
  })

test('the log lists newest first who did what to which record, by name, in pages', async () => {
  const { vault, user } = await withEntries(5)
  await vault.write((store) =>
    appendAudit(store, { actor: 'system', act: 'vault.lock', record: null, outcome: 'done' }),
  )
  const first = listAudit(vault.read, { limit: 2 })
  expect(first.total).toBe(6)
  expect(first.entries.map(({ sequence, actor, record }) => [sequence, actor, record])).toEqual([
    [6, 'system', null],
    [5, user.displayName, 'patient/5'],
  ])
  expect(listAudit(vault.read, { before: 5, limit: 2 }).entries.map(({ sequence }) => sequence)).toEqual([4, 3])
})

test('each entry hashes the one before, by a rule anyone can recompute', async () => {
  const { vault, user } = await withEntries(2)
  const [first, second] = readChain(vault.read, 0, 10)
  expect(first.previous).toBe('')
  expect(second.previous).toBe(first.hash)
  const text = JSON.stringify([2, second.at, user.id, 'patient.read', 'patient/2', 'done', first.hash])
  expect(second.hash).toBe(createHash('sha256').update(text).digest('hex'))
  expect(verifyAudit(vault.read)).toEqual({ intact: true, count: 2, head: second.hash })
  expect(auditHead(vault.read)).toEqual({ count: 2, hash: second.hash })
})

test('the database itself refuses to change, delete, replace, insert between or skip', async () => {
  const { vault } = await withEntries(3)
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
  expect(verifyAudit(vault.read)).toMatchObject({ intact: true, count: 3 })
})

test('editing, deleting, reordering, inserting and rewriting are each found, at the entry where they happened', async () => {
  const { vault } = await withEntries(6)
  const verdictAfter = async (change: (store: WriteStore) => void) => {
    let verdict: unknown
    await tamper(vault, (store) => {
      store.run('SAVEPOINT before')
      change(store)
      verdict = verifyAudit(store)
      store.run('ROLLBACK TO before')
    })
    return verdict
  }
  for (const column of ['at', 'actor', 'act', 'record', 'outcome'])
    expect(
      await verdictAfter((store) => store.run(`UPDATE audit SET ${column} = 'x' WHERE sequence = 3`)),
    ).toMatchObject({ intact: false, sequence: 3, fault: 'changed' })
  expect(await verdictAfter((store) => store.run('UPDATE audit SET record = NULL WHERE sequence = 6'))).toMatchObject({
    sequence: 6,
    fault: 'changed',
  })
  expect(await verdictAfter((store) => store.run('DELETE FROM audit WHERE sequence = 4'))).toMatchObject({
    sequence: 4,
    fault: 'missing',
  })
  expect(await verdictAfter((store) => store.run('DELETE FROM audit WHERE sequence = 1'))).toMatchObject({
    sequence: 1,
    fault: 'missing',
  })
  expect(
    await verdictAfter((store) => {
      store.run('UPDATE audit SET sequence = 99 WHERE sequence = 2')
      store.run('UPDATE audit SET sequence = 2 WHERE sequence = 3')
      store.run('UPDATE audit SET sequence = 3 WHERE sequence = 99')
    }),
  ).toMatchObject({ sequence: 2, fault: 'unlinked' })
  // An entry rewritten with a hash that fits it breaks the link of the next.
  expect(
    await verdictAfter((store) => {
      const [entry] = readChain(store, 2, 1)
      const forged = { ...entry, actor: 'nobody' }
      store.run(
        'UPDATE audit SET actor = ?, hash = ? WHERE sequence = 3',
        forged.actor,
        entryHash(forged, entry.previous),
      )
    }),
  ).toMatchObject({ sequence: 4, fault: 'unlinked' })
  expect(verifyAudit(vault.read)).toMatchObject({ intact: true })
})

test('a tail that was cut off, or rewritten whole, shows against a head that was noted elsewhere', async () => {
  const { vault } = await withEntries(6)
  const noted = auditHead(vault.read)
  await tamper(vault, (store) => store.run('DELETE FROM audit WHERE sequence > 4'))
  expect(verifyAudit(vault.read)).toMatchObject({ intact: true, count: 4 })
  expect(verifyAudit(vault.read, noted)).toMatchObject({ intact: false, fault: 'cut', sequence: 5 })
  await vault.write((store) => {
    for (let at = 0; at < 4; at++) appendAudit(store, { actor: 'x', act: 'y', record: null, outcome: 'done' })
  })
  expect(verifyAudit(vault.read, noted)).toMatchObject({ intact: false, fault: 'changed', sequence: 6 })
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
