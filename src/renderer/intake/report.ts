import { type ImportReport, ImportReportSchema, type RowError } from '../../contract/intake.ts'
import type { Job } from '../../contract/jobs.ts'

/** The report an import or a check ended with. */
export const reportOf = (job: Job | undefined): ImportReport | null => {
  if (job?.state !== 'done' || !job.result) return null
  for (const candidate of [job.result, job.result.report]) {
    const parsed = ImportReportSchema.safeParse(candidate)
    if (parsed.success) return parsed.data
  }
  return null
}

export interface ReasonGroup {
  code: RowError['code']
  column: string | null
  count: number
}

/** Reasons with most rows first. */
export const byCount = (reasons: ImportReport['byReason']): ReasonGroup[] =>
  reasons.toSorted((a, b) => b.count - a.count || (a.column ?? '').localeCompare(b.column ?? ''))

export const matches = (error: RowError, chosen: Pick<ReasonGroup, 'code' | 'column'> | null): boolean =>
  chosen === null || (error.code === chosen.code && error.column === chosen.column)
