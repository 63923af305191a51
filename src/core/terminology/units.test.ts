import { expect, test } from 'vitest'
import { molarMassOf } from './analytes.ts'
import { convertUnit, loadUnits, unitInHeader } from './units.ts'

const units = loadUnits()

test('the spellings of laboratories lead to UCUM', () => {
  const spelled: [string, string][] = [
    ['mg/dl', 'mg/dL'],
    ['µmol/L', 'umol/L'],
    ['μmol/l', 'umol/L'],
    ['10^9/L', '10*9/L'],
    ['x10^3/uL', '10*3/uL'],
    ['×10⁹/L', '10*9/L'],
    ['K/uL', '10*3/uL'],
    ['mmHg', 'mm[Hg]'],
    ['IU/L', '[IU]/L'],
    ['U/l', 'U/L'],
    ['°C', 'Cel'],
    ['℃', 'Cel'],
    ['kg/m²', 'kg/m2'],
    ['岁', 'a'],
    ['years', 'a'],
    ['次/分', '/min'],
    ['ng/ml', 'ng/mL'],
  ]
  for (const [text, code] of spelled) expect(units.ucum(text), text).toBe(code)
  for (const text of ['stage', '1-4', '', '5', 'foo/bar', 'f/m']) expect(units.ucum(text), text).toBeNull()
})

test("mass and amount convert by the molar mass, as laboratories' tables have it", () => {
  // Published conversion factors (AMA Manual of Style, 11th ed., table 17.5-2).
  expect(convertUnit(1, 'mg/dL', 'umol/L', molarMassOf('bilirubin'))).toBeCloseTo(17.104, 2)
  expect(convertUnit(1, 'mg/dL', 'mmol/L', molarMassOf('glucose'))).toBeCloseTo(0.0555, 4)
  expect(convertUnit(1, 'mg/dL', 'mmol/L', molarMassOf('cholesterol'))).toBeCloseTo(0.0259, 4)
  expect(convertUnit(1, 'mg/dL', 'mmol/L', molarMassOf('triglycerides'))).toBeCloseTo(0.0113, 4)
  expect(convertUnit(1, 'mg/dL', 'umol/L', molarMassOf('creatinine'))).toBeCloseTo(88.4, 1)
  expect(convertUnit(1, 'mg/dL', 'mmol/L', molarMassOf('bun'))).toBeCloseTo(0.357, 3)
})

test('units of different things do not convert, nor do mass and amount of an unknown substance', () => {
  expect(convertUnit(5, 'mg/dL', 'mmol/L')).toBeNull()
  expect(convertUnit(5, 'kg', 'cm')).toBeNull()
  expect(convertUnit(7, '[pH]', 'mol/L')).toBeNull()
  expect(convertUnit(5, 'U/L', '[IU]/L')).toBeNull()
})

test('temperatures shift, counts do not pick up noise', () => {
  expect(convertUnit(98.6, '[degF]', 'Cel')).toBe(37)
  expect(convertUnit(200, '10*9/L', '10*3/uL')).toBe(200)
  expect(convertUnit(5.5, 'mmol/L', 'mg/dL', 180.156)).toBe(99.0858)
})

test('units are found in headers, remarks are not taken for units', () => {
  const found: [string, string, string][] = [
    ['bili (mg/dL)', 'bili', 'mg/dL'],
    ['Glucose [mmol/L]', 'Glucose', 'mmol/L'],
    ['血糖（mmol/L）', '血糖', 'mmol/L'],
    ['weight_kg', 'weight', 'kg'],
    ['年龄(岁)', '年龄', 'a'],
    ['SBP (mmHg)', 'SBP', 'mm[Hg]'],
    ['BP (mm[Hg])', 'BP', 'mm[Hg]'],
  ]
  for (const [header, name, unit] of found) expect(unitInHeader(header, units), header).toEqual({ name, unit })
  for (const header of ['stage (1-4)', 'score (A)', 'sex (f/m)', 'alk.phos', 'V1', 'wt', 'id (2)'])
    expect(unitInHeader(header, units), header).toBeNull()
})
