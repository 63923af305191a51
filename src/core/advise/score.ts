import type { Band, InputProblem, Score } from '../../contract/advice.ts'
import type { Cell, Concept } from '../../contract/values.ts'
import { type AnalyteId, analyte, loincCodesOf, loincSystem } from '../terminology/analytes.ts'
import { headerWords } from '../terminology/words.ts'

export type Values = Record<string, number>

/**
 * An input of one or several scores. What it and its choices are called stands under `input.<id>` in
 * `resources/texts/scores.<language>.json`.
 */
export interface ScoreInput {
  id: string
  kind: 'number' | 'choice'
  /** UCUM unit the formula takes. */
  unit: string | null
  choices: readonly { code: string; value: number }[] | null
  /** LOINC codes that name this quantity; the first dictionary entry with one of them is taken. */
  loinc: readonly string[]
  /** Column names that are taken where no code is given, as `headerWords` has them. */
  names: readonly string[]
  /** Values outside are refused: no formula speaks of them. */
  low: number
  high: number
  /** g/mol, for laboratories that report the other of mass and substance concentration. */
  molarMass: number | null
  /** Taken where the record has none and nobody typed one (a laboratory's upper limit of normal). */
  standard: number | null
}

/**
 * A published score. Its title, its purpose, whom it was derived in, and what its bands, cautions and further numbers
 * are called stand under `score.<id>` in `resources/texts/scores.<language>.json`.
 */
export interface ScoreDefinition {
  score: string
  inputs: readonly ScoreInput[]
  /** Whether the patient is one the authors derived the score for, and what to beware of. */
  applies: (values: Partial<Values>) => { applies: 'yes' | 'no' | 'unknown'; cautions: string[] }
  compute: (values: Values) => number
  further?: (value: number) => NonNullable<Score['result']>['further']
  unit: string | null
  digits: number
  bands: readonly Band[]
  /** Whether a value on the border belongs to the upper band. */
  upperIncludesBorder: boolean
  formula: string
  source: { citation: string; doi: string | null }
}

/** One value of the chart that a score may take. */
export interface Recorded {
  concept: Concept
  value: Cell
  /** Unit the value is in; null where the dictionary gives none. */
  unit: string | null
}

export type Convert = (value: number, from: string, to: string, molarMass: number | null) => number | null

interface Resolved {
  value: number | null
  cell: Cell
  from: 'record' | 'entered' | 'missing'
  concept: string | null
  recordedAs: string | null
  problem: InputProblem | null
}

const nothing: Resolved = { value: null, cell: null, from: 'missing', concept: null, recordedAs: null, problem: null }

const outOfRange = ({ low, high }: ScoreInput, value: number): InputProblem | null =>
  value >= low && value <= high ? null : { code: 'outOfRange', value, low, high }

const choiceOf = (input: ScoreInput, cell: Cell): number | null => {
  const text = String(cell).toLowerCase()
  const choice = input.choices?.find(({ code, value }) => code.toLowerCase() === text || String(value) === text)
  return choice ? choice.value : null
}

const checked = (
  input: ScoreInput,
  cell: Cell,
  value: number | null,
  rest: Omit<Resolved, 'value' | 'cell' | 'problem'>,
): Resolved => {
  if (value === null || !Number.isFinite(value))
    return { ...rest, value: null, cell, problem: { code: 'unreadable', value: String(cell) } }
  const problem = outOfRange(input, value)
  return { ...rest, value: problem ? null : value, cell: input.kind === 'choice' ? cell : value, problem }
}

const fromEntered = (input: ScoreInput, cell: Cell): Resolved =>
  checked(input, cell, input.kind === 'choice' ? choiceOf(input, cell) : Number(cell), {
    from: 'entered',
    concept: null,
    recordedAs: null,
  })

const matches = (input: ScoreInput, { concept }: Recorded): boolean =>
  concept.coding.length > 0
    ? concept.coding.some(({ system, code }) => system === loincSystem && input.loinc.includes(code))
    : input.names.includes(headerWords(concept.name))

