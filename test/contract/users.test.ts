import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Failure } from '../../src/contract/errors.ts'
import type { Job } from '../../src/contract/jobs.ts'
import type { VaultStateEvent } from '../../src/contract/vault.ts'
import { type App, createApp, type VaultState } from '../../src/core/app.ts'
import { installation } from '../../src/core/installation.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const passphrase = 'correct horse battery staple'
const grace = { displayName: 'Grace', login: 'grace', role: 'doctor' as const, passphrase: 'seven lanterns over water' }
let folder: string
let clock: number
let states: VaultState[]
let app: App

const start = () => {
  states = []
  app = createApp({
    vaultPath: join(folder, 'vault'),
    resources: join(root, 'resources'),
    workers: installation().workers,
    build: '0.0.0+test',
    threads: 1,
    keyDerivation: { memoryKiB: 47104, iterations: 1, parallelism: 1 },
    now: () => clock,
    patrolMilliseconds: 20,
    onState: (state) => states.push(state),
  })
  return app
}
const window = () => app.client(app.connect('desktop'))
const refusal = async (work: Promise<unknown>): Promise<Failure> => {
  const error = await work.then(
    () => null,
    (reason: { data: Failure }) => reason,
  )
  expect(error).not.toBeNull()
  return (error as { data: Failure }).data
}
const done = async (client: ReturnType<typeof window>, { job }: { job: string }): Promise<Job> => {
  let last: Job | null = null
  for await (const state of await client.jobs.watch({ job })) last = state
  return last as Job
}
const made = async () => {
  const client = window()
  const session = await client.vault.create({ displayName: 'Dr. Adams', login: 'adams', passphrase })
  return { client, session }
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bedside-users-'))
  clock = 1_700_000_000_000
  start()
})
afterEach(async () => {
  await app.close()
  rmSync(folder, { recursive: true, force: true })
})

test('a vault is not begun with a passphrase that anyone would guess', async () => {
  const client = window()
  const failure = await refusal(client.vault.create({ displayName: 'Dr. Adams', passphrase: 'Password1!' }))
  expect(failure).toMatchObject({ code: 'invalidInput', reason: 'weakPassphrase' })
  expect((await client.vault.status()).state).toBe('absent')
})

test('who is shut out or demoted feels it at once, in a window that is open', async () => {
  const { client } = await made()
  const { user } = await client.users.add(grace)
  const other = window()
  await other.vault.unlock({ user: 'grace', passphrase: grace.passphrase })
  await other.patients.search({})
  await client.users.changeRole({ user, role: 'auditor' })
  expect((await refusal(other.patients.search({}))).reason).toBe('role')
  expect((await other.vault.status()).session?.role).toBe('auditor')
  await client.users.disable({ user })
  expect((await refusal(other.audit.list({}))).reason).toBe('locked')
  expect((await refusal(other.vault.unlock({ user: 'grace', passphrase: grace.passphrase }))).reason).toBe(
    'wrongPassphrase',
  )
  const listed = (await client.users.list()).users.find((each) => each.user === user)
  expect(listed).toMatchObject({ displayName: 'Grace', signedIn: false, passphraseSetAt: null })
  expect(listed?.disabledAt).not.toBeNull()
})

test('only who knows the old passphrase can change it; an administrator resets what was forgotten', async () => {
  const { client } = await made()
  const { user } = await client.users.add(grace)
  const other = window()
  await other.vault.unlock({ user: 'grace', passphrase: grace.passphrase })
  const change = (old: string, next: string) => other.users.changePassphrase({ old, passphrase: next })
  expect((await refusal(change('wrong', 'a whole new set of words'))).reason).toBe('wrongPassphrase')
  expect((await refusal(change(grace.passphrase, 'grace1234'))).reason).toBe('weakPassphrase')
  await change(grace.passphrase, 'a whole new set of words')
  const again = window()
  await again.vault.unlock({ user: 'grace', passphrase: 'a whole new set of words' })
  await client.users.resetPassphrase({ user, passphrase: 'umbrella tulip engine forty' })
  expect((await again.vault.status()).state).toBe('locked')
  await again.vault.unlock({ user: 'grace', passphrase: 'umbrella tulip engine forty' })
})

test('guessing is slowed down, for the right passphrase too, and starting again does not help', async () => {
  const { client } = await made()
  await client.vault.lock()
  for (let i = 0; i < 3; i++)
    expect((await refusal(client.vault.unlock({ passphrase: 'no' }))).reason).toBe('wrongPassphrase')
  expect((await client.vault.status()).waitSeconds).toBe(5)
  expect(await refusal(client.vault.unlock({ passphrase }))).toMatchObject({
    reason: 'throttled',
    details: { seconds: 5 },
  })
  await app.close()
  start()
  const later = window()
  expect((await refusal(later.vault.unlock({ passphrase }))).reason).toBe('throttled')
  clock += 5_000
  await later.vault.unlock({ passphrase })
  expect((await later.vault.status()).waitSeconds).toBe(0)
})

