import { expect, test } from 'vitest'
import { createInference, type InferredColumn } from './infer.ts'

const infer = (cells: readonly string[], { name = 'x', decimal = '.' as '.' | ',', whole = true } = {}) => {
  const inference = createInference([name], decimal)
  for (const cell of cells) inference.addRow([cell])
  const { columns, missing } = inference.finish(whole)
  return { ...(columns[0] as InferredColumn), missingTexts: missing }
}
const many = (cells: readonly string[], times = 10) => Array.from({ length: times }, () => cells).flat()

test('numeric codes stay numbers, as R reads them', () => {
  expect(infer(many(['0', '1', '2'])).kind).toBe('integer')
  expect(infer(many(['0', '0.5', '1'])).kind).toBe('number')
  expect(infer(many(['1.0', '2.0'])).kind).toBe('number')
})

test('a whole-number laboratory value is not an integer for ever', () => {
  expect(infer(Array.from({ length: 300 }, (_, i) => String(120 + i))).kind).toBe('number')
  expect(infer(many(['50', '60']), { name: 'age' }).kind).toBe('number')
})

test('codes with leading zeros and identity numbers do not lose digits', () => {
  expect(infer(['007', '012', '100', '101', '007', '012']).kind).not.toBe('integer')
  expect(['text', 'category']).toContain(infer(['110101199003071234', '110101199003071235']).kind)
})

test('yes and no keep their spelling as levels, with labels for both languages elsewhere', () => {
  expect(infer(many(['Yes', 'No']))).toMatchObject({ kind: 'category', levels: ['No', 'Yes'] })
  expect(infer(many(['是', '否']))).toMatchObject({ kind: 'category', levels: ['否', '是'] })
  expect(infer(many(['TRUE', 'FALSE', 'NA']))).toMatchObject({ kind: 'boolean' })
  expect(infer(many(['yes', 'Yes', 'no', 'NO']))).toMatchObject({ kind: 'boolean' })
})

test('texts for "not recorded" do not turn a laboratory value into text', () => {
  const found = infer(many(['1.5', '2.5', '.', '3.5', '缺失', 'N/A']))
  expect(found).toMatchObject({ kind: 'number', known: 30, missing: 30 })
  expect(found.missingTexts).toEqual(['', 'NA', '.', 'N/A', '缺失'])
})

test('a minus sign as a level of a category is not taken for "not recorded"', () => {
  expect(infer(many(['+', '-'])).levels).toEqual(['+', '-'])
})

test('a few slips of the pen do not turn numbers into text; they are announced', () => {
  const found = infer([...many(['5.1', '6.2']), '7,x'])
  expect(found.kind).toBe('number')
  expect(found.warnings.map(({ reason }) => reason)).toEqual(['notAllNumbers'])
})

test('dates whose day and month cannot be told apart stay text', () => {
  const found = infer(['03/04/2020', '05/06/2021', '01/02/2019'])
  expect(found.kind).toBe('text')
  expect(found.warnings[0]).toMatchObject({ reason: 'ambiguousDates' })
  expect(found.warnings[0].message).toContain('dd/MM/yyyy, MM/dd/yyyy')
  expect(infer(['03/04/2020', '25/06/2021'])).toMatchObject({ kind: 'date', dateFormat: 'dd/MM/yyyy' })
  expect(infer(['03/04/2020', '06/25/2021'])).toMatchObject({ kind: 'date', dateFormat: 'MM/dd/yyyy' })
  expect(infer(['03.04.2020', '05.06.2021'])).toMatchObject({ kind: 'date', dateFormat: 'dd.MM.yyyy' })
  expect(infer(['2020-03-04', '2021-06-05'])).toMatchObject({ kind: 'date', dateFormat: null })
})

test('decimal years are dates, whole years stay numbers', () => {
  const years = Array.from({ length: 40 }, (_, i) => String(1940.2559890486 + i * 0.7331))
  expect(infer(years, { name: 'dobth' })).toMatchObject({ kind: 'date', dateFormat: 'year' })
  expect(infer(many(['1982', '1983', '1984']), { name: 'year' }).kind).toBe('integer')
})

test('Excel serials stay numbers unless asked, but are pointed out', () => {
  const found = infer(
    Array.from({ length: 30 }, (_, i) => String(44000 + i * 7)),
    { name: 'visit date' },
  )
  expect(found.kind).toBe('number')
  expect(found.warnings.map(({ reason }) => reason)).toContain('excelSerials')
})

test('999 among ages is pointed out, not silently learned from', () => {
  const found = infer([...Array.from({ length: 60 }, (_, i) => String(30 + i)), '999', '999'], { name: 'age' })
  expect(found.warnings.map(({ reason }) => reason)).toEqual(['possibleMissingCode'])
})

test('names are text, sites are categories', () => {
  expect(infer(Array.from({ length: 50 }, (_, i) => `Patient ${i}`)).kind).toBe('text')
  expect(infer(many(['North', 'South', 'East']))).toMatchObject({
    kind: 'category',
    levels: ['East', 'North', 'South'],
  })
})

test('what only part of a file showed is not claimed of the rest', () => {
  expect(infer(many(['1', '2']), { whole: false }).kind).toBe('number')
  expect(infer(many(['a', 'b']), { whole: false })).toMatchObject({ kind: 'category', levels: null })
})
