import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import iconv from 'iconv-lite'
import { beforeEach, expect, test } from 'vitest'
import type { Dialect } from '../contract/intake.ts'
import { csvLine, writeOutput } from './output.ts'
import { rowsOf } from './rows.ts'
import { createTerminal } from './terminal.ts'

const terminal = createTerminal(false)
const comma: Dialect = { format: 'csv', encoding: 'utf-8', delimiter: ',', quote: '"', decimal: '.', header: true }
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bedside-files-'))
})

const read = async (bytes: string | Buffer, dialect: Partial<Dialect> = {}, size = 100) => {
  const path = join(folder, 'in.csv')
  await writeFile(path, bytes)
  const chunks: { header: string[]; rows: string[][] }[] = []
  for await (const chunk of rowsOf(path, { ...comma, ...dialect }, size)) chunks.push(chunk)
  return { header: chunks[0]?.header, rows: chunks.flatMap(({ rows }) => rows), chunks: chunks.length }
}

test('a file that is written halfway does not replace the one that was whole', async () => {
  const path = join(folder, 'predictions.csv')
  await writeFile(path, 'whole')
  await expect(
    writeOutput(path, terminal, async ({ write }) => {
      await write('half')
      throw new Error('the disk is full')
    }),
  ).rejects.toThrow('the disk is full')
  expect(await readFile(path, 'utf8')).toBe('whole')
  expect(await readdir(folder)).toEqual(['predictions.csv'])

  await writeOutput(path, terminal, ({ write }) => write('new'))
  expect(await readFile(path, 'utf8')).toBe('new')
  expect((await stat(path)).mode & 0o077).toBe(0)
})

test('writing to a folder, or into one that is not there, is refused', async () => {
  await expect(writeOutput(folder, terminal, async () => {})).rejects.toThrow(/is a folder/)
  await expect(writeOutput(join(folder, 'no', 'x.csv'), terminal, async () => {})).rejects.toThrow(/not there/)
})

test('a device is written to, never replaced', async () => {
  await writeOutput('/dev/null', terminal, ({ write }) => write('x'))
  expect((await stat('/dev/null')).isCharacterDevice()).toBe(true)
})

test('rows keep their order and number over chunks', async () => {
  const rows = Array.from({ length: 25 }, (_, i) => [String(i), `value ${i}`])
  const out = await read(`id,v\n${rows.map((row) => row.join(',')).join('\n')}\n`, {}, 10)
  expect(out).toEqual({ header: ['id', 'v'], rows, chunks: 3 })
})

test('quoted newlines, quotes and a byte order mark do not shift a row', async () => {
  const out = await read('\ufeffid,note\r\n1,"two\nlines, ""quoted"""\r\n2,\r\n')
  expect(out.header).toEqual(['id', 'note'])
  expect(out.rows).toEqual([
    ['1', 'two\nlines, "quoted"'],
    ['2', ''],
  ])
})

test('a Chinese and a European export read as they were meant', async () => {
  expect(
    (
      await read(iconv.encode('编号;胆红素\n一;1,5\n', 'gb18030'), {
        encoding: 'gb18030',
        delimiter: ';',
        decimal: ',',
      })
    ).rows,
  ).toEqual([['一', '1.5']])
  const utf16 = await read(iconv.encode('id\tx\n1\t2\n', 'utf-16le', { addBOM: true }), {
    encoding: 'utf-16le',
    delimiter: '\t',
  })
  expect(utf16).toMatchObject({ header: ['id', 'x'], rows: [['1', '2']] })
})

test('a row with a cell too many is refused by its number, not read one column off', async () => {
  await expect(read('a,b\n1,2\n1,2,3\n')).rejects.toThrow(/row 2: 3 cells under 2 column names/)
  await expect(read('a,a\n1,2\n')).rejects.toThrow(/two columns named a/)
  await expect(read('')).rejects.toThrow(/is empty/)
  expect(await read('a,b\n')).toMatchObject({ header: ['a', 'b'], rows: [] })
})

test('cells that need quotes get them', () => {
  expect(csvLine(['a', 'b,c', 'd"e', 'f\ng', 1.5, null])).toBe('a,"b,c","d""e","f\ng",1.5,\n')
})
