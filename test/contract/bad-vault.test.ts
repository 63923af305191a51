import { createHash } from 'node:crypto'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import reasons from '../../resources/texts/reasons.zh-CN.json' with { type: 'json' }
import type { Failure } from '../../src/contract/errors.ts'
import { canonicalJson, sha256 } from '../../src/core/numbers/digest.ts'
import { openSlot } from '../../src/core/vault/keys/slots.ts'
import { readVaultFile, vaultFilePath } from '../../src/core/vault/keys/vaultFile.ts'
import { databasePath, openDatabase } from '../../src/core/vault/store/database.ts'
import { schemaVersion } from '../../src/core/vault/store/schema.ts'
import { openVault, type Vault } from '../../src/core/vault/store/vault.ts'
import { importSample, startApp } from '../crash/acts.ts'
import { type Disk, smallDisk } from '../crash/disk.ts'
import { bedside } from '../e2e/command.ts'
import { passphrase } from '../fixtures/vault.ts'

/**
 * A vault that cannot be opened, for whatever reason, says which, in the API and in the shell, in both languages, and
 * is left as it was, byte for byte.
 */
const folder = mkdtempSync(join(tmpdir(), 'bedside-bad-'))
const whole = join(folder, 'whole')
/** Whose slot was revoked. */
const grace = 'nine purple umbrellas dancing'
let disk: Disk | null = null

beforeAll(async () => {
  const app = startApp(whole)
  const client = app.client(app.connect('cli'))
  await client.vault.create({ displayName: 'Dr. Adams', passphrase, login: 'adams' })
  await importSample(client, 'pima.csv', 'pima')
  const { user } = await client.users.add({ displayName: 'Grace', login: 'grace', role: 'doctor', passphrase: grace })
  const slot = (await client.users.slots()).find((each) => each.user === user)
  await client.users.revokeSlot({ slot: slot?.slot ?? '' })
  await app.close()
  disk = smallDisk(16)
}, 60_000)
afterAll(() => {
  disk?.remove()
  rmSync(folder, { recursive: true, force: true })
})

/**
 * Name and hash of each file. `attempts.json` and `refused.jsonl` count and note wrong passphrases, as they are there
 * to. The lock is empty, and must not be opened here: a process that closes a file loses the locks it holds on it
 * (POSIX).
 */
const contents = (dir: string, noted: readonly string[] = []): string[] =>
  readdirSync(dir)
    .filter((name) => !noted.includes(name))
    .sort()
    .map((name) => `${name} ${name === 'bedside.lock' ? statSync(join(dir, name)).size : hashOf(join(dir, name))}`)

const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex')

const changeJson = (dir: string, change: (content: Record<string, unknown>) => void, sealed = true) => {
  const { checksum, ...content } = JSON.parse(readFileSync(vaultFilePath(dir), 'utf8'))
  change(content)
  const sum = sealed ? sha256(canonicalJson(content)) : checksum
  writeFileSync(vaultFilePath(dir), JSON.stringify({ ...content, checksum: sum }))
}
const flip = (file: string, at: number) => {
  const bytes = readFileSync(file)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(file, bytes)
}
const keyOf = async (dir: string): Promise<Buffer> => {
  const { vault, slots } = readVaultFile(dir)
  const [slot] = slots
  const key = slot && (await openSlot(vault, slot, passphrase))
  if (!key) throw new Error('the passphrase opens no slot')
  return key
}

interface Case {
  name: string
  code: Failure['code']
  reason: string
  /** What the English sentence has to say. */
  says: RegExp
  secret?: string
  /** Files that the refusal itself may write. */
  noted?: string[]
  spoil?: (dir: string) => void | Promise<void> | Promise<() => void>
}

