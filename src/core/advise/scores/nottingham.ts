import { choiceInput, numberInput, type ScoreDefinition } from '../score.ts'

export const nottingham: ScoreDefinition = {
  score: 'nottingham',
  inputs: [
    numberInput({
      id: 'size',
      unit: 'cm',
      loinc: ['21889-1', '33728-7'],
      names: ['size'],
      low: 0.1,
      high: 20,
    }),
    choiceInput({
      id: 'grade',
      choices: [1, 2, 3].map((grade) => ({ code: String(grade), value: grade })),
      loinc: ['33732-9', '44648-4', '21858-6'],
      names: ['grade'],
    }),
    numberInput({
      id: 'nodes',
      unit: null,
      loinc: ['21893-3', '85347-3'],
      names: ['nodes'],
      low: 0,
      high: 90,
    }),
  ],
  applies: () => ({
    applies: 'unknown',
    cautions: ['beforeSystemicTreatment'],
  }),
  compute: ({ size, grade, nodes }) => 0.2 * size + grade + (nodes === 0 ? 1 : nodes <= 3 ? 2 : 3),
  unit: null,
  digits: 2,
  bands: [
    { id: 'good', low: null, high: 3.4, tone: 'low' },
    { id: 'moderate', low: 3.4, high: 5.4, tone: 'middle' },
    { id: 'poor', low: 5.4, high: null, tone: 'high' },
  ],
  upperIncludesBorder: false,
  formula: '0.2 x size cm + grade + node stage (1: none, 2: 1 to 3, 3: 4 or more positive)',
  source: {
    citation:
      'Galea MH, Blamey RW, Elston CE, Ellis IO. The Nottingham Prognostic Index in primary breast cancer. Breast Cancer Res Treat 1992;22:207-219.',
    doi: '10.1007/BF01840834',
  },
}
