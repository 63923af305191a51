import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, expect, test } from 'vitest'
import { gate } from '../../../../test/fixtures/gate.ts'
import {
  concept,
  type Folder,
  freshFolder,
  freshVault,
  importCases,
  passphrase,
} from '../../../../test/fixtures/vault.ts'
import { canonicalJson, sha256 } from '../../numbers/digest.ts'
import { leastKeyDerivation, makeSlot } from '../keys/slots.ts'
import { storageError } from './failures.ts'
import { readSettings, writeSettings } from './settings.ts'
import { createVault, openVault, type Vault, type VaultEvent, vaultState } from './vault.ts'

const removals: (() => void)[] = []
afterEach(() => {
  for (const remove of removals.splice(0)) remove()
})
const folder = (): string => {
  const made: Folder = freshFolder()
  removals.push(made.remove)
  return made.path
}
const made = async (...options: Parameters<typeof freshVault>) => {
  const fresh = await freshVault(...options)
  removals.push(fresh.remove)
  return fresh
}
const options = { displayName: 'Ada', passphrase, keyDerivation: leastKeyDerivation }
const reason = (name: string, code?: string) => ({ failure: { reason: name, ...(code ? { code } : {}) } })
const contents = (dir: string) =>
  Object.fromEntries(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name)).toString('base64')]))

test('a vault is made, closed and opened again by its passphrase, with what was stored in it', async () => {
  const { vault, user, path } = await made()
  expect(vaultState(path)).toBe('locked')
  expect(user).toMatchObject({ displayName: 'Dr. Ada Lovelace', role: 'administrator' })
  await vault.write((store) => writeSettings(store, null, { clinic: 'Ward 7' }))
  vault.close()
  const opened = await openVault(path, { passphrase })
  expect(opened.user).toEqual(user)
  expect(readSettings(opened.vault.read, null)).toEqual({ clinic: 'Ward 7' })
  opened.vault.close()
  const named = await openVault(path, { user: user.id, passphrase })
  named.vault.close()
  await expect(openVault(path, { user: crypto.randomUUID(), passphrase })).rejects.toMatchObject(
    reason('wrongPassphrase'),
  )
})

test('the default key derivation opens, too', async () => {
  const path = join(folder(), 'vault')
  const { vault } = await createVault(path, { displayName: 'Ada', passphrase })
  vault.close()
  const { slots } = JSON.parse(readFileSync(join(path, 'vault.json'), 'utf8'))
  expect(slots[0].header.derivation).toMatchObject({ memoryKiB: 65536, iterations: 3, parallelism: 4 })
  ;(await openVault(path, { passphrase })).vault.close()
})

test('no patient, no staff name and no passphrase can be read in the files, whether open or closed', async () => {
  const { vault, path } = await made()
  await vault.write((store) =>
    importCases(
      store,
      'hepatology',
      [concept('note', 'text')],
      [{ patientKey: 'MRN-4711-SECRET', name: 'Wilhelmina Unmistakable', cells: { note: 'varices, grade three' } }],
    ),
  )
  const leaks = () => {
    const all = readdirSync(path)
      .map((name) => readFileSync(join(path, name)).toString('latin1'))
      .join('')
    return ['MRN-4711', 'Unmistakable', 'varices', 'Lovelace', 'hepatology', 'CREATE TABLE', passphrase].filter(
      (text) => all.includes(text),
    )
  }
  expect(leaks()).toEqual([])
  vault.close()
  expect(leaks()).toEqual([])
})

test('only the owner may read the folder and its files', async () => {
  const { vault, path } = await made()
  const modes = () =>
    Object.fromEntries(readdirSync(path).map((name) => [name, statSync(join(path, name)).mode & 0o777]))
  expect(statSync(path).mode & 0o777).toBe(0o700)
  expect(new Set(Object.values(modes()))).toEqual(new Set([0o600]))
  expect(Object.keys(modes()).sort()).toEqual([
    'bedside.db',
    'bedside.db-shm',
    'bedside.db-wal',
    'bedside.lock',
    'vault.json',
  ])
  vault.close()
  expect(Object.keys(modes()).sort()).toEqual(['bedside.db', 'bedside.lock', 'vault.json'])
})

