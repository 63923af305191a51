import type { ScoreDefinition } from '../score.ts'
import { albumin, bilirubin } from './inputs.ts'

export const albi: ScoreDefinition = {
  score: 'albi',
  inputs: [
    { ...bilirubin, unit: 'umol/L', low: 1, high: 1400 },
    { ...albumin, unit: 'g/L', low: 5, high: 70 },
  ],
  applies: () => ({ applies: 'unknown', cautions: [] }),
  compute: ({ bilirubin: bili, albumin: alb }) => 0.66 * Math.log10(bili) - 0.085 * alb,
  unit: null,
  digits: 2,
  bands: [
    {
      id: 'grade1',
      low: null,
      high: -2.6,
      tone: 'low',
    },
    { id: 'grade2', low: -2.6, high: -1.39, tone: 'middle' },
    {
      id: 'grade3',
      low: -1.39,
      high: null,
      tone: 'high',
    },
  ],
  upperIncludesBorder: false,
  formula: '0.66 log10(bilirubin umol/L) - 0.085 albumin g/L',
  source: {
    citation:
      'Johnson PJ, Berhane S, Kagebayashi C, et al. Assessment of liver function in patients with hepatocellular carcinoma: a new evidence-based approach - the ALBI grade. J Clin Oncol 2015;33:550-558.',
    doi: '10.1200/JCO.2014.57.9151',
  },
}
