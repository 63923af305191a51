import { eventIterator } from '@orpc/contract'
import * as z from 'zod'
import { procedure } from './procedure.ts'
import { SaidSchema } from './said.ts'
import { ConceptKindSchema } from './values.ts'

export const exportFormats = ['csv', 'fhir'] as const
/**
 * `shift`: every date of a patient moved by the same secret number of days. `year`: years alone, as Safe Harbor asks.
 */
export const exportDates = ['shift', 'year'] as const
const exportTreatments = ['dropped', 'generalised', 'shifted', 'pseudonymised', 'kept'] as const

const KeyNameSchema = z.string().trim().min(1).max(100)

export const ExportChoicesSchema = z.object({
  study: z.string(),
  format: z.enum(exportFormats).default('csv'),
  dates: z.enum(exportDates).default('shift'),
  /** Ages in bands of so many years, each given by its first year; 1: whole years. */
  ageBand: z.int().min(1).max(45).default(1),
  /** Columns somebody may know of a person from elsewhere; null: sex, ages, sites, birth years, years of dates. */
  quasi: z.array(z.string()).max(50).nullable().default(null),
  /** Column whose values should stay unknown within a class; null: the study's outcome. */
  sensitive: z.string().nullable().default(null),
  /** Leaves out cases in classes of fewer patients than this. */
  minimumK: z.int().min(2).max(1000).nullable().default(null),
  /** Columns to leave out besides those that have to be. */
  drop: z.array(z.string()).default([]),
  /** Columns that were only suspected to identify, and that a person has looked at. */
  keep: z.array(z.string()).default([]),
})
export type ExportChoices = z.infer<typeof ExportChoicesSchema>

const RiskSchema = z.object({
  cases: z.int(),
  patients: z.int(),
  /** Classes of cases that agree in all quasi-identifiers, as released. */
  classes: z.int(),
  /** Patients in the smallest class; null: nothing is released. */
  smallest: z.int().nullable(),
  /** Cases and patients in classes of one, of fewer than 5 and of fewer than 11 patients. */
  unique: z.object({ cases: z.int(), patients: z.int() }),
  under5: z.object({ cases: z.int(), patients: z.int() }),
  under11: z.object({ cases: z.int(), patients: z.int() }),
  /** The same, where somebody knows all cases of a patient: patients that agree in the whole set of their classes. */
  linked: z.object({ smallest: z.int().nullable(), unique: z.int(), under5: z.int(), under11: z.int() }),
})
export type ExportRisk = z.infer<typeof RiskSchema>

export const ExportReportSchema = z.object({
  study: z.string(),
  format: z.enum(exportFormats),
  dates: z.enum(exportDates),
  ageBand: z.int(),
  /** Export key; null: made for this report alone. */
  key: z.string().nullable(),
  /** SHA-256 of the choices, the key and all figures below; `write` asks for it, so that nothing is written unseen. */
  digest: z.string(),
  files: z.array(z.string()),
  columns: z.array(
    z.object({
      column: z.string(),
      kind: ConceptKindSchema,
      in: z.enum(['cases', 'measurements']),
      treatment: z.enum(exportTreatments),
      /** Paragraph of 45 CFR 164.514(b)(2)(i), `A` to `R`, where one asks for it. */
      paragraph: z.string().nullable(),
      why: SaidSchema,
      /** Only suspected: `keep` releases it. */
      suspected: z.boolean(),
      /** What a person should look at before the file is handed on. */
      look: z.array(SaidSchema),
    }),
  ),
  ages: z.object({
    /** Patients with an age of 90 or more on record. */
    stated: z.int(),
    /** Further patients whose age of 90 or more follows from dates or from age and follow-up. */
    implied: z.int(),
  }),
  quasi: z.array(z.string()),
  /** Before anything is left out for its class. */
  before: RiskSchema,
  /** What is released, where `minimumK` was asked for. */
  after: RiskSchema.nullable(),
  measurements: z.int(),
  events: z.int(),
  /** l-diversity: distinct values of the sensitive column within a class, at the least. */
  diversity: z
    .object({ column: z.string(), smallest: z.int().nullable(), patientsUnder2: z.int(), patientsUnder3: z.int() })
    .nullable(),
  /** Values that fewer than 10 patients have, by column; the values themselves are not told. */
  smallCells: z.array(z.object({ column: z.string(), cells: z.int(), patients: z.int() })),
  safeHarbor: z.object({ met: z.boolean(), because: z.array(SaidSchema) }),
  notes: z.array(SaidSchema),
})
export type ExportReport = z.infer<typeof ExportReportSchema>

export const ExportKeySchema = z.object({ key: z.string(), createdAt: z.string(), createdBy: z.string() })
export type ExportKey = z.infer<typeof ExportKeySchema>

export const exports = {
  keys: procedure({
    access: ['administrator', 'auditor'],
    audit: false,
    summary: 'Export keys by name: the same key gives the same pseudonyms; the keys themselves never leave the vault',
  }).output(z.array(ExportKeySchema)),
  createKey: procedure({
    access: ['administrator'],
    audit: 'export.createKey',
    record: ['key'],
    summary: 'Make an export key: 256 random bits under a name',
  })
    .input(z.object({ key: KeyNameSchema }))
    .output(ExportKeySchema),
  preview: procedure({
    access: ['administrator', 'auditor'],
    audit: 'export.preview',
    record: ['study', 'key'],
    summary:
      'What a de-identified export would release, and how easily its patients could be told apart; writes nothing',
  })
    .input(ExportChoicesSchema.extend({ key: KeyNameSchema.nullable().default(null) }))
    .output(ExportReportSchema),
  /** Text in pieces, file by file, in the order of the report's `files`. */
  write: procedure({
    access: ['administrator'],
    audit: 'export.write',
    record: ['study', 'key'],
    streams: true,
    summary: 'De-identified cases of a study as CSV or FHIR R4 NDJSON, after its report was seen',
  })
    .input(ExportChoicesSchema.extend({ key: KeyNameSchema, report: z.string() }))
    .output(eventIterator(z.object({ file: z.string(), text: z.string() }))),
}
