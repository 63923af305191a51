import data from './analytes.json' with { type: 'json' }
import { headerWords } from './words.ts'

/**
 * What is known of a common measurement before any file is seen: its codes, limits of what is possible and words. What
 * it is called is in `resources/texts/analytes.<language>.json`.
 */
export interface Analyte {
  id: AnalyteId
  /** Header words, lower case, marks of punctuation as single spaces. */
  words: readonly string[]
  /** LOINC codes by the UCUM unit they are defined for; what a new column is coded with. */
  loinc: readonly { unit: string; code: string }[]
  /** LOINC codes of the same quantity by another method or specimen: known where they are met, never suggested. */
  also?: readonly string[]
  /** UCUM unit `low` and `high` stand in. */
  unit: string
  /** Outside of this a value is a slip of the pen, in any patient alive; wide on purpose. */
  low: number
  high: number
  /** g/mol, where laboratories report both mass and amount. */
  molarMass?: number
  /** A doctor can act on it by treatment; not set for mere markers of disease. */
  modifiable?: boolean
}

export type AnalyteId = (typeof ids)[number]

/** Every analyte of `analytes.json`, in its order; a test holds the two to each other. */
export const ids = [
  'bilirubin',
  'albumin',
  'totalProtein',
  'ast',
  'alt',
  'alkalinePhosphatase',
  'gammaGlutamylTransferase',
  'lactateDehydrogenase',
  'cholesterol',
  'hdlCholesterol',
  'ldlCholesterol',
  'triglycerides',
  'glucose',
  'fastingGlucose',
  'haemoglobinA1c',
  'creatinine',
  'ureaNitrogen',
  'urea',
  'uricAcid',
  'glomerularFiltrationRate',
  'sodium',
  'potassium',
  'chloride',
  'calcium',
  'phosphate',
  'magnesium',
  'haemoglobin',
  'haematocrit',
  'leukocytes',
  'erythrocytes',
  'platelets',
  'prothrombinTime',
  'inr',
  'cReactiveProtein',
  'ferritin',
  'ntProBnp',
  'bnp',
  'thyrotropin',
  'systolicPressure',
  'diastolicPressure',
  'heartRate',
  'respiratoryRate',
  'temperature',
  'oxygenSaturation',
  'weight',
  'height',
  'bodyMassIndex',
  'age',
] as const

/**
 * Codes: LOINC 2.7x, serum or plasma unless the analyte's label says otherwise; checked against the code lists that
 * laboratories publish (HCUP's LOINC worksheet, Mayo's test catalogue). Molar masses: IUPAC atomic weights;
 * triglycerides as triolein, urea nitrogen as two nitrogen atoms, as laboratories' own conversion tables have it.
 */
export const analytes = data as readonly Analyte[]

export const loincSystem = 'http://loinc.org'

const byId = new Map(analytes.map((analyte) => [analyte.id, analyte]))
const byWord = new Map(analytes.flatMap((analyte) => analyte.words.map((word) => [word, analyte] as const)))

/** All LOINC codes of an analyte, those with a unit first. */
export const loincCodesOf = ({ loinc, also = [] }: Pick<Analyte, 'loinc' | 'also'>): string[] => [
  ...loinc.map(({ code }) => code),
  ...also,
]

const byLoinc = new Map(analytes.flatMap((analyte) => loincCodesOf(analyte).map((code) => [code, analyte] as const)))

export const analyte = (id: AnalyteId): Analyte => byId.get(id) as Analyte

/** The analyte a header names, or null. */
export const analyteOf = (header: string): Analyte | null => byWord.get(headerWords(header)) ?? null

/** Molar mass by LOINC code, else by name; null where mass and amount of this substance cannot be converted. */
export const molarMassOf = (name: string, coding: readonly { system: string; code: string }[] = []): number | null => {
  for (const { system, code } of coding) {
    const found = system === loincSystem ? byLoinc.get(code) : undefined
    if (found) return found.molarMass ?? null
  }
  return analyteOf(name)?.molarMass ?? null
}
