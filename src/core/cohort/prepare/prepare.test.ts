import { expect, test } from 'vitest'
import { columnFrom, sampleTable, valuesOf } from '../../../../test/golden/sampleTable.ts'
import { type MissingPolicy, PreparationDesignSchema } from '../../../contract/design.ts'
import { randomOf } from '../../numbers/random.ts'
import type { MatrixNeeds } from '../matrix.ts'
import type { Column, Table } from '../table.ts'
import type { Prepared } from './preparation.ts'
import { applyPreparation, filledAt, fitPreparation, prepareRow } from './prepare.ts'

const needs: MatrixNeeds = { categories: 'contrasts', standardise: false, native: false, missing: 'median' }
const number = (name: string, values: (number | null)[], kind: Column['kind'] = 'number'): Column => ({
  name,
  kind,
  unit: null,
  levels: null,
  values: Float64Array.from(values, (value) => value ?? Number.NaN),
})
const tableOf = (...columns: Column[]): Table => {
  const rows = columns[0].values.length
  return {
    rows,
    columns,
    patients: Int32Array.from({ length: rows }, (_, row) => row),
    encounters: new Int32Array(rows),
  }
}
const columnAt = ({ matrix }: Prepared, term: string): number[] => {
  const at = matrix.terms.indexOf(term)
  if (at < 0) throw new Error(`no column ${term}; there are ${matrix.terms.join(', ')}`)
  return Array.from(matrix.data.subarray(at * matrix.rows, (at + 1) * matrix.rows))
}
const rowsUpTo = (count: number) => Int32Array.from({ length: count }, (_, row) => row)
const reasonOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    return (error as { failure?: { reason: string } }).failure?.reason ?? String(error)
  }
  return 'no error'
}

const small = tableOf(
  number('age', [50, 60, null, 70, 90, 1000]),
  columnFrom('sex', ['m', 'f', 'm', '', 'm', 'x']),
  number('smoker', [1, 0, 1, null, 1, 0], 'boolean'),
  number('seen', [19000, 19010, 19020, 19030, 19040, 19050], 'date'),
)
const features = ['age', 'sex', 'smoker', 'seen']
const training = rowsUpTo(5)

test("terms and treatment contrasts are R's: levels sorted, the first left out, numbers and booleans as they are", () => {
  const preparation = fitPreparation(small, training, features, { missing: 'drop', needs })
  const prepared = applyPreparation(preparation, small, training)
  expect(prepared.matrix.terms).toEqual(['age', 'sexm', 'smoker', 'seen'])
  expect(Array.from(prepared.rows)).toEqual([0, 1, 4])
  expect(Array.from(prepared.dropped)).toEqual([2, 3])
  expect(columnAt(prepared, 'sexm')).toEqual([1, 0, 1])
  expect(columnAt(prepared, 'seen')).toEqual([19000, 19010, 19040])
  expect(Array.from(prepared.matrix.source)).toEqual([0, 1, 2, 3])
  expect(prepared.filled).toEqual([])
})

test('each policy fills with what it says, from the training rows', () => {
  const filledWith = (missing: MissingPolicy) => {
    const preparation = fitPreparation(small, training, features, { missing, needs })
    return Object.fromEntries(preparation.features.map(({ name, fill }) => [name, fill]))
  }
  expect(filledWith('median')).toEqual({ age: 65, sex: 'm', smoker: 1, seen: 19020 })
  expect(filledWith('mean')).toEqual({ age: 67.5, sex: 'm', smoker: 1, seen: 19020 })
  expect(filledWith('mode')).toEqual({ age: 50, sex: 'm', smoker: 1, seen: 19000 })
  const indicated = fitPreparation(small, training, features, { missing: 'indicator', needs })
  const prepared = applyPreparation(indicated, small, training)
  expect(prepared.matrix.terms).toEqual([
    'age',
    'age:missing',
    'sexm',
    'sex:missing',
    'smoker',
    'smoker:missing',
    'seen',
  ])
  expect(columnAt(prepared, 'age:missing')).toEqual([0, 0, 1, 0, 0])
  expect(columnAt(prepared, 'age')).toEqual([50, 60, 65, 70, 90])
  const columns = fitPreparation(small, training, features, { missing: 'dropColumns', needs })
  expect(columns.features.map(({ name }) => name)).toEqual(['seen'])
  expect(columns.dropped.map(({ name, reason }) => [name, reason])).toEqual([
    ['age', 'someMissing'],
    ['sex', 'someMissing'],
    ['smoker', 'someMissing'],
  ])
})

test('every filled cell is reported, and a level never seen counts as missing and is named', () => {
  const preparation = fitPreparation(small, training, features, { missing: 'median', needs })
  const prepared = applyPreparation(preparation, small)
  expect(prepared.filledCells).toBe(4)
  expect(filledAt(prepared, 2)).toEqual([{ name: 'age', with: 65, unseen: null }])
  expect(filledAt(prepared, 5)).toEqual([{ name: 'sex', with: 'm', unseen: 'x' }])
  expect(columnAt(prepared, 'sexm')).toEqual([1, 0, 1, 1, 1, 1])
})

