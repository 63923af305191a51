import type { Text } from '../../contract/values.ts'

/** What is known of a common measurement before any file is seen: its names, codes and limits of what is possible. */
export interface Measurement {
  label: Text
  /** Header words, lower case, marks of punctuation as single spaces. */
  words: readonly string[]
  /** LOINC codes by the UCUM unit they are defined for. */
  loinc: readonly { unit: string; code: string }[]
  /** Unit `low` and `high` stand in. */
  unit: string
  /** Outside of this a value is a slip of the pen, in any patient alive; wide on purpose. */
  low: number
  high: number
  /** g/mol, where laboratories report both mass and amount. */
  molarMass?: number
  /** A doctor can act on it by treatment; not set for mere markers of disease. */
  modifiable?: boolean
}

/** Header words reduced to what can be compared: `Alk.Phos`, `alk_phos` and `ALK PHOS` are the same. */
export const headerWords = (header: string): string =>
  header
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s._\-–:：/]+/g, ' ')
    .trim()

export const measurementOf = (header: string): Measurement | null => byWord.get(headerWords(header)) ?? null

/** Molar mass by LOINC code, else by name; null where mass and amount of this substance cannot be converted. */
export const molarMassOf = (name: string, coding: readonly { system: string; code: string }[] = []): number | null => {
  for (const { system, code } of coding) {
    const found = system === loincSystem ? byLoinc.get(code) : undefined
    if (found) return found.molarMass ?? null
  }
  return measurementOf(name)?.molarMass ?? null
}

export const loincSystem = 'http://loinc.org'

const entry = (
  en: string,
  zh: string,
  words: string,
  unit: string,
  low: number,
  high: number,
  loinc: Record<string, string>,
  more: { molarMass?: number; modifiable?: boolean } = {},
): Measurement => ({
  label: { en, zh },
  words: words.split('|'),
  unit,
  low,
  high,
  loinc: Object.entries(loinc).map(([code, of]) => ({ code, unit: of })),
  ...more,
})

/**
 * Codes: LOINC 2.7x, serum or plasma unless the label says otherwise; checked against the code lists that laboratories
 * publish (HCUP's LOINC worksheet, Mayo's test catalogue). Molar masses: IUPAC atomic weights; triglycerides as triolein,
 * urea nitrogen as two nitrogen atoms, as laboratories' own conversion tables have it.
 */
