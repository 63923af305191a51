import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { freshVault, passphrase } from '../../../../test/fixtures/vault.ts'
import type { Checkpoint, Verdict } from '../../../contract/audit.ts'
import { openSlot } from '../keys/slots.ts'
import { readVaultFile } from '../keys/vaultFile.ts'
import { type Connection, openDatabase } from '../store/database.ts'
import { openVault, type User, type Vault } from '../store/vault.ts'
import { appendAudit, entryHash, readChain } from './audit.ts'
import { type AuditLog, checkpointInterval, openAuditLog } from './auditLog.ts'
import { checkpointsPath, readOutside } from './checkpoints.ts'

const removals: (() => void)[] = []
afterEach(() => {
  for (const remove of removals.splice(0)) remove()
})

interface Made {
  path: string
  user: User
  vault: Vault
  log: AuditLog
}

const fill = async (log: AuditLog, user: User, from: number, to: number) => {
  for (let at = from; at <= to; at++)
    await log.append({ actor: user.id, act: 'patient.read', record: `patient/${at}`, outcome: 'done' })
}

/** A vault with a log of `count` entries, locked as a person would, which signs a checkpoint over all of them. */
const closedVault = async (count: number): Promise<{ path: string; user: User }> => {
  const { vault, user, path, remove } = await freshVault()
  removals.push(remove)
  const log = await openAuditLog(vault)
  await fill(log, user, 1, count)
  await log.checkpoint('lock')
  vault.close()
  return { path, user }
}

const open = async (path: string): Promise<Made> => {
  const { vault, user } = await openVault(path, { passphrase })
  removals.unshift(() => vault.close())
  return { path, user, vault, log: await openAuditLog(vault) }
}

const named = ({ findings }: Verdict) => findings.map(({ fault, from, to }) => [fault, from, to])

/**
 * What someone with the database key and a database tool can do: the file opened past Bedside, the triggers taken away.
 */
const tamper = async (path: string, change: (db: Connection) => void) => {
  const file = readVaultFile(path)
  const key = (await openSlot(file.vault, file.slots[0], passphrase)) as Buffer
  const db = openDatabase(join(path, 'bedside.db'), { cipher: file.cipher, key })
  const triggers = db.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").raw().all() as string[][]
  for (const [name] of triggers) db.exec(`DROP TRIGGER ${name}`)
  change(db)
  for (const [, sql] of triggers) db.exec(sql)
  db.close()
}

/**
 * The verdict on a log of ten entries, six of them signed in one checkpoint and all ten in the next, after a change to
 * it.
 */
const verdictAfter = async (change: (db: Connection) => void): Promise<Verdict> => {
  const { path, user } = await closedVault(6)
  const first = await open(path)
  await fill(first.log, user, 7, 10)
  await first.log.checkpoint('lock')
  first.vault.close()
  await tamper(path, change)
  const { log } = await open(path)
  return log.verify()
}
const faultsAfter = async (change: (db: Connection) => void) => named(await verdictAfter(change))

const rowAt = (db: Connection, sequence: number) =>
  db.prepare('SELECT * FROM audit WHERE sequence = ?').get(sequence) as Record<string, string | number>
const rehash = (db: Connection, from: number) => {
  const rows = db.prepare('SELECT * FROM audit WHERE sequence >= ? ORDER BY sequence').all(from) as never[]
  let previous = from === 1 ? '' : (rowAt(db, from - 1).hash as string)
  for (const row of rows as Parameters<typeof entryHash>[0][]) {
    const hash = entryHash(row, previous)
    db.prepare('UPDATE audit SET previous = ?, hash = ? WHERE sequence = ?').run(previous, hash, row.sequence)
    previous = hash
  }
}
const renumber = (db: Connection, from: number, by: number) => {
  const numbers = db
    .prepare('SELECT sequence FROM audit WHERE sequence >= ? ORDER BY sequence')
    .pluck()
    .all(from) as number[]
  for (const number of by > 0 ? numbers.reverse() : numbers)
    db.prepare('UPDATE audit SET sequence = ? WHERE sequence = ?').run(number + by, number)
}
const insertForged = (db: Connection, sequence: number) => {
  const previous = rowAt(db, sequence - 1).hash as string
  const entry = {
    sequence,
    at: '2026-01-01T00:00:00.000Z',
    actor: 'x',
    act: 'patient.read',
    record: null,
    outcome: 'done',
  }
  db.prepare('INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)').run(
    sequence,
    entry.at,
    entry.actor,
    entry.act,
    entry.record,
    entry.outcome,
    previous,
    entryHash(entry, previous),
  )
}

