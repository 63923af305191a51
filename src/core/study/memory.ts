import type { StudyDesign } from '../../contract/design.ts'
import type { Concept } from '../../contract/values.ts'
import type { Learner } from '../learn/learner.ts'
import { learnerOf } from '../learn/learners.ts'
import { completeParameters } from '../learn/parameters.ts'
import { featuresOf } from './cases.ts'

const mebibyte = 1024 * 1024
/** A thread's own heap and code. */
const threadBytes = 60 * mebibyte
/** The process of a run without a single row. */
const baseBytes = 100 * mebibyte

/**
 * Bytes that a training takes at its largest, above what Bedside takes when it rests: estimated, on the safe side, from the
 * number of cases and the dictionary alone, so that it can be told before anything is read. The columns and their snapshot;
 * the matrix of all development rows and that of a fold; what the learner says it needs (`Learner.memory`), or else two more
 * matrices and a quarter of one a thread; the threads themselves.
 */
export const memoryOf = (
  design: StudyDesign,
  { cases, concepts, threads }: { cases: number; concepts: readonly Concept[]; threads: number },
): number => {
  const learner = learnerOf(design.learner)
  if (!learner) return baseBytes
  const features = new Set(featuresOf(design, [...concepts]))
  const columns = concepts
    .filter(({ name }) => features.has(name))
    .reduce((sum, { levels }) => sum + widthOf(levels?.length ?? 0, learner), 0)
  const rows = Math.ceil(cases * (1 - design.validation.test))
  const table = cases * (features.size + 3) * 8
  const matrix = rows * columns * 8
  const own =
    learner.memory?.(rows, columns, completeParameters(learner, design.parameters)) ??
    2 * matrix + (threads * matrix) / 4
  const matrices = design.validation.folds > 1 ? 2 * matrix : matrix
  return baseBytes + threads * threadBytes + 2 * table + matrices + own
}

/** Columns of the matrix that a feature takes. */
const widthOf = (levels: number, { needs }: Learner): number => {
  if (levels === 0 || needs.categories === 'codes') return 1
  return needs.categories === 'contrasts' ? Math.max(1, levels - 1) : levels
}
