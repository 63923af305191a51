import { expect, test } from 'vitest'
import { columnFrom, readGolden, sampleTable, valuesOf } from '../../../../test/golden/sampleTable.ts'
import { type PreparationDesign, PreparationDesignSchema } from '../../../contract/design.ts'
import { randomOf } from '../../numbers/random.ts'
import type { MatrixNeeds } from '../matrix.ts'
import type { Column, Table } from '../table.ts'
import { otherLevel, type Prepared } from './preparation.ts'
import { applyPreparation, filledAt, fitPreparation, prepareRow, prepareTraining } from './prepare.ts'
import { crossFitted, crossFolds, levelMeans, targetScores } from './targetEncoding.ts'

const needs: MatrixNeeds = { categories: 'contrasts', standardise: false, native: false, missing: 'median' }
const designOf = (given: Partial<PreparationDesign>): PreparationDesign => PreparationDesignSchema.parse(given)
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
const columnAt = ({ matrix }: Prepared, at = 0): number[] =>
  Array.from(matrix.data.subarray(at * matrix.rows, (at + 1) * matrix.rows))
const rowsUpTo = (count: number) => Int32Array.from({ length: count }, (_, row) => row)
const far = (actual: ArrayLike<number>, expected: ArrayLike<number>): number => {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY
  let most = 0
  for (let i = 0; i < expected.length; i++)
    most = Math.max(most, Math.abs(actual[i] - expected[i]) / Math.max(1, Math.abs(expected[i])))
  return most
}

interface Golden {
  scaled: { minMax: number[]; robust: number[] }
  target: { levels: string[]; continuous: number[]; binary: number[]; classes: string[]; multiclass: number[][] }
}
const sklearn = readGolden<Golden>('preparation-sklearn')
const r = readGolden<{ nearZero: { pbc: string[]; edge: string[] } }>('preparation')

test("minMax and robust scales are scikit-learn's, and hold for a new patient", () => {
  const table = sampleTable('bodyfat')
  for (const transform of ['minMax', 'robust'] as const) {
    const preparation = fitPreparation(table, rowsUpTo(table.rows), ['waistcirc'], {
      missing: null,
      needs,
      design: designOf({ transform }),
    })
    const prepared = applyPreparation(preparation, table)
    expect(prepared.matrix.terms).toEqual([`${transform}(waistcirc)`])
    expect(far(columnAt(prepared), sklearn.scaled[transform])).toBeLessThan(1e-12)
    const one = prepareRow(JSON.parse(JSON.stringify(preparation)), { waistcirc: valuesOf(table, 'waistcirc')[7] })
    expect(one.matrix.data[0]).toBeCloseTo(sklearn.scaled[transform][7], 12)
  }
})

test('a log is of the value where all are above 0, else shifted so that the lowest stays finite, also for lower ones later', () => {
  const table = tableOf(number('crp', [0, 0, 2, 10, 100, -5]), number('age', [20, 30, 40, 50, 60, 70]))
  const preparation = fitPreparation(table, rowsUpTo(5), ['crp', 'age'], {
    missing: null,
    needs,
    design: designOf({ transforms: { crp: 'log', age: 'log' } }),
  })
  const prepared = applyPreparation(preparation, table)
  expect(prepared.matrix.terms).toEqual(['log(crp + 1)', 'log(age)'])
  expect(far(columnAt(prepared), [0, 0, Math.log(3), Math.log(11), Math.log(101), 0])).toBeLessThan(1e-14)
  expect(columnAt(prepared, 1)[5]).toBeCloseTo(Math.log(70), 14)
})

test('winsorising moves what lies beyond the quantiles of the training rows to them, and nothing else', () => {
  const values = Array.from({ length: 101 }, (_, i) => i)
  const table = tableOf(number('lab', [...values, -40, 1e6]))
  const preparation = fitPreparation(table, rowsUpTo(101), ['lab'], {
    missing: null,
    needs,
    design: designOf({ winsorise: 0.05 }),
  })
  const held = columnAt(applyPreparation(preparation, table))
  expect(held.slice(0, 101)).toEqual(values.map((value) => Math.min(95, Math.max(5, value))))
  expect(held.slice(101)).toEqual([5, 95])
})

test('a yes/no and a category are not transformed with the numbers', () => {
  const table = tableOf(
    number('age', [20, 30, 40, 50]),
    number('smoker', [0, 1, 1, 0], 'boolean'),
    columnFrom('sex', ['m', 'f', 'm', 'f']),
  )
  const preparation = fitPreparation(table, rowsUpTo(4), ['age', 'smoker', 'sex'], {
    missing: null,
    needs,
    design: designOf({ transform: 'standardise', winsorise: 0.25 }),
  })
  const prepared = applyPreparation(preparation, table)
  expect(prepared.matrix.terms).toEqual(['standardise(age)', 'smoker', 'sexm'])
  expect(columnAt(prepared, 1)).toEqual([0, 1, 1, 0])
})

