import * as z from 'zod'
import { procedure, staff } from './procedure.ts'
import { SaidSchema, WarningSchema } from './said.ts'
import { ConceptKindSchema, ConceptSchema, TextSchema } from './values.ts'

export const encodings = ['utf-8', 'utf-16le', 'utf-16be', 'gb18030', 'windows-1252'] as const
const CsvDialectSchema = z.object({
  /** Mappings kept before there was a choice name no format. */
  format: z.literal('csv').optional().default('csv'),
  encoding: z.enum(encodings),
  delimiter: z.enum([',', ';', '\t', '|']),
  quote: z.enum(['"', "'"]),
  decimal: z.enum(['.', ',']),
  header: z.boolean(),
})
/** How a file is written, by its format: what a reader must know before the first row (core/intake/reader.ts). */
export const DialectSchema = z.discriminatedUnion('format', [CsvDialectSchema])
export type Dialect = z.infer<typeof DialectSchema>
export type CsvDialect = Extract<Dialect, { format: 'csv' }>
export type DecimalMark = CsvDialect['decimal']
/** What a person sets of a dialect; the rest is as the file looks, its format too where it is not given. */
export const DialectHintSchema = z.union([CsvDialectSchema.partial().extend({ format: z.literal('csv').optional() })])
export type DialectHint = z.infer<typeof DialectHintSchema>

/** What becomes of one column of the file. */
export const ColumnMappingSchema = z.object({
  /** Column name in the file's header. */
  column: z.string(),
  use: z.enum(['import', 'ignore']),
  /** The dictionary entry the column fills; its `name` is the column's name unless mapped to an existing entry. */
  concept: ConceptSchema,
  /** Unit the file's numbers are in (UCUM), where it differs from the concept's unit. */
  sourceUnit: z.string().nullable(),
  /** How the file writes dates (`yyyy-MM-dd`, `dd.MM.yyyy`, `year` for decimal years, ...); null: ISO. */
  dateFormat: z.string().nullable(),
})

/** Long files: one measurement a row (`patient, day, test, value`), kept as repeated observations. */
const LongShapeSchema = z.object({
  shape: z.literal('long'),
  /** Column with days since the patient's index date, or a date. */
  day: z.string().nullable(),
  test: z.string(),
  value: z.string(),
})
const WideShapeSchema = z.object({ shape: z.literal('wide') })
/**
 * Files of clinical records of several kinds (core/intake/resource.ts). `columns` then says which dictionary entry a
 * test fills, by its code or its name in the file; a test that it does not name finds its entry by code or name, or
 * makes one.
 */
const ResourcesShapeSchema = z.object({ shape: z.literal('resources') })

export const MappingSchema = z.object({
  version: z.literal(1).default(1),
  dialect: DialectSchema,
  layout: z
    .discriminatedUnion('shape', [WideShapeSchema, LongShapeSchema, ResourcesShapeSchema])
    .default({ shape: 'wide' }),
  /** Texts that mean "not recorded". */
  missing: z.array(z.string()).default(['', 'NA']),
  /**
   * Identifier system of the patient key. The same key in the same system is the same patient, also across studies.
   * Null: keys are the study's own.
   */
  identifierSystem: z.string().nullable().default(null),
  columns: z.array(ColumnMappingSchema),
})
export type Mapping = z.infer<typeof MappingSchema>
export type ColumnMapping = z.infer<typeof ColumnMappingSchema>

const rowErrorCodes = [
  'notANumber',
  'notAnInteger',
  'notADate',
  'notAllowed',
  'outOfRange',
  'missingKey',
  'missingOutcome',
  'negativeTime',
  'columnCount',
  'unclosedQuote',
  'badEncoding',
  'duplicate',
  'unknownUnit',
] as const

/**
 * Where a record of a file stands, for people: a line of text, a cell of a sheet (`Sheet1!B12`), a path (`entry[3]`).
 */
export const PlaceSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('line'), line: z.int() }),
  z.object({ kind: z.literal('cell'), cell: z.string() }),
  z.object({ kind: z.literal('path'), path: z.string() }),
])
export type Place = z.infer<typeof PlaceSchema>

/** Why a row was rejected. `row` counts data rows from 1; `column` is null where the whole row is at fault. */
export const RowErrorSchema = z.object({
  row: z.int(),
  /** Where the row starts; the header of a text file is its line 1. */
  place: PlaceSchema,
  column: z.string().nullable(),
  code: z.enum(rowErrorCodes),
  /** `said` in English. */
  message: z.string(),
  /** The text of the fault; rows that were rejected before faults had texts have the message alone. */
  said: SaidSchema.optional(),
  /** The text as it stood, cut at 200 characters. */
  text: z.string().nullable(),
})
export type RowError = z.infer<typeof RowErrorSchema>

