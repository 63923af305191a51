import { expect, test } from 'vitest'
import { guessDialect } from './dialect.ts'

const guess = (text: string) => guessDialect(text, 'utf-8', {}, true)

test.each([
  [',', 'id,age,sex\n1,50,m\n2,60,f\n'],
  [';', 'id;age;name\n1;50,5;"Li, Wei"\n2;60,1;"Ng, Al"\n'],
  ['\t', 'id\tage\tnote\n1\t50\ta, b\n2\t60\tc, d\n'],
  ['|', 'id|age|note\n1|50|a;b\n2|60|c;d\n'],
] as const)('fields parted by %j are found', (delimiter, text) => {
  expect(guess(text).dialect.delimiter).toBe(delimiter)
})

test('a decimal comma is not read as a thousand', () => {
  expect(guess('id;bili\n1;0,7\n2;1,25\n3;12,5\n').dialect).toMatchObject({ delimiter: ';', decimal: ',' })
  expect(guess('id;wbc\n1;1.234,5\n2;12.000,25\n').dialect.decimal).toBe(',')
})

test('where thousands and decimals cannot be told apart it is said, not guessed', () => {
  const { dialect, warnings } = guess('id;count\n1;1,234\n2;5,678\n')
  expect(dialect.decimal).toBe('.')
  expect(warnings.map(({ reason }) => reason)).toContain('ambiguousComma')
})

test('decimal commas without a header do not split numbers in two', () => {
  expect(guess('1;0,7;3,5\n2;1,2;4,5\n3;2,2;5,5\n').dialect).toMatchObject({
    delimiter: ';',
    decimal: ',',
    header: false,
  })
})

test('a first row of data is not lost as a header', () => {
  expect(guess('1,50,m\n2,60,f\n3,70,m\n').dialect.header).toBe(false)
  expect(guess('id,age,sex\n1,50,m\n').dialect.header).toBe(true)
  expect(guess('name,city\nAnn,Rome\nBob,Oslo\n').dialect.header).toBe(true)
  expect(guess('id,a,b,c,d,2019\n1,2,3,4,5,6\n2,3,4,5,6,7\n').dialect.header).toBe(true)
})

test('single quotes as marks are found, an apostrophe in a name is none', () => {
  expect(guess("id,name\n1,'Li, Wei'\n2,'Ng, Al'\n").dialect.quote).toBe("'")
  expect(guess("id,name\n1,O'Neil\n2,D'Arcy\n").dialect.quote).toBe('"')
})

test('what the person sets is kept', () => {
  const given = { delimiter: '|', decimal: ',', header: false, encoding: 'gb18030', quote: "'" } as const
  expect(guessDialect('a,b\n1,2\n', 'utf-8', given, true).dialect).toEqual({ format: 'csv', ...given })
})

test('the delimiter that Excel declares counts', () => {
  expect(guess('sep=;\na;b,c\n1;2,5\n').dialect).toMatchObject({ delimiter: ';', decimal: ',' })
})
