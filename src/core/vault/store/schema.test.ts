import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { freshVault } from '../../../../test/fixtures/vault.ts'
import { migrations } from './migrations/index.ts'
import type { Migration } from './migrations/migration.ts'
import { migrate, schemaVersion } from './schema.ts'

test('migrations are numbered 1, 2, 3, ... without a gap or a repetition, each with a title', () => {
  expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, at) => at + 1))
  expect(schemaVersion).toBe(migrations.length)
  for (const { title } of migrations) expect(title).toMatch(/\w/)
  const files = readdirSync(new URL('./migrations', import.meta.url))
    .filter((name) => /^\d/.test(name))
    .sort()
  expect(files.map((name) => Number(/^(\d{3})-[a-z]+(-[a-z]+)*\.ts$/.exec(name)?.[1]))).toEqual(
    migrations.map(({ version }) => version),
  )
})

const schemaOf = (db: Database.Database) =>
  db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 1, 2').all()

/** SHA-256 of what each released migration leaves, as the release left it: a vault in use cannot be made again. */
const released = [
  '973106a5c637c0bb4f92a4d695e53f187cb050f7a2b207e64a1aff66bf0d5d31',
  '60e54ce6cb2ef0544d6828ff2112df9e582801dcf0a1d1aa6d3fb6367d74cecb',
  '95a5c8a055c2f713ff095f98c3b4b2271129afafc76a29f46c9259b04b3abb5c',
]

test('a released migration, changed later, would leave vaults that differ with their age: what each leaves is pinned', () => {
  const db = new Database(':memory:')
  const found = migrations.slice(0, released.length).map((_, at) => {
    migrate(db, '/v', migrations.slice(0, at + 1))
    return createHash('sha256')
      .update(JSON.stringify(schemaOf(db)))
      .digest('hex')
  })
  expect(found).toEqual(released)
})

const step = (version: number, sql: string): Migration => ({ version, title: `step ${version}`, sql })

test('a migration that fails leaves the database at the version before it, whole', () => {
  const db = new Database(':memory:')
  const good = [step(1, 'CREATE TABLE a (x); INSERT INTO a VALUES (1)'), step(2, 'ALTER TABLE a ADD COLUMN y')]
  const bad = [...good, step(3, 'UPDATE a SET x = 2; CREATE TABLE a (x)')]
  expect(() => migrate(db, '/v', bad)).toThrow('already exists')
  expect(db.pragma('user_version', { simple: true })).toBe(2)
  expect(db.inTransaction).toBe(false)
  expect(db.prepare('SELECT x FROM a').pluck().get()).toBe(1)
  expect(migrate(db, '/v', [...good, step(3, 'UPDATE a SET x = 3')])).toBe(3)
  expect(db.prepare('SELECT x FROM a').pluck().get()).toBe(3)
})

test('an old database is brought to the same schema as a new one', () => {
  const fresh = new Database(':memory:')
  migrate(fresh, '/v')
  for (let from = 1; from < migrations.length; from++) {
    const old = new Database(':memory:')
    migrate(old, '/v', migrations.slice(0, from))
    migrate(old, '/v')
    expect(schemaOf(old)).toEqual(schemaOf(fresh))
  }
  expect(migrate(fresh, '/v')).toBe(schemaVersion)
})

test('rows that an earlier version rejected keep their line as their place', () => {
  const db = new Database(':memory:')
  migrate(db, '/v', migrations.slice(0, 3))
  db.exec(`INSERT INTO study (id, name, title, created_at) VALUES (1, 's', 's', '');
    INSERT INTO batch (id, study, file, sha256, mapping, imported_at) VALUES (1, 1, 'f', '', '{}', '');
    INSERT INTO rejected_row VALUES (1, 1, 7, 9, 'age', 'notANumber', 'age is not a number.', 'x'),
      (1, 2, 8, 10, NULL, 'columnCount', 'too many', NULL)`)
  migrate(db, '/v')
  const kept = db.prepare('SELECT row, place, "column", code, text FROM rejected_row ORDER BY sequence').all()
  expect(kept).toEqual([
    { row: 7, place: '{"kind":"line","line":9}', column: 'age', code: 'notANumber', text: 'x' },
    { row: 8, place: '{"kind":"line","line":10}', column: null, code: 'columnCount', text: null },
  ])
})

test('a database of a newer Bedside is refused before anything is written', () => {
  const db = new Database(':memory:')
  migrate(db, '/v', [step(1, 'CREATE TABLE a (x)'), step(2, 'CREATE TABLE b (x)')])
  expect(() => migrate(db, '/v', [step(1, 'CREATE TABLE a (x)')])).toThrow('newer Bedside')
})

test('every table is strict, and every column that names another record is held by a foreign key or a trigger', async () => {
  const { vault, remove } = await freshVault()
  const tables = vault.read.rows<[string, number]>(
    "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite%'",
  )
  expect(tables.filter(([, strict]) => strict !== 1)).toEqual([])
  const names = new Set(tables.map(([name]) => name))
  const held = new Set(
    vault.read
      .rows<[string, string]>(
        'SELECT m.name, f."from" FROM sqlite_schema m, pragma_foreign_key_list(m.name) f WHERE m.type = \'table\'',
      )
      .map(([table, column]) => `${table}.${column}`),
  )
  const pointing = vault.read
    .rows<[string, string]>(
      "SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table'",
    )
    .filter(([table, column]) => names.has(column) && table !== column)
    .map(([table, column]) => `${table}.${column}`)
  // A document of its own; held by triggers; made from other tables; a log outlives what it speaks of.
  const others = [
    'batch.mapping',
    'observation.patient',
    'patient_term.patient',
    'feedback.outcome',
    'prediction.outcome',
    'audit.outcome',
  ]
  expect(pointing.filter((column) => !held.has(column) && !others.includes(column))).toEqual([])
  expect(vault.read.all('PRAGMA foreign_key_check')).toEqual([])
  remove()
})
