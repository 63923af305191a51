import { expect, test } from 'vitest'
import type { RowError } from '../../contract/intake.ts'
import { rowErrorsCsv } from './csv.ts'

const error = (text: string | null, change: Partial<RowError> = {}): RowError => ({
  row: 3,
  place: { kind: 'line', line: 4 },
  column: 'bili',
  code: 'notANumber',
  message: 'bili is not a number.',
  text,
  ...change,
})
const linesOf = (errors: RowError[]) =>
  rowErrorsCsv(['row', 'place', 'column', 'reason', 'text', 'detail'], errors, {
    placeOf: () => 'line 4',
    reasonOf: () => 'Not a number',
    detailOf: ({ message }) => message,
  }).split('\r\n')

test('a rejected cell cannot run as a formula when the clerk opens the list in a spreadsheet', () => {
  const [, line] = linesOf([error('=HYPERLINK("http://x","y")')])
  expect(line).toBe(`3,line 4,bili,Not a number,"'=HYPERLINK(""http://x"",""y"")",bili is not a number.`)
  expect(linesOf([error('@SUM(A1)')])[1]).toContain("'@SUM(A1)")
})

const noWords = { placeOf: () => '', reasonOf: () => '', detailOf: () => '' }

test('a negative number stays a number', () => {
  expect(linesOf([error('-3.5')])[1]).toContain(',-3.5,')
})

test('quotes, commas and line breaks stay in their cell', () => {
  expect(linesOf([error('a,"b"')])[1]).toBe('3,line 4,bili,Not a number,"a,""b""",bili is not a number.')
  expect(rowErrorsCsv(['row'], [error('a\nb')], noWords)).toContain('"a\nb"')
})

test('Excel is told that it is UTF-8, so that 患者 does not turn into signs', () => {
  expect(rowErrorsCsv(['行'], [], noWords).charCodeAt(0)).toBe(0xfeff)
})
