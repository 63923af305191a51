import type { StudyDesign } from '../../../contract/design.ts'
import type { Concept } from '../../../contract/values.ts'
import type { Learner } from '../../learn/learner.ts'
import { completeParameters } from '../../learn/parameters.ts'
import { featuresOf } from '../design/cases.ts'
import { autoLearner, candidatesOf } from '../tune/settle.ts'

const mebibyte = 1024 * 1024
/** A thread's own heap and code. */
const threadBytes = 60 * mebibyte
/** The process of a run without a single row. */
const baseBytes = 100 * mebibyte

/**
 * Bytes that a training takes at its largest, above what Bedside takes when it rests: estimated, on the safe side, from
 * the number of cases and the dictionary alone, so that it can be told before anything is read. The columns and their
 * snapshot; the matrix of all development rows and that of a fold; what the learner says it needs (`Learner.memory`),
 * or else two more matrices and a quarter of one a thread; the threads themselves.
 */
export const memoryOf = (
  design: StudyDesign,
  { cases, concepts, threads }: { cases: number; concepts: readonly Concept[]; threads: number },
): number => {
  const features = new Set(featuresOf(design, [...concepts]))
  const rows = Math.ceil(cases * (1 - design.validation.test))
  const table = cases * (features.size + 3) * 8
  const fits = candidatesOf(design, rows).map((learner) => {
    const columns = concepts
      .filter(({ name }) => features.has(name))
      .reduce((sum, { levels }) => sum + widthOf(levels?.length ?? 0, learner), 0)
    const matrix = rows * columns * 8
    const parameters = completeParameters(learner, design.learner === learner.id ? design.parameters : {})
    const own = learner.memory?.(rows, columns, parameters) ?? 2 * matrix + (threads * matrix) / 4
    return own + heldOf(design, matrix)
  })
  return baseBytes + threads * threadBytes + 2 * table + Math.max(...fits)
}

/** Matrices that are held at once: that of all rows, that of a fold, and under a search those of all its folds. */
const heldOf = ({ validation, tuning, learner }: StudyDesign, matrix: number): number => {
  const searched = tuning.method !== 'none' || learner === autoLearner.id
  return matrix * ((validation.folds > 1 ? 2 : 1) + (searched ? tuning.folds * tuning.repeats : 0))
}

/** Columns of the matrix that a feature takes. */
const widthOf = (levels: number, { needs }: Learner): number => {
  if (levels === 0 || needs.categories === 'codes') return 1
  return needs.categories === 'contrasts' ? Math.max(1, levels - 1) : levels
}