const told = ['attempts.json', 'refused.jsonl']
const cases: Case[] = [
  {
    name: 'a wrong passphrase',
    code: 'notAllowed',
    reason: 'wrongPassphrase',
    says: /passphrase is wrong/,
    secret: 'guess',
    noted: told,
  },
  {
    name: 'a guess too many',
    code: 'notAllowed',
    reason: 'throttled',
    says: /next try is possible in \d+ s/,
    noted: told,
    spoil: async (dir) => {
      const app = startApp(dir)
      for (let at = 0; at < 6; at++)
        await app
          .client(app.connect('cli'))
          .vault.unlock({ passphrase: 'guess' })
          .catch(() => {})
      await app.close()
    },
  },
  {
    name: 'the passphrase of a slot that was revoked',
    code: 'notAllowed',
    reason: 'wrongPassphrase',
    says: /not that of this user/,
    secret: grace,
    noted: told,
  },
  {
    name: 'a database cut short',
    code: 'storageFailed',
    reason: 'vaultTruncated',
    says: /cut short.*Restore the vault/,
    spoil: (dir) => truncateSync(databasePath(dir), 3 * 4096),
  },
  {
    name: 'a database cut within a page',
    code: 'storageFailed',
    reason: 'vaultTruncated',
    says: /cut short/,
    spoil: (dir) => truncateSync(databasePath(dir), 10_000),
  },
  {
    name: 'a bit flipped in the first page',
    code: 'storageFailed',
    reason: 'vaultDamaged',
    says: /damaged.*Restore the vault/,
    spoil: (dir) => flip(databasePath(dir), 2000),
  },
  {
    name: 'bits flipped in the pages behind it',
    code: 'storageFailed',
    reason: 'vaultDamaged',
    says: /damaged/,
    spoil: (dir) => {
      const pages = readFileSync(databasePath(dir)).length / 4096
      for (let page = 1; page < pages; page++) flip(databasePath(dir), page * 4096 + 100)
    },
  },
  {
    name: 'a bit flipped in a key slot',
    code: 'storageFailed',
    reason: 'vaultDamaged',
    says: /vault\.json was altered/,
    spoil: (dir) => flip(vaultFilePath(dir), readFileSync(vaultFilePath(dir), 'utf8').indexOf('"wrapped"') + 14),
  },
  {
    name: 'a vault.json cut short',
    code: 'storageFailed',
    reason: 'vaultDamaged',
    says: /vault\.json cannot be read/,
    spoil: (dir) => truncateSync(vaultFilePath(dir), 300),
  },
  {
    name: 'a cipher that this Bedside does not know',
    code: 'storageFailed',
    reason: 'vaultDamaged',
    says: /vault\.json was altered/,
    spoil: (dir) =>
      changeJson(dir, (content) => {
        content.cipher = 'rot13'
      }),
  },
  {
    name: 'a vault.json of a newer Bedside',
    code: 'storageFailed',
    reason: 'vaultNewer',
    says: /newer Bedside.*Update/,
    spoil: (dir) =>
      changeJson(dir, (content) => {
        content.version = 99
      }),
  },
  {
    name: 'a database of a newer Bedside',
    code: 'storageFailed',
    reason: 'vaultNewer',
    says: /newer Bedside.*Update/,
    spoil: async (dir) => {
      const db = openDatabase(databasePath(dir), { cipher: readVaultFile(dir).cipher, key: await keyOf(dir) })
      db.pragma(`user_version = ${schemaVersion + 1}`)
      db.close()
    },
  },
  {
    name: 'a vault that is open elsewhere',
    code: 'conflict',
    reason: 'vaultInUse',
    says: /open in another Bedside/,
    spoil: async (dir): Promise<() => void> => {
      const { vault }: { vault: Vault } = await openVault(dir, { passphrase })
      return () => vault.close()
    },
  },
  {
    name: 'a folder of something else',
    code: 'storageFailed',
    reason: 'notAVault',
    says: /not a Bedside vault/,
    spoil: (dir) => {
      rmSync(databasePath(dir))
      writeFileSync(vaultFilePath(dir), '{"name": "my-package"}')
    },
  },
]

const refusalOf = async (dir: string, secret: string): Promise<Failure> => {
  const app = startApp(dir)
  try {
    const client = app.client(app.connect('cli'))
    await client.vault.unlock({ passphrase: secret })
    await client.studies.list()
  } catch (error) {
    return (error as { data: Failure }).data
  } finally {
    await app.close()
  }
  throw new Error('It opened')
}

const examine = async (dir: string, { code, reason, says, secret = passphrase, noted = [] }: Omit<Case, 'name'>) => {
  const before = contents(dir, noted)
  const failure = await refusalOf(dir, secret)
  expect(failure).toMatchObject({ code, reason })
  expect(failure.message).toMatch(says)
  expect(contents(dir, noted)).toEqual(before)
  expect((reasons as Record<string, string>)[reason]).toMatch(/[\u4e00-\u9fff]/)

  const shell = await bedside(dir, ['studies'], { secret })
  expect(shell).toMatchObject({ code: 1, stdout: '' })
  expect(shell.stderr).toMatch(says)
  expect(shell.stderr.trimEnd().split('\n')).toHaveLength(1)
  expect(contents(dir, noted)).toEqual(before)
}

test.for(cases)('$name: told by name in the API and the shell, and the folder is as it was', async (given) => {
  const dir = mkdtempSync(join(folder, 'case-'))
  cpSync(whole, dir, { recursive: true })
  const undo = await given.spoil?.(dir)
  try {
    await examine(dir, given)
  } finally {
    undo?.()
  }
})

test('a disk that can only be read: told by name in the API and the shell, and the folder is as it was', async (context) => {
  if (!disk) return context.skip('needs the right to mount a small disk')
  const dir = join(disk.path, 'vault')
  mkdirSync(dir)
  cpSync(whole, dir, { recursive: true })
  disk.readOnly()
  await examine(dir, { code: 'storageFailed', reason: 'readOnly', says: /read-only.*Nothing was changed/ })
  // Nor is one made there.
  const made = await bedside(join(disk.path, 'other'), ['init', '--name', 'Dr. Lin'])
  expect(made.code).toBe(1)
  expect(made.stderr).toMatch(/read-only/)
  expect(readdirSync(disk.path)).toEqual(['vault'])
})
