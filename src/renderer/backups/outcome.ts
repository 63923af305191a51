import * as z from 'zod'
import type { Job } from '../../contract/jobs.ts'

const MadeSchema = z.object({
  path: z.string(),
  bytes: z.number(),
  tables: z.number(),
  rows: z.number(),
  createdAt: z.string().optional(),
  own: z.boolean().optional(),
  audit: z.object({ count: z.number(), head: z.string() }),
})

/** What a backup that was made, or whose every byte was checked, holds; null while it is not done. */
export const checkedOf = (job: Job | undefined): z.infer<typeof MadeSchema> | null => {
  if (job?.state !== 'done') return null
  const parsed = MadeSchema.safeParse(job.result)
  return parsed.success ? parsed.data : null
}