const measurements: readonly Measurement[] = [
  entry(
    'Bilirubin, total',
    '总胆红素',
    'bili|bilirubin|total bilirubin|bilirubin total|tbil|t bil|tbili|胆红素|总胆红素',
    'mg/dL',
    0,
    100,
    { '1975-2': 'mg/dL', '14631-6': 'umol/L' },
    { molarMass: 584.66 },
  ),
  entry('Albumin', '白蛋白', 'alb|albumin|serum albumin|白蛋白|血清白蛋白', 'g/dL', 0.3, 10, { '1751-7': 'g/dL' }),
  entry('Total protein', '总蛋白', 'tp|total protein|protein total|总蛋白', 'g/dL', 1, 20, { '2885-2': 'g/dL' }),
  entry(
    'Aspartate aminotransferase (AST)',
    '天冬氨酸氨基转移酶',
    'ast|sgot|got|aspartate aminotransferase|谷草转氨酶|天冬氨酸氨基转移酶|天门冬氨酸氨基转移酶',
    'U/L',
    0,
    50000,
    { '1920-8': 'U/L' },
  ),
  entry(
    'Alanine aminotransferase (ALT)',
    '丙氨酸氨基转移酶',
    'alt|sgpt|gpt|alanine aminotransferase|谷丙转氨酶|丙氨酸氨基转移酶',
    'U/L',
    0,
    50000,
    { '1742-6': 'U/L' },
  ),
  entry('Alkaline phosphatase', '碱性磷酸酶', 'alp|alk phos|alkphos|alkaline phosphatase|碱性磷酸酶', 'U/L', 0, 50000, {
    '6768-6': 'U/L',
  }),
  entry(
    'Gamma-glutamyl transferase',
    'γ-谷氨酰转移酶',
    'ggt|gamma gt|gamma glutamyl transferase|谷氨酰转肽酶|γ 谷氨酰转移酶',
    'U/L',
    0,
    30000,
    { '2324-2': 'U/L' },
  ),
  entry('Lactate dehydrogenase', '乳酸脱氢酶', 'ldh|lactate dehydrogenase|乳酸脱氢酶', 'U/L', 0, 100000, {
    '2532-0': 'U/L',
  }),
  entry(
    'Cholesterol, total',
    '总胆固醇',
    'chol|cholesterol|total cholesterol|cholesterol total|tc|胆固醇|总胆固醇',
    'mg/dL',
    10,
    3000,
    { '2093-3': 'mg/dL', '14647-2': 'mmol/L' },
    { molarMass: 386.65, modifiable: true },
  ),
  entry(
    'HDL cholesterol',
    '高密度脂蛋白胆固醇',
    'hdl|hdl c|hdl cholesterol|高密度脂蛋白|高密度脂蛋白胆固醇',
    'mg/dL',
    0,
    300,
    { '2085-9': 'mg/dL', '14646-4': 'mmol/L' },
    { molarMass: 386.65, modifiable: true },
  ),
  entry(
    'LDL cholesterol',
    '低密度脂蛋白胆固醇',
    'ldl|ldl c|ldl cholesterol|低密度脂蛋白|低密度脂蛋白胆固醇',
    'mg/dL',
    0,
    2000,
    { '2089-1': 'mg/dL', '22748-8': 'mmol/L' },
    { molarMass: 386.65, modifiable: true },
  ),
  entry(
    'Triglycerides',
    '甘油三酯',
    'tg|trig|triglyceride|triglycerides|甘油三酯|三酰甘油',
    'mg/dL',
    5,
    20000,
    { '2571-8': 'mg/dL', '14927-8': 'mmol/L' },
    { molarMass: 885.43, modifiable: true },
  ),
  entry(
    'Glucose',
    '血糖',
    'glu|gluc|glucose|blood glucose|blood sugar|血糖|葡萄糖',
    'mg/dL',
    5,
    3000,
    { '2345-7': 'mg/dL', '14749-6': 'mmol/L' },
    { molarMass: 180.156, modifiable: true },
  ),
  entry(
    'Glucose, fasting',
    '空腹血糖',
    'fpg|fbg|fasting glucose|fasting blood glucose|fasting plasma glucose|空腹血糖|空腹葡萄糖',
    'mg/dL',
    5,
    3000,
    { '1558-6': 'mg/dL', '14771-0': 'mmol/L' },
    { molarMass: 180.156, modifiable: true },
  ),
  entry(
    'Hemoglobin A1c',
    '糖化血红蛋白',
    'hba1c|a1c|hemoglobin a1c|haemoglobin a1c|糖化血红蛋白',
    '%',
    2,
    25,
    { '4548-4': '%', '59261-8': 'mmol/mol' },
    { modifiable: true },
  ),
  entry(
    'Creatinine',
    '肌酐',
    'cr|crea|creat|creatinine|serum creatinine|scr|肌酐|血肌酐|血清肌酐',
    'mg/dL',
    0.05,
    60,
    { '2160-0': 'mg/dL', '14682-9': 'umol/L' },
    { molarMass: 113.12 },
  ),
  entry(
    'Urea nitrogen',
    '尿素氮',
    'bun|urea nitrogen|blood urea nitrogen|尿素氮|血尿素氮',
    'mg/dL',
    0,
    500,
    { '3094-0': 'mg/dL', '14937-7': 'mmol/L' },
    { molarMass: 28.014 },
  ),
  entry('Urea', '尿素', 'urea|尿素', 'mmol/L', 0, 200, { '22664-7': 'mmol/L' }, { molarMass: 60.056 }),
  entry(
    'Uric acid',
    '尿酸',
    'ua|urate|uric acid|尿酸|血尿酸',
    'mg/dL',
    0,
    60,
    { '3084-1': 'mg/dL', '14933-6': 'umol/L' },
    { molarMass: 168.11, modifiable: true },
  ),
  entry(
    'Glomerular filtration rate, estimated',
    '估算肾小球滤过率',
    'egfr|gfr|肾小球滤过率|估算肾小球滤过率',
    'mL/min/{1.73_m2}',
    0,
    300,
    {},
  ),
  entry('Sodium', '钠', 'na|sodium|钠|血钠', 'mmol/L', 80, 220, { '2951-2': 'mmol/L' }, { modifiable: true }),
  entry('Potassium', '钾', 'k|potassium|钾|血钾', 'mmol/L', 1, 15, { '2823-3': 'mmol/L' }, { modifiable: true }),
  entry('Chloride', '氯', 'cl|chloride|氯|血氯', 'mmol/L', 40, 180, { '2075-0': 'mmol/L' }),
  entry(
    'Calcium',
    '钙',
    'ca|calcium|钙|血钙',
    'mg/dL',
    2,
    30,
    { '17861-6': 'mg/dL', '2000-8': 'mmol/L' },
    { molarMass: 40.078, modifiable: true },
  ),
  entry(
    'Phosphate',
    '磷',
    'phos|phosphate|phosphorus|磷|血磷',
    'mg/dL',
    0.1,
    40,
    { '2777-1': 'mg/dL', '14879-1': 'mmol/L' },
    { molarMass: 30.974, modifiable: true },
  ),
  entry(
    'Magnesium',
    '镁',
    'mg|magnesium|镁|血镁',
    'mg/dL',
    0.1,
    20,
    { '19123-9': 'mg/dL', '2601-3': 'mmol/L' },
    { molarMass: 24.305, modifiable: true },
  ),
  entry(
    'Hemoglobin',
    '血红蛋白',
    'hb|hgb|hemoglobin|haemoglobin|血红蛋白',
    'g/dL',
    1,
    30,
    { '718-7': 'g/dL' },
    { modifiable: true },
  ),
  entry('Hematocrit', '红细胞压积', 'hct|hematocrit|haematocrit|红细胞压积|红细胞比容', '%', 3, 85, { '4544-3': '%' }),
  entry(
    'Leukocytes',
    '白细胞计数',
    'wbc|leukocytes|leucocytes|white cells|white blood cells|白细胞|白细胞计数',
    '10*3/uL',
    0,
    2000,
    { '6690-2': '10*3/uL' },
  ),
  entry(
    'Erythrocytes',
    '红细胞计数',
    'rbc|erythrocytes|red cells|red blood cells|红细胞|红细胞计数',
    '10*6/uL',
    0.2,
    15,
    { '789-8': '10*6/uL' },
  ),
  entry('Platelets', '血小板计数', 'plt|platelet|platelets|platelet count|血小板|血小板计数', '10*3/uL', 0, 5000, {
    '777-3': '10*3/uL',
  }),
  entry('Prothrombin time', '凝血酶原时间', 'pt|protime|prothrombin time|凝血酶原时间', 's', 4, 300, { '5902-2': 's' }),
  entry('INR', '国际标准化比值', 'inr|国际标准化比值', '1', 0.3, 30, { '6301-6': '1' }, { modifiable: true }),
  entry('C-reactive protein', 'C反应蛋白', 'crp|c reactive protein|c反应蛋白', 'mg/L', 0, 1000, { '1988-5': 'mg/L' }),
  entry('Ferritin', '铁蛋白', 'ferritin|铁蛋白', 'ng/mL', 0, 200000, { '2276-4': 'ng/mL' }),
  entry('NT-proBNP', 'N末端B型利钠肽原', 'nt probnp|ntprobnp|pro bnp|probnp|n末端b型利钠肽原', 'pg/mL', 0, 200000, {
    '33762-6': 'pg/mL',
  }),
  entry('BNP', 'B型利钠肽', 'bnp|b型利钠肽|脑钠肽', 'pg/mL', 0, 100000, { '30934-4': 'pg/mL' }),
  entry('Thyrotropin (TSH)', '促甲状腺激素', 'tsh|促甲状腺激素', 'm[IU]/L', 0, 1000, { '3016-3': 'm[IU]/L' }),
  entry(
    'Systolic blood pressure',
    '收缩压',
    'sbp|sysbp|systolic|systolic bp|systolic blood pressure|收缩压',
    'mm[Hg]',
    20,
    350,
    { '8480-6': 'mm[Hg]' },
    { modifiable: true },
  ),
  entry(
    'Diastolic blood pressure',
    '舒张压',
    'dbp|diabp|diastolic|diastolic bp|diastolic blood pressure|舒张压',
    'mm[Hg]',
    5,
    250,
    { '8462-4': 'mm[Hg]' },
    { modifiable: true },
  ),
  entry(
    'Heart rate',
    '心率',
    'hr|heart rate|heartrate|pulse|心率|脉搏',
    '/min',
    0,
    400,
    { '8867-4': '/min' },
    { modifiable: true },
  ),
  entry('Respiratory rate', '呼吸频率', 'rr|resp rate|respiratory rate|呼吸|呼吸频率', '/min', 0, 150, {
    '9279-1': '/min',
  }),
  entry('Body temperature', '体温', 'temp|temperature|body temperature|体温', 'Cel', 10, 50, { '8310-5': 'Cel' }),
  entry('Oxygen saturation', '血氧饱和度', 'spo2|sao2|oxygen saturation|血氧|血氧饱和度', '%', 0, 100, {
    '2708-6': '%',
  }),
  entry(
    'Body weight',
    '体重',
    'wt|wgt|weight|body weight|体重',
    'kg',
    0.2,
    700,
    { '29463-7': 'kg' },
    { modifiable: true },
  ),
  entry('Body height', '身高', 'ht|hgt|height|body height|身高', 'cm', 15, 280, { '8302-2': 'cm' }),
  entry(
    'Body mass index',
    '体重指数',
    'bmi|body mass index|体重指数|体质指数|身体质量指数',
    'kg/m2',
    4,
    200,
    { '39156-5': 'kg/m2' },
    { modifiable: true },
  ),
  entry('Age', '年龄', 'age|age years|年龄|岁数', 'a', 0, 130, { '30525-0': 'a' }),
]

const byWord = new Map(
  measurements.flatMap((measurement) => measurement.words.map((word) => [word, measurement] as const)),
)
const byLoinc = new Map(
  measurements.flatMap((measurement) => measurement.loinc.map(({ code }) => [code, measurement] as const)),
)
