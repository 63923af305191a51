import type { Text } from '../../../contract/values.ts'
import { choiceInput, numberInput, type ScoreDefinition } from '../score.ts'
import {
  age,
  alanineAminotransferase,
  albumin,
  aspartateAminotransferase,
  bilirubin,
  platelets,
  prothrombinTime,
} from './inputs.ts'

/** Survival without transplantation of a patient with R = 5.07, at 1 to 7 years (Dickson 1989, table 4). */
const mayoBaseline = [0.97, 0.941, 0.883, 0.833, 0.774, 0.721, 0.651]

const afterYears = (years: number): Text => ({
  en: `Survival at ${years} ${years === 1 ? 'year' : 'years'} without transplant`,
  zh: `${years} 年无移植生存率`,
})

export const mayoPbc: ScoreDefinition = {
  score: 'mayoPbc',
  title: { en: 'Mayo risk score for primary biliary cholangitis', zh: '原发性胆汁性胆管炎 Mayo 风险评分' },
  purpose: {
    en: 'Survival of a patient with primary biliary cholangitis without liver transplantation.',
    zh: '估计未行肝移植的原发性胆汁性胆管炎患者的生存率。',
  },
  population: {
    en: '312 patients with primary biliary cholangitis of two Mayo Clinic trials, 1974 to 1984, before ursodiol was in use.',
    zh: '1974 至 1984 年梅奥诊所两项试验的 312 例原发性胆汁性胆管炎患者，当时尚未使用熊去氧胆酸。',
  },
  inputs: [
    age,
    bilirubin,
    albumin,
    prothrombinTime,
    choiceInput({
      id: 'edema',
      label: { en: 'Peripheral oedema', zh: '外周水肿' },
      choices: [
        { code: 'none', label: { en: 'None, no diuretics', zh: '无水肿，未用利尿剂' }, value: 0 },
        {
          code: 'resolved',
          label: { en: 'Resolved by diuretics, or untreated', zh: '利尿剂后消退或未治疗' },
          value: 0.5,
        },
        { code: 'persists', label: { en: 'Despite diuretics', zh: '利尿剂治疗后仍有水肿' }, value: 1 },
      ],
      loinc: ['44966-0'],
      names: ['edema', 'oedema', '水肿'],
    }),
  ],
  applies: () => ({
    applies: 'unknown',
    cautions: [
      {
        en: 'Only for primary biliary cholangitis. Derived before ursodiol: treated patients tend to live longer than it says.',
        zh: '仅适用于原发性胆汁性胆管炎。推导于熊去氧胆酸应用之前：接受治疗的患者实际生存往往更长。',
      },
    ],
  }),
  compute: ({ age: years, bilirubin: bili, albumin: alb, prothrombinTime: seconds, edema }) =>
    0.039 * years + 0.871 * Math.log(bili) - 2.53 * Math.log(alb) + 2.38 * Math.log(seconds) + 0.859 * edema,
  further: (risk) =>
    [1, 3, 5].map((years) => ({
      label: afterYears(years),
      value: 100 * mayoBaseline[years - 1] ** Math.exp(risk - 5.07),
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

export const albi: ScoreDefinition = {
  score: 'albi',
  title: { en: 'ALBI grade', zh: 'ALBI 分级' },
  purpose: { en: 'Liver function from albumin and bilirubin alone.', zh: '仅用白蛋白和胆红素评估肝功能。' },
  population: {
    en: 'Patients with hepatocellular carcinoma; since validated in other chronic liver disease, primary biliary cholangitis among them.',
    zh: '肝细胞癌患者；其后在其他慢性肝病（包括原发性胆汁性胆管炎）中得到验证。',
  },
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
      label: { en: 'Grade 1: best liver function', zh: '1 级：肝功能最佳' },
      low: null,
      high: -2.6,
      tone: 'low',
    },
    { id: 'grade2', label: { en: 'Grade 2', zh: '2 级' }, low: -2.6, high: -1.39, tone: 'middle' },
    {
      id: 'grade3',
      label: { en: 'Grade 3: worst liver function', zh: '3 级：肝功能最差' },
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

export const apri: ScoreDefinition = {
  score: 'apri',
  title: { en: 'APRI', zh: 'APRI 指数' },
  purpose: { en: 'Liver fibrosis from AST and platelets.', zh: '用 AST 与血小板评估肝纤维化。' },
  population: { en: 'Patients with chronic hepatitis C, not treated.', zh: '未经治疗的慢性丙型肝炎患者。' },
  inputs: [
    aspartateAminotransferase,
    numberInput({
      id: 'upperLimit',
      label: { en: "AST: the laboratory's upper limit of normal", zh: 'AST 实验室正常上限' },
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
    cautions: [
      {
        en: "The upper limit of normal is taken as 40 U/L unless you enter your laboratory's own.",
        zh: '除非输入本实验室的数值，否则正常上限按 40 U/L 计算。',
      },
    ],
  }),
  compute: ({ ast, upperLimit, platelets: count }) => (100 * (ast / upperLimit)) / count,
  unit: null,
  digits: 2,
  bands: [
    {
      id: 'unlikely',
      label: { en: 'Significant fibrosis unlikely', zh: '显著纤维化可能性小' },
      low: null,
      high: 0.5,
      tone: 'low',
    },
    { id: 'indeterminate', label: { en: 'Indeterminate', zh: '不确定' }, low: 0.5, high: 1.5, tone: 'middle' },
    {
      id: 'likely',
      label: { en: 'Significant fibrosis likely', zh: '显著纤维化可能性大' },
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

export const fib4: ScoreDefinition = {
  score: 'fib4',
  title: { en: 'FIB-4', zh: 'FIB-4 指数' },
  purpose: { en: 'Liver fibrosis from age, AST, ALT and platelets.', zh: '用年龄、AST、ALT 和血小板评估肝纤维化。' },
  population: {
    en: 'Adults with HIV and hepatitis C; since used in other chronic liver disease. Least certain under 35 and over 65 years.',
    zh: '合并 HIV 与丙型肝炎的成人；其后用于其他慢性肝病。35 岁以下及 65 岁以上时最不可靠。',
  },
  inputs: [age, aspartateAminotransferase, alanineAminotransferase, platelets],
  applies: ({ age: years }) => {
    if (years === undefined) return { applies: 'unknown', cautions: [] }
    if (years < 18) return { applies: 'no', cautions: [{ en: 'Not for children.', zh: '不适用于儿童。' }] }
    const cautions: Text[] =
      years < 35 || years > 65
        ? [
            {
              en: 'Under 35 and over 65 years the usual cut-offs are less accurate; over 65 a lower cut-off of 2.0 is advised.',
              zh: '35 岁以下及 65 岁以上时常用界值准确性下降；65 岁以上建议低界值取 2.0。',
            },
          ]
        : []
    return { applies: 'yes', cautions }
  },
  compute: ({ age: years, ast, alt, platelets: count }) => (years * ast) / (count * Math.sqrt(alt)),
  unit: null,
  digits: 2,
  bands: [
    {
      id: 'unlikely',
      label: { en: 'Advanced fibrosis unlikely', zh: '进展期纤维化可能性小' },
      low: null,
      high: 1.45,
      tone: 'low',
    },
    { id: 'indeterminate', label: { en: 'Indeterminate', zh: '不确定' }, low: 1.45, high: 3.25, tone: 'middle' },
    {
      id: 'likely',
      label: { en: 'Advanced fibrosis likely', zh: '进展期纤维化可能性大' },
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
