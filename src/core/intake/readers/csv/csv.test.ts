import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CsvDialect } from '../../../../contract/intake.ts'
import { nameColumns } from '../columns.ts'
import { type CsvFault, createCsvReader } from './csv.ts'

interface Read {
  fields: string[]
  line: number
  fault: CsvFault | null
}

const read = (
  text: string,
  { piece = text.length || 1, delimiter = ',' as CsvDialect['delimiter'], quote = '"' as const } = {},
): Read[] => {
  const rows: Read[] = []
  const reader = createCsvReader({ delimiter, quote }, (fields, line, fault) => rows.push({ fields, line, fault }))
  for (let at = 0; at < text.length; at += piece) reader.push(text.slice(at, at + piece))
  reader.end()
  return rows
}
const fieldsOf = (text: string, piece?: number) => read(text, piece ? { piece } : {}).map(({ fields }) => fields)

test('a line break inside quotes does not split a patient in two', () => {
  const text = 'id,note\r\n1,"first\r\nsecond"\r\n2,ok\r\n'
  for (const piece of [1, 2, 3, 5, 100])
    expect(read(text, { piece })).toEqual([
      { fields: ['id', 'note'], line: 1, fault: null },
      { fields: ['1', 'first\r\nsecond'], line: 2, fault: null },
      { fields: ['2', 'ok'], line: 4, fault: null },
    ])
})

test('an unescaped quote does not shift columns or swallow the rows after it', () => {
  const rows = read('id,note,age\n1,"he said "no" to it",50\n2,fine,60\n')
  expect(rows[1]).toEqual({ fields: ['1,"he said "no" to it",50'], line: 2, fault: 'strayQuote' })
  expect(rows[2]).toEqual({ fields: ['2', 'fine', '60'], line: 3, fault: null })
})

test('a quote that is never closed costs one row, not the rest of the file', () => {
  const rest = Array.from({ length: 1000 }, (_, i) => `${i + 2},ok,60`).join('\n')
  for (const piece of [1000, 100_000]) {
    const rows = read(`id,note,age\n1,"never closed,50\n${rest}\n`, { piece })
    expect(rows).toHaveLength(1002)
    expect(rows[1]).toMatchObject({ line: 2, fault: 'unclosedQuote' })
    expect(rows[1001]).toEqual({ fields: ['1001', 'ok', '60'], line: 1002, fault: null })
  }
})

test('a quote closed by the quote of a later row does not merge the rows between', () => {
  const rows = read('id,note,age\n1,"open,50\n2,ok,60\n3,"quoted",70\n4,ok,80\n')
  expect(rows.map(({ fault }) => fault)).toEqual([null, 'strayQuote', null, null, null])
  expect(rows.slice(2).map(({ fields }) => fields[0])).toEqual(['2', '3', '4'])
  const merged = read('id,note,age\n1,"open,50\n2,ok,60\n3,ok",70,1\n4,ok,80\n')
  expect(merged.map(({ fault, line }) => [fault, line])).toEqual([
    [null, 1],
    ['unclosedQuote', 2],
    [null, 3],
    [null, 4],
    [null, 5],
  ])
})

test('LF, CRLF, CR and a missing last line ending give the same rows', () => {
  const rows = [
    ['a', 'b'],
    ['1', ''],
    ['', '2'],
  ]
  for (const ending of ['\n', '\r\n', '\r'])
    for (const piece of [1, 2, 3, 100]) {
      expect(fieldsOf(`a,b${ending}1,${ending},2${ending}`, piece)).toEqual(rows)
      expect(fieldsOf(`a,b${ending}1,${ending},2`, piece)).toEqual(rows)
    }
})

test('blank lines at the end, and the end-of-file mark of DOS, are no patients', () => {
  expect(fieldsOf('a,b\n1,2\n\n  \r\n\n\u001a')).toEqual([
    ['a', 'b'],
    ['1', '2'],
  ])
  expect(read('a,b\n\n\n1,2\n')[1].line).toBe(4)
})

test('a quote never closed does not merge its row with the next, where the next has a quoted delimiter', () => {
  const rows = read('a;b;c\nx;"never closed\np;1;";2"\nq;3;4\n', { delimiter: ';' })
  expect(rows.map(({ fields, fault }) => fault ?? fields.join(' '))).toEqual([
    'a b c',
    'unclosedQuote',
    'p 1 ;2',
    'q 3 4',
  ])
})

test('a field of several megabytes comes through whole', () => {
  const long = 'x'.repeat(5_000_000)
  expect(fieldsOf(`a,b\n1,"${long}"\n2,y\n`, 65536)).toEqual([
    ['a', 'b'],
    ['1', long],
    ['2', 'y'],
  ])
})

test("Excel's line sep=; is no header", () => {
  const rows: string[][] = []
  const reader = createCsvReader({ delimiter: ';', quote: '"' }, (fields, line) => rows.push([...fields, String(line)]))
  for (const piece of ['se', 'p=;\r', '\na;b\r\n1;2\r\n']) reader.push(piece)
  reader.end()
  expect(rows).toEqual([
    ['a', 'b', '2'],
    ['1', '2', '3'],
  ])
})

test('two columns of one name do not become one', () => {
  expect(nameColumns(['id', 'bp', 'bp', '', ' bp (2)']).names).toEqual(['id', 'bp', 'bp (3)', 'column4', 'bp (2)'])
  expect(nameColumns(['a', 'a', '']).warnings.map(({ reason }) => reason)).toEqual(['duplicateHeader', 'emptyHeader'])
})

test('well-formed files read as csv-parse reads them, in pieces of any size', () => {
  const cell = fc.oneof(
    fc.constantFrom('', '0', '-1.5', 'NA', ' x ', '中文', '😀', 'a""b'),
    fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', ';', 'é'), maxLength: 8 }),
  )
  const table = fc
    .integer({ min: 2, max: 5 })
    .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 8 }))
  fc.assert(
    fc.property(table, fc.constantFrom('\n', '\r\n'), fc.integer({ min: 1, max: 20 }), (rows, ending, piece) => {
      const quoted = (text: string) => (/[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
      const text = rows.map((row) => row.map(quoted).join(',')).join(ending) + ending
      const expected = parse(text, { record_delimiter: ['\n', '\r\n'], skip_empty_lines: true }) as string[][]
      expect(fieldsOf(text, piece)).toEqual(expected)
    }),
    { numRuns: 500 },
  )
})

test('whatever the text, every line is in exactly one record and none is lost', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ',', ',', '"', '\n', '1'), maxLength: 80 })
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 30 }), (body, piece) => {
      const rows = read(`h,i\n${body}\n`, { piece })
      expect(rows).toEqual(read(`h,i\n${body}\n`))
      // Lines named by records ascend, and each line with anything on it belongs to the record before the next one's
      // line.
      const lines = rows.map(({ line }) => line)
      expect([...lines].sort((a, b) => a - b)).toEqual(lines)
      expect(new Set(lines).size).toBe(lines.length)
      const letters = (of: string) => of.replace(/[^ab1]/g, '')
      expect(
        letters(
          rows
            .slice(1)
            .flatMap(({ fields }) => fields)
            .join(''),
        ),
      ).toBe(letters(body))
    }),
    { numRuns: 1000 },
  )
})
