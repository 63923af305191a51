import type { DesignCheck } from '../../contract/models.ts'
import { type CheckRun, checkDesign } from '../study/inspect/check.ts'
import { type EvaluationResult, type EvaluationRun, evaluateStudy } from '../study/run/evaluate.ts'
import { type Memo, rememberPieces } from '../study/run/memo.ts'
import { type EditResult, type EditRun, editModel } from '../study/run/reassess.ts'
import { runStudy, type StudyResult, type StudyRun } from '../study/run/run.ts'
import type { Pool } from './transport/pool.ts'

export interface LongTaskContext {
  report: (stage: string, progress: number | null, detail?: Record<string, string | number>) => void
  /** Threads for pieces of the work; whoever asks closes them. */
  openPool: (threads: number) => Pool
  /** Units that were finished before the job was interrupted. */
  memo: Memo
}

const neverAborted = new AbortController().signal

/** Tasks that take a worker thread for themselves. Cancelling one ends its thread, and the pool it holds with it. */
export const longTasks = {
  train: async (run: StudyRun, { report, openPool, memo }: LongTaskContext): Promise<StudyResult> => {
    const pool = openPool(run.threads)
    try {
      return await runStudy(run, {
        signal: neverAborted,
        stage: report,
        memo,
        parallel: rememberPieces(memo, run.build, (task, inputs) => pool.run(task, inputs)),
      })
    } finally {
      await pool.close()
    }
  },
  check: async (run: CheckRun): Promise<DesignCheck> => checkDesign(run),
  editTerms: (run: EditRun, { report }: LongTaskContext): Promise<EditResult> => editModel(run, { stage: report }),
  evaluate: (run: EvaluationRun, { report }: LongTaskContext): Promise<EvaluationResult> =>
    evaluateStudy(run, { stage: report }),
}

export type LongTasks = typeof longTasks
