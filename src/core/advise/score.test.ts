import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Concept } from '../../contract/values.ts'
import { type Convert, computeScore, type Recorded } from './score.ts'
import { scores } from './scores/index.ts'

const golden = JSON.parse(readFileSync(new URL('../../../test/golden/scores.json', import.meta.url), 'utf8'))

const convert: Convert = (value, from, to, molarMass) => {
  const factors: Record<string, number> = {
    'mg/dL>umol/L': molarMass ? 10_000 / molarMass : Number.NaN,
    'umol/L>mg/dL': molarMass ? molarMass / 10_000 : Number.NaN,
    'g/dL>g/L': 10,
    'g/L>g/dL': 0.1,
    'mm>cm': 0.1,
    '10*3/uL>10*9/L': 1,
  }
  const factor = factors[`${from}>${to}`]
  return factor === undefined ? null : value * factor
}

const recorded = (name: string, value: Recorded['value'], unit: string | null, loinc?: string): Recorded => ({
  concept: {
    name,
    label: { en: name },
    kind: 'number',
    role: 'observation',
    unit,
    plausible: null,
    reference: null,
    levels: null,
    coding: loinc ? [{ system: 'http://loinc.org', code: loinc }] : [],
    modifiable: false,
    description: null,
  } satisfies Concept,
  value,
  unit,
})

const definition = (id: string) => scores.find(({ score }) => score === id)!

test.each(golden.pbc as Record<string, number | null>[])(
  'Mayo, ALBI and APRI of a PBC trial patient agree with R (%#)',
  (row) => {
    const record = [
      recorded('age', row.age, 'a'),
      recorded('bili', row.bili, 'mg/dL'),
      recorded('albumin', row.albumin, 'g/dL'),
      recorded('protime', row.protime, 's'),
      recorded('edema', row.edema, null),
      recorded('ast', row.ast, 'U/L'),
      recorded('platelet', row.platelet, '10*3/uL'),
    ]
    const mayo = computeScore(definition('mayoPbc'), record, {}, convert).result!
    expect(mayo.value).toBeCloseTo(row.mayo!, 10)
    expect(mayo.further.find(({ id, years }) => id === 'survival' && years === 5)!.value).toBeCloseTo(row.survival5!, 8)
    expect(computeScore(definition('albi'), record, {}, convert).result!.value).toBeCloseTo(row.albi!, 4)
    const apri = computeScore(definition('apri'), record, {}, convert).result
    if (row.apri === null) expect(apri).toBeNull()
    else expect(apri!.value).toBeCloseTo(row.apri, 10)
  },
)

test('the Nottingham index of a GBSG patient agrees with R, tumour size given in millimetres', () => {
  for (const row of golden.gbsg) {
    const record = [
      recorded('size', row.size, 'mm'),
      recorded('grade', row.grade, null),
      recorded('nodes', row.nodes, null),
    ]
    expect(computeScore(definition('nottingham'), record, {}, convert).result!.value).toBeCloseTo(row.nottingham, 10)
  }
})

test('the eGFR agrees with R for both sexes, on both sides of the creatinine knot', () => {
  for (const row of golden.kidney) {
    const entered = { age: row.age, sex: row.female ? 'female' : 'male', creatinine: row.creatinine }
    expect(computeScore(definition('ckdEpi2021'), [], entered, convert).result!.value).toBeCloseTo(row.egfr, 8)
  }
})

test('bilirubin in umol/L is not taken for mg/dL', () => {
  const record = [recorded('x', 17.1, 'umol/L', '14631-6'), recorded('albumin', 40, 'g/L')]
  const { inputs } = computeScore(definition('mayoPbc'), record, {}, convert)
  expect(inputs.find(({ id }) => id === 'bilirubin')!.value).toBeCloseTo(1.0, 2)
  expect(inputs.find(({ id }) => id === 'albumin')!.value).toBeCloseTo(4, 6)
})

test('a score with an input missing gives no number but says which', () => {
  const score = computeScore(definition('fib4'), [recorded('age', 50, 'a'), recorded('ast', 80, 'U/L')], {}, convert)
  expect(score.result).toBeNull()
  expect(score.inputs.filter(({ from }) => from === 'missing').map(({ id }) => id)).toEqual(['alt', 'platelets'])
})

test('an impossible or unconvertible value is refused, not computed with', () => {
  const impossible = computeScore(definition('fib4'), [], { age: 50, ast: 80, alt: -4, platelets: 200 }, convert)
  expect(impossible.result).toBeNull()
  expect(impossible.inputs.find(({ id }) => id === 'alt')!.problem).toEqual({
    code: 'outOfRange',
    value: -4,
    low: 1,
    high: 20000,
  })
  const unit = computeScore(
    definition('fib4'),
    [recorded('alt', 40, 'kg')],
    { age: 50, ast: 80, platelets: 200 },
    convert,
  )
  expect(unit.result).toBeNull()
  expect(unit.inputs.find(({ id }) => id === 'alt')!.problem).toEqual({ code: 'otherUnit', from: 'kg', to: 'U/L' })
})

test('a laboratory column that import knows by its header is no missing input', () => {
  const record = [
    recorded('年龄', 50, 'a'),
    recorded('SGOT', 80, 'U/L'),
    recorded('谷丙转氨酶', 100, 'U/L'),
    recorded('Platelet_Count', 200, '10*3/uL'),
  ]
  expect(computeScore(definition('fib4'), record, {}, convert).result!.value).toBeCloseTo(2, 10)
})

test('what the doctor types stands before the record', () => {
  const record = [
    recorded('age', 50, 'a'),
    recorded('ast', 80, 'U/L'),
    recorded('alt', 100, 'U/L'),
    recorded('platelet', 200, '10*3/uL'),
  ]
  expect(computeScore(definition('fib4'), record, {}, convert).result!.value).toBeCloseTo(2, 10)
  expect(computeScore(definition('fib4'), record, { platelets: 400 }, convert).result!.value).toBeCloseTo(1, 10)
})

test('every value of every score falls into a band', () => {
  for (const { bands, score } of scores.filter(({ bands: list }) => list.length > 0)) {
    const edges = bands.flatMap(({ low, high }) => [low, high]).filter((edge) => edge !== null)
    for (const edge of new Set(edges))
      expect(
        edges.filter((other) => other === edge),
        `${score} at ${edge}`,
      ).toHaveLength(2)
    expect(bands.filter(({ low }) => low === null)).toHaveLength(1)
    expect(bands.filter(({ high }) => high === null)).toHaveLength(1)
  }
})
