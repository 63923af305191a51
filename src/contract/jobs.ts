import { eventIterator } from '@orpc/contract'
import * as z from 'zod'
import { FailureSchema } from './errors.ts'
import { procedure, staff } from './procedure.ts'

export const jobKinds = ['train', 'evaluate', 'import', 'validate', 'samples', 'rekey', 'backup'] as const
export const jobStates = ['queued', 'running', 'done', 'failed', 'cancelled'] as const

export const JobSchema = z.object({
  job: z.string(),
  kind: z.enum(jobKinds),
  title: z.string(),
  state: z.enum(jobStates),
  /** 0 to 1; null while unknown. */
  progress: z.number().nullable(),
  /** Stable camelCase id of the stage, e.g. `readingRows`, `fittingFold`; the renderer translates `stages.<stage>`. */
  stage: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  /** What the job made, e.g. `{model: 3}` or `{batch: 2}`. */
  result: z.record(z.string(), z.any()).nullable(),
  failure: FailureSchema.nullable(),
})
export type Job = z.infer<typeof JobSchema>
export type JobKind = (typeof jobKinds)[number]

export const jobs = {
  list: procedure({
    access: staff,
    audit: false,
    background: true,
    summary: 'Jobs since the app started, newest first',
  }).output(z.array(JobSchema)),
  watch: procedure({
    access: staff,
    audit: false,
    streams: true,
    background: true,
    summary: 'Follow a job until it ends',
  })
    .input(z.object({ job: z.string() }))
    .output(eventIterator(JobSchema)),
  cancel: procedure({ access: staff, audit: 'job.cancel', summary: 'Cancel a job; nothing it began is kept' })
    .input(z.object({ job: z.string() }))
    .output(z.object({})),
}
