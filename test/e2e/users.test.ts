import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { bedside, passphrase } from './command.ts'

const folder = mkdtempSync(join(tmpdir(), 'bedside-cli-users-'))
const vault = join(folder, 'vault')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const withEnvironment = async <T>(variables: Record<string, string>, work: () => Promise<T>): Promise<T> => {
  Object.assign(process.env, variables)
  try {
    return await work()
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name]
  }
}
const run = async (words: string[], secret = passphrase, more: Record<string, string> = {}) => {
  const { code, stdout, stderr } = await withEnvironment(more, () => bedside(vault, [...words, '--json'], { secret }))
  return { code, stderr, answer: stdout === '' ? null : JSON.parse(stdout) }
}
const grace = 'seven lanterns over quiet water'
const next = 'umbrella tulip engine forty'

test('a vault with an easy passphrase is not made from a shell either', async () => {
  const { code, stderr } = await run(['init', '--name', 'Ada'], 'Password1!')
  expect(code).toBe(1)
  expect(stderr).toMatch(/too easy to guess/)
  expect((await run(['init', '--name', 'Ada', '--login', 'ada'])).code).toBe(0)
})

test('users come and go from a shell, and no passphrase stands on a command line', async () => {
  const added = await run(
    ['users', 'add', '--login', 'grace', '--name', 'Grace Hopper', '--role', 'doctor'],
    passphrase,
    { BEDSIDE_NEW_PASSPHRASE: grace },
  )
  expect(added).toMatchObject({ code: 0, answer: { login: 'grace', role: 'doctor' } })
  expect((await run(['--user', 'grace', 'studies'], grace)).code).toBe(0)
  expect((await run(['--user', 'grace', 'users', 'list'], grace)).stderr).toMatch(/needs administrator/)
  expect((await run(['users', 'disable', '--who', 'Ada'])).stderr).toMatch(/last administrator/)
  expect((await run(['users', 'disable', '--who', 'grace'])).code).toBe(0)
  expect((await run(['--user', 'grace', 'studies'], grace)).stderr).toMatch(/passphrase is wrong/)
  const { answer } = await run(['users', 'list'])
  expect(
    answer.users.map(({ displayName, disabledAt }: { displayName: string; disabledAt: string | null }) => [
      displayName,
      disabledAt !== null,
    ]),
  ).toEqual([
    ['Ada', false],
    ['Grace Hopper', true],
  ])
  expect((await run(['users', 'remove', '--who', 'grace'])).code).toBe(2)
})

test('passphrase, recovery kit and re-keying work from a shell', async () => {
  expect((await run(['passphrase'], passphrase, { BEDSIDE_NEW_PASSPHRASE: next })).code).toBe(0)
  const { answer: kit } = await run(['recovery-kit'], next)
  expect(kit.code).toMatch(/^(.{4}-){6}.{4}$/)
  expect((await run(['rekey'], next)).answer.rekeyedAt).toMatch(/^\d{4}-/)
  const variables = { BEDSIDE_RECOVERY_CODE: kit.code, BEDSIDE_NEW_PASSPHRASE: passphrase }
  expect((await run(['recover'], 'unused', variables)).answer).toMatchObject({ recovered: true, displayName: 'Ada' })
  expect((await run(['studies'], next)).stderr).toMatch(/passphrase is wrong/)
  expect((await run(['studies'])).code).toBe(0)
})
