/**
 * How to lay out clinical values on disk: one packed record a case (what the vault does), one row a value, or one SQL
 * column a value; and repeated measurements clustered by concept, by patient, or in a plain table with two indexes. The
 * same values in the same encrypted SQLite, each layout in a file of its own; reading is timed on a freshly opened
 * file.
 * Run: npx node bench/layout.ts [--cases 1000000] [--measurements 3000000]
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import type { ConceptKind } from '../src/contract/values.ts'
import { defaultCipher } from '../src/core/vault/keys/processor.ts'
import { decodeRecord, decodeRecords, encodeRecord } from '../src/core/vault/records/record.ts'
import { type Connection, openDatabase } from '../src/core/vault/store/database.ts'

const columns = 30
const missingShare = 0.15
const chartReads = 500

interface Sizes {
  cases: number
  measurements: number
}

interface Layout {
  name: string
  schema: string
  insert(db: Connection, sizes: Sizes): void
  /** All columns as doubles; returns a checksum, so that the layouts prove to hold the same. */
  all(db: Connection, sizes: Sizes): number
  one(db: Connection, sizes: Sizes): number
  chart(db: Connection, id: number): number
}

const kinds: ConceptKind[] = Array.from({ length: columns }, (_, at) =>
  at % 5 === 4 ? 'category' : at % 5 === 3 ? 'boolean' : 'number',
)

/**
 * Values as laboratories and clerks write them: whole numbers, one to three decimals, codes, and a share not recorded.
 */
const valueAt = (row: number, column: number): number => {
  let state = Math.imul(row * columns + column + 1, 2654435761) >>> 0
  state = Math.imul(state ^ (state >>> 15), 2246822519) >>> 0
  const share = (state ^ (state >>> 13)) >>> 0
  if ((share & 1023) / 1024 < missingShare) return Number.NaN
  const drawn = share >>> 10
  if (kinds[column] === 'category') return drawn % 5
  if (kinds[column] === 'boolean') return drawn & 1
  const scale = [1, 10, 100, 1000][column % 4]
  return (drawn % (200 * scale)) / scale
}

const sumOf = (arrays: readonly Float64Array[]): number => {
  let sum = 0
  for (const array of arrays) for (const value of array) if (!Number.isNaN(value)) sum += value
  return Math.round(sum)
}

const blank = (length: number): Float64Array => new Float64Array(new SharedArrayBuffer(8 * length)).fill(Number.NaN)

const manyRows = (db: Connection, head: string, width: number) => {
  const rows = 64
  const tuple = `(${Array(width).fill('?').join(',')})`
  const many = db.prepare(`${head} VALUES ${Array(rows).fill(tuple).join(',')}`)
  const single = db.prepare(`${head} VALUES ${tuple}`)
  let waiting: unknown[] = []
  return {
    add: (...values: unknown[]) => {
      waiting.push(...values)
      if (waiting.length === rows * width) {
        many.run(waiting)
        waiting = []
      }
    },
    end: () => {
      for (let at = 0; at < waiting.length; at += width) single.run(waiting.slice(at, at + width))
      waiting = []
    },
  }
}

const packed: Layout = {
  name: 'one packed record a case',
  schema: 'CREATE TABLE encounter (id INTEGER PRIMARY KEY, patient INTEGER NOT NULL, record BLOB NOT NULL)',
  insert: (db, { cases }) => {
    const rows = manyRows(db, 'INSERT INTO encounter', 3)
    const values = new Float64Array(columns)
    for (let row = 0; row < cases; row++) {
      for (let column = 0; column < columns; column++) values[column] = valueAt(row, column)
      rows.add(row + 1, row + 1, encodeRecord({ kinds }, values))
    }
    rows.end()
  },
  all: (db, { cases }) =>
    extract(
      db,
      cases,
      kinds.map(() => blank(cases)),
    ),
  one: (db, { cases }) =>
    extract(
      db,
      cases,
      kinds.map((_, column) => (column === 7 ? blank(cases) : null)),
    ),
  chart: (db, id) => {
    const record = statementOf(db, 'SELECT record FROM encounter WHERE id = ?').pluck().get(id) as Uint8Array
    return decodeRecord({ kinds }, record).values.length
  },
}

