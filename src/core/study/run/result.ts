import type { StudyDesign } from '../../../contract/design.ts'
import type {
  Assessment,
  Choice,
  Collinearity,
  Fit,
  Leak,
  Metrics,
  SampleSize,
  SecondOpinion,
  Tuning,
} from '../../../contract/models.ts'
import type { Concept, Estimate } from '../../../contract/values.ts'
import type { Warning } from '../../../contract/warnings.ts'
import type { Table } from '../../cohort/table.ts'
import type { Parallel } from '../../learn/parallel.ts'
import type { FlowStep } from '../design/cases.ts'
import type { describeFeatures } from '../design/features.ts'
import type { Memo } from './memo.ts'

export interface StudyRun {
  design: StudyDesign
  concepts: Concept[]
  /** Dictionary entries of all that is measured, for the labels of channels. */
  measured?: Concept[]
  table: Table
  /** What reading the columns already found. */
  warnings?: Warning[]
  snapshotHash: string
  build: string
  threads: number
}

export interface RunContext {
  signal: AbortSignal
  stage: (stage: string, progress: number, detail?: Record<string, number | string>) => void
  parallel: Parallel
  /** Finished fits of an earlier attempt at the same run, where it was interrupted. */
  memo?: Memo
}

export interface StudyResult {
  artifact: Uint8Array
  /** SHA-256 of the artifact. */
  hash: string
  /** Patient-level arrays kept in the vault beside the model and never exported: see reference.ts. */
  reference: Uint8Array
  /** The design's, or the one `auto` took. */
  learner: string
  seconds: number
  backend: string | null
  rows: number
  events: number | null
  classes: string[] | null
  horizons: number[] | null
  flow: FlowStep[]
  split: { development: number; test: number; folds: number }
  features: ReturnType<typeof describeFeatures>
  fit: Fit | null
  assessment: Assessment
  assessedOn: 'heldOut' | 'outOfFold' | 'outOfBag' | 'apparent'
  crossValidation: { fold: number; metrics: Metrics }[] | null
  comparator: {
    learner: string
    metric: string
    estimate: Estimate
    difference: Estimate
    beats: boolean
  } | null
  comparatorAssessment: Assessment | null
  setCoverage: Estimate | null
  headline: { metric: string; estimate: Estimate }
  warnings: Warning[]
  tuning: Tuning | null
  choice: Choice | null
  sampleSize: SampleSize
  leaks: Leak[]
  collinearity: Collinearity | null
  secondOpinion: SecondOpinion | null
}
