import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MessageChannel } from 'node:worker_threads'
import { type ClientLink, createORPCClient } from '@orpc/client'
import { RPCLink as FetchLink } from '@orpc/client/fetch'
import { RPCLink as PortLink } from '@orpc/client/message-port'
import type { ContractRouterClient } from '@orpc/contract'
import { RPCHandler } from '@orpc/server/message-port'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, api } from '../../src/contract/api.ts'
import type { Failure } from '../../src/contract/errors.ts'
import { metaOf, type Role, roles } from '../../src/contract/procedure.ts'
import { type App, type Connection, createApp } from '../../src/core/app.ts'
import { installation } from '../../src/core/installation.ts'
import { type Server, startServer } from '../../src/server/server.ts'

type Client = ContractRouterClient<Api>

const folder = mkdtempSync(join(tmpdir(), 'bedside-roles-'))
const passphrases: Record<Role, string> = {
  administrator: 'correct horse battery staple',
  doctor: 'seven lanterns over quiet water',
  clerk: 'copper kettle dancing monday',
  auditor: 'paper whale under granite',
}
let app: App
let server: Server
const invitations: string[] = []
const endings: (() => void)[] = []

beforeAll(async () => {
  app = createApp({
    vaultPath: join(folder, 'vault'),
    resources: fileURLToPath(new URL('../../resources', import.meta.url)),
    workers: installation().workers,
    build: '0.0.0+test',
    threads: 1,
    keyDerivation: { memoryKiB: 47104, iterations: 1, parallelism: 1 },
  })
  const renderer = join(folder, 'renderer')
  mkdirSync(renderer)
  writeFileSync(join(renderer, 'index.html'), '<!doctype html><style nonce="__BEDSIDE_NONCE__"></style>')
  server = await startServer(app, { renderer, version: '0.0.0', invite: (address) => invitations.push(address) })
  const first = inProcess()
  await first.vault.create({ displayName: 'Ada', login: 'administrator', passphrase: passphrases.administrator })
  for (const role of roles.filter((each) => each !== 'administrator'))
    await first.users.add({ displayName: `A ${role}`, login: role, role, passphrase: passphrases[role] })
})

afterAll(async () => {
  for (const end of endings) end()
  await server.close()
  await app.close()
  rmSync(folder, { recursive: true, force: true })
})

const inProcess = (): Client => app.client(app.connect('cli'))

const overHttp = async (): Promise<Client> => {
  const reply = await fetch(invitations.at(-1) as string)
  const cookie = reply.headers.get('set-cookie')?.split(';')[0] ?? ''
  return clientOver(new FetchLink({ url: `${server.origin}/rpc`, headers: { cookie } }))
}

const overPort = async (): Promise<Client> => {
  const { port1, port2 } = new MessageChannel()
  endings.push(() => port1.close())
  new RPCHandler<{ connection: Connection }>(app.router).upgrade(port2, {
    context: { connection: app.connect('desktop') },
  })
  port2.start()
  const link = new PortLink({ port: port1 })
  port1.start()
  return clientOver(link)
}

const clientOver = (link: ClientLink<Record<never, never>>): Client => createORPCClient(link)

const transports = { 'in process': async () => inProcess(), 'over HTTP': overHttp, 'over a MessagePort': overPort }
const procedures = Object.entries(api).flatMap(([room, all]) =>
  Object.entries(all).map(([name, procedure]) => ({
    room,
    name,
    path: `${room}.${name}`,
    access: metaOf(procedure).access,
  })),
)

/**
 * Calls with an input that fits no procedure: what is allowed comes as far as the check of its input, or, where there
 * is no input, answers. Neither changes anything.
 */
const callOf = async (client: Client, room: string, name: string): Promise<string> => {
  const controller = new AbortController()
  const call = (client as unknown as Record<string, Record<string, (...given: unknown[]) => Promise<unknown>>>)[room]?.[
    name
  ] as (input: unknown, options: object) => Promise<unknown>
  try {
    const output = await call('no input at all', { signal: controller.signal })
    // A stream is left at once.
    if (output && typeof output === 'object' && Symbol.asyncIterator in output)
      await (output as AsyncGenerator).return(undefined)
    return 'allowed'
  } catch (error) {
    const { reason } = (error as { data: Failure }).data
    return reason === 'role' || reason === 'locked' ? reason : 'allowed'
  } finally {
    controller.abort()
  }
}

const callAll = async (client: Client, again: () => Promise<unknown>) => {
  const seen: Record<string, string> = {}
  for (const { room, name, path } of procedures) {
    seen[path] = await callOf(client, room, name)
    // It did what it says.
    if (path === 'vault.lock' && seen[path] === 'allowed') await again()
  }
  return seen
}

const expected = (role: Role | null) =>
  Object.fromEntries(
    procedures.map(({ path, access }) => [
      path,
      access === 'anyone' || (role && access.includes(role)) ? 'allowed' : role ? 'role' : 'locked',
    ]),
  )

for (const [name, open] of Object.entries(transports)) {
  test(`nobody gets more than a locked vault's answers without signing in, ${name}`, async () => {
    const client = await open()
    expect(await callAll(client, async () => {})).toEqual(expected(null))
  })

  test.each(roles)(`a %s may do what the table says and nothing else, ${name}`, async (role) => {
    const client = await open()
    const enter = () => client.vault.unlock({ user: role, passphrase: passphrases[role] })
    expect((await enter()).role).toBe(role)
    expect(await callAll(client, enter)).toEqual(expected(role))
    await client.vault.lock()
    expect(await callAll(client, async () => {})).toEqual(expected(null))
  })
}

test('the table is not empty in any column, and the auditor cannot read a patient', () => {
  for (const role of roles) {
    const outcomes = new Set(Object.values(expected(role)))
    expect(outcomes).toEqual(new Set(role === 'administrator' ? ['allowed'] : ['allowed', 'role']))
  }
  expect(expected('auditor')).toMatchObject({ 'patients.chart': 'role', 'audit.list': 'allowed' })
  expect(expected('clerk')).toMatchObject({ 'predictions.diagnose': 'role', 'intake.import': 'allowed' })
})
