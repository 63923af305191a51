import { protocol, type Session } from 'electron'
import { rendererPage } from '../server/renderer.ts'

/** The address of the renderer. Not file://: an origin of its own, with its own policy, and no other file in reach. */
export const origin = 'app://bedside'
export const isOurs = (address: string): boolean => {
  try {
    const { protocol: scheme, host } = new URL(address)
    return scheme === 'app:' && host === 'bedside'
  } catch {
    return false
  }
}

/** Before the app is ready. */
export const declareScheme = (): void =>
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ])

/** Serves the built renderer, and nothing else, under app://bedside/. */
export const serveRenderer = (session: Session, folder: string): void =>
  session.protocol.handle('app', async ({ url, method }) => {
    if (!isOurs(url) || method !== 'GET') return new Response('Not found', { status: 404 })
    const { status, headers, body } = await rendererPage(folder, new URL(url).pathname)
    return new Response(body, { status, headers })
  })
