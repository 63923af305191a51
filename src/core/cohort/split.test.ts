import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sampleTable, valuesOf } from '../../../test/golden/sampleTable.ts'
import type { StudyDesign } from '../../contract/design.ts'
import type { Outcome } from './matrix.ts'
import { foldsOf, splitRows } from './split.ts'
import type { Column, Table } from './table.ts'

type Validation = StudyDesign['validation']
const designOf = (validation: Partial<Validation>, seed = 1) => ({
  seed,
  validation: { test: 0.25, split: 'stratified' as const, splitColumn: null, folds: 5, ...validation },
})
const range = (count: number) => Int32Array.from({ length: count }, (_, row) => row)
const numbers = (name: string, values: ArrayLike<number>): Column => ({
  name,
  kind: 'number',
  unit: null,
  levels: null,
  values: Float64Array.from(values),
})
const tableOf = (patients: ArrayLike<number>, ...columns: Column[]): Table => ({
  rows: patients.length,
  columns,
  patients: Int32Array.from(patients),
  encounters: new Int32Array(patients.length),
})
const classesOf = (y: ArrayLike<number>, count = 2): Outcome => ({
  task: 'diagnosis',
  classes: Array.from({ length: count }, (_, label) => `c${label}`),
  y: Int32Array.from(y),
})
const reasonOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    return (error as { failure?: { reason: string } }).failure?.reason ?? String(error)
  }
  return 'no error'
}

/** Cohorts of 20 to 120 rows of which some patients have several, some rows left out by filters. */
const cohort = fc
  .array(fc.record({ patient: fc.nat(60), label: fc.nat(2), time: fc.nat(30), site: fc.nat(4), kept: fc.nat(9) }), {
    minLength: 20,
    maxLength: 120,
  })
  .map((rows) => {
    const table = tableOf(
      rows.map(({ patient }) => patient),
      numbers(
        'time',
        rows.map(({ time }) => time),
      ),
      numbers(
        'site',
        rows.map(({ site }) => site),
      ),
    )
    const taken = range(rows.length).filter((row) => rows[row].kept > 0)
    const y = Int32Array.from(taken, (row) => rows[row].label)
    return { table, taken, outcome: classesOf(y, 3) }
  })
  .filter(({ table, taken }) => new Set(Array.from(taken, (row) => table.patients[row])).size >= 8)

const sorted = (values: Iterable<number>) => [...values].sort((a, b) => a - b)
const patientsOf = (table: Table, rows: Int32Array) => new Set(Array.from(rows, (row) => table.patients[row]))

test('no patient is in both development and test, no row is lost or doubled, whatever the split', () => {
  for (const split of ['random', 'stratified', 'time', 'site'] as const)
    fc.assert(
      fc.property(cohort, fc.double({ min: 0.05, max: 0.9, noNaN: true }), fc.nat(1000), (given, share, seed) => {
        const { table, taken, outcome } = given
        const splitColumn = split === 'time' || split === 'site' ? split : null
        const design = designOf({ split, splitColumn, test: share }, seed)
        let result: ReturnType<typeof splitRows>
        try {
          result = splitRows(table, taken, outcome, design)
        } catch (error) {
          const { reason } = (error as { failure: { reason: string } }).failure
          return ['oneTime', 'oneSite', 'emptySplit'].includes(reason)
        }
        const { development, test: held } = result
        expect(sorted([...development, ...held])).toEqual(Array.from(taken))
        const mine = patientsOf(table, development)
        for (const patient of patientsOf(table, held)) expect(mine.has(patient)).toBe(false)
        expect(splitRows(table, taken, outcome, design)).toEqual(result)
        return true
      }),
      { numRuns: 150 },
    )
})

test('every row is held out by exactly one fold, and a patient by one fold only', () => {
  for (const split of ['random', 'stratified', 'site'] as const)
    fc.assert(
      fc.property(cohort, fc.integer({ min: 2, max: 8 }), fc.nat(1000), ({ table, taken, outcome }, folds, seed) => {
        const design = designOf({ split, splitColumn: split === 'site' ? 'site' : null, folds }, seed)
        let parts: Int32Array[]
        try {
          parts = foldsOf(table, taken, outcome, design)
        } catch (error) {
          return ['tooFewForFolds', 'oneSite'].includes((error as { failure: { reason: string } }).failure.reason)
        }
        expect(sorted(parts.flatMap((part) => Array.from(part)))).toEqual(Array.from(taken))
        const seen = new Set<number>()
        for (const part of parts) {
          expect(part.length).toBeGreaterThan(0)
          for (const patient of patientsOf(table, part)) {
            expect(seen.has(patient)).toBe(false)
            seen.add(patient)
          }
        }
        return true
      }),
      { numRuns: 150 },
    )
})

