import { expect, test } from 'vitest'
import { scores } from '../advise/scores/index.ts'
import { installation } from '../installation.ts'
import { readCatalogues } from '../texts.ts'
import {
  type AnalyteId,
  analyte,
  analyteOf,
  analytes,
  ids,
  loincCodesOf,
  loincSystem,
  molarMassOf,
} from './analytes.ts'
import { answerOf, answers, labelsFrom } from './labels.ts'
import { parseSex } from './sex.ts'
import { loadUnits } from './units.ts'
import { headerWords, separatedWords } from './words.ts'

/** LOINC's check digit: Luhn's, modulo 10, over the digits before the hyphen (LOINC Users' Guide, appendix). */
const checkDigit = (digits: string): number => {
  const sum = [...digits].reverse().reduce((total, digit, at) => {
    const doubled = at % 2 === 0 ? 2 * Number(digit) : Number(digit)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return (10 - (sum % 10)) % 10
}

test('the data and the ids of analytes are the same list, each once', () => {
  expect(analytes.map(({ id }) => id)).toEqual([...ids])
  expect(new Set(ids).size).toBe(ids.length)
})

test('no code is mistyped, and none stands for two analytes', () => {
  const codes = analytes.flatMap(loincCodesOf)
  expect(codes.length).toBeGreaterThan(60)
  for (const code of codes) {
    const [digits, check] = code.split('-')
    expect(`${code}: ${checkDigit(digits)}`).toBe(`${code}: ${check}`)
  }
  expect(new Set(codes).size).toBe(codes.length)
})

test('no header word stands for two analytes', () => {
  const words = analytes.flatMap((one) => one.words)
  expect(new Set(words).size).toBe(words.length)
  for (const word of words) expect(headerWords(word)).toBe(word)
})

test('limits stand in a unit that UCUM knows, and codes in units that convert into it', () => {
  const units = loadUnits()
  for (const { id, unit, low, high, loinc, molarMass } of analytes) {
    expect(low, id).toBeLessThan(high)
    for (const { unit: of } of loinc)
      expect(units.conversion(of, unit, molarMass ?? null), `${id}: ${of}`).not.toBeNull()
  }
})

test.each([
  // PubChem: bilirubin CID 5280352, creatinine CID 588, glucose CID 5793, cholesterol CID 5997, urea CID 1176.
  ['bilirubin', 584.7],
  ['creatinine', 113.12],
  ['glucose', 180.16],
  ['cholesterol', 386.7],
  ['urea', 60.056],
] as [AnalyteId, number][])('the molar mass of %s is that of its substance', (id, known) => {
  expect(analyte(id).molarMass).toBeGreaterThan(known - 0.1)
  expect(analyte(id).molarMass).toBeLessThan(known + 0.1)
})

test('a score and an import know the same codes of the same quantity', () => {
  const inputs = scores.flatMap((score) => score.inputs)
  for (const id of ['bilirubin', 'albumin', 'ast', 'alt', 'platelets', 'creatinine', 'prothrombinTime', 'age'] as const)
    for (const input of inputs.filter((one) => one.id === id)) {
      expect(input.loinc).toEqual(loincCodesOf(analyte(id)))
      expect(input.molarMass).toBe(analyte(id).molarMass ?? null)
    }
  // Measured in blood as well as in serum, by mass as by amount.
  expect(loincCodesOf(analyte('bilirubin'))).toEqual(['1975-2', '14631-6', '42719-5'])
  for (const code of ['14682-9', '38483-4']) expect(molarMassOf('?', [{ system: loincSystem, code }])).toBe(113.12)
})

test('a header is the analyte it names, in either language, and another is none', () => {
  expect(analyteOf('Alk.Phos')?.id).toBe('alkalinePhosphatase')
  expect(analyteOf('ALK_PHOS')?.id).toBe('alkalinePhosphatase')
  expect(analyteOf('总胆红素')?.id).toBe('bilirubin')
  expect(analyteOf('bilirubin stone')).toBeNull()
})

test('words within a header are told apart where a reader would', () => {
  expect(separatedWords('dateOfBirth')).toBe('date of birth')
  expect(separatedWords('Patient(ID)')).toBe('patient id')
  expect(headerWords('dateOfBirth')).toBe('dateofbirth')
})

test('a sex is what its word says, and a number says none', () => {
  expect(['F', 'female', 'w', '女性'].map(parseSex)).toEqual(['female', 'female', 'female', 'female'])
  expect(['M', 'boy', '男'].map(parseSex)).toEqual(['male', 'male', 'male'])
  expect(['1', '2', '', 'yes'].map(parseSex)).toEqual([null, null, null, null])
})

const catalogues = readCatalogues(installation().resources)

test.each(Object.keys(catalogues))('every analyte and answer has a name in %s, and none is left over', (language) => {
  const { analyte: named, answer } = catalogues[language].analytes as Record<string, Record<string, string>>
  expect(Object.keys(named).sort()).toEqual([...ids].sort())
  expect(Object.keys(answer).sort()).toEqual(Object.keys(answers).sort())
})

test('a label is what dictionaries have had it be, and a third language is one file more', () => {
  const french = { ...catalogues, fr: { analytes: { analyte: { bilirubin: 'Bilirubine totale' }, answer: {} } } }
  const labels = labelsFrom(french)
  expect(labels.analyte.bilirubin).toEqual({ en: 'Bilirubin, total', zh: '总胆红素', fr: 'Bilirubine totale' })
  expect(labels.answer.positive).toEqual({ en: 'positive', zh: '阳性' })
  expect([answerOf('POS'), answerOf('无'), answerOf('perhaps')]).toEqual(['positive', 'no', null])
})
