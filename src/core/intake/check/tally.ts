import type { ImportReport, RowError } from '../../../contract/intake.ts'
import { rejectedRow } from '../../../contract/rejectedRows.ts'
import type { RowFault } from '../../../contract/rejections.ts'
import { warn } from '../../../contract/warnings.ts'
import type { RowsChunk, RowsSummary } from './rows.ts'

/** What an import reports while it runs. `progress`: share of the file read, 0 to 1. */
export type OnProgress = (state: { stage: 'readingRows'; progress: number; rows: number; rejected: number }) => void

/** Errors a report lists, and errors kept with a batch; beyond, they are counted. */
const mostListed = 100
const mostKept = 100_000

/** Counts what came and keeps the first errors. */
export const createTally = (onProgress: OnProgress | undefined) => {
  const listed: RowError[] = []
  const byReason = new Map<string, ImportReport['byReason'][number]>()
  let rows = 0
  let rejected = 0
  let errors = 0
  let kept = 0
  return {
    /** Returns the errors that are to be kept with the batch. */
    add: (chunk: RowsChunk): RowFault[] => {
      rows += chunk.rows
      rejected += chunk.rejected
      errors += chunk.errors.length
      if (listed.length < mostListed) listed.push(...chunk.errors.slice(0, mostListed - listed.length).map(rejectedRow))
      let lastRow = -1
      let seen = new Set<string>()
      for (const { row, column, code } of chunk.errors) {
        if (row !== lastRow) {
          seen = new Set()
          lastRow = row
        }
        const key = `${code}\n${column ?? ''}`
        if (seen.has(key)) continue
        seen.add(key)
        const found = byReason.get(key)
        if (found) found.count++
        else byReason.set(key, { column, code, count: 1 })
      }
      const keeping = chunk.errors.slice(0, Math.max(0, mostKept - kept))
      kept += keeping.length
      onProgress?.({ stage: 'readingRows', progress: chunk.progress, rows, rejected })
      return keeping
    },
    counts: () => ({ rows, imported: rows - rejected, rejected }),
    report: (about: {
      batch: number | null
      study: string
      seconds: number
      summary: RowsSummary
      warnings: ImportReport['warnings']
    }): ImportReport => {
      const { batch, study, seconds, summary } = about
      if (summary.rows !== rows) throw new Error(`${summary.rows} rows were read and ${rows} accounted for`)
      const warnings = [...about.warnings]
      const { duplicates, firstDuplicate, withoutOutcome } = summary
      if (duplicates > 0) warnings.push(warn('duplicateRows', { rows: duplicates, first: firstDuplicate }))
      if (withoutOutcome > 0) warnings.push(warn('withoutOutcome', { rows: withoutOutcome }))
      if (errors > mostKept) warnings.push(warn('errorsCapped', { errors, kept: mostKept }))
      return {
        batch,
        study,
        rows,
        imported: rows - rejected,
        rejected,
        seconds,
        errors: listed,
        byReason: [...byReason.values()].sort((a, b) => b.count - a.count),
        warnings,
      }
    },
  }
}
