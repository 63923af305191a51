import type { ScoreDefinition } from '../score.ts'
import { age, creatinine, sex } from './inputs.ts'

const stage = (
  id: string,
  en: string,
  zh: string,
  low: number | null,
  high: number | null,
  tone: 'low' | 'middle' | 'high',
) => ({
  id,
  label: { en: `${id}: ${en}`, zh: `${id}：${zh}` },
  low,
  high,
  tone,
})

export const ckdEpi2021: ScoreDefinition = {
  score: 'ckdEpi2021',
  title: { en: 'eGFR, CKD-EPI 2021 (creatinine)', zh: 'eGFR，CKD-EPI 2021（肌酐）' },
  purpose: { en: 'Glomerular filtration rate, without race.', zh: '估算肾小球滤过率，不含种族变量。' },
  population: { en: 'Adults; creatinine traceable to IDMS.', zh: '成人；肌酐可溯源至 IDMS。' },
  inputs: [age, sex, creatinine],
  applies: ({ age: years }) =>
    years === undefined
      ? { applies: 'unknown', cautions: [] }
      : years < 18
        ? {
            applies: 'no',
            cautions: [
              { en: 'Not for children: use the CKiD U25 equation.', zh: '不适用于儿童，请使用 CKiD U25 公式。' },
            ],
          }
        : { applies: 'yes', cautions: [] },
  compute: ({ age: years, sex: male, creatinine: milligrams }) => {
    const kappa = male === 1 ? 0.9 : 0.7
    const alpha = male === 1 ? -0.302 : -0.241
    const ratio = milligrams / kappa
    return 142 * Math.min(ratio, 1) ** alpha * Math.max(ratio, 1) ** -1.2 * 0.9938 ** years * (male === 1 ? 1 : 1.012)
  },
  unit: 'mL/min/{1.73_m2}',
  digits: 0,
  bands: [
    stage('G5', 'kidney failure', '肾衰竭', null, 15, 'high'),
    stage('G4', 'severely decreased', '重度下降', 15, 30, 'high'),
    stage('G3b', 'moderately to severely decreased', '中至重度下降', 30, 45, 'middle'),
    stage('G3a', 'mildly to moderately decreased', '轻至中度下降', 45, 60, 'middle'),
    stage('G2', 'mildly decreased', '轻度下降', 60, 90, 'low'),
    stage('G1', 'normal or high', '正常或增高', 90, null, 'low'),
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
