import { randomBytes } from 'node:crypto'
import { readFile, realpath } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { contentSecurityPolicy, withNonce } from '../contract/csp.ts'

/** A reply of the renderer's shell: the same over app:// (desktop) and over loopback HTTP. */
export interface Page {
  status: 200 | 404
  headers: Record<string, string>
  body: Uint8Array<ArrayBuffer>
}

/**
 * Reads a file of the built renderer, with the headers it is served with. Only plain names below `folder` are served: a
 * path that leaves it by `..`, an encoded slash, a NUL or a symbolic link is answered as if it were not there.
 *
 * @param folder out/renderer
 * @param pathname path of the address, still percent-encoded; `/` is index.html
 */
export const rendererPage = async (folder: string, pathname: string): Promise<Page> => {
  const name = plainName(pathname)
  const type = name && types[extname(name)]
  if (!name || !type) return missing()
  try {
    const root = await realpath(folder)
    const file = await realpath(join(root, name))
    if (!file.startsWith(root + sep)) return missing()
    const bytes = new Uint8Array(await readFile(file))
    if (!type.startsWith('text/html'))
      return { status: 200, headers: { ...headersOfFiles, ...cacheOf(name), 'content-type': type }, body: bytes }
    const nonce = randomBytes(16).toString('base64')
    const page = withNonce(new TextDecoder().decode(bytes), nonce)
    return {
      status: 200,
      headers: { ...headersOfPages(nonce), 'content-type': type, 'cache-control': 'no-store' },
      body: new TextEncoder().encode(page),
    }
  } catch {
    return missing()
  }
}

/** Headers that any reply carries: nothing is sniffed, embedded by others or told to them. */
export const headersOfFiles: Record<string, string> = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
}

export const headersOfPages = (nonce: string): Record<string, string> => ({
  ...headersOfFiles,
  'content-security-policy': contentSecurityPolicy(nonce),
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy':
    'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), microphone=(), midi=(), payment=(), serial=(), usb=()',
  'x-dns-prefetch-control': 'off',
  'x-frame-options': 'DENY',
})

/** The relative file name an address stands for, or null where it is not a plain one. */
const plainName = (pathname: string): string | null => {
  let decoded: string
  try {
    decoded = decodeURIComponent(pathname)
  } catch {
    return null
  }
  if (decoded === '/' || decoded === '') return 'index.html'
  const segments = decoded.replace(/^\//, '').split('/')
  const plain = /^[A-Za-z0-9_@~-][A-Za-z0-9_.@~-]*$/
  return segments.every((segment) => plain.test(segment)) ? segments.join('/') : null
}

/** Built assets carry a hash in their name; the rest may change with the next build. */
const cacheOf = (name: string) => ({
  'cache-control': name.startsWith('assets/') ? 'private, max-age=31536000, immutable' : 'no-cache',
})

const missing = (): Page => ({
  status: 404,
  headers: { ...headersOfFiles, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  body: new TextEncoder().encode('Not found'),
})

/** What the renderer is made of; a file of any other kind (a source map, a stray note) is not served. */
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
}
