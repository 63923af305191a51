import { eventIterator } from '@orpc/contract'
import * as z from 'zod'
import { FailureSchema } from './errors.ts'
import { clinical, procedure, staff } from './procedure.ts'

export const jobKinds = [
  'train',
  'evaluate',
  'import',
  'validate',
  'samples',
  'rekey',
  'backup',
  'editTerms',
  'verifyBackup',
] as const
/** `interrupted`: it was waiting or at work when Bedside ended or the vault was closed. */
const jobStates = ['queued', 'running', 'paused', 'done', 'failed', 'cancelled', 'interrupted'] as const

/** What a learner reports while it learns, e.g. the loss (`series.loss`) by epoch (`x`). */
export const CurveSchema = z.object({
  /** What is counted: `epoch`, `trees`, `round`, `iteration`. */
  x: z.string(),
  series: z.record(z.string(), z.array(z.tuple([z.number(), z.number()]))),
})
export type Curve = z.infer<typeof CurveSchema>

export const JobSchema = z.object({
  job: z.string(),
  kind: z.enum(jobKinds),
  title: z.string(),
  state: z.enum(jobStates),
  /** Place in the queue, 1 the next to begin; null where it does not wait. */
  position: z.int().nullable(),
  /** 0 to 1; null while unknown. */
  progress: z.number().nullable(),
  /** When it will be done at the pace of late; null where there is nothing to go by. */
  endsAt: z.string().nullable(),
  /** Seconds it was at work before `workingSince`, waiting and pauses left out. */
  worked: z.number(),
  /** Since when it is at work; null while it waits, pauses or has ended. */
  workingSince: z.string().nullable(),
  /** Stable camelCase id of the stage, e.g. `readingRows`, `fittingFold`; the renderer translates `stages.<stage>`. */
  stage: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  curve: CurveSchema.nullable(),
  /** Whether it can be paused between two units of work. */
  pausable: z.boolean(),
  /** Whether it can be taken up again after it was interrupted; what is finished of it is kept. */
  resumable: z.boolean(),
  /** When it was asked for. */
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  /** What the job made, e.g. `{model: 3}` or `{batch: 2}`. */
  result: z.record(z.string(), z.any()).nullable(),
  failure: FailureSchema.nullable(),
})
export type Job = z.infer<typeof JobSchema>
export type JobKind = (typeof jobKinds)[number]

const Named = z.object({ job: z.string() })

export const jobs = {
  list: procedure({
    access: staff,
    audit: false,
    background: true,
    summary: 'Jobs that run, wait or were interrupted, and those that ended lately, newest first',
  }).output(z.array(JobSchema)),
  watch: procedure({
    access: staff,
    audit: false,
    streams: true,
    background: true,
    summary: 'Follow a job until it ends',
  })
    .input(Named)
    .output(eventIterator(JobSchema)),
  pause: procedure({
    access: staff,
    audit: 'job.pause',
    record: ['job'],
    summary: 'Stop a job between two units of work; the next in the queue has its turn meanwhile',
  })
    .input(Named)
    .output(z.object({})),
  resume: procedure({
    access: clinical,
    audit: 'job.resume',
    record: ['job'],
    summary: 'Go on with a job that was paused, or take up again one that was interrupted',
  })
    .input(Named)
    .output(z.object({})),
  cancel: procedure({
    access: staff,
    audit: 'job.cancel',
    record: ['job'],
    summary: 'Cancel a job; nothing it began is kept',
  })
    .input(Named)
    .output(z.object({})),
}
