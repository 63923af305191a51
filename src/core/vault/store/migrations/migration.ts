import type { Connection } from '../database.ts'

export interface Migration {
  version: number
  title: string
  sql: string
  /** What SQL cannot do, after it, in the same transaction. */
  code?: (db: Connection) => void
}
