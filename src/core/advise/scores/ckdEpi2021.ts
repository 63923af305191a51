import { measured, type ScoreDefinition } from '../score.ts'
import { age, sex } from './inputs.ts'

export const ckdEpi2021: ScoreDefinition = {
  score: 'ckdEpi2021',
  inputs: [age, sex, measured('creatinine', { unit: 'mg/dL', low: 0.1, high: 30 })],
  applies: ({ age: years }) => {
    if (years === undefined) return { applies: 'unknown', cautions: [] }
    return years < 18 ? { applies: 'no', cautions: ['children'] } : { applies: 'yes', cautions: [] }
  },
  compute: ({ age: years, sex: male, creatinine: milligrams }) => {
    const kappa = male === 1 ? 0.9 : 0.7
    const alpha = male === 1 ? -0.302 : -0.241
    const ratio = milligrams / kappa
    return 142 * Math.min(ratio, 1) ** alpha * Math.max(ratio, 1) ** -1.2 * 0.9938 ** years * (male === 1 ? 1 : 1.012)
  },
  unit: 'mL/min/{1.73_m2}',
  digits: 0,
  bands: [
    { id: 'G5', low: null, high: 15, tone: 'high' },
    { id: 'G4', low: 15, high: 30, tone: 'high' },
    { id: 'G3b', low: 30, high: 45, tone: 'middle' },
    { id: 'G3a', low: 45, high: 60, tone: 'middle' },
    { id: 'G2', low: 60, high: 90, tone: 'low' },
    { id: 'G1', low: 90, high: null, tone: 'low' },
  ],
  upperIncludesBorder: true,
  formula:
    '142 x min(Scr/k, 1)^a x max(Scr/k, 1)^-1.200 x 0.9938^age (x 1.012 if female); k = 0.7 female, 0.9 male; a = -0.241 female, -0.302 male',
  source: {
    citation:
      'Inker LA, Eneanya ND, Coresh J, et al. New creatinine- and cystatin C-based equations to estimate GFR without race. N Engl J Med 2021;385:1737-1749.',
    doi: '10.1056/NEJMoa2102953',
  },
}