test('the repeated visits of a PBC patient never part', () => {
  const table = sampleTable('pbcseq', 'id')
  const rows = range(table.rows)
  const outcome: Outcome = {
    task: 'survival',
    time: valuesOf(table, 'futime'),
    event: Uint8Array.from(valuesOf(table, 'status'), (status) => (status === 2 ? 1 : 0)),
  }
  const { development, test: held } = splitRows(table, rows, outcome, designOf({}))
  const [mine, theirs] = [patientsOf(table, development), patientsOf(table, held)]
  expect(mine.size + theirs.size).toBe(312)
  expect(theirs.size).toBe(78)
  const deaths = (patients: Set<number>) =>
    new Set(
      Array.from(rows)
        .filter((row) => patients.has(table.patients[row]) && outcome.event[row] === 1)
        .map((row) => table.patients[row]),
    ).size
  // 140 of 312 died: a quarter of them is 35.
  expect([deaths(mine), deaths(theirs)]).toEqual([105, 35])
})

test('a rare class is in every fold and on both sides in proportion', () => {
  const y = Int32Array.from({ length: 400 }, (_, row) => (row % 20 === 0 ? 1 : 0))
  const table = tableOf(range(400))
  const { test: held } = splitRows(table, range(400), classesOf(y), designOf({ test: 0.25 }))
  expect([held.length, held.filter((row) => y[row] === 1).length]).toEqual([100, 5])
  const folds = foldsOf(table, range(400), classesOf(y), designOf({}))
  expect(folds.map((fold) => [fold.length, fold.filter((row) => y[row] === 1).length])).toEqual(
    new Array(5).fill([80, 4]),
  )
})

test('values are spread over the folds as well as classes', () => {
  const y = Float64Array.from({ length: 100 }, (_, row) => row)
  const folds = foldsOf(tableOf(range(100)), range(100), { task: 'regression', y }, designOf({}))
  for (const fold of folds) expect(fold.filter((row) => row >= 80).length).toBe(4)
})

test('a test by time holds out later patients only, and keeps equal times together', () => {
  const table = sampleTable('rotterdam')
  const year = valuesOf(table, 'year')
  const outcome = classesOf(new Int32Array(table.rows))
  const { development, test: held } = splitRows(
    table,
    range(table.rows),
    outcome,
    designOf({ split: 'time', splitColumn: 'year' }),
  )
  const last = Math.max(...Array.from(development, (row) => year[row]))
  const first = Math.min(...Array.from(held, (row) => year[row]))
  expect(last).toBeLessThan(first)
  expect(Math.abs(held.length / table.rows - 0.25)).toBeLessThan(0.08)
})

test('a test by site holds out whole sites', () => {
  const site = Int32Array.from({ length: 300 }, (_, row) => row % 7)
  const table = tableOf(range(300), numbers('site', site))
  const { development, test: held } = splitRows(
    table,
    range(300),
    classesOf(new Int32Array(300)),
    designOf({ split: 'site', splitColumn: 'site', test: 0.3 }),
  )
  const mine = new Set(Array.from(development, (row) => site[row]))
  expect(Array.from(held).some((row) => mine.has(site[row]))).toBe(false)
  expect(new Set(Array.from(held, (row) => site[row])).size).toBe(2)
})

test('another seed draws others, the same seed the same', () => {
  const table = tableOf(range(200))
  const outcome = classesOf(range(200).map((row) => row % 2))
  const of = (seed: number) => splitRows(table, range(200), outcome, designOf({}, seed)).test
  expect(of(1)).toEqual(of(1))
  expect(of(1)).not.toEqual(of(2))
})

test('splits that cannot be made are refused in words', () => {
  const rows = range(10)
  const outcome = classesOf(new Int32Array(10))
  const table = tableOf(
    rows,
    numbers('same', new Float64Array(10)),
    numbers('gap', new Float64Array(10).fill(Number.NaN)),
  )
  const split = (validation: Partial<Validation>) =>
    reasonOf(() => splitRows(table, rows, outcome, designOf(validation)))
  expect(split({ split: 'time' })).toBe('noSplitColumn')
  expect(split({ split: 'time', splitColumn: 'when' })).toBe('unknownColumn')
  expect(split({ split: 'time', splitColumn: 'same' })).toBe('oneTime')
  expect(split({ split: 'site', splitColumn: 'same' })).toBe('oneSite')
  expect(split({ split: 'site', splitColumn: 'gap' })).toBe('splitColumnMissing')
  expect(reasonOf(() => splitRows(tableOf([7, 7]), range(2), outcome, designOf({})))).toBe('emptySplit')
  expect(reasonOf(() => foldsOf(tableOf([1, 2, 3]), range(3), outcome, designOf({ folds: 5 })))).toBe('tooFewForFolds')
  expect(splitRows(table, rows, outcome, designOf({ test: 0 }))).toEqual({ development: rows, test: new Int32Array(0) })
})
