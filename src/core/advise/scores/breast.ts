import { choiceInput, numberInput, type ScoreDefinition } from '../score.ts'

export const nottingham: ScoreDefinition = {
  score: 'nottingham',
  title: { en: 'Nottingham prognostic index', zh: '诺丁汉预后指数' },
  purpose: { en: 'Prognosis after surgery for primary breast cancer.', zh: '原发性乳腺癌手术后的预后。' },
  population: {
    en: 'Women up to 70 years operated on for primary breast cancer in Nottingham, 1973 to 1989.',
    zh: '1973 至 1989 年在诺丁汉因原发性乳腺癌手术、70 岁以下的女性。',
  },
  inputs: [
    numberInput({
      id: 'size',
      label: { en: 'Tumour size', zh: '肿瘤大小' },
      unit: 'cm',
      loinc: ['21889-1', '33728-7'],
      names: ['size'],
      low: 0.1,
      high: 20,
    }),
    choiceInput({
      id: 'grade',
      label: { en: 'Histological grade', zh: '组织学分级' },
      choices: [1, 2, 3].map((grade) => ({
        code: String(grade),
        label: { en: `Grade ${grade}`, zh: `${grade} 级` },
        value: grade,
      })),
      loinc: ['33732-9', '44648-4', '21858-6'],
      names: ['grade'],
    }),
    numberInput({
      id: 'nodes',
      label: { en: 'Positive lymph nodes', zh: '阳性淋巴结数' },
      unit: null,
      loinc: ['21893-3', '85347-3'],
      names: ['nodes'],
      low: 0,
      high: 90,
    }),
  ],
  applies: () => ({
    applies: 'unknown',
    cautions: [
      {
        en: "Derived before today's systemic treatments: survival is better now in every group.",
        zh: '推导于现代全身治疗之前：目前各组的生存均有改善。',
      },
    ],
  }),
  compute: ({ size, grade, nodes }) => 0.2 * size + grade + (nodes === 0 ? 1 : nodes <= 3 ? 2 : 3),
  unit: null,
  digits: 2,
  bands: [
    { id: 'good', label: { en: 'Good prognosis', zh: '预后良好' }, low: null, high: 3.4, tone: 'low' },
    { id: 'moderate', label: { en: 'Moderate prognosis', zh: '预后中等' }, low: 3.4, high: 5.4, tone: 'middle' },
    { id: 'poor', label: { en: 'Poor prognosis', zh: '预后较差' }, low: 5.4, high: null, tone: 'high' },
  ],
  upperIncludesBorder: false,
  formula: '0.2 x size cm + grade + node stage (1: none, 2: 1 to 3, 3: 4 or more positive)',
  source: {
    citation:
      'Galea MH, Blamey RW, Elston CE, Ellis IO. The Nottingham Prognostic Index in primary breast cancer. Breast Cancer Res Treat 1992;22:207-219.',
    doi: '10.1007/BF01840834',
  },
}