test('a wrong passphrase is told as such and changes nothing on disk', async () => {
  const { vault, path } = await made()
  vault.close()
  const before = contents(path)
  await expect(openVault(path, { passphrase: 'wrong' })).rejects.toMatchObject(reason('wrongPassphrase', 'notAllowed'))
  expect(contents(path)).toEqual(before)
  ;(await openVault(path, { passphrase })).vault.close()
})

test('a vault that is not there, a folder of something else and a file are three different things', async () => {
  const dir = folder()
  await expect(openVault(join(dir, 'none'), { passphrase })).rejects.toMatchObject(reason('vaultMissing', 'notFound'))
  await expect(openVault(dir, { passphrase })).rejects.toMatchObject(reason('vaultMissing'))
  expect(vaultState(dir)).toBe('absent')
  writeFileSync(join(dir, 'letter.txt'), 'Dear colleague')
  await expect(openVault(dir, { passphrase })).rejects.toMatchObject(reason('notAVault', 'storageFailed'))
  await expect(openVault(join(dir, 'letter.txt'), { passphrase })).rejects.toMatchObject(reason('notAVault'))
  await expect(openVault(join(dir, 'letter.txt', 'below'), { passphrase })).rejects.toMatchObject(
    reason('vaultMissing'),
  )
  writeFileSync(join(dir, 'vault.json'), '{"name": "obsidian"}')
  await expect(openVault(dir, { passphrase })).rejects.toMatchObject(reason('notAVault'))
  writeFileSync(join(dir, 'vault.json'), 'hello')
  await expect(openVault(dir, { passphrase })).rejects.toMatchObject(reason('notAVault'))
  expect(readdirSync(dir).sort()).toEqual(['letter.txt', 'vault.json'])
})

test('a vault whose database is missing, empty, cut or foreign says which', async () => {
  const { vault, path } = await made()
  vault.close()
  const file = join(path, 'bedside.db')
  const whole = readFileSync(file)
  const attempt = async (bytes: Uint8Array | null) => {
    if (bytes) writeFileSync(file, bytes)
    else rmSync(file)
    const before = contents(path)
    const failure = await openVault(path, { passphrase }).then(
      ({ vault }) => {
        vault.close()
        return 'opened'
      },
      (error) => error.failure?.reason ?? error,
    )
    expect(contents(path)).toEqual(before)
    return failure
  }
  expect(await attempt(new Uint8Array(0))).toBe('vaultTruncated')
  for (const size of [1, 100, 4095, 4096, 8192, whole.length - 4096, whole.length - 1])
    expect(await attempt(whole.subarray(0, size))).toBe('vaultTruncated')
  expect(await attempt(Buffer.alloc(whole.length, 'lorem ipsum '))).toBe('vaultDamaged')
  expect(await attempt(null)).toBe('vaultDamaged')
  const plain = join(folder(), 'plain.db')
  const db = new Database(plain)
  db.exec('CREATE TABLE t (a)')
  db.close()
  expect(await attempt(readFileSync(plain))).toBe('vaultDamaged')
  expect(await attempt(whole)).toBe('opened')
})