test('a patient with missing values gets an answer also from a model that was trained on complete rows', () => {
  const preparation = fitPreparation(small, training, features, { missing: 'drop', needs })
  const one = applyPreparation(preparation, small, [2], 'predict')
  expect(one.matrix.rows).toBe(1)
  // The median of the rows that stayed: 50, 60, 90.
  expect(filledAt(one, 0)).toEqual([{ name: 'age', with: 60, unseen: null }])
  expect(applyPreparation(preparation, small, [2]).matrix.rows).toBe(0)
})

test('one row typed in is prepared as the same row of a table', () => {
  const kinds: [MatrixNeeds['categories'], MissingPolicy][] = [
    ['contrasts', 'median'],
    ['oneHot', 'indicator'],
    ['codes', 'mode'],
  ]
  for (const [categories, missing] of kinds) {
    const preparation = fitPreparation(small, training, features, {
      missing,
      needs: { ...needs, categories, standardise: true },
    })
    const copy = JSON.parse(JSON.stringify(preparation))
    expect(copy).toEqual(preparation)
    for (let row = 0; row < small.rows; row++) {
      const values = Object.fromEntries(
        small.columns.map(({ name, values: cells, levels }) => {
          const cell = cells[row]
          return [name, Number.isNaN(cell) ? null : levels ? levels[cell] : cell]
        }),
      )
      const typed = prepareRow(copy, values)
      const stored = applyPreparation(preparation, small, [row])
      expect(Array.from(typed.matrix.data)).toEqual(Array.from(stored.matrix.data))
      expect(typed.filled).toEqual(stored.filled)
    }
  }
  const preparation = fitPreparation(small, training, features, { missing: 'median', needs })
  expect(reasonOf(() => prepareRow(preparation, { age: 'old' }))).toBe('notANumber')
})

test('columns are standardised by the training rows, with the SD of n - 1', () => {
  const preparation = fitPreparation(small, training, ['age', 'sex'], {
    missing: 'median',
    needs: { ...needs, standardise: true },
  })
  const age = columnAt(applyPreparation(preparation, small, training), 'age')
  expect(age.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 12)
  expect(age.reduce((sum, value) => sum + value * value, 0) / 4).toBeCloseTo(1, 12)
  const held = columnAt(applyPreparation(preparation, small, [5]), 'age')
  expect(held[0]).toBeCloseTo((1000 - 67) / Math.sqrt((17 ** 2 + 7 ** 2 + 2 ** 2 + 3 ** 2 + 23 ** 2) / 4), 10)
})

test('one-hot gives every level a column, codes the level index, native leaves gaps as gaps', () => {
  const oneHot = fitPreparation(small, training, ['sex', 'age'], {
    missing: 'native',
    needs: { ...needs, categories: 'oneHot', native: true },
  })
  const hot = applyPreparation(oneHot, small)
  expect(hot.matrix.terms).toEqual(['sexf', 'sexm', 'age'])
  expect(columnAt(hot, 'sexf')).toEqual([0, 1, 0, Number.NaN, 0, Number.NaN])
  expect(columnAt(hot, 'age')[2]).toBeNaN()
  expect(filledAt(hot, 5)).toEqual([{ name: 'sex', with: null, unseen: 'x' }])
  expect(filledAt(hot, 2)).toEqual([])
  const byCode = { missing: null, needs: { ...needs, categories: 'codes', native: true, missing: 'native' } } as const
  const codes = fitPreparation(small, training, ['sex'], byCode)
  // Who parts levels must not take the index of one for a number, nor a number for an index.
  const both = applyPreparation(fitPreparation(small, training, ['age', 'sex'], byCode), small).matrix
  expect([...(both.levels ?? [])]).toEqual([0, 2])
  const ordinal = PreparationDesignSchema.parse({ encoding: 'ordinal' })
  const asNumbers = fitPreparation(small, training, ['age', 'sex'], { ...byCode, design: ordinal })
  expect(applyPreparation(asNumbers, small).matrix.levels).toBeUndefined()
  expect(columnAt(applyPreparation(codes, small), 'sex')).toEqual([1, 0, 1, Number.NaN, 1, Number.NaN])
  expect(reasonOf(() => fitPreparation(small, training, ['sex'], { missing: 'native', needs }))).toBe('nativeMissing')
})

test('levels are matched by their text, whatever their order in the other study', () => {
  const preparation = fitPreparation(small, training, ['sex'], { missing: 'median', needs })
  const other = tableOf({ ...columnFrom('sex', ['m', 'f']), levels: ['m', 'f'], values: Float64Array.of(0, 1) })
  expect(columnAt(applyPreparation(preparation, other), 'sexm')).toEqual([1, 0])
  expect(reasonOf(() => applyPreparation(preparation, tableOf(number('sex', [1, 2]))))).toBe('columnsDiffer')
  expect(reasonOf(() => applyPreparation(preparation, tableOf(number('age', [1, 2]))))).toBe('columnsDiffer')
})

