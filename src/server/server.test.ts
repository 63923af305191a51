import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import { os } from '@orpc/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describe as describeApi, type Server, startServer } from './server.ts'

interface Kept {
  id: number
  close(): void
}

let folder: string
let server: Server
const addresses: string[] = []
const closed: number[] = []
let connections = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bedside-server-'))
  await writeFile(join(folder, 'index.html'), '<!doctype html><style nonce="__BEDSIDE_NONCE__"></style>')
  await writeFile(join(folder, 'notes.key'), 'not for the browser')
  await writeFile(join(folder, 'app.js'), 'export {}')
  await symlink('/etc/hostname', join(folder, 'leak.txt'))
  const base = os.$context<{ connection: Kept }>()
  server = await startServer<Kept>(
    {
      router: {
        who: base.handler(({ context }) => context.connection.id),
        size: base.handler(async ({ input }) => (input as { bytes: Blob }).bytes.size),
        count: base.handler(async function* () {
          for (let i = 1; i <= 3; i++) yield i
        }),
        forever: base.handler(async function* ({ signal }) {
          yield 'begun'
          await new Promise((resolve) => signal?.addEventListener('abort', resolve))
        }),
      },
      connect: () => {
        const id = ++connections
        return { id, close: () => closed.push(id) }
      },
    },
    { renderer: folder, version: '0.0.0', invite: (address) => addresses.push(address) },
  )
})

afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

const ask = (
  path: string,
  {
    headers = {},
    method = 'GET',
    body = '',
  }: { headers?: Record<string, string>; method?: string; body?: string } = {},
) =>
  new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
    const { hostname, port } = new URL(server.origin)
    // node:http, as fetch neither sends a Host of ours nor keeps dots in a path.
    const sent = request({ hostname, port, path, method, headers }, (reply) => {
      let text = ''
      reply.on('data', (chunk) => {
        text += chunk
      })
      reply.on('end', () => resolve({ status: reply.statusCode ?? 0, headers: reply.headers, text }))
    })
    sent.on('error', reject)
    sent.end(body)
  })

const signOn = async () => {
  const address = new URL(addresses.at(-1) ?? '')
  const reply = await ask(address.pathname + address.search)
  const cookie = String(reply.headers['set-cookie']).split(';')[0] ?? ''
  return { reply, cookie }
}

const json = { 'content-type': 'application/json' }
const who = (headers: Record<string, string>) =>
  ask('/rpc/who', { method: 'POST', headers: { ...json, ...headers }, body: '{}' })

test('the one-time address signs one browser on, by a cookie that scripts and other sites cannot use', async () => {
  const address = addresses.at(-1) ?? ''
  const { reply, cookie } = await signOn()
  expect(reply.status).toBe(200)
  expect(String(reply.headers['set-cookie'])).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/)
  expect((await who({ cookie })).status).toBe(200)

  const again = await ask(`/${new URL(address).search}`)
  expect(again.status).toBe(403)
  expect(again.headers['set-cookie']).toBeUndefined()
  expect(addresses.at(-1)).not.toBe(address)
})

test('without the cookie no procedure answers, over either protocol', async () => {
  const before = connections
  for (const path of ['/rpc/who', '/api/who', '/rpc', '/rpc/../rpc/who'])
    expect((await ask(path, { method: 'POST', headers: json, body: '{}' })).status).toBe(401)
  expect((await who({ cookie: 'bedside=guess' })).status).toBe(401)
  expect(connections).toBe(before)
})

test('a page that made its own name point at this machine is refused', async () => {
  const { cookie } = await signOn()
  for (const host of ['evil.example', `evil.example:${new URL(server.origin).port}`, '127.0.0.1'])
    expect((await who({ cookie, host })).status).toBe(421)
  expect((await ask('/', { headers: { host: 'evil.example' } })).status).toBe(421)
})

test('a page of another origin cannot act with the cookie, even from another port of this machine', async () => {
  const { cookie } = await signOn()
  for (const origin of ['https://evil.example', 'http://127.0.0.1:1', 'null', 'http://localhost'])
    expect((await who({ cookie, origin })).status).toBe(403)
  expect((await who({ cookie, 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' })).status).toBe(403)
  expect((await who({ cookie, origin: server.origin, 'sec-fetch-site': 'same-origin' })).status).toBe(200)
  const followed = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  expect((await ask('/', { headers: followed })).status).toBe(200)
  expect((await ask('/', { headers: { ...followed, 'sec-fetch-dest': 'iframe' } })).status).toBe(403)
})

test('a prefetch does not use up the address', async () => {
  const address = new URL(addresses.at(-1) ?? '')
  const early = await ask(address.pathname + address.search, { headers: { 'sec-purpose': 'prefetch' } })
  expect(early.headers['set-cookie']).toBeUndefined()
  expect((await signOn()).reply.status).toBe(200)
})

test('nothing outside the renderer is served, and nothing in it that is no part of a page', async () => {
  for (const path of [
    '/../package.json',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..%2f..%2fetc%2fpasswd',
    '/%2e%2e%5c%2e%2e%5cetc',
    '/app.js%00.html',
    '/%',
    '//etc/passwd',
    '/leak.txt',
    '/notes.key',
    '/.env',
  ])
    expect([path, (await ask(path)).status]).toEqual([path, 404])
  expect((await ask('/app.js')).headers['content-type']).toBe('text/javascript; charset=utf-8')
})

test('each page has its own nonce and a policy without inline scripts', async () => {
  const [first, second] = [await ask('/'), await ask('/')]
  const nonceOf = (reply: typeof first) => /nonce="([^"]+)"/.exec(reply.text)?.[1]
  const policy = String(first.headers['content-security-policy'])
  expect(policy).toContain(`'nonce-${nonceOf(first)}'`)
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toContain('unsafe')
  expect(nonceOf(first)).not.toBe(nonceOf(second))
})

test('streams, files and plain calls work through the cookie, and stopping ends an open stream', async () => {
  const { cookie } = await signOn()
  const client = createORPCClient(new RPCLink({ url: `${server.origin}/rpc`, headers: { cookie } })) as unknown as {
    count: () => Promise<AsyncIterable<number>>
    forever: () => Promise<AsyncIterator<string>>
    size: (input: { bytes: Blob }) => Promise<number>
  }
  const seen: number[] = []
  for await (const value of await client.count()) seen.push(value)
  expect(seen).toEqual([1, 2, 3])
  expect(await client.size({ bytes: new Blob([new Uint8Array(4 * 1024 * 1024)]) })).toBe(4 * 1024 * 1024)
  await expect(client.size({ bytes: new Blob([new Uint8Array(33 * 1024 * 1024)]) })).rejects.toThrow()

  const stream = await client.forever()
  expect((await stream.next()).value).toBe('begun')
  const rest = stream.next()
  await server.close()
  await expect(rest).rejects.toThrow()
  expect(closed.length).toBe(connections)
})

test('the OpenAPI document describes every procedure of the API map', async () => {
  const document = JSON.parse(await describeApi('1.2.3'))
  expect(document.info.version).toBe('1.2.3')
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining(['/vault/unlock', '/models/train', '/predictions/rows', '/jobs/watch', '/intake/upload']),
  )
})
