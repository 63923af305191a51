import * as z from 'zod'
import { clinical, procedure } from './procedure.ts'
import { CellSchema } from './values.ts'

/** Why a value cannot be used; its sentence is `problem.<code>` in `resources/texts/scores.<language>.json`. */
const InputProblemSchema = z.discriminatedUnion('code', [
  z.object({ code: z.literal('outOfRange'), value: z.number(), low: z.number(), high: z.number() }),
  z.object({ code: z.literal('unreadable'), value: z.string() }),
  /** UCUM units that cannot be converted into each other. */
  z.object({ code: z.literal('otherUnit'), from: z.string(), to: z.string() }),
])
export type InputProblem = z.infer<typeof InputProblemSchema>

/** What an input and its choices are called: `input.<id>` of the scores' texts. */
export const ScoreInputSchema = z.object({
  id: z.string(),
  kind: z.enum(['number', 'choice']),
  unit: z.string().nullable(),
  /** Codes of the choices. */
  choices: z.array(z.string()).nullable(),
  value: CellSchema,
  /** Where the value came from: the chart (concept, date), typed in by the doctor, or not there. */
  from: z.enum(['record', 'entered', 'missing']),
  concept: z.string().nullable(),
  /** The value as recorded, before unit conversion, e.g. `17 umol/L`. */
  recordedAs: z.string().nullable(),
  problem: InputProblemSchema.nullable(),
})

const BandSchema = z.object({
  id: z.string(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  tone: z.enum(['low', 'middle', 'high']),
})
export type Band = z.infer<typeof BandSchema>

/** A computed score. What it and its parts are called: `score.<score>` of the scores' texts. */
export const ScoreSchema = z.object({
  score: z.string(),
  /** Whether the patient is one the score was derived for. */
  applies: z.enum(['yes', 'no', 'unknown']),
  /** Codes of what to beware of. */
  cautions: z.array(z.string()),
  inputs: z.array(ScoreInputSchema),
  result: z
    .object({
      value: z.number(),
      unit: z.string().nullable(),
      digits: z.int(),
      band: BandSchema.nullable(),
      /** Follow-on numbers the score's authors publish, e.g. survival at 1, 3, 5 years. */
      further: z.array(
        z.object({
          id: z.string(),
          years: z.number().nullable(),
          value: z.number(),
          unit: z.string().nullable(),
          digits: z.int(),
        }),
      ),
    })
    .nullable(),
  bands: z.array(BandSchema),
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
