import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { OpenAPIGenerator } from '@orpc/openapi'
import { OpenAPIHandler } from '@orpc/openapi/node'
import type { Router } from '@orpc/server'
import { BodyLimitPlugin, RPCHandler } from '@orpc/server/node'
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4'
import { api } from '../contract/api.ts'
import { headersOfFiles, headersOfPages, rendererPage } from './renderer.ts'
import { createSessions } from './sessions.ts'

/** What the server needs of the core: its router, and a connection for each browser. */
export interface Served<C extends { close(): void }> {
  // biome-ignore lint/suspicious/noExplicitAny: procedures have their own types; oRPC's own signature
  router: Router<any, { connection: C }>
  connect(kind: 'http'): C
}

export interface ServerOptions {
  /** 0: any free port. */
  port?: number
  /** Folder of the built renderer. */
  renderer: string
  version: string
  /** A one-time address is ready to be shown: at the start, and again each time one was used. */
  invite: (address: string, again: boolean) => void
  log?: (line: string) => void
}

export interface Server {
  /** `http://127.0.0.1:port` */
  origin: string
  /** Ends open streams and sessions, then stops listening. */
  close(): Promise<void>
}

/** Largest request body: a 4 MiB piece of a file, or 20,000 rows of a table as text. */
const maxBody = 32 * 1024 * 1024

/**
 * The API map and the renderer over HTTP, on 127.0.0.1 alone.
 *
 * Who may talk to it: a browser that opened the one-time address and holds the cookie it got for it. Requests under
 * another Host name (DNS rebinding) or from pages of another origin, also another port of this machine, are refused
 * before anything is read.
 */
export const startServer = async <C extends { close(): void }>(
  app: Served<C>,
  { port = 0, renderer, version, invite, log = () => {} }: ServerOptions,
): Promise<Server> => {
  const sessions = createSessions<C>({ open: () => app.connect('http'), end: (connection) => connection.close() })
  const limits = () => [new BodyLimitPlugin<{ connection: C }>({ maxBodySize: maxBody })]
  const rpc = new RPCHandler<{ connection: C }>(app.router, { plugins: limits() })
  const rest = new OpenAPIHandler<{ connection: C }>(app.router, { plugins: limits() })
  let description: Promise<string> | null = null

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    if (!hosts.has(request.headers.host ?? '')) return refuse(response, 421, 'This server answers on 127.0.0.1 only.')
    if (isForeign(request, origins)) return refuse(response, 403, 'Requests from other pages are refused.')
    const address = new URL(request.url ?? '/', origin)
    const { pathname } = address

    if (pathname === '/rpc' || pathname.startsWith('/rpc/') || pathname === '/api' || pathname.startsWith('/api/')) {
      const connection = sessions.find(cookieOf(request, cookie))
      // The renderer takes a 401 without a failure of the contract as "this browser is not known".
      if (!connection) return refuse(response, 401, unknownBrowser)
      response.setHeader('cache-control', 'no-store')
      for (const [name, value] of Object.entries(headersOfFiles)) response.setHeader(name, value)
      const handler = pathname.startsWith('/rpc') ? rpc : rest
      const prefix = pathname.startsWith('/rpc') ? '/rpc' : '/api'
      const { matched } = await handler.handle(request, response, { prefix, context: { connection } })
      return matched ? undefined : refuse(response, 404, 'There is no such procedure.')
    }
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return refuse(response, 405, 'Only GET is answered here.')
    if (pathname === '/openapi.json') {
      description ??= describe(version)
      return send(request, response, 200, { ...headersOfFiles, 'content-type': 'application/json' }, await description)
    }
    const token = pathname === '/' ? address.searchParams.get('token') : null
    if (token !== null) return admit(request, response, token)
    const page = await rendererPage(renderer, pathname)
    send(request, response, page.status, page.headers, page.body)
  }

  /**
   * Exchanges the one-time token for a cookie. Answered as a page of our own, so that SameSite=Strict holds from here
   * on.
   */
  const admit = (request: IncomingMessage, response: ServerResponse, token: string) => {
    const known = sessions.find(cookieOf(request, cookie)) !== null
    // A prefetch must not use up the token.
    const wanted = request.method === 'GET' && !/prefetch|prerender/.test(String(request.headers['sec-purpose'] ?? ''))
    const granted = wanted ? sessions.redeem(token) : null
    if (!sessions.invites()) invite(addressWith(sessions.invite()), true)
    const headers: Record<string, string> = {
      ...headersOfPages('none'),
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
    }
    if (granted) headers['set-cookie'] = `${cookie}=${granted}; Path=/; HttpOnly; SameSite=Strict`
    if (granted || known) return send(request, response, 200, headers, onward)
    send(request, response, 403, headers, usedUp)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      // Neither address nor body: they may hold what a doctor typed.
      log(`A request failed: ${error instanceof Error ? error.name : 'unknown error'}`)
      if (response.headersSent) response.destroy()
      else refuse(response, 500, 'Something went wrong.')
    })
  })
  server.headersTimeout = 10_000
  server.requestTimeout = 120_000
  server.keepAliveTimeout = 5_000
  server.maxHeadersCount = 100

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const bound = (server.address() as AddressInfo).port
  const origin = `http://127.0.0.1:${bound}`
  const hosts = new Set([`127.0.0.1:${bound}`, `localhost:${bound}`])
  const origins = new Set([origin, `http://localhost:${bound}`])
  // Cookies do not know ports: two servers on one machine must not overwrite each other's.
  const cookie = `bedside-${bound}`
  const addressWith = (token: string) => `${origin}/?token=${token}`
  invite(addressWith(sessions.invite()), false)

  return {
    origin,
    async close() {
      sessions.close()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      // Event streams stay open until the browser goes; a short grace, then they are cut.
      const cut = setTimeout(() => server.closeAllConnections(), 500)
      await closed
      clearTimeout(cut)
    },
  }
}