const extract = (db: Connection, cases: number, targets: (Float64Array | null)[]): number => {
  const run = 1024
  const statement = db
    .prepare("SELECT count(*), CAST(group_concat(record, '') AS BLOB) FROM encounter WHERE id BETWEEN ? AND ?")
    .raw()
  for (let from = 0; from < cases; from += run) {
    const [count, bytes] = statement.get(from + 1, from + run) as [number, Uint8Array]
    decodeRecords({ kinds }, bytes, count, targets, from)
  }
  return sumOf(targets.filter((target) => target !== null))
}

const rowAValue = (name: string, key: string, byColumn: boolean): Layout => ({
  name,
  schema: `CREATE TABLE value (encounter INTEGER NOT NULL, concept INTEGER NOT NULL, value REAL NOT NULL,
    PRIMARY KEY (${key})) WITHOUT ROWID`,
  insert: (db, { cases }) => {
    const rows = manyRows(db, 'INSERT INTO value', 3)
    const add = (row: number, column: number) => {
      const value = valueAt(row, column)
      if (!Number.isNaN(value)) rows.add(row + 1, column, value)
    }
    for (let row = 0; row < cases; row++) for (let column = 0; column < columns; column++) add(row, column)
    rows.end()
  },
  all: (db, { cases }) => {
    const targets = kinds.map(() => blank(cases))
    const statement = db.prepare('SELECT encounter, concept, value FROM value').raw()
    for (const [encounter, concept, value] of statement.iterate() as IterableIterator<number[]>)
      targets[concept][encounter - 1] = value
    return sumOf(targets)
  },
  one: (db, { cases }) => {
    const target = blank(cases)
    // Clustered by case, a column can only be had by looking at every case.
    const sql = `SELECT encounter, value FROM value ${byColumn ? '' : 'NOT INDEXED'} WHERE concept = 7`
    for (const [encounter, value] of db.prepare(sql).raw().iterate() as IterableIterator<number[]>)
      target[encounter - 1] = value
    return sumOf([target])
  },
  chart: (db, id) =>
    byColumn
      ? kinds.filter((_, column) =>
          statementOf(db, 'SELECT value FROM value WHERE concept = ? AND encounter = ?').pluck().get(column, id),
        ).length
      : statementOf(db, 'SELECT concept, value FROM value WHERE encounter = ?').raw().all(id).length,
})

const names = kinds.map((_, column) => `c${column}`)
const sqlColumns: Layout = {
  name: 'one SQL column a value',
  schema: `CREATE TABLE wide (id INTEGER PRIMARY KEY, patient INTEGER NOT NULL, ${names.map((name) => `${name} REAL`).join(', ')})`,
  insert: (db, { cases }) => {
    const rows = manyRows(db, 'INSERT INTO wide', columns + 2)
    for (let row = 0; row < cases; row++)
      rows.add(
        row + 1,
        row + 1,
        ...kinds.map((_, column) => {
          const value = valueAt(row, column)
          return Number.isNaN(value) ? null : value
        }),
      )
    rows.end()
  },
  all: (db, { cases }) => {
    const targets = kinds.map(() => blank(cases))
    const statement = db.prepare(`SELECT ${names.join(', ')} FROM wide ORDER BY id`).raw()
    let row = 0
    for (const values of statement.iterate() as IterableIterator<(number | null)[]>) {
      for (let column = 0; column < columns; column++) targets[column][row] = values[column] ?? Number.NaN
      row++
    }
    return sumOf(targets)
  },
  one: (db, { cases }) => {
    const target = blank(cases)
    let row = 0
    for (const value of db.prepare('SELECT c7 FROM wide ORDER BY id').pluck().iterate() as IterableIterator<
      number | null
    >)
      target[row++] = value ?? Number.NaN
    return sumOf([target])
  },
  chart: (db, id) => (statementOf(db, 'SELECT * FROM wide WHERE id = ?').raw().get(id) as unknown[]).length,
}

