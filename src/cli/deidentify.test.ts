import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp } from '../core/app.ts'
import { installation } from '../core/installation.ts'
import { parseCommand } from './arguments.ts'
import { commands } from './commands/index.ts'
import { sentenceOf } from './failure.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bedside-deidentify-'))
const app = createApp({
  vaultPath: join(folder, 'vault'),
  resources: join(root, 'resources'),
  workers: installation().workers,
  build: '0.0.0+test',
  threads: 1,
  keyDerivation: { memoryKiB: 47104, iterations: 1, parallelism: 1 },
})
const client = app.client(app.connect('cli'))

beforeAll(async () => {
  await client.vault.create({ displayName: 'Dr. Adams', passphrase: 'correct horse battery staple' })
  const { job } = await client.samples.load({ names: ['pbc'], train: false })
  for await (const { failure } of await client.jobs.watch({ job })) expect(failure).toBeNull()
})
afterAll(async () => {
  await app.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Runs `export --study pbc --deidentify ...`; what it said in order, and the error's sentence. */
const run = async (
  words: string[],
  { aborted = false, onSaid = () => {} }: { aborted?: boolean; onSaid?: () => void } = {},
) => {
  const said: string[] = []
  let answer: unknown = null
  let error: string | null = null
  const control = new AbortController()
  if (aborted) control.abort()
  const terminal = {
    json: words.includes('--json'),
    answer: (value: unknown, lines: readonly string[]) => {
      answer = value
      said.push(...lines)
    },
    write: async (text: string | Uint8Array) => {
      said.push(String(text))
      onSaid()
    },
    warn: (sentence: string) => said.push(`warning: ${sentence}`),
    progress: () => {},
    clearProgress: () => {},
  }
  try {
    const parsed = parseCommand(['export', '--study', 'pbc', ...words], commands)
    if (parsed.kind !== 'run') throw new Error('help')
    const prepared = parsed.command.prepare(parsed.options, parsed.operands)
    await prepared({ client, terminal, registerFile: app.registerFile, signal: control.signal, passphrase: '' })
  } catch (thrown) {
    error = sentenceOf(thrown)
  }
  return { said, answer: answer as Record<string, unknown> | null, error }
}
const at = (name: string) => join(folder, name)
const left = () => readdirSync(folder).filter((name) => name !== 'vault')

test('the report is on the screen before the file is on the disk', async () => {
  let before: string[] = []
  const { said, error } = await run(['--deidentify', '--out', at('pbc.csv')], { onSaid: () => (before = left()) })
  expect(error).toBeNull()
  expect(before).toEqual([])
  expect(said.join('\n')).toMatch(
    /k-anonymity: 418 cases of 418 patients[\s\S]*alone in their class: 25[\s\S]*written to/,
  )
  expect(readFileSync(at('pbc.csv'), 'utf8').split('\r\n')).toHaveLength(420)
  expect(statSync(at('pbc.csv')).mode & 0o077).toBe(0)
  rmSync(at('pbc.csv'))
})

test('a report alone writes nothing and needs no key', async () => {
  const { answer, error } = await run(['--deidentify', '--report-only', '--json'])
  expect(error).toBeNull()
  expect(answer).toMatchObject({ report: { before: { unique: { patients: 25 } } } })
  expect(left()).toEqual([])
})

test('a folder is there whole with its report, or not at all; an older one is not mixed with', async () => {
  const words = ['--deidentify', '--format', 'fhir', '--out', at('shared')]
  expect((await run(words, { aborted: true })).error).toMatch(/nothing was written/)
  expect(left()).toEqual([])
  const { error } = await run(words)
  expect(error).toBeNull()
  const files = ['Encounter.ndjson', 'Observation.ndjson', 'Patient.ndjson', 'report.json']
  expect(readdirSync(at('shared')).sort()).toEqual(files)
  expect((await run(words)).error).toMatch(/not empty/)
  mkdirSync(at('empty'))
  expect((await run(['--deidentify', '--out', at('empty')])).error).toBeNull()
  expect(readdirSync(at('empty')).sort()).toEqual(['cases.csv', 'report.json'])
  writeFileSync(at('file'), '')
  expect((await run(['--deidentify', '--out', at('file')])).error).toMatch(/is a file/)
})

test('forgetting --deidentify does not export true dates under an option that sounds safe', async () => {
  for (const words of [['--minimum-k', '5'], ['--dates', 'year'], ['--report-only']])
    expect((await run([...words, '--out', at('raw.csv')])).error).toMatch(/is for export --deidentify/)
  expect(left()).not.toContain('raw.csv')
})

test('what cannot be done is said before anything is made', async () => {
  const errorOf = async (...words: string[]) => (await run(['--deidentify', ...words])).error
  expect(await errorOf()).toMatch(/needs --out/)
  expect(await errorOf('--out', at('x.csv'), '--format', 'fhir')).toMatch(/folder/)
  expect(await errorOf('--out', at('x.csv'), '--format', 'xml')).toMatch(/csv or fhir/)
  expect(await errorOf('--out', at('x.csv'), '--key', 'typo')).toMatch(/no export key typo/)
  expect(await errorOf('--out', at('x.csv'), '--quasi', 'agee')).toMatch(/no column agee/)
  expect((await client.exports.keys()).map(({ key }) => key)).toEqual(['default'])
})