test('vault.json that was cut, altered, made cheap or written by a newer Bedside is refused by name', async () => {
  const { vault, path } = await made()
  vault.close()
  const file = join(path, 'vault.json')
  const text = readFileSync(file, 'utf8')
  const { checksum: _, ...content } = JSON.parse(text)
  const sealed = (edited: object) => JSON.stringify({ ...edited, checksum: sha256(canonicalJson(edited)) })
  const attempt = async (written: string) => {
    writeFileSync(file, written)
    return openVault(path, { passphrase }).then(
      () => 'opened',
      (error) => error.failure?.reason,
    )
  }
  expect(await attempt(text.slice(0, 300))).toBe('vaultDamaged')
  expect(await attempt(text.replace('aegis-256', 'aegis-257'))).toBe('vaultDamaged')
  expect(await attempt(sealed({ ...content, version: 2, novelty: true }))).toBe('vaultNewer')
  const slotWith = (costs: object) => {
    const [slot] = content.slots
    return {
      ...content,
      slots: [{ ...slot, header: { ...slot.header, derivation: { ...slot.header.derivation, ...costs } } }],
    }
  }
  expect(await attempt(sealed(slotWith({ memoryKiB: 8 })))).toBe('vaultDamaged')
  expect(await attempt(sealed(slotWith({ memoryKiB: 2 ** 30 })))).toBe('vaultDamaged')
  // An edit that hides behind a fresh checksum still meets the slot's own authentication, and the whole file's.
  expect(await attempt(sealed(slotWith({ iterations: 2 })))).toBe('wrongPassphrase')
  expect(await attempt(sealed({ ...content, createdAt: '2001-01-01T00:00:00.000Z' }))).toBe('vaultDamaged')
  const planted = await makeSlot({
    vault: content.vault,
    user: crypto.randomUUID(),
    secret: 'mallory',
    key: Buffer.alloc(32),
    costs: leastKeyDerivation,
  })
  expect(await attempt(sealed({ ...content, slots: [...content.slots, planted] }))).toBe('vaultDamaged')
  rmSync(file)
  expect(await openVault(path, { passphrase }).catch((error) => error.failure.reason)).toBe('vaultDamaged')
  writeFileSync(file, text)
  ;(await openVault(path, { passphrase })).vault.close()
})

test("the key file of one vault beside another's database does not open it", async () => {
  const [first, second] = [await made(), await made()]
  first.vault.close()
  second.vault.close()
  writeFileSync(join(second.path, 'vault.json'), readFileSync(join(first.path, 'vault.json')))
  await expect(openVault(second.path, { passphrase })).rejects.toMatchObject(reason('vaultDamaged'))
})

test('a database of a newer Bedside is refused and left as it is', async () => {
  const { vault, path } = await made()
  await vault.write((store) => store.run('PRAGMA user_version = 99'))
  vault.close()
  const before = contents(path)
  await expect(openVault(path, { passphrase })).rejects.toMatchObject(reason('vaultNewer', 'storageFailed'))
  expect(contents(path)).toEqual(before)
})

test('creating never touches an existing vault or a folder with other files', async () => {
  const { vault, path } = await made()
  vault.close()
  const before = contents(path)
  await expect(createVault(path, options)).rejects.toMatchObject(reason('vaultExists', 'conflict'))
  expect(contents(path)).toEqual(before)
  rmSync(join(path, 'vault.json'))
  await expect(createVault(path, options)).rejects.toMatchObject(reason('vaultExists'))
  expect(readFileSync(join(path, 'bedside.db')).toString('base64')).toBe(before['bedside.db'])
  const dir = folder()
  writeFileSync(join(dir, 'thesis.doc'), 'years of work')
  await expect(createVault(dir, options)).rejects.toMatchObject(reason('folderNotEmpty', 'conflict'))
  expect(readdirSync(dir)).toEqual(['thesis.doc'])
})

test('a creation that fails leaves nothing half-made', async () => {
  const dir = folder()
  const weak = { ...options, keyDerivation: { memoryKiB: 8, iterations: 1, parallelism: 1 } }
  await expect(createVault(join(dir, 'a', 'b'), weak)).rejects.toMatchObject(
    reason('weakKeyDerivation', 'invalidInput'),
  )
  expect(readdirSync(dir)).toEqual([])
  mkdirSync(join(dir, 'empty'))
  await expect(createVault(join(dir, 'empty'), weak)).rejects.toMatchObject(reason('weakKeyDerivation'))
  expect(readdirSync(join(dir, 'empty'))).toEqual([])
})

test('an empty passphrase makes no vault and opens none', async () => {
  const dir = folder()
  await expect(createVault(dir, { ...options, passphrase: '' })).rejects.toMatchObject(
    reason('emptyPassphrase', 'invalidInput'),
  )
  expect(readdirSync(dir)).toEqual([])
  ;(await createVault(dir, options)).vault.close()
  await expect(openVault(dir, { passphrase: '' })).rejects.toMatchObject(reason('wrongPassphrase'))
})

