import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import iconv from 'iconv-lite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answerOf, bedside } from '../e2e/command.ts'
import { temporaryFolder } from '../e2e/shells.ts'

/**
 * A file is read by one rule: what import would reject is never predicted from, and what it reads, predict reads alike.
 */

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let vault: string
let model: string
const at = (name: string) => join(folder.path, name)
const file = (name: string, content: string | Buffer) => {
  writeFileSync(at(name), content)
  return at(name)
}

interface Spot {
  row: number
  place: string
  column: string | null
  code: string
}
interface Prediction {
  row: number
  key: string | null
  values: (number | null)[]
  rejected: string | null
}

const train = async (study: string, target: string): Promise<string> => {
  const words = `train --study ${study} --task diagnosis --target ${target} --learner logistic --test 0 --folds 0`
  return String((await answerOf(vault, words.split(' '))).model)
}
const predict = (path: string, more: string[] = [], of = model) =>
  answerOf(vault, ['predict', '--model', of, '--in', path, ...more])
const spots = (list: Spot[]) => list.map(({ row, place, column, code }) => [row, place, column, code])

/** Both commands on one file: how many rows each takes, and which spots they reject. */
const both = async (name: string, content: string | Buffer) => {
  const path = file(name, content)
  const dry = await answerOf(vault, ['import', path, '--study', 'clinic', '--dry-run'])
  const answer = await predict(path)
  expect({ rows: answer.rows, taken: answer.predicted, rejected: spots(answer.rejected) }).toEqual({
    rows: dry.rows,
    taken: dry.imported,
    rejected: spots(dry.errors),
  })
  return answer as {
    rows: number
    predicted: number
    predictions: Prediction[]
    rejected: (Spot & { message: string })[]
  }
}
const risks = ({ predictions }: { predictions: Prediction[] }) => predictions.map(({ values }) => values[1])

const people = Array.from({ length: 120 }, (_, i) => ({
  patient: `P${i}`,
  age: 25 + ((i * 37) % 60),
  sex: i % 2 ? 'f' : 'm',
  crp: ((i * 53) % 97) / 4 + 0.5,
  dm: (i * 37) % 60 > 25 + ((i * 7) % 20) ? 'yes' : 'no',
}))
const lines = people.map((person) => Object.values(person).join(','))

beforeAll(async () => {
  folder = await temporaryFolder()
  vault = at('vault')
  await answerOf(vault, ['init'])
  const path = file('people.csv', ['patient,age,sex,crp,dm', ...lines, ''].join('\n'))
  await answerOf(vault, ['import', path, '--study', 'clinic'])
  model = await train('clinic', 'dm')
})
afterAll(() => folder.remove())

test('the line sep=; that Excel writes is no data, for import and for predict', async () => {
  const plain = await both('plain.csv', 'patient,age,sex,crp\nX1,60,f,10.5\nX2,30,m,1.5\n')
  const excel = await both('excel.csv', 'sep=;\r\npatient;age;sex;crp\r\nX1;60;f;10,5\r\nX2;30;m;1,5\r\n')
  expect(plain).toMatchObject({ rows: 2, predicted: 2 })
  expect(risks(excel)).toEqual(risks(plain))
})

test('a number with a quote that closes in its midst is rejected, not filled with the median and predicted from', async () => {
  const answer = await both('stray.csv', 'patient,age,sex,crp\n1,"50.5"x,f,10\n2,60,f,10\n')
  expect(answer).toMatchObject({ rows: 2, predicted: 1 })
  expect(answer.predictions[0]).toEqual({
    row: 1,
    key: null,
    values: [null, null],
    rejected: expect.stringMatching(/^line 2: .*quote/),
  })
  expect(answer.predictions[1]).toMatchObject({ row: 2, key: '2', rejected: null })
})

test.each([
  ['a quote never closed', 'patient,age,sex,crp\nX1,60,f,"10\nX2,30,m,1.5\nX3,40,f,3\n', [1]],
  ['a quoted text over two lines', 'patient,age,sex,crp\n"X\n1",60,f,10\nX2,30,m,1.5\n', []],
  ['doubled quotes', 'patient,age,sex,crp\n"X ""1""",60,f,10\nX2,30,m,1.5\n', []],
  ['a cell too few and one too many', 'patient,age,sex,crp\nX1,60,f,10\nX2,30,m\nX3,40,f,3,9\n', [2, 3]],
  ['limits of detection', 'patient,age,sex,crp\nX1,60,f,<0.5\nX2,30,m,1.5\nX3,30,m,>200\n', [1, 3]],
  ['a comma that may mean thousands', 'patient,age,sex,crp\nX1,60,f,"1,250"\nX2,30,m,1.5\n', [1]],
  ['blank lines, and one of commas', 'patient,age,sex,crp\nX1,60,f,10\n\n\nX2,30,m,1.5\n,,,\nX3,40,f,3\n', [3]],
  ['a number in words', 'patient,age,sex,crp\nX1,sixty,f,10\nX2,30,m,1.5\n', [1]],
  ['a level that the study has not', 'patient,age,sex,crp\nX1,60,x,10\nX2,30,m,1.5\n', [1]],
  ['a row without its patient', 'patient,age,sex,crp\n,60,f,10\nX2,30,m,1.5\n', [1]],
  ['texts for not recorded', 'patient,age,sex,crp\nX1,NA,f,10\nX2,,m,NA\nX3,40,f,3\n', []],
  ['an outcome that is no outcome', 'patient,age,sex,crp,dm\nX1,60,f,10,perhaps\nX2,30,m,1.5,\n', [1]],
])('what import rejects is not predicted from, and what it takes is: %s', async (name, content, rejected) => {
  const answer = await both(`${name}.csv`, content)
  expect([...new Set(answer.rejected.map(({ row }) => row))]).toEqual(rejected)
  expect(answer.predictions.map(({ row }) => row)).toEqual(answer.predictions.map((_, i) => i + 1))
  for (const { row, values } of answer.predictions) expect(values[0] === null).toBe(rejected.includes(row as never))
})

