import { randomUUID } from 'node:crypto'
import type { Session } from '../../contract/vault.ts'

/** One window, one browser session or one CLI run. Who has signed in on it stands in `session`. */
export interface Connection {
  id: string
  kind: 'desktop' | 'http' | 'cli'
  session: Session | null
  close(): void
}

/** What every call carries. */
export interface CallContext {
  connection: Connection
}

export const createConnection = (kind: Connection['kind'], onClose: (connection: Connection) => void): Connection => {
  const connection: Connection = {
    id: randomUUID(),
    kind,
    session: null,
    close: () => onClose(connection),
  }
  return connection
}