test('a vault cannot be made below a file', async () => {
  const dir = folder()
  writeFileSync(join(dir, 'letter.txt'), 'Dear colleague')
  await expect(createVault(join(dir, 'letter.txt', 'vault'), options)).rejects.toMatchObject(reason('notAFolder'))
})

test('what a creation that was cut off left behind does not stand in the way of the next', async () => {
  const dir = folder()
  mkdirSync(join(dir, '.making'))
  writeFileSync(join(dir, '.making', 'bedside.db'), 'half')
  const { vault } = await createVault(dir, options)
  vault.close()
  expect(readdirSync(dir).sort()).toEqual(['bedside.db', 'bedside.lock', 'vault.json'])
})

test('one vault is open in one place: a second opening, in this process or another, is refused until the first closes', async () => {
  const { vault, path } = await made()
  await expect(openVault(path, { passphrase })).rejects.toMatchObject(reason('vaultInUse', 'conflict'))
  const elsewhere = () =>
    spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { openVault } from ${JSON.stringify(new URL('./vault.ts', import.meta.url).href)}
         await openVault(${JSON.stringify(path)}, { passphrase: ${JSON.stringify(passphrase)} }).then(
           ({ vault }) => { console.log('opened'); vault.close() }, (error) => console.log(error.failure?.reason ?? error))`,
      ],
      { encoding: 'utf8' },
    ).stdout.trim()
  expect(elsewhere()).toBe('vaultInUse')
  vault.close()
  expect(elsewhere()).toBe('opened')
})

test('writes run one after another, each whole or not at all', async () => {
  const { vault } = await made()
  const order: string[] = []
  const later = gate()
  const slow = vault.exclusive(async (store) => {
    writeSettings(store, null, { a: 1 })
    await later.passed
    order.push('slow')
  })
  const failing = vault.write((store) => {
    writeSettings(store, null, { b: 2 })
    order.push('failing')
    throw new Error('no')
  })
  const last = vault.write((store) => {
    order.push('last')
    return readSettings(store, null)
  })
  // Both had their chance to go before the slow one, which has begun.
  await new Promise((resolve) => setImmediate(resolve))
  expect(order).toEqual([])
  later.open()
  await expect(failing).rejects.toThrow('no')
  expect(await last).toEqual({ a: 1 })
  await slow
  expect(order).toEqual(['slow', 'failing', 'last'])
})

test('an import under way is seen by nobody, and gone when it fails', async () => {
  const { vault } = await made()
  let seen: unknown
  const failing = vault.exclusive(async (store) => {
    writeSettings(store, null, { half: true })
    await Promise.resolve()
    seen = readSettings(vault.read, null)
    throw new Error('cancelled')
  })
  await expect(failing).rejects.toThrow('cancelled')
  expect(seen).toEqual({})
  expect(readSettings(vault.read, null)).toEqual({})
})

test('an import does not leave a second copy of itself in the log', async () => {
  const { vault, path } = await made()
  await vault.exclusive(async (store) => {
    for (let i = 0; i < 200; i++) writeSettings(store, null, { [`big ${i}`]: 'x'.repeat(50_000) })
  })
  await expect.poll(() => statSync(join(path, 'bedside.db-wal')).size, { timeout: 20_000 }).toBe(0)
  expect(statSync(join(path, 'bedside.db')).size).toBeGreaterThan(10_000_000)
})

test('a reader cannot write, whatever statement it is given', async () => {
  const { vault } = await made()
  for (const sql of [
    "INSERT INTO setting (name, value) VALUES ('x', '1') RETURNING name",
    'DELETE FROM user RETURNING id',
  ])
    expect(() => vault.read.all(sql)).toThrow('A read store was asked to write')
  expect(vault.read.value('SELECT count(*) FROM user')).toBe(1)
})

test('a store is useless after its transaction, and a write inside a write is an error, not a wait for ever', async () => {
  const { vault } = await made()
  const kept = await vault.write((store) => store)
  expect(() => kept.value('SELECT 1')).toThrow('after its transaction')
  await expect(vault.exclusive(() => vault.write(() => 1))).rejects.toThrow('wait for itself')
  await expect(vault.write(async () => 1)).rejects.toThrow('use exclusive')
  expect(await vault.write(() => 'still writing')).toBe('still writing')
})

test('locking in the middle of an import rolls it back, and afterwards nothing answers', async () => {
  const { vault, path } = await made()
  const [half, later] = [gate(), gate()]
  const importing = vault.exclusive(async (store) => {
    writeSettings(store, null, { half: true })
    half.open()
    await later.passed
    writeSettings(store, null, { rest: true })
  })
  const waiting = vault.write((store) => writeSettings(store, null, { later: true }))
  const [first, second] = [importing, waiting].map((promise) => promise.catch((error) => error.failure?.reason))
  await half.passed
  vault.close()
  later.open()
  vault.close()
  expect(await first).toBe('vaultClosed')
  expect(await second).toBe('vaultClosed')
  expect(() => readSettings(vault.read, null)).toThrow('The vault is locked')
  const opened = await openVault(path, { passphrase })
  expect(readSettings(opened.vault.read, null)).toEqual({})
  opened.vault.close()
})

test('slow statements are told to the log without any value', async () => {
  const events: VaultEvent[] = []
  const { vault } = await made({ log: (event) => events.push(event) })
  const sql = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000)
    SELECT count(*) FROM n WHERE ? <> 'x'`
  vault.read.value(sql, 'Wilhelmina')
  expect(events).toHaveLength(1)
  expect(events[0]).toMatchObject({ event: 'slowQuery', sql })
  expect(events[0].milliseconds).toBeGreaterThan(40)
  expect(JSON.stringify(events)).not.toContain('Wilhelmina')
})

