import { type AnalyteId, analyte, loincCodesOf } from '../../terminology/analytes.ts'
import { choiceInput, numberInput } from '../score.ts'

/** Codes and molar mass of an analyte, as the whole app knows them. */
const coded = (id: AnalyteId) => ({ loinc: loincCodesOf(analyte(id)), molarMass: analyte(id).molarMass ?? null })

export const age = numberInput({
  id: 'age',
  ...coded('age'),
  label: { en: 'Age', zh: '年龄' },
  unit: 'a',
  names: ['age', '年龄', 'age0'],
  low: 0,
  high: 120,
})

export const sex = choiceInput({
  id: 'sex',
  label: { en: 'Sex', zh: '性别' },
  choices: [
    { code: 'female', label: { en: 'Female', zh: '女' }, value: 0 },
    { code: 'male', label: { en: 'Male', zh: '男' }, value: 1 },
  ],
  loinc: ['46098-0', '76689-9'],
  names: ['sex', '性别', 'gender'],
})

export const bilirubin = numberInput({
  id: 'bilirubin',
  ...coded('bilirubin'),
  label: { en: 'Total bilirubin', zh: '总胆红素' },
  unit: 'mg/dL',
  names: ['bili', 'bilirubin', '总胆红素'],
  low: 0.05,
  high: 80,
})

export const albumin = numberInput({
  id: 'albumin',
  ...coded('albumin'),
  label: { en: 'Serum albumin', zh: '血清白蛋白' },
  unit: 'g/dL',
  names: ['albumin', '白蛋白'],
  low: 0.5,
  high: 7,
})

export const aspartateAminotransferase = numberInput({
  id: 'ast',
  ...coded('ast'),
  label: { en: 'AST', zh: '谷草转氨酶 (AST)' },
  unit: 'U/L',
  names: ['ast', 'sgot'],
  low: 1,
  high: 20000,
})

export const alanineAminotransferase = numberInput({
  id: 'alt',
  ...coded('alt'),
  label: { en: 'ALT', zh: '谷丙转氨酶 (ALT)' },
  unit: 'U/L',
  names: ['alt', 'sgpt'],
  low: 1,
  high: 20000,
})

export const platelets = numberInput({
  id: 'platelets',
  ...coded('platelets'),
  label: { en: 'Platelets', zh: '血小板' },
  unit: '10*9/L',
  names: ['platelet', 'platelets', 'plt', '血小板'],
  low: 1,
  high: 3000,
})

export const creatinine = numberInput({
  id: 'creatinine',
  ...coded('creatinine'),
  label: { en: 'Serum creatinine', zh: '血清肌酐' },
  unit: 'mg/dL',
  names: ['creatinine', 'creat', 'scr', '肌酐'],
  low: 0.1,
  high: 30,
})

export const prothrombinTime = numberInput({
  id: 'prothrombinTime',
  ...coded('prothrombinTime'),
  label: { en: 'Prothrombin time', zh: '凝血酶原时间' },
  unit: 's',
  names: ['protime', 'pt', '凝血酶原时间'],
  low: 5,
  high: 120,
})
