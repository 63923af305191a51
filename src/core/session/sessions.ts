import type { LockReason, Session, VaultStateEvent } from '../../contract/vault.ts'
import { Channel } from '../async.ts'
import { type Connection, createConnection } from './connection.ts'

/**
 * Who is signed in where. A session stands on its connection, and ends with it, by idleness, or because it is ended
 * here.
 */
export interface Sessions {
  connect(kind: Connection['kind']): Connection
  begin(connection: Connection, session: Session): Session
  /** Ends one session; false where there was none. */
  end(connection: Connection, reason: LockReason): boolean
  /** All sessions there are, of one user where one is named. */
  of(user?: string): Connection[]
  /** A user's name or role has changed: it holds at once, also where the user is signed in. */
  change(user: string, changes: Partial<Session>): void
  /** Somebody did something on this connection. */
  touch(connection: Connection): void
  /** Connections where nobody did anything for so long. A command is at work as long as it runs: it is none of them. */
  idle(milliseconds: number): Connection[]
  /** The state of a connection as it changes, beginning with what it is. */
  watch(connection: Connection, signal?: AbortSignal): AsyncGenerator<VaultStateEvent>
  clear(): void
}

export interface SessionsOptions {
  /** A connection went away with a session on it. */
  onClose: (connection: Connection) => void
  /** Somebody signed in, or a session ended. */
  onChange: () => void
  now?: (() => number) | undefined
}

export const createSessions = ({ onClose, onChange, now = Date.now }: SessionsOptions): Sessions => {
  const connections = new Set<Connection>()
  const touched = new WeakMap<Connection, number>()
  const listeners = new WeakMap<Connection, Set<(event: VaultStateEvent) => void>>()

  const tell = (connection: Connection, event: VaultStateEvent) => {
    for (const listener of listeners.get(connection) ?? []) listener(event)
    onChange()
  }

  const end = (connection: Connection, reason: LockReason): boolean => {
    if (!connection.session) return false
    connection.session = null
    tell(connection, { state: 'locked', reason })
    return true
  }

  const signedIn = (user?: string): Connection[] =>
    [...connections].filter(({ session }) => session && (user === undefined || session.user === user))

  return {
    connect: (kind) => {
      const connection = createConnection(kind, (closing) => {
        connections.delete(closing)
        if (end(closing, 'closed')) onClose(closing)
      })
      connections.add(connection)
      return connection
    },
    begin: (connection, session) => {
      connection.session = session
      touched.set(connection, now())
      tell(connection, { state: 'open', reason: null })
      return session
    },
    end,
    of: signedIn,
    change: (user, changes) => {
      for (const connection of signedIn(user)) connection.session = { ...(connection.session as Session), ...changes }
    },
    touch: (connection) => touched.set(connection, now()),
    idle: (milliseconds) =>
      signedIn().filter(
        (connection) => connection.kind !== 'cli' && now() - (touched.get(connection) ?? 0) >= milliseconds,
      ),
    async *watch(connection, signal) {
      const events = new Channel<VaultStateEvent>({ signal })
      const listener = (event: VaultStateEvent) => events.push(event)
      const own = listeners.get(connection) ?? new Set()
      listeners.set(connection, own.add(listener))
      listener({ state: connection.session ? 'open' : 'locked', reason: null })
      try {
        yield* events
      } finally {
        own.delete(listener)
      }
    },
    clear: () => {
      for (const connection of signedIn()) end(connection, 'closed')
      connections.clear()
    },
  }
}