/** Measurements arrive as laboratories send them: patient by patient, day by day, six tests. */
const tests = 6
const measurement = (at: number, total: number) => {
  const perPatient = 24
  const patients = Math.max(1, Math.floor(total / perPatient))
  const patient = 1 + (Math.floor(at / perPatient) % patients)
  return { concept: 1 + (at % tests), patient, day: Math.floor((at % perPatient) / tests) * 90, row: at + 1 }
}

const repeated = (name: string, schema: string, byPatient: boolean): Layout => ({
  name,
  schema,
  insert: (db, { measurements }) => {
    // As the vault does: in order of the cluster within each slice of the file.
    const slice = 5000
    const rows = manyRows(db, 'INSERT INTO observation (concept, patient, day, batch, row, value)', 6)
    for (let from = 0; from < measurements; from += slice) {
      const some = Array.from({ length: Math.min(slice, measurements - from) }, (_, at) =>
        measurement(from + at, measurements),
      )
      some.sort((a, b) =>
        byPatient ? a.patient - b.patient || a.concept - b.concept : a.concept - b.concept || a.patient - b.patient,
      )
      for (const { concept, patient, day, row } of some) rows.add(concept, patient, day, 1, row, (row % 500) / 10)
    }
    rows.end()
  },
  all: (db) => readMeasurements(db, 'SELECT patient, day, value FROM observation'),
  one: (db) =>
    readMeasurements(db, 'SELECT patient, day, value FROM observation WHERE concept = 3 ORDER BY patient, day'),
  chart: (db, id) => {
    const sql = 'SELECT day, value FROM observation WHERE concept = ? AND patient = ? ORDER BY day'
    let found = 0
    for (let concept = 1; concept <= tests; concept++) found += statementOf(db, sql).raw().all(concept, id).length
    return found
  },
})

const readMeasurements = (db: Connection, sql: string): number => {
  let sum = 0
  for (const [patient, day, value] of db.prepare(sql).raw().iterate() as IterableIterator<number[]>)
    sum += patient + day + value
  return Math.round(sum)
}

const observation =
  'concept INTEGER NOT NULL, patient INTEGER NOT NULL, day REAL NOT NULL, batch INTEGER NOT NULL, row INTEGER NOT NULL, value REAL, raw TEXT'
const caseLayouts = [
  packed,
  rowAValue('one row a value, by case', 'encounter, concept', false),
  rowAValue('one row a value, by column', 'concept, encounter', true),
  sqlColumns,
]
const measurementLayouts = [
  repeated(
    'clustered by concept',
    `CREATE TABLE observation (${observation}, PRIMARY KEY (concept, patient, day, batch, row)) WITHOUT ROWID`,
    false,
  ),
  repeated(
    'clustered by patient',
    `CREATE TABLE observation (${observation}, PRIMARY KEY (patient, concept, day, batch, row)) WITHOUT ROWID`,
    true,
  ),
  repeated(
    'plain table, two indexes',
    `CREATE TABLE observation (${observation}); CREATE INDEX by_concept ON observation (concept, patient);
     CREATE INDEX by_patient ON observation (patient, concept)`,
    true,
  ),
]

const statements = new WeakMap<Connection, Map<string, ReturnType<Connection['prepare']>>>()
const statementOf = (db: Connection, sql: string) => {
  let known = statements.get(db)
  if (!known) {
    known = new Map()
    statements.set(db, known)
  }
  let statement = known.get(sql)
  if (!statement) {
    statement = db.prepare(sql)
    known.set(sql, statement)
  }
  return statement
}

interface Measured {
  name: string
  megabytes: number
  insert: number
  all: number
  one: number
  chart: number
  check: number
}

