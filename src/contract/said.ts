import * as z from 'zod'
import type { Said, Spoken, Value, Values } from './say.ts'

export const SaidSchema: z.ZodType<Said> = z.lazy(() => z.object({ text: z.string(), values: ValuesSchema.optional() }))
export const ValuesSchema: z.ZodType<Values> = z.lazy(() =>
  z.record(
    z.string(),
    z.union([
      z.string(),
      z.number(),
      z.boolean(),
      z.null(),
      SaidSchema,
      z.array(z.union([z.string(), SaidSchema])),
    ]) as z.ZodType<Value>,
  ),
)

/** A text, or the English sentence that was stored before texts had keys: it is shown as it is. */
export const SpokenSchema: z.ZodType<Spoken> = z.union([SaidSchema, z.string()])

/** A warning (`contract/warnings.ts`) as it is stored and sent. */
export const WarningSchema = z.object({ reason: z.string(), message: z.string(), said: SaidSchema.optional() })
