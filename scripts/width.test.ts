import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { columns, wideCode, wideLines, wideProse } from './width.ts'

const long = 'word '.repeat(30).trim()
const widths = (source: string) => wideCode('x.ts', source).map(({ line }) => line)

test('no line of the repository is wider than a reader has room for', () => {
  expect(wideLines(dirname(import.meta.dirname))).toEqual([])
})

test.each([
  ['a comment', `/** ${long} */\nexport const a = 1`, [1]],
  ['a line of a block comment', `/**\n * ${long}\n */\nexport const a = 1`, [2]],
  ['a comment behind code', `export const a = 1 // ${long}`, [1]],
  ['code', `export const a = ${Array.from({ length: 40 }, (_, i) => `b${i}`).join(' + ')}`, [1]],
])('%s is told', (_, source, expected) => {
  expect(widths(source)).toEqual(expected)
})

test.each([
  ['a string', `export const a = '${long}'`],
  ['a template', `export const a = \`${long}\``],
  ['a regular expression', `export const a = /${long}/`],
  ['a line that just fits', `// ${'x'.repeat(columns - 3)}`],
])('%s is let be', (_, source) => {
  expect(widths(source)).toEqual([])
})

test('prose is told, a table, a listing and a long address are let be', () => {
  const text = [long, `| ${long} |`, '```', long, '```', `[1]: https://example.org/${'x'.repeat(130)}`, `- ${long}`]
  expect(wideProse('x.md', text.join('\n')).map(({ line }) => line)).toEqual([1, 7])
})
