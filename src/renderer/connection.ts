import type { ClientLink } from '@orpc/client'
import { RPCLink as FetchLink } from '@orpc/client/fetch'
import { RPCLink as PortLink } from '@orpc/client/message-port'
import { useSyncExternalStore } from 'react'

/**
 * How the renderer reaches the core: over a MessagePort that the preload hands over (desktop), else over HTTP on its
 * own origin with a session cookie (server).
 *
 * - `lost`: the core went away (crashed, was stopped, the network cable of the loopback is hard to pull);
 * - `refused`: the server does not know this browser; the link with the one-time token has to be opened.
 */
export type Connection = 'connecting' | 'ready' | 'lost' | 'refused'

type Link = ClientLink<Record<never, never>>

/** Posted by this window when it can take a port, and by the preload with the port. */
const READY = 'bedside:ready'
const PORT = 'bedside:port'
const patienceForPort = 15_000

let state: Connection = 'connecting'
let link: Promise<Link> | undefined
const listeners = new Set<() => void>()

const become = (next: Connection) => {
  if (state === next) return
  state = next
  for (const listener of listeners) listener()
}

export const useConnection = (): Connection =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => state,
  )

const isDesktop = (): boolean => location.protocol === 'app:' || navigator.userAgent.includes('Electron/')

/** The port of this attempt: each call asks the preload anew, so a core that was restarted gets a fresh one. */
const awaitPort = (): Promise<MessagePort> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      window.removeEventListener('message', receive)
      reject(new Error('No port was handed over by the shell'))
    }, patienceForPort)
    const receive = (event: MessageEvent) => {
      const [port] = event.ports
      if (event.source !== window || event.data !== PORT || !port) return
      clearTimeout(timer)
      window.removeEventListener('message', receive)
      resolve(port)
    }
    window.addEventListener('message', receive)
    window.postMessage(READY, location.origin === 'null' ? '*' : location.origin)
  })

const overPort = async (): Promise<Link> => {
  const port = await awaitPort()
  const portLink = new PortLink({ port })
  port.addEventListener('close', () => {
    link = undefined
    become('lost')
  })
  port.start()
  return portLink
}

const overHttp = async (): Promise<Link> =>
  new FetchLink({
    url: new URL('/rpc', location.href).href,
    fetch: async (request, init) => {
      try {
        return await fetch(request, { ...init, credentials: 'same-origin', cache: 'no-store' })
      } catch (error) {
        // An aborted request says nothing about the connection.
        if (!request.signal.aborted) become('lost')
        throw error
      }
    },
  })

/** The link to the core, opened on the first call and again after `reconnect`. */
export const currentLink = (): Promise<Link> => {
  link ??= (isDesktop() ? overPort() : overHttp()).catch((error) => {
    link = undefined
    become('lost')
    throw error
  })
  return link
}

/** Called after each answer of the core. */
export const noteAnswer = (): void => {
  if (state === 'connecting') become('ready')
}

/** The server answered 401 without a failure of ours: it does not know this browser. */
export const noteRefused = (): void => become('refused')

/** Tries again from the lost or refused view; the next call opens a new link. */
export const reconnect = (): void => {
  link = undefined
  become('connecting')
}
