import { choiceInput, numberInput } from '../score.ts'

export const age = numberInput({
  id: 'age',
  label: { en: 'Age', zh: '年龄' },
  unit: 'a',
  loinc: ['30525-0', '21612-7'],
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
  label: { en: 'Total bilirubin', zh: '总胆红素' },
  unit: 'mg/dL',
  loinc: ['1975-2', '14631-6', '42719-5'],
  names: ['bili', 'bilirubin', '总胆红素'],
  low: 0.05,
  high: 80,
  molarMass: 584.66,
})

export const albumin = numberInput({
  id: 'albumin',
  label: { en: 'Serum albumin', zh: '血清白蛋白' },
  unit: 'g/dL',
  loinc: ['1751-7', '54347-0', '61151-7'],
  names: ['albumin', '白蛋白'],
  low: 0.5,
  high: 7,
})

export const aspartateAminotransferase = numberInput({
  id: 'ast',
  label: { en: 'AST', zh: '谷草转氨酶 (AST)' },
  unit: 'U/L',
  loinc: ['1920-8', '30239-8', '88112-8'],
  names: ['ast', 'sgot'],
  low: 1,
  high: 20000,
})

export const alanineAminotransferase = numberInput({
  id: 'alt',
  label: { en: 'ALT', zh: '谷丙转氨酶 (ALT)' },
  unit: 'U/L',
  loinc: ['1742-6', '1743-4', '1744-2'],
  names: ['alt', 'sgpt'],
  low: 1,
  high: 20000,
})

export const platelets = numberInput({
  id: 'platelets',
  label: { en: 'Platelets', zh: '血小板' },
  unit: '10*9/L',
  loinc: ['777-3', '26515-7', '778-1'],
  names: ['platelet', 'platelets', 'plt', '血小板'],
  low: 1,
  high: 3000,
})

export const creatinine = numberInput({
  id: 'creatinine',
  label: { en: 'Serum creatinine', zh: '血清肌酐' },
  unit: 'mg/dL',
  loinc: ['2160-0', '14682-9', '38483-4'],
  names: ['creatinine', 'creat', 'scr', '肌酐'],
  low: 0.1,
  high: 30,
  molarMass: 113.12,
})

export const prothrombinTime = numberInput({
  id: 'prothrombinTime',
  label: { en: 'Prothrombin time', zh: '凝血酶原时间' },
  unit: 's',
  loinc: ['5902-2', '5964-2'],
  names: ['protime', 'pt', '凝血酶原时间'],
  low: 5,
  high: 120,
})