test('an untouched log is intact, and says how many entries and checkpoints were read', async () => {
  const verdict = await verdictAfter(() => {})
  expect(verdict).toMatchObject({ intact: true, count: 10, findings: [], found: 0 })
  expect(verdict.checkpoints).toEqual({ inside: 3, outside: 3, against: 0 })
})

test('an edited entry is named, whichever of its fields was changed', async () => {
  for (const column of ['at', 'actor', 'act', 'record', 'outcome', 'previous'])
    expect(await faultsAfter((db) => db.exec(`UPDATE audit SET ${column} = 'x' WHERE sequence = 4`)), column).toEqual([
      ['edited', 4, 4],
    ])
  expect(await faultsAfter((db) => db.exec('UPDATE audit SET record = NULL WHERE sequence = 10'))).toEqual([
    ['edited', 10, 10],
  ])
  expect(await faultsAfter((db) => db.exec("UPDATE audit SET actor = 'x' WHERE sequence IN (2, 3, 4, 8)"))).toEqual([
    ['edited', 2, 4],
    ['edited', 8, 8],
  ])
})

test('an entry edited together with its own hash is named', async () => {
  const edit = (db: Connection, at: number) => {
    const row = { ...rowAt(db, at), actor: 'nobody' } as never as Parameters<typeof entryHash>[0]
    const hash = entryHash(row, rowAt(db, at).previous as string)
    db.prepare('UPDATE audit SET actor = ?, hash = ? WHERE sequence = ?').run('nobody', hash, at)
  }
  expect(await faultsAfter((db) => edit(db, 3))).toEqual([['edited', 3, 3]])
  // Nothing follows the last one: the checkpoint tells.
  expect(await faultsAfter((db) => edit(db, 10))).toEqual([['rewritten', 7, 10]])
})

test('a deleted entry is named, also where the rest was numbered anew to close the gap', async () => {
  expect(await faultsAfter((db) => db.exec('DELETE FROM audit WHERE sequence = 4'))).toEqual([['deleted', 4, 4]])
  expect(await faultsAfter((db) => db.exec('DELETE FROM audit WHERE sequence IN (1, 2)'))).toEqual([['deleted', 1, 2]])
  expect(
    await faultsAfter((db) => {
      db.exec('DELETE FROM audit WHERE sequence = 4')
      renumber(db, 5, -1)
    }),
  ).toEqual([['deleted', 4, 4]])
  expect(
    await faultsAfter((db) => {
      db.exec('DELETE FROM audit WHERE sequence IN (8, 9)')
      renumber(db, 10, -2)
    }),
  ).toEqual([['deleted', 8, 9]])
})

test('entries in another order are named', async () => {
  const swapNumbers = (a: number, b: number) => (db: Connection) => {
    db.exec(`UPDATE audit SET sequence = 99 WHERE sequence = ${a}; UPDATE audit SET sequence = ${a} WHERE sequence = ${b};
      UPDATE audit SET sequence = ${b} WHERE sequence = 99`)
  }
  expect(await faultsAfter(swapNumbers(3, 4))).toEqual([['reordered', 3, 4]])
  expect(await faultsAfter(swapNumbers(9, 10))).toEqual([['reordered', 9, 10]])
  expect(await faultsAfter(swapNumbers(2, 8))).toEqual([
    ['reordered', 2, 2],
    ['reordered', 8, 8],
  ])
  const swapContents = (a: number, b: number) => (db: Connection) => {
    const [first, second] = [rowAt(db, a), rowAt(db, b)]
    const put = db.prepare('UPDATE audit SET at = ?, actor = ?, act = ?, record = ?, outcome = ? WHERE sequence = ?')
    put.run(second.at, second.actor, second.act, second.record, second.outcome, a)
    put.run(first.at, first.actor, first.act, first.record, first.outcome, b)
  }
  expect(await faultsAfter(swapContents(3, 9))).toEqual([['reordered', 3, 9]])
})

test('an inserted entry is named, also with a fitting hash of its own', async () => {
  expect(
    await faultsAfter((db) => {
      renumber(db, 4, 1)
      insertForged(db, 4)
    }),
  ).toEqual([['inserted', 4, 4]])
  expect(
    await faultsAfter((db) => {
      renumber(db, 4, 1)
      insertForged(db, 4)
      db.exec("UPDATE audit SET hash = 'ffff' WHERE sequence = 4")
    }),
  ).toEqual([['inserted', 4, 4]])
  expect(
    await faultsAfter((db) =>
      db.exec("INSERT INTO audit SELECT -5, at, actor, act, record, outcome, '', '' FROM audit LIMIT 1"),
    ),
  ).toEqual([['inserted', -5, -5]])
})

