import { numberInput, type ScoreDefinition } from '../score.ts'
import { aspartateAminotransferase, platelets } from './inputs.ts'

export const apri: ScoreDefinition = {
  score: 'apri',
  inputs: [
    aspartateAminotransferase,
    numberInput({
      id: 'upperLimit',
      unit: 'U/L',
      loinc: [],
      names: [],
      low: 10,
      high: 100,
      standard: 40,
    }),
    platelets,
  ],
  applies: () => ({
    applies: 'unknown',
    cautions: ['assumedLimit'],
  }),
  compute: ({ ast, upperLimit, platelets: count }) => (100 * (ast / upperLimit)) / count,
  unit: null,
  digits: 2,
  bands: [
    {
      id: 'unlikely',
      low: null,
      high: 0.5,
      tone: 'low',
    },
    { id: 'indeterminate', low: 0.5, high: 1.5, tone: 'middle' },
    {
      id: 'likely',
      low: 1.5,
      high: null,
      tone: 'high',
    },
  ],
  upperIncludesBorder: false,
  formula: '100 x (AST / upper limit of normal) / platelets 10^9/L',
  source: {
    citation:
      'Wai CT, Greenson JK, Fontana RJ, et al. A simple noninvasive index can predict both significant fibrosis and cirrhosis in patients with chronic hepatitis C. Hepatology 2003;38:518-526.',
    doi: '10.1053/jhep.2003.50346',
  },
}