test('a process that dies in the middle of an import leaves the vault as it was, and unlocked for the next', async () => {
  const { vault, path } = await made()
  await vault.write((store) => writeSettings(store, null, { before: true }))
  vault.close()
  const script = `import { openVault } from ${JSON.stringify(new URL('./vault.ts', import.meta.url).href)}
    const { vault } = await openVault(${JSON.stringify(path)}, { passphrase: ${JSON.stringify(passphrase)} })
    await vault.exclusive(async (store) => {
      for (let i = 0; i < 20000; i++) store.run('INSERT INTO setting (name, value) VALUES (?, ?)', 'half ' + i, '1')
      process.kill(process.pid, 'SIGKILL')
      await new Promise(() => {})
    })`
  expect(spawnSync(process.execPath, ['--input-type=module', '-e', script]).signal).toBe('SIGKILL')
  const opened = await openVault(path, { passphrase })
  expect(readSettings(opened.vault.read, null)).toEqual({ before: true })
  expect(opened.vault.read.value('PRAGMA integrity_check')).toBe('ok')
  opened.vault.close()
})

/** A small file system of our own, where the machine lets us mount one. */
const smallDisk = (): string | null => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return null
  const path = folder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1500k', 'tmpfs', path], { stdio: 'ignore' })
  } catch {
    return null
  }
  removals.unshift(() => execFileSync('umount', ['-l', path]))
  return path
}

test('a full disk is told as such, and what was there before is still there', async (context) => {
  const disk = smallDisk()
  if (!disk) return context.skip('needs the right to mount a small disk')
  const { vault } = await createVault(join(disk, 'vault'), options)
  await vault.write((store) => writeSettings(store, null, { before: true }))
  const filling = vault.write((store) => {
    for (let i = 0; i < 100; i++) writeSettings(store, null, { [`big ${i}`]: 'x'.repeat(100_000) })
  })
  await expect(filling).rejects.toMatchObject(reason('diskFull', 'storageFailed'))
  expect(readSettings(vault.read, null)).toEqual({ before: true })
  vault.close()
  const opened = await openVault(join(disk, 'vault'), { passphrase })
  expect(readSettings(opened.vault.read, null)).toEqual({ before: true })
  opened.vault.close()
}, 60_000)

