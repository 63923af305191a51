import * as z from 'zod'
import { clinical, procedure } from './procedure.ts'
import { CellSchema, TextSchema } from './values.ts'

export const ScoreInputSchema = z.object({
  id: z.string(),
  label: TextSchema,
  kind: z.enum(['number', 'choice']),
  unit: z.string().nullable(),
  choices: z.array(z.object({ code: z.string(), label: TextSchema })).nullable(),
  value: CellSchema,
  /** Where the value came from: the chart (concept, date), typed in by the doctor, or not there. */
  from: z.enum(['record', 'entered', 'missing']),
  concept: z.string().nullable(),
  /** The value as recorded, before unit conversion, e.g. `17 umol/L`. */
  recordedAs: z.string().nullable(),
  problem: TextSchema.nullable(),
})

export const ScoreSchema = z.object({
  score: z.string(),
  title: TextSchema,
  purpose: TextSchema,
  /** Whom the score was derived for; shown as a caution where the patient is not one of them. */
  population: TextSchema,
  applies: z.enum(['yes', 'no', 'unknown']),
  cautions: z.array(TextSchema),
  inputs: z.array(ScoreInputSchema),
  result: z
    .object({
      value: z.number(),
      unit: z.string().nullable(),
      digits: z.int(),
      band: z
        .object({
          id: z.string(),
          label: TextSchema,
          low: z.number().nullable(),
          high: z.number().nullable(),
          tone: z.enum(['low', 'middle', 'high']),
        })
        .nullable(),
      /** Follow-on numbers the score's authors publish, e.g. survival at 1, 3, 5 years. */
      further: z.array(
        z.object({ label: TextSchema, value: z.number(), unit: z.string().nullable(), digits: z.int() }),
      ),
    })
    .nullable(),
  bands: z.array(
    z.object({
      id: z.string(),
      label: TextSchema,
      low: z.number().nullable(),
      high: z.number().nullable(),
      tone: z.enum(['low', 'middle', 'high']),
    }),
  ),
  formula: z.string(),
  source: z.object({ citation: z.string(), doi: z.string().nullable() }),
})
export type Score = z.infer<typeof ScoreSchema>

export const advice = {
  scores: procedure({
    access: clinical,
    audit: 'advice.scores',
    record: ['patient'],
    summary: "Published scores computed from the patient's record",
  })
    .input(
      z.object({
        patient: z.int(),
        /** Inputs the doctor typed, by score and input id; they stand before the record's. */
        entered: z.record(z.string(), z.record(z.string(), CellSchema)).default({}),
      }),
    )
    .output(z.array(ScoreSchema)),
}
