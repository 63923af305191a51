import { fitAdditiveBag } from './additive/bag.ts'
import { helpBoosting } from './boosting/work.ts'
import { pathFoldErrors } from './elasticNet/crossValidation.ts'
import { fitFold } from './foldTask.ts'
import { askSecondForest } from './secondOpinion.ts'
import { fitMachine } from './svm/fitTask.ts'
import { binColumnsTask } from './trees/bins.ts'
import { growForestTrees } from './trees/forestTask.ts'
import { growObliqueTrees } from './trees/obliqueTask.ts'

/**
 * Tasks that learners run on several threads at once, by name. A task is a pure function of its input; inputs and outputs
 * are structured-clonable, large ones on SharedArrayBuffer. Loaded by jobs' worker threads and, with one thread, in place.
 */
// biome-ignore lint/suspicious/noExplicitAny: tasks have their own input and output types; `parallel` names them
export const workerTasks: Record<string, (input: any) => unknown> = {
  binColumns: binColumnsTask,
  growForestTrees,
  growObliqueTrees,
  fitMachine,
  elasticNetFold: (input) => pathFoldErrors(input),
  helpBoosting,
  askSecondForest,
  fitFold: (input) => fitFold(input, workerTasks),
  fitAdditiveBag,
}
