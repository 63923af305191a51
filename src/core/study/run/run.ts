import { candidatesOf, comparatorOf, requireNamed } from '../tune/settle.ts'
import type { RunContext, StudyResult, StudyRun } from './result.ts'
import { Steps } from './steps.ts'
import {
  askSecondOpinion,
  assess,
  type Beginning,
  crossValidateDesign,
  explain,
  fitComparator,
  fitFinal,
  prepare,
  search,
  store,
} from './studySteps.ts'

export type { RunContext, StudyResult, StudyRun } from './result.ts'

/** What is done to train a model by a design, in order. */
export const studySteps = Steps.from<Beginning>()
  .add(prepare)
  .add(search)
  .add(crossValidateDesign)
  .add(fitFinal)
  .add(fitComparator)
  .add(assess)
  .add(askSecondOpinion)
  .add(explain)
  .add(store)

/**
 * Runs a study design on its snapshot: eligibility, split by patient, preparation and learner fitted inside each fold
 * and on all development rows, the permanent comparator on the same folds, assessment on rows neither has seen. A
 * function of (design, snapshot, seed, build): the number of threads changes nothing but the time.
 */
export const runStudy = async (run: StudyRun, context: RunContext): Promise<StudyResult> => {
  const started = performance.now()
  const { design, table } = run
  // What the design asks for that nothing could do is said before anything is read.
  const possible = candidatesOf(design, table.rows)
  const comparatorId = comparatorOf(design)
  const { result } = await studySteps.run(
    {
      run,
      context,
      comparator: possible.length === 1 && possible[0].id === comparatorId ? null : requireNamed(comparatorId),
      searches: possible.length > 1 || design.tuning.method !== 'none',
      foldCount: design.validation.folds > 1 ? design.validation.folds : 0,
    },
    context.stage,
  )
  return { ...result, seconds: (performance.now() - started) / 1000 }
}
