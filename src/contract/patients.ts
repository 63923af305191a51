import { eventIterator } from '@orpc/contract'
import * as z from 'zod'
import { clinical, everyone, procedure, staff } from './procedure.ts'
import { CellSchema, ConceptSchema, EstimateSchema } from './values.ts'

export const PatientRowSchema = z.object({
  patient: z.int(),
  /** What to call the patient: the name where known, else the study's key, e.g. `pbc 17`. */
  label: z.string(),
  name: z.string().nullable(),
  identifiers: z.array(z.object({ system: z.string(), value: z.string() })),
  sex: z.enum(['female', 'male', 'other', 'unknown']),
  birthDate: z.string().nullable(),
  /** Age in years at the latest encounter, where known. */
  age: z.number().nullable(),
  studies: z.array(z.string()),
  encounters: z.int(),
})
export type PatientRow = z.infer<typeof PatientRowSchema>

/** A value on the chart: the normalised value, and the raw text where it differs. */
export const ChartValueSchema = z.object({
  concept: z.string(),
  value: CellSchema,
  /** How the value reads: level label, date, number. */
  text: z.string(),
  raw: z.string().nullable(),
  flag: z.enum(['low', 'high']).nullable(),
})

export const EncounterSchema = z.object({
  encounter: z.int(),
  study: z.string(),
  batch: z.int(),
  /** Row of the source file, 1 = first data row. */
  row: z.int(),
  /** ISO date, where the study has one. */
  date: z.string().nullable(),
  values: z.array(ChartValueSchema),
})

/** Repeated measurements of one concept, in time order. */
export const SeriesSchema = z.object({
  concept: z.string(),
  study: z.string(),
  points: z.array(
    z.object({
      /** Days since the patient's index date as the file counts them, or since 1970-01-01 where `dated`. */
      day: z.number(),
      value: z.number(),
    }),
  ),
  /** Results that are no number, in time order: coded ones by their label, others in words. */
  results: z.array(z.object({ day: z.number(), code: z.string().nullable(), text: z.string() })),
  /** Whether the file gave dates rather than days. */
  dated: z.boolean(),
})

/** A condition, procedure, medication or outcome. */
const EventSchema = z.object({
  kind: z.enum(['condition', 'procedure', 'medication', 'outcome']),
  study: z.string(),
  batch: z.int(),
  row: z.int(),
  system: z.string().nullable(),
  code: z.string().nullable(),
  label: z.string(),
  status: z.string().nullable(),
  /** ISO 8601, also partial. */
  startDate: z.string().nullable(),
  endDate: z.string().nullable(),
  /** Days since the patient's index date, where the source has no dates. */
  startDay: z.number().nullable(),
  endDay: z.number().nullable(),
  /** Dose of a medication, grade of a condition. */
  value: z.number().nullable(),
  unit: z.string().nullable(),
  raw: z.string().nullable(),
})

/** A letter or report as text. */
const DocumentSchema = z.object({
  study: z.string(),
  batch: z.int(),
  row: z.int(),
  system: z.string().nullable(),
  code: z.string().nullable(),
  title: z.string(),
  date: z.string().nullable(),
  mediaType: z.string(),
  content: z.string(),
})

export const ChartSchema = z.object({
  patient: PatientRowSchema,
  encounters: z.array(EncounterSchema),
  series: z.array(SeriesSchema),
  /** Earliest first; those without a time last. */
  events: z.array(EventSchema),
  documents: z.array(DocumentSchema),
  /** Dictionaries of the studies this patient is in, by study name. */
  dictionaries: z.record(z.string(), z.array(ConceptSchema)),
  provenance: z.array(
    z.object({ batch: z.int(), study: z.string(), file: z.string(), importedAt: z.string(), importedBy: z.string() }),
  ),
})
export type Chart = z.infer<typeof ChartSchema>