test('a log whose hashes were all made anew after an edit does not fit what was signed', async () => {
  expect(
    await faultsAfter((db) => {
      db.exec("UPDATE audit SET actor = 'nobody' WHERE sequence = 3")
      rehash(db, 3)
    }),
  ).toEqual([['rewritten', 1, 6]])
  expect(
    await faultsAfter((db) => {
      db.exec('DELETE FROM audit WHERE sequence = 8')
      renumber(db, 9, -1)
      rehash(db, 8)
    }),
  ).toEqual([['cutTail', 10, 10]])
})

test('a tail that was cut off is named, and with its checkpoints cut too it is an older copy', async () => {
  expect(await faultsAfter((db) => db.exec('DELETE FROM audit WHERE sequence > 8'))).toEqual([['cutTail', 9, 10]])
  expect(await faultsAfter((db) => db.exec('DELETE FROM audit'))).toEqual([['cutTail', 1, 10]])
  const verdict = await verdictAfter((db) =>
    db.exec('DELETE FROM audit WHERE sequence > 6; DELETE FROM checkpoint WHERE number > 2'),
  )
  expect(named(verdict)).toContainEqual(['olderCopy', 7, 10])
})

test('a cut tail stays named as such when the vault was used further', async () => {
  const { path, user } = await closedVault(8)
  await tamper(path, (db) => db.exec('DELETE FROM audit WHERE sequence > 5'))
  const { log } = await open(path)
  expect(log.alarms.map(({ fault }) => fault)).toEqual(['cutTail'])
  await fill(log, user, 6, 20)
  expect(named(await log.verify())).toEqual([['cutTail', 6, 8]])
})

test('an older copy of the database put in its place is told when it is opened, and for ever after', async () => {
  const { path, user } = await closedVault(5)
  const older = join(path, '..', 'older.db')
  copyFileSync(join(path, 'bedside.db'), older)
  const between = await open(path)
  await fill(between.log, user, 6, 9)
  await between.log.checkpoint('lock')
  between.vault.close()

  copyFileSync(older, join(path, 'bedside.db'))
  const swapped = await open(path)
  expect(swapped.log.alarms.map(({ fault, to }) => [fault, to])).toEqual([['olderCopy', 9]])
  expect(readChain(swapped.vault.read, 5, 1)[0]).toMatchObject({ act: 'audit.alarm', outcome: 'found: olderCopy' })
  expect(named(await swapped.log.verify())).toEqual([['olderCopy', 6, 9]])
  await fill(swapped.log, user, 6, 30)
  await swapped.log.checkpoint('lock')
  swapped.vault.close()

  const later = await open(path)
  expect(later.log.alarms.map(({ fault }) => fault)).toEqual(['olderCopy'])
  const { intact, findings } = await later.log.verify()
  expect(intact).toBe(false)
  expect(findings).toMatchObject([{ fault: 'olderCopy', to: 9 }])
})

test('with the checkpoints beside the vault swapped along, a checkpoint kept elsewhere still tells the older copy', async () => {
  const { path, user } = await closedVault(5)
  const names = ['bedside.db', 'checkpoints.jsonl']
  const older = names.map((name) => readFileSync(join(path, name)))
  const between = await open(path)
  await fill(between.log, user, 6, 9)
  const kept: Checkpoint = await between.log.checkpoint('asked')
  expect(await between.log.verify({ against: [kept] })).toMatchObject({ intact: true, checkpoints: { against: 1 } })
  between.vault.close()
  for (const [at, name] of names.entries()) writeFileSync(join(path, name), older[at])
  const { log } = await open(path)
  expect(await log.verify()).toMatchObject({ intact: true })
  expect(named(await log.verify({ against: [kept] }))).toEqual([['olderCopy', 6, 9]])
})

test('a checkpoint that was changed, signed by another key or taken from another vault is named', async () => {
  const { path } = await closedVault(4)
  const file = checkpointsPath(path)
  const lines = readFileSync(file, 'utf8')
  const last = JSON.parse(lines.trim().split('\n').at(-1) as string) as Checkpoint
  const other = await closedVault(4)
  const foreign = readFileSync(checkpointsPath(other.path), 'utf8').trim().split('\n').at(-1) as string
  const forged = JSON.stringify({ ...(JSON.parse(foreign) as Checkpoint), vault: last.vault })
  for (const line of [
    JSON.stringify({ ...last, count: 3 }),
    JSON.stringify({ ...last, number: 9 }),
    foreign,
    forged,
    'x',
  ]) {
    writeFileSync(file, `${lines}${line}\n`)
    const { vault, log } = await open(path)
    expect((await log.verify()).findings.map(({ fault }) => fault)).toContain('signatureWrong')
    expect(log.alarms.map(({ fault }) => fault)).toContain('signatureWrong')
    vault.close()
  }
  writeFileSync(file, lines)
  const { log } = await open(path)
  expect(await log.verify({ against: [{ ...last, head: 'f'.repeat(64) }] })).toMatchObject({
    intact: false,
    findings: [{ fault: 'signatureWrong', checkpoint: last.number }],
  })
})