test('encodings, decimal commas, capitals and exponents read as in an import', async () => {
  const plain = await both('1.csv', 'patient,age,sex,crp\n张三,60,f,10.5\n李四,30,m,1.5\n')
  const others = [
    iconv.encode('patient;age;sex;crp\n张三;60;F;10,5\n李四;30;M;1,5\n', 'gb18030'),
    iconv.encode('patient\tage\tsex\tcrp\n张三\t6e1\tf\t10.5\n李四\t30\tm\t1.50\n', 'utf-16le', { addBOM: true }),
    Buffer.from('\uFEFFpatient,age,sex,crp\r\n张三, 60 ,f,10.5\r\n李四,30,m,1.5\r\n'),
  ]
  for (const [i, other] of others.entries()) {
    const answer = await both(`other${i}.csv`, other)
    expect(answer.predictions.map(({ key }) => key)).toEqual(['张三', '李四'])
    expect(risks(answer)).toEqual(risks(plain))
  }
})

test('units, codes for not recorded and ranges of the study’s files hold for a file to predict', async () => {
  const concept = (name: string, more: object) => ({
    ...{ name, label: { en: name }, kind: 'number', role: 'observation', unit: null, plausible: null, reference: null },
    ...{ levels: null, coding: [], modifiable: false, description: null },
    ...more,
  })
  const column = (name: string, more: object, sourceUnit: string | null = null) => ({
    ...{ column: name, use: 'import', concept: concept(name, more), sourceUnit, dateFormat: null },
  })
  const mapping = {
    dialect: { encoding: 'utf-8', delimiter: ',', quote: '"', decimal: '.', header: true },
    missing: ['', 'NA', '999', '-9'],
    columns: [
      column('patient', { kind: 'text', role: 'patientKey' }),
      column('age', { plausible: { low: 0, high: 120 } }),
      column('glucose', { unit: 'mg/dL', coding: [{ system: 'http://loinc.org', code: '2345-7' }] }, 'mmol/L'),
      column('dm', { kind: 'boolean', role: 'outcome' }),
    ],
  }
  const rows = people.map(({ patient, age, dm }, i) => {
    const glucose = (4 + ((i * 31) % 60) / 10).toFixed(1)
    return [patient, i % 25 ? age : 999, i % 30 === 4 ? -9 : glucose, dm].join(',')
  })
  const path = file('mmol.csv', ['patient,age,glucose,dm', ...rows].join('\n'))
  await answerOf(vault, [
    ...['import', path, '--study', 'units', '--mapping', file('mapping.json', JSON.stringify(mapping))],
  ])
  const of = await train('units', 'dm')
  const given = file('next.csv', 'patient,age,glucose\nA,60,6.5\nB,999,6.5\nC,60,-9\nD,150,6.5\n')
  const answer = await predict(given, [], of)
  const stated = file('stated.csv', 'patient,age,glucose [mg/dL]\nA,60,117.1014\nB,,117.1014\nC,60,\n')
  const [a, b, c, d] = risks(answer)
  const known = risks(await predict(stated, [], of))
  expect([a, b, c].map((risk) => risk?.toFixed(6))).toEqual(known.map((risk) => risk?.toFixed(6)))
  expect(d).toBeNull()
  expect(spots(answer.rejected)).toEqual([[4, 'line 5', 'age', 'outOfRange']])
  const { stderr } = await bedside(vault, ['predict', '--model', of, '--in', given])
  expect(stderr).toMatch(/glucose is taken to be in mmol\/L, as in the study's file before/)
  expect(stderr).toMatch(/"999", "-9" count as not recorded/)
  // An import of the next file of that hospital, without its mapping, means the same.
  const suggested = await answerOf(vault, ['import', given, '--study', 'units', '--suggest'])
  expect(suggested.columns.find((one: { column: string }) => one.column === 'glucose').sourceUnit).toBe('mmol/L')
  expect(suggested.missing).toEqual(expect.arrayContaining(['999', '-9']))
})

test('the output names row and patient, so that no risk lands on somebody else’s line', async () => {
  const path = file('named.csv', 'patient,age,sex,crp\nX1,60,f,10\n\nX2,30,m,lots\n\nX3,40,f,3\n')
  const { stdout, stderr } = await bedside(vault, ['predict', '--model', model, '--in', path])
  const [header, ...out] = stdout.trim().split('\n')
  expect(header).toBe('row,key,probability_no,probability_yes,rejected')
  expect(out.map((line) => line.split(',').slice(0, 2))).toEqual([
    ['1', 'X1'],
    ['2', ''],
    ['3', 'X3'],
  ])
  expect(out[1]).toBe('2,,,,line 4: crp is not a number.')
  expect(stderr).toMatch(/row 2 \(line 4\) is rejected: crp is not a number/)
})
