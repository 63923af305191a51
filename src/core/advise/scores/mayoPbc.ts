import { choiceInput, measured, type ScoreDefinition } from '../score.ts'
import { age, albumin, bilirubin } from './inputs.ts'

/** Survival without transplantation of a patient with R = 5.07, at 1 to 7 years (Dickson 1989, table 4). */
const baseline = [0.97, 0.941, 0.883, 0.833, 0.774, 0.721, 0.651]

export const mayoPbc: ScoreDefinition = {
  score: 'mayoPbc',
  inputs: [
    age,
    bilirubin,
    albumin,
    measured('prothrombinTime', { unit: 's', low: 5, high: 120 }),
    choiceInput({
      id: 'edema',
      choices: [
        { code: 'none', value: 0 },
        {
          code: 'resolved',
          value: 0.5,
        },
        { code: 'persists', value: 1 },
      ],
      loinc: ['44966-0'],
      names: ['edema', 'oedema', '水肿'],
    }),
  ],
  applies: () => ({
    applies: 'unknown',
    cautions: ['beforeUrsodiol'],
  }),
  compute: ({ age: years, bilirubin: bili, albumin: alb, prothrombinTime: seconds, edema }) =>
    0.039 * years + 0.871 * Math.log(bili) - 2.53 * Math.log(alb) + 2.38 * Math.log(seconds) + 0.859 * edema,
  further: (risk) =>
    [1, 3, 5].map((years) => ({
      id: 'survival',
      years,
      value: 100 * baseline[years - 1] ** Math.exp(risk - 5.07),
      unit: '%',
      digits: 0,
    })),
  unit: null,
  digits: 2,
  bands: [],
  upperIncludesBorder: true,
  formula:
    'R = 0.039 age + 0.871 ln(bilirubin mg/dL) - 2.53 ln(albumin g/dL) + 2.38 ln(prothrombin time s) + 0.859 oedema; S(t) = S0(t)^exp(R - 5.07)',
  source: {
    citation:
      'Dickson ER, Grambsch PM, Fleming TR, Fisher LD, Langworthy A. Prognosis in primary biliary cirrhosis: model for decision making. Hepatology 1989;10:1-7.',
    doi: '10.1002/hep.1840100102',
  },
}