test('constant and empty columns are left out and named; with nothing left the reason is said', () => {
  const table = tableOf(
    number('same', [3, 3, 3, 4]),
    number('never', [null, null, null, 1]),
    columnFrom('one', ['a', 'a', 'a', 'b']),
    number('age', [1, 2, 3, 4]),
  )
  const rows = rowsUpTo(3)
  const options = { missing: null, needs }
  const preparation = fitPreparation(table, rows, ['same', 'never', 'one', 'age'], options)
  expect(preparation.features.map(({ name }) => name)).toEqual(['age'])
  expect(preparation.dropped.map(({ name, reason }) => [name, reason])).toEqual([
    ['never', 'allMissing'],
    ['same', 'constant'],
    ['one', 'constant'],
  ])
  expect(reasonOf(() => fitPreparation(table, rows, ['same', 'one'], options))).toBe('featuresDropped')
  expect(reasonOf(() => fitPreparation(table, rows, [], options))).toBe('noUsableFeature')
  expect(reasonOf(() => fitPreparation(table, [], ['age'], options))).toBe('noRows')
  expect(reasonOf(() => fitPreparation(table, rows, ['weight'], options))).toBe('unknownColumn')
  const text: Column = {
    name: 'note',
    kind: 'text',
    unit: null,
    levels: ['x', 'y'],
    values: Float64Array.of(0, 1, 0, 1),
  }
  expect(reasonOf(() => fitPreparation(tableOf(text), rows, ['note'], options))).toBe('textFeature')
})

test('when dropping leaves nobody, the columns that cost the most rows are named', () => {
  const table = tableOf(
    number('lab', [1, null, null, null]),
    number('scan', [null, 2, 3, 5]),
    number('age', [1, 2, 3, 4]),
  )
  expect(() => fitPreparation(table, rowsUpTo(4), ['age', 'lab', 'scan'], { missing: 'drop', needs })).toThrow(
    /lab \(3 of 4\), scan \(1 of 4\)/,
  )
})

test('nothing is learned from held-out rows: changing all of them changes no byte of the preparation', () => {
  const table = sampleTable('pbc')
  const names = ['age', 'sex', 'ascites', 'bili', 'chol', 'copper', 'platelet', 'stage']
  const random = randomOf(3)
  const held = new Set<number>()
  while (held.size < 100) held.add(random.below(table.rows))
  const rows = rowsUpTo(table.rows).filter((row) => !held.has(row))
  const spoiled: Table = {
    ...table,
    columns: table.columns.map((column) => ({
      ...column,
      levels: column.levels ? [...column.levels, 'zzz'] : null,
      values: column.values.map((value, row) => {
        if (!held.has(row)) return value
        return column.levels ? column.levels.length : random.uniform() < 0.5 ? Number.NaN : 1e9 * random.normal()
      }),
    })),
  }
  for (const missing of ['drop', 'dropColumns', 'median', 'mean', 'mode', 'indicator'] as const)
    for (const standardise of [false, true]) {
      const options = { missing, needs: { ...needs, standardise } }
      const clean = fitPreparation(table, rows, names, options)
      expect(fitPreparation(spoiled, rows, names, options)).toEqual(clean)
    }
})

test('a target leaked into the held-out cells of a column brings no gain', () => {
  // `leak` is constant among training rows and equals the target among held-out ones; `gap` is missing exactly in
  // training.
  const random = randomOf(8)
  const target = Array.from({ length: 200 }, () => random.below(2))
  const table = tableOf(
    number(
      'leak',
      target.map((y, row) => (row < 100 ? 5 : y)),
    ),
    number(
      'gap',
      target.map((y, row) => (row < 100 ? null : y)),
    ),
    columnFrom(
      'mark',
      target.map((y, row) => (row < 100 ? ['a', 'b'][row % 2] : `case${y}`)),
    ),
    number(
      'noise',
      target.map(() => random.normal()),
    ),
  )
  for (const missing of ['median', 'mode', 'indicator'] as const) {
    const preparation = fitPreparation(table, rowsUpTo(100), ['leak', 'gap', 'mark', 'noise'], { missing, needs })
    const held = applyPreparation(preparation, table, rowsUpTo(200).slice(100))
    held.matrix.terms.forEach((term) => {
      const values = columnAt(held, term)
      const mean = (label: number) => {
        const own = values.filter((_, i) => target[100 + i] === label)
        return own.reduce((sum, value) => sum + value, 0) / own.length
      }
      if (term === 'noise') expect(Math.abs(mean(1) - mean(0))).toBeLessThan(1)
      else expect(mean(1)).toBe(mean(0))
    })
  }
})

test('complete-case rows and dummy columns of PBC are those of R', () => {
  const table = sampleTable('pbc')
  const all = table.columns.map(({ name }) => name).filter((name) => !['id', 'time', 'status'].includes(name))
  const preparation = fitPreparation(table, rowsUpTo(table.rows), all, { missing: 'drop', needs })
  // nrow(na.omit(pbc)) is 276.
  expect([preparation.rows, preparation.droppedRows]).toEqual([276, 142])
  expect(applyPreparation(preparation, table).matrix.terms.includes('sexm')).toBe(true)
  expect(valuesOf(table, 'age').length).toBe(418)
})
