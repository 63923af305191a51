import type { Statement } from 'better-sqlite3'
import type { Connection } from './database.ts'
import { storageError, vaultClosed } from './failures.ts'

/** What the vault tells whoever opened it: names and times, never values. */
export interface VaultEvent {
  event: 'slowQuery'
  /** The statement as written, with `?` where values stand. */
  sql: string
  milliseconds: number
}
export type VaultLog = (event: VaultEvent) => void

export type Value = string | number | bigint | null | Uint8Array
export type Row = Record<string, unknown>

declare const reads: unique symbol
declare const writes: unique symbol

/** Reads what is committed. Its connection cannot write, whatever statement it is given. */
export interface ReadStore {
  readonly [reads]: true
  get<T = Row>(sql: string, ...values: Value[]): T | undefined
  all<T = Row>(sql: string, ...values: Value[]): T[]
  /** Rows as arrays of values: the quick way through many. */
  rows<T extends unknown[] = unknown[]>(sql: string, ...values: Value[]): T[]
  /** One row as an array, for a statement run again and again. */
  row<T extends unknown[] = unknown[]>(sql: string, ...values: Value[]): T | undefined
  /** First column of the first row. */
  value<T = unknown>(sql: string, ...values: Value[]): T | undefined
  /** First column of every row. */
  column<T = unknown>(sql: string, ...values: Value[]): T[]
}

/** Reads and writes inside one transaction; useless once that has ended. */
export interface WriteStore extends ReadStore {
  readonly [writes]: true
  /** Returns the count of changed rows. */
  run(sql: string, ...values: Value[]): number
  /** Runs an INSERT and returns the new rowid. */
  insert(sql: string, ...values: Value[]): number
  /**
   * Inserts many rows: `head` is all up to VALUES (`INSERT INTO t (a, b)`), `tuple` one row with a `?` for each of its
   * values (`(?, 7, ?)`: a number that is the same in all rows is better written than bound), `values` the rows one
   * after another. Many rows a statement take a third less time than one.
   */
  insertMany(head: string, tuple: string, values: readonly Value[]): void
}

/** Statements slower than this are told to the log. */
const slowMilliseconds = 40
const rowsAStatement = 64

type Prepared = Statement<unknown[], unknown>

/** A connection with the statements prepared on it. */
export interface Line {
  connection: Connection
  statements: Map<string, Prepared>
}

interface Handle {
  /** Asked anew each time: a re-keying opens another connection. */
  line: () => Line
  path: string
  log: VaultLog | undefined
  readsOnly: boolean
  /** Throws where the handle may no longer be used. */
  check: () => void
}

/** Store functions over a connection. `open` says whether it may still be used. */
const makeStore = (handle: Handle): WriteStore => {
  const { path, log, check } = handle
  const prepared = (sql: string, mode: 'objects' | 'arrays' | 'plucked'): Prepared => {
    const { connection, statements } = handle.line()
    const key = mode + sql
    let statement = statements.get(key)
    if (!statement) {
      statement = connection.prepare(sql) as Prepared
      if (mode === 'arrays') statement.raw(true)
      if (mode === 'plucked') statement.pluck(true)
      statements.set(key, statement)
    }
    return statement
  }
  const timed = <T>(sql: string, work: () => T, statementsRun = 1): T => {
    check()
    const start = performance.now()
    try {
      return work()
    } catch (error) {
      if (handle.readsOnly && (error as { code?: string }).code === 'SQLITE_READONLY')
        throw new Error('A read store was asked to write.', { cause: error })
      throw storageError(path, error)
    } finally {
      const milliseconds = performance.now() - start
      if (milliseconds > slowMilliseconds * statementsRun) log?.({ event: 'slowQuery', sql, milliseconds })
    }
  }
  const store = {
    get: <T>(sql: string, ...values: Value[]) =>
      timed(sql, () => prepared(sql, 'objects').get(...values) as T | undefined),
    all: <T>(sql: string, ...values: Value[]) => timed(sql, () => prepared(sql, 'objects').all(...values) as T[]),
    rows: <T>(sql: string, ...values: Value[]) => timed(sql, () => prepared(sql, 'arrays').all(...values) as T[]),
    row: <T>(sql: string, ...values: Value[]) =>
      timed(sql, () => prepared(sql, 'arrays').get(...values) as T | undefined),
    value: <T>(sql: string, ...values: Value[]) =>
      timed(sql, () => prepared(sql, 'plucked').get(...values) as T | undefined),
    column: <T>(sql: string, ...values: Value[]) => timed(sql, () => prepared(sql, 'plucked').all(...values) as T[]),
    run: (sql: string, ...values: Value[]) => timed(sql, () => prepared(sql, 'objects').run(...values).changes),
    insert: (sql: string, ...values: Value[]) =>
      timed(sql, () => Number(prepared(sql, 'objects').run(...values).lastInsertRowid)),
    insertMany: (head: string, tuple: string, values: readonly Value[]) => {
      const width = tuple.split('?').length - 1
      const sqlFor = (rows: number) => `${head} VALUES ${Array(rows).fill(tuple).join(',')}`
      const many = sqlFor(rowsAStatement)
      const step = rowsAStatement * width
      const work = () => {
        let at = 0
        if (values.length >= step) {
          const statement = prepared(many, 'objects')
          for (; at + step <= values.length; at += step) statement.run(values.slice(at, at + step))
        }
        if (at < values.length) {
          const one = prepared(sqlFor(1), 'objects')
          for (; at < values.length; at += width) one.run(values.slice(at, at + width))
        }
      }
      timed(`${head} VALUES ${tuple}`, work, 1 + values.length / step)
    },
  }
  return store as unknown as WriteStore
}

/** A reader over a read-only connection; `isOpen` is asked before each use. */
export const readStore = (
  line: () => Line,
  path: string,
  log: VaultLog | undefined,
  isOpen: () => boolean,
): ReadStore =>
  makeStore({
    line,
    path,
    log,
    readsOnly: true,
    check: () => {
      if (!isOpen()) throw vaultClosed()
    },
  })

/** A writer for one transaction. `end()` makes it useless; statements stay prepared for the next. */
export const writeStore = (
  connection: Connection,
  path: string,
  log: VaultLog | undefined,
  statements: Map<string, Prepared>,
): { store: WriteStore; end: () => void } => {
  let ended = false
  const store = makeStore({
    line: () => ({ connection, statements }),
    path,
    log,
    readsOnly: false,
    check: () => {
      if (ended) throw new Error('A write store was used after its transaction had ended.')
    },
  })
  return {
    store,
    end: () => {
      ended = true
    },
  }
}
export type Statements = Map<string, Prepared>
