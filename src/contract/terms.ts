import * as z from 'zod'

/** A stretch of one column: values above `from` up to `to` (null: no end), some levels, or the missing values. */
const CellSchema = z.object({
  from: z.number().nullable(),
  to: z.number().nullable(),
  levels: z.array(z.string()).nullable(),
  missing: z.boolean(),
})
export type TermCell = z.infer<typeof CellSchema>

export const TermSchema = z.object({
  /** Its columns, joined by ` × `: how edits name it. */
  term: z.string(),
  /** The features it reads: one, or two for a pair. */
  features: z.array(z.string()),
  kind: z.enum(['numbers', 'levels', 'pair']),
  unit: z.string().nullable(),
  /** Stretches along each column. */
  sides: z.array(z.array(CellSchema)),
  /**
   * Of each class one curve, else one: a score a cell (of a pair: first side x second), and how far it varies over bags
   * (SD).
   */
  curves: z.array(z.object({ scores: z.array(z.number()), deviations: z.array(z.number()) })),
  /** Training weight in each cell. */
  weights: z.array(z.number()),
  /** Mean absolute score over training rows. */
  importance: z.number(),
})
export type TermCurve = z.infer<typeof TermSchema>

const WhereSchema = z.union([
  z.object({ from: z.number().nullable(), to: z.number().nullable() }).strict(),
  z.object({ levels: z.array(z.string()).min(1) }).strict(),
  z.literal('missing'),
])

const named = { term: z.string(), class: z.string().optional() }
/** One change of one term. Of three and more classes it names whose curve. */
export const TermEditSchema = z.discriminatedUnion('change', [
  z.object({ change: z.literal('set'), ...named, where: WhereSchema, value: z.number() }),
  z.object({ change: z.literal('flatten'), ...named, where: WhereSchema }),
  z.object({ change: z.literal('smooth'), ...named, where: WhereSchema, reach: z.int().min(1).max(100) }),
  z.object({ change: z.literal('monotone'), ...named, direction: z.enum(['rising', 'falling']) }),
  z.object({ change: z.literal('remove'), ...named }),
])
export type TermEditInput = z.infer<typeof TermEditSchema>

/** How a model came from another by hand. */
export const EditedSchema = z.object({
  /** The model it was made from, and its hash. */
  model: z.int(),
  parent: z.string(),
  at: z.string(),
  by: z.string(),
  reason: z.string(),
  edits: z.array(TermEditSchema),
})

export const ModelTermsSchema = z.object({
  model: z.int(),
  /** What scores add up to. */
  scale: z.enum(['logOdds', 'logHazard', 'logRate', 'value']),
  /** Class of each curve; null where there is one. */
  classes: z.array(z.string()).nullable(),
  intercept: z.array(z.number()),
  terms: z.array(TermSchema),
  edited: EditedSchema.nullable(),
})
export type ModelTerms = z.infer<typeof ModelTermsSchema>