test('a read-only disk is told as such', async (context) => {
  const disk = smallDisk()
  if (!disk) return context.skip('needs the right to mount a small disk')
  const path = join(disk, 'vault')
  ;(await createVault(path, options)).vault.close()
  execFileSync('mount', ['-o', 'remount,ro', disk])
  const before = contents(path)
  await expect(openVault(path, { passphrase })).rejects.toMatchObject(reason('readOnly', 'storageFailed'))
  await expect(createVault(join(disk, 'other'), options)).rejects.toMatchObject(reason('readOnly'))
  expect(contents(path)).toEqual(before)
})

test('every fault of disk and database that a user can act on has its name; a fault of ours has none', () => {
  const named = (code: string) => {
    const error = storageError('/v', Object.assign(new Error(code), { code })) as { failure?: { reason: string } }
    return error.failure?.reason
  }
  expect(['ENOSPC', 'SQLITE_FULL'].map(named)).toEqual(['diskFull', 'diskFull'])
  expect(['EROFS', 'EACCES', 'EPERM', 'SQLITE_READONLY_DBMOVED', 'SQLITE_CANTOPEN'].map(named)).toEqual(
    Array(5).fill('readOnly'),
  )
  expect(['SQLITE_BUSY', 'SQLITE_BUSY_SNAPSHOT', 'SQLITE_LOCKED'].map(named)).toEqual(Array(3).fill('vaultInUse'))
  expect(['SQLITE_CORRUPT', 'SQLITE_CORRUPT_INDEX', 'SQLITE_NOTADB'].map(named)).toEqual(Array(3).fill('vaultDamaged'))
  expect(['SQLITE_IOERR_READ', 'EIO'].map(named)).toEqual(['diskFailed', 'diskFailed'])
  expect(['SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_ERROR', 'ENOENT'].map(named)).toEqual([undefined, undefined, undefined])
})

test('a process that dies while an import moves from the log into the database loses nothing', async () => {
  const { vault, path } = await made()
  await vault.exclusive(async (store) => {
    for (let i = 0; i < 100; i++) writeSettings(store, null, { [`big ${i}`]: 'x'.repeat(50_000) })
  })
  const crashed = folder()
  // The log is whole; the database has got a part of it, and half a page more.
  for (const name of ['vault.json', 'bedside.db', 'bedside.db-wal'])
    writeFileSync(join(crashed, name), readFileSync(join(path, name)))
  const database = readFileSync(join(path, 'bedside.db'))
  writeFileSync(join(crashed, 'bedside.db'), Buffer.concat([database, Buffer.alloc(4096 * 2 + 2000, 7)]))
  const opened = await openVault(crashed, { passphrase })
  expect(Object.keys(readSettings(opened.vault.read, null))).toHaveLength(100)
  expect(opened.vault.read.value('PRAGMA integrity_check')).toBe('ok')
  opened.vault.close()
})

test('a log cut by a power failure loses the last commit at most, never the vault', async () => {
  const { vault, path } = await made()
  await vault.write((store) => writeSettings(store, null, { first: true }))
  vault.close()
  const crashed = folder()
  const open: Vault = (await openVault(path, { passphrase })).vault
  await open.write((store) => writeSettings(store, null, { second: true }))
  for (const name of ['vault.json', 'bedside.db', 'bedside.db-wal'])
    writeFileSync(join(crashed, name), readFileSync(join(path, name)))
  open.close()
  chmodSync(crashed, 0o700)
  truncateSync(join(crashed, 'bedside.db-wal'), statSync(join(crashed, 'bedside.db-wal')).size - 100)
  const opened = await openVault(crashed, { passphrase })
  expect(readSettings(opened.vault.read, null)).toEqual({ first: true })
  opened.vault.close()
  expect(existsSync(join(crashed, 'bedside.db-wal'))).toBe(false)
})