test('checkpoints that are gone from the file, or the whole file, are named until they are put back on purpose', async () => {
  const { path, user } = await closedVault(4)
  const second = await open(path)
  await fill(second.log, user, 5, 6)
  await second.log.checkpoint('lock')
  second.vault.close()
  const whole = readFileSync(checkpointsPath(path), 'utf8')
  rmSync(checkpointsPath(path))
  const { vault, log } = await open(path)
  expect(await log.verify()).toMatchObject({ intact: false, findings: [{ fault: 'checkpointMissing', checkpoint: 1 }] })
  await fill(log, user, 7, 8)
  await log.checkpoint('lock')
  expect(await log.verify()).toMatchObject({ intact: false, findings: [{ fault: 'checkpointMissing', checkpoint: 1 }] })
  expect(log.restoreOutside()).toBe(3)
  expect(await log.verify()).toMatchObject({ intact: true })
  vault.close()
  const lines = readFileSync(checkpointsPath(path), 'utf8').split('\n')
  expect(lines.slice(1).sort()).toEqual(expect.arrayContaining(whole.trim().split('\n')))
  // A line from the middle.
  writeFileSync(checkpointsPath(path), [lines[0], ...lines.slice(2)].join('\n'))
  expect((await (await open(path)).log.verify()).findings).toMatchObject([{ fault: 'checkpointMissing' }])
})

test('a checkpoint taken out of the vault is named, whether or not it is still beside it', async () => {
  const { path } = await closedVault(4)
  await tamper(path, (db) => db.exec('DELETE FROM checkpoint WHERE number = 2'))
  const first = await open(path)
  expect((await first.log.verify()).findings).toMatchObject([{ fault: 'checkpointMissing', checkpoint: 2 }])
  first.vault.close()
  const other = await closedVault(4)
  const second = await open(other.path)
  await fill(second.log, second.user, 5, 6)
  await second.log.checkpoint('lock')
  second.vault.close()
  await tamper(other.path, (db) => db.exec('DELETE FROM checkpoint WHERE number = 2'))
  writeFileSync(
    checkpointsPath(other.path),
    (readOutside(other.path) as string[])
      .filter((line) => !line.includes('"number":2,'))
      .join('\n')
      .concat('\n'),
  )
  const { log } = await open(other.path)
  expect((await log.verify()).findings).toMatchObject([{ fault: 'checkpointMissing', checkpoint: 2 }])
})

test('a crash between the vault and the file beside it, or in the middle of a line, is no alarm', async () => {
  const { path } = await closedVault(4)
  const lines = readOutside(path) as string[]
  writeFileSync(checkpointsPath(path), `${lines[0]}\n${lines[1].slice(0, 50)}`)
  const { log } = await open(path)
  expect(log.alarms).toEqual([])
  expect(readOutside(path)).toEqual(lines)
  expect(await log.verify()).toMatchObject({ intact: true })
})

test('checkpoints come by themselves, after so many entries', async () => {
  const { vault, user, path, remove } = await freshVault()
  removals.push(remove)
  const log = await openAuditLog(vault)
  await fill(log, user, 1, checkpointInterval.entries + 10)
  const texts = readOutside(path) as string[]
  expect(texts.map((text) => (JSON.parse(text) as Checkpoint).count)).toEqual([0, checkpointInterval.entries])
  const again = await log.checkpoint('lock')
  expect(await log.checkpoint('lock')).toEqual(again)
})

test('a log rewritten from end to end is told without taking for ever', async () => {
  const { vault, user, path, remove } = await freshVault()
  removals.push(remove)
  const log = await openAuditLog(vault)
  await vault.write((store) => {
    for (let at = 1; at <= 5000; at++)
      appendAudit(store, { actor: user.id, act: 'patient.read', record: `patient/${at}`, outcome: 'done' })
  })
  await log.checkpoint('lock')
  vault.close()
  await tamper(path, (db) => db.exec("UPDATE audit SET actor = 'nobody'"))
  const opened = await open(path)
  const { findings, found } = await opened.log.verify()
  expect(found).toBe(1)
  expect(findings).toMatchObject([{ fault: 'edited', from: 1, to: 5000 }])
})
