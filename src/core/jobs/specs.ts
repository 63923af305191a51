import * as z from 'zod'
import { OutcomeDesignSchema, StudyDesignSchema } from '../../contract/design.ts'
import { MappingSchema } from '../../contract/intake.ts'
import type { JobKind } from '../../contract/jobs.ts'
import { administrators, clinical, type Role, staff } from '../../contract/procedure.ts'
import { TermEditSchema } from '../../contract/terms.ts'
import { ciphers } from '../../contract/vault.ts'

const spec = <K extends JobKind, Input extends z.ZodType>(kind: K, input: Input) =>
  z.object({ kind: z.literal(kind), input })

/**
 * What a job is to do, as plain data: kept with it in the vault, read again after a restart, sent to where it runs. No
 * values of
 * patients: studies, models and files are named, and read when the job's turn comes.
 */
export const JobSpecSchema = z.discriminatedUnion('kind', [
  spec('train', z.object({ design: StudyDesignSchema })),
  spec('evaluate', z.object({ model: z.int(), study: z.string(), outcome: OutcomeDesignSchema.nullable() })),
  spec('editTerms', z.object({ model: z.int(), edits: z.array(TermEditSchema), reason: z.string() })),
  spec('validate', z.object({ upload: z.string(), study: z.string(), mapping: MappingSchema })),
  spec(
    'import',
    z.object({
      upload: z.string(),
      study: z.string(),
      mapping: MappingSchema,
      saveMappingAs: z.string().nullable(),
      again: z.boolean(),
    }),
  ),
  spec('samples', z.object({ names: z.array(z.string()), train: z.boolean(), language: z.string().default('en') })),
  spec('rekey', z.object({ cipher: z.enum(ciphers).nullable() })),
  spec('backup', z.object({ folder: z.string(), reason: z.enum(['asked', 'scheduled']) })),
  spec('verifyBackup', z.object({ path: z.string() })),
])
export type JobSpec = z.infer<typeof JobSpecSchema>
export type JobInput<K extends JobKind> = Extract<JobSpec, { kind: K }>['input']

interface Rules {
  /** Light on the processor: it does not wait for a training that takes the night. */
  beside: boolean
  pausable: boolean
  /** Whether it may be begun once more after Bedside ended in the middle of it. */
  resumable: boolean
  /** Who may take it up again: whoever may ask for it. */
  access: readonly Role[]
  /** Whether it is known after a restart. */
  kept: boolean
}

const plain: Rules = { beside: false, pausable: false, resumable: false, access: clinical, kept: true }

/** How jobs of a kind are dealt with. */
export const rulesOf: Readonly<Record<JobKind, Rules>> = {
  // From its finished fits on.
  train: { ...plain, pausable: true, resumable: true },
  // These write once, at their end: begun anew they make what they would have made.
  evaluate: { ...plain, pausable: true, resumable: true },
  editTerms: { ...plain, resumable: true },
  // What is loaded and trained by then is passed over.
  samples: { ...plain, pausable: true, resumable: true },
  // The file lies outside the vault only for as long as Bedside runs; it has to be chosen again.
  validate: { ...plain, access: staff, kept: false },
  import: { ...plain, access: staff },
  // It is asked for with a passphrase, which is kept nowhere. The vault stays whole under its earlier key.
  rekey: { ...plain, access: administrators },
  // A half backup is no backup: a whole one is made. The schedule makes up for its own.
  backup: { ...plain, beside: true, resumable: true, access: administrators },
  verifyBackup: { ...plain, beside: true, resumable: true, access: administrators },
}

/** A training among the samples can be held as any other; loading alone cannot. */
export const isPausable = (asked: JobSpec): boolean =>
  rulesOf[asked.kind].pausable && (asked.kind !== 'samples' || asked.input.train)

/** A spec that was kept; null where it cannot be read, having been written by a newer version, say. */
export const readSpec = (kept: unknown): JobSpec | null => JobSpecSchema.safeParse(kept).data ?? null
