/**
 * Import of 100,000 rows x 20 columns, checked cell by cell and encrypted, beside `sqlite3 .import` of the same file
 * into one plain table: both from a cold start of their writer (a new vault, a new database file), in turns, median of
 * the runs. Below, what one core spends on each stage. Run: npx node bench/import.ts
 */
import { spawnSync } from 'node:child_process'
import { createReadStream, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parse } from 'csv-parse'
import type { Mapping } from '../src/contract/intake.ts'
import { checkRows } from '../src/core/intake/check/rows.ts'
import { importFile } from '../src/core/intake/import/importFile.ts'
import { planImport } from '../src/core/intake/mapping/plan.ts'
import { previewHere } from '../src/core/intake/mapping/preview.ts'
import { createCsvReader } from '../src/core/intake/readers/csv/csv.ts'
import { createDecoder } from '../src/core/intake/readers/csv/encoding.ts'
import { type FileSource, readSource } from '../src/core/intake/source.ts'
import { randomOf } from '../src/core/numbers/random.ts'
import { createVault } from '../src/core/vault/store/vault.ts'

const rows = 100_000
const runs = 5
const promised = 6

/**
 * A clinic's export: key, sex, age, site, visit date, twelve laboratory values (one in twenty missing), outcome,
 * remark.
 */
const makeCsv = (): string => {
  const random = randomOf(7, 1)
  const labs = Array.from({ length: 12 }, (_, i) => `lab${i + 1}`)
  const lines = [['id', 'sex', 'age', 'site', 'visit', ...labs, 'time', 'status', 'note'].join(',')]
  const two = (value: number) => String(value).padStart(2, '0')
  for (let row = 1; row <= rows; row++) {
    const values = labs.map((_, i) => (random.uniform() < 0.05 ? '' : (10 + i + 3 * random.normal()).toFixed(3)))
    const date = `20${two(random.below(24))}-${two(1 + random.below(12))}-${two(1 + random.below(28))}`
    const site = ['North', 'South', '"East, upper"'][random.below(3)]
    const note = ['', 'seen', '"""stable"", no change"'][random.below(3)]
    const age = (18 + 72 * random.uniform()).toFixed(1)
    lines.push(
      [row, 'fm'[random.below(2)], age, site, date, ...values, 1 + random.below(4000), random.below(3), note].join(','),
    )
  }
  return `${lines.join('\n')}\n`
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]

const timed = async (work: () => unknown): Promise<number> => {
  const start = performance.now()
  await work()
  return performance.now() - start
}

const importIntoVault = async (folder: string, source: FileSource, mapping: Mapping): Promise<number> => {
  const dir = mkdtempSync(join(folder, 'vault-'))
  const { vault, user } = await createVault(dir, { displayName: 'Bench', passphrase: 'correct horse battery' })
  try {
    const took = await timed(async () => {
      const report = await importFile({ vault, source, study: 'bench', mapping, user: user.id })
      if (report.imported !== rows) throw new Error(`${report.imported} of ${rows} rows were imported`)
    })
    return took
  } finally {
    vault.close()
    rmSync(dir, { recursive: true })
  }
}

const importIntoTable = (folder: string, path: string): number | null => {
  const database = join(folder, 'plain.db')
  rmSync(database, { force: true })
  const start = performance.now()
  const { status, error } = spawnSync('sqlite3', [database, '.mode csv', `.import '${path}' plain`])
  const took = performance.now() - start
  if (error || status !== 0) return null
  return took
}

const show = (what: string, milliseconds: number, more = '') =>
  console.log(`${what.padEnd(58)} ${milliseconds.toFixed(0).padStart(6)} ms  ${more}`)

export const run = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'bedside-bench-import-'))
  try {
    const path = join(folder, 'cases.csv')
    writeFileSync(path, makeCsv())
    const source: FileSource = { kind: 'path', file: 'cases.csv', path }
    console.log(`${rows} rows x 20 columns, ${(statSync(path).size / 1e6).toFixed(1)} MB; median of ${runs} runs`)
    const { mapping, columns } = await previewHere({ source })

    const ours: number[] = []
    const theirs: (number | null)[] = []
    for (let i = 0; i < runs; i++) {
      theirs.push(importIntoTable(folder, path))
      ours.push(await importIntoVault(folder, source, mapping))
    }
    const plain = theirs.flatMap((took) => took ?? [])
    show(
      'import: read, checked, packed, encrypted',
      median(ours),
      `${((rows / median(ours)) * 1000).toFixed(0)} rows/s`,
    )
    if (plain.length === runs) {
      const ratio = median(ours) / median(plain)
      show('sqlite3 .import into one plain table', median(plain))
      console.log(`ratio ${ratio.toFixed(2)} (at most ${promised}): ${ratio <= promised ? 'PASS' : 'FAIL'}`)
    } else console.log('sqlite3 is not installed: no ratio')

    const plan = () =>
      planImport(
        mapping,
        columns.map(({ name }) => name),
        [],
      )
    const check = async (pack: boolean) => {
      for await (const chunk of checkRows({ source, mapping, pack }, plan)) void chunk
    }
    const stages: [string, () => unknown][] = [
      ['look: encoding, dialect, types, mapping', () => previewHere({ source })],
      [
        'read into fields',
        async () => {
          const decoder = createDecoder('utf-8')
          const reader = createCsvReader({ delimiter: ',', quote: '"' }, () => {})
          for await (const piece of readSource(source)) reader.push(decoder.write(piece))
          reader.end()
        },
      ],
      [
        'read into fields by csv-parse, for comparison',
        () =>
          new Promise((resolve, reject) => {
            const parser = parse({ relax_column_count: true, record_delimiter: '\n' })
            parser.on('readable', () => {
              while (parser.read() !== null);
            })
            parser.on('end', resolve).on('error', reject)
            createReadStream(path, { highWaterMark: 1 << 20 }).pipe(parser)
          }),
      ],
      ['read and check', () => check(false)],
      ['read, check and pack', () => check(true)],
    ]
    console.log('one core, in this thread:')
    for (const [name, work] of stages) {
      const took: number[] = []
      for (let i = 0; i < 3; i++) took.push(await timed(work))
      show(`  ${name}`, median(took), `${((100 * median(took)) / median(ours)).toFixed(0)}% of the import's time`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await run()