test("near-zero variance is caret's", () => {
  const pbc = sampleTable('pbc')
  const flat = tableOf(
    number(
      'a',
      Array.from({ length: 100 }, (_, i) => (i < 96 ? 0 : i - 95)),
    ),
    number(
      'b',
      Array.from({ length: 100 }, (_, i) => (i < 90 ? 0 : i - 89)),
    ),
    number(
      'c',
      Array.from({ length: 100 }, (_, i) => (i < 95 ? 0 : 1)),
    ),
    number(
      'd',
      Array.from({ length: 100 }, (_, i) => (i < 94 ? 0 : i < 99 ? 1 : null)),
    ),
  )
  for (const [table, expected] of [
    [pbc, r.nearZero.pbc],
    [flat, r.nearZero.edge],
  ] as const) {
    const names = table.columns.map(({ name }) => name)
    const { dropped } = fitPreparation(table, rowsUpTo(table.rows), names, {
      missing: null,
      needs,
      design: designOf({ nearZeroVariance: true }),
    })
    expect(dropped.map(({ name }) => name)).toEqual([expected].flat())
  }
})

test('rare levels become one, by their share among training rows, and a rare level of a patient is read as it', () => {
  const cells = [...'aaaaaaaabbbbbbbbccd'].concat('e')
  const table = tableOf(columnFrom('ward', cells))
  const preparation = fitPreparation(table, rowsUpTo(19), ['ward'], {
    missing: null,
    needs,
    design: designOf({ rareLevels: 0.2 }),
  })
  expect(preparation.features[0]).toMatchObject({ levels: ['a', 'b', otherLevel], merged: ['c', 'd'] })
  const prepared = applyPreparation(preparation, table)
  expect(prepared.matrix.terms).toEqual(['wardb', `ward${otherLevel}`])
  expect(columnAt(prepared, 1)).toEqual([...new Array(16).fill(0), 1, 1, 1, 0])
  // `e` was not among the training rows: it is unknown, not rare.
  expect(filledAt(prepared, 19)).toEqual([{ name: 'ward', with: 'a', unseen: 'e' }])
})

test('ordinal levels follow the dictionary, not the alphabet', () => {
  const table = tableOf(columnFrom('grade', ['low', 'high', 'medium', 'low']))
  const preparation = fitPreparation(table, rowsUpTo(4), ['grade'], {
    missing: null,
    needs,
    design: designOf({ encoding: 'ordinal' }),
    levelOrder: { grade: ['low', 'medium', 'high'] },
  })
  expect(columnAt(applyPreparation(preparation, table))).toEqual([0, 2, 1, 0])
})

test('a constant fills numbers with what was named and categories with a level of their own', () => {
  const table = tableOf(number('lab', [1, null, 3, 4]), columnFrom('sex', ['m', 'f', '', 'f']))
  const preparation = fitPreparation(table, rowsUpTo(4), ['lab', 'sex'], {
    missing: 'constant',
    needs,
    design: designOf({ constants: { lab: -1 } }),
  })
  const prepared = applyPreparation(preparation, table)
  expect(columnAt(prepared)).toEqual([1, -1, 3, 4])
  expect(prepared.matrix.terms).toEqual(['lab', 'sexm', 'sex(missing)'])
  expect(columnAt(prepared, 2)).toEqual([0, 0, 1, 0])
})

test('a setting for a column that is no feature, or of another kind, is refused and named', () => {
  const table = tableOf(number('lab', [1, 2, 3, 4]), columnFrom('sex', ['m', 'f', 'm', 'f']))
  const fitWith = (design: Partial<PreparationDesign>) => () =>
    fitPreparation(table, rowsUpTo(4), ['lab', 'sex'], { missing: null, needs, design: designOf(design) })
  expect(fitWith({ transforms: { sex: 'log' } })).toThrow(/sex is a category/)
  expect(fitWith({ encodings: { lab: 'target' } })).toThrow(/lab is a number/)
  expect(fitWith({ transforms: { bili: 'log' } })).toThrow(/bili is not a feature/)
})

test("target scores of levels are scikit-learn's TargetEncoder (smooth='auto')", () => {
  const boys = sampleTable('boys')
  const [reg, hgt, age, gen] = ['reg', 'hgt', 'age', 'gen'].map((name) => valuesOf(boys, name))
  const levels = boys.columns.find(({ name }) => name === 'reg')!.levels!
  expect(levels).toEqual(sklearn.target.levels)
  const known = (other: Float64Array) =>
    rowsUpTo(boys.rows).filter((row) => !Number.isNaN(reg[row]) && !Number.isNaN(other[row]))
  const rows = known(hgt)
  expect(far(levelMeans(reg, hgt, levels.length, rows), sklearn.target.continuous)).toBeLessThan(1e-12)
  const older = age.map((value) => (value > 10 ? 1 : 0))
  expect(far(levelMeans(reg, older, levels.length, rows), sklearn.target.binary)).toBeLessThan(1e-12)
  const staged = known(gen)
  const stages = boys.columns.find(({ name }) => name === 'gen')!.levels!
  const columns = targetScores({
    task: 'diagnosis',
    classes: stages,
    y: Int32Array.from(staged, (row) => gen[row]),
  })
  columns.forEach(({ scores }, k) => {
    const own = Float64Array.from(staged, (row) => reg[row])
    expect(
      far(levelMeans(own, scores, levels.length, rowsUpTo(staged.length)), sklearn.target.multiclass[k]),
    ).toBeLessThan(1e-12)
  })
})