const fromRecord = (input: ScoreInput, recorded: readonly Recorded[], convert: Convert): Resolved => {
  const found = recorded.find((one) => one.value !== null && matches(input, one))
  if (!found)
    return input.standard === null
      ? nothing
      : { ...nothing, value: input.standard, cell: input.standard, from: 'entered' }
  const { concept, value: cell, unit } = found
  const rest = {
    from: 'record' as const,
    concept: concept.name,
    recordedAs: `${String(cell)}${unit ? ` ${unit}` : ''}`,
  }
  if (input.kind === 'choice') return checked(input, cell, choiceOf(input, cell), rest)
  const number = Number(cell)
  if (input.unit === null || unit === null || unit === input.unit) return checked(input, number, number, rest)
  const converted = convert(number, unit, input.unit, input.molarMass)
  if (converted !== null) return checked(input, converted, converted, rest)
  return { ...rest, value: null, cell: null, problem: { code: 'otherUnit', from: unit, to: input.unit } }
}

const bandOf = ({ bands, upperIncludesBorder }: ScoreDefinition, value: number): Band | null =>
  bands.find(({ low, high }) =>
    upperIncludesBorder
      ? (low === null || value >= low) && (high === null || value < high)
      : (low === null || value > low) && (high === null || value <= high),
  ) ?? null

/**
 * Computes a published score from a patient's record and from what the doctor typed (which stands before the record).
 * Without all inputs there is no result: nothing is filled in but a stated laboratory limit.
 */
export const computeScore = (
  definition: ScoreDefinition,
  recorded: readonly Recorded[],
  entered: Record<string, Cell>,
  convert: Convert,
): Score => {
  const resolved = definition.inputs.map((input) => {
    const typed = entered[input.id]
    return typed === undefined || typed === null ? fromRecord(input, recorded, convert) : fromEntered(input, typed)
  })
  const values: Partial<Values> = {}
  definition.inputs.forEach((input, i) => {
    const { value } = resolved[i]
    if (value !== null) values[input.id] = value
  })
  const complete = resolved.every(({ value }) => value !== null)
  const value = complete ? definition.compute(values as Values) : null
  return {
    score: definition.score,
    ...definition.applies(values),
    inputs: definition.inputs.map((input, i) => ({
      id: input.id,
      kind: input.kind,
      unit: input.unit,
      choices: input.choices?.map(({ code }) => code) ?? null,
      value: resolved[i].cell,
      from: resolved[i].from,
      concept: resolved[i].concept,
      recordedAs: resolved[i].recordedAs,
      problem: resolved[i].problem,
    })),
    result:
      value !== null && Number.isFinite(value)
        ? {
            value,
            unit: definition.unit,
            digits: definition.digits,
            band: bandOf(definition, value),
            further: definition.further?.(value) ?? [],
          }
        : null,
    bands: [...definition.bands],
    formula: definition.formula,
    source: definition.source,
  }
}

interface Measured extends Pick<ScoreInput, 'unit' | 'low' | 'high'> {
  /** Names beside those of the analyte. */
  names?: readonly string[]
  /** Another than the analyte's. */
  id?: string
}

/** What laboratories and wards measure: codes, molar mass and names are those of terminology. */
export const measured = (of: AnalyteId, { names = [], id = of, ...rest }: Measured): ScoreInput => {
  const known = analyte(of)
  return numberInput({
    ...rest,
    id,
    loinc: loincCodesOf(known),
    names: [...known.words, ...names],
    molarMass: known.molarMass ?? null,
  })
}

/** An input of the kind `number`, with the fields most do not need filled in. */
export const numberInput = (
  input: Pick<ScoreInput, 'id' | 'unit' | 'loinc' | 'names' | 'low' | 'high'> & Partial<ScoreInput>,
): ScoreInput => ({ kind: 'number', choices: null, molarMass: null, standard: null, ...input })

export const choiceInput = (
  input: Pick<ScoreInput, 'id' | 'choices' | 'loinc' | 'names'> & Partial<ScoreInput>,
): ScoreInput => ({
  kind: 'choice',
  unit: null,
  low: Number.NEGATIVE_INFINITY,
  high: Number.POSITIVE_INFINITY,
  molarMass: null,
  standard: null,
  ...input,
})
