import type { Score } from '../../contract/advice.ts'
import type { Cell, Concept, Text } from '../../contract/values.ts'

export type Values = Record<string, number>

export interface ScoreInput {
  id: string
  label: Text
  kind: 'number' | 'choice'
  /** UCUM unit the formula takes. */
  unit: string | null
  choices: { code: string; label: Text; value: number }[] | null
  /** LOINC codes that name this quantity; the first dictionary entry with one of them is taken. */
  loinc: readonly string[]
  /** Column names that are taken where no code is given, in lower case. */
  names: readonly string[]
  /** Values outside are refused: no formula speaks of them. */
  low: number
  high: number
  /** g/mol, for laboratories that report the other of mass and substance concentration. */
  molarMass: number | null
  /** Taken where the record has none and nobody typed one (a laboratory's upper limit of normal). */
  standard: number | null
}

export interface Band {
  id: string
  label: Text
  low: number | null
  high: number | null
  tone: 'low' | 'middle' | 'high'
}

export interface ScoreDefinition {
  score: string
  title: Text
  purpose: Text
  population: Text
  inputs: readonly ScoreInput[]
  /** Whether the patient is one the authors derived the score for, and what to beware of. */
  applies: (values: Partial<Values>) => { applies: 'yes' | 'no' | 'unknown'; cautions: Text[] }
  compute: (values: Values) => number
  further?: (value: number) => { label: Text; value: number; unit: string | null; digits: number }[]
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
  problem: Text | null
}

const nothing: Resolved = { value: null, cell: null, from: 'missing', concept: null, recordedAs: null, problem: null }

const outOfRange = (input: ScoreInput, value: number): Text | null =>
  value >= input.low && value <= input.high
    ? null
    : {
        en: `${value} ${input.unit ?? ''} is outside ${input.low} to ${input.high}: check the value.`.replace(
          '  ',
          ' ',
        ),
        zh: `${value} ${input.unit ?? ''} 超出 ${input.low} 至 ${input.high} 的范围，请核对。`.replace('  ', ' '),
      }

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
    return {
      ...rest,
      value: null,
      cell,
      problem: {
        en: `${String(cell)} cannot be read as ${input.label.en}.`,
        zh: `${String(cell)} 不是有效的${input.label.zh ?? input.label.en}。`,
      },
    }
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
    ? concept.coding.some(({ system, code }) => system === 'http://loinc.org' && input.loinc.includes(code))
    : input.names.includes(concept.name.toLowerCase())

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
  return {
    ...rest,
    value: null,
    cell: null,
    problem: { en: `${unit} cannot be converted to ${input.unit}.`, zh: `无法将 ${unit} 换算为 ${input.unit}。` },
  }
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
    title: definition.title,
    purpose: definition.purpose,
    population: definition.population,
    ...definition.applies(values),
    inputs: definition.inputs.map((input, i) => ({
      id: input.id,
      label: input.label,
      kind: input.kind,
      unit: input.unit,
      choices: input.choices?.map(({ code, label }) => ({ code, label })) ?? null,
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

/** An input of the kind `number`, with the fields most do not need filled in. */
export const numberInput = (
  input: Pick<ScoreInput, 'id' | 'label' | 'unit' | 'loinc' | 'names' | 'low' | 'high'> & Partial<ScoreInput>,
): ScoreInput => ({ kind: 'number', choices: null, molarMass: null, standard: null, ...input })

export const choiceInput = (
  input: Pick<ScoreInput, 'id' | 'label' | 'choices' | 'loinc' | 'names'> & Partial<ScoreInput>,
): ScoreInput => ({
  kind: 'choice',
  unit: null,
  low: Number.NEGATIVE_INFINITY,
  high: Number.POSITIVE_INFINITY,
  molarMass: null,
  standard: null,
  ...input,
})
