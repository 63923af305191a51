import type { ScoreDefinition } from '../score.ts'
import { age, alanineAminotransferase, aspartateAminotransferase, platelets } from './inputs.ts'

export const fib4: ScoreDefinition = {
  score: 'fib4',
  inputs: [age, aspartateAminotransferase, alanineAminotransferase, platelets],
  applies: ({ age: years }) => {
    if (years === undefined) return { applies: 'unknown', cautions: [] }
    if (years < 18) return { applies: 'no', cautions: ['children'] }
    return { applies: 'yes', cautions: years < 35 || years > 65 ? ['ageOfCutoffs'] : [] }
  },
  compute: ({ age: years, ast, alt, platelets: count }) => (years * ast) / (count * Math.sqrt(alt)),
  unit: null,
  digits: 2,
  bands: [
    {
      id: 'unlikely',
      low: null,
      high: 1.45,
      tone: 'low',
    },
    { id: 'indeterminate', low: 1.45, high: 3.25, tone: 'middle' },
    {
      id: 'likely',
      low: 3.25,
      high: null,
      tone: 'high',
    },
  ],
  upperIncludesBorder: false,
  formula: 'age x AST / (platelets 10^9/L x sqrt(ALT))',
  source: {
    citation:
      'Sterling RK, Lissen E, Clumeck N, et al. Development of a simple noninvasive index to predict significant fibrosis in patients with HIV/HCV coinfection. Hepatology 2006;43:1317-1325.',
    doi: '10.1002/hep.21178',
  },
}