/** The OpenAPI 3.1 document of the API map. Bytes (uploads, artifacts) are described as binary strings. */
export const describe = async (version: string): Promise<string> => {
  const binary = { type: 'string', contentMediaType: 'application/octet-stream' }
  const generator = new OpenAPIGenerator({
    schemaConverters: [new ZodToJsonSchemaConverter({ unsupportedJsonSchema: binary })],
  })
  const document = await generator.generate(api, {
    info: {
      title: 'Bedside',
      version,
      description:
        'The API map of Bedside over loopback HTTP. Open the one-time address the server prints; the cookie it sets is the session.',
    },
    servers: [{ url: '/api' }],
    security: [{ cookie: [] }],
    components: { securitySchemes: { cookie: { type: 'apiKey', in: 'cookie', name: 'bedside-<port>' } } },
  })
  return JSON.stringify(document)
}

const unknownBrowser = 'This browser is not signed on. Open the address that Bedside printed when it started.'

/** Whether a request comes from a page of another origin. Programs other than browsers send neither header. */
const isForeign = ({ headers, method }: IncomingMessage, origins: Set<string>): boolean => {
  const { origin } = headers
  if (origin !== undefined && !origins.has(origin)) return true
  const site = headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin' || site === 'none') return false
  // Following a link to Bedside is fine, anything else from another page is not.
  return !(method === 'GET' && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document')
}

const cookieOf = ({ headers }: IncomingMessage, name: string): string | undefined => {
  for (const part of (headers.cookie ?? '').split(';')) {
    const at = part.indexOf('=')
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim()
  }
  return undefined
}

const send = (
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: string | Uint8Array,
) => {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) })
  response.end(request.method === 'HEAD' ? undefined : body)
}

const refuse = (response: ServerResponse, status: number, sentence: string) => {
  if (response.headersSent) return
  // What is left of the body is not read.
  response.writeHead(status, {
    ...headersOfFiles,
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'close',
  })
  response.end(`${sentence}\n`)
}

const page = (head: string, body: string) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Bedside</title>${head}</head><body>${body}</body></html>`

const onward = page(
  '<meta http-equiv="refresh" content="0; url=/">',
  '<p><a href="/">Open Bedside · 打开 Bedside</a></p>',
)
const usedUp = page(
  '',
  '<p>This address was used before or is too old. Bedside has printed a new one where it was started: open that.</p><p lang="zh-CN">此地址已被使用或已过期。Bedside 已在启动它的地方打印了新地址，请打开新地址。</p>',
)