test('martingale residuals sum to nothing, and long follow-up without an event counts as low risk', () => {
  const outcome = {
    task: 'survival',
    time: Float64Array.of(5, 1, 3, 3, 8),
    event: Uint8Array.of(1, 1, 1, 0, 0),
  } as const
  const [{ scores }] = targetScores(outcome)
  // Nelson-Aalen by hand: 1/5 at 1, + 1/4 at 3, + 1/2 at 5.
  expect(far(scores, [1 - 0.95, 1 - 0.2, 1 - 0.45, -0.45, -0.95])).toBeLessThan(1e-12)
  expect(scores.reduce((sum, one) => sum + one, 0)).toBeCloseTo(0, 12)
})

test('target encoding of a column without meaning brings nothing out of fold, though it fits every training row', () => {
  // 200 levels of about two rows each and labels at random: in-sample level means separate the classes, cross-fitted
  // ones cannot.
  const random = randomOf(5)
  const cells = Array.from({ length: 400 }, () => `w${random.below(200)}`)
  const y = Int32Array.from(cells, () => random.below(2))
  const table = tableOf(columnFrom('ward', cells))
  const outcome = { task: 'diagnosis', classes: ['no', 'yes'], y } as const
  const options = { missing: null, needs, design: designOf({ encoding: 'target' }), outcome, seed: 3 }
  const { preparation, completions } = prepareTraining(table, rowsUpTo(400), ['ward'], options)
  const gain = (values: number[]) => {
    const mean = (label: number) => {
      const own = values.filter((_, row) => y[row] === label)
      return own.reduce((sum, value) => sum + value, 0) / own.length
    }
    return mean(1) - mean(0)
  }
  // What a naive encoder would train on.
  expect(gain(columnAt(applyPreparation(preparation, table)))).toBeGreaterThan(0.2)
  expect(gain(columnAt(completions[0]))).toBeLessThan(0.05)
})

test('rows of one patient are never encoded from each other', () => {
  const random = randomOf(6)
  const patients = Int32Array.from({ length: 300 }, (_, row) => row % 60)
  const levels = Float64Array.from(patients, (patient) => patient % 30)
  const scores = Float64Array.from(patients, () => random.uniform())
  const encoded = crossFitted(levels, scores, 30, crossFolds(patients, 1))
  const moved = scores.map((score, row) => (patients[row] === 7 ? score + 100 : score))
  const again = crossFitted(levels, moved, 30, crossFolds(patients, 1))
  patients.forEach((patient, row) => {
    if (patient === 7) expect(again[row]).toBe(encoded[row])
  })
})

test('no transform, encoding or imputer learns anything from held-out rows or their outcomes', () => {
  const table = sampleTable('pbc')
  const names = ['age', 'sex', 'ascites', 'bili', 'chol', 'copper', 'platelet', 'stage', 'trt']
  const random = randomOf(4)
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
  const y = Int32Array.from(rows, (row) => (valuesOf(table, 'status')[row] === 2 ? 1 : 0))
  const outcome = { task: 'diagnosis', classes: ['no', 'yes'], y } as const
  const settings: Partial<PreparationDesign>[] = [
    { transform: 'log', winsorise: 0.02, encoding: 'target', indicators: true },
    { missing: 'knn', transform: 'robust', rareLevels: 0.3 },
    { missing: 'chained', imputations: 2, iterations: 2, transform: 'minMax', nearZeroVariance: true },
    { missing: 'constant', transform: 'standardise', encoding: 'oneHot' },
  ]
  for (const given of settings) {
    const design = designOf(given)
    const options = { missing: design.missing, needs, design, outcome, seed: 9 }
    const clean = prepareTraining(table, rows, names, options)
    const other = prepareTraining(spoiled, rows, names, options)
    expect(other.preparation).toEqual(clean.preparation)
    other.completions.forEach(({ matrix }, m) => {
      expect(matrix.data).toEqual(clean.completions[m].matrix.data)
    })
    const copy = JSON.parse(JSON.stringify(clean.preparation))
    expect(copy).toEqual(clean.preparation)
    // One patient typed in is prepared as the same row of the table.
    const row = rows[20]
    const values = Object.fromEntries(
      table.columns.map(({ name, values: cells, levels }) => {
        const cell = cells[row]
        return [name, Number.isNaN(cell) ? null : levels ? levels[cell] : cell]
      }),
    )
    const typed = prepareRow(copy, values)
    const stored = applyPreparation(clean.preparation, table, [row])
    expect(Array.from(typed.matrix.data)).toEqual(Array.from(stored.matrix.data))
    expect(typed.filled).toEqual(stored.filled)
  }
})
