import * as z from 'zod'
import { daysAYear } from './days.ts'
import { generalised, type Language } from './languages.ts'

/**
 * A text that a person or a sample brings (labels of columns and values), by language tag: `{ en, zh }`. English is
 * always there; any other language may be. A tag also serves its regional forms: `zh` is read in `zh-CN`.
 */
export const TextSchema = z.object({ en: z.string() }).catchall(z.string())
export type Text = { en: string; [language: Language]: string }

/** The text in a language: as exact as there is one, else English. An empty text counts as none. */
export const textIn = (text: Text, language: Language): string =>
  generalised(language)
    .map((tag) => text[tag])
    .find((found) => found) ?? text.en

/** A number with its uncertainty interval at `level` (0.95 unless said). */
export const EstimateSchema = z.object({
  value: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
})
export type Estimate = z.infer<typeof EstimateSchema>

export const tasks = ['diagnosis', 'survival', 'regression'] as const
export const TaskSchema = z.enum(tasks)
export type Task = z.infer<typeof TaskSchema>

export const timeUnits = ['days', 'weeks', 'months', 'years'] as const
export const TimeUnitSchema = z.enum(timeUnits)
export type TimeUnit = z.infer<typeof TimeUnitSchema>
export const daysPer: Record<TimeUnit, number> = { days: 1, weeks: 7, months: 30.4375, years: daysAYear }

/** A cell as a person wrote or reads it: number, text, yes/no, or null for not recorded. */
export const CellSchema = z.union([z.number(), z.string(), z.boolean(), z.null()])
export type Cell = z.infer<typeof CellSchema>

export const conceptKinds = ['number', 'integer', 'boolean', 'category', 'date', 'text'] as const
export const ConceptKindSchema = z.enum(conceptKinds)
export type ConceptKind = z.infer<typeof ConceptKindSchema>

export const conceptRoles = [
  'patientKey',
  'patientName',
  'birthDate',
  'sex',
  'site',
  'encounterDate',
  'observation',
  'outcomeTime',
  'outcomeEvent',
  'outcome',
] as const
export const ConceptRoleSchema = z.enum(conceptRoles)
export type ConceptRole = z.infer<typeof ConceptRoleSchema>

const RangeSchema = z.object({ low: z.number().nullable(), high: z.number().nullable() })

/** One entry of a study's data dictionary: what a column means. */
export const ConceptSchema = z.object({
  /** The column's name in the study; unique within it. */
  name: z.string().min(1),
  label: TextSchema,
  kind: ConceptKindSchema,
  role: ConceptRoleSchema,
  /** UCUM unit of the normalised value. */
  unit: z.string().nullable(),
  /** Values outside are rejected at intake. */
  plausible: RangeSchema.nullable(),
  /** The laboratory's normal range, for flags on the chart. */
  reference: RangeSchema.nullable(),
  /** Allowed values of a category; on numeric kinds, labels of code values (`1` = treated). */
  levels: z.array(z.object({ code: z.string(), label: TextSchema })).nullable(),
  /** Standard codes as given (LOINC, SNOMED CT, ICD-10). */
  coding: z.array(z.object({ system: z.string(), code: z.string() })),
  /** A doctor could change it: only these are offered in a what-if. */
  modifiable: z.boolean(),
  description: TextSchema.nullable(),
})
export type Concept = z.infer<typeof ConceptSchema>

/** Administrative sex, as FHIR has it. */
const sexes = ['female', 'male', 'other', 'unknown'] as const
export const SexSchema = z.enum(sexes)
export type Sex = z.infer<typeof SexSchema>
