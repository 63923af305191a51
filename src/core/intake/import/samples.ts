import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { type StudyDesign, StudyDesignSchema } from '../../../contract/design.ts'
import { notFound } from '../../../contract/errors.ts'
import { type Mapping, MappingSchema } from '../../../contract/intake.ts'
import { type Concept, ConceptSchema, type Text, TextSchema } from '../../../contract/values.ts'
import type { FileSource } from '../source.ts'

const EntrySchema = z.object({
  /** Also the name of the study it is loaded into. */
  name: z.string(),
  file: z.string(),
  dictionary: z.string(),
  title: TextSchema,
  description: TextSchema,
  source: z.string(),
  licence: z.string(),
  rows: z.int(),
  columns: z.int(),
  /** Whether it is part of the sample clinic; others are loaded only when they are named. */
  clinic: z.boolean().default(true),
})
/** A bundled cohort, as `resources/samples/samples.json` lists it. */
export type SampleEntry = z.infer<typeof EntrySchema>

const DictionarySchema = z.object({
  identifierSystem: z.string().nullable(),
  missing: z.array(z.string()),
  columns: z.array(ConceptSchema),
})

/** Bundled cohorts in the order they are offered. `resources` is the folder that holds `samples/`. */
export const listSamples = (resources: string): SampleEntry[] =>
  z.array(EntrySchema).parse(readJson(resources, 'samples.json'))

/** A cohort's file, the dictionary of its columns and the mapping they make. Throws `notFound`. */
export const openSample = (
  resources: string,
  name: string,
): { entry: SampleEntry; source: FileSource; concepts: Concept[]; mapping: Mapping } => {
  const entry = listSamples(resources).find((sample) => sample.name === name)
  if (!entry) throw notFound('sample', { sample: name })
  const { identifierSystem, missing, columns } = DictionarySchema.parse(readJson(resources, entry.dictionary))
  const mapping = MappingSchema.parse({
    dialect: { encoding: 'utf-8', delimiter: ',', quote: '"', decimal: '.', header: true },
    missing,
    identifierSystem,
    columns: columns.map((concept) => ({
      column: concept.name,
      use: 'import',
      concept,
      sourceUnit: null,
      dateFormat: null,
    })),
  })
  const source: FileSource = { kind: 'path', file: entry.file, path: join(resources, 'samples', entry.file) }
  return { entry, source, concepts: columns, mapping }
}

/** A study design that the sample clinic comes with, and what its model is called, by language. */
export interface Starter {
  design: StudyDesign
  names: Text
}

/** Study designs trained when the sample clinic is loaded, of the given samples only. */
export const starterDesigns = (resources: string, names: readonly string[] | null = null): Starter[] =>
  z
    .array(z.intersection(StudyDesignSchema, z.object({ names: TextSchema })))
    .parse(readJson(resources, 'starters.json'))
    .filter(({ study }) => names === null || names.includes(study))
    .map(({ names, ...design }) => ({ design, names }))

const readJson = (resources: string, file: string): unknown =>
  JSON.parse(readFileSync(join(resources, 'samples', file), 'utf8'))