export const PreviewSchema = z.object({
  upload: z.string(),
  file: z.string(),
  bytes: z.number(),
  dialect: DialectSchema,
  columns: z.array(
    z.object({
      name: z.string(),
      kind: ConceptKindSchema,
      /** Among the rows looked at. */
      known: z.int(),
      missing: z.int(),
      distinct: z.int(),
      examples: z.array(z.string()),
    }),
  ),
  /** Rows the inference looked at. */
  looked: z.int(),
  rows: z.array(z.array(z.string())),
  mapping: MappingSchema,
  /** Name of the saved mapping that fits this header, where there is one. */
  savedAs: z.string().nullable(),
  warnings: z.array(WarningSchema),
})
export type Preview = z.infer<typeof PreviewSchema>

export const BatchSchema = z.object({
  batch: z.int(),
  study: z.string(),
  file: z.string(),
  sha256: z.string(),
  importedAt: z.string(),
  importedBy: z.string(),
  rows: z.int(),
  imported: z.int(),
  rejected: z.int(),
  undoneAt: z.string().nullable(),
})
export type Batch = z.infer<typeof BatchSchema>

/**
 * What an import or a dry run reports: `imported + rejected = rows`, always. At most 100 errors; all are kept with the
 * batch.
 */
export const ImportReportSchema = z.object({
  batch: z.int().nullable(),
  study: z.string(),
  rows: z.int(),
  imported: z.int(),
  rejected: z.int(),
  seconds: z.number(),
  errors: z.array(RowErrorSchema),
  /** Count of rejected rows by column and code. */
  byReason: z.array(z.object({ column: z.string().nullable(), code: z.enum(rowErrorCodes), count: z.int() })),
  warnings: z.array(WarningSchema),
})
export type ImportReport = z.infer<typeof ImportReportSchema>

const UploadId = z.string().min(1).max(100)

export const intake = {
  upload: procedure({
    access: staff,
    audit: false,
    summary: 'Hand a file to the core, piece by piece (4 MiB at most each)',
  })
    .input(
      z.object({
        upload: UploadId.nullable(),
        file: z.string().min(1).max(500),
        bytes: z.instanceof(Blob),
        last: z.boolean(),
      }),
    )
    .output(z.object({ upload: UploadId, received: z.number() })),
  preview: procedure({
    access: staff,
    audit: false,
    summary: 'Look at an uploaded file: dialect, types, suggested mapping',
  })
    .input(
      z.object({
        upload: UploadId,
        dialect: DialectHintSchema.optional(),
        study: z.string().nullable().default(null),
      }),
    )
    .output(PreviewSchema),
  validate: procedure({ access: staff, audit: false, summary: 'Check every row against a mapping; writes nothing' })
    .input(z.object({ upload: UploadId, study: z.string(), mapping: MappingSchema }))
    .output(z.object({ job: z.string() })),
  import: procedure({
    access: staff,
    audit: 'batch.import',
    record: ['study'],
    summary: 'Import an uploaded file into a study, in one transaction',
  })
    .input(
      z.object({
        upload: UploadId,
        study: z.string().trim().min(1).max(100),
        mapping: MappingSchema,
        saveMappingAs: z.string().trim().min(1).max(100).nullable().default(null),
        /** Import although this very file is in the study already. */
        again: z.boolean().default(false),
      }),
    )
    .output(z.object({ job: z.string() })),
  batches: procedure({ access: staff, audit: false, summary: 'Import batches, newest first' }).output(
    z.array(BatchSchema),
  ),
  rejections: procedure({ access: staff, audit: false, summary: 'Rejected rows of a batch' })
    .input(
      z.object({ batch: z.int(), offset: z.int().min(0).default(0), limit: z.int().min(1).max(1000).default(100) }),
    )
    .output(z.object({ total: z.int(), errors: z.array(RowErrorSchema) })),
  undo: procedure({
    access: staff,
    audit: 'batch.undo',
    record: ['batch'],
    summary: 'Take a batch back: its cases are removed',
  })
    .input(z.object({ batch: z.int() }))
    .output(BatchSchema),
  mappings: procedure({ access: staff, audit: false, summary: 'Saved mappings' }).output(
    z.array(z.object({ name: z.string(), mapping: MappingSchema, savedAt: z.string() })),
  ),
}

const SampleSchema = z.object({
  name: z.string(),
  title: TextSchema,
  description: TextSchema,
  source: z.string(),
  licence: z.string(),
  rows: z.int(),
  columns: z.int(),
  /** Of patients, so that the sample clinic has it; the others are signals and pictures, loaded by name. */
  clinic: z.boolean(),
  loaded: z.boolean(),
})

export const samples = {
  list: procedure({ access: staff, audit: false, summary: 'Bundled cohorts with their sources' }).output(
    z.array(SampleSchema),
  ),
  load: procedure({
    access: ['administrator', 'doctor'],
    audit: 'samples.load',
    record: [],
    summary: 'Load the sample clinic: cohorts, and starter models trained on them',
  })
    .input(
      z.object({
        names: z.array(z.string()).nullable().default(null),
        train: z.boolean().default(true),
        /** Of the titles of studies and models, which are the reader's to change from then on. */
        language: z.string().default('en'),
      }),
    )
    .output(z.object({ job: z.string() })),
}