test('a lost passphrase is not the end: the recovery kit opens the vault once and sets a new one', async () => {
  const { client } = await made()
  expect((await refusal(client.users.makeRecoveryKit({ passphrase: 'wrong' }))).reason).toBe('wrongPassphrase')
  const kit = await client.users.makeRecoveryKit({ passphrase })
  expect(kit.text.zh.join()).toContain(kit.code)
  await client.vault.lock()
  expect((await client.vault.status()).recovery).toBe(true)
  const next = 'umbrella tulip engine forty'
  expect((await refusal(client.vault.recover({ code: `${kit.code}X`, passphrase: next }))).reason).toBe(
    'mistypedRecoveryCode',
  )
  expect((await refusal(client.vault.recover({ code: kit.code, passphrase: 'dr. adams' }))).reason).toBe(
    'weakPassphrase',
  )
  expect((await client.vault.status()).state).toBe('locked')
  const session = await client.vault.recover({ code: kit.code.toLowerCase(), passphrase: next })
  expect(session).toMatchObject({ displayName: 'Dr. Adams', role: 'administrator' })
  await client.vault.lock()
  expect((await refusal(client.vault.recover({ code: kit.code, passphrase: next }))).reason).toBe('wrongRecoveryCode')
  expect((await refusal(client.vault.unlock({ passphrase }))).reason).toBe('wrongPassphrase')
  await client.vault.unlock({ user: 'adams', passphrase: next })
})

test('a window left alone locks itself; one in use does not, and looking at jobs is no use', async () => {
  const { client } = await made()
  await client.vault.setPolicy({ autoLockMinutes: 2 })
  const events: VaultStateEvent[] = []
  const following = (async () => {
    for await (const event of await client.vault.watch()) {
      events.push(event)
      if (event.state === 'locked') return
    }
  })()
  clock += 100_000
  await client.vault.active()
  clock += 100_000
  // Several patrols go by.
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect((await client.vault.status()).state).toBe('open')
  await client.jobs.list()
  clock += 30_000
  await following
  expect(events).toEqual([
    { state: 'open', reason: null },
    { state: 'locked', reason: 'idle' },
  ])
  expect(await client.vault.status()).toMatchObject({ state: 'locked', session: null })
  expect(states.at(-1)?.open).toBe(false)
  await client.vault.unlock({ passphrase })
  const [entry] = (await client.audit.list({ limit: 10 })).entries.filter(({ act }) => act === 'vault.lock')
  expect(entry).toMatchObject({ record: 'reason/idle', outcome: 'done' })
})

test('the system locks its screen or sleeps: every window is locked, the vault is closed', async () => {
  const { client } = await made()
  const other = window()
  await other.vault.unlock({ passphrase })
  await client.vault.setPolicy({ screenProtection: true })
  expect(states.at(-1)).toEqual({ open: true, policy: { autoLockMinutes: 15, screenProtection: true } })
  await app.lock()
  for (const each of [client, other]) expect((await each.vault.status()).state).toBe('locked')
  expect(states.at(-1)?.open).toBe(false)
})

test('a lock does not throw away the training that runs; the vault closes when it has ended', async () => {
  const { client } = await made()
  const { job } = await client.samples.load({})
  await client.vault.lock()
  expect((await client.vault.status()).state).toBe('locked')
  expect((await refusal(client.patients.search({}))).reason).toBe('locked')
  await client.vault.unlock({ passphrase })
  const { state, failure } = await done(client, { job })
  expect(failure).toBeNull()
  expect(state).toBe('done')
})

test('encrypting the vault anew is a job of its own; everybody goes on as before', async () => {
  const { client } = await made()
  await client.users.add(grace)
  const kit = await client.users.makeRecoveryKit({ passphrase })
  expect((await refusal(client.users.rekey({ passphrase: 'wrong' }))).reason).toBe('wrongPassphrase')
  const job = await done(client, await client.users.rekey({ passphrase }))
  expect(job.failure).toBeNull()
  const { rekeyedAt, rekeyInterrupted } = await client.users.list()
  expect(rekeyedAt).not.toBeNull()
  expect(rekeyInterrupted).toBe(false)
  await client.vault.lock()
  const other = window()
  await other.vault.unlock({ user: 'grace', passphrase: grace.passphrase })
  await other.vault.lock()
  await other.vault.recover({ code: kit.code, passphrase: 'umbrella tulip engine forty' })
})

test('the audit log names whom an act was about, and nothing that was typed to get in', async () => {
  const { client, session } = await made()
  const { user } = await client.users.add(grace)
  await client.users.disable({ user })
  await refusal(client.users.disable({ user: session.user }))
  await refusal(client.vault.unlock({ user: 'my secret in the wrong field', passphrase: 'no' }))
  const { entries } = await client.audit.list({ limit: 100 })
  const of = (act: string) =>
    entries.filter((entry) => entry.act === act).map(({ record, outcome }) => ({ record, outcome }))
  expect(of('user.add')).toEqual([{ record: `user/${user}`, outcome: 'done' }])
  expect(of('user.disable')).toEqual([
    { record: `user/${session.user}`, outcome: 'failed: lastAdministrator' },
    { record: `user/${user}`, outcome: 'done' },
  ])
  expect(JSON.stringify(entries)).not.toContain('secret')
})