const measure = (dir: string, layout: Layout, sizes: Sizes, ids: number): Measured => {
  const file = join(dir, `${layout.name.replaceAll(/\W+/g, '-')}.db`)
  const key = randomBytes(32)
  const timed = <T>(work: (db: Connection) => T): { seconds: number; value: T } => {
    const db = openDatabase(file, { cipher: defaultCipher(), key })
    const start = performance.now()
    const value = work(db)
    const seconds = (performance.now() - start) / 1000
    db.close()
    return { seconds, value }
  }
  const made = openDatabase(file, { cipher: defaultCipher(), key, create: true })
  made.exec(layout.schema)
  made.close()
  const insert = timed((db) => {
    db.exec('BEGIN IMMEDIATE')
    layout.insert(db, sizes)
    db.exec('COMMIT')
  })
  const all = timed((db) => layout.all(db, sizes))
  const one = timed((db) => layout.one(db, sizes))
  const chart = timed((db) => {
    for (let at = 0; at < chartReads; at++) layout.chart(db, 1 + ((Math.imul(at + 1, 7919) >>> 0) % ids))
  })
  const megabytes = statSync(file).size / 1e6
  rmSync(file)
  return {
    name: layout.name,
    megabytes,
    insert: insert.seconds,
    all: all.seconds,
    one: one.seconds,
    chart: (chart.seconds / chartReads) * 1e6,
    check: all.value,
  }
}

const print = (title: string, rows: readonly Measured[]): void => {
  const [first] = rows
  console.log(
    `${title}\n${'layout'.padEnd(28)}${'MB'.padStart(9)}${'insert s'.padStart(12)}${'all s'.padStart(11)}${'one s'.padStart(11)}${'chart µs'.padStart(11)}`,
  )
  for (const { name, megabytes, insert, all, one, chart } of rows)
    console.log(
      name.padEnd(28) +
        megabytes.toFixed(1).padStart(9) +
        insert.toFixed(2).padStart(12) +
        all.toFixed(2).padStart(11) +
        one.toFixed(3).padStart(11) +
        chart.toFixed(0).padStart(11),
    )
  for (const row of rows.slice(1))
    console.log(
      `  ${row.name} / ${first.name}: bytes ${(row.megabytes / first.megabytes).toFixed(1)}, insert ${(row.insert / first.insert).toFixed(1)}, all ${(row.all / first.all).toFixed(1)}, one ${(row.one / first.one).toFixed(1)}, chart ${(row.chart / first.chart).toFixed(1)}`,
    )
  if (rows.some(({ check }) => Math.abs(check - first.check) > 1))
    throw new Error('The layouts do not hold the same values')
}

const verdict = (reached: boolean, what: string) => console.log(`${reached ? 'PASS' : 'FAIL'} ${what}`)

export async function run(sizes: Sizes = { cases: 60_000, measurements: 400_000 }): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'bedside-layout-'))
  try {
    const cases = caseLayouts.map((layout) => measure(dir, layout, sizes, sizes.cases))
    print(`${sizes.cases} cases of ${columns} values, ${defaultCipher()}`, cases)
    const measurements = measurementLayouts.map((layout) =>
      measure(dir, layout, sizes, Math.floor(sizes.measurements / 24)),
    )
    print(`\n${sizes.measurements} repeated measurements of ${tests} tests`, measurements)
    const [record, byCase] = cases
    verdict(
      record.megabytes * 3 <= byCase.megabytes,
      `packed records take a third of the bytes of one row a value, or less (${(byCase.megabytes / record.megabytes).toFixed(1)} times less)`,
    )
    verdict(
      record.insert * 2 <= byCase.insert,
      `and half the time to insert, or less (${(byCase.insert / record.insert).toFixed(1)} times faster)`,
    )
    verdict(
      record.all * 4 <= byCase.all,
      `and a quarter of the time to extract all columns, or less (${(byCase.all / record.all).toFixed(1)} times faster)`,
    )
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { cases: { type: 'string' }, measurements: { type: 'string' } } })
  await run({ cases: Number(values.cases ?? 60_000), measurements: Number(values.measurements ?? 400_000) })
}