export const patients = {
  search: procedure({
    access: staff,
    audit: 'patient.search',
    record: ['study'],
    summary: 'Worklist: find patients by name, identifier or birth date',
  })
    .input(
      z.object({
        query: z.string().max(200).default(''),
        study: z.string().nullable().default(null),
        offset: z.int().min(0).default(0),
        limit: z.int().min(1).max(500).default(50),
      }),
    )
    .output(z.object({ rows: z.array(PatientRowSchema), total: z.int() })),
  chart: procedure({
    access: staff,
    audit: 'patient.read',
    record: ['patient'],
    summary: 'All that is recorded of one patient',
  })
    .input(z.object({ patient: z.int() }))
    .output(ChartSchema),
}

export const StudySchema = z.object({
  name: z.string(),
  title: z.string(),
  source: z.string().nullable(),
  cases: z.int(),
  patients: z.int(),
  columns: z.int(),
})
export type Study = z.infer<typeof StudySchema>

export const ColumnSummarySchema = z.object({
  concept: ConceptSchema,
  known: z.int(),
  missing: z.int(),
  /** For numeric kinds. */
  quantiles: z
    .object({
      min: z.number(),
      q25: z.number(),
      median: z.number(),
      q75: z.number(),
      max: z.number(),
      mean: z.number(),
    })
    .nullable(),
  /** For categories and small-valued numbers, most frequent first. */
  counts: z.array(z.object({ value: z.string(), count: z.int() })).nullable(),
})

export const studies = {
  list: procedure({ access: everyone, audit: false, summary: 'Studies: named collections of cases' }).output(
    z.array(StudySchema),
  ),
  get: procedure({ access: staff, audit: 'study.read', record: ['study'], summary: 'A study with its data dictionary' })
    .input(z.object({ study: z.string() }))
    .output(StudySchema.extend({ concepts: z.array(ConceptSchema) })),
  summary: procedure({
    access: clinical,
    audit: 'study.read',
    record: ['study'],
    summary: 'Distribution and missingness of each column',
  })
    .input(z.object({ study: z.string() }))
    .output(z.object({ rows: z.int(), columns: z.array(ColumnSummarySchema) })),
  describe: procedure({
    access: staff,
    audit: 'study.edit',
    record: ['study'],
    summary: 'Edit labels, units, ranges and flags of a dictionary entry',
  })
    .input(z.object({ study: z.string(), concept: ConceptSchema }))
    .output(ConceptSchema),
  /**
   * Observed curve of a whole study, for the views: Kaplan-Meier, or with competing events one less the incidence of
   * the event.
   */
  survival: procedure({
    access: clinical,
    audit: 'study.read',
    record: ['study'],
    summary: 'Observed survival or incidence in a study',
  })
    .input(
      z.object({
        study: z.string(),
        time: z.string(),
        event: z.object({ column: z.string(), values: z.array(z.string()) }),
        /** Values that mean a competing event, of the event's column where none is named. */
        competing: z.object({ column: z.string().nullish(), values: z.array(z.string()).min(1) }).nullish(),
        /** Column of late entry. */
        entry: z.string().nullish(),
      }),
    )
    .output(
      z.object({
        times: z.array(z.number()),
        survival: z.array(z.number()),
        low: z.array(z.number()),
        high: z.array(z.number()),
        atRisk: z.array(z.number()),
        median: EstimateSchema,
        /** One less the incidence of the competing events, at the same times; null where none are named. */
        competing: z
          .object({ survival: z.array(z.number()), low: z.array(z.number()), high: z.array(z.number()) })
          .nullable(),
      }),
    ),
  /** CSV text in chunks; identifiers and values as stored. */
  export: procedure({
    access: ['administrator'],
    audit: 'study.export',
    record: ['study'],
    streams: true,
    summary: 'Cases of a study as CSV text, or its repeated measurements, one a row',
  })
    .input(
      z.object({
        study: z.string(),
        /** Null: cases, where the study has any, else measurements. */
        what: z.enum(['cases', 'measurements']).nullable().default(null),
      }),
    )
    .output(eventIterator(z.string())),
}
