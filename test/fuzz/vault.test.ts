import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BedsideError } from '../../src/contract/errors.ts'
import { ciphers } from '../../src/contract/vault.ts'
import { readTable } from '../../src/core/vault/records/cases.ts'
import { readChart } from '../../src/core/vault/records/chart.ts'
import { searchPatients } from '../../src/core/vault/records/worklist.ts'
import { openVault, type Vault } from '../../src/core/vault/store/vault.ts'
import { concept, freshFolder, freshVault, importCases, passphrase } from '../fixtures/vault.ts'

/**
 * Bits flip on disks. Whatever byte it is, a damaged vault is told as damaged, never read as other values, and not
 * touched.
 */
describe.each(ciphers)('%s', (cipher) => {
  const folder = freshFolder()
  /** Most for the cipher that new vaults get. */
  const runs = cipher === ciphers[0] ? 40 : 15
  const whole = join(folder.path, 'whole')
  let answers: string

  const patients = 300
  const everythingOf = (vault: Vault): string =>
    JSON.stringify([
      readTable(vault.read, 'ward'),
      Array.from({ length: patients / 5 }, (_, at) => readChart(vault.read, 5 * at + 1)),
      searchPatients(vault.read, { query: 'wang', study: null, offset: 0, limit: 500 }),
      searchPatients(vault.read, { query: 'MRN-1', study: null, offset: 0, limit: 500 }),
      vault.read.all('SELECT * FROM provenance'),
    ])

  beforeAll(async () => {
    const { vault, path, remove } = await freshVault({ cipher })
    await vault.write((store) =>
      importCases(
        store,
        'ward',
        ['a', 'b', 'c', 'd'].map((name) => concept(name, 'number')),
        Array.from({ length: patients }, (_, at) => ({
          patientKey: `MRN-${at}`,
          name: `Wang Number ${at}`,
          birthDate: `19${10 + (at % 90)}-01-01`,
          cells: { a: at, b: at / 7, c: Math.sqrt(at), d: null },
        })),
      ),
    )
    answers = everythingOf(vault)
    vault.close()
    mkdirSync(whole)
    for (const name of readdirSync(path)) copyFileSync(join(path, name), join(whole, name))
    remove()
  })
  afterAll(() => folder.remove())

  let state = 20_250_101
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }

  const contents = (dir: string) =>
    readdirSync(dir)
      .sort()
      .map(
        (name) =>
          `${name} ${createHash('sha256')
            .update(readFileSync(join(dir, name)))
            .digest('hex')}`,
      )
      .join('\n')

  /**
   * What became of opening and reading a copy with one file changed; fails where the disk was changed or the values
   * differ.
   */
  const attempt = async (file: string, change: (bytes: Buffer) => Uint8Array): Promise<string> => {
    const dir = join(folder.path, 'copy')
    rmSync(dir, { recursive: true, force: true })
    mkdirSync(dir)
    for (const name of readdirSync(whole)) copyFileSync(join(whole, name), join(dir, name))
    writeFileSync(join(dir, file), change(readFileSync(join(whole, file))))
    const before = contents(dir)
    let outcome: string
    let vault: Vault | null = null
    try {
      ;({ vault } = await openVault(dir, { passphrase }))
      const read = everythingOf(vault)
      outcome = read === answers ? 'same' : 'different'
    } catch (error) {
      if (!(error instanceof BedsideError)) throw error
      expect(error.failure.message).toMatch(/\.$/)
      outcome = error.failure.reason
    } finally {
      vault?.close()
    }
    expect(`${outcome}\n${contents(dir)}`).toBe(`${outcome}\n${before}`)
    expect(existsSync(join(dir, 'bedside.db-wal'))).toBe(false)
    return outcome
  }

  const flip = (at: number, bit: number) => (bytes: Buffer) => {
    bytes[at % bytes.length] ^= 1 << bit
    return bytes
  }

  test('untouched, the copy opens and reads the same', async () => {
    expect(await attempt('bedside.db', (bytes) => bytes)).toBe('same')
  })

  test('a flipped bit in the header of the database is told', async () => {
    const outcomes = new Set<string>()
    // The first 24 bytes are in clear: each of them.
    for (let at = 0; at < 100; at += at < 24 ? 1 : 15) outcomes.add(await attempt('bedside.db', flip(at, random(8))))
    expect([...outcomes]).toEqual(['vaultDamaged'])
  }, 120_000)

  test('a flipped bit in any page is told when the page is read, or lies where nothing is stored; no value ever changes', async () => {
    const size = readFileSync(join(whole, 'bedside.db')).length
    const outcomes = new Map<string, number>()
    for (let run = 0; run < runs; run++) {
      const outcome = await attempt('bedside.db', flip(random(size), random(8)))
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }
    expect([...outcomes.keys()].filter((outcome) => outcome !== 'same')).toEqual(['vaultDamaged'])
    expect(outcomes.get('vaultDamaged')).toBeGreaterThan(runs / 3)
  }, 180_000)

  test('pages that changed places are told', async () => {
    const swap = (a: number, b: number) => (bytes: Buffer) => {
      const [first, second] = [a, b].map((page) => Buffer.from(bytes.subarray(page * 4096, (page + 1) * 4096)))
      bytes.set(second, a * 4096)
      bytes.set(first, b * 4096)
      return bytes
    }
    const pages = readFileSync(join(whole, 'bedside.db')).length / 4096
    expect(await attempt('bedside.db', swap(0, 1))).toBe('vaultDamaged')
    const outcomes = new Set<string>()
    for (let run = 0; run < 10; run++)
      outcomes.add(await attempt('bedside.db', swap(1 + random(pages - 1), 1 + random(pages - 1))))
    outcomes.delete('same')
    expect([...outcomes]).toEqual(['vaultDamaged'])
  }, 120_000)

  test('a flipped bit in vault.json is told before anyone is blamed for a wrong passphrase', async () => {
    const outcomes = new Map<string, number>()
    const text = readFileSync(join(whole, 'vault.json'), 'utf8')
    for (let run = 0; run < 150; run++) {
      const at = random(text.length)
      const outcome = await attempt('vault.json', flip(at, random(8)))
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      // The only harmless bytes are the white space between the fields.
      if (outcome === 'same') expect(text[at]).toMatch(/\s/)
    }
    expect(outcomes.get('vaultDamaged')).toBeGreaterThan(100)
    expect([...outcomes.keys()].filter((outcome) => !['same', 'vaultDamaged', 'notAVault'].includes(outcome))).toEqual(
      [],
    )
  }, 120_000)

  test('a file cut at any length is told', async () => {
    for (let run = 0; run < 25; run++) {
      const outcome = await attempt('bedside.db', (bytes) => bytes.subarray(0, random(bytes.length)))
      expect(outcome).toBe('vaultTruncated')
    }
    for (let run = 0; run < 25; run++) {
      const outcome = await attempt('vault.json', (bytes) => bytes.subarray(0, random(bytes.length - 2)))
      expect(['vaultDamaged', 'notAVault']).toContain(outcome)
    }
  }, 120_000)

  test('a file of anything else is told', async () => {
    for (let run = 0; run < 10; run++) {
      const bytes = Buffer.from(Array.from({ length: 4096 * (1 + random(4)) }, () => random(256)))
      expect(await attempt('bedside.db', () => bytes)).toBe('vaultDamaged')
      expect(['vaultDamaged', 'notAVault']).toContain(await attempt('vault.json', () => bytes))
    }
  }, 120_000)
})
