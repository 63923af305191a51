import { createHash, hash } from 'node:crypto'
import { cancelled } from '../../../contract/errors.ts'
import { breathe } from '../../async.ts'
import type { Connection } from '../store/database.ts'

export interface TableDigest {
  name: string
  rows: number
  /** Over one line of JSON a row, in the order of the key; bytes as `["sha256", their hash]`. */
  sha256: string
}

export interface DigestOptions {
  signal?: AbortSignal | undefined
  onProgress?: (share: number) => void
}

/** Milliseconds of work before other work is let in. */
const slice = 8

/**
 * Rows and content hash of every table, read row by row in slices. The same content gives the same digests whatever the
 * file looks like. Uses the connection to the end: give it one of its own.
 */
export const tableDigests = async (
  db: Connection,
  { signal, onProgress }: DigestOptions = {},
): Promise<TableDigest[]> => {
  const tables = db
    .prepare(
      "SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .raw()
    .all() as [string, number][]
  const digests: TableDigest[] = []
  for (const [at, [name, withoutRowid]] of tables.entries()) {
    onProgress?.(at / tables.length)
    const order = withoutRowid ? keyOf(db, name) : 'rowid'
    const digest = createHash('sha256')
    let rows = 0
    let lines = ''
    let until = performance.now() + slice
    for (const row of db
      .prepare(`SELECT * FROM ${quotedName(name)} ORDER BY ${order}`)
      .raw()
      .iterate()) {
      lines += `${lineOf(row as unknown[])}\n`
      rows++
      if (rows % 64 !== 0) continue
      digest.update(lines)
      lines = ''
      if (performance.now() < until) continue
      await breathe()
      if (signal?.aborted) throw cancelled('cancelled')
      until = performance.now() + slice
    }
    digest.update(lines)
    digests.push({ name, rows, sha256: digest.digest('hex') })
  }
  return digests
}

const lineOf = (row: unknown[]): string => {
  for (let at = 0; at < row.length; at++)
    if (row[at] instanceof Uint8Array) row[at] = ['sha256', hash('sha256', row[at] as Uint8Array)]
  return JSON.stringify(row)
}

const keyOf = (db: Connection, table: string): string =>
  (db.prepare('SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk').pluck().all(table) as string[])
    .map(quotedName)
    .join(', ')

const quotedName = (name: string) => `"${name.replaceAll('"', '""')}"`
